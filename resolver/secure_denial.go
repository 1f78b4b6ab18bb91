package resolver

import (
	"bytes"
	"cmp"
	"strings"

	"github.com/miekg/dns"
)

// proven is what the NSEC or NSEC3 records of an answer prove about a name and a type.
type proven int

const (
	unproven  proven = iota
	noData           // the name exists, or would if a wildcard were asked, and has neither the type nor a CNAME
	noName           // the name does not exist, and no wildcard stands for it
	bareCut          // of DS only: a zone begins at the name, and its parent has no DS for it
	optedOut         // NSEC3's opt-out: there may be a zone that is not signed (RFC 5155 §6)
	excessive        // more NSEC3 iterations than deputy counts: as not signed (RFC 9276 §3.2)
)

// denial is the verified NSEC or NSEC3 records of one answer.
type denial struct {
	zone  string
	nsec  []*dns.NSEC
	nsec3 *hashed
}

// denialOf verifies the negative part of an authority section and keeps what holds. The words say which record does
// not: beside an alias it may be another zone's, about the alias's target.
func (v *validator) denialOf(section []dns.RR, ring keyring) (d *denial, why string) {
	d = &denial{zone: ring.zone}
	var records []*dns.NSEC3
	for i, set := range setsOf(section) {
		if set.typ != dns.TypeNSEC && set.typ != dns.TypeNSEC3 && set.typ != dns.TypeSOA {
			continue
		}
		if i >= maxDenials {
			break
		}
		signature, words := v.verify(set, ring)
		if words != "" {
			why = cmp.Or(why, words)
			continue
		}
		if _, made := set.expanded(signature); made {
			continue // a denial is never made from a wildcard
		}
		switch rr := set.records[0].(type) {
		case *dns.NSEC:
			d.nsec = append(d.nsec, rr)
		case *dns.NSEC3:
			records = append(records, rr)
		}
	}
	d.nsec3 = newHashed(ring.zone, records)
	return d, why
}

// of says what is proven of the type t at n. For DS the records are the parent's.
func (d *denial) of(n string, t uint16) proven {
	if p := d.byNSEC(n, t); p != unproven {
		return p
	}
	return d.nsec3.of(n, t)
}

// byNSEC is RFC 4035 §5.4.
func (d *denial) byNSEC(n string, t uint16) proven {
	for _, r := range d.nsec {
		if r.Hdr.Name == n && rightSide(r.TypeBitMap, n, t) {
			return absent(r.TypeBitMap, t)
		}
	}
	r := d.covering(n)
	if r == nil {
		return unproven
	}
	if next := dns.CanonicalName(r.NextDomain); dns.IsSubDomain(n, next) {
		return noData // an empty non-terminal
	}
	star := "*." + strings.TrimPrefix(d.encloser(r, n), ".")
	for _, s := range d.nsec {
		if s.Hdr.Name == star && absent(s.TypeBitMap, t) != unproven {
			return noData
		}
	}
	if d.covering(star) != nil {
		return noName
	}
	return unproven
}

// rightSide says that a bitmap speaks for t at n: at a zone cut the parent has the say about DS, the child about all
// else (RFC 4035 §5.4, RFC 6840 §4.1).
func rightSide(bitmap []uint16, n string, t uint16) bool {
	if t == dns.TypeDS {
		return n == "." || !has(bitmap, dns.TypeSOA)
	}
	return !has(bitmap, dns.TypeNS) || has(bitmap, dns.TypeSOA)
}

// absent reads the bitmap at the name itself.
func absent(bitmap []uint16, t uint16) proven {
	switch {
	case has(bitmap, t), has(bitmap, dns.TypeCNAME):
		return unproven
	case t == dns.TypeDS && has(bitmap, dns.TypeNS):
		return bareCut
	}
	return noData
}

func has(bitmap []uint16, t uint16) bool {
	for _, each := range bitmap {
		if each == t {
			return true
		}
	}
	return false
}

// covering is the NSEC that proves that n does not exist, at least not as a name with records; nil for none.
func (d *denial) covering(n string) *dns.NSEC {
	if !dns.IsSubDomain(d.zone, n) {
		return nil
	}
	for _, r := range d.nsec {
		next := dns.CanonicalName(r.NextDomain)
		after, before := canonical(r.Hdr.Name, n) < 0, canonical(n, next) < 0
		if canonical(r.Hdr.Name, next) >= 0 { // the last one leads back to the zone's own name
			before = true
		}
		if after && before && !hides(r.Hdr.Name, r.TypeBitMap, n) {
			return r
		}
	}
	return nil
}

// hides says that what stands at owner, a zone cut or a DNAME, takes n out of the zone's say (RFC 6840 §4.1).
func hides(owner string, bitmap []uint16, n string) bool {
	if n == owner || !dns.IsSubDomain(owner, n) {
		return false
	}
	return has(bitmap, dns.TypeDNAME) || has(bitmap, dns.TypeNS) && !has(bitmap, dns.TypeSOA)
}

// encloser is the closest ancestor of n that exists, as r, which covers n, shows it.
func (d *denial) encloser(r *dns.NSEC, n string) string {
	shared := max(dns.CompareDomainName(n, r.Hdr.Name), dns.CompareDomainName(n, r.NextDomain))
	return suffix(n, shared)
}

// suffix is the last labels of n.
func suffix(n string, labels int) string {
	at := dns.Split(n)
	if labels <= 0 || len(at) == 0 {
		return "."
	}
	if labels >= len(at) {
		return n
	}
	return n[at[len(at)-labels]:]
}

// wildcarded says that nothing closer to n exists than the wildcard below n's last labels (RFC 4035 §5.3.4,
// RFC 5155 §8.8).
func (d *denial) wildcarded(n string, labels int) proven {
	if r := d.covering(n); r != nil && dns.CountLabel(d.encloser(r, n)) == labels {
		return noName
	}
	return d.nsec3.covers(suffix(n, labels+1))
}

// canonical compares two names in the order of RFC 4034 §6.1.
func canonical(a, b string) int {
	x, y := wireLabels(a), wireLabels(b)
	for i, j := len(x)-1, len(y)-1; i >= 0 && j >= 0; i, j = i-1, j-1 {
		if order := bytes.Compare(x[i], y[j]); order != 0 {
			return order
		}
	}
	return len(x) - len(y)
}

// wireLabels gives a name's labels as octets: escapes count as what they stand for.
func wireLabels(n string) [][]byte {
	var wire [256]byte
	end, err := dns.PackDomainName(dns.CanonicalName(n), wire[:], 0, nil, false)
	if err != nil {
		return nil
	}
	var labels [][]byte
	for at := 0; at < end && wire[at] != 0; at += 1 + int(wire[at]) {
		labels = append(labels, wire[at+1:at+1+int(wire[at])])
	}
	return labels
}
