package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Refusals are the requests that the documentation says are refused.
func (s *Session) Refusals() []Refusal { return s.refusals }

// Try sends a refusal to a stand-in of its own, whose session (of a login) is open, over real HTTPS. It is an error when
// the request is accepted, or refused otherwise than the session says.
func (s *Session) Try(ctx context.Context, r Refusal) error {
	stand, err := s.Serve()
	if err != nil {
		return err
	}
	defer stand.Close()
	stand.desk.state.token = s.token
	before := stand.State()
	request, err := http.NewRequestWithContext(ctx, r.method, r.url, bytes.NewReader(r.body))
	if err != nil {
		return fmt.Errorf("%s:%d: %w", s.File, r.line, err)
	}
	for _, h := range r.headers {
		request.Header.Set(h[0], h[1])
	}
	answered, err := stand.client().Do(request)
	if err != nil {
		return fmt.Errorf("%s:%d: %w", s.File, r.line, err)
	}
	defer answered.Body.Close()
	if _, err := io.ReadAll(answered.Body); err != nil {
		return err
	}
	if err := s.judge(r, stand.Exchanges(), answered.StatusCode); err != nil {
		return err
	}
	if stand.State() != before {
		return fmt.Errorf("%s:%d: %s was refused, and changed records all the same", s.File, r.line, r.Name)
	}
	return nil
}

func (s *Session) judge(r Refusal, exchanges []Exchange, status int) error {
	if len(exchanges) != 1 {
		return errors.New("the request of " + r.Name + " did not come through")
	}
	e := exchanges[0]
	if e.Error == r.Gets && status == s.errors[r.Gets].status {
		return nil
	}
	return fmt.Errorf("%s:%d: %s has to be refused as %s, with %d:\n%s", s.File, r.line, r.Name, r.Gets, s.errors[r.Gets].status, e)
}

// Refused is the status that a wrong credential gets.
func (s *Session) Refused() int { return s.errors["unauthorized"].status }

// Removes says whether the host can take a value away.
func (s *Session) Removes() bool {
	for _, a := range s.accepts {
		if a.does != "write" && a.does != "login" && a.does != "none" && a.does != "look" && a.does != "zones" {
			return true
		}
	}
	return false
}
