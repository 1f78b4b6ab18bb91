package lab

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// walk asks from the root down as a resolver without a cache does, and gives the last answer.
func walk(t *testing.T, l *Lab, name string, rrtype uint16) *dns.Msg {
	t.Helper()
	n := l.DNS("a.root-servers.lab")
	for range referralLimit {
		m := ask(t, n, "udp", name, rrtype)
		if m.Authoritative || len(m.Ns) == 0 {
			return m
		}
		host := m.Ns[0].(*dns.NS).Ns
		n = l.DNS(strings.TrimSuffix(host, "."))
	}
	t.Fatalf("no end of referrals for %s", name)
	return nil
}

func TestMoreZones(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{Zones: map[string]string{
		"shop.nl":            "_acme-challenge CNAME validation.martdj.dedyn.io.",
		"example.com":        `@ CAA 0 issue "ca.example"` + "\n" + "_acme-challenge DNAME martdj.dedyn.io.",
		"sub.example.com":    "@ NS ns1.desec.lab.\n@ NS ns2\nns2 AAAA 2001:db8::53\n*.wild TXT caught",
		"cut.other.dedyn.io": "",
	}})
	for _, test := range []struct {
		name string
		t    uint16
		want string
	}{
		{"_acme-challenge.shop.nl.", dns.TypeTXT, "NOERROR aa | _acme-challenge.shop.nl. CNAME validation.martdj.dedyn.io. | "},
		{"example.com.", dns.TypeCAA, `NOERROR aa | example.com. CAA 0 issue "ca.example" | `},
		{"a.wild.sub.example.com.", dns.TypeTXT, `NOERROR aa | a.wild.sub.example.com. TXT "caught" | `},
		{"cut.other.dedyn.io.", dns.TypeNS, "NOERROR aa | cut.other.dedyn.io. NS ns1.cut.other.dedyn.io.; cut.other.dedyn.io. NS ns2.cut.other.dedyn.io. | "},
	} {
		if got := brief(walk(t, l, test.name, test.t)); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
	referral := ask(t, l.DNS("ns1.example.com"), "udp", "sub.example.com.", dns.TypeTXT)
	if got := strings.Join(append(lines(referral.Ns), lines(referral.Extra)...), ", "); !strings.Contains(got, "NS ns1.desec.lab.") || !strings.Contains(got, "AAAA 2001:db8::53") {
		t.Errorf("referral: %s", got)
	}
	if _, err := l.findServer("ns2.sub.example.com"); err == nil {
		t.Error("a server with an address that nobody can reach is one of the lab")
	}
	for _, bad := range []map[string]string{{"martdj.nl": ""}, {".": ""}, {"x.nl": "y IN"}} {
		if _, err := newLayout(Options{Zones: bad}); err == nil {
			t.Errorf("zones %v were taken", bad)
		}
	}
}

func TestLosesEveryThird(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	n := l.DNS("ns1.martdj.nl")
	n.Behave(dropThird)
	var got []bool
	for range 6 {
		got = append(got, leftUnanswered(t, l, n, "udp", "martdj.nl."))
	}
	if want := []bool{false, false, true, false, false, true}; !slices.Equal(got, want) {
		t.Errorf("unanswered: %v, want %v", got, want)
	}
	if leftUnanswered(t, l, n, "tcp", "martdj.nl.") {
		t.Error("TCP is lost too")
	}
}

func TestLiesAndCase(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	n := l.DNS("ns1.martdj.nl")
	n.Behave(lie)
	m := ask(t, n, "udp", "nothing.martdj.nl.", dns.TypeTXT)
	if m.Rcode != dns.RcodeSuccess || len(m.Answer) == 0 || m.Answer[0].Header().Rrtype != dns.TypeA {
		t.Errorf("a lie about a name that is not there: %s", brief(m))
	}
	if m := ask(t, n, "udp", "demohub.martdj.nl.", dns.TypeA); len(m.Answer) != 3 || len(m.Ns) != 2 {
		t.Errorf("lies beside the truth: %s", m)
	}
	n.Behave(foldCase)
	if m := ask(t, n, "udp", "DEMOhub.martdj.nl.", dns.TypeA); m.Question[0].Name != "demohub.martdj.nl." || m.Answer[0].Header().Name != "demohub.martdj.nl." {
		t.Errorf("folded: %s", m)
	}
	n.Behave(shuffle)
	if m := ask(t, n, "udp", "martdj.nl.", dns.TypeNS); len(m.Answer) != 2 {
		t.Errorf("shuffled: %s", m)
	}
}

func TestDelayAndPort53(t *testing.T) {
	t.Parallel()
	const delay = 30 * time.Millisecond
	l := startLab(t, Options{Delay: delay})
	began := time.Now()
	ask(t, l.DNS("ns1.martdj.nl"), "udp", "martdj.nl.", dns.TypeA)
	if took := time.Since(began); took < delay {
		t.Errorf("an answer came after %s", took)
	}
	l.DropPort53(true)
	if !leftUnanswered(t, l, l.DNS("ns1.martdj.nl"), "udp", "martdj.nl.") {
		t.Error("the packet filter lets a query in")
	}
	if got := brief(ask(t, l.DNS("resolver"), "udp", "demohub.martdj.nl.", dns.TypeA)); !strings.HasPrefix(got, "NOERROR") {
		t.Errorf("the resolver behind it: %s", got)
	}
}

// secureAsk asks with DO and gives the signatures of the answer and authority sections that hold by key.
func secureAsk(t *testing.T, n *Nameserver, name string, rrtype uint16, key *dns.DNSKEY) (good, bad int) {
	t.Helper()
	query := new(dns.Msg).SetQuestion(name, rrtype)
	query.SetEdns0(1232, true)
	m, err := tryAsk(n, "tcp", query)
	must(t, err)
	for _, section := range [][]dns.RR{m.Answer, m.Ns} {
		for _, rr := range section {
			signature, ok := rr.(*dns.RRSIG)
			if !ok {
				continue
			}
			var set []dns.RR
			for _, each := range section {
				if each.Header().Rrtype == signature.TypeCovered && each.Header().Name == signature.Hdr.Name {
					set = append(set, each)
				}
			}
			if signature.Verify(key, set) == nil && signature.ValidityPeriod(time.Now()) {
				good++
				continue
			}
			bad++
		}
	}
	return good, bad
}

func TestSigned(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{Signed: []string{".", "nl", "signed.nl"}, Zones: map[string]string{"signed.nl": "*.wild TXT w\na.b TXT c"}})
	n, nl := l.DNS("ns1.signed.nl"), l.DNS("a.nic.nl")
	key, above := l.Zone("signed.nl").newest().signer.key, l.Zone("nl").newest().signer.key
	for _, test := range []struct {
		at   *Nameserver
		name string
		t    uint16
		key  *dns.DNSKEY
		want int
	}{
		{n, "signed.nl.", dns.TypeDNSKEY, key, 1},
		{n, "x.wild.signed.nl.", dns.TypeTXT, key, 2}, // the set, and that nothing is at the name itself
		{n, "no.signed.nl.", dns.TypeTXT, key, 3},     // SOA, the name, the wildcard
		{n, "b.signed.nl.", dns.TypeTXT, key, 2},      // an empty non-terminal: SOA, NSEC
		{nl, "signed.nl.", dns.TypeDS, above, 1},
		{nl, "x.signed.nl.", dns.TypeA, above, 1}, // a referral with DS
		{nl, "x.martdj.nl.", dns.TypeA, above, 1}, // one without: NSEC
		{nl, "example.nl.", dns.TypeDS, above, 2}, // SOA, NSEC
	} {
		if good, bad := secureAsk(t, test.at, test.name, test.t, test.key); good != test.want || bad != 0 {
			t.Errorf("%s %s: %d good and %d bad signatures, want %d good", test.name, dns.TypeToString[test.t], good, bad, test.want)
		}
	}
	must(t, l.Zone("signed.nl").ExpireSignatures(true))
	if good, bad := secureAsk(t, n, "signed.nl.", dns.TypeDNSKEY, key); good != 0 || bad != 1 {
		t.Errorf("after their end %d signatures are good, %d bad", good, bad)
	}
	must(t, l.Zone("signed.nl").ExpireSignatures(false))
	if l.Zone("martdj.nl").ExpireSignatures(true) == nil {
		t.Error("the signatures of a zone without any were ended")
	}
	anchor, err := os.ReadFile(l.Anchor())
	must(t, err)
	if !strings.Contains(string(anchor), "DNSKEY\t257 3 13 ") {
		t.Errorf("the trust anchor: %s", anchor)
	}
	if _, err := Start(t.Context(), Options{Signed: []string{"nl"}}); err == nil {
		t.Error("a lab with signatures and no trust anchor")
	}
}
