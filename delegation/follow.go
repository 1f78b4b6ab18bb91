package delegation

import (
	"context"
	"errors"
	"sync"
	"time"

	"deputy/fault"
	"deputy/name"
	"deputy/resolver"
)

// budget is how long one name may take. What could not be told by then is a fact of the chain, and never a guess.
const budget = 9 * time.Second

// Follow walks from cert's challenge name to its target, asks every server on the way, and gathers what Judge needs. It
// returns an error only when ctx ends or the challenge name is too long to exist; whatever DNS said, a failure included,
// is in the Chain. It takes nine seconds at most.
func Follow(ctx context.Context, r Resolver, cert name.Name) (Chain, error) {
	challenge, ok := cert.Challenge()
	if !ok {
		return Chain{}, tooLongToExist(cert)
	}
	bounded, stop := context.WithTimeout(ctx, budget)
	defer stop()
	w := &walk{resolver: r, polls: map[name.Name]*poll{}, beside: map[name.Name]resolver.Answer{}}
	c := Chain{Cert: cert, Challenge: challenge}
	var group sync.WaitGroup
	group.Go(func() { c.CAA = followCAA(bounded, r, cert) })
	var sibling resolver.Answer
	group.Go(func() { sibling = siblingOf(bounded, r, cert.Host()) })
	end := w.follow(bounded, challenge)
	group.Wait()
	c.take(w, end)
	c.Caught = c.caughtLike(sibling)
	c.lookAround(bounded, r, sibling)
	c.Security = c.security(bounded, r)
	if ctx.Err() != nil {
		return Chain{}, ctx.Err()
	}
	return c, nil
}

func tooLongToExist(cert name.Name) error {
	return &fault.Fault{
		Code:  fault.BadName,
		Tried: "follow the challenge name of " + cert.String(),
		Seen:  "_acme-challenge. in front of it is over the 253 octets of a name (RFC 1035 §2.3.4)",
		Do:    "order a shorter name, or a wildcard above it",
		Who:   fault.Admin,
	}
}

// asFailure is err as a fact. One that is no Failure is the end of the time there was.
func asFailure(at name.Name, t resolver.Type, err error) *resolver.Failure {
	var failure *resolver.Failure
	if errors.As(err, &failure) {
		return failure
	}
	return &resolver.Failure{Question: at, Type: t, Reason: resolver.NoReply + " in time", Err: err}
}

// take writes what the walk found into the chain.
func (c *Chain) take(w *walk, end *ending) {
	c.Hops, c.Loop, c.TooLong, c.Failure, c.Server = end.hops, end.loop, end.tooLong, end.failure, end.server
	c.Differ, c.Dead = w.differing(end), w.dead()
	if p := w.polls[c.Challenge]; p != nil {
		c.OwnerZone = p.result.Authority.Zone
	}
	for i, h := range c.Hops {
		c.Hops[i].Zone = w.polls[h.Owner].result.Authority.Zone
	}
	if end.target.IsZero() {
		return
	}
	c.Target, c.Exists = end.target, end.answer.Exists
	c.Authority = w.polls[end.target].result.Authority
	c.Zone = c.Authority.Zone
	for _, text := range end.answer.Of(c.Target, resolver.TXT) {
		c.Texts = append(c.Texts, text.Text)
		if len(c.Hops) == 0 {
			c.NegTTL = max(c.NegTTL, text.TTL)
		}
	}
	if len(c.Texts) > 0 {
		c.TextSize = textSize(c.Target, c.Texts)
	}
	if len(c.Hops) == 0 && end.answer.SOA != nil {
		c.NegTTL = end.answer.SOA.NegTTL
	}
}

// security is the worst that DNSSEC says of the names on the way and of the CAA records.
func (c *Chain) security(ctx context.Context, r Resolver) resolver.Security {
	type subject struct {
		name name.Name
		typ  resolver.Type
	}
	subjects := []subject{{c.Challenge, resolver.TXT}}
	for _, h := range c.Hops {
		subjects = append(subjects, subject{h.Target, resolver.TXT})
	}
	if !c.CAA.At.IsZero() {
		subjects = append(subjects, subject{c.CAA.At, resolver.CAA})
	}
	found := make([]resolver.Security, len(subjects))
	var group sync.WaitGroup
	for i, s := range subjects {
		group.Go(func() {
			var err error
			if found[i], err = r.Security(ctx, s.name, s.typ); err != nil {
				found[i] = resolver.Security{State: resolver.Unchecked, Why: asFailure(s.name, s.typ, err).Error()}
			}
		})
	}
	group.Wait()
	worst := found[0]
	for _, s := range found[1:] {
		if severity(s.State) > severity(worst.State) {
			worst = s
		}
	}
	return worst
}

func severity(s resolver.State) int {
	switch s {
	case resolver.Bogus:
		return 3
	case resolver.Unchecked:
		return 2
	case resolver.Insecure:
		return 1
	}
	return 0
}
