package publish

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"deputy/fault"
	"deputy/name"
	"deputy/store"
)

// TestLaggingServer: Await does not return before the last server shows the value, and names the one that lacks it.
func TestLaggingServer(t *testing.T) {
	t.Parallel()
	r := newRig(t, additive, long)
	slow := &server{host: "ns2.desec.org", addr: "192.0.2.2", catches: 2}
	r.servers.list[1] = slow
	holder := work(t, r.Store, "a.nl")
	h := r.put(t, holder, values(validation, "a.nl", "value"))
	if err := r.Await(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	// Two questions without the value, one with it, and the last look.
	if slow.asked != 4 {
		t.Errorf("the slow server was asked %d times, want 4", slow.asked)
	}
	if fast := r.servers.list[0]; fast.asked != 2 {
		t.Errorf("the fast server was asked %d times, want 2: when it showed the value, and in the last look", fast.asked)
	}
	told := false
	for _, e := range r.recorder.events {
		told = told || e.Text == "1 of 2 servers show the value; not yet: ns2.desec.org (192.0.2.2:53) (serial 17)"
	}
	if !told {
		t.Errorf("nobody was told which server lacks the value: %v", r.recorder.events)
	}
}

// TestLostWhileWaiting: a value that somebody else removes is written once more, and not a second time.
func TestLostWhileWaiting(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		traits     store.Traits
		unreadable bool
		removals   int
	}{
		{"once", additive, false, 1},
		{"once, replacing", replacing, false, 1},
		{"once, seen at the servers", additive, true, 1},
		{"twice", additive, false, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, c.traits, long)
			r.world.unreadable = c.unreadable
			removed := 0
			tell := r.Tell
			r.Tell = func(ctx context.Context, e store.Event) {
				tell(ctx, e)
				if e.Kind == "publish.seen" && removed < c.removals {
					removed++
					r.world.write(validation)
				}
			}
			h := r.put(t, work(t, r.Store, "a.nl"), values(validation, "a.nl", "value"))
			err := r.Await(t.Context(), h)
			if c.removals > 1 {
				mustFault(t, err, fault.NotPropagated, "something else changes this name")
			} else if err != nil {
				t.Fatal(err)
			} else {
				r.world.mustHold(t, validation, "value")
			}
			if err := r.Withdraw(t.Context(), h); err != nil {
				t.Fatal(err)
			}
			mustBeEmpty(t, r.Store)
		})
	}
}

// TestClaimLost: a holder that another took over from does not tell the CA, whatever the servers show, and still
// leaves nothing behind.
func TestClaimLost(t *testing.T) {
	t.Parallel()
	r := newRig(t, additive, long)
	holder, err := r.Store.Take(t.Context(), "certificate/a.nl")
	if err != nil {
		t.Fatal(err)
	}
	h := r.put(t, holder, values(validation, "a.nl", "value"))
	if err := holder.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	work(t, r.Store, "a.nl")
	mustFault(t, r.Await(t.Context(), h), fault.ClaimLost)
	if err := r.Withdraw(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	r.world.mustHold(t, validation)
	mustBeEmpty(t, r.Store)
}

// TestTakenOver: what a new holder withdrew as left behind is noticed by the old one, who withdraws nothing more.
func TestTakenOver(t *testing.T) {
	t.Parallel()
	r := newRig(t, additive, long)
	holder, err := r.Store.Take(t.Context(), "certificate/a.nl")
	if err != nil {
		t.Fatal(err)
	}
	h := r.put(t, holder, values(validation, "a.nl", "value"))
	if err := holder.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n, err := r.Recover(t.Context()); n != 1 || err != nil {
		t.Fatalf("Recover = %d, %v", n, err)
	}
	r.world.write(validation, "value") // so that nothing but the journal tells
	mustFault(t, r.Await(t.Context(), h), fault.ClaimLost)
	calls := r.world.calls
	if err := r.Withdraw(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	if r.world.calls != calls {
		t.Error("the old holder withdrew once more")
	}
}

// TestFloor: the floor is waited for from the write on, and told.
func TestFloor(t *testing.T) {
	t.Parallel()
	traits := additive
	traits.Floor = 300 * time.Millisecond
	r := newRig(t, traits, long)
	h := r.put(t, work(t, r.Store, "a.nl"), values(validation, "a.nl", "value"))
	written := h.sites[0].written
	if err := r.Await(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	if time.Since(written) < traits.Floor {
		t.Error("the CA would be told before the floor")
	}
	if got := r.recorder.kinds(); slices.Index(got, "wait") < slices.Index(got, "seen") {
		t.Errorf("events %q, want the floor after the value was seen", got)
	}
}

// TestBackAgain: a server that was left out, and answers without the value in the last look, is waited for.
func TestBackAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		dead    server
		mend    func(*server)
		weak    bool // the other server is as dead, so that public resolvers are asked
		catches int  // questions that it answers without the value, once it is back
		refused []string
	}{
		{"it was silent", server{failure: "no answer in 3 tries"}, func(s *server) { s.failure = "" }, false, 3, nil},
		{"its address was not known", server{hidden: 1 << 30}, func(s *server) { s.hidden = 0 }, false, 3, nil},
		{"it was the only one", server{failure: "no answer in 3 tries"}, func(s *server) { s.failure = "" }, true, 3, nil},
		{"it never follows", server{failure: "no answer in 3 tries"}, func(s *server) { s.failure = "" }, false, 1 << 30, []string{"ns2.desec.org (192.0.2.2:53) (serial 17)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, additive, long)
			r.Grace = 300 * time.Millisecond
			if c.refused != nil {
				r.Limit = 2 * time.Second
			}
			dead := c.dead
			dead.host, dead.addr = "ns2.desec.org", "192.0.2.2"
			r.servers.list[1] = &dead
			if c.weak {
				r.servers.list[0].failure = "no answer in 3 tries"
			}
			back := 0
			r.Tell = func(ctx context.Context, e store.Event) {
				r.recorder.tell(ctx, e)
				if e.Kind != "publish.seen" || back > 0 {
					return
				}
				r.servers.change(func() {
					c.mend(&dead)
					back = dead.asked + 1
					dead.catches = dead.asked + c.catches
				})
			}
			h := r.put(t, work(t, r.Store, "a.nl"), values(validation, "a.nl", "value"))
			err := r.Await(t.Context(), h)
			if c.refused != nil {
				mustFault(t, err, fault.NotPropagated, c.refused...)
			} else if err != nil {
				t.Fatal(err)
			}
			if asked := dead.asked - back; c.refused == nil && asked < c.catches {
				t.Errorf("the CA would be told after %d questions to the server that was back, %d of them without the value", asked, c.catches)
			}
			if err := r.Withdraw(t.Context(), h); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// TestFlapping: a server that shows the value every other time can't hold Await up for longer than its limit.
func TestFlapping(t *testing.T) {
	t.Parallel()
	r := newRig(t, additive, long)
	r.servers.list[1].flaps = true
	r.Limit = time.Second
	h := r.put(t, work(t, r.Store, "a.nl"), values(validation, "a.nl", "value"))
	mustFault(t, r.Await(t.Context(), h), fault.NotPropagated, "ns2.desec.org")
	if asked := r.servers.list[1].asked; asked > 2*6 { // a look and a last look, at most every 250 ms
		t.Errorf("the server was asked %d times within the limit", asked)
	}
	if err := r.Withdraw(t.Context(), h); err != nil {
		t.Fatal(err)
	}
}

// TestAwaitEnds: an ended ctx ends Await with its cause, and the error names who lacks the value. A server that is
// being asked is not waited for.
func TestAwaitEnds(t *testing.T) {
	t.Parallel()
	r := newRig(t, additive, long)
	r.servers.list[0].catches = 1000
	r.servers.list[1].hangs = true
	ctx, cancel := context.WithCancelCause(t.Context())
	because := errors.New("interrupted")
	r.Tell = func(_ context.Context, e store.Event) {
		if strings.Contains(e.Text, "not yet") {
			cancel(because)
		}
	}
	h := r.put(t, work(t, r.Store, "a.nl"), values(validation, "a.nl", "value"))
	err := r.Await(ctx, h)
	if !errors.Is(err, because) {
		t.Errorf("error = %v, want %v", err, because)
	}
	mustFault(t, err, fault.NotPropagated, "ns1.desec.io (192.0.2.1:53) (serial 17)", "the wait was ended: interrupted")
	if err := r.Withdraw(ctx, h); err != nil {
		t.Fatal(err)
	}
	r.world.mustHold(t, validation)
}

// TestLyingHost: a host that says yes and does nothing is found out at the servers, before the CA is told.
func TestLyingHost(t *testing.T) {
	t.Parallel()
	r := newRig(t, additive, long)
	r.world.decide = func(int) outcome { return lying }
	r.Limit = time.Second
	h := r.put(t, work(t, r.Store, "a.nl"), values(validation, "a.nl", "value"))
	mustFault(t, r.Await(t.Context(), h), fault.NotPropagated, "value", "ns1.desec.io", "ns2.desec.org", "validation.martdj.dedyn.io")
	if err := r.Withdraw(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	mustBeEmpty(t, r.Store)
}

// TestTwoTargetsAwait: every value at every target counts.
func TestTwoTargetsAwait(t *testing.T) {
	t.Parallel()
	r := newRig(t, additive, long)
	other := name.MustParseOwner("other.martdj.dedyn.io")
	batch := append(values(validation, "a.nl", "one", "two"), values(other, "a.nl", "three")...)
	h := r.put(t, work(t, r.Store, "a.nl"), batch)
	r.Limit = time.Millisecond
	r.world.write(other)
	r.world.unreadable = true // so that it can't be repaired
	mustFault(t, r.Await(t.Context(), h), fault.NotPropagated, "three", "other.martdj.dedyn.io", "ns1.desec.io")
	r.world.unreadable = false
	if err := r.Withdraw(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	mustBeEmpty(t, r.Store)
}

// TestSlowPublication: a host that takes a while to publish gets twice as long as it says, and never less than others.
func TestSlowPublication(t *testing.T) {
	t.Parallel()
	for publication, want := range map[time.Duration]time.Duration{
		0: time.Minute, 10 * time.Second: time.Minute, 15 * time.Minute: 30 * time.Minute,
	} {
		traits := additive
		traits.Publication = publication
		r := newRig(t, traits, long)
		r.Limit = time.Minute
		h := r.put(t, work(t, r.Store, "a.nl"), values(validation, "a.nl", "value"))
		w, err := r.watch(t.Context(), h)
		if err != nil {
			t.Fatal(err)
		}
		if got := w.deadline.Sub(w.began); got != want {
			t.Errorf("with a publication in %s: %s, want %s", publication, got, want)
		}
		told := slices.ContainsFunc(r.recorder.events, func(e store.Event) bool {
			return strings.HasSuffix(e.Text, "; the host normally takes "+publication.String()+" to publish")
		})
		if told != (publication > 0) {
			t.Errorf("with a publication in %s it was told: %t", publication, told)
		}
	}
}
