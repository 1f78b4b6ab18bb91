package ca

import (
	"context"
	"fmt"
	"time"

	"github.com/mholt/acmez/v3/acme"

	"deputy/fault"
	"deputy/store"
)

// Bounds of polling. Let's Encrypt validates within a second, so the first poll is soon; some CAs take minutes over
// signing, and some never say that they have given up.
const (
	firstPoll    = 250 * time.Millisecond
	maxPoll      = 5 * time.Second
	pendingTime  = 20 * time.Minute // of waiting while the CA validates
	issuingTime  = time.Hour        // … while it signs
	lookEvery    = 3                // polls that say "pending", before the authorizations are read
	maxReminders = 3                // of one challenge
	maxReady     = 5                // polls that say "ready" after finalize was answered
)

// pace spaces polls: 250 ms, growing by half to 5 s, unless the CA says when.
type pace struct {
	tried  string
	limit  time.Duration
	next   time.Duration
	waited time.Duration
}

// step waits for the next poll. A CA's Retry-After counts up to one hour. When more than the limit has been waited
// for, that is a fault.
func (c *Client) step(ctx context.Context, p *pace, retry time.Duration, told bool) error {
	if p.waited >= p.limit {
		return &fault.Fault{
			Code: fault.CAFailed, Tried: p.tried, Seen: fmt.Sprintf("the CA has not decided after %s", p.waited.Round(time.Second)),
			Do: "try again later: the same order is gone on with", Who: fault.CA,
		}
	}
	delay := max(p.next, firstPoll)
	p.next = min(delay+delay/2, maxPoll)
	if told && retry > 0 { // "at once" says less than the pace does
		delay = min(retry, maxPatience)
	}
	if told && delay > maxPoll {
		c.report(ctx, "ca.wait", fmt.Sprintf("to %s: the CA asks to wait %s", p.tried, delay))
	}
	p.waited += delay
	if err := c.wait(ctx, delay); err != nil {
		return ended(p.tried, err)
	}
	return nil
}

// AwaitReady polls the order until it is ready or further; Retry-After is obeyed in both forms. While it stays
// pending for three polls the open authorizations are read, and a challenge that has an error and is still pending is
// posted again. An invalid order is a fault (CAValidation) that names each identifier with what the CA said.
func (c *Client) AwaitReady(ctx context.Context, a store.Account, o Order, told []Challenge) (Order, error) {
	p := &pace{tried: "have the names proved", limit: pendingTime}
	w := newWatch(told)
	for polls := 0; o.Status == acme.StatusPending; polls++ {
		if polls > 0 && polls%lookEvery == 0 {
			if err := c.look(ctx, a, w, true); err != nil {
				return o, err
			}
		}
		if err := c.step(ctx, p, o.retry, o.told); err != nil {
			return o, err
		}
		next, err := c.order(ctx, a, query{tried: p.tried, patience: maxPatience}, o.URL)
		if err != nil {
			return o, err
		}
		o = next
	}
	if o.Status == acme.StatusInvalid {
		return o, c.invalid(ctx, a, o)
	}
	return o, nil
}

// AwaitValid polls the authorizations of challenges until each is valid: for turns, where the order stays pending.
func (c *Client) AwaitValid(ctx context.Context, a store.Account, challenges []Challenge) error {
	p := &pace{tried: "have the names proved", limit: pendingTime}
	w := newWatch(challenges)
	for polls := 1; len(w.open) > 0; polls++ {
		if err := c.step(ctx, p, w.retry, w.told); err != nil {
			return err
		}
		if err := c.look(ctx, a, w, polls%lookEvery == 0); err != nil {
			return err
		}
	}
	return nil
}

// AwaitIssued polls the order until it is valid.
func (c *Client) AwaitIssued(ctx context.Context, a store.Account, o Order) (Order, error) {
	p := &pace{tried: "get the certificate", limit: issuingTime}
	for ready := 0; ; {
		switch o.Status {
		case acme.StatusValid:
			if !secure(o.Certificate) {
				return o, nonsense(p.tried, fmt.Errorf("the order is valid, and its certificate is at %s, which is no https:// URL", quoted(o.Certificate)))
			}
			return o, nil
		case acme.StatusInvalid:
			return o, c.invalid(ctx, a, o)
		case acme.StatusPending:
			return o, nonsense(p.tried, fmt.Errorf("the order is pending again"))
		case acme.StatusReady: // a server behind the others; or finalize was never heard, which the next run sees
			if ready++; ready > maxReady {
				return o, nonsense(p.tried, fmt.Errorf("the order still waits for finalize, which the CA has answered"))
			}
		}
		if err := c.step(ctx, p, o.retry, o.told); err != nil {
			return o, err
		}
		next, err := c.order(ctx, a, query{tried: p.tried, patience: maxPatience}, o.URL)
		if err != nil {
			return o, err
		}
		o = next
	}
}

// watch is the challenges that the CA was told of, and how they stand.
type watch struct {
	open      []Challenge
	reminders map[string]int // challenge URL to how often it was posted again
	retry     time.Duration  // the longest Retry-After of the last look …
	told      bool           // … if there was one
}

func newWatch(told []Challenge) *watch {
	return &watch{open: append([]Challenge(nil), told...), reminders: map[string]int{}}
}

// look reads the open authorizations. Those that are valid leave the watch; one that is invalid is a fault, as nothing
// can save its order any more. With remind, a challenge that has failed but is still pending is posted again:
// RFC 8555 §8.2 lets a server wait for that, and step-ca does.
func (c *Client) look(ctx context.Context, a store.Account, w *watch, remind bool) error {
	read := make([]authorization, len(w.open))
	err := each(ctx, len(w.open), func(ctx context.Context, i int) (err error) {
		read[i], err = c.authorization(ctx, a, w.open[i].Authorization)
		return err
	})
	if err != nil {
		return err
	}
	var open []Challenge
	var failed []failure
	w.retry, w.told = 0, false
	for i, authz := range read {
		switch authz.Status {
		case acme.StatusValid:
		case acme.StatusPending:
			open = append(open, w.open[i])
			w.retry, w.told = max(w.retry, authz.retry), w.told || authz.told
			ch := authz.challenge(w.open[i].URL)
			if !remind || ch.Status != acme.StatusPending || ch.Error == nil {
				continue
			}
			if w.reminders[ch.URL]++; w.reminders[ch.URL] > maxReminders {
				failed = append(failed, authz.failure())
				continue
			}
			c.report(ctx, "ca.remind", authz.name.String()+": "+problemWords(*ch.Error)+"; asking the CA to look again")
			if err := c.Respond(ctx, a, w.open[i:i+1]); err != nil {
				return err
			}
		default:
			failed = append(failed, authz.failure())
		}
	}
	w.open = open
	if len(failed) > 0 {
		return c.validationFault(failed)
	}
	return nil
}
