package provider

import (
	"context"
	"errors"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"deputy/dnsconfig"
	"deputy/name"
	"deputy/secret"
	"deputy/store"
)

// Canned is a run of a native document over given answers, without a network: for the workbench, which shows what a document
// would send.
type Canned struct {
	Native  *dnsconfig.Native
	Account map[string]secret.Value // the fields of the account; those that are missing are an error, as at a host
	Base    string                  // instead of the document's own address, as api_base; "" for that
	Target  store.Target            // Zone and Owner count; Provider is a name for people
	Value   string                  // is added, then removed

	// Answer gives the answer to each request, in the order in which they are made. The same answer to the same operation is
	// enough: what an accepted write has changed is put over the values that later answers tell, since a file of answers
	// can't know it.
	Answer func(dnsconfig.Request) dnsconfig.Response

	See         func(Trace) // gets every request with its answer, redacted; nil for none
	ShowSecrets bool        // … and not redacted
	Now         time.Time   // what the time is for signatures; zero: now
}

// TraceNative runs the engine over c: it adds the value, reads it back, removes it and reads again; no pause is waited.
// Where the answers tell no zone, its name stands for it; where they tell no values, there are none; so that the requests
// after them are seen too. It goes on with the removal where the addition failed. The error is all that the engine says of
// the answers: faults, joined.
func TraceNative(ctx context.Context, c Canned) error {
	a := c.account()
	publications := []string{c.Value}
	added := (&changing{account: a}).change(ctx, c.Target, publications, nil)
	if a.single() && !a.native.Has(dnsconfig.Clear) {
		return errors.Join(append(a.pretended.excused, added)...)
	}
	removed := (&changing{account: a}).change(ctx, c.Target, nil, publications)
	return errors.Join(append(a.pretended.excused, added, removed)...)
}

// account is one that asks no host.
func (c Canned) account() *account {
	d := Document{
		Name: c.Target.Provider, Configuration: c.Native.About().Name, Zones: []name.Name{c.Target.Zone},
		Account: c.Account, APIBase: c.Base,
	}
	a := &account{
		Document:      d,
		configuration: configuration{native: c.Native},
		network:       given{c.Answer},
		queue:         rate.NewLimiter(rate.Inf, 1),
		windows:       &windows{},
		traces:        c.See,
		openly:        c.ShowSecrets,
		patience:      patience{rounds: 1, polls: 3, hurried: true},
		pretended:     &pretence{},
		zones:         map[spot]dnsconfig.Result{},
		clock:         c.Now,
	}
	a.redactor = newRedaction(nil)
	if !c.ShowSecrets {
		a.redactor = newRedaction(a.secrets(d))
	}
	return a
}

// given is the network of a run over answers.
type given struct {
	answer func(dnsconfig.Request) dnsconfig.Response
}

func (g given) carry(ctx context.Context, r dnsconfig.Request) (dnsconfig.Response, error) {
	return g.answer(r), ctx.Err()
}

func (g given) close() {}

// pretence is what stands at a target whose answers were given beforehand, after writes that were accepted.
type pretence struct {
	read    []string // as the last reading had it
	now     []string
	written bool
	excused []error // of readings that could not be made, each once
}

// excuse notes an error and goes on, where nothing is asked of a host.
func (p *pretence) excuse(err error) bool {
	if p == nil || err == nil {
		return false
	}
	same := func(other error) bool { return other.Error() == err.Error() }
	if !slices.ContainsFunc(p.excused, same) {
		p.excused = append(p.excused, err)
	}
	return true
}

// over puts what was written over what an answer tells. A record that was created gets the id of the first that an answer
// lists, since nobody gave it one.
func (p *pretence) over(s state) state {
	p.read = s.values
	if !p.written {
		return s
	}
	p.read = p.now
	model := dnsconfig.Record{ID: "the-id-of-the-record"}
	if len(s.records) > 0 {
		model = s.records[0]
	}
	s.values, s.absent = slices.Clone(p.now), len(p.now) == 0
	s.records = slices.DeleteFunc(slices.Clone(s.records), func(r dnsconfig.Record) bool { return !slices.Contains(p.now, r.Value) })
	for _, v := range p.now {
		if !slices.ContainsFunc(s.records, func(r dnsconfig.Record) bool { return r.Value == v }) {
			s.records = append(s.records, dnsconfig.Record{ID: model.ID, Raw: model.Raw, Value: v})
		}
	}
	return s
}

// wrote notes a write that was accepted.
func (p *pretence) wrote(o operation) {
	if !p.written {
		p.now, p.written = slices.Clone(p.read), true
	}
	without := func(gone ...string) {
		p.now = slices.DeleteFunc(p.now, func(v string) bool { return slices.Contains(gone, v) })
	}
	switch {
	case o.op == dnsconfig.Remove:
		without(o.in.Values...)
	case o.op == dnsconfig.Delete && o.in.Value != "":
		without(o.in.Value)
	case o.op == dnsconfig.Replace || o.op == dnsconfig.Delete:
		p.now = slices.Clone(o.in.Values)
	case o.op == dnsconfig.AddSome || o.op == dnsconfig.Create && o.in.Value == "":
		p.now = appendNew(p.now, o.in.Values...)
	case o.op == dnsconfig.Create:
		p.now = appendNew(p.now, o.in.Value)
	}
}
