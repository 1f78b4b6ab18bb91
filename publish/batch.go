package publish

import (
	"fmt"
	"slices"
	"time"

	"deputy/fault"
	"deputy/store"
)

// longestTurn is how long a batch waits for caches to forget the values before it. An authorization lives for days,
// but nobody should sit before a terminal for an hour.
const longestTurn = 15 * time.Minute

// Batches splits values so that no target gets more at once than it can hold; order is kept within each batch, and a
// value goes into the first batch that has room for it. The fault TurnTooLong comes when a target needs several
// batches and its DNS Provider asks for a wait between them that nobody can be asked to sit through.
func (k *Keeper) Batches(values []Value) ([][]Value, error) {
	var batches [][]Value
	for _, v := range values {
		traits, err := k.Host.Traits(v.Target)
		if err != nil {
			return nil, fmt.Errorf("ask what %s can hold at %s: %w", v.Target.Provider, v.Target.Owner, err)
		}
		i := roomFor(batches, v, capacity(traits))
		if i > 0 && traits.TurnWait > longestTurn {
			return nil, turnTooLong(v.Target, traits.TurnWait)
		}
		if i == len(batches) {
			batches = append(batches, nil)
		}
		batches[i] = append(batches[i], v)
	}
	return batches, nil
}

// roomFor finds the first batch that can take v; len(batches) if a new one is needed.
func roomFor(batches [][]Value, v Value, capacity int) int {
	for i, batch := range batches {
		var there []string
		for _, other := range batch {
			if other.Target.Key() == v.Target.Key() && !slices.Contains(there, other.Text) {
				there = append(there, other.Text)
			}
		}
		if capacity == 0 || len(there) < capacity || slices.Contains(there, v.Text) {
			return i
		}
	}
	return len(batches)
}

// capacity is how many values a target holds at once, 0 for any number. What replaces the whole set holds one.
func capacity(t store.Traits) int {
	if t.Replacing && t.Capacity == 0 {
		return 1
	}
	return t.Capacity
}

// takesTurns says that the target can't be shared: its claim is kept from Put until Withdraw.
func takesTurns(t store.Traits) bool { return capacity(t) != 0 }

func turnTooLong(t store.Target, wait time.Duration) *fault.Fault {
	return &fault.Fault{
		Code:  fault.TurnTooLong,
		Tried: fmt.Sprintf("put one value after another at %s through %s", t.Owner, t.Provider),
		Seen:  fmt.Sprintf("it holds one set at a time, and caches may keep the last one for %s more", wait.Round(time.Second)),
		Do: fmt.Sprintf("use a native DNS Configuration for %s, which holds several values at once; or a lower TTL in the present one, "+
			"a target of its own for each name, or try again in %s", t.Provider, wait.Round(time.Second)),
		Who: fault.Admin,
	}
}
