// Package plan says which CNAMEs to ask for, and writes the request to whoever may add them.
//
// It asks nobody and changes no DNS.
package plan

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"slices"
	"strings"

	"deputy/name"
	"deputy/store"
)

// Planner makes targets.
type Planner struct {
	Store *store.Store
}

// tenant is whose names these are. There is one tenant yet; it is part of the label so that a second one's targets will
// differ.
const tenant = ""

// Target gives the target of a certificate's name in zone: a label that is HMAC-SHA-256(installation key, tenant and
// name), 128 bits in base32, stored at the first call and the same for ever after, even in another zone's favour. A
// wildcard shares the target of its host, as it shares the challenge name.
//
// The label tells nothing about the name, and nobody without the key can guess that of another name, so a CNAME that is
// forgotten in somebody's DNS leads to no place that another can claim.
func (p *Planner) Target(ctx context.Context, cert, zone name.Name) (name.Name, error) {
	key, err := p.Store.InstallationKey(ctx)
	if err != nil {
		return name.Name{}, err
	}
	host := cert.Host()
	fresh, err := zone.Child(label(key, tenant, host))
	if err != nil {
		return name.Name{}, fmt.Errorf("plan a target for %s in the zone %s: %w", host, zone, err)
	}
	var target name.Name
	err = p.Store.Do(ctx, func(t *store.Tx) error {
		planned, err := t.PlannedTarget(tenant, host)
		if errors.Is(err, store.ErrNotFound) {
			target = fresh
			return t.PutPlannedTarget(store.PlannedTarget{Tenant: tenant, Name: host, Target: fresh})
		}
		target = planned.Target
		return err
	})
	if err != nil {
		return name.Name{}, err
	}
	return target, nil
}

// Adopt binds a certificate's name to the target that a working CNAME of it leads to already, for ever, so that nobody is
// asked to change it later. It does nothing, and says false, where another target is planned for the name, and where
// target is another name's: several hosts may share one that was made before deputy came.
func (p *Planner) Adopt(ctx context.Context, cert, target name.Name) (bool, error) {
	host := cert.Host()
	adopted := false
	err := p.Store.Do(ctx, func(t *store.Tx) error {
		planned, err := t.PlannedTargets()
		if err != nil {
			return err
		}
		adopted = true
		for _, other := range planned {
			switch {
			case other.Tenant == tenant && other.Name == host:
				adopted = other.Target == target
				return nil
			case other.Target == target:
				adopted = false
			}
		}
		if !adopted {
			return nil
		}
		return t.PutPlannedTarget(store.PlannedTarget{Tenant: tenant, Name: host, Target: target})
	})
	if err != nil {
		return false, err
	}
	return adopted, nil
}

// Needs says which challenge names have to lead elsewhere for names, in their order: one for a host and its wildcard
// (RFC 8555 §7.1.3 gives both the same), and none for those that lie in one of zones, which deputy may change itself: these
// are direct. The lines have Names and Owner. The error names what has no challenge name.
func Needs(names, zones []name.Name) (lines []Line, direct []name.Name, err error) {
	for _, n := range names {
		challenge, ok := n.Challenge()
		if !ok {
			return nil, nil, fmt.Errorf("_acme-challenge.%s is longer than a name can be (RFC 1035 §2.3.4)", n.Host())
		}
		if _, ours := challenge.LongestSuffix(zones); ours {
			direct = append(direct, n)
			continue
		}
		at := slices.IndexFunc(lines, func(l Line) bool { return l.Owner == challenge })
		if at < 0 {
			lines = append(lines, Line{Names: []name.Name{n}, Owner: challenge})
			continue
		}
		if !slices.Contains(lines[at].Names, n) {
			lines[at].Names = append(lines[at].Names, n)
		}
	}
	return lines, direct, nil
}

// labelSize is how much of the HMAC makes a label, octets: 128 bits are beyond guessing, and 26 letters of base32 leave
// room in the 253 octets of a name.
const labelSize = 16

// label is lower case and has no "=": what a DNS label may hold, and what survives being typed.
func label(key []byte, tenant string, host name.Name) string {
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s\x00%s", tenant, host)
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(mac.Sum(nil)[:labelSize]))
}
