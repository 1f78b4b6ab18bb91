package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"deputy/store"
)

// removals sorts out what has to be asked of hosts so that rows are gone from the target of s. No request is made for
// a row that was only journalled, for one whose value somebody else keeps there, which goes on under that row alone, nor
// for one that can't be removed; that is journalled at once. A value that someone at work keeps through another revision
// of a provider is left alone for now, which is an error too: whether the two are one record can't be told.
func (k *Keeper) removals(ctx context.Context, s *site, rows, keep []store.Publication) ([]change, error) {
	var covered, never, stuck, loose []store.Publication
	var failed []error
	for _, row := range rows {
		traits, err := k.Host.Traits(row.Target)
		switch {
		case untouched(row):
			never = append(never, row)
		case slices.ContainsFunc(keep, func(p store.Publication) bool { return sameRecord(p, row) }):
			covered = append(covered, row)
		case slices.ContainsFunc(keep, func(p store.Publication) bool { return p.Value == row.Value && p.State != store.Intended }):
			err = errors.New("somebody else at work keeps the same value there through another revision or DNS Provider; whether the two are one record can't be told")
			failed = append(failed, err, k.noteLeft(s, change{remove: []store.Publication{row}}, err))
		case err != nil:
			err = fmt.Errorf("ask what %s can do at %s: %w", row.Provider, row.Owner, err)
			failed = append(failed, err, k.noteLeft(s, change{remove: []store.Publication{row}}, err))
		case !traits.Removable:
			stuck = append(stuck, row)
		default:
			loose = append(loose, row)
		}
	}
	failed = append(failed,
		k.close(ctx, s, never, end{store.Withdrawn, "publish.withdrawn", "it had not been written"}),
		k.close(ctx, s, covered, end{store.Withdrawn, "publish.withdrawn", "left to those who want the same value"}),
		k.close(ctx, s, stuck, end{store.Unremovable, "publish.unremovable", "the host can't remove values: it stays there"}))
	return byTarget(loose), errors.Join(failed...)
}

// end is the last state of rows, and the event that tells it.
type end struct {
	state      store.PublicationState
	kind, text string
}

// close journals the last state of rows for which no request is made.
func (k *Keeper) close(ctx context.Context, s *site, rows []store.Publication, e end) error {
	rows, err := journal(s.kept, s.claim, rows, func(p *store.Publication, now time.Time) {
		p.State, p.Until, p.Error = e.state, now, ""
	})
	if err != nil {
		return err
	}
	s.update(rows)
	k.tell(ctx, e.kind, e.text, rows)
	return nil
}

// byTarget makes one change of the removals at each Target, in the order of rows.
func byTarget(rows []store.Publication) []change {
	var changes []change
	for _, row := range rows {
		i := slices.IndexFunc(changes, func(c change) bool { return c.target == row.Target })
		if i < 0 {
			i = len(changes)
			changes = append(changes, change{target: row.Target})
		}
		changes[i].remove = append(changes[i].remove, row)
	}
	return changes
}
