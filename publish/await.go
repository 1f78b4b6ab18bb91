package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"deputy/fault"
	"deputy/store"
)

// errLimit ends the watch of an Await that took too long.
var errLimit = errors.New("the time to wait is over")

// Await returns when the CA can be told: every authoritative address that answers shows every value (rule 4 of the
// design), the floor and the wait between two turns have passed, one more look at all servers right before, silent ones
// included, shows the same, and the journal, read last, still says that the values are ours. What somebody else removed
// meanwhile is written once more. A fault (NotPropagated) names the servers that lack a value, also when ctx ended; others
// are TurnTooLong, where only the TTL seen at the servers told how long caches keep the value before, and ClaimLost.
func (k *Keeper) Await(ctx context.Context, h *Held) error {
	ctx, stop := h.guard(ctx)
	defer stop()
	w, err := k.watch(ctx, h)
	if err != nil {
		return taken(err)
	}
	for {
		if err := k.untilShown(ctx, h, w); err != nil {
			return taken(err)
		}
		if err := k.pause(ctx, h, w); err != nil {
			return taken(err)
		}
		if w.confirm(ctx) {
			return taken(k.stillOurs(ctx, h, w))
		}
		if time.Now().After(w.deadline) {
			return w.fault(errLimit)
		}
		// A server that shows the values every other time is not to be asked without a pause.
		if err := wait(ctx, pace(time.Since(w.began))); err != nil {
			return taken(w.ended(err))
		}
		if err := k.repair(ctx, h, w); err != nil {
			return taken(err)
		}
	}
}

// guard is ctx, ended as well by the loss of a turn.
func (h *Held) guard(ctx context.Context) (guarded context.Context, stop func()) {
	guarded, cancel := context.WithCancelCause(ctx)
	var stops []func() bool
	for _, s := range h.sites {
		if s.claim == nil {
			continue
		}
		kept := s.kept
		stops = append(stops, context.AfterFunc(kept, func() { cancel(context.Cause(kept)) }))
	}
	return guarded, func() {
		for _, stop := range stops {
			stop()
		}
		cancel(context.Canceled)
	}
}

// untilShown watches until all servers that count show all values. While they don't, it looks at the journalled
// values at the host from time to time: one that is gone there will not be shown by waiting.
func (k *Keeper) untilShown(ctx context.Context, h *Held, w *watch) error {
	for review := w.grace; ; review *= 2 {
		err := w.run(ctx, review)
		switch {
		case err == nil:
			w.tell(ctx, "publish.seen", "every server that answers shows "+w.what())
			return nil
		case errors.Is(err, errLimit):
			return w.fault(err)
		case !errors.Is(err, errReview):
			return w.ended(err)
		}
		if err := k.repair(ctx, h, w); err != nil {
			return err
		}
	}
}

// pause waits for the floors, and for caches to forget the values of the turns before: both run from before the watch
// began, so that often nothing of them is left.
func (k *Keeper) pause(ctx context.Context, h *Held, w *watch) error {
	for _, s := range h.sites {
		if left := s.traits.Floor - time.Since(s.written); left > 0 {
			k.tellAt(ctx, "publish.wait", fmt.Sprintf("waiting %s more: the DNS Configuration asks for %s after a write", left.Round(time.Second), s.traits.Floor), s)
			if err := wait(ctx, left); err != nil {
				return err
			}
		}
		left := turnLeft(s, w.ttl(s.owner))
		if left <= 0 {
			continue
		}
		if left > longestTurn {
			return turnTooLong(s.publications[0].Target, left)
		}
		k.tellAt(ctx, "publish.wait", fmt.Sprintf("waiting %s more: caches may still hold the value that was here before", left.Round(time.Second)), s)
		if err := wait(ctx, left); err != nil {
			return err
		}
	}
	return nil
}

// turnLeft is how long caches may still hold the value before this turn's, where the set has ttl.
func turnLeft(s *site, ttl time.Duration) time.Duration {
	if !s.turns() || s.freed.IsZero() || s.traits.TurnWait == 0 {
		return 0
	}
	keep := s.traits.TurnWait
	if keep < 0 {
		keep = ttl
	}
	return keep - time.Since(s.freed)
}

// stillOurs reads the journal under the holder's fence: the last thing before the CA is told, so that a process that
// was stopped past its lease notices.
func (k *Keeper) stillOurs(ctx context.Context, h *Held, w *watch) error {
	err := h.holder.Do(ctx, func(tx *store.Tx) error {
		for _, s := range h.sites {
			rows, err := tx.PublicationsAt(s.owner)
			if err != nil {
				return err
			}
			for _, p := range s.publications {
				if !slices.ContainsFunc(rows, func(r store.Publication) bool {
					return r.ID == p.ID && r.State == store.Written && r.Holder == h.holder.Key && r.Fence == h.holder.Fence
				}) {
					return fmt.Errorf("the journal no longer has %s at %s: %w", p.Value, p.Owner, store.ErrClaimLost)
				}
			}
		}
		return nil
	})
	if err == nil {
		w.tell(ctx, "publish.confirmed", "confirmed, the CA can be told")
	}
	return err
}

// repair writes once more what somebody else took away from under us, and says so; the second time it is a fault.
func (k *Keeper) repair(ctx context.Context, h *Held, w *watch) error {
	for _, s := range h.sites {
		if w.shown(s.owner) || !k.lost(ctx, s, w) {
			continue
		}
		if s.repaired {
			return removedByOthers(s)
		}
		s.repaired = true
		k.tell(ctx, "publish.lost", "somebody else removed what we wrote; writing it once more", s.publications)
		for i := range s.publications {
			s.publications[i].State = store.Intended
		}
		bounded, cancel := context.WithTimeoutCause(ctx, k.withdrawTime(), errors.New("the target is busy"))
		err := k.putAt(bounded, h, s)
		cancel()
		if err != nil {
			return fmt.Errorf("write once more at %s: %w", s.owner, err)
		}
		w.forget(s.owner)
	}
	h.refresh()
	return nil
}

// lost says that a value is no longer at the host. Where the host can't be read, servers count that showed the value
// and no longer do, all of them; where it can't be told, it is not lost.
func (k *Keeper) lost(ctx context.Context, s *site, w *watch) bool {
	request, cancel := context.WithTimeout(ctx, k.grace())
	defer cancel()
	for _, p := range s.publications {
		values, err := k.Host.Values(request, p.Target)
		switch {
		case errors.Is(err, store.ErrUnreadable):
			return w.vanished(s.owner)
		case err != nil:
			return false
		case !slices.Contains(values, p.Value):
			return true
		}
	}
	return false
}

func removedByOthers(s *site) *fault.Fault {
	t := s.publications[0].Target
	return &fault.Fault{
		Code:  fault.NotPropagated,
		Tried: fmt.Sprintf("keep %s at %s until the CA has seen it", count(len(s.publications), "value"), t.Owner),
		Seen:  fmt.Sprintf("%s took it twice and it was gone again: something else changes this name", t.Provider),
		Do:    fmt.Sprintf("find what else writes TXT records at %s (another ACME client, a script, a zone file that is loaded again) and stop it, or give it a target of its own", t.Owner),
		Who:   fault.Admin,
	}
}
