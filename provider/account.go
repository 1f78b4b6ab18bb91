package provider

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"golang.org/x/time/rate"

	"deputy/dnsconfig"
	"deputy/egress"
	"deputy/name"
	"deputy/secret"
	"deputy/store"
)

// account is one revision of a DNS Provider, ready to be spoken to.
type account struct {
	Document
	configuration
	client   *egress.Client
	queue    *rate.Limiter
	redactor *secret.Redactor
	tell     store.Sink
	traces   func(Trace)
	patience patience

	mu    sync.Mutex
	zones map[name.Name]dnsconfig.Result // as the host told them, by target name
}

// open makes an account ready; it sends nothing. Call with mu held.
func (r *Registry) open(d Document, c configuration) (*account, error) {
	client, err := egress.New(egress.Policy{
		Hosts:     c.bound(d),
		PlainHTTP: d.Allow.PlainHTTP,
		Addresses: d.Allow.Addresses,
		Proxy:     r.Proxy,
	})
	if err != nil {
		return nil, fmt.Errorf("the DNS Provider %s: %w", d.Name, err)
	}
	var limits dnsconfig.Limits
	if c.native != nil {
		limits = c.native.Limits()
	}
	return &account{
		Document:      d,
		configuration: c,
		client:        client,
		queue:         r.queue(d, limits),
		redactor:      secret.NewRedactor(slices.Collect(maps.Values(c.secrets(d)))...),
		tell:          r.Tell,
		traces:        r.Traces,
		patience:      r.patience.orDefault(),
		zones:         map[name.Name]dnsconfig.Result{},
	}, nil
}

// secrets are the account's values but for those that the configuration calls public.
func (c configuration) secrets(d Document) map[string]secret.Value {
	found := maps.Clone(d.Account)
	for _, f := range c.about().Fields {
		if !f.Secret {
			delete(found, f.Name)
		}
	}
	return found
}

func (a *account) event(ctx context.Context, kind string, owner string, text string) {
	if a.tell != nil {
		a.tell(ctx, store.Event{Kind: kind, Name: owner, Text: a.redactor.Redact(text), Data: map[string]string{"provider": a.Name}})
	}
}
