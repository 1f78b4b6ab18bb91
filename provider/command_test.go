//go:build unix

package provider

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"deputy/fault"
	"deputy/name"
	"deputy/secret"
	"deputy/store"
)

// script writes a program for /bin/sh, and gives its path. It is not run by itself, since a file that was open for writing
// while another test forked can't be.
func script(t *testing.T, body string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dns-tool")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// commandDocument is a DNS Configuration of type C with the three formulas.
func commandDocument(add, remove, env string) []byte {
	item := func(name, text string) string {
		return "<item name='" + name + "'><text>" + strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(text) + "</text></item>"
	}
	return []byte("<database><document form='DnsProviderConfig'>" + item("DnsProviderConfigName", "by-command") + item("DnsProviderType", "C") +
		item("CommandAddFormula", add) + item("CommandDelFormula", remove) + item("CommandEnvFormula", env) + "</document></database>")
}

// commanding is an installation with a DNS Provider "desec" that runs commands.
func commanding(t *testing.T, add, remove, env string) *installation {
	t.Helper()
	i := newInstallation(t)
	i.Commands = true
	i.configuration(t, "dxl", commandDocument(add, remove, env))
	i.addsCommanding(t, "allow: {commands: true}\n")
	return i
}

func (i *installation) addsCommanding(t *testing.T, tail string) {
	t.Helper()
	d, err := Parse([]byte("deputy: dns-provider/1\nname: desec\nconfiguration: by-command\nzones: [martdj.dedyn.io]\naccount: {cfg_AuthToken: \""+ourToken+"\"}\n"+tail), files, environment)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := i.Registry.Add(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

const quotedTarget = `param_DnsTxtName : param_DnsTxtValue`

// A program gets its arguments as the formula has them, whatever they hold, and nothing of deputy's environment but PATH;
// what it answered to the addition is there when it removes, in another process too.
func TestCommandsRun(t *testing.T) {
	t.Setenv("DEPUTY_SECRET_OF_OURS", "not-for-programs")
	log := filepath.Join(t.TempDir(), "log")
	tool := script(t, `{ for a in "$@"; do printf '[%s]' "$a"; done; printf ' %s\n' "$TOKEN"; env | cut -d= -f1 | grep -v '^PWD$\|^_$\|^SHLVL$\|^OLDPWD$' | sort | tr '\n' ' '; pwd; } >> `+log+`
echo "a note" >&2
[ "$1" = add ] && echo '{"id":"r-17"}'
exit 0`)
	i := commanding(t, `"/bin/sh" : "`+tool+`" : "add" : `+quotedTarget+` : "; rm -rf /" : "$(id)" : ""`, `"/bin/sh `+tool+` del '" + param_DnsTxtName + "' " + retJSON_Add.id`, `"TOKEN=" + cfg_AuthToken`)
	added, err := i.Change(t.Context(), publications(validation(), "v1"), nil)
	if err != nil || len(added) != 1 {
		t.Fatalf("%+v, %v", added, err)
	}
	again := &installation{Registry: &Registry{Store: i.Store, Commands: true, patience: i.patience}}
	if _, err := (Host{again.Registry}).Change(t.Context(), nil, added); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(log)
	want := "[add][validation.martdj.dedyn.io][v1][; rm -rf /][$(id)][] " + ourToken + "\nPATH TOKEN /\n[del][validation.martdj.dedyn.io][r-17] " + ourToken + "\nPATH TOKEN /\n"
	if err != nil || string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if len(i.traces) != 1 || i.traces[0].Request.Method != "RUN" || !strings.HasSuffix(i.traces[0].Request.URL, `/dns-tool add validation.martdj.dedyn.io v1 "; rm -rf /" $(id) ""`) ||
		fmt.Sprint(i.traces[0].Request.Header) != "[[TOKEN [secret]]]" || string(i.traces[0].Response.Body) != "{\"id\":\"r-17\"}\n\na note" {
		t.Errorf("%+v %s", i.traces, i.traces[0].Response.Body)
	}
	i.silent(t)
	traits, err := i.Traits(validation())
	if err != nil || !traits.Removable || traits.Capacity != 1 {
		t.Errorf("%+v, %v", traits, err)
	}
}

// Both switches have to be on, and neither is on by itself.
func TestCommandsNeedBothSwitches(t *testing.T) {
	t.Parallel()
	ran := filepath.Join(t.TempDir(), "ran")
	tool := script(t, "touch "+ran)
	i := commanding(t, `"/bin/sh" : "`+tool+`" : `+quotedTarget, "", "")
	i.Commands = false
	_, err := i.Change(t.Context(), publications(validation(), "v1"), nil)
	wantFault(t, "installation", err, fault.BadSettings, "the settings of this installation do not allow DNS Configurations to run commands")
	if !errors.Is(err, store.ErrNothingSent) {
		t.Errorf("something may have been done: %v", err)
	}
	d, err := Parse([]byte("deputy: dns-provider/1\nname: another\nconfiguration: by-command\nzones: [martdj.dedyn.io]\n"), files, environment)
	if err != nil {
		t.Fatal(err)
	}
	_, err = i.Registry.Add(t.Context(), d)
	wantFault(t, "provider", err, fault.BadDocument, "the configuration runs programs on this machine, and the document does not allow it")
	forbidden := &account{Document: Document{Name: "desec", Configuration: "by-command"}, commands: true}
	wantFault(t, "account", forbidden.mayRun(), fault.BadSettings, "the DNS Provider does not allow commands")
	if _, err := os.Stat(ran); !os.IsNotExist(err) {
		t.Errorf("the program ran: %v", err)
	}
}

// What programs do wrong, with what a person reads. Only what never began is not in doubt.
func TestCommandsFail(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what, body string
		seen       string
	}{
		{"an exit code", "echo \"no such zone $TOKEN\" >&2; exit 3", "it ended with exit code 3 and said: no such zone [secret]"},
		{"a code and nothing to say", "exit 1", "it ended with exit code 1"},
		{"a signal", "kill -9 $$", "signal: killed"},
		{"much to say", "i=0; while [ $i -lt 20000 ]; do echo 'a line of text'; i=$((i+1)); done; exit 2", "it ended with exit code 2 and said: a line of text a line"},
		{"no text", "printf '\\377\\376'; exit 2", "it ended with exit code 2 and said: ?"},
	} {
		i := commanding(t, `"/bin/sh" : "`+script(t, c.body)+`" : `+quotedTarget, "", `"TOKEN=" + cfg_AuthToken`)
		added, err := i.Change(t.Context(), publications(validation(), "v1"), nil)
		wantFault(t, c.what, err, fault.HostFailed, c.seen)
		if !errors.Is(err, store.ErrDoubt) || len(added) != 1 || added[0].Context.IsZero() {
			t.Errorf("%s: no doubt, or nothing is remembered: %v", c.what, err)
		}
		i.silent(t, err)
	}
	i := commanding(t, `"no-such-program-of-deputy" : `+quotedTarget, "", "")
	_, err := i.Change(t.Context(), publications(validation(), "v1"), nil)
	wantFault(t, "no program", err, fault.HostFailed, `exec: "no-such-program-of-deputy": executable file not found in $PATH`)
	if errors.Is(err, store.ErrDoubt) || !errors.Is(err, store.ErrNothingSent) {
		t.Errorf("nothing ran, and there is doubt: %v", err)
	}
}

// A program is stopped when its time is over, and what it has started with it, also when it has ended well itself.
func TestCommandsEndAsAGroup(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what, body string
		stopped    bool
	}{
		{"it hangs", "sleep 300 & echo $! > PID; wait", true},
		{"it leaves a child", "sleep 300 & echo $! > PID; exit 0", false},
	} {
		pid := filepath.Join(t.TempDir(), "pid")
		i := commanding(t, `"/bin/sh" : "`+script(t, strings.ReplaceAll(c.body, "PID", pid))+`" : `+quotedTarget, "", "")
		ctx := t.Context()
		if c.stopped {
			limited, cancel := whenThere(t, pid)
			defer cancel()
			ctx = limited
		}
		_, err := i.Change(ctx, publications(validation(), "v1"), nil)
		if c.stopped {
			wantFault(t, c.what, err, fault.HostFailed, "it was stopped: ")
		}
		if !c.stopped && err != nil {
			t.Errorf("%s: %v", c.what, err)
		}
		if alive := livesOn(t, pid); alive {
			t.Errorf("%s: its child lives on", c.what)
		}
	}
}

// What a command is asked to do has to name the target, as a request has to.
func TestCommandsAreHeldToTheirTarget(t *testing.T) {
	t.Parallel()
	ran := filepath.Join(t.TempDir(), "ran")
	tool := script(t, "touch "+ran)
	for _, c := range []struct{ add, seen string }{
		{`"/bin/sh" : "` + tool + `" : param_DnsTxtValue`, "it may write and does not name validation"},
		{`"/bin/sh" : "` + tool + `" : "validation" : param_DnsTxtValue`, "it may write and does not name the zone martdj.dedyn.io"},
		{`"/bin/sh" : "` + tool + `" : "www.martdj.dedyn.io" : param_DnsTxtValue`, "it may write and does not name validation"},
		{`"/bin/sh" : "` + tool + `" : (param_DnsTxtName + 1)`, "incorrect data type for +"},
		{`""`, "the document has no command for it"},
	} {
		i := commanding(t, c.add, "", "")
		_, err := i.Change(t.Context(), publications(validation(), "v1"), nil)
		f, ok := fault.From(err)
		if !ok || !strings.Contains(f.Seen, c.seen) || !errors.Is(err, store.ErrNothingSent) {
			t.Errorf("%s: %v", c.add, err)
		}
	}
	i := commanding(t, `"/bin/sh" : "`+tool+`" : `+quotedTarget, `"/bin/sh" : "`+tool+`" : (param_DnsTxtName + 1)`, "")
	if _, err := i.Change(t.Context(), publications(validation(), "v1"), nil); err == nil || !strings.Contains(err.Error(), "CommandDelFormula") {
		t.Errorf("what could not be removed was added: %v", err)
	}
	if _, err := os.Stat(ran); !os.IsNotExist(err) {
		t.Errorf("the program ran: %v", err)
	}
}

// A new revision that runs programs is not for DNS Providers that have not agreed to it.
func TestNewCommandsWaitForConsent(t *testing.T) {
	t.Parallel()
	i := commanding(t, `"true" : `+quotedTarget, "", "")
	imported, err := i.Import(t.Context(), store.Configuration{Name: "by-command", Kind: "dxl", Source: commandDocument(`"false" : `+quotedTarget, "", "")})
	if err != nil || len(imported.Staying) != 1 ||
		imported.Staying[0].String() != "DNS Provider desec stays with revision 1, since the new one would run other programs on this machine; deputy provider add -f FILE to agree" {
		t.Errorf("%v, %v", imported.Staying, err)
	}
	if _, err := i.Change(t.Context(), publications(validation(), "v1"), nil); err != nil {
		t.Errorf("the agreed program did not run: %v", err)
	}
	i.addsCommanding(t, "allow: {commands: true}\n")
	target := validation()
	target.Revision = 2
	_, err = i.Change(t.Context(), publications(target, "v1"), nil)
	wantFault(t, "agreed", err, fault.HostFailed, "it ended with exit code 1")
}

// Agents are refused when the DNS Provider is added, with what to do instead.
func TestAgentsAreRefused(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	i.configuration(t, "dxl", []byte(strings.Replace(string(commandDocument("", "", "")), "<text>C</text>", "<text>A</text>", 1)))
	d, err := Parse([]byte("deputy: dns-provider/1\nname: desec\nconfiguration: by-command\nzones: [martdj.dedyn.io]\n"), files, environment)
	if err != nil {
		t.Fatal(err)
	}
	_, err = i.Registry.Add(t.Context(), d)
	wantFault(t, "agents", err, fault.BadDocument, "which only Domino can")
}

func TestAllowCommandsIsKept(t *testing.T) {
	t.Parallel()
	d := Document{Name: "a", Configuration: "b", Zones: validationZones(), Allow: Allow{Commands: true}}
	source, err := d.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	back, err := Stored(store.Provider{Name: "a", Document: secret.New(string(source))})
	if err != nil || !back.Allow.Commands || !slices.Equal(back.Zones, d.Zones) {
		t.Errorf("%+v, %v", back, err)
	}
}

// livesOn says whether the process of a file with its id is there and no zombie, once it had time to be killed.
func livesOn(t *testing.T, path string) bool {
	t.Helper()
	var pid int
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Sscan(string(text), &pid); err != nil {
		t.Fatal(err)
	}
	tick, patience := time.NewTicker(10*time.Millisecond), time.After(10*time.Second)
	defer tick.Stop()
	for {
		if syscall.Kill(pid, 0) != nil {
			return false
		}
		if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil && strings.Contains(string(stat), ") Z ") {
			return false
		}
		select {
		case <-tick.C:
		case <-patience:
			return true
		}
	}
}

// whenThere is a context that ends when a file has something in it.
func whenThere(t *testing.T, path string) (context.Context, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			if text, err := os.ReadFile(path); err == nil && strings.HasSuffix(string(text), "\n") {
				cancel()
				return
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	}()
	return ctx, cancel
}

func validationZones() []name.Name { return []name.Name{validation().Zone} }
