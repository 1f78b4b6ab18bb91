package provider

import (
	"context"
	"fmt"
	"slices"

	"deputy/fault"
	"deputy/name"
	"deputy/store"
)

// Host is the Registry as publish sees it: it reads and changes TXT values at targets.
type Host struct{ *Registry }

// Values reads the TXT values at t, as octets. store.ErrUnreadable where the document can't read.
func (h Host) Values(ctx context.Context, t store.Target) ([]string, error) {
	a, err := h.account(ctx, t)
	if err != nil {
		return nil, err
	}
	if a.dxl != nil {
		return nil, store.ErrUnreadable
	}
	return a.values(ctx, t)
}

// Change adds and removes by value; all publications have the same Target. It returns nil only when the host has
// confirmed each: a native document reads back, a DXL document has its status formula. The added come back with
// their Context filled in, also with an error, since what was begun has to be withdrawn with it. An error that wraps
// store.ErrDoubt leaves open whether the change was made; one that wraps store.ErrNothingSent says that no request left
// that could have written.
func (h Host) Change(ctx context.Context, add, remove []store.Publication) (added []store.Publication, err error) {
	if len(add)+len(remove) == 0 {
		return nil, nil
	}
	t := slices.Concat(add, remove)[0].Target
	added, err = h.change(ctx, t, add, remove)
	if now, ok := h.renewed(ctx, t, err); ok && len(add) == 0 {
		_, err = h.change(ctx, now, nil, through(remove, now))
	}
	return added, err
}

// renewed is t through the DNS Provider as it is now, where the host refuses what t's own revision has sent: a token that
// was changed since must not strand what was written with the old one. The zones of now are checked like any others.
func (h Host) renewed(ctx context.Context, t store.Target, refusal error) (store.Target, bool) {
	f, ok := fault.From(refusal)
	if !ok || f.Code != fault.HostRefused {
		return t, false
	}
	var row store.Provider
	err := h.Store.View(ctx, func(tx *store.Tx) (err error) {
		row, err = tx.Provider(t.Provider, 0)
		return err
	})
	if err != nil || row.Revision == t.Revision {
		return t, false // nothing newer: the refusal stands
	}
	t.Revision = row.Revision
	return t, true
}

// through gives publications as they are withdrawn at t.
func through(publications []store.Publication, t store.Target) []store.Publication {
	moved := slices.Clone(publications)
	for i := range moved {
		moved[i].Target = t
	}
	return moved
}

// change is Change through the revision that t names.
func (h Host) change(ctx context.Context, t store.Target, add, remove []store.Publication) (added []store.Publication, err error) {
	c, err := h.begin(ctx, t, add, remove)
	if err != nil {
		return nil, marked(err, store.ErrNothingSent)
	}
	if c.dxl != nil {
		added, err = c.run(ctx, t, add, remove)
	} else {
		added, err = add, c.change(ctx, t, valuesOf(add), valuesOf(remove))
	}
	return added, c.verdict(err)
}

// begin finds the account for a change, and sees whether it may be made.
func (h Host) begin(ctx context.Context, t store.Target, add, remove []store.Publication) (*changing, error) {
	for _, p := range slices.Concat(add, remove) {
		if p.Target != t {
			return nil, fmt.Errorf("one change of two targets: %s and %s", t.Owner, p.Owner)
		}
	}
	a, err := h.account(ctx, t)
	if err != nil {
		return nil, err
	}
	return &changing{account: a}, a.permits(t)
}

func valuesOf(publications []store.Publication) []string {
	var values []string
	for _, p := range publications {
		values = append(values, p.Value)
	}
	return values
}

// permits is rule 2 once more, just before anything is sent: the target lies below, and not at, a zone that this
// revision of the DNS Provider names.
func (a *account) permits(t store.Target) error {
	if err := plain(t); err != nil {
		return err
	}
	for _, zone := range a.Zones {
		if zone == t.Zone && t.Owner.In(zone) && t.Owner != zone {
			return nil
		}
	}
	f := &fault.Fault{
		Code:  fault.Unmanaged,
		Tried: fmt.Sprintf("write at %s with the DNS Provider %s", t.Owner, a.Name),
		Seen:  fmt.Sprintf("it lies in none of its zones %s", list(a.Zones)),
		Do:    "add the zone to the DNS Provider, if deputy may write there",
		Who:   fault.Admin,
	}
	if t.Owner == t.Zone {
		f.Code = fault.AtApex
		f.Seen = "that is the zone's own name, where deputy does not write"
		f.Do = "let the CNAME lead to a name below the zone"
	}
	return f
}

// plain refuses a Target whose names could change what a request means where a document glues them into it.
func plain(t store.Target) error {
	for _, n := range []name.Name{t.Owner, t.Zone, t.Domain, t.Cert.Host()} {
		if n.IsZero() || n.IsPlain() {
			continue
		}
		return &fault.Fault{
			Code:  fault.BadTarget,
			Tried: fmt.Sprintf("write at %s with the DNS Provider %s", t.Owner, t.Provider),
			Seen:  fmt.Sprintf("%s is not of letters, digits, hyphens and underscores alone, and could change what a request to the DNS host means", n),
			Do:    fmt.Sprintf("have the CNAME at %s changed to a plain name, as in %s", challengeText(t.Cert), below(t.Zone)),
			Who:   fault.DNSOwner,
		}
	}
	return nil
}
