package lab

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

func TestResolverGivesChainAndAnswerTogether(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{ExtraHops: true})
	must(t, l.Zone("martdj.nl").Add(oddities...))
	must(t, l.Zone("martdj.dedyn.io").Add(`validation 60 IN TXT "one"`, `validation 60 IN TXT "two"`))
	l.DeSEC().Secondary().SetLag(0)
	for _, test := range []struct {
		name   string
		rrtype uint16
		want   string
	}{
		{"_acme-challenge.demohub.martdj.nl.", dns.TypeTXT, "NOERROR ra | _acme-challenge.demohub.martdj.nl. CNAME validation.martdj.dedyn.io.; validation.martdj.dedyn.io. TXT \"one\"; validation.martdj.dedyn.io. TXT \"two\" | "},
		{"_Acme-Challenge.DemoHub.martdj.nl.", dns.TypeCNAME, "NOERROR ra | _Acme-Challenge.DemoHub.martdj.nl. CNAME validation.martdj.dedyn.io. | "},
		{"_acme-challenge.two-hops.martdj.nl.", dns.TypeTXT, "NOERROR ra | _acme-challenge.two-hops.martdj.nl. CNAME two-hops.challenges.example.nl.; two-hops.challenges.example.nl. CNAME validation.martdj.dedyn.io.; validation.martdj.dedyn.io. TXT \"one\"; validation.martdj.dedyn.io. TXT \"two\" | "},
		{"_acme-challenge.dname.martdj.nl.", dns.TypeTXT, "NOERROR ra | _acme-challenge.dname.martdj.nl. CNAME validation.moved.example.nl.; moved.example.nl. DNAME martdj.dedyn.io.; validation.moved.example.nl. CNAME validation.martdj.dedyn.io.; validation.martdj.dedyn.io. TXT \"one\"; validation.martdj.dedyn.io. TXT \"two\" | "},
		{"_acme-challenge.hub.wild.martdj.nl.", dns.TypeCNAME, "NOERROR ra | _acme-challenge.hub.wild.martdj.nl. CNAME validation.martdj.dedyn.io. | "},
		{"www.martdj.nl.", dns.TypeTXT, "NOERROR ra | www.martdj.nl. CNAME martdj.nl. | SOA martdj.nl."},
		{"lost.martdj.nl.", dns.TypeTXT, "NXDOMAIN ra | lost.martdj.nl. CNAME nowhere.martdj.nl. | SOA martdj.nl."},
		{"_acme-challenge.loop.martdj.nl.", dns.TypeTXT, "SERVFAIL ra |  | "},
		{"_acme-challenge.self.martdj.nl.", dns.TypeTXT, "SERVFAIL ra |  | "},
		{"nowhere.martdj.nl.", dns.TypeA, "NXDOMAIN ra |  | SOA martdj.nl."},
		{"ent.martdj.nl.", dns.TypeA, "NOERROR ra |  | SOA martdj.nl."},
		{"martdj.dedyn.io.", dns.TypeNS, "NOERROR ra | martdj.dedyn.io. NS ns1.desec.lab.; martdj.dedyn.io. NS ns2.desec.lab. | "},
		{"dedyn.io.", dns.TypeSOA, "NOERROR ra | dedyn.io. SOA ns1.desec.lab. hostmaster.dedyn.io. 1 3600 600 604800 60 | "},
		{".", dns.TypeNS, "NOERROR ra | . NS a.root-servers.lab. | "},
		{"nosuchtld.", dns.TypeA, "NXDOMAIN ra |  | SOA ."},
		{"www.child.martdj.nl.", dns.TypeA, "SERVFAIL ra |  | "},
	} {
		for _, host := range []string{"resolver", "ca-resolver"} {
			for _, network := range []string{"udp", "tcp"} {
				if got := brief(ask(t, l.DNS(host), network, test.name, test.rrtype)); got != test.want {
					t.Errorf("%s %s at %s over %s\n got %s\nwant %s", dns.TypeToString[test.rrtype], test.name, host, network, got, test.want)
				}
			}
		}
	}
}

func TestResolverFollowsEightAndNineHops(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{ExtraHops: true})
	must(t, l.Zone("martdj.dedyn.io").Add(`validation 60 IN TXT "end"`))
	l.DeSEC().Secondary().SetLag(0)
	for name, hops := range map[string]int{"hops8": 8, "hops9": 9} {
		m := ask(t, l.DNS("resolver"), "udp", "_acme-challenge."+name+".martdj.nl.", dns.TypeTXT)
		if len(m.Answer) != hops+1 {
			t.Errorf("%s: %d records, want %d CNAMEs and the value", name, len(m.Answer), hops)
		}
	}
}

func TestResolverAsksFromItsOwnAddress(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	ask(t, l.DNS("resolver"), "udp", "demohub.martdj.nl.", dns.TypeA)
	ask(t, l.DNS("ca-resolver"), "tcp", "demohub.martdj.nl.", dns.TypeA)
	var who []string
	for _, e := range l.History().Find(func(e Entry) bool { return e.Kind == "dns" && strings.HasSuffix(e.Server, ".martdj.nl") }) {
		who = append(who, strings.Split(e.From, ":")[0])
	}
	if want := []string{"127.53.0.9", "127.53.0.13"}; !slices.Equal(who, want) {
		t.Errorf("the customer's servers were asked from %v, want %v", who, want)
	}
}

func TestResolverTakesTurnsAndGoesOnToTheNext(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	const asks = 6
	for range asks {
		ask(t, l.DNS("resolver"), "udp", "demohub.martdj.nl.", dns.TypeA)
	}
	for _, host := range []string{"ns1.martdj.nl", "ns2.martdj.nl"} {
		if n := l.DNS(host).Queries("A demohub.martdj.nl."); n != asks/2 {
			t.Errorf("%s was asked %d times of %d, want half", host, n, asks)
		}
	}
	for _, how := range []string{servfail, refused, lame, cutOff} {
		l.DNS("ns1.martdj.nl").Behave(how)
		for range 2 {
			if m := ask(t, l.DNS("resolver"), "udp", "demohub.martdj.nl.", dns.TypeA); len(m.Answer) != 1 {
				t.Errorf("one of two servers %s: %s", how, brief(m))
			}
		}
	}
}

func TestResolverServfail(t *testing.T) {
	t.Parallel()
	for _, how := range []string{servfail, refused, lame, cutOff, silent} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			l := startLab(t, Options{})
			l.DNS("ns1.martdj.nl").Behave(how)
			l.DNS("ns2.martdj.nl").Behave(how)
			if got := brief(ask(t, l.DNS("resolver"), "tcp", "demohub.martdj.nl.", dns.TypeA)); got != "SERVFAIL ra |  | " {
				t.Errorf("both servers %s: %s", how, got)
			}
		})
	}
}

// TestResolverServfailBehindCNAME: half a chain is no answer.
func TestResolverServfailBehindCNAME(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	must(t, l.Zone("martdj.nl").Add("_acme-challenge.demohub 60 IN CNAME validation.pebble.lab."))
	l.DNS("ns1.pebble.lab").Behave(servfail)
	if got := brief(ask(t, l.DNS("resolver"), "udp", "_acme-challenge.demohub.martdj.nl.", dns.TypeTXT)); got != "SERVFAIL ra |  | " {
		t.Errorf("got %s", got)
	}
}

func TestSecondaryLag(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{SecondaryLag: -1})
	zone, primary, secondary := l.Zone("martdj.dedyn.io"), l.DNS("ns1.desec.lab"), l.DNS("ns2.desec.lab")
	serials := func() (p, s uint32) { return serial(t, primary), serial(t, secondary) }
	must(t, zone.Add(`validation 60 IN TXT "old"`))
	if p, s := serials(); p != 2 || s != 2 {
		t.Fatalf("without lag the serials are %d and %d, want 2", p, s)
	}
	secondary.SetLag(testTime * 1000)
	must(t, zone.Add(`validation 60 IN TXT "new"`))
	must(t, zone.Add(`later 60 IN TXT "new"`))
	if p, s := serials(); p != 4 || s != 2 {
		t.Errorf("late, the serials are %d and %d, want 4 and 2", p, s)
	}
	if got := lines(ask(t, secondary, "udp", "validation.martdj.dedyn.io.", dns.TypeTXT).Answer); len(got) != 1 || !strings.Contains(got[0], "old") {
		t.Errorf("the late secondary shows %v, want the old value only", got)
	}
	if m := ask(t, secondary, "udp", "later.martdj.dedyn.io.", dns.TypeTXT); m.Rcode != dns.RcodeNameError {
		t.Errorf("the late secondary knows a name of the newer zone: %s", brief(m))
	}
	secondary.SetLag(0)
	if p, s := serials(); p != 4 || s != 4 {
		t.Errorf("caught up, the serials are %d and %d, want 4", p, s)
	}
	secondary.SetLag(testTime * 1000)
	if _, s := serials(); s != 4 {
		t.Errorf("a secondary went back to serial %d", s)
	}
	zone.mu.Lock()
	defer zone.mu.Unlock()
	if n := len(zone.versions); n != 1 {
		t.Errorf("the zone keeps %d versions that nobody shows", n-1)
	}
}

func TestSecondaryLagIsOneSecondByDefault(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	if lag := l.DeSEC().Secondary().Lag().String(); lag != "1s" {
		t.Errorf("lag %s, want 1s", lag)
	}
	if lag := l.DNS("ns2.martdj.nl").Lag(); lag != 0 {
		t.Errorf("the customer's secondary is late by %s", lag)
	}
}

func serial(t *testing.T, n *Nameserver) uint32 {
	t.Helper()
	m := ask(t, n, "udp", "martdj.dedyn.io.", dns.TypeSOA)
	return m.Answer[0].(*dns.SOA).Serial
}

func TestResolverCache(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		cache bool
		want  int // queries at the two servers for two questions of each of two names
	}{{false, 4}, {true, 2}} {
		l := startLab(t, Options{ResolverCache: test.cache})
		for range 2 {
			ask(t, l.DNS("resolver"), "udp", "demohub.martdj.nl.", dns.TypeA)
			m := ask(t, l.DNS("resolver"), "udp", "nowhere.martdj.nl.", dns.TypeA)
			if m.Rcode != dns.RcodeNameError || len(m.Ns) != 1 {
				t.Errorf("cache %v: %s", test.cache, brief(m))
			}
		}
		got := 0
		for _, host := range []string{"ns1.martdj.nl", "ns2.martdj.nl"} {
			got += l.DNS(host).Queries("")
		}
		if got != test.want {
			t.Errorf("cache %v: %d queries at the customer's servers, want %d", test.cache, got, test.want)
		}
		must(t, l.Zone("martdj.nl").Add("nowhere 60 IN A 192.0.2.50"))
		m := ask(t, l.DNS("resolver"), "udp", "nowhere.martdj.nl.", dns.TypeA)
		if seen := len(m.Answer) == 1; seen == test.cache {
			t.Errorf("cache %v: a name made after it was asked for is seen: %v", test.cache, seen)
		}
		l.FlushCaches()
		if m := ask(t, l.DNS("resolver"), "udp", "nowhere.martdj.nl.", dns.TypeA); len(m.Answer) != 1 {
			t.Errorf("cache %v, flushed: %s", test.cache, brief(m))
		}
	}
}

func TestLifetime(t *testing.T) {
	t.Parallel()
	rr := func(s string) dns.RR {
		r, err := dns.NewRR(s)
		must(t, err)
		return r
	}
	for _, test := range []struct {
		f    finding
		want string
	}{
		{finding{records: []dns.RR{rr("a. 60 IN TXT x"), rr("a. 30 IN TXT y")}}, "30s true"},
		{finding{soa: rr(". 45 IN SOA a. b. 1 2 3 4 5")}, "45s true"},
		{finding{records: []dns.RR{rr("a. 0 IN TXT x")}}, "0s true"},
		{finding{}, "0s false"},
	} {
		ttl, ok := lifetime(test.f)
		if got := ttl.String() + map[bool]string{true: " true", false: " false"}[ok]; got != test.want {
			t.Errorf("lifetime(%v) = %s, want %s", test.f, got, test.want)
		}
	}
}

// TestLostValueFailsAtTheCA: with one authoritative server late, one of pebble's three looks meets it.
func TestLostValueFailsAtTheCA(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{SecondaryLag: testTime * 1000})
	must(t, l.Zone("martdj.nl").Add("_acme-challenge.demohub 60 IN CNAME validation.martdj.dedyn.io."))
	c := newCustomer(t, l)
	order, challenge := c.order(t, "demohub.martdj.nl")
	must(t, l.Zone("martdj.dedyn.io").Add(`validation 60 IN TXT "`+challenge.DNS01KeyAuthorization()+`"`))
	if err := c.validate(t, order, challenge); err == nil {
		t.Error("the CA is content while a secondary lacks the value")
	}
	l.DeSEC().Secondary().SetLag(0)
	order, challenge = c.order(t, "demohub.martdj.nl")
	must(t, l.Zone("martdj.dedyn.io").Add(`validation 60 IN TXT "`+challenge.DNS01KeyAuthorization()+`"`))
	mark := l.History().Mark()
	must(t, c.validate(t, order, challenge))
	ctx, cancel := context.WithTimeout(t.Context(), testTime)
	defer cancel()
	e, err := l.History().Await(ctx, mark, func(e Entry) bool { return e.Server == "ca-resolver" && strings.Contains(e.Answer, "TXT") })
	if err != nil || e.What != "TXT _acme-challenge.demohub.martdj.nl." || e.Network != "tcp" {
		t.Errorf("the CA asked %+v, %v", e, err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
