package provider

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"sync"

	"golang.org/x/time/rate"

	"deputy/dnsconfig"
	"deputy/fault"
	"deputy/name"
	"deputy/secret"
	"deputy/store"
)

// Registry finds DNS Providers in the store and runs their documents. Its fields are set before it is used, and it is
// safe for concurrent use.
type Registry struct {
	Store  *store.Store
	Proxy  *url.URL    // for requests to DNS hosts; nil for none. Behind it only the host list is checked, not the address
	Tell   store.Sink  // nil for none
	Traces func(Trace) // nil for none

	// Commands allows documents that run programs on this machine, for the DNS Providers that allow it too.
	Commands bool

	mu       sync.Mutex
	accounts map[revision]*account
	queues   map[string]*rate.Limiter // of writes, by DNS Provider
	windows  map[string]*windows      // of all requests, by DNS Provider
	patience patience
}

// revision is one revision of a DNS Provider.
type revision struct {
	name   string
	number int64
}

// Bind says where the challenge value of cert goes when its chain leads to target: which DNS Provider, zone, owner,
// and in custom value mode which registered domain chose it. Faults: Unmanaged, AtApex, WrongTarget, NoProvider, and
// BadSettings where two DNS Providers claim the same domain or zone.
func (r *Registry) Bind(ctx context.Context, cert, target name.Name) (store.Target, error) {
	all, err := r.offers(ctx)
	if err != nil {
		return store.Target{}, err
	}
	return all.bind(cert, target)
}

// Expect says what is known about cert's delegation before its chain is followed: in custom value mode the exact
// target, else the zones where one may lie.
func (r *Registry) Expect(ctx context.Context, cert name.Name) (zones []name.Name, target name.Name, err error) {
	all, err := r.offers(ctx)
	if err != nil {
		return nil, name.Name{}, err
	}
	return all.expect(cert)
}

// Explain tells the choice for cert; target is where its chain leads, zero if that can't be told.
func (r *Registry) Explain(ctx context.Context, cert, target name.Name) (Choice, error) {
	all, err := r.offers(ctx)
	if err != nil {
		return Choice{}, err
	}
	return all.explain(cert, target)
}

// offers reads the newest revisions of all DNS Providers.
func (r *Registry) offers(ctx context.Context) (offers, error) {
	var all offers
	err := r.Store.View(ctx, func(tx *store.Tx) error {
		rows, err := tx.Providers()
		if err != nil {
			return err
		}
		for _, row := range rows {
			d, err := Stored(row)
			if err != nil {
				return err
			}
			all = append(all, offer{Document: d, revision: row.Revision})
		}
		return nil
	})
	return all, err
}

// Documents gives the newest revisions of all DNS Providers, by name, each with the hosts that it is bound to.
func (r *Registry) Documents(ctx context.Context) ([]Document, error) {
	var all []Document
	err := r.Store.View(ctx, func(tx *store.Tx) error {
		rows, err := tx.Providers()
		if err != nil {
			return err
		}
		for _, row := range rows {
			d, c, err := opened(tx, row)
			if err != nil {
				return err
			}
			d.Hosts = c.bound(d)
			all = append(all, d)
		}
		return nil
	})
	return all, err
}

// opened reads a row, and the configuration that it was stored with.
func opened(tx *store.Tx, row store.Provider) (Document, configuration, error) {
	d, err := Stored(row)
	if err != nil {
		return Document{}, configuration{}, err
	}
	c, err := numbered(tx, row.Configuration, row.ConfigurationRevision)
	return d, c, err
}

// Check tries a document without writing: that its configuration exists, its fields are there and are the
// configuration's, and its hosts can be told.
func (r *Registry) Check(ctx context.Context, d Document) error {
	return r.Store.View(ctx, func(tx *store.Tx) error {
		_, err := check(tx, d)
		return err
	})
}

// Add checks d and stores it as a new revision of the DNS Provider of its name, with the newest revision of its
// configuration. That binds its credential to the hosts of that revision, of api_base or of allow.hosts: requests to others
// are refused from now on, whatever the configuration becomes.
func (r *Registry) Add(ctx context.Context, d Document) (store.Provider, error) {
	var row store.Provider
	var c configuration
	err := r.Store.Do(ctx, func(tx *store.Tx) error {
		var err error
		if row, err = check(tx, d); err != nil {
			return err
		}
		if c, err = newest(tx, d.Configuration); err != nil {
			return err
		}
		row, err = tx.AddProvider(row)
		return err
	})
	if err == nil {
		r.doubt(ctx, d, c)
	}
	return row, err
}

// doubt tells of fields of a DXL's account that no formula reads: Notes has them in every account, so they are no mistake,
// but often one that was misspelt.
func (r *Registry) doubt(ctx context.Context, d Document, c configuration) {
	if c.dxl == nil || r.Tell == nil {
		return
	}
	for _, sentence := range c.dxl.UnknownFields(slices.Collect(maps.Keys(d.Account))) {
		r.Tell(ctx, store.Event{Kind: "provider.field", Name: d.Name, Text: d.Name + ": " + sentence})
	}
}

// check makes the row of a document that is right: it fits its configuration, and reads back as it was.
func check(tx *store.Tx, d Document) (store.Provider, error) {
	c, err := newest(tx, d.Configuration)
	if err != nil {
		return store.Provider{}, err
	}
	d.Hosts = c.hosts(d)
	source, err := d.Marshal()
	if err != nil {
		return store.Provider{}, err
	}
	row := store.Provider{
		Name: d.Name, Document: secret.New(string(source)),
		Configuration: d.Configuration, ConfigurationRevision: c.revision,
	}
	if _, err := Stored(row); err != nil {
		return store.Provider{}, err
	}
	return row, c.fits(d)
}

// account gives the DNS Provider of a target in the revision that the target names, even where a newer one is there.
func (r *Registry) account(ctx context.Context, t store.Target) (*account, error) {
	key := revision{t.Provider, t.Revision}
	r.mu.Lock()
	defer r.mu.Unlock()
	if a := r.accounts[key]; a != nil {
		return a, nil
	}
	d, c, err := r.load(ctx, key)
	if err != nil {
		return nil, err
	}
	a, err := r.open(d, c)
	if err != nil {
		return nil, err
	}
	if r.accounts == nil {
		r.accounts = map[revision]*account{}
	}
	r.accounts[key] = a
	return a, nil
}

// load reads a revision with its configuration.
func (r *Registry) load(ctx context.Context, key revision) (d Document, c configuration, err error) {
	err = r.Store.View(ctx, func(tx *store.Tx) error {
		row, err := tx.Provider(key.name, key.number)
		if errors.Is(err, store.ErrNotFound) || err == nil && row.Document.IsZero() {
			return &fault.Fault{
				Code:  fault.NoProvider,
				Tried: fmt.Sprintf("use revision %d of the DNS Provider %s", key.number, key.name),
				Seen:  "it was removed, and its credentials with it",
				Do:    fmt.Sprintf("add %s again: deputy provider add", key.name),
				Who:   fault.Admin,
				Err:   err,
			}
		}
		if err != nil {
			return err
		}
		d, c, err = opened(tx, row)
		return err
	})
	return d, c, err
}

// queue is where writes of a DNS Provider wait for their turn; all its revisions share it. Call with mu held.
func (r *Registry) queue(d Document, l dnsconfig.Limits) *rate.Limiter {
	if l.WritesPerSecond <= 0 {
		return rate.NewLimiter(rate.Inf, 1)
	}
	if q := r.queues[d.Name]; q != nil {
		q.SetLimit(rate.Limit(l.WritesPerSecond))
		return q
	}
	if r.queues == nil {
		r.queues = map[string]*rate.Limiter{}
	}
	r.queues[d.Name] = rate.NewLimiter(rate.Limit(l.WritesPerSecond), 1)
	return r.queues[d.Name]
}

// windowsOf are the requests to a DNS Provider of the last time; all its revisions share them. Call with mu held.
func (r *Registry) windowsOf(provider string) *windows {
	if w := r.windows[provider]; w != nil {
		return w
	}
	if r.windows == nil {
		r.windows = map[string]*windows{}
	}
	r.windows[provider] = &windows{}
	return r.windows[provider]
}

// Close ends the sessions at DNS hosts, as far as their documents can and ctx allows, and closes the connections. The Registry
// is not to be used afterwards.
func (r *Registry) Close(ctx context.Context) {
	r.mu.Lock()
	all := r.accounts
	r.accounts = nil
	r.mu.Unlock()
	var ends sync.WaitGroup
	for _, a := range all {
		ends.Go(func() { a.close(ctx) })
	}
	ends.Wait()
}
