package resolver

import (
	"crypto"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"deputy/fault"
	"deputy/name"
)

func TestReadAnchors(t *testing.T) {
	t.Parallel()
	const ds = "20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D"
	const key = "257 3 8 AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq7HrxRixHlFlExOLAJr5emLvN7SWXgnLh4+B5xQlNVz8Og8kvArMtNROxVQuCaSnIDdD5LKyWbRd2n9WGe2R8PzgCmr3EgVLrjyBxWezF0jLHwVN8efS3rCj/EWgvIWgb9tarpVUDK/b58Da+sqqls3eNbuv7pr+eoZG+SrDK6nWeL3c6H5Apxz7LjVc1uTIdsIXxuOLYA4/ilBmSVIzuDWfdRUfhHdY6+cn8HFRm+2hM8AnXGXws9555KrUB5qihylGa8subX2Nn6UwNR1AkUTV74bU="
	for _, good := range []string{
		". IN DS " + ds, ". 172800 IN DS " + ds, "; the root\n\n.\tDS\t" + ds + " ; 2017\n", ". IN DNSKEY " + key,
		". IN DS " + ds + "\nlab. IN DS " + ds, ". IN DNSKEY 257 3 8 (\n" + strings.TrimPrefix(key, "257 3 8 ") + "\n)",
	} {
		found, err := readAnchors(good)
		if err != nil || len(found[name.Root()]) != 1 {
			t.Errorf("the anchor %q: %v, %v", good, found, err)
		}
	}
	for text, seen := range map[string]string{
		"":                               "it holds no record",
		"; nothing\n":                    "it holds no record",
		"hello":                          "it can't be read",
		". IN A 192.0.2.1":               "it holds a record of type A at .",
		". CH DS " + ds:                  "it holds a record of type DS at .",
		". IN DS 20326 8 2 XYZ":          "the digest of the DS 20326 of . is not one of its kind",
		". IN DS 20326 8 2 E06D44B80B8F": "the digest of the DS 20326 of . is not one of its kind",
		". IN DNSKEY 257 3 8 !!!!":       "a DNSKEY of . is not whole",
		"$INCLUDE /etc/passwd":           "it has a directive",
		"$GENERATE 1-9 $ DS " + ds:       "it has a directive",
		". IN DS 1 200 2 " + strings.Repeat("00", 32):                                                     "no record for . is of an algorithm and digest that deputy can check",
		". IN DNSKEY 0 3 8 " + strings.Fields(key)[3]:                                                     "is none that signs records",
		". IN DNSKEY 385 3 8 " + strings.Fields(key)[3]:                                                   "is none that signs records",
		strings.Repeat("; long\n", maxAnchor):                                                             "it is longer than",
		"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n":                                  "it can't be read",
		"<?xml version=\"1.0\"?><TrustAnchor><KeyDigest><KeyTag>20326</KeyTag></KeyDigest></TrustAnchor>": "it can't be read",
	} {
		_, err := New(Config{Anchor: text, Recursive: "udp://192.0.2.1"})
		if text == "" {
			_, err = readAnchors(text)
		}
		f, ok := fault.From(err)
		if !ok || f.Code != fault.BadSettings || f.Who != fault.Admin || !strings.Contains(f.Seen, seen) || !strings.Contains(f.Do, "--trust-anchor") {
			t.Errorf("the anchor %.60q: %v; wanted a fault that says %q", text, err, seen)
		}
	}
}

// The order of RFC 4034 §6.1, with its own example.
func TestCanonicalOrder(t *testing.T) {
	t.Parallel()
	order := []string{"example.", "a.example.", "yljkjljk.a.example.", "Z.a.example.", "zABC.a.EXAMPLE.", "z.example.", "\\001.z.example.", "*.z.example.", "\\200.z.example."}
	for i, a := range order {
		for j, b := range order {
			if got := canonical(a, b); (got < 0) != (i < j) || (got == 0) != (i == j) {
				t.Errorf("%s against %s: %d", a, b, got)
			}
		}
	}
}

// A zone whose records take more checks than anybody needs is given up on, however many signatures it has (KeyTrap).
func TestChecksAreBounded(t *testing.T) {
	t.Parallel()
	private, key := testKey(t, "keytrap.nl.")
	text, err := dns.NewRR(`keytrap.nl. 60 IN TXT "x"`)
	if err != nil {
		t.Fatal(err)
	}
	signature := &dns.RRSIG{Algorithm: key.Algorithm, KeyTag: key.KeyTag(), SignerName: "keytrap.nl.", Inception: uint32(time.Now().Add(-time.Hour).Unix()), Expiration: uint32(time.Now().Add(time.Hour).Unix())}
	if err := signature.Sign(private, []dns.RR{text}); err != nil {
		t.Fatal(err)
	}
	forged := dns.Copy(text).(*dns.TXT)
	forged.Txt = []string{"y"}
	ring := keyring{zone: "keytrap.nl."}
	for range 500 {
		ring.keys = append(ring.keys, key)
	}
	set := &rrset{owner: "keytrap.nl.", typ: dns.TypeTXT, records: []dns.RR{forged}}
	for range 500 {
		set.signatures = append(set.signatures, signature)
	}
	v := newValidator(time.Now())
	if got, why := v.verify(set, ring); got != nil || why != "the signature of its TXT records does not fit them" {
		t.Errorf("a forged set: %v, %q", got, why)
	}
	if used := maxChecks - v.left; used != maxSignatures*maxSameTag {
		t.Errorf("500 keys and 500 signatures took %d checks, wanted %d", used, maxSignatures*maxSameTag)
	}
	for range 100 {
		v.verify(set, ring)
	}
	if _, why := v.verify(set, ring); why != "it takes more than 200 checks of signatures" {
		t.Errorf("with no checks left: %q", why)
	}
}

func testKey(t testing.TB, zone string) (crypto.Signer, *dns.DNSKEY) {
	t.Helper()
	key := &dns.DNSKEY{Hdr: dns.RR_Header{Name: zone, Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET, Ttl: 60}, Flags: 257, Protocol: 3, Algorithm: dns.ED25519}
	private, err := key.Generate(256)
	if err != nil {
		t.Fatal(err)
	}
	return private.(crypto.Signer), key
}

// Moments in signatures are serial numbers: they hold beyond 2106 (RFC 4034 §3.1.5).
func TestMomentsWrapAround(t *testing.T) {
	t.Parallel()
	end := time.Date(2106, 2, 7, 6, 28, 16, 0, time.UTC) // 2³² s after 1970
	private, key := testKey(t, "far.nl.")
	text, err := dns.NewRR("far.nl. 60 IN TXT x")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		now  time.Time
		want string
	}{
		{end.Add(-time.Hour), ""}, {end.Add(time.Hour), ""},
		{end.Add(72 * time.Hour), "the signature of its TXT records expired on 2106-02-08"},
		{end.Add(-72 * time.Hour), "the signature of its TXT records is not valid before 2106-02-06"},
	} {
		signature := &dns.RRSIG{Algorithm: key.Algorithm, KeyTag: key.KeyTag(), SignerName: "far.nl.", Inception: uint32(end.Add(-24 * time.Hour).Unix()), Expiration: uint32(end.Add(24 * time.Hour).Unix())}
		if err := signature.Sign(private, []dns.RR{text}); err != nil {
			t.Fatal(err)
		}
		set := &rrset{owner: "far.nl.", typ: dns.TypeTXT, records: []dns.RR{text}, signatures: []*dns.RRSIG{signature}}
		if _, why := newValidator(tt.now).verify(set, keyring{"far.nl.", []*dns.DNSKEY{key}}); why != tt.want {
			t.Errorf("on %s: %q, wanted %q", tt.now, why, tt.want)
		}
	}
}

func FuzzAnchor(f *testing.F) {
	f.Add(". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D")
	f.Add(". IN DNSKEY 257 3 13 ( oJMRESz5E4gYzS/q6XDrvU1qMPYIjCWzJaOau8XNEZeqCYKD5ar0IRd8KqXXFJkqmVfRvMGPmM1x8fGAa2XhSA== )")
	f.Fuzz(func(t *testing.T, text string) {
		found, err := readAnchors(text)
		if _, ok := fault.From(err); err != nil && !ok {
			t.Errorf("an error that is no fault: %v", err)
		}
		if err == nil && len(found) == 0 {
			t.Error("no anchor and no error")
		}
	})
}

// FuzzValidation hands any message to what validates answers. It may be called bogus or insecure, but without a
// signature by the zone's key, which a fuzzer can't make, never secure; and nothing panics, and the work is bounded.
func FuzzValidation(f *testing.F) {
	_, key := testKey(f, "martdj.nl.")
	q := question{name.MustParseOwner("_acme-challenge.www.martdj.nl"), TXT}
	for _, lines := range [][]string{
		{"_acme-challenge.www.martdj.nl. 60 IN TXT x", "_acme-challenge.www.martdj.nl. 60 IN RRSIG TXT 15 4 60 20360101000000 20260101000000 1 martdj.nl. AAAA"},
		{"www.martdj.nl. 60 IN DNAME example.org.", "_acme-challenge.www.martdj.nl. 60 IN CNAME _acme-challenge.example.org."},
		{"martdj.nl. 60 IN NSEC martdj.nl. NS SOA", "martdj.nl. 60 IN RRSIG NSEC 15 2 60 20360101000000 20260101000000 1 martdj.nl. AAAA"},
		{"0p9mhaveqvm6t7vbl5lop2u3t2rp3tom.martdj.nl. 60 IN NSEC3 1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr NS SOA MX RRSIG DNSKEY NSEC3PARAM"},
		{"_acme-challenge.www.martdj.nl. 60 IN DS 1 13 2 00"},
	} {
		m := new(dns.Msg)
		for _, line := range lines {
			rr, err := dns.NewRR(line)
			if err != nil {
				f.Fatal(line, err)
			}
			m.Answer, m.Ns = append(m.Answer, rr), append(m.Ns, rr)
		}
		wire, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(wire)
	}
	zone := name.MustParseOwner("martdj.nl")
	ring := keyring{zone.FQDN(), []*dns.DNSKEY{key}}
	f.Fuzz(func(t *testing.T, wire []byte) {
		m := new(dns.Msg)
		if m.Unpack(wire) != nil {
			return
		}
		c := newChain(nil, "the trust anchor")
		if err := c.judge(zone, ring, m, q); err == nil {
			t.Errorf("secure without a signature: %v", m)
		}
		p, ds, why := c.delegation(ring, m, q.name)
		if why == "" && (len(ds) > 0 || p != unproven) {
			t.Errorf("a delegation without a signature: %v %v: %v", p, ds, m)
		}
		var records []*dns.NSEC3
		d := &denial{zone: ring.zone}
		for _, rr := range m.Ns {
			switch r := rr.(type) {
			case *dns.NSEC3:
				r.Hdr.Name = dns.CanonicalName(r.Hdr.Name)
				records = append(records, r)
			case *dns.NSEC:
				r.Hdr.Name = dns.CanonicalName(r.Hdr.Name)
				d.nsec = append(d.nsec, r)
			}
		}
		d.nsec3 = newHashed(ring.zone, records)
		d.of(q.name.FQDN(), dns.TypeTXT)
		d.wildcarded(q.name.FQDN(), 2)
		if most := 3 * q.name.Labels(); len(d.nsec3.hashes) > most {
			t.Errorf("%d hashes were made, wanted %d at most", len(d.nsec3.hashes), most)
		}
		if spent := maxChecks - c.left; spent > 10*maxSignatures*maxSameTag*maxDenials {
			t.Errorf("%d checks", spent)
		}
		var broken *breach
		if err := c.judge(zone, ring, m, q); err != nil && errors.As(err, &broken) && broken.why == "" {
			t.Error("bogus without a reason")
		}
	})
}

// Over plain UDP and TCP to another machine a verdict is said to be one that nobody vouches for.
func TestNamed(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]string{
		"udp://127.0.0.1":               "udp://127.0.0.1:53",
		"udp://[::1]:5300":              "udp://[::1]:5300",
		"udp://192.0.2.1":               "udp://192.0.2.1:53 (over plain UDP: nobody vouches for the way)",
		"tcp://192.0.2.1":               "tcp://192.0.2.1:53 (over plain TCP: nobody vouches for the way)",
		"tls://dns.example":             "tls://dns.example",
		"https://dns.example/dns-query": "https://dns.example/dns-query",
	} {
		c, err := New(Config{Recursive: url})
		if err != nil {
			t.Fatal(err)
		}
		way, err := c.choose(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := way.recursive.named(); got != want {
			t.Errorf("%s is called %q, wanted %q", url, got, want)
		}
	}
}
