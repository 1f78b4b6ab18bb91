package resolver

import (
	"context"
	"fmt"

	"github.com/miekg/dns"

	"deputy/name"
)

// wish is what a question with proofs wants besides.
type wish int

const (
	unjudged wish = iota // CD: whatever there is
	judged               // AD: what the resolver itself calls it
)

// signed makes of m a question for proofs too (RFC 3225; RFC 4035 §4.9.1).
func signed(m *dns.Msg, w wish) *dns.Msg {
	m.IsEdns0().SetDo()
	m.CheckingDisabled = w == unjudged
	m.AuthenticatedData = w == judged
	return m
}

// explained is an RCODE with what the server said of it (RFC 8914).
type explained struct {
	code int
	ede  []*dns.EDNS0_EDE
}

func (e *explained) Error() string { return rcode(e.code) }

// explanation reads the extended errors of a message.
func explanation(m *dns.Msg) *explained {
	e := &explained{code: m.Rcode}
	if opt := m.IsEdns0(); opt != nil {
		for _, o := range opt.Option {
			if ede, ok := o.(*dns.EDNS0_EDE); ok {
				e.ede = append(e.ede, ede)
			}
		}
	}
	return e
}

// sendSigned asks a recursive resolver for records with their proofs. The error is a *Failure; its cause is an
// *explained where the resolver gave an RCODE.
func (c *Client) sendSigned(ctx context.Context, r *recursive, q question, w wish) (*reply, error) {
	answer, refusals := c.race(ctx, r.attempts(), func(ctx context.Context, a attempt) (*reply, *refusal) {
		return c.deliver(ctx, a, q, signed(q.message(true), w))
	})
	if answer == nil {
		return nil, q.failure(name.Name{}, refusals)
	}
	return answer, nil
}

// fromRecursive is the source that asks a recursive resolver not to judge.
type fromRecursive struct {
	client    *Client
	recursive *recursive
}

func (f fromRecursive) keys(ctx context.Context, zone name.Name) (*reply, error) {
	return f.client.sendSigned(ctx, f.recursive, question{zone, typeDNSKEY}, unjudged)
}

func (f fromRecursive) within(ctx context.Context, _ name.Name, q question) (*reply, error) {
	return f.client.sendSigned(ctx, f.recursive, q, unjudged)
}

// fromRoot is the source that asks the zones' own servers.
type fromRoot struct {
	client *Client
	cuts   map[name.Name]cut // whom to ask about each zone
}

func (f fromRoot) keys(ctx context.Context, zone name.Name) (*reply, error) {
	w := f.client.newWalk()
	w.proofs = true
	r, at, err := w.ask(ctx, question{zone, typeDNSKEY})
	if err != nil {
		return nil, question{zone, typeDNSKEY}.failed(err)
	}
	f.cuts[zone] = at // that of a zone above where its servers hold zone too
	return r, nil
}

func (f fromRoot) within(ctx context.Context, zone name.Name, q question) (*reply, error) {
	at, known := f.cuts[zone]
	if !known {
		return nil, &Failure{Question: q.name, Type: q.typ, Zone: zone, Reason: fmt.Sprintf("the servers of %s are not known", zone)}
	}
	w := f.client.newWalk()
	w.proofs = true
	r, err := w.askCut(ctx, at, q)
	if err != nil {
		return nil, q.failed(err)
	}
	return r, nil
}
