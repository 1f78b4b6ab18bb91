package publish

import (
	"context"
	"fmt"
	"slices"
	"time"

	"deputy/store"
)

// remembered is how long a withdrawn value still counts as ours where it is seen: the longest TTL that DNS hosts
// allow, with a lagging secondary on top.
const remembered = 36 * time.Hour

// intend journals the publications of sites under holder, before anything is written. Until is Created: no request for
// them was begun, and begin sets it for each one that is.
func intend(ctx context.Context, holder *store.Claim, sites []*site) error {
	err := holder.Do(ctx, func(tx *store.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		for _, s := range sites {
			for i := range s.publications {
				p := s.publications[i]
				p.Holder, p.Fence, p.State = holder.Key, holder.Fence, store.Intended
				p.Created, p.Until = now, now
				if s.publications[i], err = tx.PutPublication(p); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("journal what is to be written: %w", err)
	}
	return nil
}

// journal changes rows in one transaction under claim, and under the claims also, and gives them back as they are now.
func journal(ctx context.Context, claim *store.Claim, rows []store.Publication, change func(p *store.Publication, now time.Time), also ...*store.Claim) ([]store.Publication, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	changed := slices.Clone(rows)
	err := claim.Do(ctx, func(tx *store.Tx) error {
		for _, other := range also {
			if err := tx.Hold(other); err != nil {
				return err
			}
		}
		now, err := tx.Now()
		if err != nil {
			return err
		}
		for i, p := range rows {
			change(&p, now)
			if changed[i], err = tx.PutPublication(p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return rows, fmt.Errorf("journal a change at %s: %w", rows[0].Owner, err)
	}
	return changed, nil
}

// survey is what the journal says of a target name, read under its claim.
type survey struct {
	own     []store.Publication // the site's own, as they are now
	live    []store.Publication // of holders that are at work
	orphans []store.Publication // of holders that are gone, and what this holder could not remove before
	flying  time.Duration       // how long a request that somebody sent may still be on its way, for a withdrawn value too
}

// standing are the values of others at work that are at the host, or may be.
func (sv survey) standing() []store.Publication {
	return slices.DeleteFunc(slices.Clone(sv.live), func(p store.Publication) bool { return p.State == store.Intended })
}

// known are the values at the name that deputy put there.
func known(rows ...[]store.Publication) []string {
	var values []string
	for _, list := range rows {
		values = append(values, texts(list)...)
	}
	return values
}

// read makes the survey of s, and notes when the value before was withdrawn.
func (k *Keeper) read(s *site) (survey, error) {
	var sv survey
	var now time.Time
	var rows, orphans, withdrawn []store.Publication
	err := s.claim.Do(s.kept, func(tx *store.Tx) (err error) {
		if now, err = tx.Now(); err != nil {
			return err
		}
		if rows, err = tx.PublicationsAt(s.owner); err != nil {
			return err
		}
		if orphans, err = tx.Orphans(); err != nil {
			return err
		}
		withdrawn, err = tx.WithdrawnAt(s.owner, now.Add(-remembered))
		return err
	})
	if err != nil {
		return sv, fmt.Errorf("read the journal of %s: %w", s.owner, err)
	}
	for _, row := range rows {
		sv.flying = max(sv.flying, row.Until.Sub(now))
		switch {
		case has(s.publications, row):
			sv.own = append(sv.own, row)
		case has(orphans, row) || s.leftBehind(row):
			sv.orphans = append(sv.orphans, row)
		default:
			sv.live = append(sv.live, row)
		}
	}
	for _, row := range withdrawn {
		sv.flying = max(sv.flying, row.Until.Sub(now))
	}
	s.known = known(rows, withdrawn)
	s.freed = freed(s.publications, withdrawn, now)
	return sv, nil
}

// leftBehind says that row is of the site's own holder, who tried to remove it before and could not.
func (s *site) leftBehind(row store.Publication) bool {
	if len(s.publications) == 0 || row.State != store.Withdrawing {
		return false
	}
	mine := s.publications[0]
	return row.Holder == mine.Holder && row.Fence == mine.Fence
}

// freed is when the last of the withdrawn that is not among own left the target, in local time; zero if none did.
func freed(own, withdrawn []store.Publication, now time.Time) time.Time {
	var age time.Duration = -1
	for _, w := range withdrawn {
		if a := now.Sub(w.Until); !slices.Contains(texts(own), w.Value) && (age < 0 || a < age) {
			age = max(a, 0)
		}
	}
	if age < 0 {
		return time.Time{}
	}
	return time.Now().Add(-age)
}

// settle reads the journal of s once no request that anybody sent for it can arrive any more: those of a process
// that is gone, and those of ours whose answer was lost. Under the claim none begins anew, so the span of one is the
// longest wait, whatever a clock that was set back makes of the journal's times.
func (k *Keeper) settle(ctx context.Context, s *site) (survey, error) {
	began := time.Now()
	for told := false; ; told = true {
		sv, err := k.read(s)
		left := min(sv.flying, k.span()-time.Since(began))
		if err != nil || left <= 0 {
			return sv, err
		}
		if !told {
			k.tellAt(ctx, "publish.wait", fmt.Sprintf("waiting %s for a request that may still be on its way", left.Round(time.Millisecond)), s)
		}
		if err := wait(ctx, left+time.Millisecond); err != nil {
			return sv, err
		}
	}
}

// latest is the later of two times.
func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// untouched says that no request for p was ever begun, and that it took nothing over from another row.
func untouched(p store.Publication) bool {
	return p.State == store.Intended && !p.Until.After(p.Created)
}

// later is now as the Until of a publication that is no longer untouched.
func later(now time.Time, p store.Publication) time.Time {
	if first := p.Created.Add(time.Millisecond); now.Before(first) {
		return first
	}
	return now
}

// has says whether row is one of rows.
func has(rows []store.Publication, row store.Publication) bool {
	return slices.ContainsFunc(rows, func(r store.Publication) bool { return r.ID == row.ID })
}

// samePlace says that a write through a lands where one through b does.
func samePlace(a, b store.Target) bool {
	return a.Provider == b.Provider && a.Revision == b.Revision && a.Zone == b.Zone && a.Owner == b.Owner
}

// sameRecord says that a and b are one record at the host.
func sameRecord(a, b store.Publication) bool {
	return a.Value == b.Value && samePlace(a.Target, b.Target)
}
