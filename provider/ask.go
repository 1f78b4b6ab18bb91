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

// question is a request to be sent, again where the host is throttling.
type question struct {
	owner string // what it is for, in events
	place sent   // what the windows of the host's limits count it for
	// make gives the request, anew each time, since a signature tells the time.
	make func() (dnsconfig.Request, error)
	// held says that an answer means "not now", and for how long, the n-th time.
	held func(answer dnsconfig.Response, n int) (wait time.Duration, throttled bool)
	heed func(dnsconfig.Response) // sees the answer before it is traced; nil for none
}

// fixed is the question of a request that is made already.
func (a *account) fixed(r dnsconfig.Request, owner string) question {
	return question{
		owner: owner,
		make:  func() (dnsconfig.Request, error) { return r, nil },
		held:  a.patience.held,
	}
}

// asker sends a question.
type asker func(context.Context, question) (dnsconfig.Request, dnsconfig.Response, error)

// ask sends one request and gives the answer, whatever its status. Throttling is waited out, within ctx and the bounds
// of patience; beyond them it is a fault (HostThrottled) that says how long the host wants to be left alone. An error
// that is an *egress.Unanswered leaves open whether the request was carried out.
func (a *account) ask(ctx context.Context, q question) (dnsconfig.Request, dnsconfig.Response, error) {
	for n := 1; ; n++ {
		r, answer, err := a.once(ctx, q)
		if err != nil && n == 1 && writes(r) && !left(err) {
			err = marked(err, errUnsent)
		}
		if err != nil {
			return r, dnsconfig.Response{}, err
		}
		wait, throttled := q.held(answer, n)
		if !throttled {
			return r, answer, nil
		}
		if n > a.patience.waits || wait > a.patience.longest || !fits(ctx, wait) {
			return r, dnsconfig.Response{}, a.throttled(r, answer, wait)
		}
		a.event(ctx, "provider.wait", q.owner, fmt.Sprintf("%s allows no more requests for now; waiting %s, as it asks", a.Name, wait.Round(time.Second)))
		if err := pause(ctx, wait); err != nil {
			return r, dnsconfig.Response{}, a.throttled(r, answer, wait)
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

// once sends one request when its turn has come. It is made after the wait, since what it is signed with may be of now.
func (a *account) once(ctx context.Context, q question) (dnsconfig.Request, dnsconfig.Response, error) {
	r, err := q.make()
	if err != nil {
		return r, dnsconfig.Response{}, err
	}
	waited, err := a.takeTurn(ctx, r, q)
	if err != nil {
		return r, dnsconfig.Response{}, err
	}
	if waited {
		if r, err = q.make(); err != nil {
			return r, dnsconfig.Response{}, err
		}
	}
	answer, err := a.send(ctx, r, q)
	return r, answer, err
}

// takeTurn holds a request back until the host's limits allow it, and a write until the provider's writes per second do.
func (a *account) takeTurn(ctx context.Context, r dnsconfig.Request, q question) (waited bool, err error) {
	if waited, err = a.inWindow(ctx, r, q); err != nil || !writes(r) {
		return waited, err
	}
	before := time.Now()
	if err := a.queue.Wait(ctx); err != nil {
		return true, &fault.Fault{
			Code:  fault.HostThrottled,
			Tried: a.tried(r),
			Seen:  "too many writes of this process wait for the same DNS Provider",
			Do:    "wait a minute and try again",
			Who:   fault.Nobody,
			Err:   err,
		}
	}
	return waited || time.Since(before) > time.Second, nil
}

// writes says whether a request may change something at the names of a zone: by its operation in a native document, where
// reading is often a POST; in a DXL by its method too, since its operations are what its author makes of them, and there are
// APIs that write with GET.
func writes(r dnsconfig.Request) bool {
	switch r.Op {
	case dnsconfig.Replace, dnsconfig.Create, dnsconfig.Delete, dnsconfig.AddSome, dnsconfig.Remove,
		dnsconfig.Write, dnsconfig.Clear, dnsconfig.Commit, dnsconfig.Add, dnsconfig.Del:
		return true
	case dnsconfig.Login, dnsconfig.Logout, dnsconfig.Zone, dnsconfig.Zones, dnsconfig.Read, dnsconfig.List, dnsconfig.Item, dnsconfig.Poll:
		return false
	}
	return r.Method != "GET" && r.Method != "HEAD"
}

// send sends one request once.
func (a *account) send(ctx context.Context, r dnsconfig.Request, q question) (dnsconfig.Response, error) {
	answer, err := a.network.carry(ctx, r)
	if err == nil && q.heed != nil {
		q.heed(answer)
	}
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
