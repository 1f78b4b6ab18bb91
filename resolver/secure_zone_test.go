package resolver_test

import (
	"crypto"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// provenZone is a zone with keys, signed when it is served.
type provenZone struct {
	t       testing.TB
	origin  string
	records []dns.RR
	key     *dns.DNSKEY // signs everything, the DNSKEY records included
	private crypto.Signer
	plain   bool // not signed

	hashed     bool   // NSEC3 instead of NSEC
	optOut     bool   // and cuts without DS are left out of it
	iterations uint16 // of NSEC3

	sign  func(set []dns.RR, signature *dns.RRSIG)    // changes a signature before it is made
	serve func(asked *dns.Msg, m *dns.Msg)            // changes an answer
	spare func(owner string, rrtype uint16) (no bool) // sets that get no signature

	built  map[setKey][]dns.RR // records and their signatures
	denial []dns.RR            // NSEC or NSEC3 records in order of the chain
}

type setKey struct {
	owner  string
	rrtype uint16
}

// newProvenZone makes a zone from absolute lines; "$A" is the address of s.
func newProvenZone(t testing.TB, s *server, algorithm uint8, origin string, lines ...string) *provenZone {
	t.Helper()
	z := &provenZone{t: t, origin: dns.Fqdn(origin)}
	z.key, z.private = newKey(t, z.origin, algorithm)
	below := strings.TrimPrefix(z.origin, ".")
	lines = append([]string{
		z.origin + " 3600 IN SOA ns." + below + " admin." + below + " 1 7200 3600 1209600 300",
		z.origin + " 3600 IN NS ns." + below, "ns." + below + " 3600 IN A $A",
	}, lines...)
	for _, line := range lines {
		z.records = append(z.records, s.parse(strings.ReplaceAll(line, "$A", s.Addr.Addr().String())))
	}
	return z
}

func newKey(t testing.TB, zone string, algorithm uint8) (*dns.DNSKEY, crypto.Signer) {
	t.Helper()
	bits := map[uint8]int{dns.RSASHA256: 1024, dns.ECDSAP256SHA256: 256, dns.ED25519: 256}[algorithm]
	key := &dns.DNSKEY{
		Hdr:   dns.RR_Header{Name: zone, Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET, Ttl: 3600},
		Flags: 257, Protocol: 3, Algorithm: algorithm,
	}
	private, err := key.Generate(bits)
	if err != nil {
		t.Fatalf("make a key for %s: %v", zone, err)
	}
	return key, private.(crypto.Signer)
}

// ds is what the parent needs to say of the zone's key.
func (z *provenZone) ds() string { return z.key.ToDS(dns.SHA256).String() }

// delegation is what a parent has about the zone: its name server, its address, and ds.
func (z *provenZone) delegation(s *server, ds ...string) []string {
	return append([]string{z.origin + " 3600 IN NS ns." + z.origin, "ns." + z.origin + " 3600 IN A " + s.Addr.Addr().String()}, ds...)
}

// cut is the delegation that n is at or below; "" for none.
func (z *provenZone) cut(n string) string {
	found := ""
	for _, rr := range z.records {
		at := rr.Header().Name
		if rr.Header().Rrtype == dns.TypeNS && at != z.origin && dns.IsSubDomain(at, n) && (found == "" || len(at) < len(found)) {
			found = at
		}
	}
	return found
}

// build signs the zone.
func (z *provenZone) build() {
	if z.built != nil {
		return
	}
	z.built = map[setKey][]dns.RR{}
	if !z.plain {
		z.records = append(z.records, z.key)
	}
	for _, rr := range z.records {
		k := setKey{rr.Header().Name, rr.Header().Rrtype}
		z.built[k] = append(z.built[k], rr)
	}
	if z.plain {
		return
	}
	z.denial = z.chain()
	for _, rr := range z.denial {
		z.built[setKey{rr.Header().Name, rr.Header().Rrtype}] = []dns.RR{rr}
	}
	for k, set := range z.built {
		if cut := z.cut(k.owner); cut != "" && (k.owner != cut || k.rrtype != dns.TypeDS && k.rrtype != dns.TypeNSEC) || z.spare != nil && z.spare(k.owner, k.rrtype) {
			continue
		}
		z.built[k] = append(set, z.signature(set))
	}
}

func (z *provenZone) signature(set []dns.RR) dns.RR {
	now := time.Now()
	signature := &dns.RRSIG{
		Hdr:       dns.RR_Header{Ttl: set[0].Header().Ttl},
		Algorithm: z.key.Algorithm, KeyTag: z.key.KeyTag(), SignerName: z.origin,
		Inception: uint32(now.Add(-30 * 24 * time.Hour).Unix()), Expiration: uint32(now.Add(30 * 24 * time.Hour).Unix()),
	}
	if z.sign != nil {
		z.sign(set, signature)
	}
	if err := signature.Sign(z.private, set); err != nil {
		z.t.Fatalf("sign %v: %v", set[0], err)
	}
	return signature
}

// names are the owners that the zone has the say about, and the names between them and its own, in canonical order.
func (z *provenZone) names(withEmpty bool) []string {
	var names []string
	for _, rr := range z.records {
		at := rr.Header().Name
		if cut := z.cut(at); cut != "" && at != cut {
			continue
		}
		for ; ; at = parent(at) {
			if !slices.Contains(names, at) {
				names = append(names, at)
			}
			if !withEmpty || at == z.origin {
				break
			}
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		return slices.Compare(reversed(a), reversed(b))
	})
	return names
}

func parent(n string) string {
	_, rest, _ := strings.Cut(n, ".")
	return dns.Fqdn(rest)
}

func reversed(n string) []string {
	labels := dns.SplitDomainName(n)
	slices.Reverse(labels)
	return labels
}

func (z *provenZone) types(owner string, denial uint16) []uint16 {
	var types []uint16
	for k := range z.built {
		if k.owner == owner && (owner == z.origin || z.cut(owner) != owner || k.rrtype == dns.TypeNS || k.rrtype == dns.TypeDS) {
			types = append(types, k.rrtype)
		}
	}
	signs := len(types) > 0 && (z.cut(owner) != owner || slices.Contains(types, dns.TypeDS))
	if denial == dns.TypeNSEC {
		types, signs = append(types, dns.TypeNSEC), true
	}
	if signs {
		types = append(types, dns.TypeRRSIG)
	}
	slices.Sort(types)
	return types
}

func (z *provenZone) chain() []dns.RR {
	if z.hashed {
		return z.hashes()
	}
	names := z.names(false)
	var chain []dns.RR
	for i, at := range names {
		chain = append(chain, &dns.NSEC{
			Hdr:        dns.RR_Header{Name: at, Rrtype: dns.TypeNSEC, Class: dns.ClassINET, Ttl: 300},
			NextDomain: names[(i+1)%len(names)], TypeBitMap: z.types(at, dns.TypeNSEC),
		})
	}
	return chain
}

func (z *provenZone) hashes() []dns.RR {
	z.built[setKey{z.origin, dns.TypeNSEC3PARAM}] = []dns.RR{&dns.NSEC3PARAM{
		Hdr:  dns.RR_Header{Name: z.origin, Rrtype: dns.TypeNSEC3PARAM, Class: dns.ClassINET},
		Hash: dns.SHA1, Iterations: z.iterations,
	}}
	var chain []dns.RR
	for _, at := range z.names(true) {
		if _, signed := z.built[setKey{at, dns.TypeDS}]; z.optOut && z.cut(at) == at && !signed {
			continue
		}
		r := &dns.NSEC3{Hash: dns.SHA1, Iterations: z.iterations, HashLength: 20, TypeBitMap: z.types(at, dns.TypeNSEC3)}
		if z.optOut {
			r.Flags = 1
		}
		label := strings.ToLower(dns.HashName(at, dns.SHA1, z.iterations, "")) + "."
		r.Hdr = dns.RR_Header{Name: label + strings.TrimPrefix(z.origin, "."), Rrtype: dns.TypeNSEC3, Class: dns.ClassINET, Ttl: 300}
		chain = append(chain, r)
	}
	slices.SortFunc(chain, func(a, b dns.RR) int { return strings.Compare(a.Header().Name, b.Header().Name) })
	for i, rr := range chain {
		next, _, _ := strings.Cut(chain[(i+1)%len(chain)].Header().Name, ".")
		rr.(*dns.NSEC3).NextDomain = strings.ToUpper(next)
	}
	return chain
}

// signedServer answers from zones with their proofs.
func signedServer(s *server, zones ...*provenZone) {
	for _, z := range zones {
		z.build()
	}
	s.play(func(asked, _ *dns.Msg, overTCP bool) []byte {
		m := new(dns.Msg).SetReply(asked)
		m.RecursionDesired = asked.RecursionDesired
		q := asked.Question[0]
		q.Name = dns.CanonicalName(q.Name)
		var best *provenZone
		for _, z := range zones {
			if !dns.IsSubDomain(z.origin, q.Name) || q.Qtype == dns.TypeDS && q.Name == z.origin && z.origin != "." {
				continue
			}
			if best == nil || len(z.origin) > len(best.origin) {
				best = z
			}
		}
		if best == nil {
			m.Rcode = dns.RcodeRefused
		} else {
			best.answer(q, m)
		}
		m.Answer, m.Ns, m.Extra = slices.Clone(m.Answer), dns.Dedup(slices.Clone(m.Ns), nil), slices.Clone(m.Extra)
		for _, section := range [][]dns.RR{m.Answer, m.Ns, m.Extra} {
			for i := range section {
				section[i] = dns.Copy(section[i])
			}
		}
		if best != nil && best.serve != nil {
			best.serve(asked, m)
		}
		size := 512
		if opt := asked.IsEdns0(); opt != nil {
			size = int(opt.UDPSize())
			m.SetEdns0(1232, opt.Do())
		}
		if !overTCP {
			m.Truncate(size)
		}
		return pack(m)
	})
}

// answer is RFC 1034 §4.3.2 with RFC 4035 §3.1 and RFC 5155 §7.2.
func (z *provenZone) answer(q dns.Question, m *dns.Msg) {
	if cut := z.cut(q.Name); cut != "" && (q.Name != cut || q.Qtype != dns.TypeDS) {
		m.Ns = append(m.Ns, z.built[setKey{cut, dns.TypeNS}]...)
		if ds := z.built[setKey{cut, dns.TypeDS}]; len(ds) > 0 {
			m.Ns = append(m.Ns, ds...)
		} else {
			m.Ns = append(m.Ns, z.absent(cut)...)
		}
		m.Extra = append(m.Extra, z.built[setKey{"ns." + strings.TrimPrefix(cut, "."), dns.TypeA}]...)
		return
	}
	m.Authoritative = true
	if z.exists(q.Name) {
		if m.Answer = z.data(q.Name, q.Qtype); len(m.Answer) == 0 {
			m.Ns = append(z.soa(), z.absent(q.Name)...)
		}
		return
	}
	encloser, next := parent(q.Name), q.Name
	for !z.exists(encloser) {
		encloser, next = parent(encloser), encloser
	}
	if dname := z.built[setKey{encloser, dns.TypeDNAME}]; len(dname) > 0 {
		target := strings.TrimSuffix(q.Name, encloser) + dname[0].(*dns.DNAME).Target
		head := dns.RR_Header{Name: q.Name, Rrtype: dns.TypeCNAME, Class: dns.ClassINET, Ttl: 60}
		m.Answer = append(slices.Clone(dname), &dns.CNAME{Hdr: head, Target: target})
		return
	}
	star := "*." + strings.TrimPrefix(encloser, ".")
	if !z.exists(star) {
		m.Rcode = dns.RcodeNameError
		m.Ns = slices.Concat(z.soa(), z.closest(encloser), z.covering(next), z.covering(star))
		return
	}
	if made := z.data(star, q.Qtype); len(made) > 0 {
		for _, rr := range made {
			rr = dns.Copy(rr)
			rr.Header().Name = q.Name
			m.Answer = append(m.Answer, rr)
		}
		m.Ns = z.covering(next)
		return
	}
	m.Ns = slices.Concat(z.soa(), z.closest(encloser), z.covering(next), z.absent(star))
}

func (z *provenZone) soa() []dns.RR {
	return slices.Clone(z.built[setKey{z.origin, dns.TypeSOA}])
}

func (z *provenZone) data(n string, rrtype uint16) []dns.RR {
	if data := z.built[setKey{n, rrtype}]; len(data) > 0 {
		return data
	}
	return z.built[setKey{n, dns.TypeCNAME}]
}

func (z *provenZone) exists(n string) bool {
	return slices.ContainsFunc(z.records, func(rr dns.RR) bool { return dns.IsSubDomain(n, rr.Header().Name) })
}

// absent is the denial of a type at a name that exists, or is left out of an NSEC3 chain.
func (z *provenZone) absent(n string) []dns.RR {
	for _, rr := range z.denial {
		if r, ok := rr.(*dns.NSEC3); ok && r.Match(n) || !ok && rr.Header().Name == n {
			return z.built[setKey{rr.Header().Name, rr.Header().Rrtype}]
		}
	}
	if z.hashed { // opted out: the parent is there
		return append(z.closest(parent(n)), z.covering(n)...)
	}
	return z.covering(n) // an empty non-terminal
}

// closest is the NSEC3 of a name that exists; NSEC needs none.
func (z *provenZone) closest(n string) []dns.RR {
	if !z.hashed || len(z.denial) == 0 {
		return nil
	}
	return slices.Clone(z.absent(n))
}

func (z *provenZone) covering(n string) []dns.RR {
	for i, rr := range z.denial {
		covers := false
		switch r := rr.(type) {
		case *dns.NSEC3:
			covers = r.Cover(n)
		case *dns.NSEC:
			last := i == len(z.denial)-1
			covers = slices.Compare(reversed(r.Hdr.Name), reversed(n)) < 0 && (last || slices.Compare(reversed(n), reversed(r.NextDomain)) < 0)
		}
		if covers {
			return z.built[setKey{rr.Header().Name, rr.Header().Rrtype}]
		}
	}
	return nil
}
