package resolver

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"deputy/name"
)

// maxPolled bounds the addresses of one zone that a poll asks.
const maxPolled = 2 * maxHosts

// round is one question to all servers of a zone at once. In the same round the zone is asked for its name servers, for
// addresses that did not come with the referral, and, since a server that holds parent and child gives no referral,
// whether another zone begins above the question's name.
type round struct {
	*poller
	at      cut
	running sync.WaitGroup
	stop    context.CancelFunc

	mu      sync.Mutex
	replies []Reply
	asked   map[Server]bool
	hosts   map[name.Name]bool
	found   map[name.Name]bool // hosts that have an address, even if it was asked already under another name
	unknown []AddressLookup
	below   *cut // the zone that holds the name lies further down
}

func newRound(p *poller, at cut) *round {
	return &round{poller: p, at: at, asked: map[Server]bool{}, hosts: map[name.Name]bool{}, found: map[name.Name]bool{}}
}

// ask makes the round. It ends early where the zone turns out to be another.
func (r *round) ask(ctx context.Context) {
	ctx, r.stop = context.WithCancel(ctx)
	defer r.stop()
	for _, s := range r.at.servers {
		r.server(ctx, s)
	}
	for _, host := range r.at.hosts {
		r.host(ctx, host)
	}
	r.running.Go(func() { r.named(ctx) })
	if above, ok := r.q.name.Parent(); ok && r.q.name != r.at.zone && above != r.at.zone {
		r.running.Go(func() { r.lookForCut(ctx, above) })
	}
	r.running.Wait()
	if r.below == nil && r.valueAtTop() {
		r.lookForCut(ctx, r.q.name)
	}
}

// server asks one address, once.
func (r *round) server(ctx context.Context, s Server) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.found[s.Host] = true
	if r.asked[s] || r.asked[Server{Addr: s.Addr}] || len(r.asked) >= maxPolled {
		return
	}
	r.asked[s] = true
	r.running.Go(func() {
		reply, below := r.askAt(ctx, s, Authority{Zone: r.at.zone})
		if below == nil && reply.Failure == nil && reply.Answer.SOA != nil && reply.Answer.SOA.Owner != r.at.zone {
			below = r.child(ctx, reply.Answer.SOA.Owner)
		}
		if below != nil {
			r.goDown(below)
			return
		}
		r.mu.Lock()
		r.replies = append(r.replies, reply)
		r.mu.Unlock()
		if reply.Failure == nil {
			r.tell(reply.Answer)
		}
	})
}

func (r *round) goDown(below *cut) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.below == nil {
		r.below = below
	}
	r.stop()
}

// host looks up the families of which no address came, and asks what is found.
func (r *round) host(ctx context.Context, host name.Name) {
	r.mu.Lock()
	seen := r.hosts[host]
	r.hosts[host] = true
	r.mu.Unlock()
	if seen {
		return
	}
	for _, t := range []Type{A, AAAA} {
		came := slices.ContainsFunc(r.at.servers, func(s Server) bool {
			return s.Host == host && s.Addr.Addr().Is4() == (t == A)
		})
		if came {
			continue
		}
		r.running.Go(func() {
			servers, err := r.client.newWalk().addressesOf(ctx, host, t)
			for _, s := range servers {
				r.server(ctx, s)
			}
			if err == nil {
				return
			}
			r.mu.Lock()
			defer r.mu.Unlock()
			r.unknown = append(r.unknown, AddressLookup{Host: host, Type: t, Failure: question{host, t}.failed(err)})
		})
	}
}

// named asks the servers that only the zone itself names. Where it can't be told which those are, the parent's word
// stands: the servers' own replies show what is wrong with them.
func (r *round) named(ctx context.Context) {
	hosts, known := r.client.cache.hostsOf(r.at.zone)
	if !known {
		q := question{r.at.zone, NS}
		answer, err := r.client.newWalk().askCut(ctx, r.at, q)
		if err != nil {
			return
		}
		if hosts, err = answer.hosts(q); err != nil {
			return
		}
		r.client.cache.keepHosts(r.at.zone, hosts, answer.leastTTL())
	}
	for _, host := range hosts {
		r.host(ctx, host)
	}
}

// leastTTL is how long the answer section holds as a whole.
func (r *reply) leastTTL() uint32 {
	least := uint32(maxCacheTTL.Seconds())
	for _, rr := range r.msg.Answer {
		least = min(least, rr.Header().Ttl)
	}
	return least
}

// lookForCut asks for the SOA at n: the zone that its answer speaks of may be one below.
func (r *round) lookForCut(ctx context.Context, n name.Name) {
	w := r.client.newWalk()
	q := question{n, SOA}
	answer, err := w.askCut(ctx, r.at, q)
	if err != nil {
		return
	}
	if below, ttl, referred := w.referral(answer, r.at.zone, q); referred {
		if r.q.name.In(below.zone) {
			r.client.cache.keepCut(below, ttl)
			r.goDown(&below)
		}
		return
	}
	zone, known := answer.zone(n)
	if !known || zone == r.at.zone || !zone.In(r.at.zone) || !r.q.name.In(zone) {
		return
	}
	if below := r.child(ctx, zone); below != nil {
		r.goDown(below)
	}
}

// child finds the servers of a zone that this zone's servers hold too.
func (r *round) child(ctx context.Context, zone name.Name) *cut {
	if !zone.In(r.at.zone) || zone == r.at.zone {
		return nil
	}
	w := r.client.newWalk()
	q := question{zone, NS}
	answer, err := w.askCut(ctx, r.at, q)
	if err != nil {
		return nil
	}
	if below, ttl, referred := w.referral(answer, r.at.zone, q); referred {
		r.client.cache.keepCut(below, ttl)
		return &below
	}
	hosts, err := answer.hosts(q)
	if err != nil {
		return nil
	}
	below := cut{zone: zone, hosts: hosts, servers: w.glue(answer, r.at.zone, hosts)}
	for _, s := range r.at.servers {
		if slices.Contains(hosts, s.Host) && !slices.Contains(below.servers, s) {
			below.servers = append(below.servers, s)
		}
	}
	r.within(ctx, &below)
	r.client.cache.keepCut(below, answer.leastTTL())
	return &below
}

// within adds the addresses of name servers whose names lie in the zone itself: no referral brought them, and without
// them nobody who takes this cut from the cache could ask that zone anything. The servers that hold both zones know
// them; where they know none, they themselves are the way in.
func (r *round) within(ctx context.Context, below *cut) {
	var mu sync.Mutex
	var group sync.WaitGroup
	elsewhere := false
	for _, host := range below.withoutAddress() {
		if !host.In(below.zone) {
			elsewhere = true
			continue
		}
		for _, t := range []Type{A, AAAA} {
			group.Go(func() {
				found := r.addressesAt(ctx, question{host, t})
				mu.Lock()
				defer mu.Unlock()
				below.servers = append(below.servers, found...)
			})
		}
	}
	group.Wait()
	if len(below.servers) == 0 && !elsewhere {
		below.servers = r.at.servers
	}
}

// addressesAt asks this zone's servers for addresses in a zone below that they hold too; none where they don't tell.
func (r *round) addressesAt(ctx context.Context, q question) []Server {
	reply, err := r.client.newWalk().askCut(ctx, r.at, q)
	if err != nil {
		return nil
	}
	answer, err := reply.answerAt(q)
	if err != nil {
		return nil
	}
	servers, _ := r.client.servers(answer)
	return servers
}

// valueAtTop says that the name holds data, so that it may be the top of a zone itself. An alias never is one.
func (r *round) valueAtTop() bool {
	if r.q.name == r.at.zone {
		return false
	}
	return slices.ContainsFunc(r.replies, func(reply Reply) bool {
		return len(reply.Answer.Of(r.q.name, r.q.typ)) > 0
	})
}

// poll is what the round came to.
func (r *round) poll() (Poll, error) {
	slices.SortFunc(r.replies, func(a, b Reply) int { return byName(a.Server, b.Server) })
	p := Poll{Question: r.q.name, Type: r.q.typ, Answer: r.own(), Replies: r.replies}
	p.Authority = Authority{Zone: r.at.zone, Unknown: r.unknown}
	usable := false
	for _, reply := range r.replies {
		p.Authority.Servers = append(p.Authority.Servers, reply.Server)
		usable = usable || reply.Failure == nil
	}
	for host := range r.hosts {
		has := r.found[host]
		unknown := slices.ContainsFunc(r.unknown, func(l AddressLookup) bool { return l.Host == host })
		if !has && !unknown {
			p.Authority.Silent = append(p.Authority.Silent, Server{Host: host})
		}
	}
	slices.SortFunc(p.Authority.Silent, byName)
	if !usable {
		r.client.cache.forgetCut(r.at.zone)
		return Poll{}, r.failure()
	}
	return p, nil
}

// own is the answer that came first, unless it is that of a zone above, which has no say where this one answered.
func (r *round) own() Answer {
	var other *Answer
	for i, reply := range r.replies {
		if reply.Failure == nil && reply.Server == r.answer.Server {
			return r.answer
		}
		if reply.Failure == nil && other == nil {
			other = &r.replies[i].Answer
		}
	}
	if other == nil {
		return r.answer
	}
	return *other
}

// silence is 1 for the reason of a server that said nothing: what others said counts more.
func silence(reason string) int {
	if f := (Failure{Reason: reason}); f.Silent() {
		return 1
	}
	return 0
}

// failure sums up what all servers said.
func (r *round) failure() *Failure {
	var refusals []refusal
	for _, reply := range r.replies {
		refusals = append(refusals, refusal{server: reply.Server, reason: reply.Failure.Reason, err: reply.Failure.Err})
	}
	slices.SortStableFunc(refusals, func(a, b refusal) int { return cmp.Compare(silence(a.reason), silence(b.reason)) })
	f := r.q.failure(r.at.zone, refusals)
	for _, l := range r.unknown {
		if l.Failure.Zone == r.at.zone {
			continue // said already: that zone's servers are these
		}
		f.Reason += "; " + l.Failure.Error()
	}
	return f
}
