package provider

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"deputy/dnsconfig"
	"deputy/fault"
	"deputy/name"
	"deputy/secret"
)

// Bounds of a command.
const (
	commandLimit   = time.Minute // how long it may run
	commandOutlive = time.Second // how long its output is waited for once it has ended
	commandOutput  = 64 << 10    // octets that are kept of each of its two outputs; the rest is dropped
)

// command adds or removes by a document's command: op is Add or Del. Exit code 0 is success. What it writes to its standard
// output is the answer, for the formulas of the removal.
func (j *dxlJob) command(ctx context.Context, op dnsconfig.Op, remembered secret.Value) error {
	if err := j.mayRun(); err != nil {
		return err
	}
	c, err := j.prepare(op, remembered)
	if err != nil {
		return j.clean(err)
	}
	if len(c.Args) == 0 {
		return j.unused(op, "the document has no command for it")
	}
	answer, said, err := j.execute(ctx, op, c)
	if err != nil {
		return j.commandFault(op, c, err.Error(), said)
	}
	if err := j.run.Read(op, answer); err != nil {
		return doubtful(j.clean(err))
	}
	if answer.Status != 0 {
		return j.commandFault(op, c, fmt.Sprintf("it ended with exit code %d", answer.Status), said)
	}
	return nil
}

// mayRun asks both switches: that of the DNS Provider and that of the installation.
func (a *account) mayRun() error {
	refusal := &fault.Fault{
		Code:  fault.BadSettings,
		Tried: fmt.Sprintf("run the commands of the DNS Configuration %s for the DNS Provider %s", a.Configuration, a.Name),
		Who:   fault.Admin,
	}
	switch {
	case !a.Allow.Commands:
		refusal.Seen = "the DNS Provider does not allow commands"
		refusal.Do = "add allow: {commands: true} to its document, if you trust what the configuration runs, and add it again: deputy provider add -f FILE"
	case !a.commands:
		refusal.Seen = "the settings of this installation do not allow DNS Configurations to run commands"
		refusal.Do = "set allow_commands: true in the settings, if you trust what the configuration runs"
	default:
		return nil
	}
	return refusal
}

// prepare makes the command of op, after it has seen that it belongs to the target; for an addition that the removal could be
// made too, as far as it waits for no answer.
func (j *dxlJob) prepare(op dnsconfig.Op, remembered secret.Value) (c dnsconfig.Command, err error) {
	if op == dnsconfig.Add {
		rehearsal := j.dxl.Start(j.in)
		if _, _, err := rehearsal.Command(dnsconfig.Add); err != nil {
			return c, err
		}
		if _, _, err := rehearsal.Command(dnsconfig.Del); err != nil && !rehearsal.Ahead() {
			return c, err
		}
	}
	j.run = j.dxl.Start(j.in)
	switch {
	case !remembered.IsZero():
		if j.run, err = j.dxl.Resume(j.in, []byte(remembered.Reveal())); err != nil {
			return c, err
		}
	case op == dnsconfig.Del:
		_, _, _ = j.run.Command(dnsconfig.Add) // for the fields that it sets; what is missing is refused by the removal itself
	}
	c, _, err = j.run.Command(op)
	if err != nil || len(c.Args) == 0 {
		return c, err
	}
	return c, j.commandInPlace(op, c)
}

// commandInPlace refuses a command that does not name the target, in an argument or a variable, as inPlace does for requests.
func (j *dxlJob) commandInPlace(op dnsconfig.Op, c dnsconfig.Command) error {
	text := strings.ToLower(strings.Join(slices.Concat(c.Args[1:], c.Env), "\n"))
	says := sayings{text: text, query: words(text)}
	shown := dnsconfig.Request{Op: op, Method: dnsconfig.Runs}
	challenge, err := name.ParseOwner(challengeText(j.target.Cert))
	outside := err == nil && !j.target.Domain.IsZero() && !challenge.In(j.target.Zone)
	if outside && strings.Contains(text, challenge.String()) {
		return j.misplaced(shown, fault.BadDocument, fmt.Sprintf("it names %s, which is outside the zone %s", challenge, j.target.Zone))
	}
	p := place{owner: j.target.Owner, zone: j.target.Zone, records: j.run.Answers()}
	p.zones = append(slices.Clone(p.records), lookUp(j.in.Account, cfgZone).Reveal())
	if seen := p.missing(says, op); seen != "" {
		return j.misplaced(shown, fault.BadDocument, seen)
	}
	return nil
}

// execute runs a program without a shell, for at most commandLimit, in an environment of PATH and c.Env alone. Then it and
// what it has started are killed. The answer's status is the exit code and its body the standard output; said is the end of
// both outputs, redacted.
func (j *dxlJob) execute(ctx context.Context, op dnsconfig.Op, c dnsconfig.Command) (answer dnsconfig.Response, said string, err error) {
	if _, err := j.takeTurn(ctx, dnsconfig.Request{Op: op, Method: dnsconfig.Runs}, question{owner: j.target.Owner.String()}); err != nil {
		return answer, "", err
	}
	limited, cancel := context.WithTimeoutCause(ctx, commandLimit, fmt.Errorf("it took longer than %s", commandLimit))
	defer cancel()
	cmd := exec.CommandContext(limited, c.Args[0], c.Args[1:]...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH")}, c.Env...)
	cmd.Dir = string(filepath.Separator)
	cmd.WaitDelay = commandOutlive
	out, errs := &head{}, &head{}
	cmd.Stdout, cmd.Stderr = out, errs
	together(cmd)
	err = cmd.Run()
	j.wrote = j.wrote || cmd.Process != nil
	endTogether(cmd)
	answer = dnsconfig.Response{Body: out.text.Bytes()}
	var ended *exec.ExitError
	switch {
	case limited.Err() != nil && err != nil:
		err = fmt.Errorf("it was stopped: %w", context.Cause(limited))
	case errors.As(err, &ended) && ended.Exited():
		answer.Status, err = ended.ExitCode(), nil
	case errors.Is(err, exec.ErrWaitDelay):
		err = nil // it has ended well itself; what held its output was killed
	}
	both := strings.TrimSpace(out.text.String() + "\n" + errs.text.String())
	j.trace(c.Shown(op), dnsconfig.Response{Status: answer.Status, Body: []byte(both)}, err)
	return answer, both, err
}

// commandFault is a command that did not end well. What it did before can't be told, if it began at all.
func (j *dxlJob) commandFault(op dnsconfig.Op, c dnsconfig.Command, seen, said string) error {
	if said = strings.Join(strings.Fields(strings.ToValidUTF8(j.redactor.Redact(said), "?")), " "); said != "" {
		seen += " and said: " + shorten(said, maxExcerpt)
	}
	f := &fault.Fault{
		Code:  fault.HostFailed,
		Tried: j.redactor.Redact(fmt.Sprintf("run %s for %s of the DNS Configuration %s for the DNS Provider %s", c.Args[0], op, j.Configuration, j.Name)),
		Seen:  j.redactor.Redact(seen),
		Do:    "run it by hand with the same arguments (deputy dnsconfig trace shows them), and mend it or the DNS Configuration",
		Who:   fault.Admin,
	}
	if !j.wrote {
		return f
	}
	return doubtful(f)
}

// head keeps the beginning of what is written to it, and takes the rest, so that a talkative program is not held up.
type head struct{ text bytes.Buffer }

// Write never fails.
func (h *head) Write(p []byte) (int, error) {
	h.text.Write(p[:min(len(p), commandOutput-h.text.Len())])
	return len(p), nil
}
