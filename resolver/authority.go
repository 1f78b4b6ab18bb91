package resolver

import (
	"context"
	"errors"
	"slices"

	"github.com/miekg/dns"
	"golang.org/x/sync/errgroup"

	"deputy/name"
)

// lookUpsAtOnce bounds the look-ups of name servers' addresses that run side by side.
const lookUpsAtOnce = 8

// Authorities finds the zone that holds n, whether n exists or not, and every address of every server that the zone's
// parent or the zone itself names. A look-up of addresses that failed stands in Unknown and is no error; it is made
// anew the next time. The error is a *Failure, or that of ctx.
func (c *Client) Authorities(ctx context.Context, n name.Name) (Authority, error) {
	q := question{n, SOA}
	bounded, cancel := c.bound(ctx)
	defer cancel()
	way, err := c.choose(bounded)
	if err != nil {
		return Authority{}, outcome(ctx, q, err)
	}
	find := c.cutFromRoot
	if way.recursive != nil {
		find = func(ctx context.Context, n name.Name) (cut, error) { return c.cutThrough(ctx, way.recursive, n) }
	}
	at, err := find(bounded, n)
	if err != nil {
		return Authority{}, outcome(ctx, q, err)
	}
	authority := c.withAddresses(bounded, at)
	if ctx.Err() != nil {
		return Authority{}, ctx.Err()
	}
	return authority, nil
}

// cutFromRoot finds the zone that holds n by its SOA. A server that holds parent and child gives no referral between
// them, so the SOA counts, not the referrals.
func (c *Client) cutFromRoot(ctx context.Context, n name.Name) (cut, error) {
	for at, ok := n, true; ok; at, ok = at.Parent() {
		r, above, err := c.newWalk().ask(ctx, question{at, SOA})
		if err != nil {
			return cut{}, err
		}
		zone, known := r.zone(at)
		if !known && at != above.zone {
			continue // an alias, or a negative answer without SOA: the zone begins higher up
		}
		if !known {
			return cut{}, &Failure{Zone: at, Server: r.server, Reason: Lame, Err: errors.New("it gives no SOA for its zone")}
		}
		found := cut{zone: zone}
		if above.zone == zone {
			found = above
		}
		hosts, err := c.hostsOf(ctx, zone)
		found.hosts = append(found.hosts, hosts...)
		return found, err
	}
	return cut{}, &Failure{Zone: n, Reason: "no SOA up to the root"}
}

// zone is the zone that an answer to a question for n's SOA speaks of.
func (r *reply) zone(n name.Name) (name.Name, bool) {
	for _, rr := range r.msg.Answer {
		if _, ok := rr.(*dns.SOA); ok && owns(rr, n) {
			return n, true
		}
	}
	if len(r.msg.Answer) > 0 {
		return name.Name{}, false
	}
	if soa := r.soa(n); soa != nil {
		return soa.Owner, true
	}
	return name.Name{}, false
}

// hostsOf asks zone itself for its name servers.
func (c *Client) hostsOf(ctx context.Context, zone name.Name) ([]name.Name, error) {
	q := question{zone, NS}
	r, _, err := c.newWalk().ask(ctx, q)
	if err != nil {
		return nil, err
	}
	return r.hosts(q)
}

// hosts reads the name servers in an answer. Those with names that deputy has no form for are passed over.
func (r *reply) hosts(q question) ([]name.Name, error) {
	var hosts []name.Name
	for _, rr := range r.msg.Answer {
		if rr.Header().Rrtype != dns.TypeNS || !owns(rr, q.name) || len(hosts) >= maxHosts {
			continue
		}
		if ns, err := newRecord(rr); err == nil {
			hosts = append(hosts, ns.Target)
		}
	}
	if len(hosts) == 0 {
		return nil, &Failure{Zone: q.name, Server: r.server, Reason: Lame, Err: errors.New("it names no server for its zone")}
	}
	return hosts, nil
}

// cutThrough finds the zone that holds n through a recursive resolver: the SOA of a negative answer, or that of the
// nearest name above n that has one. Resolvers that leave the authority section out only cost more questions.
func (c *Client) cutThrough(ctx context.Context, r *recursive, n name.Name) (cut, error) {
	for at, ok := n, true; ok; at, ok = at.Parent() {
		answer, err := c.send(ctx, r, question{at, SOA})
		if err != nil {
			return cut{}, err
		}
		zone, known := answer.zone(at)
		if !known {
			continue
		}
		q := question{zone, NS}
		named, err := c.send(ctx, r, q)
		if err != nil {
			return cut{}, err
		}
		hosts, err := named.hosts(q)
		return cut{zone: zone, hosts: hosts}, err
	}
	return cut{}, &Failure{Zone: n, Reason: "the resolver gives no SOA up to the root"}
}

// withAddresses looks every name server's addresses up, several at once. A host without any is Silent, and a look-up
// that failed, or that ctx left no time for, is Unknown: neither takes the others away.
func (c *Client) withAddresses(ctx context.Context, at cut) Authority {
	hosts := slices.Clone(at.hosts)
	slices.SortFunc(hosts, func(a, b name.Name) int { return byName(Server{Host: a}, Server{Host: b}) })
	hosts = slices.Compact(hosts)
	var lookups []AddressLookup
	for _, host := range hosts {
		lookups = append(lookups, AddressLookup{Host: host, Type: A}, AddressLookup{Host: host, Type: AAAA})
	}
	found := c.lookAllUp(ctx, lookups)
	servers := append(slices.Clone(at.servers), found...)
	slices.SortFunc(servers, byName)
	authority := Authority{Zone: at.zone, Servers: slices.Compact(servers)}
	authority.Unknown = slices.DeleteFunc(lookups, func(l AddressLookup) bool { return l.Failure == nil })
	for _, host := range hosts {
		has := slices.ContainsFunc(authority.Servers, func(s Server) bool { return s.Host == host })
		if !has && !slices.ContainsFunc(authority.Unknown, func(l AddressLookup) bool { return l.Host == host }) {
			authority.Silent = append(authority.Silent, Server{Host: host})
		}
	}
	return authority
}

// lookAllUp gives the addresses found, and writes the Failure of each look-up that had one.
func (c *Client) lookAllUp(ctx context.Context, lookups []AddressLookup) []Server {
	found := make([][]Server, len(lookups))
	group := errgroup.Group{}
	group.SetLimit(lookUpsAtOnce)
	for i := range lookups {
		group.Go(func() error {
			l := &lookups[i]
			servers, err := c.hostAddresses(ctx, l.Host, l.Type)
			if err != nil {
				l.Failure = question{l.Host, l.Type}.failed(err)
			}
			found[i] = servers
			return nil
		})
	}
	_ = group.Wait() // a failure is its look-up's
	return slices.Concat(found...)
}

// hostAddresses finds a name server's addresses of one family by whichever path is in use.
func (c *Client) hostAddresses(ctx context.Context, host name.Name, t Type) ([]Server, error) {
	way, err := c.choose(ctx)
	if err != nil {
		return nil, err
	}
	if way.recursive == nil {
		return c.newWalk().addressesOf(ctx, host, t)
	}
	if servers, known := c.cache.addressesOf(host, t); known {
		return servers, nil
	}
	answer, err := c.through(ctx, way.recursive, question{host, t})
	if err != nil {
		return nil, err
	}
	servers, ttl := c.servers(answer)
	c.cache.keepAddresses(host, t, servers, ttl)
	return servers, nil
}
