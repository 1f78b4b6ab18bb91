package provider

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"deputy/dnsconfig"
	"deputy/fault"
	"deputy/name"
	"deputy/store"
)

// listed is one zone of a host's list.
type listed struct {
	dnsconfig.ZoneAt
	name name.Name
	told bool // its id stands in the host's answer
}

// spot is a target as the host's zones are remembered for it.
type spot struct{ zone, owner name.Name }

// locate finds the zone at the host and makes the inputs of all requests. That the host's own zone is the one that the
// target names is checked here: a deeper zone at the host would hide what is written.
func (a *account) locate(ctx context.Context, t store.Target) (dnsconfig.Inputs, error) {
	in := dnsconfig.Inputs{Account: a.Account, Base: a.APIBase, Name: t.Owner, Zone: t.Zone, Now: a.clock}
	if !a.native.Has(dnsconfig.Zone) && !a.native.Has(dnsconfig.Zones) {
		return in, nil
	}
	zone, err := a.zone(ctx, in)
	if err != nil {
		return in, err
	}
	in.ZoneID, in.ZoneTTL = zone.ZoneID, zone.ZoneTTL
	return in, nil
}

// zone gives the zone at the host that holds the target, as it was told before or is told now.
func (a *account) zone(ctx context.Context, in dnsconfig.Inputs) (dnsconfig.Result, error) {
	key := spot{in.Zone, in.Name}
	a.mu.Lock()
	known, ok := a.zones[key]
	a.mu.Unlock()
	if ok {
		return known, nil
	}
	find := a.zoneByName
	if !a.native.Has(dnsconfig.Zone) {
		find = a.zoneByList
	}
	zone, err := find(ctx, in)
	if a.pretended.excuse(err) {
		a.note(dnsconfig.Zone, "would stop here: %s; from here with %s as the zone's id", seenIn(err), in.Zone)
		zone, err = dnsconfig.Result{ZoneID: in.Zone.String()}, nil
	}
	if err != nil {
		return dnsconfig.Result{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.zones[key] = zone
	return zone, nil
}

// zoneByName asks for the zone that holds the target.
func (a *account) zoneByName(ctx context.Context, in dnsconfig.Inputs) (dnsconfig.Result, error) {
	got, zone, err := a.fetch(ctx, dnsconfig.Zone, in)
	if err != nil {
		return dnsconfig.Result{}, err
	}
	told := in.Zone
	if zone.ZoneName != "" {
		if told, err = name.ParseOwner(zone.ZoneName); err != nil {
			return dnsconfig.Result{}, a.nonsense(got.request, got.answer, "the zone's name is no name: "+err.Error())
		}
	}
	switch {
	case zone.Absent || told != in.Zone:
		return dnsconfig.Result{}, a.wrongZone(in, zone)
	case zone.ZoneID != in.Zone.String() && !wordsOf(got.answer).hold(zone.ZoneID):
		return dnsconfig.Result{}, a.stray(got.request, in.Name, "the configuration takes for the zone's id what the host's answer does not say")
	}
	return zone, nil
}

// zoneByList takes the longest of the account's zones that holds the target.
func (a *account) zoneByList(ctx context.Context, in dnsconfig.Inputs) (dnsconfig.Result, error) {
	all, fresh, err := a.list(ctx, in, false)
	if err != nil {
		return dnsconfig.Result{}, err
	}
	best, twice := longest(all, in.Name)
	if best.name != in.Zone && !fresh { // it may have been made since
		if all, _, err = a.list(ctx, in, true); err != nil {
			return dnsconfig.Result{}, err
		}
		best, twice = longest(all, in.Name)
	}
	zone := dnsconfig.Result{ZoneID: best.ID, ZoneName: best.name.String(), ZoneTTL: best.TTL, Absent: best.name.IsZero()}
	switch {
	case best.name != in.Zone:
		return zone, a.wrongZone(in, zone)
	case twice != "":
		return zone, a.twoZones(in, best.ID, twice)
	case !best.told && best.ID != in.Zone.String():
		return zone, a.stray(dnsconfig.Request{Op: dnsconfig.Zones, Method: "GET"}, in.Name, "the configuration takes for the zone's id what the host's answer does not say")
	}
	return zone, nil
}

// longest is the zone with the longest name that holds owner, at a label border, and the id of another of the same name.
func longest(zones []listed, owner name.Name) (best listed, twice string) {
	for _, z := range zones {
		switch {
		case z.name.IsZero() || !owner.In(z.name):
		case z.name == best.name && z.ID != best.ID:
			twice = z.ID
		case best.name.IsZero() || z.name.Labels() > best.name.Labels():
			best, twice = z, ""
		}
	}
	return best, twice
}

// maxZones bounds what is kept of a host's list.
const maxZones = 100_000

// list gives the zones that the credential sees, as they were listed before unless anew; fresh says that they were now.
func (a *account) list(ctx context.Context, in dnsconfig.Inputs, anew bool) (zones []listed, fresh bool, err error) {
	a.mu.Lock()
	known := a.listed
	a.mu.Unlock()
	if known != nil && !anew {
		return known, false, nil
	}
	all := []listed{}
	err = a.pages(ctx, dnsconfig.Zones, in, func(got reply, page dnsconfig.Result) error {
		if len(all)+len(page.Zones) > maxZones {
			return a.lost(got, fmt.Sprintf("the list has more than %d zones", maxZones))
		}
		said := wordsOf(got.answer)
		for _, z := range page.Zones {
			parsed, err := name.ParseOwner(strings.TrimSuffix(z.Name, "."))
			if err != nil {
				continue // a zone that can't hold any of ours, such as one for RFC 2317
			}
			all = append(all, listed{ZoneAt: z, name: parsed, told: said.hold(z.ID)})
		}
		return nil
	})
	if err != nil {
		return nil, true, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.listed = all
	return all, true, nil
}

// forget makes the zone be asked for anew: a write was refused, perhaps since the zone's minimum TTL has changed.
func (a *account) forget(owner name.Name) {
	a.mu.Lock()
	defer a.mu.Unlock()
	maps.DeleteFunc(a.zones, func(s spot, _ dnsconfig.Result) bool { return s.owner == owner })
	a.listed = nil
}

func (a *account) wrongZone(in dnsconfig.Inputs, zone dnsconfig.Result) error {
	f := &fault.Fault{
		Code:  fault.HostRefused,
		Tried: fmt.Sprintf("find the zone of %s with the DNS Provider %s", in.Name, a.Name),
		Seen:  "the account has no zone at the host that holds it",
		Do:    fmt.Sprintf("check that %s is in this account at the DNS host, and that the credential may see it", in.Zone),
		Who:   fault.Admin,
	}
	if !zone.Absent {
		f.Code = fault.HiddenByCut
		f.Seen = fmt.Sprintf("the host says that it lies in the zone %s, not in %s", a.redactor.Redact(zone.ZoneName), in.Zone)
		f.Do = fmt.Sprintf("name that zone in zones of the DNS Provider %s, if deputy may write there", a.Name)
	}
	return f
}

// twoZones is the fault of a host that has the zone twice, a public and a private one as a rule.
func (a *account) twoZones(in dnsconfig.Inputs, one, other string) error {
	return &fault.Fault{
		Code:  fault.HostRefused,
		Tried: fmt.Sprintf("find the zone of %s with the DNS Provider %s", in.Name, a.Name),
		Seen:  a.redactor.Redact(fmt.Sprintf("the account has two zones %s at the host, with the ids %s and %s", in.Zone, one, other)),
		Do:    "use a credential that sees the public one only, or name its id in account, where the DNS Configuration has a field for it",
		Who:   fault.Admin,
	}
}
