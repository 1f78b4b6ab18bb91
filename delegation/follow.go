package delegation

import (
	"context"
	"errors"
	"slices"
	"strings"

	"deputy/fault"
	"deputy/name"
	"deputy/resolver"
)

// Follow walks from cert's challenge name to its target. It returns an error only when ctx ends or the challenge name
// is too long to exist; whatever DNS said, a failure included, is in the Chain.
func Follow(ctx context.Context, r Resolver, cert name.Name) (Chain, error) {
	challenge, ok := cert.Challenge()
	if !ok {
		return Chain{}, tooLongToExist(cert)
	}
	c := Chain{Cert: cert, Challenge: challenge}
	end, err := c.hop(ctx, r)
	if err != nil {
		return c.failed(err)
	}
	if !c.Target.IsZero() {
		c.arrive(end)
		poll, err := r.Poll(ctx, c.Target, resolver.TXT, func(resolver.Answer) {})
		if err != nil {
			return c.failed(err)
		}
		c.Authority = poll.Authority
		c.Zone = c.Authority.Zone
	}
	return c, c.lookAround(ctx, r)
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

// hop passes the CNAMEs and gives the answer at the last name. TXT is asked, since that is what a CA asks and some
// resolvers spoil questions for CNAME; the CNAME is read from the answer.
func (c *Chain) hop(ctx context.Context, r Resolver) (resolver.Answer, error) {
	passed := map[name.Name]bool{}
	for at := c.Challenge; ; {
		passed[at] = true
		a, err := ask(ctx, r, at)
		if err != nil {
			return a, err
		}
		c.Server = a.Server
		next, ok := hopAt(a, at)
		if !ok {
			c.Target = at
			return a, nil
		}
		c.Hops = append(c.Hops, next)
		if passed[next.Target] {
			c.Loop = next.Target
			return a, nil
		}
		if len(c.Hops) > MaxHops {
			c.TooLong = true
			return a, nil
		}
		at = next.Target
	}
}

// ask asks for TXT at n, and where there is some, whether a CNAME stands beside it: of such a broken name a server may
// show only what was asked for.
func ask(ctx context.Context, r Resolver, n name.Name) (resolver.Answer, error) {
	a, err := r.Query(ctx, n, resolver.TXT)
	if err != nil || len(a.Of(n, resolver.TXT)) == 0 || len(a.Of(n, resolver.CNAME)) > 0 {
		return a, err
	}
	b, err := r.Query(ctx, n, resolver.CNAME)
	if err != nil {
		return a, err
	}
	a.Records = append(b.Of(n, resolver.CNAME), a.Records...)
	return a, nil
}

// hopAt reads the CNAME at n out of an answer. Of two, which no zone may have, the first by name counts.
func hopAt(a resolver.Answer, n name.Name) (Hop, bool) {
	cnames := a.Of(n, resolver.CNAME)
	if len(cnames) == 0 {
		return Hop{}, false
	}
	slices.SortFunc(cnames, func(a, b resolver.Record) int { return strings.Compare(a.Target.FQDN(), b.Target.FQDN()) })
	first := cnames[0]
	h := Hop{Owner: n, Target: first.Target, TTL: first.TTL, Server: a.Server, DNAME: first.DNAME}
	if cnames[len(cnames)-1].Target != first.Target {
		h.Beside = append(h.Beside, resolver.CNAME.String())
	}
	for _, record := range a.Records {
		kind := record.Type.String()
		if record.Owner == n && record.Type != resolver.CNAME && !slices.Contains(h.Beside, kind) {
			h.Beside = append(h.Beside, kind)
		}
	}
	return h, true
}

// arrive notes what stands at the target.
func (c *Chain) arrive(end resolver.Answer) {
	c.Exists = end.Exists
	for _, text := range end.Of(c.Target, resolver.TXT) {
		c.Texts = append(c.Texts, text.Text)
		if len(c.Hops) == 0 {
			c.NegTTL = max(c.NegTTL, text.TTL)
		}
	}
	if len(c.Hops) == 0 && end.SOA != nil {
		c.NegTTL = end.SOA.NegTTL
	}
}

// failed keeps a *Failure as a fact. A failure is never the end of a chain, so there is no target.
func (c Chain) failed(err error) (Chain, error) {
	var failure *resolver.Failure
	if !errors.As(err, &failure) {
		return Chain{}, err
	}
	c.Failure, c.Target = failure, name.Name{}
	return c, nil
}

// lookAround finds what advice needs: the zone in which the challenge name's record is typed, and where there is no
// CNAME, one that was made at the host instead. Only the end of ctx is an error: what can't be told stays zero.
func (c *Chain) lookAround(ctx context.Context, r Resolver) error {
	if len(c.Hops) > 0 {
		c.OwnerZone = zoneOf(ctx, r, c.Challenge)
		return ctx.Err()
	}
	c.OwnerZone = c.Zone
	c.HostCNAME = hostCNAME(ctx, r, c.Cert.Host())
	return ctx.Err()
}

// zoneOf finds the zone of an alias: that of the name above it, since an alias can't be the top of a zone
// (RFC 1912 §2.4).
func zoneOf(ctx context.Context, r Resolver, alias name.Name) name.Name {
	for at, ok := alias.Parent(); ok; at, ok = at.Parent() {
		a, err := r.Query(ctx, at, resolver.SOA)
		if err != nil {
			return name.Name{}
		}
		if len(a.Of(at, resolver.SOA)) > 0 {
			return at
		}
		if len(a.Records) == 0 && a.SOA != nil {
			return a.SOA.Owner
		}
	}
	return name.Name{}
}

// hostCNAME gives the target of a CNAME at host when no address is found behind it; zero else. An alias with an
// address is an ordinary one, as for a CDN.
func hostCNAME(ctx context.Context, r Resolver, host name.Name) name.Name {
	a, err := r.Query(ctx, host, resolver.A)
	if err != nil {
		return name.Name{}
	}
	first, ok := hopAt(a, host)
	if !ok {
		return name.Name{}
	}
	at := first.Target
	for range MaxHops {
		next, more, addressless := behind(ctx, r, at)
		if !addressless {
			return name.Name{}
		}
		if !more {
			return first.Target
		}
		at = next
	}
	return name.Name{}
}

// behind says whether n has no address of either family, and the alias to look at next where it is one.
func behind(ctx context.Context, r Resolver, n name.Name) (next name.Name, more, addressless bool) {
	for _, family := range []resolver.Type{resolver.A, resolver.AAAA} {
		a, err := r.Query(ctx, n, family)
		if err != nil || len(a.Of(n, family)) > 0 {
			return name.Name{}, false, false
		}
		if hop, ok := hopAt(a, n); ok {
			return hop.Target, true, true
		}
	}
	return name.Name{}, false, true
}
