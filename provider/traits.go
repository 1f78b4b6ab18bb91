package provider

import (
	"context"
	"errors"

	"deputy/dnsconfig"
	"deputy/store"
)

// Traits of writing at t.
func (h Host) Traits(t store.Target) (store.Traits, error) {
	ctx := context.Background()
	a, err := h.account(ctx, t)
	if err != nil {
		return store.Traits{}, err
	}
	tested, err := h.tested(ctx, a.configuration)
	if err != nil {
		return store.Traits{}, err
	}
	return a.traits(tested), nil
}

// tested is what a test at a live host showed of a configuration; "" where there was none.
func (r *Registry) tested(ctx context.Context, c configuration) (dnsconfig.Verdict, error) {
	source := c.source()
	var kept store.Verdict
	err := r.Store.View(ctx, func(tx *store.Tx) (err error) {
		kept, err = tx.Verdict(store.Digest(source))
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	return dnsconfig.Verdict(kept.Verdict), err
}

func (c configuration) source() []byte {
	if c.native != nil {
		return c.native.Source()
	}
	return c.dxl.Source()
}

// traits tell what the document does at a target. The administrator's word counts most, then what a test has shown, then the
// document.
func (a *account) traits(tested dnsconfig.Verdict) store.Traits {
	traits := store.Traits{Removable: true, ReplaceForeign: a.ReplaceForeign, TurnWait: -1}
	verdict, seen := a.about().Verdict, false
	if tested != "" {
		verdict, seen = tested, true
	}
	if a.Values != "" {
		verdict, seen = dnsconfig.Verdict(a.Values), true
	}
	capacity := a.capacity()
	switch {
	case verdict != dnsconfig.Additive, capacity == 1 && !seen:
		traits.Capacity, traits.Replacing = 1, true
	case capacity > 1:
		traits.Capacity = capacity
	}
	if a.dxl != nil {
		traits.Floor, traits.Removable = a.floor(), a.removes()
	} else {
		traits.Publication = a.native.Limits().Publication
		traits.Removable = !a.single() || a.native.Has(dnsconfig.Clear)
	}
	if a.Floor != nil {
		traits.Floor = *a.Floor
	}
	if a.TurnWait != nil {
		traits.TurnWait = *a.TurnWait
	}
	return traits
}

// capacity is how many values a name holds at the host, as the document says; 0 for any number.
func (a *account) capacity() int {
	if a.native == nil {
		return 0
	}
	if n := a.native.Limits().Values; n > 0 || !a.single() {
		return n
	}
	return 1
}
