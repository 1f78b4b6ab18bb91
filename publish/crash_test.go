package publish

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"deputy/name"
	"deputy/resolver"
	"deputy/store"
)

// mortal is what a process reaches the outside by: nothing of it works once the process is dead. Its store handle is
// closed at death, so that no deferred tidying and no heart-beat of the dead one counts: as after kill -9.
type mortal struct {
	host Host
	dns  Authorities
	dead atomic.Bool
}

var errDead = errors.New("this process is dead")

// killed is what a process panics with at its death.
type killed struct{}

func (m *mortal) Values(ctx context.Context, t store.Target) ([]string, error) {
	if m.dead.Load() {
		return nil, errDead
	}
	return m.host.Values(ctx, t)
}

func (m *mortal) Change(ctx context.Context, add, remove []store.Publication) ([]store.Publication, error) {
	if m.dead.Load() {
		return nil, errDead
	}
	return m.host.Change(ctx, add, remove)
}

func (m *mortal) Traits(t store.Target) (store.Traits, error) { return m.host.Traits(t) }

func (m *mortal) Authorities(ctx context.Context, n name.Name) (resolver.Authority, error) {
	if m.dead.Load() {
		return resolver.Authority{}, errDead
	}
	return m.dns.Authorities(ctx, n)
}

func (m *mortal) QueryAt(ctx context.Context, s resolver.Server, n name.Name, t resolver.Type) (resolver.Answer, error) {
	if m.dead.Load() {
		return resolver.Answer{}, errDead
	}
	return m.dns.QueryAt(ctx, s, n, t)
}

func (m *mortal) Views(ctx context.Context, n name.Name, t resolver.Type) ([]resolver.Answer, error) {
	if m.dead.Load() {
		return nil, errDead
	}
	return m.dns.Views(ctx, n, t)
}

// process makes a Keeper that dies at its n-th event, from 0; never when n is negative.
func process(s *store.Store, host Host, dns Authorities, n int) *Keeper {
	m := &mortal{host: host, dns: dns}
	events := 0
	return &Keeper{Store: s, Host: m, DNS: m, Tell: func(context.Context, store.Event) {
		if events == n && !m.dead.Swap(true) {
			s.Close()
			panic(killed{})
		}
		events++
	}}
}

// alone is k where nobody else is at work: it never loses a value that it has to write once more.
func alone(k *Keeper) *Keeper {
	tell := k.Tell
	k.Tell = func(ctx context.Context, e store.Event) {
		if e.Kind == "publish.lost" {
			panic("a value was lost at " + e.Name)
		}
		tell(ctx, e)
	}
	return k
}

// live runs a whole life of values: put, await, withdraw. It says whether the process died on the way.
func live(k *Keeper, holder *store.Claim, wanted []Value) (died bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(killed); !ok {
				panic(r)
			}
			died = true
		}
	}()
	ctx := context.Background()
	h, err := k.Put(ctx, holder, wanted)
	if err != nil {
		return false, err
	}
	return false, errors.Join(k.Await(ctx, h), k.Withdraw(ctx, h))
}

// TestKilledAtEachEvent: wherever a process dies, the next one that works on the certificate, with the same values or
// others, through the same revision of the DNS Provider or a new one at another place, leaves nothing anywhere; and so
// does one that only recovers.
func TestKilledAtEachEvent(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		traits     store.Traits
		unreadable bool
		next       string // the value of the next process; "" when it only recovers
		revision   int64  // the revision it finds
	}{
		{"additive, recovered", additive, false, "", 0},
		{"additive, resumed", additive, false, "value", 1},
		{"additive, another value", additive, false, "other", 1},
		{"additive, resumed at another place", additive, false, "value", 2},
		{"replacing, recovered", replacing, false, "", 0},
		{"replacing, resumed", replacing, false, "value", 1},
		{"replacing and unreadable, another value", replacing, true, "other", 1},
		{"replacing, another value at another place", replacing, false, "other", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for n := 0; ; n++ {
				w := newWorld(c.traits)
				w.unreadable = c.unreadable
				w.where[2] = "the new place"
				if !c.traits.Replacing {
					w.write(validation, "foreign")
				}
				if !killAt(t, w, n, c.next, c.revision) {
					if n < 12 {
						t.Errorf("the story has only %d events", n)
					}
					return
				}
				if t.Failed() {
					t.Fatalf("after death at event %d", n)
				}
			}
		})
	}
}

// TestKilledAgain: the process that takes over from a dead one dies as well, at each of its events; the third one leaves
// nothing.
func TestKilledAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		traits store.Traits
		first  int // the event at which the first dies
		next   string
		third  string
	}{
		{"before anything", additive, 0, "value", "value"},
		{"written, not journalled", additive, 3, "value", "other"},
		{"written", additive, 4, "value", "value"},
		{"written, another value next", additive, 4, "other", "value"},
		{"replacing, written", replacing, 4, "value", "other"},
		{"replacing, another value next", replacing, 3, "other", "value"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			for n := 0; ; n++ {
				w := newWorld(c.traits)
				dns := serve(w)
				dir := t.TempDir()
				age := func(hours int) *store.Store {
					return openWith(t, store.Options{Dir: dir, Lease: long, Clock: func() time.Time { return time.Now().Add(time.Duration(hours) * time.Hour) }})
				}
				for hour, one := range []struct {
					value string
					death int
				}{{"value", c.first}, {c.next, n}, {c.third, -1}} {
					rows := age(hour)
					died, err := live(alone(process(rows, w, dns, one.death)), take(t, rows, "a.nl"), values(validation, "a.nl", one.value))
					if err != nil {
						t.Fatalf("process %d, with the second to die at event %d: %v", hour, n, err)
					}
					if hour == 1 && !died {
						return
					}
				}
				rows := age(3)
				if _, err := process(rows, w, dns, -1).Recover(t.Context()); err != nil {
					t.Error(err)
				}
				w.mustHold(t, validation)
				mustBeEmpty(t, rows)
				if t.Failed() {
					t.Fatalf("after the second death at event %d; history %+v", n, w.log())
				}
			}
		})
	}
}

// killAt kills a process at its n-th event, and lets another one follow. It says whether the first one died.
func killAt(t *testing.T, w *world, n int, next string, revision int64) bool {
	t.Helper()
	dir := t.TempDir()
	dns := serve(w)
	first := open(t, dir, long)
	claim, err := first.Take(context.Background(), "certificate/a.nl")
	if err != nil {
		t.Fatal(err)
	}
	_, stop := claim.Keep(context.Background())
	died, err := live(alone(process(first, w, dns, n)), claim, values(validation, "a.nl", "value"))
	stop()
	if err != nil {
		t.Fatal(err)
	}
	if !died {
		return false
	}
	// The next one lives an hour later, when the leases of the dead one are over.
	second := openWith(t, store.Options{Dir: dir, Lease: long, Clock: func() time.Time { return time.Now().Add(time.Hour) }})
	k := alone(process(second, w, dns, -1))
	holder := work(t, second, "a.nl")
	if next != "" {
		wanted := values(validation, "a.nl", next)
		wanted[0].Target.Revision = revision
		if _, err := live(k, holder, wanted); err != nil {
			t.Error(err)
		}
	}
	if _, err := k.Recover(context.Background()); err != nil {
		t.Error(err)
	}
	if w.traits.Replacing {
		w.mustHold(t, validation)
	} else {
		w.mustHold(t, validation, "foreign")
	}
	mustBeEmpty(t, second)
	return true
}

// TestStoppedHolder: a process is stopped in the middle of a request, past its leases, and goes on when another has
// written. Its write takes the other's value away; the other notices before it tells the CA. And the value of the first,
// whose row the other had closed, goes too.
func TestStoppedHolder(t *testing.T) {
	t.Parallel()
	w := newWorld(additive)
	dns := serve(w)
	dir := t.TempDir()
	var ahead atomic.Int64 // how far the database's clock was put forward
	clock := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	a := &Keeper{Store: openWith(t, store.Options{Dir: dir, Lease: long, Clock: clock}), Host: w, DNS: dns}
	b := &Keeper{Store: openWith(t, store.Options{Dir: dir, Lease: long, Clock: clock}), Host: w, DNS: dns}

	stopped, goOn := make(chan struct{}), make(chan struct{})
	w.inside = func(call int) {
		if call == 0 {
			close(stopped)
			<-goOn
		}
	}
	var first sync.WaitGroup
	holder, err := a.Store.Take(t.Context(), "certificate/a.nl")
	if err != nil {
		t.Fatal(err)
	}
	first.Go(func() {
		if _, err := a.Put(context.Background(), holder, values(validation, "a.nl", "a")); err == nil {
			t.Error("the stopped process did not notice that its turn was over")
		}
	})
	<-stopped
	ahead.Store(int64(time.Hour))
	h, err := b.Put(t.Context(), work(t, b.Store, "b.nl"), values(validation, "b.nl", "b"))
	if err != nil {
		t.Fatal(err)
	}
	w.mustHold(t, validation, "b")
	b.Tell = func(_ context.Context, e store.Event) {
		if e.Kind == "publish.seen" {
			select {
			case <-goOn:
			default:
				close(goOn)
				first.Wait()
			}
		}
	}
	if err := b.Await(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	if !contains(fmt.Sprint(w.at(validation)), "b") {
		t.Errorf("the CA would be told, and at the target stand %q", w.at(validation))
	}
	if err := b.Withdraw(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	w.mustHold(t, validation)
	mustBeEmpty(t, b.Store)
}
