package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"deputy/fault"
)

// timed runs a test in a bubble where time passes as soon as everybody waits, and the database has the bubble's time.
func timed(t *testing.T, f func(t *testing.T, s *Store)) {
	t.Parallel()
	dir, keys := t.TempDir(), testKeys(t)
	synctest.Test(t, func(t *testing.T) {
		s, err := Open(t.Context(), Options{Dir: dir, Keys: keys, Clock: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		f(t, s)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

func take(t *testing.T, s *Store, key string) *Claim {
	t.Helper()
	c, err := s.Take(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func nothing(*Tx) error { return nil }

func TestClaimIsHeldByOne(t *testing.T) {
	timed(t, func(t *testing.T, s *Store) {
		first := take(t, s, "a")
		until := time.Now().Add(s.Lease())
		_, err := s.Take(t.Context(), "a")
		var held *HeldError
		if !errors.As(err, &held) || held.Key != "a" || !held.Until.Equal(until.Truncate(time.Millisecond)) {
			t.Fatalf("got %v, want a HeldError until %v", err, until)
		}
		if !strings.Contains(err.Error(), fmt.Sprintf("pid %d", os.Getpid())) {
			t.Errorf("%q does not name the process", err)
		}
		if other := take(t, s, "b"); other.Fence != 1 {
			t.Errorf("another key begins at fence %d", other.Fence)
		}
		if err := first.Do(t.Context(), nothing); err != nil {
			t.Error(err)
		}
	})
}

func TestFenceGrowsForEver(t *testing.T) {
	timed(t, func(t *testing.T, s *Store) {
		for want := int64(1); want <= 6; want++ {
			c := take(t, s, "a")
			if c.Fence != want {
				t.Errorf("got fence %d, want %d", c.Fence, want)
			}
			if want%2 == 0 {
				time.Sleep(s.Lease())
			} else if err := c.Release(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
}

// The lease lasts to its last millisecond, and not longer: neither for others nor for the holder.
func TestLeaseEnds(t *testing.T) {
	timed(t, func(t *testing.T, s *Store) {
		first := take(t, s, "a")
		time.Sleep(s.Lease() - time.Millisecond)
		if _, err := s.Take(t.Context(), "a"); err == nil {
			t.Error("taken a millisecond early")
		}
		if err := first.Do(t.Context(), nothing); err != nil {
			t.Errorf("a millisecond before the end: %v", err)
		}
		time.Sleep(time.Millisecond)
		if err := first.Do(t.Context(), nothing); !errors.Is(err, ErrClaimLost) {
			t.Errorf("at the end: %v", err)
		}
		take(t, s, "a")
	})
}

// A holder that was held up can't write any more, and can't hurt its successor by releasing.
func TestFencedOff(t *testing.T) {
	timed(t, func(t *testing.T, s *Store) {
		first := take(t, s, "a")
		time.Sleep(s.Lease())
		second := take(t, s, "a")
		ran := false
		err := first.Do(t.Context(), func(*Tx) error { ran = true; return nil })
		if !errors.Is(err, ErrClaimLost) || ran {
			t.Errorf("got %v, ran %v", err, ran)
		}
		if err := first.Release(t.Context()); err != nil {
			t.Errorf("release of a lost claim: %v", err)
		}
		if err := second.Do(t.Context(), nothing); err != nil {
			t.Errorf("the successor: %v", err)
		}
	})
}

func TestReleased(t *testing.T) {
	timed(t, func(t *testing.T, s *Store) {
		c := take(t, s, "a")
		for range 2 {
			if err := c.Release(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if err := c.Do(t.Context(), nothing); !errors.Is(err, ErrClaimLost) {
			t.Errorf("after release: %v", err)
		}
	})
}

func TestKeepHoldsOn(t *testing.T) {
	timed(t, func(t *testing.T, s *Store) {
		c := take(t, s, "a")
		kept, stop := c.Keep(t.Context())
		time.Sleep(20 * s.Lease())
		if kept.Err() != nil {
			t.Errorf("ended: %v", context.Cause(kept))
		}
		if err := c.Do(kept, nothing); err != nil {
			t.Error(err)
		}
		stop()
		if kept.Err() == nil || errors.Is(context.Cause(kept), ErrClaimLost) {
			t.Errorf("after stop: %v", context.Cause(kept))
		}
		stop() // twice is harmless
		time.Sleep(s.Lease())
		if second := take(t, s, "a"); second.Fence != 2 {
			t.Errorf("got fence %d", second.Fence)
		}
	})
}

func TestKeepNoticesLoss(t *testing.T) {
	tests := map[string]func(s *Store) error{
		"released":   func(s *Store) error { return (&Claim{Key: "a", Fence: 1, store: s}).Release(context.Background()) },
		"taken over": func(s *Store) error { return update(s, `UPDATE claims SET fence = fence + 1`) },
		"row gone":   func(s *Store) error { return update(s, `DELETE FROM claims`) },
		"expired":    func(s *Store) error { return update(s, `UPDATE claims SET lease_until = 1`) },
	}
	for name, lose := range tests {
		t.Run(name, func(t *testing.T) {
			timed(t, func(t *testing.T, s *Store) {
				kept, stop := take(t, s, "a").Keep(t.Context())
				defer stop()
				synctest.Wait()
				if err := lose(s); err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				<-kept.Done()
				if !errors.Is(context.Cause(kept), ErrClaimLost) || time.Since(start) > s.Lease()/3 {
					t.Errorf("ended %v later: %v", time.Since(start), context.Cause(kept))
				}
			})
		})
	}
}

func update(s *Store, query string) error {
	return s.Do(context.Background(), func(t *Tx) error {
		_, err := t.exec("test", query)
		return err
	})
}

// A database that fails is tried again until the lease is over, and then the claim is lost: never later.
func TestKeepWhenTheDatabaseFails(t *testing.T) {
	timed(t, func(t *testing.T, s *Store) {
		kept, stop := take(t, s, "a").Keep(t.Context())
		defer stop()
		time.Sleep(s.Lease() / 2)
		if err := update(s, `ALTER TABLE claims RENAME TO gone`); err != nil {
			t.Fatal(err)
		}
		last := time.Now().Add(-s.Lease()/2 + s.Lease()/3) // of the beat before
		<-kept.Done()
		if held := time.Since(last); !errors.Is(context.Cause(kept), ErrClaimLost) || held != s.Lease() {
			t.Errorf("ended after %v with %v", held, context.Cause(kept))
		}
	})
}

// A database that hangs, since another process was stopped in the middle of a transaction, ends the claim with its lease
// too: the beat does not wait for longer than that, patient as other transactions are.
func TestKeepWhenTheDatabaseHangs(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{Lease: time.Second})
	c := take(t, s, "a")
	other, err := s.pool(1, "immediate", "query_only(0)")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	stopped, err := other.Begin()
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	kept, stop := c.Keep(t.Context())
	defer stop()
	<-kept.Done()
	if !errors.Is(context.Cause(kept), ErrClaimLost) || time.Since(start) > patience/2 {
		t.Errorf("ended after %v with %v", time.Since(start), context.Cause(kept))
	}
	if err := stopped.Rollback(); err != nil {
		t.Error(err)
	}
}

func TestKeepWhenTheDatabaseRecovers(t *testing.T) {
	timed(t, func(t *testing.T, s *Store) {
		kept, stop := take(t, s, "a").Keep(t.Context())
		defer stop()
		for range 3 {
			time.Sleep(s.Lease() / 4)
			err1 := update(s, `ALTER TABLE claims RENAME TO gone`)
			time.Sleep(s.Lease() / 3)
			err2 := update(s, `ALTER TABLE gone RENAME TO claims`)
			if err := errors.Join(err1, err2); err != nil {
				t.Fatal(err)
			}
			time.Sleep(s.Lease())
		}
		if kept.Err() != nil {
			t.Errorf("ended: %v", context.Cause(kept))
		}
	})
}

func TestKeepEndsWithItsContext(t *testing.T) {
	timed(t, func(t *testing.T, s *Store) {
		why := errors.New("why")
		ctx, cancel := context.WithCancelCause(t.Context())
		kept, stop := take(t, s, "a").Keep(ctx)
		cancel(why)
		<-kept.Done()
		stop()
		if context.Cause(kept) != why {
			t.Errorf("got %v", context.Cause(kept))
		}
	})
}

func TestWait(t *testing.T) {
	timed(t, func(t *testing.T, s *Store) {
		take(t, s, "a")
		start, told := time.Now(), []time.Time{}
		c, err := s.Wait(t.Context(), "a", func(held *HeldError) {
			if held.Key != "a" || held.Until.IsZero() {
				t.Errorf("told %+v", held)
			}
			told = append(told, time.Now())
		})
		if err != nil || c.Fence != 2 {
			t.Fatalf("got %v, %v", c, err)
		}
		if waited := time.Since(start); waited < s.Lease() || waited > s.Lease()+longPause {
			t.Errorf("waited %v", waited)
		}
		if len(told) < 2 || !told[0].Equal(start) {
			t.Errorf("told at %v", told)
		}
		for i := 1; i < len(told); i++ {
			if told[i].Sub(told[i-1]) < time.Second {
				t.Errorf("told twice within a second: %v", told)
			}
		}
	})
}

func TestWaitForRelease(t *testing.T) {
	timed(t, func(t *testing.T, s *Store) {
		first := take(t, s, "a")
		time.AfterFunc(200*time.Millisecond, func() {
			if err := first.Release(context.Background()); err != nil {
				t.Error(err)
			}
		})
		start := time.Now()
		c, err := s.Wait(t.Context(), "a", nil)
		if err != nil || c.Fence != 2 || time.Since(start) > time.Second {
			t.Errorf("got %v, %v after %v", c, err, time.Since(start))
		}
	})
}

func TestWaitEndsWithItsContext(t *testing.T) {
	timed(t, func(t *testing.T, s *Store) {
		take(t, s, "a")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if c, err := s.Wait(ctx, "a", nil); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, %v", c, err)
		}
	})
}

// Publications are orphans when their claim is gone in any way and no request for them can be on its way.
func TestOrphans(t *testing.T) {
	timed(t, func(t *testing.T, s *Store) {
		x := newSample()
		x.publication.Holder, x.publication.Fence, x.publication.Until = "a", 1, time.Now().Add(s.Lease()+time.Millisecond)
		do(t, s, x.fill)
		expect := func(what string, want int) {
			t.Helper()
			view(t, s, func(tx *Tx) error {
				got, err := tx.Orphans()
				same(t, what, len(got), err, want)
				return nil
			})
		}
		expect("no claim, Until further ahead than any request lasts: the clock was set back", 1)
		time.Sleep(time.Millisecond)
		expect("no claim, a request may be on its way", 0)
		time.Sleep(s.Lease())
		expect("no claim, at Until", 0)
		time.Sleep(time.Millisecond)
		expect("no claim, after Until", 1)
		first := take(t, s, "a")
		expect("held", 0)
		time.Sleep(s.Lease() - time.Millisecond)
		expect("held to the last", 0)
		time.Sleep(time.Millisecond)
		expect("lease over", 1)
		second := take(t, s, "a")
		expect("taken over", 1)
		adopt := x.publication
		for _, step := range []struct {
			what  string
			fence int64
			state PublicationState
			want  int
		}{
			{"adopted", second.Fence, Written, 0}, {"of the first", first.Fence, Intended, 1}, {"being withdrawn", first.Fence, Withdrawing, 1},
			{"unremovable", first.Fence, Unremovable, 0}, {"withdrawn", first.Fence, Withdrawn, 0},
		} {
			adopt.Fence, adopt.State = step.fence, step.state
			do(t, s, func(tx *Tx) error { _, err := tx.PutPublication(adopt); return err })
			expect(step.what, step.want)
		}
	})
}

// A transaction within a transaction is a mistake, and not one that waits for ever.
func TestTransactionWithin(t *testing.T) {
	timed(t, func(t *testing.T, s *Store) {
		do(t, s, func(tx *Tx) error {
			wantFault(t, s.Do(t.Context(), nothing), fault.StateFailed, "transaction of this process")
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if err := s.Do(ctx, nothing); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("with a deadline: %v", err)
			}
			return s.View(t.Context(), nothing)
		})
		do(t, s, nothing)
	})
}

func TestDatabaseTime(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	before := time.Now().Truncate(time.Millisecond)
	var now time.Time
	view(t, s, func(tx *Tx) (err error) { now, err = tx.Now(); return err })
	if after := time.Now(); now.Before(before.Add(-time.Millisecond)) || now.After(after.Add(time.Millisecond)) || now.Location() != time.UTC {
		t.Errorf("the database says %v between %v and %v", now, before, after)
	}
}

// One transaction may hold several claims: it fails when any of them is lost.
func TestHold(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	work, place := take(t, s, "work"), take(t, s, "place")
	both := func() error {
		return work.Do(t.Context(), func(tx *Tx) error { return tx.Hold(place) })
	}
	if err := both(); err != nil {
		t.Error(err)
	}
	if err := place.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	take(t, s, "place")
	if err := both(); !errors.Is(err, ErrClaimLost) {
		t.Errorf("held a claim that another has: %v", err)
	}
}
