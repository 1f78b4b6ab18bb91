package schedule

import (
	"context"
	"errors"
	"time"
)

// Bounds of the time between two looks of a Waiter, and of its silence.
const (
	shortestWait = 15 * time.Second
	longestWait  = 10 * time.Minute
	sayAgain     = 10 * time.Minute
)

// ErrWaited is the end of a wait in vain.
var ErrWaited = errors.New("the time to wait is over")

// Waiter waits for people: it looks again and again until what they have to do is done.
type Waiter struct {
	// Look says whether it is done; where not, in one line what is missing, and how long caches may hold what was seen:
	// to look again sooner shows nothing new (RFC 2308 §5). 0 where nothing is cached, or it is not known.
	Look  func(ctx context.Context) (done bool, missing string, cached time.Duration, err error)
	Limit time.Duration                            // 0: for ever
	Tell  func(missing string, next time.Duration) // at each change, and every ten minutes; nil: nobody listens
}

// Wait looks until it is done. It gives ErrWaited when Limit is over, after a last look, and otherwise the error of Look
// or of ctx.
func (w Waiter) Wait(ctx context.Context) error {
	began := time.Now()
	said, at := "", began
	for {
		done, missing, cached, err := w.Look(ctx)
		if err != nil || done {
			return err
		}
		passed := time.Since(began)
		if w.Limit > 0 && passed >= w.Limit {
			return ErrWaited
		}
		next := min(max(cached, shortestWait), longestWait)
		if w.Limit > 0 {
			next = min(next, w.Limit-passed)
		}
		if w.Tell != nil && (missing != said || time.Since(at) >= sayAgain) {
			w.Tell(missing, next)
			said, at = missing, time.Now()
		}
		if err := sleep(ctx, next); err != nil {
			return err
		}
	}
}

// sleep waits for d, or gives the error of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
