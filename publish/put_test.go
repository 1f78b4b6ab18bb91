package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"deputy/fault"
	"deputy/name"
	"deputy/secret"
	"deputy/store"
)

func TestWayOfAValue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind   string
		traits store.Traits
		values []string
		events []string
	}{
		{"additive", additive, []string{"apex", "wildcard"}, []string{
			"intended", "claimed", "writing", "answered", "written", "released",
			"await", "await", "seen", "confirmed", "claimed", "withdrawing", "answered", "withdrawn", "released"}},
		{"replacing", replacing, []string{"apex"}, []string{
			"intended", "claimed", "writing", "answered", "written",
			"await", "await", "seen", "confirmed", "withdrawing", "answered", "withdrawn", "released"}},
	} {
		t.Run(c.kind, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, c.traits, long)
			r.servers.list = r.servers.list[:1]
			h := r.put(t, work(t, r.Store, "martdj.nl"), values(validation, "martdj.nl", c.values...))
			r.world.mustHold(t, validation, c.values...)
			for _, p := range h.Publications {
				if p.State != store.Written || p.Context.IsZero() {
					t.Errorf("after Put: %s is %s, context %q", p.Value, p.State, p.Context)
				}
			}
			if err := r.Await(t.Context(), h); err != nil {
				t.Fatal(err)
			}
			if err := r.Withdraw(t.Context(), h); err != nil {
				t.Fatal(err)
			}
			r.world.mustHold(t, validation)
			mustBeEmpty(t, r.Store)
			if got := r.recorder.kinds(); !slices.Equal(got, c.events) {
				t.Errorf("events\n%q, want\n%q", got, c.events)
			}
		})
	}
}

// TestAnswers: what becomes of the requests decides neither more nor less than what is there afterwards.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		unreadable bool
		fates      []outcome // of the first requests; done after those
		written    bool
		calls      int // for the value to be there, or Put to end
	}{
		{"done", false, nil, true, 1},
		{"lost answer", false, []outcome{lost}, true, 1},
		{"no answer, not done", false, []outcome{dropped}, true, 2},
		{"no answer twice", false, []outcome{dropped, dropped}, true, 3},
		{"an error, then done", false, []outcome{refused}, true, 2},
		{"deadline, done", false, []outcome{stalledDone}, true, 1},
		{"deadline, not done", false, []outcome{stalled}, true, 2},
		{"refused for ever", false, []outcome{refused, refused, refused}, false, 4},
		{"no answer for ever", false, []outcome{dropped, dropped, dropped}, false, 4},
		{"lost answer, read at the servers", true, []outcome{lost}, true, 1},
		{"not done, read at the servers", true, []outcome{dropped}, true, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, additive, 4*short)
			r.world.unreadable = c.unreadable
			r.world.decide = func(call int) outcome {
				if call < len(c.fates) {
					return c.fates[call]
				}
				return done
			}
			r.world.write(validation, "foreign")
			h, err := r.Put(t.Context(), work(t, r.Store, "a.nl"), values(validation, "a.nl", "value"))
			if r.world.calls != c.calls {
				t.Errorf("%d requests, want %d", r.world.calls, c.calls)
			}
			if !c.written {
				if err == nil {
					t.Fatal("Put gave up and says it succeeded")
				}
				r.world.mustHold(t, validation, "foreign")
				mustBeEmpty(t, r.Store)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			r.world.mustHold(t, validation, "foreign", "value")
			if err := r.Withdraw(t.Context(), h); err != nil {
				t.Fatal(err)
			}
			r.world.mustHold(t, validation, "foreign")
			mustBeEmpty(t, r.Store)
		})
	}
}

// TestRefusalIsNotRepeated: what the host understood and declined is not asked again.
func TestRefusalIsNotRepeated(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		code  fault.Code
		calls int
	}{
		{fault.HostRefused, 1}, {fault.HostThrottled, 1}, {fault.HostRedirected, 1}, {fault.Formula, 1},
		{fault.HostFailed, 3}, {fault.NotWritten, 3},
	} {
		t.Run(string(c.code), func(t *testing.T) {
			t.Parallel()
			r := newRig(t, additive, long)
			host := &failing{world: r.world, err: &fault.Fault{Code: c.code, Tried: "write", Seen: "no", Do: "mend it", Who: fault.Admin}}
			r.Host = host
			_, err := r.Put(t.Context(), work(t, r.Store, "a.nl"), values(validation, "a.nl", "value"))
			mustFault(t, err, c.code)
			if host.adds != c.calls {
				t.Errorf("asked %d times to add, want %d", host.adds, c.calls)
			}
			mustBeEmpty(t, r.Store)
		})
	}
}

// TestThrottled: a host that asks to be left alone is, and for as long as it asks; an hour is an error at once.
func TestThrottled(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		asks  time.Duration
		adds  int
		fails bool
	}{{"a moment", 20 * time.Millisecond, 2, false}, {"an hour", time.Hour, 1, true}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, additive, long)
			f := &fault.Fault{Code: fault.HostThrottled, Tried: "write", Seen: "too many", Do: "wait", Who: fault.Nobody, Err: leftAlone(c.asks)}
			host := &failing{world: r.world, err: f, recovers: true}
			r.Host = host
			_, err := r.Put(t.Context(), work(t, r.Store, "a.nl"), values(validation, "a.nl", "value"))
			if c.fails {
				mustFault(t, err, fault.HostThrottled)
				mustBeEmpty(t, r.Store)
			} else if err != nil {
				t.Fatal(err)
			}
			if host.adds != c.adds {
				t.Errorf("asked %d times to add, want %d", host.adds, c.adds)
			}
			if told := contains(r.recorder.text("wait"), "as the host asks"); told == c.fails {
				t.Errorf("the wait was told: %v", told)
			}
		})
	}
}

// leftAlone is what a throttling host says.
type leftAlone time.Duration

func (l leftAlone) Error() string             { return "left alone" }
func (l leftAlone) RetryAfter() time.Duration { return time.Duration(l) }

// TestContextOfDoubt: what the host gave to remember is kept when its answer leaves doubt, and handed to the removal.
func TestContextOfDoubt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		err  error
	}{
		{"doubt", fmt.Errorf("no answer: %w", store.ErrDoubt)},
		{"refusal", &fault.Fault{Code: fault.HostRefused, Tried: "write", Seen: "no", Do: "mend it", Who: fault.Admin}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, additive, short)
			host := &failing{world: r.world, err: c.err, gives: secret.New("record 17")}
			r.Host = host
			if _, err := r.Put(t.Context(), work(t, r.Store, "a.nl"), values(validation, "a.nl", "value")); err == nil {
				t.Fatal("Put gave up and says it succeeded")
			}
			if len(host.removed) != 1 || host.removed[0].Context.Reveal() != "record 17" {
				t.Errorf("removed %+v, want one with its context", host.removed)
			}
		})
	}
}

// failing is a host that fails to add with err.
type failing struct {
	*world
	err      error
	recovers bool         // after the first
	gives    secret.Value // the context of what it fails to add
	adds     int
	removed  []store.Publication
}

func (f *failing) Change(ctx context.Context, add, remove []store.Publication) ([]store.Publication, error) {
	if len(add) > 0 {
		if f.adds++; f.adds == 1 || !f.recovers {
			added := slices.Clone(add)
			added[0].Context = f.gives
			return added, f.err
		}
	}
	f.removed = append(f.removed, remove...)
	return f.world.Change(ctx, add, remove)
}

// TestOneTargetFails: when one of three targets fails, what was written at the others is withdrawn, and the error
// names the one.
func TestOneTargetFails(t *testing.T) {
	t.Parallel()
	r := newRig(t, additive, long)
	r.world.decide = func(call int) outcome {
		if call >= 1 && call < 1+tries {
			return refused
		}
		return done
	}
	var batch []Value
	for _, label := range []string{"a", "b", "c"} {
		owner := name.MustParseOwner(label + ".martdj.dedyn.io")
		batch = append(batch, values(owner, "three.nl", "value-"+label)...)
	}
	_, err := r.Put(t.Context(), work(t, r.Store, "three.nl"), batch)
	if err == nil || !contains(err.Error(), "b.martdj.dedyn.io") {
		t.Fatalf("error = %v, want one that names b.martdj.dedyn.io", err)
	}
	for _, v := range batch {
		r.world.mustHold(t, v.Target.Owner)
	}
	for _, e := range r.world.log() {
		if e.owner == batch[2].Target.Owner {
			t.Errorf("a request for %s, though the one before had failed", e.owner)
		}
	}
	mustBeEmpty(t, r.Store)
}

// TestForeignValue: a host that replaces the whole set is not used where somebody else's value stands.
func TestForeignValue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name               string
		unreadable, allow  bool
		stands, refusedFor string
	}{
		{"read at the host", false, false, "foreign", "foreign"},
		{"read at the servers", true, false, "foreign", "foreign"},
		{"allowed", false, true, "foreign", ""},
		{"nothing there", true, false, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			traits := replacing
			traits.ReplaceForeign = c.allow
			r := newRig(t, traits, long)
			r.world.unreadable = c.unreadable
			if c.stands != "" {
				r.world.write(validation, c.stands)
			}
			h, err := r.Put(t.Context(), work(t, r.Store, "a.nl"), values(validation, "a.nl", "value"))
			if c.refusedFor == "" {
				if err != nil {
					t.Fatal(err)
				}
				r.world.mustHold(t, validation, "value")
				if err := r.Withdraw(t.Context(), h); err != nil {
					t.Error(err)
				}
				return
			}
			mustFault(t, err, fault.ForeignValue, c.refusedFor, "replace_foreign: true")
			if r.world.calls != 0 {
				t.Errorf("%d requests, want none", r.world.calls)
			}
			mustBeEmpty(t, r.Store)
		})
	}
}

// TestForeignUnseen: where nobody can say what stands at the target, a replacing host is not used.
func TestForeignUnseen(t *testing.T) {
	t.Parallel()
	r := newRig(t, replacing, long)
	r.world.unreadable = true
	r.servers.blocked, r.servers.views = true, 0
	_, err := r.Put(t.Context(), work(t, r.Store, "a.nl"), values(validation, "a.nl", "value"))
	mustFault(t, err, fault.NoAnswer, "validation.martdj.dedyn.io")
	if r.world.calls != 0 {
		t.Errorf("%d requests, want none", r.world.calls)
	}
}

// TestForeignAppears: a value that somebody else put beside ours is not taken away with it; ours stays in the journal.
func TestForeignAppears(t *testing.T) {
	t.Parallel()
	r := newRig(t, replacing, long)
	h := r.put(t, work(t, r.Store, "a.nl"), values(validation, "a.nl", "value"))
	r.world.write(validation, "value", "foreign")
	mustFault(t, r.Withdraw(t.Context(), h), fault.LeftoverPending, "foreign")
	r.world.mustHold(t, validation, "foreign", "value")
	if left := rows(t, r.Store); len(left) != 1 || left[0].State != store.Withdrawing || left[0].Error == "" {
		t.Errorf("the journal has %+v, want the one that is left, and why", left)
	}
}

// TestCancelledPut: a ctx that ends while the turn is waited for leaves nothing.
func TestCancelledPut(t *testing.T) {
	t.Parallel()
	r := newRig(t, replacing, long)
	h := r.put(t, work(t, r.Store, "a.nl"), values(validation, "a.nl", "a"))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	other := *r.Keeper
	other.Tell = func(_ context.Context, e store.Event) {
		if e.Kind == "publish.wait" {
			cancel()
		}
	}
	_, err := other.Put(ctx, work(t, r.Store, "b.nl"), values(validation, "b.nl", "b"))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want that it was cancelled", err)
	}
	r.world.mustHold(t, validation, "a")
	if err := r.Withdraw(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	mustBeEmpty(t, r.Store)
}
