package resolver

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync/atomic"

	"github.com/miekg/dns"

	"deputy/name"
)

// walk is the way of one question from the root down, and of the questions for addresses that it needs on the way. All
// of them share its bounds.
type walk struct {
	client *Client
	left   atomic.Int32          // tries that may still be made
	proofs bool                  // signatures and denials are wanted too
	nested int                   // how many look-ups of name servers are under way inside each other
	looked map[name.Name]*lookUp // name servers looked up, or being looked up, in this walk
}

func (c *Client) newWalk() *walk {
	w := &walk{client: c, looked: map[name.Name]*lookUp{}}
	w.left.Store(maxQueries)
	return w
}

// ask follows referrals from the deepest cut that is known until a server of the zone that holds q answers. It gives
// that cut too. The error is a *Failure.
func (w *walk) ask(ctx context.Context, q question) (*reply, cut, error) {
	at, known := w.client.cache.deepest(q.name)
	if !known {
		at = w.client.rootCut()
	}
	for range maxReferrals {
		r, below, err := w.step(ctx, at, q)
		if err != nil {
			return nil, at, err
		}
		if r != nil {
			return r, at, nil
		}
		at = below
	}
	return nil, at, q.tooDeep(at)
}

func (q question) tooDeep(at cut) *Failure {
	return &Failure{Question: q.name, Type: q.typ, Zone: at.zone, Reason: fmt.Sprintf("more than %d delegations below each other", maxReferrals)}
}

// step asks the servers of a zone. Either the reply is q's answer, or there is a cut below to go on with. Of those who
// ask at once for referrals to one zone one is sent, where many zones are looked for.
func (w *walk) step(ctx context.Context, at cut, q question) (*reply, cut, error) {
	if child, below := childOf(at.zone, q.name); below && w.nested == 0 && at.zone.IsPublicSuffix() {
		done, first := w.client.flights.begin(ctx, flight{zone: at.zone, name: child})
		defer done()
		if found, known := w.client.cache.deepest(q.name); !first && known && found.zone != at.zone && found.zone.In(at.zone) {
			return nil, found, nil
		}
	}
	r, err := w.askCut(ctx, at, q)
	if err != nil {
		w.client.cache.forgetCut(at.zone)
		return nil, cut{}, err
	}
	below, ttl, referred := w.referral(r, at.zone, q)
	if !referred {
		return r, cut{}, nil
	}
	w.client.cache.keepCut(below, ttl)
	return nil, below, nil
}

// childOf is the name directly below zone on the way to n.
func childOf(zone, n name.Name) (child name.Name, ok bool) {
	if n == zone || !n.In(zone) {
		return name.Name{}, false
	}
	for at, more := n, true; more && at != zone; at, more = at.Parent() {
		child = at
	}
	return child, true
}

// askCut asks the servers of a zone: first those whose addresses came with the referral; where none of them gives
// anything usable, or none came, the others, whose addresses have to be looked up, one after the other.
func (w *walk) askCut(ctx context.Context, at cut, q question) (*reply, error) {
	ask := func(ctx context.Context, a attempt) (*reply, *refusal) {
		r, no := w.try(ctx, a, q)
		if no == nil && !w.usable(r, at.zone, q) {
			no = &refusal{server: a.server, reason: Lame}
		}
		return r, no
	}
	r, refusals := w.client.race(ctx, w.attempts(at.servers), ask)
	if r != nil {
		return r, nil
	}
	var missing []error
	for _, host := range at.withoutAddress() {
		servers, err := w.addresses(ctx, host)
		if err != nil {
			missing = append(missing, err)
			continue
		}
		r, others := w.client.race(ctx, w.attempts(servers), ask)
		if r != nil {
			return r, nil
		}
		refusals = append(refusals, others...)
	}
	failure := q.failure(at.zone, refusals)
	for _, err := range missing {
		failure.Reason += "; " + err.Error()
	}
	return nil, failure
}

// withoutAddress gives the hosts of a cut whose addresses did not come with the referral, in random order.
func (at cut) withoutAddress() []name.Name {
	came := map[name.Name]bool{}
	for _, s := range at.servers {
		came[s.Host] = true
	}
	var hosts []name.Name
	for _, host := range at.hosts {
		if !came[host] {
			hosts = append(hosts, host)
		}
	}
	rand.Shuffle(len(hosts), func(i, j int) { hosts[i], hosts[j] = hosts[j], hosts[i] })
	return hosts
}

// usable says that r is an answer of zone's server: an authoritative one, or a referral downwards. A negative answer
// that is signed by a zone above is one of a server that does not know zone.
func (w *walk) usable(r *reply, zone name.Name, q question) bool {
	if _, _, referred := w.referral(r, zone, q); referred {
		return true
	}
	if !r.msg.Authoritative {
		return false
	}
	soa := r.soa(q.name)
	return len(r.msg.Answer) > 0 || soa == nil || soa.Owner.In(zone)
}

// referral reads the cut below zone that r refers to for q, with the TTL of its NS records. Records about names
// outside zone are ignored: its servers have no say there.
func (w *walk) referral(r *reply, zone name.Name, q question) (cut, uint32, bool) {
	if len(r.msg.Answer) > 0 || r.msg.Rcode != dns.RcodeSuccess {
		return cut{}, 0, false
	}
	below := cut{}
	var ttl uint32
	for _, rr := range r.msg.Ns {
		if _, ok := rr.(*dns.SOA); ok {
			return cut{}, 0, false
		}
		ns, err := newRecord(rr)
		if err != nil || ns.Type != NS || rr.Header().Class != dns.ClassINET {
			continue
		}
		if ns.Owner == zone || !ns.Owner.In(zone) || !q.name.In(ns.Owner) {
			continue
		}
		if !below.zone.IsZero() && below.zone != ns.Owner {
			continue
		}
		if len(below.hosts) < maxHosts {
			below.zone, ttl = ns.Owner, ns.TTL
			below.hosts = append(below.hosts, ns.Target)
		}
	}
	if below.zone.IsZero() {
		return cut{}, 0, false
	}
	below.servers = w.glue(r, zone, below.hosts)
	return below, ttl, true
}

// glue gives the addresses in the additional section that belong to hosts and lie in zone.
func (w *walk) glue(r *reply, zone name.Name, hosts []name.Name) []Server {
	wanted := map[name.Name]bool{}
	for _, host := range hosts {
		wanted[host] = host.In(zone)
	}
	var servers []Server
	for _, rr := range r.msg.Extra {
		if server, ok := w.client.serverFrom(rr); ok && wanted[server.Host] {
			servers = append(servers, server)
		}
	}
	return servers
}

// serverFrom makes a server of an address record.
func (c *Client) serverFrom(rr dns.RR) (Server, bool) {
	if t := rr.Header().Rrtype; (t != dns.TypeA && t != dns.TypeAAAA) || rr.Header().Class != dns.ClassINET {
		return Server{}, false
	}
	record, err := newRecord(rr)
	if err != nil {
		return Server{}, false
	}
	return c.server(record)
}

func (c *Client) server(address Record) (Server, bool) {
	addr, err := netip.ParseAddr(address.Text)
	if err != nil {
		return Server{}, false
	}
	return Server{Host: address.Owner, Addr: netip.AddrPortFrom(addr.Unmap(), c.port)}, true
}

// lookUp is what became of looking a name server up in this walk.
type lookUp struct {
	servers []Server
	err     error
}

// addresses finds the addresses of a name server for this walk: those of IPv4, else those of IPv6. A host that needs
// its own address to be found, directly or through other zones, has none.
func (w *walk) addresses(ctx context.Context, host name.Name) ([]Server, error) {
	if known := w.looked[host]; known != nil {
		return known.servers, known.err
	}
	if w.nested >= maxNested {
		return nil, fmt.Errorf("%s lies behind %d other name servers without addresses", host, maxNested)
	}
	result := &lookUp{err: fmt.Errorf("%s can only be found through itself", host)}
	w.looked[host] = result
	w.nested++
	defer func() { w.nested-- }()
	servers, err := w.addressesOf(ctx, host, A)
	if len(servers) == 0 {
		var err6 error
		servers, err6 = w.addressesOf(ctx, host, AAAA)
		err = cmp.Or(err, err6)
	}
	switch {
	case len(servers) > 0:
		err = nil
	case err == nil:
		err = fmt.Errorf("%s has no address", host)
	}
	result.servers, result.err = servers, err
	return servers, err
}

// addressesOf asks for the addresses of one family. A name server that is an alias has none (RFC 2181 §10.3).
func (w *walk) addressesOf(ctx context.Context, host name.Name, t Type) ([]Server, error) {
	if servers, known := w.client.cache.addressesOf(host, t); known {
		return servers, nil
	}
	if w.nested == 0 { // only then: those who wait for each other must not be waited for
		done, _ := w.client.flights.begin(ctx, flight{name: host, typ: t})
		defer done()
		if servers, known := w.client.cache.addressesOf(host, t); known {
			return servers, nil
		}
	}
	q := question{host, t}
	r, _, err := w.ask(ctx, q)
	if err != nil {
		return nil, err
	}
	answer, err := r.answerAt(q)
	if err != nil {
		return nil, err
	}
	servers, ttl := w.client.servers(answer)
	w.client.cache.keepAddresses(host, t, servers, ttl)
	return servers, nil
}

// servers reads the addresses in an answer, and how long they hold.
func (c *Client) servers(a Answer) ([]Server, uint32) {
	var servers []Server
	ttl := uint32(maxCacheTTL.Seconds())
	if a.SOA != nil {
		ttl = a.SOA.NegTTL
	}
	for _, record := range a.Of(a.Question, a.Type) {
		if server, ok := c.server(record); ok {
			servers = append(servers, server)
			ttl = min(ttl, record.TTL)
		}
	}
	return servers, ttl
}

// byName orders servers for people: by host, then address.
func byName(a, b Server) int {
	if order := strings.Compare(a.Host.String(), b.Host.String()); order != 0 {
		return order
	}
	return a.Addr.Compare(b.Addr)
}
