package publish

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"deputy/fault"
	"deputy/name"
	"deputy/store"
)

func TestBatches(t *testing.T) {
	t.Parallel()
	other := name.MustParseOwner("other.martdj.dedyn.io")
	for _, c := range []struct {
		name   string
		traits store.Traits
		texts  []string // "o:" in front: at the other target
		want   [][]string
	}{
		{"none", additive, nil, nil},
		{"any number", additive, []string{"a", "b", "c", "o:d"}, [][]string{{"a", "b", "c", "o:d"}}},
		{"one at a time", replacing, []string{"a", "b", "o:c"}, [][]string{{"a", "o:c"}, {"b"}}},
		{"replacing without a capacity", store.Traits{Replacing: true}, []string{"a", "b"}, [][]string{{"a"}, {"b"}}},
		{"two at a time", rolling, []string{"a", "b", "c", "o:d", "o:e", "o:f"}, [][]string{{"a", "b", "o:d", "o:e"}, {"c", "o:f"}}},
		{"the same value twice", replacing, []string{"a", "a"}, [][]string{{"a", "a"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var wanted []Value
			for _, text := range c.texts {
				owner := validation
				if contains(text, "o:") {
					owner = other
				}
				wanted = append(wanted, values(owner, "a.nl", text)...)
			}
			k := &Keeper{Host: newWorld(c.traits)}
			batches, err := k.Batches(wanted)
			if err != nil {
				t.Fatal(err)
			}
			var got [][]string
			for _, batch := range batches {
				var texts []string
				for _, v := range batch {
					texts = append(texts, v.Text)
				}
				got = append(got, texts)
			}
			if fmt.Sprint(got) != fmt.Sprint(c.want) {
				t.Errorf("batches %q, want %q", got, c.want)
			}
		})
	}
}

// TestTurnsOfTwoProcesses: on a host that replaces, nobody's value is gone before its own Withdraw begins.
func TestTurnsOfTwoProcesses(t *testing.T) {
	t.Parallel()
	for _, unreadable := range []bool{false, true} {
		t.Run(fmt.Sprintf("unreadable %v", unreadable), func(t *testing.T) {
			t.Parallel()
			w := newWorld(replacing)
			w.unreadable = unreadable
			dns := serve(w)
			dir := t.TempDir()
			var all sync.WaitGroup
			for i := range 4 {
				r := &recorder{}
				k := &Keeper{Store: open(t, dir, long), Host: w, DNS: dns, Tell: r.tell}
				certificate := fmt.Sprintf("host%d.nl", i)
				holder := work(t, k.Store, certificate)
				all.Go(func() {
					h, err := k.Put(t.Context(), holder, values(validation, certificate, "value-"+certificate))
					if err != nil {
						t.Error(err)
						return
					}
					if err := k.Await(t.Context(), h); err != nil {
						t.Error(err)
					}
					w.mustHold(t, validation, "value-"+certificate)
					if err := k.Withdraw(t.Context(), h); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			w.mustHold(t, validation)
			log := w.log()
			if len(log) != 8 {
				t.Fatalf("%d changes, want 8: one to add and one to remove for each", len(log))
			}
			for i := 0; i < len(log); i += 2 {
				if add, remove := log[i], log[i+1]; len(add.added) != 1 || !slices.Equal(add.added, remove.removed) {
					t.Errorf("change %d added %q and the next removed %q", i, add.added, remove.removed)
				}
			}
		})
	}
}

// TestWaitIsTold: who waits is told for whom.
func TestWaitIsTold(t *testing.T) {
	t.Parallel()
	r := newRig(t, replacing, long)
	h := r.put(t, work(t, r.Store, "a.nl"), values(validation, "a.nl", "a"))
	waiting := make(chan store.Event, 10)
	other := *r.Keeper
	other.Tell = func(_ context.Context, e store.Event) {
		if e.Kind == "publish.wait" {
			waiting <- e
		}
	}
	holder := work(t, r.Store, "b.nl")
	var second *Held
	var err error
	var putting sync.WaitGroup
	putting.Go(func() { second, err = other.Put(t.Context(), holder, values(validation, "b.nl", "b")) })
	if e := <-waiting; !contains(e.Text, "pid") || e.Name != validation.String() || e.Certificate != "b.nl" {
		t.Errorf("told %+v, want who has the target and which", e)
	}
	if err := r.Withdraw(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	putting.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Withdraw(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	mustBeEmpty(t, r.Store)
}

// TestSharedTarget: on a host that adds, holders at one target work side by side, and each takes only its own away.
func TestSharedTarget(t *testing.T) {
	t.Parallel()
	r := newRig(t, additive, long)
	a := r.put(t, work(t, r.Store, "a.nl"), values(validation, "a.nl", "a"))
	b := r.put(t, work(t, r.Store, "b.nl"), values(validation, "b.nl", "b"))
	r.world.mustHold(t, validation, "a", "b")
	if err := r.Withdraw(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	r.world.mustHold(t, validation, "b")
	if err := r.Withdraw(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	r.world.mustHold(t, validation)
}

// TestSameValueTwice: two certificates that got the same value from the CA (one authorization in two orders) share
// the record; it goes with the last of them.
func TestSameValueTwice(t *testing.T) {
	t.Parallel()
	r := newRig(t, additive, long)
	a := r.put(t, work(t, r.Store, "a.nl"), values(validation, "a.nl", "same"))
	b := r.put(t, work(t, r.Store, "b.nl"), values(validation, "b.nl", "same"))
	if err := r.Withdraw(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	r.world.mustHold(t, validation, "same")
	if err := r.Await(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	if err := r.Withdraw(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	r.world.mustHold(t, validation)
	mustBeEmpty(t, r.Store)
}

// TestMixedHosts: a replacing way to a name waits until what came there by another way is gone, though that took no turn.
func TestMixedHosts(t *testing.T) {
	t.Parallel()
	r := newRig(t, additive, long)
	a := r.put(t, work(t, r.Store, "a.nl"), values(validation, "a.nl", "a"))
	other := *r.Keeper
	waiting := make(chan struct{}, 100)
	other.Tell = func(_ context.Context, e store.Event) {
		if e.Kind == "publish.wait" {
			waiting <- struct{}{}
		}
	}
	other.Host = &asReplacing{r.world}
	holder := work(t, r.Store, "b.nl")
	var b *Held
	var err error
	var putting sync.WaitGroup
	putting.Go(func() { b, err = other.Put(t.Context(), holder, values(validation, "b.nl", "b")) })
	<-waiting
	r.world.mustHold(t, validation, "a")
	if err := r.Withdraw(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	putting.Wait()
	if err != nil {
		t.Fatal(err)
	}
	r.world.mustHold(t, validation, "b")
	if err := other.Withdraw(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	mustBeEmpty(t, r.Store)
}

// asReplacing is the same host through a document that is taken for a replacing one.
type asReplacing struct{ *world }

func (a *asReplacing) Traits(store.Target) (store.Traits, error) { return replacing, nil }

// TestTurnWait: caches may hold the value of the turn before for as long as its TTL.
func TestTurnWait(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		wait    time.Duration
		ttl     uint32
		waits   bool
		refused string // where TurnTooLong comes: "batches", "put", "await"
	}{
		{"none", 0, 3600, false, ""},
		{"as the provider says", 300 * time.Millisecond, 3600, true, ""},
		{"as long as the TTL", -1, 1, true, ""},
		{"a TTL of an hour", -1, 3600, false, "await"},
		{"an hour as the provider says", time.Hour, 60, false, "batches"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			traits := replacing
			traits.TurnWait = c.wait
			r := newRig(t, traits, long)
			r.servers.ttl = c.ttl
			holder := work(t, r.Store, "a.nl")
			_, err := r.Batches(values(validation, "a.nl", "first", "second"))
			if c.refused == "batches" {
				mustFault(t, err, fault.TurnTooLong, "native", "1h0m0s")
			} else if err != nil {
				t.Fatal(err)
			}
			first := r.put(t, holder, values(validation, "a.nl", "first"))
			if err := r.Await(t.Context(), first); err != nil {
				t.Fatal(err)
			}
			if slices.Contains(r.recorder.kinds(), "wait") {
				t.Error("the first turn waited")
			}
			if err := r.Withdraw(t.Context(), first); err != nil {
				t.Fatal(err)
			}
			second, err := r.Put(t.Context(), holder, values(validation, "a.nl", "second"))
			if c.refused == "batches" { // whoever has not split the values finds out before the write
				mustFault(t, err, fault.TurnTooLong)
				r.world.mustHold(t, validation)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			err = r.Await(t.Context(), second)
			if c.refused == "await" {
				mustFault(t, err, fault.TurnTooLong, "native")
			} else if err != nil {
				t.Fatal(err)
			}
			if got := contains(r.recorder.text("wait"), "caches may still hold"); got != c.waits {
				t.Errorf("waited for caches: %v, want %v", got, c.waits)
			}
			if err := r.Withdraw(t.Context(), second); err != nil {
				t.Fatal(err)
			}
			mustBeEmpty(t, r.Store)
		})
	}
}

// TestUnremovable: what the host can't delete is journalled as that, shown once and never tried.
func TestUnremovable(t *testing.T) {
	t.Parallel()
	r := newRig(t, rolling, long)
	h := r.put(t, work(t, r.Store, "a.nl"), values(validation, "a.nl", "a", "b"))
	if err := r.Withdraw(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	left := rows(t, r.Store)
	if len(left) != 2 || left[0].State != store.Unremovable || left[1].State != store.Unremovable {
		t.Errorf("the journal has %+v, want both as not removable", left)
	}
	if r.world.calls != 1 {
		t.Errorf("%d requests, want the one that added", r.world.calls)
	}
	if n, err := r.Recover(t.Context()); n != 0 || err != nil {
		t.Errorf("Recover = %d, %v", n, err)
	}
	next := r.put(t, work(t, r.Store, "b.nl"), values(validation, "b.nl", "c", "d"))
	if err := r.Await(t.Context(), next); err != nil {
		t.Error(err)
	}
	if err := r.Withdraw(t.Context(), next); err != nil {
		t.Error(err)
	}
	if r.recorder.text("unremovable") == "" {
		t.Error("nobody was told")
	}
}
