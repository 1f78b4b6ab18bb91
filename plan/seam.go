// Package plan says which CNAMEs to ask for, and writes the request to whoever may add them.
//
// It asks nobody and changes no DNS.
package plan

import (
	"context"

	"deputy/name"
	"deputy/store"
)

// Planner makes targets.
type Planner struct {
	Store *store.Store
}

// Target gives the target of a certificate's name in zone: a label that is HMAC-SHA-256(installation key, tenant and
// name), 128 bits in base32, stored at the first call and the same for ever after, even in another zone's favour.
func (p *Planner) Target(ctx context.Context, cert, zone name.Name) (name.Name, error) { panic("seam") }

// Line is one CNAME to ask for.
type Line struct {
	Names  []name.Name // the certificate names that need it
	Owner  name.Name
	Target name.Name
	Zone   name.Name // the zone that holds Owner, if it is known; for the relative form
	Done   bool      // it is there already
}

// Ticket writes the request for lines as plain text that can be forwarded.
func Ticket(lines []Line) string { panic("seam") }
