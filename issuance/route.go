package issuance

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"deputy/delegation"
	"deputy/fault"
	"deputy/name"
	"deputy/store"
)

// followAtOnce bounds the names whose chains are followed side by side.
const followAtOnce = 8

// follow finds out, for each name, where its challenge value belongs. It comes before the CA is asked for anything
// and before anything is written, so that a broken delegation costs neither an order nor a failed authorization.
// The faults of all names come back together.
func (i *Issuer) follow(ctx context.Context, w *work) (map[name.Name]store.Target, error) {
	hosts := name.Hosts(w.certificate.Names)
	targets := make([]store.Target, len(hosts))
	chains := make([]delegation.Chain, len(hosts))
	faults := make([]error, len(hosts))
	var group errgroup.Group
	group.SetLimit(followAtOnce)
	for n, host := range hosts {
		group.Go(func() error {
			targets[n], chains[n], faults[n] = i.route(ctx, w.certificate, host)
			return nil
		})
	}
	if err := errors.Join(group.Wait(), errors.Join(faults...)); err != nil {
		return nil, err
	}
	routes := make(map[name.Name]store.Target, len(hosts))
	w.chains = make(map[name.Name]delegation.Chain, len(hosts))
	for n, host := range hosts {
		routes[host], w.chains[host] = targets[n], chains[n]
	}
	return routes, nil
}

// route follows one host's challenge, judges the chain for each name of the certificate that shares it, and binds its
// target to a DNS Provider.
func (i *Issuer) route(ctx context.Context, certificate store.Certificate, host name.Name) (store.Target, delegation.Chain, error) {
	expected, err := i.expect(ctx, host)
	if err != nil {
		return store.Target{}, delegation.Chain{}, err
	}
	chain, err := delegation.Follow(ctx, i.Resolver, host)
	if err != nil {
		return store.Target{}, chain, err
	}
	for _, n := range certificate.Names {
		if n.Host() != host {
			continue
		}
		chain.Cert = n // CAA has rules of their own for wildcards
		if faults := delegation.Judge(chain, expected); len(faults) > 0 {
			return store.Target{}, chain, faults[0]
		}
	}
	bound, err := i.Providers.Bind(ctx, host, chain.Target)
	if err != nil {
		return store.Target{}, chain, err
	}
	i.tell(ctx, "followed", certificate.Name, host.String(),
		fmt.Sprintf("%s leads to %s, in the zone %s of DNS Provider %s", chain.Challenge, bound.Owner, bound.Zone, bound.Provider))
	return bound, chain, nil
}

// expect is what is known of a name's delegation. Of the CA nothing yet: it is not contacted for a broken one.
func (i *Issuer) expect(ctx context.Context, host name.Name) (delegation.Expectation, error) {
	zones, target, err := i.Providers.Expect(ctx, host)
	if err != nil {
		return delegation.Expectation{}, err
	}
	expected := delegation.Expectation{Zones: zones, Target: target, Advice: target}
	if target.IsZero() && i.Advise != nil {
		expected.Advice, err = i.Advise(ctx, host)
	}
	return expected, err
}

// noRoute is a challenge for a name that was not ordered: a CA's mistake, and nothing is written for it.
func noRoute(n name.Name) error {
	return &fault.Fault{
		Code: fault.CAFailed, Tried: "answer the CA's challenges", Seen: "the CA wants proof of " + n.String() + ", which was not ordered",
		Do: "try again; if it stays so, tell the CA", Who: fault.CA,
	}
}
