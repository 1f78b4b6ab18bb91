package publish

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"deputy/fault"
	"deputy/store"
)

var proved = [2]string{"first", "second"}

func (r *rig) prove(t *testing.T) (Proof, error) {
	t.Helper()
	return r.Prove(t.Context(), work(t, r.Store, "test"), store.Target{Provider: "desec", Revision: 1, Zone: testZone, Owner: validation}, proved)
}

// clearing is a host whose removal of one value takes all of them.
type clearing struct{ *world }

func (c clearing) Change(ctx context.Context, add, remove []store.Publication) ([]store.Publication, error) {
	added, err := c.world.Change(ctx, add, remove)
	if len(remove) > 0 {
		c.write(remove[0].Owner)
	}
	return added, err
}

// TestProve: what each kind of host is called, and that nothing is left at it.
func TestProve(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		traits     store.Traits
		unreadable bool
		clears     bool
		additive   bool
		why        string
		calls      int
	}{
		{"additive", additive, false, false, true, "each value came and went alone", 4},
		{"additive, seen at the servers", additive, true, false, true, "each value came and went alone", 4},
		{"thought to be replacing", replacing, true, false, false, "the first value was gone when the second came", 4},
		{"two at most", store.Traits{Capacity: 2, Removable: true}, true, false, true, "each value came and went alone", 4},
		{"one at most", store.Traits{Capacity: 1, Removable: true}, true, false, false, "the first value was gone when the second came", 4},
		{"a removal takes all", additive, true, true, false, "the second value was gone when the first was removed", 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, c.traits, long)
			r.Grace = time.Second
			r.world.unreadable = c.unreadable
			if c.clears {
				r.Host = clearing{r.world}
			}
			proof, err := r.prove(t)
			if err != nil {
				t.Fatal(err)
			}
			if proof.Additive != c.additive || !proof.Told || !proof.Gone || proof.Why != c.why || proof.Servers != 2 {
				t.Errorf("the proof is %+v", proof)
			}
			if r.world.calls != c.calls {
				t.Errorf("the host was asked for %d changes, want %d", r.world.calls, c.calls)
			}
			r.world.mustHold(t, validation)
			r.mustHaveNoLeft(t)
		})
	}
}

// mustHaveNoLeft checks that the journal has nothing that is not withdrawn.
func (r *rig) mustHaveNoLeft(t *testing.T) {
	t.Helper()
	err := r.Store.View(t.Context(), func(tx *store.Tx) error {
		rows, err := tx.Publications()
		if len(rows) > 0 {
			t.Errorf("the journal still has %q", texts(rows))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestProveWhereNothingIs: a name with a value is not tested at, whoever put it there.
func TestProveWhereNothingIs(t *testing.T) {
	t.Parallel()
	r := newRig(t, additive, long)
	r.world.write(validation, "somebody else's")
	_, err := r.prove(t)
	mustFault(t, err, fault.ForeignValue, `the value "somebody else's" is there already, and would be lost if the DNS Configuration replaces values`)
	if r.world.calls != 0 {
		t.Error("it wrote all the same")
	}
	r.world.mustHold(t, validation, "somebody else's")

	own := newRig(t, additive, long)
	own.put(t, work(t, own.Store, "a.nl"), values(validation, "a.nl", "in use"))
	_, err = own.prove(t)
	mustFault(t, err, fault.ForeignValue, `"in use" is there already`)
	own.world.mustHold(t, validation, "in use")
}

// TestProveUnremovable: what can't be removed is said, and not waited for.
func TestProveUnremovable(t *testing.T) {
	t.Parallel()
	r := newRig(t, store.Traits{}, long)
	proof, err := r.prove(t)
	if err != nil || !proof.Told || !proof.Additive || proof.Gone || proof.Removable {
		t.Errorf("%v, the proof is %+v", err, proof)
	}
	r.world.mustHold(t, validation, "first", "second")
}

// TestProveFails: after a failure at any change nothing is left, or the journal has it; and no verdict is told of what
// was not seen.
func TestProveFails(t *testing.T) {
	t.Parallel()
	for failing := range 4 {
		r := newRig(t, additive, long)
		r.Grace = time.Second
		r.world.decide = func(call int) outcome {
			if call >= failing && call < failing+tries {
				return refused
			}
			return done
		}
		proof, err := r.prove(t)
		if err == nil || proof.Gone != (failing != 3) { // the removal of the first is tried once more
			t.Fatalf("change %d was refused: %v, the proof is %+v", failing, err, proof)
		}
		if failing == 2 {
			mustFault(t, err, fault.HostFailed, "both values are gone in the meantime")
		}
		if proof.Told != (failing == 3) { // what the removal of one value does to the other was not seen
			t.Errorf("change %d was refused: the proof is %+v", failing, proof)
		}
		left := r.world.at(validation)
		err = r.Store.View(t.Context(), func(tx *store.Tx) error {
			rows, err := tx.Publications()
			for _, value := range left {
				if !slices.Contains(texts(rows), value) {
					t.Errorf("change %d was refused: %s is left and not in the journal", failing, value)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestProveServersDiffer: servers that never agree are no proof, and what may be left is named.
func TestProveServersDiffer(t *testing.T) {
	t.Parallel()
	r := newRig(t, additive, long)
	r.Grace, r.Limit = time.Second, 3*time.Second
	r.Tell = func(_ context.Context, e store.Event) {
		if e.Text == "value 2 of 2 is at every server" {
			r.servers.change(func() { r.servers.list[1].catches = 1 << 30 })
		}
	}
	proof, err := r.prove(t)
	if proof.Told {
		t.Errorf("the proof is %+v", proof)
	}
	mustFault(t, err, fault.NotPropagated, "the servers differ")
	if !strings.Contains(err.Error(), "first and second") {
		t.Errorf("what may be left is not named: %v", err)
	}
}
