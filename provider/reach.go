package provider

import (
	"context"
	"errors"
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
	return Reach{}, errors.New("seam")
}
