package publish

import (
	"context"
	"time"

	"deputy/store"
)

// Keeper puts, awaits, withdraws and recovers.
type Keeper struct {
	Store *store.Store
	Host  Host
	DNS   Authorities
	Tell  store.Sink
	Limit time.Duration // how long Await waits at most; 15 min if zero
}

// Value is one TXT value wanted at a target.
type Value struct {
	Target      store.Target
	Text        string
	Certificate string
}

// Held are the publications of one batch, and the turns taken for them.
type Held struct {
	Publications []store.Publication
}

// Batches splits values so that no target gets more at once than it can hold; order is kept.
func (k *Keeper) Batches(values []Value) ([][]Value, error) { panic("seam") }

// Put journals the values under holder's claim, claims their targets, withdraws what is left there of holders that
// are gone, and adds the values. On error nothing of the batch is left, or it is journalled as left.
func (k *Keeper) Put(ctx context.Context, holder *store.Claim, values []Value) (*Held, error) {
	panic("seam")
}

// Await returns when every authoritative address that answers shows every value (rule 4), the floor has passed, and
// the journal still says that they are ours. A fault (NotPropagated) names the servers that lack one.
func (k *Keeper) Await(ctx context.Context, h *Held) error { panic("seam") }

// Withdraw removes the values and gives the turns up. It has its own deadline: an ended ctx does not stop it. What
// can't be removed is kept as journalled and returned as a fault (LeftoverPending).
func (k *Keeper) Withdraw(ctx context.Context, h *Held) error { panic("seam") }

// Recover withdraws every publication whose holder is gone, where it was written; it returns how many, and the first
// error after it tried all.
func (k *Keeper) Recover(ctx context.Context) (int, error) { panic("seam") }
