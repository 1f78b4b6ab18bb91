package publish

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"deputy/fault"
	"deputy/store"
)

// gripping is a host that does not let go: it fails to remove, or is not known any more.
type gripping struct {
	*world
	err     error // of a removal
	unknown error // of Traits
}

func (g *gripping) Traits(t store.Target) (store.Traits, error) {
	traits, err := g.world.Traits(t)
	return traits, errors.Join(err, g.unknown)
}

func (g *gripping) Change(ctx context.Context, add, remove []store.Publication) ([]store.Publication, error) {
	if len(remove) > 0 {
		return nil, g.err
	}
	return g.world.Change(ctx, add, remove)
}

// TestLeftoverSaysWhatToDo: where a value can't be withdrawn for a reason that does not pass by itself, the fault says what
// to do about that, and who can; else it says that nothing has to be done.
func TestLeftoverSaysWhatToDo(t *testing.T) {
	t.Parallel()
	because := func(code fault.Code, who fault.Party) error {
		return fmt.Errorf("wrapped: %w", &fault.Fault{Code: code, Tried: "remove", Seen: "no such luck", Do: "mend it", Who: who})
	}
	for _, c := range []struct {
		name string
		host gripping
		do   string
		who  fault.Party
	}{
		{"refused", gripping{err: because(fault.HostRefused, fault.Admin)}, "mend it", fault.Admin},
		{"a bad document", gripping{err: because(fault.BadDocument, fault.Admin)}, "mend it", fault.Admin},
		{"a forbidden address", gripping{err: because(fault.Egress, fault.Admin)}, "mend it", fault.Admin},
		{"a formula", gripping{err: because(fault.Formula, fault.Admin)}, "mend it", fault.Admin},
		{"a misplaced target", gripping{err: because(fault.WrongTarget, fault.DNSOwner)}, "mend it", fault.DNSOwner},
		{"a removed provider", gripping{unknown: because(fault.NoProvider, fault.Admin)}, "mend it", fault.Admin},
		{"a failing host", gripping{err: because(fault.HostFailed, fault.DNSHost)}, "nothing now", fault.Nobody},
		{"a throttling host", gripping{err: because(fault.HostThrottled, fault.Nobody)}, "nothing now", fault.Nobody},
		{"no answer", gripping{err: fmt.Errorf("no answer: %w", store.ErrDoubt)}, "nothing now", fault.Nobody},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, additive, short)
			h := r.put(t, work(t, r.Store, "a.nl"), values(validation, "a.nl", "value"))
			c.host.world = r.world
			r.Host = &c.host
			err := r.Withdraw(t.Context(), h)
			mustFault(t, err, fault.LeftoverPending, "value", c.do)
			if f, _ := fault.From(err); f.Who != c.who {
				t.Errorf("who: %q, want %q", f.Who, c.who)
			}
			r.world.mustHold(t, validation, "value")
		})
	}
}
