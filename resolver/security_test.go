package resolver_test

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"deputy/name"
	"deputy/resolver"
)

// secured is a signed internet: the root, nl (NSEC) and org (NSEC3 with opt-out), each at a server of its own, and at a
// fourth the zones below them, each with a fault of its own or none.
type secured struct {
	*network
	root, nl, org, leaf *server
	anchor              string
	zones               map[string]*server // origin → server
}

// now and the days that signatures speak of.
const day = 24 * time.Hour

func onDay(away time.Duration) string { return time.Now().Add(away).UTC().Format(time.DateOnly) }

// verdict is what DNSSEC has to say about one name.
type verdict struct {
	name, typ string
	state     resolver.State
	zone, why string // of Insecure and Bogus
}

// child is one zone at the leaf server.
type child struct {
	origin    string
	algorithm uint8
	lines     []string
	change    func(*provenZone)
	ds        func(*provenZone) []string // what its parent says; nil: the truth
}

func usual(origin string) []string {
	return []string{
		"www." + origin + ". 60 IN TXT www", "alias." + origin + ". 60 IN CNAME www." + origin + ".",
		"*.wild." + origin + ". 60 IN TXT wild", "deep.empty." + origin + ". 60 IN TXT deep",
		"tree." + origin + ". 60 IN DNAME wild." + origin + ".",
	}
}

// only applies f to signatures of sets of one type.
func only(rrtype uint16, f func(*dns.RRSIG)) func(*provenZone) {
	return func(z *provenZone) {
		z.sign = func(set []dns.RR, signature *dns.RRSIG) {
			if set[0].Header().Rrtype == rrtype {
				f(signature)
			}
		}
	}
}

func expire(s *dns.RRSIG) { s.Expiration = uint32(time.Now().Add(-10 * day).Unix()) }
func delay(s *dns.RRSIG)  { s.Inception = uint32(time.Now().Add(10 * day).Unix()) }

// without takes the sets of a type out of answers, their signatures too.
func without(rrtypes ...uint16) func(*provenZone) {
	return func(z *provenZone) {
		z.serve = func(_, m *dns.Msg) {
			gone := func(rr dns.RR) bool {
				signature, ok := rr.(*dns.RRSIG)
				return slices.Contains(rrtypes, rr.Header().Rrtype) || ok && slices.Contains(rrtypes, signature.TypeCovered)
			}
			m.Answer, m.Ns = slices.DeleteFunc(m.Answer, gone), slices.DeleteFunc(m.Ns, gone)
		}
	}
}

// unsignedSets takes the signatures of a type's sets out of answers.
func unsignedSets(rrtype uint16) func(*provenZone) {
	return func(z *provenZone) { z.spare = func(_ string, t uint16) bool { return t == rrtype } }
}

func children(t testing.TB) []child {
	ecdsa, rsa, ed := dns.ECDSAP256SHA256, dns.RSASHA256, dns.ED25519
	other := func(origin string) []string {
		key, _ := newKey(t, origin, dns.ECDSAP256SHA256)
		return []string{key.ToDS(dns.SHA256).String()}
	}
	return []child{
		{origin: "good.nl", algorithm: ecdsa, lines: []string{"big.good.nl. 60 IN TXT" + strings.Repeat(" "+strings.Repeat("x", 250), 8)}},
		{origin: "rsa.nl", algorithm: rsa},
		{origin: "ed.nl", algorithm: ed, change: func(z *provenZone) { z.hashed = true }},
		{origin: "hashed.org", algorithm: ecdsa, change: func(z *provenZone) { z.hashed = true }},
		{origin: "counted.org", algorithm: ecdsa, change: func(z *provenZone) { z.hashed, z.iterations = true, 20 }},
		{origin: "excessive.nl", algorithm: ecdsa, change: func(z *provenZone) { z.hashed, z.iterations = true, 500 }},
		{origin: "open.nl", algorithm: ecdsa, change: func(z *provenZone) { z.plain = true }, ds: func(*provenZone) []string { return nil }},
		{origin: "open.org", algorithm: ecdsa, change: func(z *provenZone) { z.plain = true }, ds: func(*provenZone) []string { return nil }},
		{origin: "island.nl", algorithm: ecdsa, ds: func(*provenZone) []string { return nil }},
		{origin: "future-algorithm.nl", algorithm: ecdsa, ds: func(*provenZone) []string {
			return []string{"future-algorithm.nl. 3600 IN DS 1 200 2 " + strings.Repeat("00", 32)}
		}},
		{origin: "future-digest.nl", algorithm: ecdsa, ds: func(z *provenZone) []string {
			return []string{fmt.Sprintf("future-digest.nl. 3600 IN DS %d 13 200 %s", z.key.KeyTag(), strings.Repeat("00", 32))}
		}},
		{origin: "expired.nl", algorithm: ecdsa, change: func(z *provenZone) { z.sign = func(_ []dns.RR, s *dns.RRSIG) { expire(s) } }},
		{origin: "expired-keys.nl", algorithm: ecdsa, change: only(dns.TypeDNSKEY, expire)},
		{origin: "expired-text.nl", algorithm: ecdsa, change: only(dns.TypeTXT, expire)},
		{origin: "expired-denial.nl", algorithm: ecdsa, change: only(dns.TypeNSEC, expire)},
		{origin: "early.nl", algorithm: ecdsa, change: only(dns.TypeTXT, delay)},
		{origin: "other-key.nl", algorithm: ecdsa, ds: func(z *provenZone) []string { return other(z.origin) }},
		{origin: "rolled.nl", algorithm: ecdsa, ds: func(z *provenZone) []string { return append(other(z.origin), z.ds()) }},
		{origin: "ds-unsigned.nl", algorithm: ecdsa, change: func(z *provenZone) { z.plain = true }, ds: func(z *provenZone) []string { return []string{z.ds()} }},
		{origin: "naked.nl", algorithm: ecdsa, change: unsignedSets(dns.TypeTXT)},
		{origin: "naked-keys.nl", algorithm: ecdsa, change: unsignedSets(dns.TypeDNSKEY)},
		{origin: "signer.nl", algorithm: ecdsa, change: only(dns.TypeTXT, func(s *dns.RRSIG) { s.SignerName = "nl." })},
		{origin: "unproven.nl", algorithm: ecdsa, change: without(dns.TypeNSEC)},
		{origin: "unproven.org", algorithm: ecdsa, change: func(z *provenZone) { z.hashed = true; without(dns.TypeNSEC3)(z) }},
		{origin: "tampered.nl", algorithm: ecdsa, change: func(z *provenZone) {
			z.serve = func(_, m *dns.Msg) {
				for _, rr := range m.Answer {
					if text, ok := rr.(*dns.TXT); ok {
						text.Txt = []string{"forged"}
					}
				}
			}
		}},
		{origin: "stripped.nl", algorithm: ecdsa},
		{origin: "stripped.org", algorithm: ecdsa},
		{origin: "downgraded.nl", algorithm: ecdsa, change: func(z *provenZone) {
			z.serve = func(_, m *dns.Msg) { // as if the zone were not signed
				proof := func(rr dns.RR) bool {
					return slices.Contains([]uint16{dns.TypeRRSIG, dns.TypeNSEC, dns.TypeDNSKEY}, rr.Header().Rrtype)
				}
				m.Answer, m.Ns = slices.DeleteFunc(m.Answer, proof), slices.DeleteFunc(m.Ns, proof)
			}
		}},
		{origin: "denied.nl", algorithm: ecdsa, change: func(z *provenZone) {
			z.serve = func(asked, m *dns.Msg) { // www is denied with the proof that holds for its neighbour
				if asked.Question[0].Qtype == dns.TypeTXT && len(m.Answer) > 0 {
					m.Answer, m.Rcode = nil, dns.RcodeNameError
					m.Ns = append(z.soa(), z.built[setKey{z.origin, dns.TypeNSEC}]...)
				}
			}
		}},
		{origin: "moved.nl", algorithm: ecdsa, change: func(z *provenZone) {
			z.serve = func(asked, m *dns.Msg) { // the wildcard's records, for a name that has its own
				if dns.CanonicalName(asked.Question[0].Name) != "own.wild.moved.nl." || asked.Question[0].Qtype != dns.TypeTXT {
					return
				}
				m.Answer, m.Ns = nil, nil
				for _, rr := range z.built[setKey{"*.wild.moved.nl.", dns.TypeTXT}] {
					rr = dns.Copy(rr)
					rr.Header().Name = asked.Question[0].Name
					m.Answer = append(m.Answer, rr)
				}
			}
		}, lines: []string{"own.wild.moved.nl. 60 IN TXT own"}},
	}
}

// strip takes what a parent says of the DS of one zone out of its answers.
func strip(origin string) func(asked, m *dns.Msg) {
	return func(asked, m *dns.Msg) {
		if !dns.IsSubDomain(origin, dns.CanonicalName(asked.Question[0].Name)) {
			return
		}
		gone := func(rr dns.RR) bool {
			signature, ok := rr.(*dns.RRSIG)
			return rr.Header().Rrtype == dns.TypeDS || ok && signature.TypeCovered == dns.TypeDS
		}
		m.Answer, m.Ns = slices.DeleteFunc(m.Answer, gone), slices.DeleteFunc(m.Ns, gone)
	}
}

func newSecured(t testing.TB) *secured {
	t.Helper()
	net := newNetwork(t)
	w := &secured{network: net, root: net.start(), nl: net.start(), org: net.start(), leaf: net.start(), zones: map[string]*server{}}
	var zones []*provenZone
	below := map[string][]string{}
	for _, c := range children(t) {
		z := newProvenZone(t, w.leaf, c.algorithm, c.origin, append(usual(c.origin), c.lines...)...)
		if c.change != nil {
			c.change(z)
		}
		ds := []string{z.ds()}
		if c.ds != nil {
			ds = c.ds(z)
		}
		tld := parent(z.origin)
		below[tld] = append(below[tld], z.delegation(w.leaf, ds...)...)
		zones = append(zones, z)
		w.zones[z.origin] = w.leaf
	}
	signedServer(w.leaf, zones...)
	nl := newProvenZone(t, w.nl, dns.RSASHA256, "nl", append(below["nl."], "plain.nl. 60 IN TXT plain")...)
	nl.serve = strip("stripped.nl.")
	org := newProvenZone(t, w.org, dns.ECDSAP256SHA256, "org", below["org."]...)
	org.hashed, org.optOut = true, true
	org.serve = strip("stripped.org.")
	signedServer(w.nl, nl)
	signedServer(w.org, org)
	root := newProvenZone(t, w.root, dns.ECDSAP256SHA256, ".", slices.Concat(nl.delegation(w.nl, nl.ds()), org.delegation(w.org, org.ds()))...)
	signedServer(w.root, root)
	w.zones["nl."], w.zones["org."], w.zones["."] = w.nl, w.org, w.root
	w.anchor = root.ds() + "\n"
	return w
}

func (w *secured) client(t testing.TB, change ...func(*resolver.Config)) *resolver.Client {
	t.Helper()
	config := resolver.Config{Root: []netip.AddrPort{w.root.Addr}, Timeout: time.Minute, Anchor: w.anchor}
	for _, f := range change {
		f(&config)
	}
	c, err := resolver.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func verdicts() []verdict {
	secure, insecure, bogus := resolver.Secure, resolver.Insecure, resolver.Bogus
	var all []verdict
	for _, zone := range []string{"good.nl", "rsa.nl", "ed.nl", "hashed.org", "counted.org", "rolled.nl"} {
		for _, at := range []string{"www.", "alias.", "nothing.", "a.wild.", "wild.", "empty.", "deep.empty.", "a.b.nothing.", "leaf.tree.", "tree.", ""} {
			all = append(all, verdict{at + zone, "TXT", secure, "", ""})
		}
		all = append(all, verdict{"www." + zone, "CAA", secure, "", ""}, verdict{"a.wild." + zone, "CAA", secure, "", ""}, verdict{zone, "SOA", secure, "", ""})
	}
	return append(all, []verdict{
		{"big.good.nl", "TXT", secure, "", ""}, {"plain.nl", "TXT", secure, "", ""}, {"nothing.nl", "TXT", secure, "", ""}, {"nl", "CAA", secure, "", ""},
		{"www.open.nl", "TXT", insecure, "open.nl", ""}, {"nothing.open.nl", "TXT", insecure, "open.nl", ""},
		{"www.open.org", "TXT", insecure, "open.org", ""},
		{"nothing.org", "TXT", insecure, "nothing.org", ""},
		{"www.island.nl", "TXT", insecure, "island.nl", ""},
		{"www.future-algorithm.nl", "TXT", insecure, "future-algorithm.nl", ""},
		{"www.future-digest.nl", "TXT", insecure, "future-digest.nl", ""},
		{"nothing.excessive.nl", "TXT", insecure, "nothing.excessive.nl", ""},
		{"www.excessive.nl", "TXT", secure, "", ""}, {"www.excessive.nl", "CAA", insecure, "www.excessive.nl", ""},
		{"www.expired.nl", "TXT", bogus, "expired.nl", "the signature of its DNSKEY records expired on " + onDay(-10*day)},
		{"www.expired-keys.nl", "TXT", bogus, "expired-keys.nl", "the signature of its DNSKEY records expired on " + onDay(-10*day)},
		{"www.expired-text.nl", "TXT", bogus, "expired-text.nl", "the signature of its TXT records at www.expired-text.nl expired on " + onDay(-10*day)},
		{"expired-text.nl", "SOA", secure, "", ""},
		{"nothing.expired-denial.nl", "TXT", bogus, "expired-denial.nl", "the signature of its NSEC records expired on " + onDay(-10*day)},
		{"www.early.nl", "TXT", bogus, "early.nl", "the signature of its TXT records at www.early.nl is not valid before " + onDay(10*day)},
		{"www.other-key.nl", "TXT", bogus, "other-key.nl", "its parent nl names the key # (DS), and the zone has no such DNSKEY"},
		{"www.ds-unsigned.nl", "TXT", bogus, "ds-unsigned.nl", "its parent nl names the key # (DS), and the zone has no DNSKEY records"},
		{"www.naked.nl", "TXT", bogus, "naked.nl", "its TXT records at www.naked.nl are not signed"},
		{"www.naked-keys.nl", "TXT", bogus, "naked-keys.nl", "its DNSKEY records are not signed"},
		{"www.signer.nl", "TXT", bogus, "signer.nl", "its TXT records at www.signer.nl are signed by nl instead"},
		{"www.tampered.nl", "TXT", bogus, "tampered.nl", "the signature of its TXT records at www.tampered.nl does not fit them"},
		{"www.stripped.nl", "TXT", bogus, "nl", "it gives neither DS records for stripped.nl nor a proof that there are none"},
		{"www.stripped.org", "TXT", bogus, "org", "it gives neither DS records for stripped.org nor a proof that there are none"},
		{"www.downgraded.nl", "TXT", bogus, "downgraded.nl", "its parent nl names the key # (DS), and the zone has no DNSKEY records"},
		{"unproven.nl", "TXT", bogus, "unproven.nl", "it does not prove that unproven.nl has no TXT records"},
		{"unproven.org", "TXT", bogus, "unproven.org", "it does not prove that unproven.org has no TXT records"},
		{"www.denied.nl", "TXT", bogus, "denied.nl", "it does not prove that www.denied.nl does not exist"},
		{"own.wild.moved.nl", "TXT", bogus, "moved.nl", "its TXT records at own.wild.moved.nl are those of a wildcard, and it does not prove that the name has none of its own"},
	}...)
}

// hidden replaces the key tags in a sentence, which differ from run to run.
func hidden(why string) string {
	var words []string
	for _, word := range strings.Fields(why) {
		if strings.Trim(word, "0123456789") == "" {
			word = "#"
		}
		words = append(words, word)
	}
	return strings.Join(words, " ")
}

func shown(s resolver.Security) string {
	zone := ""
	if !s.Zone.IsZero() {
		zone = s.Zone.String()
	}
	return fmt.Sprintf("%s | %s | %s", s.State, zone, hidden(s.Why))
}

func (v verdict) want() string { return fmt.Sprintf("%s | %s | %s", v.state, v.zone, v.why) }

func (v verdict) question() (name.Name, resolver.Type) {
	return name.MustParseOwner(v.name), resolver.Type(dns.StringToType[v.typ])
}

// TestValidate is deputy's own validation, from the root of a signed internet.
func TestValidate(t *testing.T) {
	t.Parallel()
	w := newSecured(t)
	c := w.client(t)
	for _, v := range verdicts() {
		t.Run(v.typ+" "+v.name, func(t *testing.T) {
			n, typ := v.question()
			got, err := c.Security(t.Context(), n, typ)
			if err != nil || shown(got) != v.want() {
				t.Errorf("DNSSEC of %s %s\nsays   %s (%v)\nwanted %s", v.name, v.typ, shown(got), err, v.want())
			}
			if want := "deputy, from the trust anchor for ."; got.By != want {
				t.Errorf("the verdict is by %q, wanted %q", got.By, want)
			}
		})
	}
}

// What is asked about a healthy name, in order: DS at every name on the way, whether a zone begins there or not, and the
// keys of every zone, by way of a referral. What is too long for UDP comes over TCP.
func TestValidateAsksLittle(t *testing.T) {
	t.Parallel()
	w := newSecured(t)
	c := w.client(t)
	if got, err := c.Security(t.Context(), name.MustParseOwner("big.good.nl"), resolver.TXT); err != nil || got.State != resolver.Secure {
		t.Fatalf("big.good.nl: %+v, %v", got, err)
	}
	var asked []string
	for _, line := range w.asked() {
		asked = append(asked, strings.ToLower(line))
	}
	want := []string{
		"1 dnskey .", "1 ds nl.", "1 dnskey nl.", "2 dnskey nl.", "2 ds good.nl.", "2 dnskey good.nl.", "4 dnskey good.nl.",
		"4 ds big.good.nl.", "4 txt big.good.nl.", "4 txt big.good.nl. tcp",
	}
	if !slices.Equal(asked, want) {
		t.Errorf("asked\n%s\nwanted\n%s", strings.Join(asked, "\n"), strings.Join(want, "\n"))
	}
}

// An anchor that is not the root's makes everything bogus, one for a zone below it judges that zone only, and DNSKEY
// records do as well as DS.
func TestAnchors(t *testing.T) {
	t.Parallel()
	w := newSecured(t)
	stranger, _ := newKey(t, ".", dns.ECDSAP256SHA256)
	other := newProvenZone(t, w.leaf, dns.ECDSAP256SHA256, "only.lab", "www.only.lab. 60 IN TXT x")
	only := newNetwork(t)
	alone := only.start()
	signedServer(alone, other, newProvenZone(t, alone, dns.ECDSAP256SHA256, ".", other.delegation(alone)...))
	for _, tt := range []struct {
		what, anchor, name string
		root               netip.AddrPort
		want               string
	}{
		{"another root's key", stranger.String(), "www.good.nl", w.root.Addr, "bogus | . | the trust anchor names the key # (DNSKEY), and the zone has no such DNSKEY"},
		{"another root's DS", stranger.ToDS(dns.SHA256).String(), "www.open.nl", w.root.Addr, "bogus | . | the trust anchor names the key # (DS), and the zone has no such DNSKEY"},
		{"both", stranger.String() + "\n" + w.anchor, "www.good.nl", w.root.Addr, "secure |  | "},
		{"a zone below the root", other.key.String(), "www.only.lab", alone.Addr, "secure |  | "},
		{"a zone below the root, asked about its neighbour", other.key.String(), "www.lab", alone.Addr, "not checked |  | no trust anchor is for a zone that www.lab lies in"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			c := w.client(t, func(c *resolver.Config) { c.Anchor, c.Root = tt.anchor, []netip.AddrPort{tt.root} })
			got, err := c.Security(t.Context(), name.MustParseOwner(tt.name), resolver.TXT)
			if err != nil || shown(got) != tt.want {
				t.Errorf("%s: %s (%v), wanted %s", tt.name, shown(got), err, tt.want)
			}
		})
	}
}

// What can't be told is no verdict: neither bogus nor insecure.
func TestSecurityThatCannotBeTold(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"servfail", "refused", "silent", "lame", "garbage"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			w := newSecured(t)
			w.leaf.tell(how)
			c := w.client(t, func(c *resolver.Config) { c.Timeout = 100 * time.Millisecond })
			got, err := c.Security(t.Context(), name.MustParseOwner("www.good.nl"), resolver.TXT)
			var failure *resolver.Failure
			if !errors.As(err, &failure) || got.State != "" {
				t.Errorf("with the servers of good.nl %q: %+v, %v; wanted a Failure", how, got, err)
			}
			if got, err := c.Security(t.Context(), name.MustParseOwner("www.open.nl"), resolver.TXT); err != nil || got.State != resolver.Insecure {
				t.Errorf("open.nl is proven to be unsigned by nl, whatever its own servers do: %+v, %v", got, err)
			}
		})
	}
	t.Run("nobody to ask", func(t *testing.T) {
		t.Parallel()
		w := newSecured(t)
		c := w.client(t, func(c *resolver.Config) { c.Anchor = "" })
		got, err := c.Security(t.Context(), name.MustParseOwner("www.good.nl"), resolver.TXT)
		if err != nil || got.State != resolver.Unchecked || got.Why == "" {
			t.Errorf("without anchor and resolver: %+v, %v", got, err)
		}
	})
}

// A SERVFAIL is bogus only where there is an answer with CD, and the resolver does not blame servers it can not reach.
func TestSecurityOfARefusal(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		what        string
		open        bool // an answer with CD
		code        uint16
		text, state string
		why         string
	}{
		{"with CD too", false, 0, "", "", ""},
		{"no authority can be reached", true, dns.ExtendedErrorCodeNoReachableAuthority, "at delegation nl", "", ""},
		{"without a word", true, 0, "", "bogus", "it refuses the answer and does not say why"},
		{"with a word", true, dns.ExtendedErrorCodeSignatureExpired, "for <www.nl.>\x1b[31m\nred", "bogus", "it says: Signature Expired (for <www.nl.> [31m red)"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			t.Parallel()
			s := newNetwork(t).start()
			s.play(func(asked, _ *dns.Msg, _ bool) []byte {
				m := new(dns.Msg).SetReply(asked)
				m.RecursionAvailable = true
				m.SetEdns0(1232, true)
				if asked.CheckingDisabled && tt.open {
					return pack(m)
				}
				m.Rcode = dns.RcodeServerFailure
				if tt.code != 0 {
					m.IsEdns0().Option = append(m.IsEdns0().Option, &dns.EDNS0_EDE{InfoCode: tt.code, ExtraText: tt.text})
				}
				return pack(m)
			})
			c, err := resolver.New(resolver.Config{Recursive: "udp://" + s.Addr.String()})
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.Security(t.Context(), name.MustParseOwner("www.nl"), resolver.TXT)
			var failure *resolver.Failure
			if tt.state == "" && (!errors.As(err, &failure) || got.State != "") {
				t.Errorf("%+v, %v; wanted a Failure", got, err)
			}
			if tt.state != "" && (err != nil || string(got.State) != tt.state || got.Why != tt.why) {
				t.Errorf("%+v, %v; wanted %s: %s", got, err, tt.state, tt.why)
			}
		})
	}
}
