package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"deputy/fault"
	"deputy/store"
)

// Withdraw removes the values and gives the turns up. It has its own deadline for each target: an ended ctx does not
// stop it, nor does the loss of the claim that the work was done under. What can't be removed is kept as journalled,
// for Recover, and returned as a fault (LeftoverPending); what the host can't delete at all is journalled as that.
func (k *Keeper) Withdraw(ctx context.Context, h *Held) error {
	if h == nil {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	var failed []error
	for _, s := range h.sites {
		failed = append(failed, k.withdrawAt(ctx, h, s))
	}
	h.refresh()
	return errors.Join(failed...)
}

// withdrawTime bounds the withdrawal at one target: that of a claim whose process died, a request that is still on its
// way, and the tries.
func (k *Keeper) withdrawTime() time.Duration { return 4 * k.Store.Lease() }

// withdrawAt removes the site's publications and gives its turn up.
func (k *Keeper) withdrawAt(ctx context.Context, h *Held, s *site) error {
	bounded, cancel := context.WithTimeoutCause(ctx, k.withdrawTime(), errors.New("there was no time left"))
	defer cancel()
	var err error
	if s.begun {
		err = k.removeOwn(bounded, s)
	} else {
		err = k.forget(bounded, h, s)
	}
	return errors.Join(k.leftover(ctx, s, err), k.release(ctx, s))
}

// forget journals that nothing of s was ever written.
func (k *Keeper) forget(ctx context.Context, h *Held, s *site) error {
	rows, err := journal(ctx, h.holder, s.publications, func(p *store.Publication, now time.Time) {
		p.State = store.Withdrawn
	})
	if err != nil {
		return err
	}
	s.update(rows)
	k.tell(ctx, "publish.withdrawn", "nothing was written, nothing is left", rows)
	return nil
}

// removeOwn removes the site's own publications under its claim, taking that again where it was given up or lost. The
// journal is read first: in the meantime somebody may have taken them for left behind, and removed them. That counts,
// unless a request of ours came after: then they are journalled and removed once more.
func (k *Keeper) removeOwn(ctx context.Context, s *site) error {
	if err := k.take(ctx, s); err != nil {
		return err
	}
	sv, err := k.settle(ctx, s)
	if err != nil {
		return err
	}
	s.publications = asJournalled(s.publications, sv.own)
	rows := slices.DeleteFunc(slices.Clone(s.publications), func(p store.Publication) bool {
		return p.State == store.Unremovable || p.State == store.Withdrawn && !s.late
	})
	changes, err := k.removals(ctx, s, rows, sv.standing())
	failed := []error{err}
	for _, c := range changes {
		_, err := k.apply(ctx, s, nil, c)
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// asJournalled are rows as the journal has them now; those that it no longer lists are withdrawn.
func asJournalled(rows, now []store.Publication) []store.Publication {
	rows = slices.Clone(rows)
	for i := range rows {
		rows[i].State = store.Withdrawn
		for _, row := range now {
			if row.ID == rows[i].ID {
				rows[i] = row
			}
		}
	}
	return rows
}

// leftover is the fault for what of s could not be removed; nil when nothing is left.
func (k *Keeper) leftover(ctx context.Context, s *site, cause error) error {
	if cause == nil {
		return nil
	}
	left := slices.DeleteFunc(slices.Clone(s.publications), func(p store.Publication) bool {
		return p.State == store.Withdrawn || p.State == store.Unremovable
	})
	if len(left) == 0 {
		return cause
	}
	k.tell(ctx, "publish.left", count(len(left), "value")+" can't be withdrawn yet: "+seen(cause), left)
	return leftoverPending(left, cause)
}

// leftoverPending is the fault for what is left: who can mend its cause is told how, unless that passes.
func leftoverPending(left []store.Publication, cause error) *fault.Fault {
	f := &fault.Fault{
		Code:  fault.LeftoverPending,
		Tried: fmt.Sprintf("withdraw %s from %s through %s", strings.Join(texts(left), " "), left[0].Owner, left[0].Provider),
		Seen:  seen(cause),
		Do:    "nothing now: it stays in the journal, and the next run tries again",
		Who:   fault.Nobody,
		Err:   cause,
	}
	if why, ok := fault.From(cause); ok && lasts(why) {
		f.Do, f.Who = why.Do, why.Who
	}
	return f
}

// lasts says that f does not pass by itself.
func lasts(f *fault.Fault) bool {
	switch f.Code {
	case fault.HostFailed, fault.HostThrottled, fault.NoAnswer, fault.ClaimLost:
		return false
	}
	return f.Who != fault.Nobody
}

// seen is what an error saw, in one phrase of bounded length.
func seen(err error) string {
	if f, ok := fault.From(err); ok {
		return f.Seen
	}
	return fmt.Sprintf("%.200s", strings.ReplaceAll(err.Error(), "\n", "; "))
}
