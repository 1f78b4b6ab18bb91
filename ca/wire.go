package ca

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"deputy/egress"
)

// maxAnswer bounds every answer of a CA, in octets; the longest is a chain.
const maxAnswer = 1 << 20

// answer is what came over the wire.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// call is one thing asked of the CA through the library, and what came over the wire for it.
//
// The library repeats requests as it sees fit: after a network error it sends the same octets again, after a 5xx it
// signs anew. For newOrder that may mean two orders. It also drops the Retry-After of errors, and returns neither that of
// an order nor the body of anything it can't decode. A call stops the repetition (all but badNonce's, which the CA has
// not carried out) and keeps the rest.
type call struct {
	accept string // media type to ask for; "" for any
	stop   context.CancelCauseFunc

	answer *answer // the last to the request itself; nil while there is none
	failed error   // the transport's error, or errServer
	posted bool    // what failed is the request itself, not the nonce before it
}

// errServer is an answer that ends a call like a broken connection: a 5xx, or no nonce.
var errServer = errors.New("the CA's server failed")

type callKey struct{}

func withCall(ctx context.Context, c *call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// callOf is the call that ctx is of. Without one, which can't be, the empty call records to nobody.
func callOf(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c
	}
	return &call{stop: func(error) {}}
}

// answered records an answer to the request itself.
func (c *call) answered(a answer) { c.answer = &a }

// fail records what ended the call, and ends the library's patience.
func (c *call) fail(err error) {
	c.failed = err
	c.stop(err)
}

// doubtful says that the request may have been carried out although no good answer came.
func (c *call) doubtful() bool {
	if c.failed == nil || !c.posted {
		return false
	}
	if c.answer != nil { // 503 says that the server can't take the request now (RFC 9110 §15.6.4) …
		_, told := c.answer.retryAfter()
		return c.answer.status != http.StatusServiceUnavailable || !told // … if it means it, it says until when
	}
	return errors.As(c.failed, new(*egress.Unanswered))
}

// wire is the transport under the library.
type wire struct {
	next  http.RoundTripper // egress
	mark  string            // the fragment of the address under which the library asks for its directory
	index []byte            // that directory
}

// RoundTrip sends a request of the call in its context, at most until the call has failed.
func (w wire) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Fragment == w.mark {
		a := answer{status: http.StatusOK, header: http.Header{"Content-Type": {"application/json"}}, body: w.index}
		return a.response(r), nil
	}
	c := callOf(r.Context())
	if c.failed != nil {
		closeBody(r)
		return nil, c.failed
	}
	if c.accept != "" {
		r = r.Clone(r.Context())
		r.Header.Set("Accept", c.accept)
	}
	post := r.Method == http.MethodPost
	a, err := w.send(r)
	switch {
	case err != nil:
		c.posted, c.answer = post, nil // an answer of before, to another nonce, says nothing of this one
		c.fail(err)
		return nil, err
	case a.status >= 500 || !post && a.status >= 400:
		c.posted = post
		c.answered(a)
		c.fail(errServer)
		return nil, errServer
	case post:
		c.answered(a)
	}
	return a.response(r), nil
}

// send reads the answer whole, so that one that breaks off half-way counts as one that did not come.
func (w wire) send(r *http.Request) (answer, error) {
	if r.URL.Scheme != "https" {
		closeBody(r)
		return answer{}, fmt.Errorf("the CA names an address that is not https: %s", quoted(r.URL.Redacted()))
	}
	response, err := w.next.RoundTrip(r)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err == nil && len(body) > maxAnswer {
		err = &egress.Unanswered{Method: r.Method, URL: r.URL.Redacted(), Err: fmt.Errorf("the answer is longer than %d octets", maxAnswer)}
	}
	return answer{status: response.StatusCode, header: response.Header, body: body}, err
}

// response is a as the library wants it.
func (a answer) response(r *http.Request) *http.Response {
	return &http.Response{
		StatusCode: a.status, Status: http.StatusText(a.status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header, Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: int64(len(a.body)), Request: r,
	}
}

func closeBody(r *http.Request) {
	if r.Body != nil {
		r.Body.Close()
	}
}
