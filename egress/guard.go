package egress

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"deputy/fault"
)

// HTTP is the same client for libraries that want one, such as acmez: same policy, same errors (within *url.Error), no
// retries. The policy's Timeout bounds each hop of a redirect on its own.
func (c *Client) HTTP() *http.Client {
	return c.http(false)
}

// http is the client; with write every request counts as one.
func (c *Client) http(write bool) *http.Client {
	return &http.Client{Transport: guard{c, write}, CheckRedirect: sameHost}
}

// sameHost lets GET and HEAD be redirected within one scheme, host and port: the credentials in the headers go nowhere
// else. Other methods never come here, since guard refuses their redirects.
func sameHost(next *http.Request, before []*http.Request) error {
	first := before[0].URL
	refuse := func(seen string) error {
		return &fault.Fault{
			Code: fault.Egress, Tried: "follow " + show(first), Seen: seen,
			Do: "use the new address itself, if you trust it: api_base of the DNS Provider, or the CA's directory", Who: fault.Admin,
		}
	}
	if len(before) > maxRedirects {
		return refuse(fmt.Sprintf("it was redirected more than %d times", maxRedirects))
	}
	same := next.URL.Scheme == first.Scheme && canonicalHost(next.URL.Hostname()) == canonicalHost(first.Hostname()) &&
		effectivePort(next.URL) == effectivePort(first)
	if !same {
		return refuse("it is redirected to another host: " + show(next.URL))
	}
	return nil
}

// guard holds every request to the client's policy, whoever makes it.
type guard struct {
	*Client
	write bool // whatever the method
}

// RoundTrip sends one request, and turns what went wrong into a fault where nothing was sent, an *Unanswered otherwise.
func (g guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := g.admitURL(r.URL); err != nil {
		if r.Body != nil {
			r.Body.Close()
		}
		return nil, err
	}
	ctx, cancel := g.bounded(r.Context())
	var sending connected
	answer, err := g.transport.RoundTrip(r.WithContext(httptrace.WithClientTrace(ctx, sending.trace())))
	if err != nil {
		err = g.failed(ctx, r, sending.Load(), err)
		cancel()
		return nil, err
	}
	if (g.write || isWrite(r.Method)) && answer.StatusCode >= 300 && answer.StatusCode < 400 {
		answer.Body.Close()
		cancel()
		return nil, redirected(r, answer)
	}
	answer.Body = &capped{body: answer.Body, max: g.policy.MaxBody, request: r, ctx: ctx, cancel: cancel}
	return answer, nil
}

// connected is set as soon as a request has a connection (after TLS): from then on octets of it may have left. It is
// never unset, so a request that net/http sends again on a second connection counts as sent.
type connected struct{ atomic.Bool }

func (c *connected) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { c.Store(true) }}
}

// failed says what the error of a round trip means.
func (g guard) failed(ctx context.Context, r *http.Request, sent bool, err error) error {
	if f, ok := fault.From(err); ok {
		return f // the dialler refused the address
	}
	cause := context.Cause(ctx)
	late, slow := cause.(overdue)
	switch {
	case sent:
		return &Unanswered{Method: r.Method, URL: show(r.URL), Err: worded(ctx, err)}
	case cause != nil && !slow:
		return fmt.Errorf("%s %s was not sent: %w", r.Method, show(r.URL), cause)
	}
	seen := err.Error()
	if slow {
		seen = "no connection within " + time.Duration(late).String()
	}
	return &fault.Fault{
		Code: fault.HostFailed, Tried: "connect to " + r.URL.Host, Seen: seen,
		Do:  "check that the host is up, that its name resolves here, and that its certificate is trusted; then try again",
		Who: fault.Admin, Err: err,
	}
}

// overdue is the end of the policy's own time, told apart from the caller's.
type overdue time.Duration

func (o overdue) Error() string { return "no whole answer within " + time.Duration(o).String() }

// Is makes an overdue a context.DeadlineExceeded.
func (o overdue) Is(target error) bool { return target == context.DeadlineExceeded }

// bounded is ctx within the policy's time.
func (c *Client) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, c.policy.Timeout, overdue(c.policy.Timeout))
}

// worded prefers the reason why ctx ended to what a broken connection says of it.
func worded(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

func isWrite(method string) bool {
	return method != http.MethodGet && method != http.MethodHead && method != ""
}

func redirected(r *http.Request, answer *http.Response) error {
	where := "nowhere"
	if location, err := url.Parse(answer.Header.Get("Location")); err == nil && answer.Header.Get("Location") != "" {
		where = show(r.URL.ResolveReference(location))
	}
	return &fault.Fault{
		Code: fault.HostRedirected, Tried: r.Method + " " + show(r.URL),
		Seen: fmt.Sprintf("the answer was %d with the Location %s, and a write is never sent anywhere else", answer.StatusCode, where),
		Do:   "use that address itself, if you trust it: api_base of the DNS Provider, or the CA's directory", Who: fault.Admin,
	}
}

// capped is an answer's body that ends with an *Unanswered at the policy's size or time.
type capped struct {
	body    io.ReadCloser
	max     int64
	read    int64
	request *http.Request
	ctx     context.Context // of this round trip
	cancel  context.CancelFunc
}

// Read reads, and one octet more than allowed is an error.
func (b *capped) Read(p []byte) (int, error) {
	if left := b.max - b.read; int64(len(p)) > left+1 {
		p = p[:left+1]
	}
	n, err := b.body.Read(p)
	b.read += int64(n)
	if b.read > b.max {
		n -= int(b.read - b.max)
		b.read = b.max
		err = fmt.Errorf("the answer is longer than %d octets", b.max)
	}
	if err == nil || err == io.EOF {
		return n, err
	}
	return n, &Unanswered{Method: b.request.Method, URL: show(b.request.URL), Err: worded(b.ctx, err)}
}

// Close ends the answer, read or not.
func (b *capped) Close() error {
	b.cancel()
	return b.body.Close()
}

// Unanswered is a request that may or may not have been carried out.
type Unanswered struct {
	Method, URL string // without query
	Err         error
}

func (u *Unanswered) Error() string { return u.Method + " " + u.URL + ": " + u.Err.Error() }

// Unwrap gives the cause.
func (u *Unanswered) Unwrap() error { return u.Err }
