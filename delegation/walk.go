package delegation

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"deputy/name"
	"deputy/resolver"
)

// walk is the way along the CNAMEs, with a poll of all servers at each name.
type walk struct {
	resolver Resolver
	polls    map[name.Name]*poll
	order    []name.Name                   // of polls
	beside   map[name.Name]resolver.Answer // where TXT stands: what a question for CNAME was answered with
	running  sync.WaitGroup
}

// poll is what all servers say about TXT at one name. TXT is asked, since that is what a CA asks and some resolvers
// spoil questions for CNAME; the CNAME is read from the answer.
type poll struct {
	early  chan resolver.Answer // the first usable answer; closed when there will be none
	first  resolver.Answer
	got    bool
	result resolver.Poll
	err    error
}

// ending is where a walk ended.
type ending struct {
	hops    []Hop
	target  name.Name // zero with loop, tooLong and failure
	answer  resolver.Answer
	loop    name.Name
	tooLong bool
	failure *resolver.Failure
	server  resolver.Server
}

// follow passes the CNAMEs. The next name is asked for with the first answer, while other servers are still awaited.
// When all have answered, the way is gone once more by what all of them say, so that it does not depend on who was
// fastest.
func (w *walk) follow(ctx context.Context, challenge name.Name) *ending {
	end := w.pass(ctx, challenge, false)
	w.running.Wait()
	for asked := -1; asked != len(w.polls); {
		asked = len(w.polls)
		end = w.pass(ctx, challenge, true)
		w.running.Wait()
	}
	return end
}

func (w *walk) pass(ctx context.Context, challenge name.Name, settled bool) *ending {
	end := &ending{}
	passed := map[name.Name]bool{}
	for at := challenge; ; {
		passed[at] = true
		a, err := w.answerAt(ctx, at, settled)
		if err != nil {
			end.failure = asFailure(at, resolver.TXT, err)
			return end
		}
		end.server = a.Server
		next, ok := hopAt(a, at)
		if !ok {
			end.target, end.answer = at, a
			return end
		}
		end.hops = append(end.hops, next)
		if passed[next.Target] {
			end.loop = next.Target
			return end
		}
		if end.tooLong = len(end.hops) > MaxHops; end.tooLong {
			return end
		}
		at = next.Target
	}
}

// answerAt gives the first answer at n, or when all are there the one that counts.
func (w *walk) answerAt(ctx context.Context, n name.Name, settled bool) (resolver.Answer, error) {
	p := w.ask(ctx, n)
	if !p.got {
		p.first, p.got = <-p.early
	}
	if !p.got {
		w.running.Wait()
		return resolver.Answer{}, p.err
	}
	a := p.first
	if settled {
		w.running.Wait()
		if p.err != nil {
			return resolver.Answer{}, p.err // a zone above spoke for one that then did not
		}
		a = p.counts(n)
	}
	return w.withCNAME(ctx, a, n)
}

// ask begins to ask all servers about n.
func (w *walk) ask(ctx context.Context, n name.Name) *poll {
	if p, known := w.polls[n]; known {
		return p
	}
	p := &poll{early: make(chan resolver.Answer, 1)}
	w.polls[n] = p
	w.order = append(w.order, n)
	w.running.Go(func() {
		defer close(p.early)
		p.result, p.err = w.resolver.Poll(ctx, n, resolver.TXT, func(a resolver.Answer) { p.early <- a })
		w.byAlias(ctx, p, n)
	})
	return p
}

// byAlias asks for the CNAME alone where the question for TXT failed at servers that do speak: BIND, PowerDNS and
// recursive resolvers follow the aliases that they can, and answer SERVFAIL where those have no end, or end at servers
// that fail. Only a CNAME counts: its absence says nothing about TXT.
func (w *walk) byAlias(ctx context.Context, p *poll, n name.Name) {
	failure := (*resolver.Failure)(nil)
	if !errors.As(p.err, &failure) || failure.Silent() {
		return
	}
	result, err := w.resolver.Poll(ctx, n, resolver.CNAME, func(resolver.Answer) {})
	if err != nil {
		return
	}
	alias := result.Answer
	_, has := hopAt(alias, n)
	for _, r := range result.Replies {
		if _, also := hopAt(r.Answer, n); !has && also {
			alias, has = r.Answer, true
		}
	}
	if !has {
		return
	}
	p.result, p.err = result, nil
	select {
	case p.early <- alias:
	default: // there was an answer before
	}
}

// counts is the answer that the chain is read from: the first one of the zone's own servers or of the resolver, and
// where servers differ that with the CNAME whose target comes first by name.
func (p *poll) counts(n name.Name) resolver.Answer {
	best := p.result.Answer
	for _, r := range p.result.Replies {
		if r.Failure != nil {
			continue
		}
		mine, has := hopAt(r.Answer, n)
		other, had := hopAt(best, n)
		if has && (!had || mine.Target.FQDN() < other.Target.FQDN()) {
			best = r.Answer
		}
	}
	return best
}

// withCNAME asks, where TXT stands at n, whether a CNAME stands beside it: of such a broken name a server may show only
// what was asked for.
func (w *walk) withCNAME(ctx context.Context, a resolver.Answer, n name.Name) (resolver.Answer, error) {
	if len(a.Of(n, resolver.TXT)) == 0 || len(a.Of(n, resolver.CNAME)) > 0 {
		return a, nil
	}
	b, known := w.beside[n]
	if !known {
		var err error
		if b, err = w.resolver.Query(ctx, n, resolver.CNAME); err != nil {
			return a, err
		}
		w.beside[n] = b
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

// differing lists the servers that say something else than the chain at its hops.
func (w *walk) differing(end *ending) []Differing {
	var all []Differing
	for _, hop := range end.hops {
		for _, r := range w.polls[hop.Owner].result.Replies {
			if r.Failure != nil {
				continue
			}
			theirs, has := hopAt(r.Answer, hop.Owner)
			if !has && len(hop.Beside) > 0 {
				continue // a broken name, of which a server may show the other half
			}
			if !has || theirs.Target != hop.Target {
				all = append(all, Differing{Owner: hop.Owner, Server: r.Server, Target: theirs.Target, Exists: r.Answer.Exists})
			}
		}
	}
	return all
}

// dead lists the servers that gave no usable answer where others did, each once. An address that can't be reached from
// here for want of a route says nothing about its server while another address of it answers.
func (w *walk) dead() []Dead {
	var all []Dead
	seen := map[resolver.Server]bool{}
	for _, n := range w.order {
		p := w.polls[n].result
		answering := map[name.Name]bool{}
		for _, r := range p.Replies {
			answering[r.Server.Host] = answering[r.Server.Host] || r.Failure == nil
		}
		for _, r := range p.Replies {
			noRoute := r.Failure != nil && strings.HasPrefix(r.Failure.Reason, resolver.NoRoute)
			if r.Failure == nil || seen[r.Server] || noRoute && answering[r.Server.Host] {
				continue
			}
			seen[r.Server] = true
			all = append(all, Dead{Zone: p.Authority.Zone, Server: r.Server, Reason: r.Failure.Reason})
		}
		for _, s := range p.Authority.Silent {
			if !seen[s] {
				seen[s] = true
				all = append(all, Dead{Zone: p.Authority.Zone, Server: s, Reason: "it has no address"})
			}
		}
	}
	return all
}
