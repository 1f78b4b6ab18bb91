// Package schedule says when a certificate is due and sees to the due ones.
//
// It issues nothing itself: a function that does is handed in.
package schedule

import (
	"context"
	"time"

	"deputy/store"
)

// Due says whether c is due at now, and why in a phrase: ARI's time, else a third of the lifetime left, a half for
// lifetimes under ten days (RFC 9773 §4.1 leaves the fallback open; Let's Encrypt's integration guide names it).
func Due(c store.Certificate, now time.Time) (due bool, why string, next time.Time) { panic("seam") }

// Renewer renews what is due.
type Renewer struct {
	Store *store.Store
	Ask   func(context.Context, store.Certificate) (info store.RenewalInfo, ok bool, err error) // ARI; nil for none
	Renew func(context.Context, store.Certificate) error
	Tell  store.Sink
}

// Run goes over all certificates once, asks for renewal information where it is time to, renews the due ones, and
// records failures with a time before which they are not tried again. It returns how many were renewed, and the
// failures joined.
func (r *Renewer) Run(ctx context.Context) (renewed int, err error) { panic("seam") }
