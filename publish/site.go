package publish

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"deputy/name"
	"deputy/store"
)

// site is one target name at work: what this run keeps there, and the claim on it. Every change of a publication's
// row but its first is made under the claim of its target name, so that a row has one writer at a time, whoever
// holds the work that it is for.
type site struct {
	owner        name.Name
	publications []store.Publication // of this run; empty in Recover
	traits       store.Traits        // the strictest of its targets

	claim *store.Claim    // nil while it is not ours
	kept  context.Context // ends when the claim is lost; a caller's ctx does not end it
	stop  func()

	begun    bool      // a request for its publications may have been sent
	late     bool      // one ended when the claim was lost: it may have written what others had taken for withdrawn
	repaired bool      // lost values were written once more already
	written  time.Time // when the host had them
	freed    time.Time // when the value before was withdrawn; zero when that is long ago
	known    []string  // values there that are or were deputy's, as of the last look into the journal
}

// turns says that the claim is kept from Put until Withdraw.
func (s *site) turns() bool { return takesTurns(s.traits) }

// update takes over rows as they were just journalled.
func (s *site) update(rows []store.Publication) {
	for _, row := range rows {
		for i := range s.publications {
			if s.publications[i].ID == row.ID {
				s.publications[i] = row
			}
		}
	}
}

// sites groups values by target name, in the order in which all processes claim them.
func (k *Keeper) sites(values []Value) ([]*site, error) {
	var sites []*site
	for _, v := range values {
		traits, err := k.Host.Traits(v.Target)
		if err != nil {
			return nil, fmt.Errorf("ask what %s can do at %s: %w", v.Target.Provider, v.Target.Owner, err)
		}
		i := slices.IndexFunc(sites, func(s *site) bool { return s.owner == v.Target.Owner })
		if i < 0 {
			i = len(sites)
			sites = append(sites, &site{owner: v.Target.Owner, traits: traits})
		}
		s := sites[i]
		s.traits = strictest(s.traits, traits)
		p := store.Publication{Target: v.Target, Value: v.Text, Certificate: v.Certificate}
		if !slices.ContainsFunc(s.publications, func(other store.Publication) bool { return sameRecord(other, p) }) {
			s.publications = append(s.publications, p)
		}
	}
	slices.SortFunc(sites, func(a, b *site) int { return cmp.Compare(a.owner.String(), b.owner.String()) })
	return sites, nil
}

// strictest joins the traits of two ways to one target name.
func strictest(a, b store.Traits) store.Traits {
	all := store.Traits{
		Capacity:    max(capacity(a), capacity(b)),
		Replacing:   a.Replacing || b.Replacing,
		Floor:       max(a.Floor, b.Floor),
		TurnWait:    max(a.TurnWait, b.TurnWait),
		Publication: max(a.Publication, b.Publication),
	}
	if capacity(a) != 0 && capacity(b) != 0 {
		all.Capacity = min(capacity(a), capacity(b))
	}
	if a.TurnWait < 0 || b.TurnWait < 0 {
		all.TurnWait = -1
	}
	return all
}

// take claims the site, waiting for whoever has it.
func (k *Keeper) take(ctx context.Context, s *site) error {
	if s.claim != nil && s.kept.Err() == nil {
		return nil
	}
	if err := k.release(ctx, s); err != nil {
		return err
	}
	before := ""
	claim, err := k.Store.Wait(ctx, store.Target{Owner: s.owner}.Key(), func(held *store.HeldError) {
		if held.Holder != before {
			before = held.Holder
			k.tellAt(ctx, "publish.wait", fmt.Sprintf("waiting for %s at this target", held.Holder), s)
		}
	})
	if err != nil {
		return fmt.Errorf("wait for the turn at %s: %w", s.owner, err)
	}
	s.claim = claim
	s.kept, s.stop = claim.Keep(context.WithoutCancel(ctx))
	k.tellAt(ctx, "publish.claimed", "it is our turn at this target", s)
	return nil
}

// release gives the claim up, if there is one.
func (k *Keeper) release(ctx context.Context, s *site) error {
	if s.claim == nil {
		return nil
	}
	s.stop()
	claim := s.claim
	s.claim, s.kept, s.stop = nil, nil, nil
	if err := claim.Release(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("give up the turn at %s: %w", s.owner, err)
	}
	k.tellAt(ctx, "publish.released", "the target is free for others", s)
	return nil
}

// tellAt emits an event about a site as a whole.
func (k *Keeper) tellAt(ctx context.Context, kind, text string, s *site) {
	if k.Tell == nil {
		return
	}
	e := store.Event{Kind: kind, Name: s.owner.String(), Text: text}
	if len(s.publications) > 0 {
		e.Certificate = s.publications[0].Certificate
	}
	k.Tell(ctx, e)
}
