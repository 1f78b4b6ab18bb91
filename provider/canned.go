package provider

import (
	"context"
	"errors"
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
	// enough to see every request: where later answers do not tell what an accepted write has changed, it is made up, and said.
	Answer func(dnsconfig.Request) dnsconfig.Response

	See         func(Trace) // gets every request with its answer, redacted; nil for none
	ShowSecrets bool        // … and not redacted
	Now         time.Time   // what the time is for signatures; zero: now
}

// TraceNative runs the engine over c: it adds the value, reads it back, removes it and reads again; no pause is waited.
// Where the answers tell no zone, its name stands for it; where they tell no values, there are none; so that the requests
// after them are seen too. It goes on with the removal where the addition failed. What it makes up is told in Trace.Note at
// its place. The error is all that the engine says of the answers, in the order in which it does: faults, joined.
func TraceNative(ctx context.Context, c Canned) (Outcome, error) {
	a := c.account()
	p := a.pretended
	publications := []string{c.Value}
	p.stop((&changing{account: a}).change(ctx, c.Target, publications, nil))
	if a.single() && !a.native.Has(dnsconfig.Clear) {
		return p.outcome(a), errors.Join(p.stops...)
	}
	if len(p.stops) > p.excused {
		a.note(dnsconfig.Read, "would stop here: %s; from here the removal, which would not be made", p.last())
	}
	p.removing = true
	p.stop((&changing{account: a}).change(ctx, c.Target, nil, publications))
	return p.outcome(a), errors.Join(p.stops...)
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
		pretended:     &pretence{value: c.Value, told: map[bool]bool{}},
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
