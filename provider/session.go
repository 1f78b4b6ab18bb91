package provider

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"time"

	"deputy/dnsconfig"
	"deputy/fault"
	"deputy/secret"
)

// session is what a login gave.
type session struct {
	values map[string]secret.Value
	until  time.Time // zero where the host does not tell
}

// live says that the session is not over, as far as it can be told.
func (s *session) live() bool {
	return s != nil && (s.until.IsZero() || time.Now().Before(s.until))
}

// sessions are those of one account: one at a time, for everybody who needs it.
type sessions struct {
	mu      sync.Mutex
	current *session
	begun   *login
}

// login is one login on its way; those who come meanwhile wait for it.
type login struct {
	done  chan struct{}
	got   *session
	err   error
	alone bool // it ended with its own context, which says nothing to others
}

// session gives the session that is there, or begins one; nil where the document has no login.
func (a *account) session(ctx context.Context, in dnsconfig.Inputs) (*session, error) {
	if !a.native.Has(dnsconfig.Login) {
		return nil, nil
	}
	for {
		l, first, live := a.sessions.join()
		switch {
		case live != nil:
			return live, nil
		case first:
			l.got, l.err = a.logIn(ctx, in)
			l.alone = ctx.Err() != nil
			a.sessions.end(l)
			return l.got, l.err
		}
		select {
		case <-ctx.Done():
			return nil, a.noTurn(ctx)
		case <-l.done:
		}
		if l.err == nil || !l.alone {
			return l.got, l.err
		}
	}
}

// join gives the session where one is live; else the login on its way, the first of whom is to make it.
func (s *sessions) join() (l *login, first bool, live *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current.live() {
		return nil, false, s.current
	}
	if s.begun != nil {
		return s.begun, false, nil
	}
	s.begun = &login{done: make(chan struct{})}
	return s.begun, true, nil
}

func (s *sessions) end(l *login) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.begun, s.current = nil, l.got
	close(l.done)
}

// expired says that a session is over; one that was begun since stays.
func (s *sessions) expired(old *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == old {
		s.current = nil
	}
}

// margin is how long before its end a session is not used any more: a request may take a while to arrive.
func margin(lasts time.Duration) time.Duration { return min(time.Minute, lasts/10) }

// logIn begins a session.
func (a *account) logIn(ctx context.Context, in dnsconfig.Inputs) (*session, error) {
	began := time.Now()
	got, result, err := a.fetch(ctx, dnsconfig.Login, in)
	if err != nil {
		return nil, err
	}
	s := &session{values: result.Session}
	for key, value := range result.Session {
		if value.IsZero() {
			return nil, a.nonsense(got.request, got.answer, fmt.Sprintf("the answer to the login gives no %s", key))
		}
	}
	if len(s.values) == 0 {
		return nil, a.nonsense(got.request, got.answer, "the answer to the login gives no session")
	}
	if result.Expires > 0 {
		s.until = began.Add(result.Expires - margin(result.Expires))
	}
	return s, nil
}

// learn makes what a login gave secret, before anybody sees it.
func (a *account) learn(in dnsconfig.Inputs, answer dnsconfig.Response) {
	result, err := a.native.Read(dnsconfig.Login, in, answer)
	if err != nil {
		return
	}
	var values []secret.Value
	for key, value := range result.Session {
		if key != "base" || !plainAddress(value.Reveal()) {
			values = append(values, value)
		}
	}
	a.redactor.learn(values)
}

// plainAddress says that a text is an address with nothing in it to be hidden; people need it, where it is refused.
func plainAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Host != "" && u.User == nil && u.RawQuery == ""
}

func (a *account) noTurn(ctx context.Context) error {
	return &fault.Fault{
		Code:  fault.HostFailed,
		Tried: "log in at the host of the DNS Provider " + a.Name,
		Seen:  "another request's login did not end in time: " + context.Cause(ctx).Error(),
		Do:    "try again later; if it goes on, check the network from here to the DNS host",
		Who:   fault.DNSHost,
		Err:   context.Cause(ctx),
	}
}

// close ends the session, where the host wants to know, and closes the connections. What goes wrong is no matter: sessions
// end by themselves.
func (a *account) close(ctx context.Context) {
	defer a.network.close()
	if a.native == nil || !a.native.Has(dnsconfig.Logout) {
		return
	}
	a.sessions.mu.Lock()
	s := a.sessions.current
	a.sessions.current = nil
	a.sessions.mu.Unlock()
	if !s.live() {
		return
	}
	in := dnsconfig.Inputs{Account: a.Account, Base: a.APIBase, Zone: a.Zones[0], Session: s.values}
	_, _, _ = a.once(ctx, question{make: func() (dnsconfig.Request, error) { return a.native.Request(dnsconfig.Logout, in) }})
}
