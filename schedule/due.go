// Package schedule says when a certificate is due and sees to the due ones.
//
// It issues nothing itself: a function that does is handed in.
package schedule

import (
	"fmt"
	"time"

	"deputy/store"
)

// shortLife is the lifetime below which a half of it is kept in reserve instead of a third: Let's Encrypt's integration
// guide asks for that, and RFC 9773 §4.1 leaves the time to the client.
const shortLife = 10 * day

const day = 24 * time.Hour

// Due says whether c is due at now, and why in a phrase; next is when it is due. ARI's time counts, else a third of the
// lifetime left, a half for lifetimes under ten days (RFC 9773 §4.1 leaves the fallback open; Let's Encrypt's integration
// guide names it). A certificate that was never issued is due.
//
// It does not look at RetryAt: who asks for a certificate by name need not wait for what a timer has to wait for.
func Due(c store.Certificate, now time.Time) (due bool, why string, next time.Time) {
	if c.Version == 0 {
		return true, "it was not issued yet", now
	}
	next, why = suggested(c)
	if next.IsZero() {
		next, why = reserve(c)
	}
	return !now.Before(next), why, next
}

// suggested is the time that was drawn from the CA's window. One at or after the end of the certificate's life would
// let it expire, whatever the CA meant; it counts as no suggestion.
func suggested(c store.Certificate) (time.Time, string) {
	if c.ARI.At.IsZero() || !c.ARI.At.Before(c.NotAfter) {
		return time.Time{}, ""
	}
	why := fmt.Sprintf("the CA suggests a time from %s to %s", c.ARI.Start.UTC().Format(time.RFC3339), c.ARI.End.UTC().Format(time.RFC3339))
	if c.ARI.Explanation != "" {
		why += ", see " + c.ARI.Explanation
	}
	return c.ARI.At, why
}

// reserve is the time at which so much of the lifetime is left that failures can be mended before the end.
func reserve(c store.Certificate) (time.Time, string) {
	life := c.NotAfter.Sub(c.NotBefore)
	if life < shortLife {
		return c.NotAfter.Add(-life / 2), "half of its life is left, which is under ten days"
	}
	return c.NotAfter.Add(-life / 3), "a third of its life is left"
}
