package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"deputy/store"
)

// Recover withdraws every publication whose holder is gone, where it was written: with the revision of the DNS
// Provider that wrote it, under the claim of its target name. It returns how many, and what failed after it tried all,
// the first failure first. Targets that are busy for longer than a dead process's claim lasts are such a failure: who
// has them removes what was left before he writes, unless he came before it was left.
func (k *Keeper) Recover(ctx context.Context) (int, error) {
	orphans, err := k.orphans(ctx)
	if err != nil {
		return 0, err
	}
	var failed []error
	total := 0
	for len(orphans) > 0 {
		owner := orphans[0].Owner
		n, err := k.recoverAt(ctx, &site{owner: owner})
		if err != nil {
			err = leftoverPending(slices.DeleteFunc(slices.Clone(orphans), func(o store.Publication) bool { return o.Owner != owner }), err)
		}
		total += n
		failed = append(failed, err)
		orphans = slices.DeleteFunc(orphans, func(o store.Publication) bool { return o.Owner == owner })
	}
	return total, errors.Join(failed...)
}

func (k *Keeper) orphans(ctx context.Context) (orphans []store.Publication, err error) {
	err = k.Store.View(ctx, func(tx *store.Tx) error {
		orphans, err = tx.Orphans()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("look for what earlier runs left: %w", err)
	}
	return orphans, nil
}

// recoverAt withdraws what is left at one target name, and returns how many values that were.
func (k *Keeper) recoverAt(ctx context.Context, s *site) (n int, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, k.withdrawTime(), errors.New("the target is busy"))
	defer cancel()
	if err := k.take(ctx, s); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, k.release(ctx, s)) }()
	sv, err := k.settle(ctx, s)
	if err != nil {
		return 0, err
	}
	changes, err := k.removals(ctx, s, sv.orphans, sv.standing())
	failed := []error{err}
	for _, c := range changes {
		left, err := k.apply(ctx, s, nil, c)
		if err != nil && len(left.remove) > 0 {
			k.tell(ctx, "publish.left", count(len(left.remove), "value")+" of an earlier run can't be withdrawn yet: "+seen(err), left.remove)
		}
		failed = append(failed, err)
		n += len(c.remove) - len(left.remove)
	}
	if n > 0 {
		k.tellAt(ctx, "publish.recovered", count(n, "value")+" of an earlier run withdrawn", s)
	}
	return n, errors.Join(failed...)
}
