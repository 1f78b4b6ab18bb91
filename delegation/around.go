package delegation

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"sync"

	"deputy/name"
	"deputy/resolver"
)

// siblingOf asks for a name beside the challenge name that nobody can have made. What stands there is a wildcard's (RFC
// 4592 §2.1.1). No answer is the zero Answer: then nothing is known of wildcards.
func siblingOf(ctx context.Context, r Resolver, host name.Name) resolver.Answer {
	return probe(ctx, r, host, "_acme-"+random()[:9]) // no longer than _acme-challenge, so that it fits wherever that does
}

// random is a label that is in no zone.
func random() string { return strings.ToLower(rand.Text()[:12]) }

// probe asks for TXT at labels below n; the zero Answer where that can't be told, or is no name.
func probe(ctx context.Context, r Resolver, n name.Name, labels string) resolver.Answer {
	at, err := n.Child(labels)
	if err != nil {
		return resolver.Answer{}
	}
	a, err := r.Query(ctx, at, resolver.TXT)
	if err != nil {
		return resolver.Answer{}
	}
	return a
}

// caughtLike says that what stands at the challenge name is what stands at sibling, too: a wildcard's.
func (c *Chain) caughtLike(sibling resolver.Answer) bool {
	if sibling.Question.IsZero() {
		return false
	}
	if len(c.Hops) > 0 {
		wild, ok := hopAt(sibling, sibling.Question)
		return ok && wild.DNAME.IsZero() && c.Hops[0].DNAME.IsZero() && wild.Target == c.Hops[0].Target
	}
	var texts []string
	for _, text := range sibling.Of(sibling.Question, resolver.TXT) {
		texts = append(texts, text.Text)
	}
	return len(texts) > 0 && slices.Equal(sorted(texts), sorted(c.Texts))
}

func sorted(texts []string) []string {
	texts = slices.Clone(texts)
	slices.Sort(texts)
	return texts
}

// lookAround looks where a record may stand that was made at the wrong name, and what a target may have been before it
// got a zone appended. A healthy chain costs nothing here.
func (c *Chain) lookAround(ctx context.Context, r Resolver, sibling resolver.Answer) {
	if c.Target.IsZero() {
		return
	}
	var group sync.WaitGroup
	defer group.Wait()
	if domain := below(c.Zone, c.Target); !c.Exists && c.Zone.IsPublicSuffix() && domain != c.Target {
		group.Go(func() { c.Registered = exists(ctx, r, domain) })
	}
	if len(c.Hops) == 0 || c.Caught {
		group.Go(func() { c.WildHost = wildHost(ctx, r, c.Cert.Host(), sibling) })
	}
	if len(c.Hops) > 0 {
		group.Go(func() { c.lookBeforeTheZone(ctx, r) })
		return
	}
	if c.OwnerZone == c.Challenge {
		group.Go(func() { c.AboveZone = zoneAbove(ctx, r, c.Challenge) })
	}
	group.Go(func() { c.HostCNAME = hostCNAME(ctx, r, c.Cert.Host()) })
	group.Go(func() {
		star := probe(ctx, r, c.Cert.Host(), "_acme-challenge.*")
		if hop, ok := hopAt(star, star.Question); ok && !sameHop(hop, sibling) {
			c.StarLabel = hop.Target
		}
	})
	group.Go(func() { c.Doubled, c.DoubledTo = doubled(ctx, r, c.Challenge, c.OwnerZone) })
}

// lookBeforeTheZone finds what the target was before a zone was appended to it, and whether a wildcard hides that it does
// not exist.
func (c *Chain) lookBeforeTheZone(ctx context.Context, r Resolver) {
	typed, ok := c.appended()
	if !ok {
		return
	}
	if c.Exists {
		above, _ := c.Target.Parent()
		beside := probe(ctx, r, above, random())
		c.Made = !beside.Question.IsZero() && beside.Exists
	}
	if !c.Exists || c.Made {
		c.Undotted = existing(ctx, r, typed)
	}
}

// wildHost says that host itself is a wildcard's: one from above answers below it, which it does not where host exists
// (RFC 4592 §2.2.2).
func wildHost(ctx context.Context, r Resolver, host name.Name, sibling resolver.Answer) bool {
	above, ok := host.Parent()
	if !ok || sibling.Question.IsZero() || !sibling.Exists {
		return false
	}
	cousin := probe(ctx, r, above, random())
	return !cousin.Question.IsZero() && cousin.Exists
}

func sameHop(hop Hop, sibling resolver.Answer) bool {
	wild, ok := hopAt(sibling, sibling.Question)
	return ok && wild.Target == hop.Target
}

// doubled finds a CNAME at challenge with its zone appended once more, which no wildcard made.
func doubled(ctx context.Context, r Resolver, challenge, zone name.Name) (at, target name.Name) {
	if zone.Labels() < 2 {
		return at, target // no zone of somebody's
	}
	a := probe(ctx, r, zone, challenge.String())
	hop, ok := hopAt(a, a.Question)
	if !ok || sameHop(hop, probe(ctx, r, zone, random()+"."+challenge.String())) || sameHop(hop, probe(ctx, r, zone, random()+"."+parentText(challenge))) {
		return at, target
	}
	return a.Question, hop.Target
}

// parentText is n without its first label.
func parentText(n name.Name) string {
	above, _ := n.Parent()
	return above.String()
}

// typed is the chain's target without the zone of its last owner, where it lies in that and nobody made it: what
// somebody may have typed without a dot at its end (RFC 1035 §5.1).
func (c *Chain) typed() (name.Name, bool) {
	if c.Exists && !c.Made {
		return name.Name{}, false
	}
	return c.appended()
}

// appended is typed for a target of which it is not known whether somebody made it.
func (c *Chain) appended() (name.Name, bool) {
	origin := c.origin()
	if origin.Labels() < 2 {
		return name.Name{}, false
	}
	labels, ok := c.Target.Relative(origin)
	if !ok || strings.Count(labels, ".") < 1 {
		return name.Name{}, false
	}
	n, err := name.ParseOwner(labels)
	return n, err == nil
}

// origin is the zone of the last hop, which a target without a dot gets appended.
func (c *Chain) origin() name.Name {
	if last := c.Hops[len(c.Hops)-1]; !last.Zone.IsZero() {
		return last.Zone
	}
	return c.OwnerZone
}

// zoneAbove is the zone that a name above the top of a zone lies in; zero where that can't be told.
func zoneAbove(ctx context.Context, r Resolver, top name.Name) name.Name {
	above, _ := top.Parent()
	a, err := r.Query(ctx, above, resolver.SOA)
	switch {
	case err != nil:
		return name.Name{}
	case len(a.Of(above, resolver.SOA)) > 0:
		return above
	case a.SOA != nil:
		return a.SOA.Owner
	}
	return name.Name{}
}

// existing gives n where it exists, or lies in a zone below which nobody else registers, even one whose servers fail.
func existing(ctx context.Context, r Resolver, n name.Name) name.Name {
	a, err := r.Query(ctx, n, resolver.SOA)
	failure := (*resolver.Failure)(nil)
	switch {
	case errors.As(err, &failure) && n.In(failure.Zone) && !failure.Zone.IsPublicSuffix():
		return n
	case err != nil:
		return name.Name{}
	}
	if a.Exists || a.SOA != nil && !a.SOA.Owner.IsPublicSuffix() {
		return n
	}
	return name.Name{}
}

// exists says that a server knows n.
func exists(ctx context.Context, r Resolver, n name.Name) bool {
	a, err := r.Query(ctx, n, resolver.SOA)
	return err == nil && a.Exists
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
