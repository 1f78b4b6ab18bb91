package dnsconfig

import (
	"fmt"
	"strings"
)

// zone reads a zone; no id means that the account has none for the name.
func (r *reading) zone() (Result, error) {
	id, err := r.optional("id")
	if err != nil || id == "" {
		return Result{Absent: err == nil}, err
	}
	z, err := r.zoneAt(id)
	return Result{ZoneID: z.ID, ZoneName: z.Name, ZoneTTL: z.TTL}, err
}

// zoneAt reads what the answer says of the zone with this id.
func (r *reading) zoneAt(id string) (ZoneAt, error) {
	z := ZoneAt{ID: id}
	var err error
	if z.Name, err = r.optional("name"); err != nil {
		return z, err
	}
	z.Name = strings.TrimSuffix(z.Name, ".")
	x := r.call.result["minimum_ttl"]
	if x == nil {
		return z, nil
	}
	v, err := x.give(r.e)
	if err != nil || v == nil {
		return z, err
	}
	ttl, err := asNumber(v)
	if err != nil || ttl < 0 || ttl > maxTTL {
		return z, fmt.Errorf("minimum_ttl: a number of seconds is wanted, not %s", kindOf(v))
	}
	z.TTL = ttl
	return z, nil
}

func (r *reading) zones() (Result, error) {
	elements, err := r.listed("zones")
	if err != nil {
		return Result{}, err
	}
	var result Result
	for i, element := range elements {
		r.e.env["item"] = element
		id, err := r.optional("id")
		if err != nil {
			return Result{}, err
		}
		z, err := r.zoneAt(id)
		if err != nil {
			return Result{}, err
		}
		if z.ID == "" || z.Name == "" {
			return Result{}, fmt.Errorf("zone %d of the list has no id or no name", i+1)
		}
		result.Zones = append(result.Zones, z)
	}
	err = r.follow(&result)
	return result, err
}
