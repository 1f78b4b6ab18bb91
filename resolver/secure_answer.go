package resolver

import (
	"fmt"
	"strings"

	"github.com/miekg/dns"

	"deputy/name"
)

// judge validates an answer of zone, whose keys are ring. Only what it says of q's name counts: the caller follows
// aliases.
func (c *chain) judge(zone name.Name, ring keyring, m *dns.Msg, q question) error {
	sets := setsOf(m.Answer)
	var p proven
	var why string
	if len(sets) > 0 {
		p, why = c.positive(ring, m, sets, q)
	} else {
		p, why = c.negative(ring, m, q)
	}
	switch {
	case why != "":
		return &breach{zone, why}
	case p == optedOut, p == excessive:
		return &unsigned{leftOut(zone, q.name)}
	}
	return nil
}

// positive validates the records at q's name, or the DNAME above it that they follow from.
func (v *validator) positive(ring keyring, m *dns.Msg, sets []*rrset, q question) (proven, string) {
	owner := q.name.FQDN()
	if set := dnameAbove(sets, owner, ring.zone); set != nil {
		return v.viaDNAME(ring, set, sets, owner)
	}
	p, seen := noData, false
	for _, set := range sets {
		if set.owner != owner || set.typ != uint16(q.typ) && set.typ != dns.TypeCNAME {
			continue
		}
		seen = true
		signature, why := v.verify(set, ring)
		if why != "" {
			return unproven, why
		}
		labels, made := set.expanded(signature)
		if !made {
			continue
		}
		if p, why = v.wildcard(ring, m, set, labels); why != "" {
			return unproven, why
		}
	}
	if !seen {
		return unproven, fmt.Sprintf("its answer holds no records at %s", q.name)
	}
	return p, ""
}

// wildcard wants the proof that nothing closer to set's owner exists than the wildcard that it was made from.
func (v *validator) wildcard(ring keyring, m *dns.Msg, set *rrset, labels int) (proven, string) {
	d, why := v.denialOf(m.Ns, ring)
	p := d.wildcarded(set.owner, labels)
	switch {
	case p == unproven && why != "":
		return unproven, why
	case p == unproven:
		return unproven, fmt.Sprintf("%s are those of a wildcard, and it does not prove that the name has none of its own", set.called(ring.zone))
	}
	return p, ""
}

// dnameAbove is a DNAME set of zone that stands above owner.
func dnameAbove(sets []*rrset, owner, zone string) *rrset {
	for _, set := range sets {
		if set.typ == dns.TypeDNAME && set.owner != owner && dns.IsSubDomain(set.owner, owner) && dns.IsSubDomain(zone, set.owner) {
			return set
		}
	}
	return nil
}

// viaDNAME validates the DNAME; the CNAME made from it has no signature, and must be what follows (RFC 6672 §5.3.1).
func (v *validator) viaDNAME(ring keyring, set *rrset, sets []*rrset, owner string) (proven, string) {
	signature, why := v.verify(set, ring)
	if why != "" {
		return unproven, why
	}
	dname, ok := set.records[0].(*dns.DNAME)
	if _, made := set.expanded(signature); made || !ok || len(set.records) > 1 {
		return unproven, set.called(ring.zone) + " are made from a wildcard or more than one"
	}
	for _, other := range sets {
		if other.owner != owner || other.typ == dns.TypeDNAME {
			continue
		}
		cname, ok := other.records[0].(*dns.CNAME)
		wanted := strings.TrimSuffix(owner, strings.TrimPrefix(set.owner, ".")) + strings.TrimPrefix(dname.Target, ".")
		if !ok || len(other.records) > 1 || dns.CanonicalName(cname.Target) != dns.CanonicalName(wanted) {
			return unproven, fmt.Sprintf("%s do not follow from its DNAME at %s", other.called(ring.zone), plain(set.owner))
		}
	}
	return noName, ""
}

// negative wants the proof that there are no records of q's type, or that the name does not exist. A name said not to
// exist for which only "no such records" is proven is as good as proven: there are none (RFC 9824).
func (v *validator) negative(ring keyring, m *dns.Msg, q question) (proven, string) {
	d, why := v.denialOf(m.Ns, ring)
	if why != "" {
		return unproven, why
	}
	p := d.of(q.name.FQDN(), uint16(q.typ))
	switch {
	case p == bareCut:
		return noData, ""
	case m.Rcode == dns.RcodeNameError && p == unproven:
		return unproven, fmt.Sprintf("it does not prove that %s does not exist", q.name)
	case p == unproven, p == noName && m.Rcode != dns.RcodeNameError:
		return unproven, fmt.Sprintf("it does not prove that %s has no %s records", q.name, q.typ)
	}
	return p, ""
}
