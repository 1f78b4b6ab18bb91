package schedule

import (
	"math/rand/v2"
	"time"

	"deputy/store"
)

// Bounds on when a CA is asked again (RFC 9773 §4.3): what it says counts between a minute and a day; without an answer
// it is six hours.
const (
	soonestAsk = time.Minute
	latestAsk  = day
	silentAsk  = 6 * time.Hour
)

// suggest gives the suggestion to keep after a CA was asked at now: was is the one kept before, told what the CA said.
// The time within the window is drawn once, uniformly (RFC 9773 §4.2), by whoever asked or else here, and stays while the
// window does. A window that ends before it begins is no answer; then the window before holds.
func suggest(was, told store.RenewalInfo, ok bool, now time.Time) store.RenewalInfo {
	next := was
	ok = ok && told.End.After(told.Start)
	if ok {
		next = told
		next.At = was.At
		if was.At.IsZero() || !sameWindow(was, told) {
			next.At = draw(told)
		}
	}
	next.CheckAfter = askAgain(told.CheckAfter, now)
	return next
}

// sameWindow compares to the millisecond, which is how windows are stored.
func sameWindow(a, b store.RenewalInfo) bool {
	return a.Start.UnixMilli() == b.Start.UnixMilli() && a.End.UnixMilli() == b.End.UnixMilli()
}

func draw(told store.RenewalInfo) time.Time {
	if !told.At.Before(told.Start) && told.At.Before(told.End) {
		return told.At
	}
	return told.Start.Add(rand.N(told.End.Sub(told.Start)))
}

func askAgain(wanted, now time.Time) time.Time {
	switch {
	case wanted.IsZero():
		return now.Add(silentAsk)
	case wanted.Before(now.Add(soonestAsk)):
		return now.Add(soonestAsk)
	case wanted.After(now.Add(latestAsk)):
		return now.Add(latestAsk)
	}
	return wanted
}
