package publish

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"deputy/fault"
	"deputy/name"
	"deputy/secret"
	"deputy/store"
)

// The traits of the kinds of hosts.
var (
	additive  = store.Traits{Removable: true}
	replacing = store.Traits{Removable: true, Replacing: true, Capacity: 1}
	rolling   = store.Traits{Capacity: 2} // as acme-dns: two values, none of which can be removed
)

// long is a lease that nothing outlives in a test; short one that can be waited for.
const (
	long  = 30 * time.Second
	short = 500 * time.Millisecond
)

var validation = name.MustParseOwner("validation.martdj.dedyn.io")

// failer is what *testing.T and *rapid.T have in common.
type failer interface {
	Helper()
	Fatal(args ...any)
	Cleanup(f func())
}

// open opens a store in dir, with two revisions of the DNS Provider "desec".
func open(t failer, dir string, lease time.Duration) *store.Store {
	t.Helper()
	return openWith(t, store.Options{Dir: dir, Lease: lease})
}

func openWith(t failer, o store.Options) *store.Store {
	t.Helper()
	keys, err := secret.NewKeyring([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	o.Keys = keys
	s, err := store.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() }) // some tests close it before
	err = s.Do(context.Background(), func(tx *store.Tx) error {
		if _, err := tx.Provider("desec", 2); !errors.Is(err, store.ErrNotFound) {
			return err
		}
		for range 2 {
			if _, err := tx.AddProvider(store.Provider{Name: "desec", Document: secret.New("document"), Configuration: "desec"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// recorder keeps the kinds of events in order.
type recorder struct {
	mu     sync.Mutex
	events []store.Event
}

func (r *recorder) tell(_ context.Context, e store.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

func (r *recorder) kinds() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var kinds []string
	for _, e := range r.events {
		kinds = append(kinds, strings.TrimPrefix(e.Kind, "publish."))
	}
	return kinds
}

// text is what was said of one kind, last first.
func (r *recorder) text(kind string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range slices.Backward(r.events) {
		if e.Kind == "publish."+kind {
			return e.Text
		}
	}
	return ""
}

// rig is one process's Keeper with what it works on.
type rig struct {
	*Keeper
	world    *world
	servers  *servers
	recorder *recorder
}

func newRig(t testing.TB, traits store.Traits, lease time.Duration) *rig {
	w := newWorld(traits)
	r := &recorder{}
	dns := serve(w)
	return &rig{&Keeper{Store: open(t, t.TempDir(), lease), Host: w, DNS: dns, Tell: r.tell}, w, dns, r}
}

// work claims the work on a certificate as issuance does; it is released in the end.
func work(t testing.TB, s *store.Store, certificate string) *store.Claim {
	t.Helper()
	claim, err := s.Wait(context.Background(), "certificate/"+certificate, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, stop := claim.Keep(context.Background())
	t.Cleanup(func() {
		stop()
		claim.Release(context.Background())
	})
	return claim
}

// target is where the values of cert go; several certificates may share an owner.
func target(owner name.Name, cert string) store.Target {
	return store.Target{Provider: "desec", Revision: 1, Zone: testZone, Owner: owner, Cert: name.MustParseOwner(cert)}
}

// values are values of one certificate at one owner.
func values(owner name.Name, certificate string, texts ...string) []Value {
	var all []Value
	for _, text := range texts {
		all = append(all, Value{Target: target(owner, certificate), Text: text, Certificate: certificate})
	}
	return all
}

// rows are the journal's publications that are not withdrawn.
func rows(t failer, s *store.Store) (all []store.Publication) {
	t.Helper()
	err := s.View(context.Background(), func(tx *store.Tx) (err error) {
		all, err = tx.Publications()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func mustBeEmpty(t testing.TB, s *store.Store) {
	t.Helper()
	for _, p := range rows(t, s) {
		t.Errorf("the journal still has %s at %s: %s %s", p.Value, p.Owner, p.State, p.Error)
	}
}

func mustFault(t testing.TB, err error, code fault.Code, words ...string) {
	t.Helper()
	f, ok := fault.From(err)
	if !ok || f.Code != code {
		t.Fatalf("error = %v, want the fault %s", err, code)
	}
	for _, word := range words {
		if !strings.Contains(f.Tried+"|"+f.Seen+"|"+f.Do, word) {
			t.Errorf("the fault does not say %q: %v", word, f)
		}
	}
	if f.Tried == "" || f.Seen == "" || f.Do == "" || f.Who == "" {
		t.Errorf("the fault does not say all four things: %#v", f)
	}
}

// put is Put that must succeed.
func (r *rig) put(t testing.TB, holder *store.Claim, values []Value) *Held {
	t.Helper()
	h, err := r.Put(t.Context(), holder, values)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func contains(text, word string) bool { return strings.Contains(text, word) }
