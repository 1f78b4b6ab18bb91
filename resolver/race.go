package resolver

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/miekg/dns"
)

// How many addresses of one family are tried over UDP for one question. More than these being dead at once is a zone
// that is not served.
const maxPerFamily = 6

// minUDP is how often a lone address is tried over UDP.
const minUDP = 2

// attempt is one try at one server.
type attempt struct {
	server Server
	send   carry
}

// attempts orders the tries: every address once over UDP, in random order, IPv4 before IPv6 since that is what more
// networks have; then TCP at two of them, for networks that drop UDP. A lone address gets UDP, UDP, TCP.
func (w *walk) attempts(servers []Server) []attempt {
	var v4, v6 []Server
	for _, s := range servers {
		if s.Addr.Addr().Unmap().Is4() {
			v4 = append(v4, s)
		} else {
			v6 = append(v6, s)
		}
	}
	shuffle(v4)
	shuffle(v6)
	order := append(v4[:min(len(v4), maxPerFamily)], v6[:min(len(v6), maxPerFamily)]...)
	if len(order) == 0 {
		return nil
	}
	var tries []attempt
	for i := range max(len(order), minUDP) {
		tries = append(tries, attempt{order[i%len(order)], overUDP})
	}
	tries = append(tries, attempt{order[0], overTCP})
	if len(order) > 1 {
		tries = append(tries, attempt{order[len(order)-1], overTCP})
	}
	return tries
}

func shuffle(servers []Server) {
	rand.Shuffle(len(servers), func(i, j int) { servers[i], servers[j] = servers[j], servers[i] })
}

// try sends q once. What is no answer, an RCODE other than NOERROR and NXDOMAIN included, is a refusal.
func (w *walk) try(ctx context.Context, a attempt, q question) (*reply, *refusal) {
	if w.left.Add(-1) < 0 {
		return nil, &refusal{server: a.server, reason: Exhausted}
	}
	asked := q.message(false)
	if w.proofs {
		asked = signed(asked, unjudged)
	}
	return w.client.deliver(ctx, a, q, asked)
}

func (c *Client) try(ctx context.Context, a attempt, q question, recurse bool) (*reply, *refusal) {
	return c.deliver(ctx, a, q, q.message(recurse))
}

// deliver sends asked, which asks q, once.
func (c *Client) deliver(ctx context.Context, a attempt, q question, asked *dns.Msg) (*reply, *refusal) {
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	began := time.Now()
	m, err := c.query(ctx, a.server, a.send, asked)
	if err != nil {
		return nil, &refusal{server: a.server, reason: reasonOf(err), err: err}
	}
	if m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError {
		return nil, &refusal{server: a.server, reason: rcode(m.Rcode), err: explanation(m)}
	}
	r := &reply{msg: m, server: a.server, elapsed: time.Since(began)}
	if !r.speaksOf(q.name) {
		return nil, &refusal{server: a.server, reason: "an answer about other names"}
	}
	return r, nil
}

func rcode(code int) string {
	if text, ok := dns.RcodeToString[code]; ok {
		return text
	}
	return "an unknown RCODE"
}

// asker makes one attempt.
type asker func(context.Context, attempt) (*reply, *refusal)

// authoritative asks q of a server that must answer it by itself: without the AA bit it is lame.
func (w *walk) authoritative(q question) asker {
	return func(ctx context.Context, a attempt) (*reply, *refusal) {
		r, no := w.try(ctx, a, q)
		if no == nil && !r.msg.Authoritative {
			no = &refusal{server: a.server, reason: Lame}
		}
		return r, no
	}
}

// race makes the attempts in order and gives the first usable reply. The next attempt begins when the last one failed,
// or after a quarter of the time-out while the earlier ones go on: a dead server costs little, a slow one is still
// heard. A server that refused for good is not tried again.
func (c *Client) race(ctx context.Context, attempts []attempt, ask asker) (*reply, []refusal) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type result struct {
		reply   *reply
		refusal *refusal
	}
	results := make(chan result, len(attempts))
	next := time.NewTimer(0)
	defer next.Stop()
	var refusals []refusal
	refused := map[Server]bool{}
	running := 0
	for {
		for len(attempts) > 0 && refused[attempts[0].server] {
			attempts = attempts[1:]
		}
		if len(attempts) > 0 && ctx.Err() != nil {
			if running == 0 && len(refusals) == 0 { // no time was left to ask anybody
				refusals = append(refusals, refusal{server: attempts[0].server, reason: NoReply, err: ctx.Err()})
			}
			attempts = nil // those under way end by themselves
		}
		if len(attempts) == 0 && running == 0 {
			return nil, refusals
		}
		var due <-chan time.Time
		if len(attempts) > 0 {
			due = next.C
		}
		select {
		case <-due:
			a := attempts[0]
			attempts = attempts[1:]
			running++
			go func() {
				r, no := ask(ctx, a)
				results <- result{r, no}
			}()
			next.Reset(c.config.Timeout / 4)
		case got := <-results:
			running--
			if got.refusal == nil {
				return got.reply, refusals
			}
			refusals = append(refusals, *got.refusal)
			refused[got.refusal.server] = refused[got.refusal.server] || got.refusal.final()
			next.Reset(0)
		}
	}
}
