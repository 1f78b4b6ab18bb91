package provider

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"deputy/dnsconfig"
	"deputy/egress"
	"deputy/fault"
	"deputy/secret"
	"deputy/store"
)

// Items of a DXL's account that a DNS Provider's own keys give.
const (
	cfgURL         = "cfg_URL"
	cfgZone        = "cfg_DnsZone"
	cfgCustomValue = "cfg_CustomValue"
)

// floor is the document's delay.
func (a *account) floor() time.Duration { return time.Duration(a.dxl.FloorSeconds()) * time.Second }

// removes says whether the document has a Del at all.
func (a *account) removes() bool { return a.dxl.Removes() }

// inputs are what a run for one value starts from. In custom value mode the document gets the certificate's names and
// turns them into the target itself; in follow mode it gets the target, and need not have heard of delegation.
func (a *account) inputs(t store.Target, value string) dnsconfig.DXLInputs {
	in := dnsconfig.DXLInputs{Account: maps.Clone(a.Account), TXTValue: value}
	if in.Account == nil {
		in.Account = map[string]secret.Value{}
	}
	if base := a.address(); base != "" {
		set(in.Account, cfgURL, base)
	}
	hasZone := !lookUp(a.Account, cfgZone).IsZero()
	if t.Domain.IsZero() {
		in.TXTName, in.RegisteredDomain = t.Owner.String(), t.Zone.String()
		if !hasZone && !a.dxl.FindsZone() {
			set(in.Account, cfgZone, t.Zone.String())
		}
		return in
	}
	in.TXTName, in.RegisteredDomain = challengeText(t.Cert), t.Domain.String()
	set(in.Account, cfgCustomValue, a.CustomValue)
	if !hasZone {
		set(in.Account, cfgZone, t.Zone.String())
	}
	return in
}

// address is the API's address in place of the document's own; "" for that. Formulas put a path behind it that begins with
// a slash, so one at its end is left out.
func (a *account) address() string {
	if a.APIBase != "" {
		return a.APIBase
	}
	given := lookUp(a.Account, cfgURL).Reveal()
	if strings.ContainsAny(given, "?#") {
		return given
	}
	return strings.TrimRight(given, "/")
}

// lookUp finds an item; their names don't heed case.
func lookUp(account map[string]secret.Value, item string) secret.Value {
	for key, value := range account {
		if strings.EqualFold(key, item) {
			return value
		}
	}
	return secret.Value{}
}

func set(account map[string]secret.Value, item, value string) {
	for key := range account {
		if strings.EqualFold(key, item) {
			delete(account, key)
		}
	}
	account[item] = secret.New(value)
}

// run adds and removes one value after another. What was added, or may have been, comes back with its Context.
func (c *changing) run(ctx context.Context, t store.Target, add, remove []store.Publication) ([]store.Publication, error) {
	var added []store.Publication
	for _, p := range add {
		job := &dxlJob{changing: c, target: t, in: c.inputs(t, p.Value)}
		err := job.does(ctx, dnsconfig.Add, p.Context)
		if p.Context, err = job.context(err); err != nil {
			return append(added, p), err
		}
		added = append(added, p)
	}
	for _, p := range remove {
		job := &dxlJob{changing: c, target: t, in: c.inputs(t, p.Value)}
		if err := job.does(ctx, dnsconfig.Del, p.Context); err != nil {
			return added, err
		}
	}
	return added, nil
}

// does adds or removes by requests, or by commands where the document runs them.
func (j *dxlJob) does(ctx context.Context, op dnsconfig.Op, remembered secret.Value) error {
	switch {
	case j.dxl.RunsCommands():
		return j.command(ctx, op, remembered)
	case op == dnsconfig.Add:
		return j.add(ctx)
	}
	return j.remove(ctx, remembered)
}

// dxlJob is one value on its way through a DXL document.
type dxlJob struct {
	*changing
	target store.Target
	in     dnsconfig.DXLInputs
	run    *dnsconfig.Run
	query  *fault.Fault // what the host said to a query that it refused; that alone ends nothing
	denied bool         // it was the credential that it refused
}

// add is the first phase: Lookup, LookupCustom, QryAdd, Add, Status.
func (j *dxlJob) add(ctx context.Context) error {
	if err := j.rehearse(); err != nil {
		return err
	}
	j.run = j.dxl.Start(j.in)
	if err := j.find(ctx); err != nil {
		return err
	}
	if _, _, err := j.step(ctx, dnsconfig.QryAdd); err != nil {
		return err
	}
	r, answer, err := j.step(ctx, dnsconfig.Add)
	if err != nil {
		return err
	}
	if r.Method == "" {
		return j.unused(dnsconfig.Add, "the document makes no request to add the value")
	}
	status, err := j.run.Status()
	if err != nil {
		return doubtful(j.clean(err))
	}
	if status >= 200 && status < 300 {
		return nil
	}
	return j.failed(r, answer, status)
}

// find is Lookup and LookupCustom.
func (j *dxlJob) find(ctx context.Context) error {
	if _, _, err := j.step(ctx, dnsconfig.Lookup); err != nil {
		return err
	}
	if err := j.run.LookupCustom(); err != nil {
		return j.clean(err)
	}
	return nil
}

// remove is the second phase: QryDel, Del, with what the first one remembered.
func (j *dxlJob) remove(ctx context.Context, remembered secret.Value) error {
	if err := j.recall(ctx, remembered); err != nil {
		return j.clean(err)
	}
	if _, _, err := j.step(ctx, dnsconfig.QryDel); err != nil {
		return err
	}
	r, answer, err := j.step(ctx, dnsconfig.Del)
	switch {
	case err != nil:
		return err
	case r.Method == "":
		return j.unused(dnsconfig.Del, "the document makes no request to remove the value: what it remembers of adding it is not enough, or the value is not there")
	case answer.Status >= 200 && answer.Status < 300, answer.Status == 404, answer.Status == 410:
		return nil
	}
	return j.failed(r, answer, answer.Status)
}

// recall makes the run of the second phase from what the first one remembered. Where it remembered nothing (the process
// died before), the zone is looked up again, and QryAdd and Add are evaluated without being sent, for the fields that
// their formulas set and those of QryDel and Del read. A failure of theirs is no matter: no answer of theirs is there to be
// read, and a removal that lacks something is refused itself.
func (j *dxlJob) recall(ctx context.Context, remembered secret.Value) (err error) {
	if !remembered.IsZero() {
		j.run, err = j.dxl.Resume(j.in, []byte(remembered.Reveal()))
		return err
	}
	j.run = j.dxl.Start(j.in)
	if err := j.find(ctx); err != nil {
		return err
	}
	for _, op := range []dnsconfig.Op{dnsconfig.QryAdd, dnsconfig.Add} {
		_, _, _ = j.run.Request(op)
	}
	return nil
}

// context is what the run remembers, for the second phase, beside the error it ended with.
func (j *dxlJob) context(failure error) (secret.Value, error) {
	if j.run == nil {
		return secret.Value{}, failure
	}
	remembered, err := j.run.Context()
	if err != nil {
		return secret.Value{}, errors.Join(failure, j.clean(err))
	}
	return secret.New(string(remembered)), failure
}

// step makes one request; a zero Request comes back where the document does not use op. Statuses other than 2xx are the
// document's to judge, but for two that say nothing about what is there: a failure of the host, and a page for people.
// An Add made after such a query could overwrite what it did not see.
func (j *dxlJob) step(ctx context.Context, op dnsconfig.Op) (dnsconfig.Request, dnsconfig.Response, error) {
	r, skipped, err := j.run.Request(op)
	if err != nil {
		return dnsconfig.Request{}, dnsconfig.Response{}, j.because(j.clean(err))
	}
	if skipped != "" {
		return dnsconfig.Request{}, dnsconfig.Response{}, nil
	}
	if err := j.inPlace(j.run, r); err != nil {
		return dnsconfig.Request{}, dnsconfig.Response{}, j.because(err)
	}
	_, answer, err := j.ask(ctx, j.fixed(r, j.target.Owner.String()))
	var lost *egress.Unanswered
	switch {
	case errors.As(err, &lost):
		return r, answer, j.unanswered(r, lost, writes(r))
	case err != nil:
		return r, answer, err
	}
	if err := j.run.Read(op, answer); err != nil {
		return r, answer, j.clean(err)
	}
	final := op == dnsconfig.Add || op == dnsconfig.Del
	if !final && answer.Status >= 400 {
		j.query, j.denied = j.refused(r, answer), answer.Status == 401 || answer.Status == 403
	}
	var bad error
	switch {
	case answer.IsHTML():
		bad = j.nonsense(r, answer, "JSON was expected")
	case !final && answer.Status >= 500:
		bad = j.refused(r, answer)
	}
	if bad != nil && writes(r) {
		bad = doubtful(bad)
	}
	return r, answer, bad
}

// because adds to the fault of a request that can't be made what the host said to an earlier query, where formulas have missed
// its answer. A refused credential is the fault itself.
func (j *dxlJob) because(err error) error {
	f, ok := fault.From(err)
	if !ok || j.query == nil || !j.run.Ahead() {
		return err
	}
	both := *f
	both.Seen += "; before that, an answer was missed: " + j.query.Seen
	if j.denied {
		both = *j.query
		both.Seen += "; without that answer " + f.Seen
	}
	both.Err = err
	return &both
}

// failed is the fault of an Add or Del without success. After a status of 500 or more, or where the document does not
// trust a good one, the host may have done it all the same.
func (j *dxlJob) failed(r dnsconfig.Request, answer dnsconfig.Response, status int) error {
	f := j.refused(r, answer)
	if status != answer.Status {
		f.Code, f.Who = fault.HostRefused, fault.Admin
		f.Do = "see what the host says; the account, the zone or the DNS Configuration does not fit it"
		f.Seen += fmt.Sprintf("; the document's status formula makes that %d", status)
	}
	if status >= 500 {
		f.Code, f.Who = fault.HostFailed, fault.DNSHost
	}
	if answer.Status >= 500 || answer.Status < 300 {
		return doubtful(f)
	}
	return f
}

func (j *dxlJob) unused(op dnsconfig.Op, seen string) error {
	return &fault.Fault{
		Code:  fault.NotWritten,
		Tried: fmt.Sprintf("run %s of the DNS Configuration %s for %s", op, j.Configuration, j.target.Owner),
		Seen:  seen,
		Do:    fmt.Sprintf("see at the DNS host what is at %s, and remove the value %s there by hand if it is left", j.target.Owner, j.in.TXTValue),
		Who:   fault.Admin,
	}
}
