package provider

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"deputy/dnsconfig"
	"deputy/egress"
	"deputy/fault"
	"deputy/name"
	"deputy/store"
)

// state is what a native document reads at a target.
type state struct {
	values  []string           // each once
	records []dnsconfig.Record // record style
	forms   map[string]string
}

// values reads the TXT values at t.
func (a *account) values(ctx context.Context, t store.Target) ([]string, error) {
	if err := a.permits(t); err != nil {
		return nil, err
	}
	in, err := a.locate(ctx, t)
	if err != nil {
		return nil, err
	}
	s, err := a.read(ctx, in)
	return s.values, err
}

// change makes the values add be there and the values remove not, and leaves all others. It goes in rounds: read, and
// write what the reading calls for; nothing to write is success, and the only one. A host that fails is read again,
// since it may have done it (500 after the commit, an answer that was lost).
func (c *changing) change(ctx context.Context, t store.Target, add, remove []string) error {
	in, err := c.locate(ctx, t)
	if err != nil {
		return err
	}
	var last *shaky
	for round := 0; ; round++ {
		have, err := c.read(ctx, in)
		if err != nil && round > 0 {
			return doubtful(err)
		}
		if err != nil {
			return err
		}
		wanted := c.plan(in, have, add, remove)
		switch {
		case len(wanted) == 0:
			return nil
		case round > 0 && last == nil:
			return c.notWritten(in.Name, have.values, add, remove)
		case last != nil && (last.lost || round >= c.patience.rounds):
			return last.fault
		}
		if last, err = c.write(ctx, wanted); err != nil {
			c.forget(in.Name)
			return err
		}
		if last != nil && pause(ctx, c.patience.backoff(round+1)) != nil {
			return doubtful(last.fault)
		}
	}
}

// shaky is a write whose answer does not tell whether it was done: reading does. Where no answer came at all (lost), it
// may still be done after the reading.
type shaky struct {
	fault *fault.Fault
	lost  bool
}

// locate finds the zone at the host and makes the inputs of all requests. That the host's own zone is the one that the
// target names is checked here: a deeper zone at the host would hide what is written.
func (a *account) locate(ctx context.Context, t store.Target) (dnsconfig.Inputs, error) {
	in := dnsconfig.Inputs{Account: a.Account, Base: a.APIBase, Name: t.Owner, Zone: t.Zone}
	if !a.native.Has(dnsconfig.Zone) {
		return in, nil
	}
	zone, err := a.zone(ctx, in)
	if err != nil {
		return in, err
	}
	in.ZoneID, in.ZoneTTL = zone.ZoneID, zone.ZoneTTL
	return in, nil
}

func (a *account) zone(ctx context.Context, in dnsconfig.Inputs) (dnsconfig.Result, error) {
	a.mu.Lock()
	known, ok := a.zones[in.Name]
	a.mu.Unlock()
	if ok {
		return known, nil
	}
	r, err := a.native.Request(dnsconfig.Zone, in)
	if err != nil {
		return dnsconfig.Result{}, a.clean(err)
	}
	zone, err := a.fetch(ctx, r, in)
	if err != nil {
		return dnsconfig.Result{}, err
	}
	told := in.Zone
	if zone.ZoneName != "" {
		if told, err = name.ParseOwner(zone.ZoneName); err != nil {
			return dnsconfig.Result{}, a.nonsense(r, dnsconfig.Response{Status: 200}, "the zone's name is no name: "+err.Error())
		}
	}
	if zone.Absent || told != in.Zone {
		return dnsconfig.Result{}, a.wrongZone(in, zone)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.zones[in.Name] = zone
	return zone, nil
}

// forget makes the zone be asked for anew: a write was refused, perhaps since the zone's minimum TTL has changed.
func (a *account) forget(owner name.Name) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.zones, owner)
}

func (a *account) wrongZone(in dnsconfig.Inputs, zone dnsconfig.Result) error {
	f := &fault.Fault{
		Code:  fault.HostRefused,
		Tried: fmt.Sprintf("find the zone of %s with the DNS Provider %s", in.Name, a.Name),
		Seen:  "the account has no zone at the host that holds it",
		Do:    fmt.Sprintf("check that %s is in this account at the DNS host, and that the credential may see it", in.Zone),
		Who:   fault.Admin,
	}
	if !zone.Absent {
		f.Code = fault.HiddenByCut
		f.Seen = fmt.Sprintf("the host says that it lies in the zone %s, not in %s", a.redactor.Redact(zone.ZoneName), in.Zone)
		f.Do = fmt.Sprintf("name that zone in zones of the DNS Provider %s, if deputy may write there", a.Name)
	}
	return f
}

// read reads the values at the target.
func (a *account) read(ctx context.Context, in dnsconfig.Inputs) (state, error) {
	op := dnsconfig.Read
	if a.native.Has(dnsconfig.List) {
		op = dnsconfig.List
	}
	r, err := a.native.Request(op, in)
	if err != nil {
		return state{}, a.clean(err)
	}
	result, err := a.fetch(ctx, r, in)
	if err != nil {
		return state{}, err
	}
	s := state{records: result.Records, forms: result.Forms}
	all := result.Values
	for _, record := range result.Records {
		all = append(all, record.Value)
	}
	for _, v := range all {
		if !slices.Contains(s.values, v) {
			s.values = append(s.values, v)
		}
	}
	return s, nil
}

// fetch sends a request that only reads, again where the host fails.
func (a *account) fetch(ctx context.Context, r dnsconfig.Request, in dnsconfig.Inputs) (dnsconfig.Result, error) {
	for n := 1; ; n++ {
		answer, err := a.ask(ctx, r, in.Name.String())
		var lost *egress.Unanswered
		var f *fault.Fault
		switch {
		case errors.As(err, &lost):
			f = a.unanswered(r, lost, false)
		case err != nil:
			return dnsconfig.Result{}, err
		case a.native.Accepts(r.Op, answer.Status):
			return a.digest(r, in, answer)
		default:
			f = a.refused(r, answer)
		}
		if f.Code != fault.HostFailed || n >= a.patience.rounds || pause(ctx, a.patience.backoff(n)) != nil {
			return dnsconfig.Result{}, f
		}
	}
}

// digest reads an answer that was accepted.
func (a *account) digest(r dnsconfig.Request, in dnsconfig.Inputs, answer dnsconfig.Response) (dnsconfig.Result, error) {
	result, err := a.native.Read(r.Op, in, answer)
	var bad *dnsconfig.AnswerError
	switch {
	case err == nil && r.Op == dnsconfig.Zone && result.ZoneID != in.Zone.String() && !answered(result.ZoneID, answer):
		return result, a.stray(r, in.Name, "the configuration takes for the zone's id what the host's answer does not say")
	case !errors.As(err, &bad):
		return result, err
	}
	if !bad.Refused {
		return result, a.nonsense(r, answer, bad.Reason)
	}
	f := a.refused(r, answer)
	f.Code, f.Who, f.Do = fault.HostRefused, fault.Admin, "see what the host says; the account, the zone or the DNS Configuration does not fit it"
	return result, f
}

// plan gives the writes that lead from have to what is wanted; none where nothing is to be done.
func (a *account) plan(in dnsconfig.Inputs, have state, add, remove []string) []operation {
	in.Forms = have.forms
	var gone, missing []string
	for _, v := range remove {
		if slices.Contains(have.values, v) && !slices.Contains(add, v) && !slices.Contains(gone, v) {
			gone = append(gone, v)
		}
	}
	for _, v := range add {
		if !slices.Contains(have.values, v) && !slices.Contains(missing, v) {
			missing = append(missing, v)
		}
	}
	if len(gone)+len(missing) == 0 {
		return nil
	}
	if a.native.Has(dnsconfig.Replace) {
		kept := slices.DeleteFunc(slices.Clone(have.values), func(v string) bool { return slices.Contains(gone, v) })
		in.Values = append(kept, missing...)
		return []operation{{dnsconfig.Replace, in}}
	}
	var all []operation
	for _, v := range missing {
		in.Value = v
		all = append(all, operation{dnsconfig.Create, in})
	}
	for _, record := range have.records {
		if slices.Contains(gone, record.Value) {
			in.Value, in.ID = record.Value, record.ID
			all = append(all, operation{dnsconfig.Delete, in})
		}
	}
	return all
}

// operation is one write to be made.
type operation struct {
	op dnsconfig.Op
	in dnsconfig.Inputs
}

// requests makes the requests of all writes, and refuses them all where one does not belong to its target.
func (a *account) requests(all []operation) ([]dnsconfig.Request, error) {
	requests := make([]dnsconfig.Request, len(all))
	for i, o := range all {
		r, err := a.native.Request(o.op, o.in)
		if err != nil {
			return nil, a.clean(err)
		}
		if err := a.belongs(r, o.in); err != nil {
			return nil, err
		}
		requests[i] = r
	}
	return requests, nil
}

// write sends the writes in order. It stops at the first that is not accepted: shaky where reading decides, else an
// error.
func (c *changing) write(ctx context.Context, all []operation) (*shaky, error) {
	requests, err := c.requests(all)
	if err != nil {
		return nil, err
	}
	for i, o := range all {
		r := requests[i]
		answer, err := c.ask(ctx, r, o.in.Name.String())
		var lost *egress.Unanswered
		switch {
		case errors.As(err, &lost):
			return &shaky{c.unanswered(r, lost, true), true}, nil
		case err != nil:
			return nil, err
		case answer.Status >= 500 || answer.Status == 409:
			return &shaky{fault: c.refused(r, answer)}, nil
		case !c.native.Accepts(r.Op, answer.Status):
			return nil, c.refused(r, answer)
		}
		if _, err := c.digest(r, o.in, answer); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// notWritten is the fault of a host that said yes and did something else, with the exact difference.
func (a *account) notWritten(owner name.Name, have, add, remove []string) error {
	var differences []string
	for _, v := range add {
		if !slices.Contains(have, v) {
			differences = append(differences, fmt.Sprintf("%q is not there", v))
		}
	}
	for _, v := range remove {
		if slices.Contains(have, v) && !slices.Contains(add, v) {
			differences = append(differences, fmt.Sprintf("%q is still there", v))
		}
	}
	there := "nothing"
	if len(have) > 0 {
		there = shorten(fmt.Sprintf("%q", have), 400)
	}
	return &fault.Fault{
		Code:  fault.NotWritten,
		Tried: fmt.Sprintf("change the TXT values at %s with the DNS Provider %s", owner, a.Name),
		Seen:  a.redactor.Redact(fmt.Sprintf("the host said yes, and read back %s; it has %s", strings.Join(differences, ", "), there)),
		Do:    "see at the DNS host whether something else writes at this name, or the zone is locked; then try again",
		Who:   fault.DNSHost,
	}
}
