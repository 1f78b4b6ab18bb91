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

// Put journals the values under holder's claim, claims their targets one after another, withdraws what is left there
// of holders that are gone, and adds the values. A target that can't be shared is kept until Withdraw. On error
// nothing of the batch is left, or what is left is journalled, and the error says so too.
//
// The caller keeps holder's heart beating from before Put until after Withdraw, also when ctx ends.
func (k *Keeper) Put(ctx context.Context, holder *store.Claim, values []Value) (*Held, error) {
	sites, err := k.sites(values)
	if err != nil {
		return nil, err
	}
	if err := intend(ctx, holder, sites); err != nil {
		return nil, taken(err)
	}
	h := &Held{holder: holder, sites: sites}
	for _, s := range sites {
		k.tell(ctx, "publish.intended", count(len(s.publications), "value")+" journalled", s.publications)
	}
	for _, s := range sites {
		if err := k.putAt(ctx, h, s); err != nil {
			err = fmt.Errorf("put %s at %s: %w", count(len(s.publications), "value"), s.owner, err)
			return nil, errors.Join(taken(err), k.Withdraw(ctx, h))
		}
	}
	h.refresh()
	return h, nil
}

// refresh makes Publications what the sites have.
func (h *Held) refresh() {
	h.Publications = nil
	for _, s := range h.sites {
		h.Publications = append(h.Publications, s.publications...)
	}
}

// putAt writes the site's publications: its turn, then what others left, then the values.
func (k *Keeper) putAt(ctx context.Context, h *Held, s *site) (err error) {
	sv, err := k.enter(ctx, s)
	if !s.turns() {
		defer func() { err = errors.Join(err, k.release(ctx, s)) }()
	}
	if err != nil {
		return err
	}
	if err := k.refuseLongTurn(ctx, s); err != nil {
		return err
	}
	if err := k.touch(s, sv.orphans); err != nil {
		return err
	}
	if err := k.adopt(ctx, s, sv.orphans); err != nil {
		return err
	}
	removals, err := k.removals(ctx, s, sv.orphans, slices.Concat(s.publications, sv.standing()))
	if err != nil {
		k.tellAt(ctx, "publish.left", "what earlier runs left can't all be removed: "+seen(err), s)
	}
	for _, c := range plan(s, removals) {
		left, err := k.apply(ctx, s, h.holder, c)
		if len(left.add) > 0 || errors.Is(err, store.ErrClaimLost) {
			return err
		}
		k.tell(ctx, "publish.left", "an earlier run's value can't be removed yet", left.remove)
	}
	s.written = time.Now()
	return nil
}

// enter takes the site's claim at a time when values can be written there: no request of others is on its way, and,
// where the target can't be shared, no value of others stands there. (The claim is not enough for that: somebody who
// reaches the same name through a host that can be shared keeps no turn.)
func (k *Keeper) enter(ctx context.Context, s *site) (survey, error) {
	for {
		if err := k.take(ctx, s); err != nil {
			return survey{}, err
		}
		sv, err := k.settle(ctx, s)
		if err != nil {
			return sv, err
		}
		standing := slices.DeleteFunc(sv.standing(), func(p store.Publication) bool { return p.State == store.Unremovable })
		if !s.turns() || len(standing) == 0 {
			return sv, nil
		}
		if err := k.release(ctx, s); err != nil {
			return sv, err
		}
		k.tellAt(ctx, "publish.wait", fmt.Sprintf("waiting for %s, whose value is at this target", standing[0].Holder), s)
		if err := wait(ctx, k.Store.Lease()/30); err != nil {
			return sv, err
		}
	}
}

// refuseLongTurn is the fault TurnTooLong when it can be known before the write that caches keep the value before
// this one for too long. Where it can't, Await finds out.
func (k *Keeper) refuseLongTurn(ctx context.Context, s *site) error {
	if !s.turns() || s.traits.TurnWait == 0 || s.freed.IsZero() {
		return nil
	}
	keep := s.traits.TurnWait
	if keep < 0 {
		request, cancel := context.WithTimeout(ctx, k.span())
		defer cancel()
		v, err := k.lookAtServers(request, s.owner)
		if err != nil {
			return nil // Await asks them again, and does not pass without an answer
		}
		keep = time.Duration(v.ttl) * time.Second
	}
	if left := keep - time.Since(s.freed); left > longestTurn {
		return turnTooLong(s.publications[0].Target, left)
	}
	return nil
}

// touch notes of the publications whose very record is among the orphans that from here on that record may be ours.
func (k *Keeper) touch(s *site, orphans []store.Publication) error {
	var found []store.Publication
	for _, p := range s.publications {
		if slices.ContainsFunc(orphans, func(o store.Publication) bool { return sameRecord(o, p) }) {
			found = append(found, p)
		}
	}
	if len(found) == 0 {
		return nil
	}
	s.begun = true
	rows, err := journal(s.kept, s.claim, found, func(p *store.Publication, now time.Time) {
		p.Until = later(now, *p)
	})
	s.update(rows)
	return err
}

// adopt takes over what an earlier run left of the very same publications: the host's Context, and the value itself
// where it can be seen, so that it is not written again; unless the removal of other values will take it along.
func (k *Keeper) adopt(ctx context.Context, s *site, orphans []store.Publication) error {
	var mine []store.Publication
	for _, p := range s.publications {
		i := slices.IndexFunc(orphans, func(o store.Publication) bool {
			return o.Target == p.Target && o.Value == p.Value && o.Certificate == p.Certificate
		})
		if i >= 0 && p.State == store.Intended {
			p.Context = orphans[i].Context
			mine = append(mine, p)
		}
	}
	if len(mine) == 0 {
		return nil
	}
	request, cancel := context.WithTimeout(s.kept, k.span())
	defer cancel()
	v, err := k.look(request, mine[0].Target)
	if err != nil || s.turns() && len(orphans) > len(mine) {
		v = view{} // it is written again
	}
	rows, err := journal(s.kept, s.claim, mine, func(p *store.Publication, now time.Time) {
		if slices.Contains(v.values, p.Value) {
			p.State = store.Written
		}
	})
	if err != nil {
		return err
	}
	s.update(rows)
	k.tell(ctx, "publish.adopted", "an earlier run left the same value, it goes on from there", rows)
	return nil
}

// plan is the order of changes: what others left first, then the site's own values. Removals at the same Target go
// into one change with the values, where the host can hold both for a moment.
func plan(s *site, removals []change) []change {
	var own []change
	for _, p := range s.publications {
		if p.State != store.Intended {
			continue
		}
		i := slices.IndexFunc(own, func(c change) bool { return c.target == p.Target })
		if i < 0 {
			i = len(own)
			own = append(own, change{target: p.Target})
		}
		own[i].add = append(own[i].add, p)
	}
	var first []change
	for _, r := range removals {
		i := slices.IndexFunc(own, func(c change) bool { return c.target == r.target })
		if i >= 0 && !s.turns() {
			own[i].remove = r.remove
			continue
		}
		first = append(first, r)
	}
	return append(first, own...)
}

// taken makes a lost claim a fault that people see.
func taken(err error) error {
	if _, ok := fault.From(err); ok || !errors.Is(err, store.ErrClaimLost) {
		return err
	}
	return &fault.Fault{
		Code:  fault.ClaimLost,
		Tried: "go on with work that this process had claimed",
		Seen:  "the process was held up for longer than its claim lasts, and another may have taken over",
		Do:    "run it again; if it happens often, see what stops this machine or its disk for so long",
		Who:   fault.Admin,
		Err:   err,
	}
}
