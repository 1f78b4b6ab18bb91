package resolver

import (
	"strings"

	"github.com/miekg/dns"
)

// hashed is the verified NSEC3 records of one answer. All have the same parameters (RFC 5155 §8.2).
type hashed struct {
	zone    string
	records []*dns.NSEC3
	owners  []string          // the hashes in front of the zone's name, upper case
	hashes  map[string]string // of names, so that each is made once
}

// newHashed keeps the records that deputy can read and that have the first one's parameters.
func newHashed(zone string, records []*dns.NSEC3) *hashed {
	h := &hashed{zone: zone, hashes: map[string]string{}}
	for _, r := range records {
		label, rest, _ := strings.Cut(r.Hdr.Name, ".")
		if r.Hash != dns.SHA1 || r.Flags > 1 || dns.Fqdn(rest) != zone {
			continue
		}
		if len(h.records) > 0 && (r.Iterations != h.records[0].Iterations || !strings.EqualFold(r.Salt, h.records[0].Salt)) {
			continue
		}
		h.records = append(h.records, r)
		h.owners = append(h.owners, strings.ToUpper(label))
	}
	return h
}

// hash is n's, upper case, by the parameters of the records.
func (h *hashed) hash(n string) string {
	known, ok := h.hashes[n]
	if !ok {
		r := h.records[0]
		known = dns.HashName(n, r.Hash, r.Iterations, r.Salt)
		h.hashes[n] = known
	}
	return known
}

// match is the record of n itself; nil for none.
func (h *hashed) match(n string) *dns.NSEC3 {
	for i, r := range h.records {
		if hash := h.hash(n); hash != "" && h.owners[i] == hash {
			return r
		}
	}
	return nil
}

// cover is the record whose span n's hash lies in; nil for none.
func (h *hashed) cover(n string) *dns.NSEC3 {
	hash := h.hash(n)
	if hash == "" {
		return nil
	}
	for i, r := range h.records {
		owner, next := h.owners[i], strings.ToUpper(r.NextDomain)
		after, before := hash > owner, hash < next
		if after && before || owner >= next && (after || before) && hash != owner {
			return r
		}
	}
	return nil
}

// covers says what the covering of n, which lies directly below an existing name, proves.
func (h *hashed) covers(n string) proven {
	switch {
	case len(h.records) == 0:
		return unproven
	case h.records[0].Iterations > maxIterations:
		return excessive
	}
	switch r := h.cover(n); {
	case r == nil:
		return unproven
	case r.Flags&1 != 0:
		return optedOut
	}
	return noName
}

// of is RFC 5155 §8.4 to §8.7.
func (h *hashed) of(n string, t uint16) proven {
	switch {
	case len(h.records) == 0 || !dns.IsSubDomain(h.zone, n):
		return unproven
	case h.records[0].Iterations > maxIterations:
		return excessive
	}
	if r := h.match(n); r != nil {
		if !rightSide(r.TypeBitMap, n, t) {
			return unproven
		}
		return absent(r.TypeBitMap, t)
	}
	encloser, next := h.encloser(n)
	if encloser == "" {
		return unproven
	}
	closer := h.covers(next)
	if closer == unproven || closer == optedOut && t == dns.TypeDS {
		return closer
	}
	star := "*." + strings.TrimPrefix(encloser, ".")
	if r := h.match(star); r != nil && absent(r.TypeBitMap, t) != unproven {
		return worse(noData, closer)
	}
	if h.cover(star) == nil {
		return unproven
	}
	return worse(noName, closer)
}

// worse is p, but for a span with opt-out: what lies there is not proven, only that it is not signed.
func worse(p, closer proven) proven {
	if closer == optedOut {
		return optedOut
	}
	return p
}

// encloser is the closest ancestor of n that provably exists, and the name one label longer (RFC 5155 §8.3).
func (h *hashed) encloser(n string) (encloser, next string) {
	for labels := dns.CountLabel(n) - 1; labels >= dns.CountLabel(h.zone); labels-- {
		at := suffix(n, labels)
		r := h.match(at)
		if r == nil {
			continue
		}
		if hides(at, r.TypeBitMap, n) {
			return "", ""
		}
		return at, suffix(n, labels+1)
	}
	return "", ""
}
