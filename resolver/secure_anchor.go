package resolver

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/miekg/dns"

	"deputy/name"
)

// maxAnchor is the size of a trust anchor's text, in octets. That of the root is under a thousand.
const maxAnchor = 64 << 10

// anchors are DS and DNSKEY records that are believed without proof, by zone.
type anchors map[name.Name][]dns.RR

// readAnchors reads DS and DNSKEY records in zone file form; comments and empty lines may stand between them. Keys
// without the SEP flag are taken too: whoever wrote the file chose them.
func readAnchors(text string) (anchors, error) {
	bad := func(seen string) error {
		return badSetting("read the trust anchor", seen,
			"give --trust-anchor a file with the DS or DNSKEY records of the zone to trust, one a line as in a zone file: . IN DS 20326 8 2 E06D44B8…")
	}
	if len(text) > maxAnchor {
		return nil, bad(fmt.Sprintf("it is longer than %d octets", maxAnchor))
	}
	if strings.Contains(text, "$") {
		return nil, bad("it has a directive such as $INCLUDE or $ORIGIN, which is not read here")
	}
	found := anchors{}
	parser := dns.NewZoneParser(strings.NewReader(text), ".", "")
	parser.SetDefaultTTL(0)
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		kind := rr.Header().Rrtype
		if kind != dns.TypeDS && kind != dns.TypeDNSKEY || rr.Header().Class != dns.ClassINET {
			return nil, bad(fmt.Sprintf("it holds a record of type %s at %s", dns.Type(kind), rr.Header().Name))
		}
		zone, err := readName(rr.Header().Name)
		if err != nil {
			return nil, bad(err.Error())
		}
		if seen := unfit(rr); seen != "" {
			return nil, bad(seen)
		}
		found[zone] = append(found[zone], rr)
	}
	if err := parser.Err(); err != nil {
		return nil, bad(fmt.Sprintf("it can't be read: %v", err))
	}
	if len(found) == 0 {
		return nil, bad("it holds no record")
	}
	for zone, records := range found {
		if len(readable(records)) == 0 {
			return nil, bad(fmt.Sprintf("no record for %s is of an algorithm and digest that deputy can check", zone))
		}
	}
	return found, nil
}

// unfit says why an anchor's record can't name a key; "" where it can.
func unfit(rr dns.RR) string {
	zone := plain(rr.Header().Name)
	switch r := rr.(type) {
	case *dns.DNSKEY:
		if r.Flags&dns.ZONE == 0 || r.Protocol != 3 || r.Flags&dns.REVOKE != 0 {
			return fmt.Sprintf("a DNSKEY of %s is none that signs records: its flags are %d, its protocol %d", zone, r.Flags, r.Protocol)
		}
		if octets, err := base64.StdEncoding.DecodeString(r.PublicKey); err != nil || len(octets) == 0 {
			return fmt.Sprintf("a DNSKEY of %s is not whole", zone)
		}
	case *dns.DS:
		digest, err := hex.DecodeString(r.Digest)
		want, known := map[uint8]int{dns.SHA1: 20, dns.SHA256: 32, dns.SHA384: 48}[r.DigestType]
		if err != nil || known && len(digest) != want {
			return fmt.Sprintf("the digest of the DS %d of %s is not one of its kind", r.KeyTag, zone)
		}
	}
	return ""
}

// above is the anchor of the longest zone that n lies in. A DS question is the parent's: an anchor at n itself does
// not answer it.
func (a anchors) above(n name.Name, t Type) (zone name.Name, ok bool) {
	at, ok := n, true
	if t == typeDS {
		at, ok = n.Parent()
	}
	for ; ok; at, ok = at.Parent() {
		if _, known := a[at]; known {
			return at, true
		}
	}
	return name.Name{}, false
}
