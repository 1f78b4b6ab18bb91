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
	Authority Authority // the zone that holds Question, and its servers
	Answer    Answer    // the one that came first
	Replies   []Reply   // one for each of Authority.Servers, in that order; empty where no authority can be reached from here
}

// Poll asks every address of every authoritative server of the zone that holds n for records of type t, at once, and
// calls first with the first usable answer, while the others are still awaited. The error is a *Failure when nobody
// gave a usable answer, or that of ctx; first has not been called then.
func (c *Client) Poll(ctx context.Context, n name.Name, t Type, first func(Answer)) (Poll, error) {
	p := Poll{Question: n, Type: t}
	var err error
	if p.Answer, err = c.Query(ctx, n, t); err != nil {
		return Poll{}, err
	}
	first(p.Answer)
	if p.Authority, err = c.Authorities(ctx, n); err != nil {
		return Poll{}, err
	}
	p.Replies = make([]Reply, len(p.Authority.Servers))
	var group sync.WaitGroup
	for i, s := range p.Authority.Servers {
		group.Go(func() {
			p.Replies[i].Server = s
			a, err := c.QueryAt(ctx, s, n, t)
			p.Replies[i].Answer = a
			var failure *Failure
			if errors.As(err, &failure) {
				p.Replies[i].Failure = failure
			}
		})
	}
	group.Wait()
	return p, ctx.Err()
}
