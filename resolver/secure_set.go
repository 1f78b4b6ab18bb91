package resolver

import (
	"fmt"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// Bounds of validating one answer, so that nobody's records keep deputy busy (KeyTrap, CVE-2023-50387).
const (
	maxChecks       = 200 // signatures checked for one answer and the whole chain to it
	maxSignatures   = 8   // looked at for one set
	maxSameTag      = 4   // keys tried for one signature: they share its key tag
	maxPointers     = 16  // DS records of one zone
	maxDenials      = 16  // NSEC or NSEC3 records of one answer
	maxIterations   = 150 // of NSEC3; more make the answer insecure, as RFC 9276 §3.2 lets validators do
	maxSecureLabels = 40  // names between the anchor and the question
)

// rrset is the records of one owner and type with the signatures that came for them.
type rrset struct {
	owner      string // canonical: lower case, with its final dot
	typ        uint16
	records    []dns.RR
	signatures []*dns.RRSIG
}

// setsOf groups a section's records. Signatures without records are left out.
func setsOf(sections ...[]dns.RR) []*rrset {
	type key struct {
		owner string
		typ   uint16
	}
	var sets []*rrset
	index := map[key]*rrset{}
	for _, section := range sections {
		for _, rr := range section {
			if rr.Header().Class != dns.ClassINET {
				continue
			}
			rr = dns.Copy(rr)
			rr.Header().Name = dns.CanonicalName(rr.Header().Name)
			k := key{rr.Header().Name, rr.Header().Rrtype}
			signature, signs := rr.(*dns.RRSIG)
			if signs {
				k.typ = signature.TypeCovered
			}
			set := index[k]
			if set == nil {
				set = &rrset{owner: k.owner, typ: k.typ}
				index[k] = set
				sets = append(sets, set)
			}
			if signs {
				set.signatures = append(set.signatures, signature)
			} else {
				set.records = append(set.records, rr)
			}
		}
	}
	filled := sets[:0]
	for _, set := range sets {
		if len(set.records) > 0 {
			filled = append(filled, set)
		}
	}
	return filled
}

// find gives the set of a type at owner; nil where there is none.
func find(sets []*rrset, owner string, t uint16) *rrset {
	for _, set := range sets {
		if set.owner == owner && set.typ == t {
			return set
		}
	}
	return nil
}

// called is what people call the set inside its zone.
func (s *rrset) called(zone string) string {
	kind := dns.Type(s.typ).String()
	if s.owner == zone || s.typ == dns.TypeNSEC || s.typ == dns.TypeNSEC3 {
		return fmt.Sprintf("its %s records", kind)
	}
	return fmt.Sprintf("its %s records at %s", kind, plain(s.owner))
}

// plain is a name without its final dot.
func plain(fqdn string) string {
	if fqdn == "." {
		return fqdn
	}
	return strings.TrimSuffix(fqdn, ".")
}

// keyring is a zone with the keys that may sign in it.
type keyring struct {
	zone string // canonical
	keys []*dns.DNSKEY
}

// validator holds what the validation of one answer has used up of its bounds.
type validator struct {
	now  time.Time
	left int // signatures that may still be checked
}

func newValidator(now time.Time) *validator { return &validator{now: now, left: maxChecks} }

// Why a set does not hold, from the least to the most telling; of several signatures the most telling reason counts.
const (
	notSigned = iota
	otherSigner
	unknownKey
	wrongSignature
	notYetValid
	expired
)

// verify looks for one signature of set that a key of ring made and that is valid now (RFC 4035 §5.3). It gives that
// signature, or a sentence that says what is wrong.
func (v *validator) verify(set *rrset, ring keyring) (*dns.RRSIG, string) {
	reason, why := notSigned, set.called(ring.zone)+" are not signed"
	for i, signature := range set.signatures {
		if i == maxSignatures {
			break
		}
		r, words := v.check(set, signature, ring)
		if words == "" {
			return signature, ""
		}
		if r > reason {
			reason, why = r, words
		}
	}
	return nil, why
}

// check gives no words where signature holds.
func (v *validator) check(set *rrset, signature *dns.RRSIG, ring keyring) (reason int, words string) {
	what := set.called(ring.zone)
	if signer := dns.CanonicalName(signature.SignerName); signer != ring.zone {
		return otherSigner, fmt.Sprintf("%s are signed by %s instead", what, plain(signer))
	}
	now := uint32(v.now.Unix())
	if int32(signature.Expiration-now) < 0 { // serial number arithmetic, RFC 4034 §3.1.5
		return expired, fmt.Sprintf("the signature of %s expired on %s", what, v.date(signature.Expiration))
	}
	if int32(now-signature.Inception) < 0 {
		return notYetValid, fmt.Sprintf("the signature of %s is not valid before %s", what, v.date(signature.Inception))
	}
	tried := 0
	for _, key := range ring.keys {
		if key.Algorithm != signature.Algorithm || key.KeyTag() != signature.KeyTag || tried == maxSameTag {
			continue
		}
		tried++
		if v.left--; v.left < 0 {
			return wrongSignature, fmt.Sprintf("it takes more than %d checks of signatures", maxChecks)
		}
		if signature.Verify(key, set.records) == nil {
			return 0, ""
		}
	}
	if tried == 0 {
		return unknownKey, fmt.Sprintf("%s are signed with the key %d, and the zone has no such DNSKEY", what, signature.KeyTag)
	}
	return wrongSignature, fmt.Sprintf("the signature of %s does not fit them", what)
}

// date is the day of a moment in a signature, the one nearest to now.
func (v *validator) date(moment uint32) string {
	away := int32(moment - uint32(v.now.Unix()))
	return v.now.Add(time.Duration(away) * time.Second).UTC().Format(time.DateOnly)
}

// expanded says that signature was made for a wildcard that set's owner was made from (RFC 4035 §5.3.2), and gives the
// number of labels of the name below which that wildcard stands.
func (s *rrset) expanded(signature *dns.RRSIG) (labels int, yes bool) {
	count := dns.CountLabel(s.owner)
	if strings.HasPrefix(s.owner, "*.") {
		count--
	}
	return int(signature.Labels), int(signature.Labels) < count
}

// supported says that deputy can check signatures of an algorithm. Ed448 is not in Go's library.
func supported(algorithm uint8) bool {
	switch algorithm {
	case dns.RSASHA1, dns.RSASHA1NSEC3SHA1, dns.RSASHA256, dns.RSASHA512, dns.ECDSAP256SHA256, dns.ECDSAP384SHA384, dns.ED25519:
		return true
	}
	return false
}

// trusted checks a zone's DNSKEY set against pointers: the DS records in its parent, or a trust anchor's DS or DNSKEY
// records, all of the zone's name. Where deputy can read none of them it gives no keys: the zone counts as not signed
// (RFC 4035 §5.2). The words say what is wrong.
func (v *validator) trusted(zone string, set *rrset, pointers []dns.RR, source string) (keys []*dns.DNSKEY, words string) {
	pointers = readable(pointers)
	if len(pointers) == 0 {
		return nil, ""
	}
	named := fmt.Sprintf("%s names the key %s", source, tags(pointers))
	if set == nil {
		return nil, named + ", and the zone has no DNSKEY records"
	}
	var all, pointed []*dns.DNSKEY
	for _, rr := range set.records {
		key, ok := rr.(*dns.DNSKEY)
		if !ok || key.Flags&dns.ZONE == 0 || key.Protocol != 3 || key.Flags&dns.REVOKE != 0 {
			continue
		}
		all = append(all, key)
		if len(pointed) < maxPointers && pointsTo(pointers, key) {
			pointed = append(pointed, key)
		}
	}
	if len(pointed) == 0 {
		return nil, named + ", and the zone has no such DNSKEY"
	}
	if _, words := v.verify(set, keyring{zone, pointed}); words != "" {
		return nil, words
	}
	return all, ""
}

// readable leaves of pointers those that deputy can use: not SHA-1 where there is better (RFC 4509 §3).
func readable(pointers []dns.RR) []dns.RR {
	var kept []dns.RR
	better := false
	for _, rr := range pointers {
		ds, ok := rr.(*dns.DS)
		if ok && supported(ds.Algorithm) && (ds.DigestType == dns.SHA256 || ds.DigestType == dns.SHA384) {
			better = true
		}
	}
	for _, rr := range pointers {
		switch p := rr.(type) {
		case *dns.DS:
			known := p.DigestType == dns.SHA256 || p.DigestType == dns.SHA384 || p.DigestType == dns.SHA1 && !better
			if supported(p.Algorithm) && known {
				kept = append(kept, p)
			}
		case *dns.DNSKEY:
			if supported(p.Algorithm) {
				kept = append(kept, p)
			}
		}
	}
	return kept[:min(len(kept), maxPointers)]
}

func pointsTo(pointers []dns.RR, key *dns.DNSKEY) bool {
	tag := key.KeyTag()
	for _, rr := range pointers {
		switch p := rr.(type) {
		case *dns.DS:
			if p.KeyTag != tag || p.Algorithm != key.Algorithm {
				continue
			}
			if made := key.ToDS(p.DigestType); made != nil && strings.EqualFold(made.Digest, p.Digest) {
				return true
			}
		case *dns.DNSKEY:
			if p.Algorithm == key.Algorithm && p.PublicKey == key.PublicKey {
				return true
			}
		}
	}
	return false
}

// tags lists the key tags of pointers for people.
func tags(pointers []dns.RR) string {
	var texts []string
	seen := map[string]bool{}
	for _, rr := range pointers {
		text := ""
		switch p := rr.(type) {
		case *dns.DS:
			text = fmt.Sprintf("%d (DS)", p.KeyTag)
		case *dns.DNSKEY:
			text = fmt.Sprintf("%d (DNSKEY)", p.KeyTag())
		}
		if !seen[text] {
			seen[text] = true
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, " or ")
}
