package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"deputy/ca"
	"deputy/delegation"
	"deputy/fault"
	"deputy/name"
	"deputy/resolver"
	"deputy/store"
)

// surveyor looks at delegations: whom it asks, and what it expects of a name.
type surveyor struct {
	dns    delegation.Resolver
	view   func() string
	local  *resolver.Client // the view beside; nil: none
	expect expecter
	recall func(context.Context, *checked) error               // adds what is known of the target once it was found; nil: nothing
	advise func(context.Context, name.Name) (name.Name, error) // the target to ask for where something is wrong; nil: that of expect
	close  func()
}

// expecter says what is known of a name's delegation.
type expecter func(context.Context, name.Name) (delegation.Expectation, error)

// surveyor is the one of check: with what the set-up knows, if there is one; --target and --server come first.
func (p *program) surveyor(ctx context.Context, f checkFlags) (*surveyor, error) {
	var fixed name.Name
	if f.target != "" {
		var err error
		if fixed, err = name.ParseOwner(f.target); err != nil {
			return nil, usageError{fmt.Errorf("--target: %w", err)}
		}
	}
	is, err := p.isSetUp()
	if err != nil {
		return nil, err
	}
	if fixed.IsZero() && is {
		i, err := p.open(ctx, false)
		if err != nil {
			return nil, err
		}
		s, err := i.surveyor(ctx, f.server)
		if err == nil {
			s.close = func() { _ = i.close() } // nothing was written that closing could lose
		}
		return s, err
	}
	s, err := p.views()
	if err != nil {
		return nil, err
	}
	issuer, err := p.issuerOf(ctx, f.server)
	s.expect = func(context.Context, name.Name) (delegation.Expectation, error) {
		return delegation.Expectation{Target: fixed, Advice: fixed, Issuer: issuer}, nil
	}
	return s, err
}

// surveyor is that of an installation, which knows its zones, targets, journal and account; server names another CA.
func (i *installation) surveyor(ctx context.Context, server string) (*surveyor, error) {
	s, err := i.program.views()
	if err != nil {
		return nil, err
	}
	issuer, err := i.issuerHere(ctx, server)
	if err != nil {
		return nil, err
	}
	s.expect = func(ctx context.Context, cert name.Name) (delegation.Expectation, error) {
		e, err := i.expect(ctx, cert)
		e.Issuer = issuer
		return e, err
	}
	s.recall, s.advise = i.recall, i.advise
	return s, nil
}

// recall adds what the store knows of a chain's target: the values in the journal, and whose target it is besides.
func (i *installation) recall(ctx context.Context, r *checked) error {
	target := r.chain.Target
	if target.IsZero() {
		return nil
	}
	return i.store.View(ctx, func(t *store.Tx) error {
		publications, err := t.PublicationsAt(target)
		if err != nil {
			return err
		}
		for _, p := range publications {
			r.expect.Ours = append(r.expect.Ours, p.Value)
		}
		planned, err := t.PlannedFor("", target)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err == nil && planned.Name != r.name.Host() {
			r.expect.Shared = append(r.expect.Shared, planned.Name)
		}
		return err
	})
}

// expect is what this installation knows of cert's delegation.
func (i *installation) expect(ctx context.Context, cert name.Name) (delegation.Expectation, error) {
	zones, target, err := i.registry.Expect(ctx, cert)
	return delegation.Expectation{Zones: zones, Target: target, Advice: target}, err
}

// follow looks at n's delegation alone: what the CA thinks of it is nothing to plan for.
func (s *surveyor) follow(ctx context.Context, n name.Name, zones []name.Name, target name.Name) (checked, error) {
	chain, err := delegation.Follow(ctx, s.dns, n)
	r := checked{text: n.String(), name: n, chain: chain, expect: delegation.Expectation{Zones: zones, Target: target, Advice: target}}
	r.judge()
	r.faults = slices.DeleteFunc(r.faults, func(f *fault.Fault) bool { return f.Code == fault.CAAForbids || f.Code == fault.CAAUnknown })
	return r, err
}

// look follows one name in every view there is, and judges it.
func (s *surveyor) look(ctx context.Context, asked askedName) (checked, error) {
	r := checked{text: asked.text, name: asked.name}
	if asked.fault != nil {
		r.faults = []*fault.Fault{asked.fault}
		return r, nil
	}
	r.text = asked.name.String()
	var err error
	if r.expect, err = s.expect(ctx, asked.name.Host()); err != nil {
		return r, err
	}
	beside := make(chan *delegation.Chain, 1)
	go func() { beside <- s.glance(ctx, asked.name) }()
	r.chain, err = delegation.Follow(ctx, s.dns, asked.name)
	local := <-beside
	if err != nil {
		return r, err
	}
	r.chain.View, r.chain.Local = s.view(), local
	if s.recall != nil {
		if err := s.recall(ctx, &r); err != nil {
			return r, err
		}
	}
	r.judge()
	if len(r.faults) == 0 || s.advise == nil {
		return r, nil
	}
	r.expect.Advice, err = s.advise(ctx, asked.name.Host()) // which plans one, for ever: not for a name that needs none
	r.judge()
	return r, err
}

// glance is the chain in the local view; nil where there is none.
func (s *surveyor) glance(ctx context.Context, n name.Name) *delegation.Chain {
	if s.local == nil {
		return nil
	}
	chain, err := delegation.Glance(ctx, s.local, n)
	if err != nil {
		return nil // the end of ctx, which Follow reports too
	}
	chain.View = s.local.View()
	return &chain
}

// views makes the resolvers that the options name. The chain is read from --root, or through --resolver, or by the way
// that a probe finds open; where two are given, or none, there is a local view beside it.
func (p *program) views() (*surveyor, error) {
	root, recursive := p.options.root, p.options.resolver
	public, err := p.resolverFor(recursive, root)
	if root != "" {
		public, err = p.resolverFor("", root)
	}
	if err != nil {
		return nil, err
	}
	s := &surveyor{dns: public, view: public.View, close: func() {}}
	if recursive != "" && root == "" {
		return s, nil
	}
	if recursive != "" {
		if s.local, err = p.resolverFor(recursive, root); err != nil {
			return nil, err
		}
		if p.options.anchor == "" {
			s.dns = judgedBy{public, s.local}
		}
		return s, nil
	}
	if root == "" {
		s.local, err = p.resolverFor("system", "")
		var f *fault.Fault
		if errors.As(err, &f) {
			s.local, err = nil, nil // this machine has no resolver: then there is no local view
		}
	}
	return s, err
}

// judgedBy reads chains from the root, and has a resolver judge DNSSEC.
type judgedBy struct {
	*resolver.Client
	validator *resolver.Client
}

// Security asks the validator.
func (j judgedBy) Security(ctx context.Context, n name.Name, t resolver.Type) (resolver.Security, error) {
	return j.validator.Security(ctx, n, t)
}

// assumed is the CA that a check without a set-up and without --server judges CAA for.
const assumed = "letsencrypt"

// issuerOf finds out what CAA records have to say for the CA that is named as in deputy init, or by its directory.
func (p *program) issuerOf(ctx context.Context, server string) (delegation.Issuer, error) {
	directory, err := accountFlags{server: or(server, assumed)}.directory()
	if err != nil {
		return delegation.Issuer{}, err
	}
	issuer, known := delegation.IssuerOf(directory)
	if !known {
		return p.ask(ctx, directory)
	}
	issuer.Assumed = server == ""
	return issuer, nil
}

// directoryTime bounds the question what a CA calls itself: a check does not wait for it longer.
const directoryTime = 5 * time.Second

// ask reads a CA's directory.
func (p *program) ask(ctx context.Context, directory string) (delegation.Issuer, error) {
	client, err := p.newAuthority(directory, func(context.Context, store.Event) {})
	if err != nil {
		return delegation.Issuer{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, directoryTime)
	defer cancel()
	d, err := client.Directory(ctx)
	if err != nil {
		return delegation.Issuer{}, err
	}
	return issuerIn(directory, d), nil
}

// issuerIn is what a CA says of itself; a directory that names no identities is as the table knows it.
func issuerIn(directory string, d ca.Directory) delegation.Issuer {
	issuer, known := delegation.IssuerOf(directory)
	if !known {
		issuer.Name = directory
	}
	if len(d.Identities) > 0 {
		issuer.Identities, issuer.Unsure = d.Identities, false
	}
	return issuer
}

// issuerHere is the CA of the account that deputy issue would take, with its URL; server names another one. A CA that
// can't be reached is as the table knows it, or none.
func (i *installation) issuerHere(ctx context.Context, server string) (delegation.Issuer, error) {
	if server != "" {
		return i.program.issuerOf(ctx, server)
	}
	var accounts []store.Account
	err := i.store.View(ctx, func(t *store.Tx) (err error) {
		accounts, err = t.Accounts()
		return err
	})
	if err != nil {
		return delegation.Issuer{}, err
	}
	at := slices.IndexFunc(accounts, func(a store.Account) bool { return a.URL != "" && a.Name == "default" })
	if at < 0 {
		at = slices.IndexFunc(accounts, func(a store.Account) bool { return a.URL != "" })
	}
	if at < 0 {
		return i.program.issuerOf(ctx, "")
	}
	issuer, err := i.program.ask(ctx, accounts[at].Directory)
	if err != nil {
		issuer, _ = delegation.IssuerOf(accounts[at].Directory)
	}
	issuer.Accounts = []string{accounts[at].URL}
	return issuer, ctx.Err()
}
