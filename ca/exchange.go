package ca

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/mholt/acmez/v3/acme"

	"deputy/egress"
	"deputy/fault"
)

// Bounds of an exchange.
const (
	maxTries    = 4                // of a request that is safe to repeat
	nonceRounds = 10               // of the library's ten tries each
	firstDelay  = time.Second      // before the second try; doubled from then on
	patience    = time.Minute      // the longest Retry-After that is waited for within one request
	maxPatience = time.Hour        // … and within a poll
	maxBackOff  = 30 * time.Second // of doubling
)

// query is what an exchange is for.
type query struct {
	tried    string        // for people: "open an order for host.example.org"
	once     string        // what is never repeated after a doubt: "newAccount", "newOrder", "finalize"; "" for what may be
	accept   string        // media type; "" for any
	patience time.Duration // the longest Retry-After to wait for; patience if zero
}

// exchange has the library do one thing, as often as is safe and no oftener than the bounds, and gives what came over
// the wire. Its error is a fault, whose cause is a *refusal where the CA said no; or a *Lost around one.
func (c *Client) exchange(ctx context.Context, q query, do func(context.Context) error) (answer, error) {
	if q.patience == 0 {
		q.patience = patience
	}
	for try := 1; ; try++ {
		x, err := c.once(ctx, q, do)
		if x.answer != nil && x.answer.status < 300 {
			return *x.answer, nil
		}
		delay, again := x.again(q, try)
		switch {
		case q.once != "" && x.doubtful():
			return answer{}, &Lost{What: q.once, Err: c.explain(ctx, q, x, err)}
		case ctx.Err() != nil || !again:
			return answer{}, c.explain(ctx, q, x, err)
		}
		c.report(ctx, "ca.retry", fmt.Sprintf("to %s: %s; trying again in %s", q.tried, x.seen(err), delay.Round(time.Millisecond)))
		if err := c.wait(ctx, delay); err != nil {
			return answer{}, ended(q.tried, err)
		}
	}
}

// once runs do under a context that ends with the first failure on the wire, so that the library repeats nothing.
func (c *Client) once(ctx context.Context, q query, do func(context.Context) error) (*call, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	x := &call{accept: q.accept, stop: stop}
	err := do(withCall(ctx, x))
	return x, err
}

// again says whether and when a failed call may be repeated. What was refused because of the nonce, or came to no
// connection, was not carried out; the rest is repeated only where that is harmless, which exchange has asked before.
func (x *call) again(q query, try int) (delay time.Duration, again bool) {
	if x.answer != nil && x.failed == nil {
		if problemOf(*x.answer).Type == acme.ProblemTypeBadNonce {
			return 0, try < nonceRounds
		}
		delay, told := x.answer.retryAfter()
		return delay, told && x.answer.status == http.StatusTooManyRequests && delay <= q.patience && try < maxTries
	}
	if x.failed == nil || try >= maxTries {
		return 0, false
	}
	if x.answer != nil {
		if delay, told := x.answer.retryAfter(); told {
			return delay, delay <= q.patience
		}
	}
	if f, ok := fault.From(x.failed); ok && f.Code != fault.HostFailed {
		return 0, false // the policy or a redirect: the same again tomorrow
	}
	if errors.As(x.failed, new(*tls.CertificateVerificationError)) {
		return 0, false
	}
	temporary := errors.Is(x.failed, errServer) || errors.As(x.failed, new(*egress.Unanswered)) || errors.As(x.failed, new(*fault.Fault))
	return min(firstDelay<<(try-1), maxBackOff), temporary
}

// seen words what went wrong, for people.
func (x *call) seen(err error) string {
	if x.answer != nil && x.answer.status >= 300 {
		return x.answer.words()
	}
	if x.failed != nil {
		err = x.failed
	}
	if f, ok := fault.From(err); ok {
		return f.Seen
	}
	if err == nil {
		return "no answer came"
	}
	return clean(err.Error())
}

// ended is the end of a context in the middle of something: a fault when its time ran out, else whatever ended it.
func ended(tried string, cause error) error {
	if !errors.Is(cause, context.DeadlineExceeded) {
		return fmt.Errorf("%s: %w", tried, cause)
	}
	return &fault.Fault{
		Code: fault.CAFailed, Tried: tried, Seen: "the time for it ran out before the CA was done",
		Do: "try again; what was begun is gone on with", Who: fault.Nobody, Err: cause,
	}
}

// retryAfter reads Retry-After (RFC 9110 §10.2.3): seconds, or a date, which is taken relative to the answer's own Date,
// so that a wrong clock here does not matter. told is false without a usable one.
func (a answer) retryAfter() (delay time.Duration, told bool) {
	text := strings.TrimSpace(a.header.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, true
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	sent, err := http.ParseTime(a.header.Get("Date"))
	if err != nil {
		return max(time.Until(at), 0), true
	}
	return max(at.Sub(sent), 0), true
}
