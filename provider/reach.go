package provider

import (
	"context"
	"errors"
	"slices"
	"strings"

	"deputy/dnsconfig"
	"deputy/fault"
	"deputy/store"
)

// Reach is what a DNS Provider's credential sees at its DNS host. That it may change a zone, no host tells without a change.
type Reach struct {
	Provider string
	Revision int64
	Login    bool          // a session was begun; false where the document has no login
	Listed   bool          // Zones are all that the credential sees; else only the DNS Provider's own were asked for
	Zones    []ReachedZone // by name
}

// ReachedZone is one zone at the host, or one that the DNS Provider names.
type ReachedZone struct {
	Name  string // without a final dot
	ID    string // at the host; "" where it has none or the host was not asked
	Named bool   // the DNS Provider has it in zones
	State ZoneState
	Why   string // why it is not found, or why that can't be told; a phrase
}

// ZoneState says whether a zone is there.
type ZoneState string

// The states.
const (
	ZoneFound   ZoneState = "found"     // the credential sees it
	ZoneMissing ZoneState = "missing"   // the host says that the credential has no such zone
	ZoneUntold  ZoneState = "can't say" // the document has no request that would tell (style single, a DXL)
)

// Reach asks the DNS host of the newest revision of a DNS Provider what its credential sees; it writes nothing. Where the
// document lists zones, all of them come back, else each zone of the DNS Provider is looked for. An error is a fault:
// NoProvider where there is none of that name, HostRefused where the credential is, and what else a request can end in.
func (r *Registry) Reach(ctx context.Context, provider string) (Reach, error) {
	var row store.Provider
	err := r.Store.View(ctx, func(tx *store.Tx) (err error) {
		row, err = tx.Provider(provider, 0)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return Reach{}, &fault.Fault{
			Code: fault.NoProvider, Tried: "see what the credential of the DNS Provider " + provider + " reaches", Seen: "there is none of that name",
			Do: "see deputy provider list, or add it: deputy provider add", Who: fault.Admin, Err: err,
		}
	}
	if err != nil {
		return Reach{}, err
	}
	a, err := r.account(ctx, store.Target{Provider: row.Name, Revision: row.Revision})
	if err != nil {
		return Reach{}, err
	}
	reach := Reach{Provider: row.Name, Revision: row.Revision}
	return reach, a.reach(ctx, &reach)
}

// reach asks the host.
func (a *account) reach(ctx context.Context, reach *Reach) (err error) {
	if a.native == nil {
		reach.Zones = a.untold("a DXL has no request that would only tell")
		return nil
	}
	in := dnsconfig.Inputs{Account: a.Account, Base: a.APIBase, Zone: a.Zones[0], Name: a.Zones[0]}
	s, err := a.session(ctx, in)
	if err != nil {
		return err
	}
	reach.Login = s != nil
	switch {
	case a.native.Has(dnsconfig.Zones):
		reach.Listed = true
		reach.Zones, err = a.reachedByList(ctx, in)
	case a.single():
		reach.Zones = a.untold("the API can only write")
	default:
		reach.Zones, err = a.reachedOneByOne(ctx)
	}
	slices.SortFunc(reach.Zones, func(one, other ReachedZone) int { return strings.Compare(one.Name, other.Name) })
	return err
}

// untold are the DNS Provider's zones where no request tells about them.
func (a *account) untold(why string) (zones []ReachedZone) {
	for _, zone := range a.Zones {
		zones = append(zones, ReachedZone{Name: zone.String(), Named: true, State: ZoneUntold, Why: why})
	}
	return zones
}

// reachedByList are all zones that the host lists, and those of the DNS Provider that it does not.
func (a *account) reachedByList(ctx context.Context, in dnsconfig.Inputs) (zones []ReachedZone, err error) {
	all, _, err := a.list(ctx, in, true)
	if err != nil {
		return nil, err
	}
	for _, z := range all {
		zones = append(zones, ReachedZone{Name: z.name.String(), ID: a.redactor.Redact(z.ID), Named: slices.Contains(a.Zones, z.name), State: ZoneFound})
	}
	for _, zone := range a.Zones {
		if !slices.ContainsFunc(all, func(z listed) bool { return z.name == zone }) {
			zones = append(zones, ReachedZone{Name: zone.String(), Named: true, State: ZoneMissing, Why: "the host does not list it"})
		}
	}
	return zones, nil
}

// reachedOneByOne looks for each zone of the DNS Provider: by the document's look-up, else by a reading at a name in it.
func (a *account) reachedOneByOne(ctx context.Context) (zones []ReachedZone, err error) {
	for _, zone := range a.Zones {
		probe, err := zone.Child(probeLabel)
		if err != nil {
			return nil, err
		}
		reached := ReachedZone{Name: zone.String(), Named: true, State: ZoneFound}
		in, err := a.locate(ctx, store.Target{Provider: a.Name, Zone: zone, Owner: probe})
		if err == nil && !a.native.Has(dnsconfig.Zone) {
			_, err = a.read(ctx, in)
		}
		reached.ID = a.redactor.Redact(in.ZoneID)
		f, isFault := fault.From(err)
		switch {
		case err == nil:
		case !isFault || errors.Is(err, errCredential) || f.Code != fault.HostRefused && f.Code != fault.HiddenByCut:
			return nil, err
		default:
			reached.State, reached.Why = ZoneMissing, f.Seen
		}
		zones = append(zones, reached)
	}
	return zones, nil
}

// probeLabel is the name in a zone that is asked about.
const probeLabel = "_acme-challenge"
