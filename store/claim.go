package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"
)

// Claim is the right to work on a key until its lease ends, in database time. Its fence grows with every holder.
type Claim struct {
	Key    string
	Fence  int64
	store  *Store
	beaten time.Time // just before the lease was last set, on the process's own clock
}

// HeldError says who holds a claim and until when at the latest.
type HeldError struct {
	Key    string
	Holder string    // host and process, for people
	Until  time.Time // database time
}

func (e *HeldError) Error() string { return e.Key + " is held by " + e.Holder }

// Take claims key for the store's lease, or returns a *HeldError when somebody else holds it: another process, or
// another part of this one. A claim of its own that was not released stands in its way too.
func (s *Store) Take(ctx context.Context, key string) (*Claim, error) {
	c := &Claim{Key: key, store: s, beaten: time.Now()}
	err := s.Do(ctx, func(t *Tx) error {
		var err error
		c.Fence, err = t.take(key)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (t *Tx) take(key string) (fence int64, err error) {
	now, err := t.Now()
	if err != nil {
		return 0, err
	}
	tried := "claim " + key
	until := millis(now.Add(t.store.lease))
	err = t.row(tried, `INSERT INTO claims (key, fence, holder, lease_until) VALUES ($1, 1, $2, $3)
		ON CONFLICT (key) DO UPDATE SET fence = claims.fence + 1, holder = excluded.holder, lease_until = excluded.lease_until
		WHERE claims.lease_until <= $4 RETURNING fence`, key, holder(), until, millis(now)).Scan(&fence)
	if !errors.Is(err, ErrNotFound) {
		return fence, err
	}
	held := &HeldError{Key: key}
	var lease int64
	if err := t.row(tried, `SELECT holder, lease_until FROM claims WHERE key = $1`, key).Scan(&held.Holder, &lease); err != nil {
		return 0, err
	}
	held.Until = moment(lease)
	return 0, held
}

// holder names this process to people.
func holder() string {
	host, err := os.Hostname()
	if err != nil {
		host = "a host without a name"
	}
	return fmt.Sprintf("%s pid %d", host, os.Getpid())
}

// The pauses between two looks at a claim that Wait waits for: they grow by half.
const (
	firstPause = 50 * time.Millisecond
	longPause  = time.Second
)

// Wait takes key as soon as it is free. It calls held at most once a second while it waits (held may be nil).
func (s *Store) Wait(ctx context.Context, key string, held func(*HeldError)) (*Claim, error) {
	var told time.Time
	for wait := firstPause; ; wait = min(wait*3/2, longPause) {
		c, err := s.Take(ctx, key)
		var other *HeldError
		if !errors.As(err, &other) {
			return c, err
		}
		if held != nil && time.Since(told) >= time.Second {
			told = time.Now()
			held(other)
		}
		if err := pause(ctx, wait/2+rand.N(wait/2)); err != nil {
			return nil, err
		}
	}
}

// Do runs f in a transaction that first checks the fence; ErrClaimLost when somebody else has the claim, or its lease
// is over: others may have begun to clean up after it then.
func (c *Claim) Do(ctx context.Context, f func(*Tx) error) error {
	return c.store.Do(ctx, func(t *Tx) error {
		if err := t.Hold(c); err != nil {
			return err
		}
		return f(t)
	})
}

// Hold checks the fence of one more claim in the transaction, as Do checks its own.
func (t *Tx) Hold(c *Claim) error {
	// An update that changes nothing, since it locks the row on every database: nobody can take the claim before this
	// transaction ends.
	return t.holding(c, `UPDATE claims SET fence = fence WHERE key = $1 AND fence = $2 AND lease_until > $3`)
}

// holding runs a statement on the claim's row, with key, fence and now in it, and returns ErrClaimLost if it changed nothing.
func (t *Tx) holding(c *Claim, query string, more ...any) error {
	now, err := t.Now()
	if err != nil {
		return err
	}
	tried := "hold " + c.Key
	n, err := t.exec(tried, query, append([]any{c.Key, c.Fence, millis(now)}, more...)...)
	if err == nil && n == 0 {
		return fmt.Errorf("%s: %w", tried, ErrClaimLost)
	}
	return err
}

// Release gives the claim up. It is not an error to release a lost one. The row stays, so that the fence grows on.
func (c *Claim) Release(ctx context.Context) error {
	return c.store.Do(ctx, func(t *Tx) error {
		_, err := t.exec("release "+c.Key, `UPDATE claims SET holder = '', lease_until = 0 WHERE key = $1 AND fence = $2`, c.Key, c.Fence)
		return err
	})
}
