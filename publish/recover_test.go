package publish

import (
	"context"
	"errors"
	"testing"
	"time"

	"deputy/fault"
	"deputy/name"
	"deputy/secret"
	"deputy/store"
)

// abandon makes the publications of a claim those of a holder that is gone.
func abandon(t *testing.T, claim *store.Claim) {
	t.Helper()
	if err := claim.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func take(t *testing.T, s *store.Store, certificate string) *store.Claim {
	t.Helper()
	claim, err := s.Take(t.Context(), "certificate/"+certificate)
	if err != nil {
		t.Fatal(err)
	}
	return claim
}

// TestRecover: what a gone holder left is withdrawn with the revision that wrote it; what others hold is not touched.
func TestRecover(t *testing.T) {
	t.Parallel()
	r := newRig(t, additive, long)
	r.world.where[1] = "the old place"
	gone := take(t, r.Store, "gone.nl")
	r.put(t, gone, values(validation, "gone.nl", "left"))
	live := values(validation, "live.nl", "kept")
	live[0].Target.Revision = 2
	h := r.put(t, work(t, r.Store, "live.nl"), live)
	if n, err := r.Recover(t.Context()); n != 0 || err != nil {
		t.Fatalf("with all at work: Recover = %d, %v", n, err)
	}
	abandon(t, gone)
	if n, err := r.Recover(t.Context()); n != 1 || err != nil {
		t.Fatalf("Recover = %d, %v", n, err)
	}
	r.world.mustHold(t, validation, "kept")
	log := r.world.log()
	if last := log[len(log)-1]; last.revision != 1 {
		t.Errorf("withdrawn with revision %d, want the one that wrote it", last.revision)
	}
	if err := r.Withdraw(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	mustBeEmpty(t, r.Store)
}

// TestRecoverGoesOn: one host that fails does not stop the others, and what it has is not forgotten.
func TestRecoverGoesOn(t *testing.T) {
	t.Parallel()
	r := newRig(t, additive, long)
	gone := take(t, r.Store, "gone.nl")
	owners := []name.Name{name.MustParseOwner("a.martdj.dedyn.io"), name.MustParseOwner("b.martdj.dedyn.io")}
	for _, owner := range owners {
		r.put(t, gone, values(owner, "gone.nl", "left"))
	}
	abandon(t, gone)
	r.world.calls = 0
	r.world.decide = func(call int) outcome {
		if call < tries {
			return refused
		}
		return done
	}
	n, err := r.Recover(t.Context())
	if n != 1 {
		t.Errorf("Recover = %d, want 1", n)
	}
	mustFault(t, err, fault.LeftoverPending, "a.martdj.dedyn.io", "says no")
	r.world.mustHold(t, owners[0], "left")
	r.world.mustHold(t, owners[1])
	if left := rows(t, r.Store); len(left) != 1 || !contains(left[0].Error, "says no") {
		t.Errorf("the journal has %+v, want the one that is left, and why", left)
	}
	if n, err := r.Recover(t.Context()); n != 1 || err != nil {
		t.Errorf("the next time: Recover = %d, %v", n, err)
	}
	mustBeEmpty(t, r.Store)
}

// TestRecoverUntouched: what was journalled and never begun is closed without a request.
func TestRecoverUntouched(t *testing.T) {
	t.Parallel()
	r := newRig(t, additive, long)
	gone := take(t, r.Store, "gone.nl")
	sites, err := r.sites(values(validation, "gone.nl", "never"))
	if err != nil {
		t.Fatal(err)
	}
	if err := intend(t.Context(), gone, sites); err != nil {
		t.Fatal(err)
	}
	abandon(t, gone)
	r.world.calls = 0
	if n, err := r.Recover(t.Context()); n != 0 || err != nil || r.world.calls != 0 {
		t.Errorf("Recover = %d, %v, with %d requests; want none", n, err, r.world.calls)
	}
	mustBeEmpty(t, r.Store)
}

// TestGoneAtTheServers: where the host can't be read and won't remove, a value that all servers lack is gone, but only
// once it is older than any lag.
func TestGoneAtTheServers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		limit  time.Duration
		silent string
		left   int
	}{{"old", time.Nanosecond, "", 0}, {"young", time.Hour, "", 1}, {"a server is silent", time.Nanosecond, "no answer in 3 tries", 1}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, additive, short)
			r.world.unreadable = true
			r.put(t, work(t, r.Store, "other.nl"), values(validation, "other.nl", "other"))
			h := r.put(t, work(t, r.Store, "a.nl"), values(validation, "a.nl", "value"))
			r.world.write(validation, "other")
			r.world.decide = func(int) outcome { return refused }
			r.servers.list[1].failure = c.silent
			r.Limit = c.limit
			err := r.Withdraw(t.Context(), h)
			if c.left == 0 && err != nil {
				t.Error(err)
			} else if c.left > 0 {
				mustFault(t, err, fault.LeftoverPending)
			}
			if got := len(rows(t, r.Store)) - 1; got != c.left {
				t.Errorf("%d left, want %d", got, c.left)
			}
		})
	}
}

// TestPutTidies: a holder that comes to a target withdraws what was left there, in one write with its own where the
// host can.
func TestPutTidies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		traits  store.Traits
		changes int // after the first
	}{{"in one write", additive, 1}, {"before its turn", replacing, 2}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, c.traits, short)
			gone := take(t, r.Store, "a.nl")
			h := r.put(t, gone, values(validation, "a.nl", "left"))
			for _, s := range h.sites {
				r.release(t.Context(), s)
			}
			abandon(t, gone)
			next := r.put(t, work(t, r.Store, "a.nl"), values(validation, "a.nl", "new"))
			r.world.mustHold(t, validation, "new")
			if log := r.world.log(); len(log) != 1+c.changes {
				t.Errorf("changes %+v, want %d after the first", log, c.changes)
			}
			if err := r.Withdraw(t.Context(), next); err != nil {
				t.Fatal(err)
			}
			mustBeEmpty(t, r.Store)
		})
	}
}

// TestAdopt: the same value of the same certificate, left by an earlier run, is not written again.
func TestAdopt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		there bool // whether the value is still at the host
		calls int
	}{{"there", true, 1}, {"gone", false, 2}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, additive, long)
			gone := take(t, r.Store, "a.nl")
			r.put(t, gone, values(validation, "a.nl", "value"))
			abandon(t, gone)
			if !c.there {
				r.world.write(validation)
			}
			h := r.put(t, work(t, r.Store, "a.nl"), values(validation, "a.nl", "value"))
			if r.world.calls != c.calls {
				t.Errorf("%d requests, want %d", r.world.calls, c.calls)
			}
			if p := h.Publications[0]; p.State != store.Written || p.Context != secret.New("context of value") {
				t.Errorf("adopted %s with context %q", p.State, p.Context.Reveal())
			}
			if err := r.Await(t.Context(), h); err != nil {
				t.Fatal(err)
			}
			if err := r.Withdraw(t.Context(), h); err != nil {
				t.Fatal(err)
			}
			r.world.mustHold(t, validation)
			mustBeEmpty(t, r.Store)
		})
	}
}

// TestWithdraw: an ended ctx does not stop it; a host that fails leaves the value in the journal, for Recover.
func TestWithdraw(t *testing.T) {
	t.Parallel()
	r := newRig(t, additive, long)
	holder := take(t, r.Store, "a.nl")
	h := r.put(t, holder, values(validation, "a.nl", "value"))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	r.world.decide = func(call int) outcome {
		if call <= tries {
			return refused
		}
		return done
	}
	mustFault(t, r.Withdraw(ended, h), fault.LeftoverPending, "value", "validation.martdj.dedyn.io", "says no")
	if left := rows(t, r.Store); len(left) != 1 || left[0].State != store.Withdrawing || !contains(left[0].Error, "says no") {
		t.Fatalf("the journal has %+v, want the value and why it is left", left)
	}
	abandon(t, holder)
	if n, err := r.Recover(ended); n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("Recover with an ended ctx = %d, %v", n, err)
	}
	if n, err := r.Recover(t.Context()); n != 1 || err != nil {
		t.Errorf("Recover = %d, %v", n, err)
	}
	r.world.mustHold(t, validation)
	mustBeEmpty(t, r.Store)
}

// TestWithdrawNothing: nil and what was never written are no work.
func TestWithdrawNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, additive, long)
	if err := r.Withdraw(t.Context(), nil); err != nil {
		t.Error(err)
	}
	if n, err := r.Recover(t.Context()); n != 0 || err != nil {
		t.Errorf("Recover = %d, %v", n, err)
	}
}

// TestFlying: while a request of somebody who is gone may still be on its way, nothing is written.
func TestFlying(t *testing.T) {
	t.Parallel()
	r := newRig(t, additive, short)
	gone := take(t, r.Store, "gone.nl")
	r.put(t, gone, values(validation, "gone.nl", "left"))
	var until time.Time
	err := gone.Do(t.Context(), func(tx *store.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		p, err := tx.PublicationsAt(validation)
		if err != nil {
			return err
		}
		until = now.Add(r.span())
		p[0].Until = until
		_, err = tx.PutPublication(p[0])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	abandon(t, gone)
	r.world.inside = func(int) {
		err := r.Store.View(context.Background(), func(tx *store.Tx) error {
			now, err := tx.Now()
			if !now.After(until) {
				t.Error("written while the other's request could still arrive")
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	h := r.put(t, work(t, r.Store, "a.nl"), values(validation, "a.nl", "new"))
	if got := r.recorder.text("wait"); !contains(got, "on its way") {
		t.Errorf("the wait was not told: %q", got)
	}
	r.world.mustHold(t, validation, "new")
	if err := r.Withdraw(t.Context(), h); err != nil {
		t.Fatal(err)
	}
}
