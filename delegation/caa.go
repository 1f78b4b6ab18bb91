package delegation

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"deputy/name"
	"deputy/resolver"
)

// caaAtOnce bounds the questions for CAA that are out at the same time: a name may have 126 ancestors.
const caaAtOnce = 16

// followCAA finds the relevant record set of cert (RFC 8659 §3): that of the closest ancestor which has one, the
// certificate's host itself included, the root not. All are asked at once. What is above the closest set does not
// count, so a failure there is none; one below it is, since it may hide a closer set. It asks until ctx ends; what
// could not be told by then is a Failure.
func followCAA(ctx context.Context, r Resolver, cert name.Name) CAA {
	ctx, stop := context.WithCancel(ctx)
	var group sync.WaitGroup
	defer group.Wait()
	defer stop()
	places := make(chan struct{}, caaAtOnce)
	var looks []chan climb
	for at := cert.Host(); at.Labels() > 0; at, _ = at.Parent() {
		look := make(chan climb, 1)
		looks = append(looks, look)
		group.Go(func() {
			places <- struct{}{}
			look <- caaOf(ctx, r, at)
			<-places
		})
	}
	return closest(cert.Host(), looks)
}

// climb is what one ancestor has.
type climb struct {
	CAA
	alias bool
	above name.Name // the zone that said there is no CAA here; zero where that is not known
}

// closest waits for the ancestors from the nearest on, until one decides. A zone that holds a name below the set and
// reaches up to it holds the set too.
func closest(host name.Name, looks []chan climb) CAA {
	var zone name.Name
	var aliases []name.Name
	for _, look := range looks {
		found := <-look
		if found.alias {
			aliases = append(aliases, found.Of)
		}
		if found.Failure == nil && len(found.Records) == 0 {
			zone = found.above
			continue
		}
		if found.At.In(zone) && !found.alias {
			found.Zone = zone
		}
		found.Aliases = aliases
		return found.CAA
	}
	return CAA{Of: host, Aliases: aliases}
}

// caaOf asks for the CAA set of one ancestor. An alias, CNAME or DNAME, is followed, and where it ends counts; what
// stands above that end does not (RFC 8659 §3).
func caaOf(ctx context.Context, r Resolver, ancestor name.Name) climb {
	c := climb{CAA: CAA{Of: ancestor}}
	a, err := r.Query(ctx, ancestor, resolver.CAA)
	passed := map[name.Name]bool{}
	for at := ancestor; ; {
		if err != nil {
			c.Failure = asFailure(at, resolver.CAA, err)
			return c
		}
		records := a.Of(at, resolver.CAA)
		if len(records) > 0 {
			c.At, c.Server = at, a.Server
			c.take(records)
			return c
		}
		next, ok := hopAt(a, at)
		if !ok {
			if a.SOA != nil && !c.alias {
				c.above = a.SOA.Owner
			}
			c.TTL = 0
			return c
		}
		passed[at] = true
		c.lasts(next.TTL)
		c.alias, at = true, next.Target
		if passed[at] || len(passed) > MaxHops {
			err = endless(ancestor, at, passed[at])
			continue
		}
		// A recursive resolver has given what it found behind the alias too.
		if _, more := hopAt(a, at); !more && len(a.Of(at, resolver.CAA)) == 0 {
			a, err = r.Query(ctx, at, resolver.CAA)
		}
	}
}

// endless is a chain of aliases to whose end no resolver comes.
func endless(ancestor, at name.Name, loop bool) error {
	f := &resolver.Failure{Question: ancestor, Type: resolver.CAA}
	f.Reason = fmt.Sprintf("its aliases are more than %d", MaxHops)
	if loop {
		f.Reason = fmt.Sprintf("its aliases come back to %s", at)
	}
	return f
}

func (c *CAA) take(records []resolver.Record) {
	for _, r := range records {
		c.Records = append(c.Records, readCAA(r.Text))
		c.lasts(r.TTL)
	}
}

func (c *CAA) lasts(ttl uint32) {
	if c.TTL == 0 || ttl < c.TTL {
		c.TTL = ttl
	}
}

// readCAA takes a record apart that is written as flags, tag and value, the value without quotes.
func readCAA(text string) CAARecord {
	flags, rest, _ := strings.Cut(text, " ")
	tag, value, _ := strings.Cut(rest, " ")
	number, _ := strconv.ParseUint(flags, 10, 8)
	return CAARecord{Flags: uint8(number), Critical: number&128 != 0, Tag: strings.ToLower(tag), Value: value}
}
