package schedule

import (
	"context"

	"deputy/store"
)

// certificates are the rows that a Renewer reads and changes.
type certificates interface {
	list(ctx context.Context) ([]store.Certificate, error)
	read(ctx context.Context, name string) (store.Certificate, error)
	// change reads a certificate, lets f change it and writes it, in one transaction; false from f leaves it alone.
	change(ctx context.Context, name string, f func(*store.Certificate) bool) error
}

// stored are the certificates of a store.
type stored struct{ *store.Store }

var _ certificates = stored{}

func (s stored) list(ctx context.Context) (all []store.Certificate, err error) {
	err = s.View(ctx, func(t *store.Tx) error {
		all, err = t.Certificates()
		return err
	})
	return all, err
}

func (s stored) read(ctx context.Context, name string) (c store.Certificate, err error) {
	err = s.View(ctx, func(t *store.Tx) error {
		c, err = t.Certificate(name)
		return err
	})
	return c, err
}

func (s stored) change(ctx context.Context, name string, f func(*store.Certificate) bool) error {
	return s.Do(ctx, func(t *store.Tx) error {
		c, err := t.Certificate(name)
		if err != nil || !f(&c) {
			return err
		}
		return t.PutCertificate(c)
	})
}
