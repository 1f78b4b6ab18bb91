package delegation

import (
	"context"

	"deputy/name"
	"deputy/resolver"
)

// Glance follows cert's challenge name by Query alone: where the chain ends in r's view, and no more. It is for the
// view beside the one that Follow judges (Chain.Local). The error is that of ctx, or the name's as in Follow; what
// could not be told is the Chain's Failure. Like Follow it takes nine seconds at most.
func Glance(ctx context.Context, r Resolver, cert name.Name) (Chain, error) {
	challenge, ok := cert.Challenge()
	if !ok {
		return Chain{}, tooLongToExist(cert)
	}
	bounded, stop := context.WithTimeout(ctx, budget)
	defer stop()
	c := Chain{Cert: cert, Challenge: challenge}
	passed := map[name.Name]bool{}
	for at := challenge; ; {
		a, err := r.Query(bounded, at, resolver.TXT)
		if ctx.Err() != nil {
			return Chain{}, ctx.Err()
		}
		if err != nil {
			c.Failure = asFailure(at, resolver.TXT, err)
			return c, nil
		}
		passed[at], c.Server = true, a.Server
		cnames := a.Of(at, resolver.CNAME)
		if len(cnames) == 0 {
			c.Target, c.Exists = at, a.Exists
			return c, nil
		}
		next := cnames[0]
		c.Hops = append(c.Hops, Hop{Owner: at, Target: next.Target, TTL: next.TTL, Server: a.Server, DNAME: next.DNAME})
		if c.TooLong = len(c.Hops) > MaxHops; c.TooLong {
			return c, nil
		}
		if passed[next.Target] {
			c.Loop = next.Target
			return c, nil
		}
		at = next.Target
	}
}
