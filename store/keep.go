package store

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Keep beats the claim's heart every third of the lease until stop or release; the context ends, with cause
// ErrClaimLost, when the claim is lost or could not be extended before its lease ended. stop returns when no beat is
// under way any more; it does not release the claim. Keep is called once for a claim.
func (c *Claim) Keep(ctx context.Context) (kept context.Context, stop func()) {
	kept, cancel := context.WithCancelCause(ctx)
	var beating sync.WaitGroup
	beating.Go(func() { cancel(c.beat(kept)) })
	return kept, func() {
		cancel(context.Canceled)
		beating.Wait()
	}
}

// beat extends the lease until ctx ends, and returns why it stopped. A beat that fails, other than by the loss of the
// claim, is tried again until the lease is over on this process's clock, which was read before the lease was set: so
// the lease is over here first, unless the database's clock was put forward.
func (c *Claim) beat(ctx context.Context) error {
	lease := c.store.lease
	for {
		over := c.beaten.Add(lease)
		start := time.Now()
		err := c.extend(ctx, over)
		if err == nil {
			c.beaten, over = start, start.Add(lease)
		}
		if errors.Is(err, ErrClaimLost) || !time.Now().Before(over) {
			return ErrClaimLost
		}
		if err := pause(ctx, min(lease/3, time.Until(over))); err != nil {
			return err
		}
	}
}

// extend sets the lease anew, if it is not over.
func (c *Claim) extend(ctx context.Context, deadline time.Time) error {
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	return c.store.Do(ctx, func(t *Tx) error {
		now, err := t.Now()
		if err != nil {
			return err
		}
		return t.holding(c, `UPDATE claims SET lease_until = $4 WHERE key = $1 AND fence = $2 AND lease_until > $3`,
			millis(now.Add(c.store.lease)))
	})
}
