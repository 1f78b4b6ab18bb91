package resolver

import (
	"context"
	"errors"
	"sync"

	"deputy/name"
)

// Reply is what one server said to a Poll: an Answer, or where Failure is set, why there is none.
type Reply struct {
	Server  Server
	Answer  Answer
	Failure *Failure
}

// Poll is what every address of every server of a zone said to one question.
type Poll struct {
	Question  name.Name
	Type      Type
	Authority Authority // the zone that holds Question, and its servers; zero where the resolver in use can't tell
	Answer    Answer    // the one of them that came first; a recursive resolver's, where one is in use
	Replies   []Reply   // one for each of Authority.Servers, in that order; empty where no authority can be reached from here
}

// Poll asks every address of every authoritative server of the zone that holds n for records of type t, at once, and
// calls first with the first usable answer, while the others are still awaited. It returns when all have answered or are
// given up (twice over UDP, once over TCP), and first has returned.
//
// From the root, one server a zone is asked where strangers register names, since those only show the way, and all of
// them elsewhere, so that the round that finds the answer is that of all servers. Through a recursive resolver, Answer is
// its own; the authorities are asked beside it, and where none of them says a word Replies is empty.
//
// At ctx's deadline what came until then counts, and who had not answered is a Failure among the replies. The error is
// a *Failure when nobody gave a usable answer, or that of ctx. It can come after first only where a zone above
// answered for one that then does not.
func (c *Client) Poll(ctx context.Context, n name.Name, t Type, first func(Answer)) (Poll, error) {
	q := question{n, t}
	bounded, cancel := c.bound(ctx)
	defer cancel()
	way, err := c.choose(bounded)
	if err != nil {
		return Poll{}, outcome(ctx, q, err)
	}
	p := &poller{client: c, q: q, first: first}
	var poll Poll
	if way.recursive != nil {
		poll, err = p.through(bounded, way.recursive)
	} else {
		poll, err = p.fromRoot(bounded)
	}
	p.running.Wait()
	if err == nil && errors.Is(ctx.Err(), context.Canceled) {
		err = ctx.Err()
	}
	if err != nil {
		return Poll{}, outcome(ctx, q, err)
	}
	return poll, nil
}

// poller is one Poll under way.
type poller struct {
	client  *Client
	q       question
	first   func(Answer)
	running sync.WaitGroup // of first

	once   sync.Once
	answer Answer
}

// tell hands the first answer on. Those that come later are only kept by the round.
func (p *poller) tell(a Answer) {
	p.once.Do(func() {
		p.answer = a
		p.running.Go(func() { p.first(a) })
	})
}

// fromRoot walks down. A zone that refers to another does so whatever its other servers say, so that a server which
// holds both does not end the walk too high up.
func (p *poller) fromRoot(ctx context.Context) (Poll, error) {
	w := p.client.newWalk()
	at, known := p.client.cache.deepest(p.q.name)
	if !known {
		at = p.client.rootCut()
	}
	for range maxReferrals {
		if at.zone.IsPublicSuffix() {
			r, below, err := w.step(ctx, at, p.q)
			if err != nil {
				return Poll{}, err
			}
			if r == nil {
				at = below
				continue
			}
			if a, err := r.answerAt(p.q); err == nil {
				p.tell(a)
			}
		}
		found := newRound(p, at)
		if found.ask(ctx); found.below != nil {
			at = *found.below
			continue
		}
		return found.poll()
	}
	return Poll{}, p.q.tooDeep(at)
}

// through asks a recursive resolver, and the zone's servers beside it.
func (p *poller) through(ctx context.Context, r *recursive) (Poll, error) {
	c := p.client
	var authority Authority
	var replies []Reply
	var beside sync.WaitGroup
	besides, stop := context.WithCancel(ctx)
	defer stop()
	beside.Go(func() {
		at, err := c.cutThrough(besides, r, p.q.name)
		if err != nil {
			return // the answer counts without
		}
		authority = c.withAddresses(besides, at)
		if !c.direct.blocked() {
			replies = p.repliesOf(besides, authority.Servers)
		}
	})
	answer, err := c.through(ctx, r, p.q)
	if err != nil {
		stop()
		beside.Wait()
		return Poll{}, err
	}
	p.tell(answer)
	beside.Wait()
	return Poll{Question: p.q.name, Type: p.q.typ, Authority: authority, Answer: answer, Replies: replies}, nil
}

// repliesOf asks all servers; none where nobody says a word.
func (p *poller) repliesOf(ctx context.Context, servers []Server) []Reply {
	replies := make([]Reply, len(servers))
	var group sync.WaitGroup
	for i, s := range servers {
		group.Go(func() { replies[i], _ = p.askAt(ctx, s, Authority{}) })
	}
	group.Wait()
	heard := false
	for _, r := range replies {
		heard = heard || r.Failure == nil || !r.Failure.Silent()
	}
	if ctx.Err() == nil && len(servers) > 0 {
		p.client.direct.tell(heard)
	}
	if !heard {
		return nil
	}
	return replies
}

// askAt asks one server of a zone: UDP, UDP, TCP. Where that server refers downwards, the reply says so and the cut is
// given too; a zero zone takes no referral.
func (p *poller) askAt(ctx context.Context, s Server, of Authority) (Reply, *cut) {
	w := p.client.newWalk()
	ask := func(ctx context.Context, a attempt) (*reply, *refusal) {
		r, no := w.try(ctx, a, p.q)
		switch {
		case no != nil:
			return nil, no
		case of.Zone.IsZero() && !r.msg.Authoritative, !of.Zone.IsZero() && !w.usable(r, of.Zone, p.q):
			return nil, &refusal{server: s, reason: Lame}
		}
		return r, nil
	}
	r, refusals := p.client.race(ctx, w.attempts([]Server{s}), ask)
	if r == nil {
		return Reply{Server: s, Failure: p.q.failure(of.Zone, refusals)}, nil
	}
	if !of.Zone.IsZero() {
		if below, ttl, referred := w.referral(r, of.Zone, p.q); referred {
			p.client.cache.keepCut(below, ttl)
			return Reply{Server: s, Failure: &Failure{Question: p.q.name, Type: p.q.typ, Zone: of.Zone, Server: s, Reason: "it refers to " + below.zone.String()}}, &below
		}
	}
	a, err := r.answerAt(p.q)
	if err != nil {
		return Reply{Server: s, Failure: p.q.failed(err)}, nil
	}
	return Reply{Server: s, Answer: a}, nil
}
