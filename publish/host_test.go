package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"deputy/name"
	"deputy/secret"
	"deputy/store"
)

// outcome is what becomes of one request to the host.
type outcome int

const (
	done        outcome = iota
	refused             // not done, and said so
	lost                // done, and the answer lost
	dropped             // not done, and no answer
	lying               // not done, and said to be done
	stalled             // not done, no answer until the request's deadline
	stalledDone         // done at the request's deadline, and no answer
	kept                // not done, since nothing was sent
)

// entry is one change that the host made.
type entry struct {
	owner    name.Name
	revision int64
	added    []string
	removed  []string
	after    []string // what stands at owner then
}

// world is a DNS host in memory, with the name servers that show what it has. Revisions of a provider that differ in
// where write to places of their own; the name servers show all of them.
type world struct {
	mu         sync.Mutex
	traits     store.Traits
	unreadable bool
	where      map[int64]string // place of a revision; "" for the common one
	sets       map[string]map[name.Name][]string
	history    []entry
	calls      int
	decide     func(call int) outcome // nil: done
	inside     func(call int)         // called in the middle of a request, without the lock
}

func newWorld(traits store.Traits) *world {
	return &world{traits: traits, where: map[int64]string{}, sets: map[string]map[name.Name][]string{}}
}

// set is what stands at owner, whichever place it is in; with the lock held.
func (w *world) set(owner name.Name) []string {
	var all []string
	for _, place := range w.sets {
		all = append(all, place[owner]...)
	}
	slices.Sort(all)
	return all
}

func (w *world) at(owner name.Name) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.set(owner)
}

// write puts a value there as somebody else would.
func (w *world) write(owner name.Name, values ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.put("", owner, values)
}

func (w *world) put(place string, owner name.Name, values []string) {
	if w.sets[place] == nil {
		w.sets[place] = map[name.Name][]string{}
	}
	w.sets[place][owner] = values
}

func (w *world) Traits(store.Target) (store.Traits, error) { return w.traits, nil }

func (w *world) Values(ctx context.Context, t store.Target) ([]string, error) {
	if w.unreadable {
		return nil, store.ErrUnreadable
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.sets[w.where[t.Revision]][t.Owner]), nil
}

// Change reads the set and replaces it, as a host without conditional writes has it done to it: what others write in
// between is lost.
func (w *world) Change(ctx context.Context, add, remove []store.Publication) ([]store.Publication, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	t := slices.Concat(add, remove)[0].Target
	w.mu.Lock()
	call := w.calls
	w.calls++
	fate := done
	if w.decide != nil {
		fate = w.decide(call)
	}
	inside := w.inside
	before := slices.Clone(w.sets[w.where[t.Revision]][t.Owner])
	w.mu.Unlock()
	if inside != nil {
		inside(call)
	}
	if fate == stalled || fate == stalledDone {
		<-ctx.Done()
	}
	if fate == done || fate == lost || fate == stalledDone && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		w.replace(t, before, add, remove)
	}
	switch fate {
	case refused:
		return nil, errors.New("the host says no, try again")
	case kept:
		return nil, fmt.Errorf("no connection: %w", store.ErrNothingSent)
	case lost, dropped, stalled, stalledDone:
		return nil, fmt.Errorf("no answer: %w", store.ErrDoubt)
	}
	added := slices.Clone(add)
	for i := range added {
		added[i].Context = secret.New("context of " + added[i].Value)
	}
	return added, nil
}

// replace writes the set as the host's traits say: replacing hosts forget what was there, hosts of a capacity the
// oldest, and hosts that can't remove do nothing.
func (w *world) replace(t store.Target, values []string, add, remove []store.Publication) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.traits.Removable {
		values = slices.DeleteFunc(values, func(v string) bool { return slices.Contains(texts(remove), v) })
	}
	if w.traits.Replacing {
		values = nil
	}
	for _, v := range texts(add) {
		if !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	if c := w.traits.Capacity; c > 0 && len(values) > c {
		values = values[len(values)-c:]
	}
	w.put(w.where[t.Revision], t.Owner, values)
	w.history = append(w.history, entry{t.Owner, t.Revision, texts(add), texts(remove), w.set(t.Owner)})
}

// log is the history so far.
func (w *world) log() []entry {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.history)
}

// mustHold checks what stands at owner.
func (w *world) mustHold(t *testing.T, owner name.Name, want ...string) {
	t.Helper()
	slices.Sort(want)
	if got := w.at(owner); !slices.Equal(got, want) {
		t.Errorf("at %s stand %q, want %q", owner, got, want)
	}
}
