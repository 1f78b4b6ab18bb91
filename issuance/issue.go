// Package issuance tells the story of one certificate, from its names to a verified chain in the store, and holds the
// policy of that story: what is looked at before the CA hears of it, what a crashed run goes on with, what a
// certificate must be before it replaces another.
//
// It speaks no ACME (ca), no DNS (delegation), no API (publish, provider), and does not say when to renew (schedule).
package issuance

import (
	"context"

	"deputy/ca"
	"deputy/delegation"
	"deputy/name"
	"deputy/publish"
	"deputy/store"
)

// Providers says where values go.
type Providers interface {
	// Expect tells what is known of cert's delegation before it is followed: the zones where a target may lie, or in
	// custom value mode the exact target.
	Expect(ctx context.Context, cert name.Name) (zones []name.Name, target name.Name, err error)
	// Bind chooses DNS Provider, zone and owner for cert's challenge, whose chain leads to target.
	Bind(ctx context.Context, cert, target name.Name) (store.Target, error)
}

// Issuer issues certificates. All fields but Advise and Tell are needed.
type Issuer struct {
	Store     *store.Store
	Resolver  delegation.Resolver
	Providers Providers
	Keeper    *publish.Keeper
	CA        func(store.Account) (*ca.Client, error)                      // a client of the account's directory
	Deploy    func(context.Context, store.Certificate) error               // files and hooks of a verified certificate
	Advise    func(ctx context.Context, cert name.Name) (name.Name, error) // the target to ask for where no CNAME is; nil: none
	Tell      store.Sink                                                   // nil: nobody listens
}

// Request is what is wanted.
type Request struct {
	Certificate store.Certificate            // Name, Names, KeyType, Account, Profile, DeployHook; the rest is not looked at
	Replaces    bool                         // say in the order which certificate it replaces (RFC 9773 §5)
	Known       bool                         // a renewal: Name and a new DeployHook alone are looked at, and a forgotten certificate needs Nothing
	Need        func(store.Certificate) Need // asked once the certificate is claimed; nil: Whole
}

// Need is how much of the story a certificate needs.
type Need int

// The needs.
const (
	Nothing    Need = iota // it is there, deployed and not due
	Deployment             // it is there, and its files or hook are not done
	Whole                  // everything
)

// Issue walks the whole way of a certificate. It may be called again after any error or crash, and goes on where the
// last run was: what is recorded is not done again. Values are withdrawn on every exit. The certificate comes back
// as it is in the store, as it was, but for its hook, when Need said Nothing.
func (i *Issuer) Issue(ctx context.Context, r Request) (store.Certificate, error) {
	w, err := i.begin(ctx, r)
	if !r.Known {
		defer i.tidy(ctx) // renew does it once for all
	}
	if err != nil || w.need == Nothing {
		return w.certificate, err
	}
	defer w.end(ctx)
	ctx = w.kept
	if w.need == Deployment {
		return w.certificate, i.deploy(ctx, w)
	}

	routes, err := i.follow(ctx, w)
	if err != nil {
		return w.certificate, err
	}
	if err := i.account(ctx, w); err != nil {
		return w.certificate, err
	}
	if err := i.permitted(ctx, w); err != nil {
		return w.certificate, err
	}
	order, err := i.open(ctx, w)
	if err != nil {
		return w.certificate, err
	}
	order, err = i.prove(ctx, w, order, routes)
	if err != nil {
		return w.certificate, i.abandon(ctx, w, err)
	}
	chain, err := i.collect(ctx, w, order)
	if err != nil {
		return w.certificate, i.abandon(ctx, w, err)
	}
	if err := i.keep(ctx, w, chain); err != nil {
		return w.certificate, err
	}
	return w.certificate, i.deploy(ctx, w)
}
