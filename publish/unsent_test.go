package publish

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"deputy/fault"
	"deputy/store"
)

// unsent is the error of a change of which nothing was sent.
func unsent(code fault.Code) error {
	return &fault.Fault{Code: code, Tried: "write", Seen: "nothing was sent", Do: "mend it", Who: fault.Admin, Err: store.ErrNothingSent}
}

// TestNothingSent: what was refused before anything was sent is closed as never written, without a request; the same value
// that somebody else has there stays.
func TestNothingSent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		traits store.Traits
		code   fault.Code
		adds   int
		there  []string
		left   bool // an earlier run left another value
	}{
		{"a document at fault", additive, fault.WrongTarget, 1, nil, false},
		{"a host that can't be reached", additive, fault.HostFailed, tries, nil, false},
		{"somebody else has the value", additive, fault.WrongTarget, 1, []string{"value"}, false},
		{"in a turn", replacing, fault.WrongTarget, 1, nil, false},
		{"after what an earlier run left", replacing, fault.WrongTarget, 1, nil, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, c.traits, short)
			if c.left {
				gone := take(t, r.Store, "gone.nl")
				h := r.put(t, gone, values(validation, "gone.nl", "left"))
				for _, s := range h.sites {
					r.release(t.Context(), s)
				}
				abandon(t, gone)
			}
			r.world.write(validation, append(r.world.at(validation), c.there...)...)
			host := &failing{world: r.world, err: unsent(c.code)}
			r.Host = host
			_, err := r.Put(t.Context(), work(t, r.Store, "a.nl"), values(validation, "a.nl", "value"))
			mustFault(t, err, c.code)
			if host.adds != c.adds {
				t.Errorf("asked %d times to add, want %d", host.adds, c.adds)
			}
			for _, p := range host.removed {
				if p.Value != "left" {
					t.Errorf("asked to remove %s, which was never written", p.Value)
				}
			}
			r.world.mustHold(t, validation, c.there...)
			mustBeEmpty(t, r.Store)
		})
	}
}

// TestTargetLostBeforeWriting: nothing is sent under a claim of the target that another has taken over, even where only
// the holder's own claim is asked for the row.
func TestTargetLostBeforeWriting(t *testing.T) {
	t.Parallel()
	r := newRig(t, replacing, long)
	holder := work(t, r.Store, "a.nl")
	sites, err := r.sites(values(validation, "a.nl", "value"))
	if err != nil {
		t.Fatal(err)
	}
	if err := intend(t.Context(), holder, sites); err != nil {
		t.Fatal(err)
	}
	s := sites[0]
	if err := r.take(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if err := s.claim.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Store.Take(t.Context(), store.Target{Owner: validation}.Key()); err != nil {
		t.Fatal(err)
	}
	_, err = r.attempt(t.Context(), s, holder, change{target: s.publications[0].Target, add: s.publications})
	if !errors.Is(err, store.ErrClaimLost) {
		t.Errorf("error = %v, want that the claim is lost", err)
	}
	if r.world.calls > 0 || s.begun {
		t.Errorf("%d requests under a lost claim", r.world.calls)
	}
}

// TestClockSetBack: a request that the journal has end in an hour, since the clock was wrong, is waited for no longer than
// a request takes; and what its process left is withdrawn.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		next func(r *rig) error
	}{
		{"put", func(r *rig) error {
			h, err := r.Put(t.Context(), work(t, r.Store, "b.nl"), values(validation, "b.nl", "new"))
			return errors.Join(err, r.Withdraw(context.Background(), h))
		}},
		{"recover", func(r *rig) error {
			_, err := r.Recover(context.Background())
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := newRig(t, replacing, short)
			gone := take(t, r.Store, "a.nl")
			h := r.put(t, gone, values(validation, "a.nl", "left"))
			_, err := journal(t.Context(), gone, h.Publications, func(p *store.Publication, now time.Time) { p.Until = now.Add(time.Hour) })
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range h.sites {
				r.release(t.Context(), s)
			}
			abandon(t, gone)
			if err := c.next(r); err != nil {
				t.Fatal(err)
			}
			if got := r.recorder.text("wait"); !contains(got, "on its way") {
				t.Errorf("the wait was not told: %q", got)
			}
			r.world.mustHold(t, validation)
			mustBeEmpty(t, r.Store)
		})
	}
}

// TestUntilIsNotSetBack: the end of an earlier request, whose answer was lost, stays in the journal when a new one begins.
func TestUntilIsNotSetBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, additive, long)
	holder := work(t, r.Store, "a.nl")
	h := r.put(t, holder, values(validation, "a.nl", "value"))
	s := h.sites[0]
	if err := r.take(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	var later time.Time
	rows, err := journal(t.Context(), s.claim, s.publications, func(p *store.Publication, now time.Time) {
		later = now.Add(2 * r.span()).Truncate(time.Millisecond)
		p.Until = later
	})
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]change{"adding": {add: rows}, "removing": {remove: rows}} {
		got, err := r.begin(t.Context(), s, holder, c)
		if err != nil {
			t.Fatal(err)
		}
		if until := got.rows()[0].Until; until.Before(later) {
			t.Errorf("%s: until %s, which was %s", what, until, later)
		}
	}
	if err := r.release(t.Context(), s); err != nil {
		t.Error(err)
	}
}

// TestUntilAfterAttempts: an answer says that its own request is over, and nothing of an earlier one without an answer; that
// one is waited for, whoever comes to the target next, and where the value was withdrawn meanwhile.
func TestUntilAfterAttempts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		fates  []outcome
		flying bool
	}{
		{"done", []outcome{done}, false},
		{"refused", []outcome{refused}, false},
		{"nothing sent", []outcome{kept}, false},
		{"no answer, and seen done", []outcome{lost}, false},
		{"no answer, and not seen done", []outcome{dropped}, true},
		{"no answer, then refused", []outcome{dropped, refused}, true},
		{"no answer, then done", []outcome{dropped, done}, true},
		{"no answer, then nothing sent", []outcome{dropped, kept}, true},
		{"no answer, then none and seen done", []outcome{dropped, lost}, true},
		{"no answer, then refused, then done", []outcome{dropped, refused, done}, true},
		{"refused, then done", []outcome{refused, done}, false},
		{"refused, then no answer and seen done: by which is not known", []outcome{refused, lost}, true},
	} {
		for _, removing := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, removing %t", c.name, removing), func(t *testing.T) {
				t.Parallel()
				r := newRig(t, additive, long)
				holder := work(t, r.Store, "a.nl")
				s, next := r.ready(t, holder, removing)
				r.world.calls = 0
				r.world.decide = func(call int) outcome { return c.fates[call] }
				var err error
				for range c.fates {
					if next.empty() {
						t.Fatal("nothing is left to try; the test shows nothing")
					}
					next, err = r.attempt(t.Context(), s, holder, next)
				}
				if last := c.fates[len(c.fates)-1]; (err == nil) != (last == done) && last != lost {
					t.Errorf("the last attempt: %v", err)
				}
				sv, err := r.read(s)
				if err != nil {
					t.Fatal(err)
				}
				// One that was sent ends a span after its begin; a moment is what later adds.
				if flying := sv.flying > time.Second; flying != c.flying {
					t.Errorf("%s of a span of %s are left for a request on its way, want some: %t", sv.flying, r.span(), c.flying)
				}
				if err := r.release(t.Context(), s); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// ready claims the target of one value of a.nl, and gives the change that adds it, or removes it after it was written.
func (r *rig) ready(t *testing.T, holder *store.Claim, removing bool) (*site, change) {
	t.Helper()
	wanted := values(validation, "a.nl", "value")
	if removing {
		s := r.put(t, holder, wanted).sites[0]
		if err := r.take(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		return s, change{target: s.publications[0].Target, remove: s.publications}
	}
	sites, err := r.sites(wanted)
	if err != nil {
		t.Fatal(err)
	}
	if err := intend(t.Context(), holder, sites); err != nil {
		t.Fatal(err)
	}
	s := sites[0]
	if err := r.take(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	return s, change{target: s.publications[0].Target, add: s.publications}
}

// TestSameValueThroughAnotherRevision: a value that another at work keeps through another revision of the DNS Provider
// can't be taken away from under him; that is an error and no success, and the value goes when he has gone.
func TestSameValueThroughAnotherRevision(t *testing.T) {
	t.Parallel()
	r := newRig(t, additive, long)
	first, second := take(t, r.Store, "a.nl"), take(t, r.Store, "b.nl")
	mine := r.put(t, first, values(validation, "a.nl", "same"))
	theirs := values(validation, "b.nl", "same")
	theirs[0].Target.Revision = 2
	other := r.put(t, second, theirs)
	mustFault(t, r.Withdraw(t.Context(), mine), fault.LeftoverPending, "same", "another revision")
	r.world.mustHold(t, validation, "same")
	left := rows(t, r.Store)
	if len(left) != 2 || left[0].State != store.Withdrawing || left[0].Error == "" {
		t.Errorf("the journal has %+v, want ours to be withdrawn, and why it is not", fmt.Sprint(left))
	}
	abandon(t, first)
	if n, err := r.Recover(t.Context()); n != 0 || err == nil {
		t.Errorf("with the other at work: Recover = %d, %v; want an error", n, err)
	}
	if err := r.Withdraw(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	abandon(t, second)
	if _, err := r.Recover(t.Context()); err != nil {
		t.Error(err)
	}
	r.world.mustHold(t, validation)
	mustBeEmpty(t, r.Store)
}
