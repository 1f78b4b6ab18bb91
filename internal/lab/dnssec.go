package lab

import (
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"
)

// How long signatures hold. They are made when they are asked for, so none of them ever ends but those that are to.
const (
	signedSince = time.Hour
	signedFor   = 24 * time.Hour
)

// signer signs the sets of one zone with its only key.
type signer struct {
	key     *dns.DNSKEY
	private crypto.Signer
	expired atomic.Bool
}

func newSigner(origin string) (*signer, error) {
	key := &dns.DNSKEY{
		Hdr:   dns.RR_Header{Name: origin, Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET, Ttl: 3600},
		Flags: dns.ZONE | dns.SEP, Protocol: 3, Algorithm: dns.ECDSAP256SHA256,
	}
	private, err := key.Generate(256)
	if err != nil {
		return nil, err
	}
	return &signer{key: key, private: private.(*ecdsa.PrivateKey)}, nil
}

// sign makes the signature of one set, whose owner is that of the zone: "*." and all for a wildcard.
func (s *signer) sign(set []dns.RR) (*dns.RRSIG, error) {
	now := time.Now()
	if s.expired.Load() {
		now = now.Add(-signedSince - 2*signedFor)
	}
	signature := &dns.RRSIG{
		Algorithm: s.key.Algorithm, KeyTag: s.key.KeyTag(), SignerName: s.key.Hdr.Name,
		Inception: uint32(now.Add(-signedSince).Unix()), Expiration: uint32(now.Add(signedFor).Unix()),
	}
	return signature, signature.Sign(s.private, set)
}

// ExpireSignatures makes the signatures of a zone in Options.Signed ones that ended a day ago, from now on; on false
// makes them good again.
func (z *Zone) ExpireSignatures(on bool) error {
	v := z.newest()
	if v.signer == nil {
		return fmt.Errorf("zone %s is not signed", z.origin)
	}
	v.signer.expired.Store(on)
	return nil
}

// signZones gives zones their keys, puts the DS record of each where the zone above is signed too, and writes the
// trust anchor.
func (l *Lab) signZones(origins []string) error {
	if len(origins) == 0 {
		return nil
	}
	for _, origin := range origins {
		z, err := l.findZone(origin)
		if err != nil {
			return err
		}
		s, err := newSigner(z.origin)
		if err != nil {
			return err
		}
		z.sign(s)
	}
	for _, origin := range origins {
		if err := l.chainUp(l.Zone(origin)); err != nil {
			return err
		}
	}
	root := l.Zone(".").newest().signer
	if root == nil {
		return errors.New("zones are signed and the root is not: there is no trust anchor")
	}
	return os.WriteFile(l.Anchor(), []byte(root.key.String()+"\n"), 0o644)
}

// chainUp adds the DS record of z to the zone above, where that is signed.
func (l *Lab) chainUp(z *Zone) error {
	above := l.above(z.origin)
	if z == above || above.newest().signer == nil {
		return nil
	}
	return above.Add(z.newest().signer.key.ToDS(dns.SHA256).String())
}

// sign gives the zone its signer, before anybody serves it.
func (z *Zone) sign(s *signer) {
	v := z.newest()
	insert(v.nodes, s.key)
	v.signer = s
	v.index()
}

// link makes the order of the NSEC records: all owners but those below a delegation (RFC 4034 §6.1, RFC 4035 §2.3).
func (v *version) link() {
	v.chain = nil
	for owner := range v.nodes {
		if at, below := v.cut(owner); !below || at == owner {
			v.chain = append(v.chain, owner)
		}
	}
	slices.SortFunc(v.chain, canonically)
}

// canonically is the order of names of RFC 4034 §6.1: by labels, the last one first.
func canonically(a, b string) int {
	left, right := dns.SplitDomainName(a), dns.SplitDomainName(b)
	slices.Reverse(left)
	slices.Reverse(right)
	return slices.CompareFunc(left, right, func(a, b string) int { return cmp.Compare(a, b) })
}

// nsec is the NSEC record at name or, where nothing stands there, the one that covers it.
func (v *version) nsec(name string) *dns.NSEC {
	at, found := slices.BinarySearchFunc(v.chain, name, canonically)
	if !found {
		at-- // the apex is before all names of the zone
	}
	owner := v.chain[at]
	types := []uint16{dns.TypeRRSIG, dns.TypeNSEC}
	_, cut := v.cut(owner)
	for t := range v.nodes[owner] {
		if !cut || t == dns.TypeNS || t == dns.TypeDS {
			types = append(types, t)
		}
	}
	slices.Sort(types)
	return &dns.NSEC{
		Hdr:        dns.RR_Header{Name: owner, Rrtype: dns.TypeNSEC, Class: dns.ClassINET, Ttl: v.negative().Header().Ttl},
		NextDomain: v.chain[(at+1)%len(v.chain)], TypeBitMap: types,
	}
}

// signed is a set with its signature, where one is wanted and the zone has a key.
func (a *answering) signed(v *version, set []dns.RR) []dns.RR {
	set = slices.Clone(set)
	if !a.do || v.signer == nil {
		return set
	}
	signature, err := v.signer.sign(set)
	if err != nil {
		return set // as a zone whose signer is broken: the answer is bogus
	}
	return append(set, signature)
}

// prove adds the NSEC records that tell what there is at names, or instead of them (RFC 4035 §3.1.3).
func (a *answering) prove(v *version, names ...string) {
	if !a.do || v.signer == nil {
		return
	}
	var owners []string
	for _, name := range names {
		nsec := v.nsec(name)
		if !slices.Contains(owners, nsec.Hdr.Name) {
			owners = append(owners, nsec.Hdr.Name)
			a.reply.Ns = append(a.reply.Ns, a.signed(v, []dns.RR{nsec})...)
		}
	}
}

// sets parts records of one owner by type.
func sets(records []dns.RR) [][]dns.RR {
	var types []uint16
	byType := map[uint16][]dns.RR{}
	for _, rr := range records {
		t := rr.Header().Rrtype
		if !slices.Contains(types, t) {
			types = append(types, t)
		}
		byType[t] = append(byType[t], rr)
	}
	all := make([][]dns.RR, len(types))
	for i, t := range types {
		all[i] = byType[t]
	}
	return all
}
