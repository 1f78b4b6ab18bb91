package publish

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"deputy/store"
)

// Keeper puts, awaits, withdraws and recovers. It is safe for use by several goroutines, and several processes may
// keep values at the same targets through one store.
type Keeper struct {
	Store *store.Store
	Host  Host
	DNS   Authorities
	Tell  store.Sink    // nil for nobody
	Limit time.Duration // how long Await waits at most; 15 min if zero
	Grace time.Duration // how long a server may be silent before Await leaves it out; 10 s if zero
}

// Value is one TXT value wanted at a target.
type Value struct {
	Target      store.Target
	Text        string
	Certificate string
}

// Held are the publications of one batch, and the turns taken for them. Whoever got one from Put must give it to
// Withdraw, however the rest went.
type Held struct {
	Publications []store.Publication

	holder *store.Claim
	sites  []*site
}

// Bounds of a Keeper.
const (
	defaultLimit = 15 * time.Minute
	defaultGrace = 10 * time.Second
	tries        = 3 // of one change at a host
)

func (k *Keeper) limit() time.Duration {
	if k.Limit == 0 {
		return defaultLimit
	}
	return k.Limit
}

func (k *Keeper) grace() time.Duration {
	if k.Grace == 0 {
		return defaultGrace
	}
	return k.Grace
}

// span is how long a request to a host may take: shorter than a claim's lease by what a late heart-beat may cost, so
// that nobody gets the claim while the request may still arrive.
func (k *Keeper) span() time.Duration { return k.Store.Lease() * 2 / 3 }

// backoff is the wait before the n-th repetition of a change, n from 1: a sixtieth of the lease (0.5 s of 30 s),
// doubled each time.
func (k *Keeper) backoff(n int) time.Duration { return k.Store.Lease() / 60 << (n - 1) }

// tell emits an event about publications of one target; with none of them it emits nothing.
func (k *Keeper) tell(ctx context.Context, kind, text string, about []store.Publication) {
	if k.Tell == nil || len(about) == 0 {
		return
	}
	values := make([]string, len(about))
	for i, p := range about {
		values[i] = p.Value
	}
	k.Tell(ctx, store.Event{
		Kind:        kind,
		Certificate: about[0].Certificate,
		Name:        about[0].Owner.String(),
		Text:        text,
		Data:        map[string]string{"provider": about[0].Provider, "values": strings.Join(values, " ")},
	})
}

// wait waits for d, or until ctx ends.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}

// count says "1 value", "2 values".
func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// texts are the values of publications, each once, in order.
func texts(publications []store.Publication) []string {
	var all []string
	for _, p := range publications {
		if !slices.Contains(all, p.Value) {
			all = append(all, p.Value)
		}
	}
	return all
}
