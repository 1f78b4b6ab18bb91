package provider

import (
	"context"
	"errors"
	"fmt"
	"time"

	"deputy/dnsconfig"
	"deputy/egress"
	"deputy/fault"
)

// ask sends one request and gives the answer, whatever its status. Throttling is waited out, within ctx and the bounds
// of patience; beyond them it is a fault (HostThrottled) that says how long the host wants to be left alone. An error
// that is an *egress.Unanswered leaves open whether the request was carried out.
func (a *account) ask(ctx context.Context, r dnsconfig.Request, owner string) (dnsconfig.Response, error) {
	for n := 1; ; n++ {
		answer, err := a.once(ctx, r)
		if err != nil && n == 1 && writes(r) && !left(err) {
			err = marked(err, errUnsent)
		}
		if err != nil {
			return dnsconfig.Response{}, err
		}
		wait, throttled := a.patience.held(answer, n)
		if !throttled {
			return answer, nil
		}
		if n > a.patience.waits || wait > a.patience.longest || !fits(ctx, wait) {
			return dnsconfig.Response{}, a.throttled(r, answer, wait)
		}
		a.event(ctx, "provider.wait", owner, fmt.Sprintf("%s allows no more requests for now; waiting %s, as it asks", a.Name, wait.Round(time.Second)))
		if err := pause(ctx, wait); err != nil {
			return dnsconfig.Response{}, a.throttled(r, answer, wait)
		}
	}
}

// errUnsent says that a write did not leave at all.
var errUnsent = errors.New("the request was not sent")

// left says that the request of err may have left: what egress can't rule that out for is an *egress.Unanswered, and an
// answer was there already where it is a redirect.
func left(err error) bool {
	var lost *egress.Unanswered
	f, _ := fault.From(err)
	return errors.As(err, &lost) || f != nil && f.Code == fault.HostRedirected
}

// once sends one request when its turn has come.
func (a *account) once(ctx context.Context, r dnsconfig.Request) (dnsconfig.Response, error) {
	if err := a.takeTurn(ctx, r); err != nil {
		return dnsconfig.Response{}, err
	}
	return a.send(ctx, r)
}

// takeTurn holds a write back until the provider's writes per second allow it.
func (a *account) takeTurn(ctx context.Context, r dnsconfig.Request) error {
	if !writes(r) {
		return nil
	}
	if err := a.queue.Wait(ctx); err != nil {
		return &fault.Fault{
			Code:  fault.HostThrottled,
			Tried: a.tried(r),
			Seen:  "too many writes of this process wait for the same DNS Provider",
			Do:    "wait a minute and try again",
			Who:   fault.Nobody,
			Err:   err,
		}
	}
	return nil
}

// writes says whether a request may change something: by its method, or because its operation does, since there are
// APIs that write with GET.
func writes(r dnsconfig.Request) bool {
	switch r.Op {
	case dnsconfig.Replace, dnsconfig.Create, dnsconfig.Delete, dnsconfig.Add, dnsconfig.Del:
		return true
	}
	return r.Method != "GET" && r.Method != "HEAD"
}

// send sends one request once.
func (a *account) send(ctx context.Context, r dnsconfig.Request) (dnsconfig.Response, error) {
	got, err := a.client.Do(ctx, egress.Request{Method: r.Method, URL: r.URL, Header: r.Header, Body: r.Body, Write: writes(r)})
	answer := dnsconfig.Response{Status: got.Status, Header: got.Header, Body: got.Body}
	a.trace(r, answer, err)
	if err == nil {
		return answer, nil
	}
	var lost *egress.Unanswered
	if errors.As(err, &lost) {
		return dnsconfig.Response{}, lost
	}
	return dnsconfig.Response{}, a.clean(err)
}
