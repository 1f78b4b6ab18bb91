package provider

import (
	"context"
	"errors"

	"deputy/dnsconfig"
	"deputy/fault"
	"deputy/store"
)

// changing is an account with one change on its way: it remembers whether a request of it that may write has left.
type changing struct {
	*account
	wrote bool
}

// ask sends a request as account does.
func (c *changing) ask(ctx context.Context, q question) (dnsconfig.Request, dnsconfig.Response, error) {
	r, answer, err := c.account.ask(ctx, q)
	if writes(r) && !errors.Is(err, errUnsent) {
		c.wrote = true
	}
	return r, answer, err
}

// verdict is err with whether anything was sent.
func (c *changing) verdict(err error) error {
	if err == nil || c.wrote {
		return err
	}
	return marked(err, store.ErrNothingSent)
}

// doubtful marks an error after which a change may have been made all the same.
func doubtful(err error) error { return marked(err, store.ErrDoubt) }

// marked is err with one more thing that errors.Is finds in it; a fault stays one.
func marked(err, mark error) error {
	f, ok := fault.From(err)
	if !ok {
		return &marking{err, mark}
	}
	with := *f
	with.Err = mark
	if f.Err != nil {
		with.Err = &marking{f.Err, mark}
	}
	return &with
}

// marking is an error with a mark that its text does not show.
type marking struct {
	error
	mark error
}

func (m *marking) Is(target error) bool { return target == m.mark }

func (m *marking) Unwrap() error { return m.error }
