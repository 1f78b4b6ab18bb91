package lab

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// ask asks a server of the lab over network with a plain client.
func ask(t *testing.T, n *Nameserver, network, name string, rrtype uint16) *dns.Msg {
	t.Helper()
	m, err := tryAsk(n, network, new(dns.Msg).SetQuestion(name, rrtype))
	if err != nil {
		t.Fatalf("%s %s at %s over %s: %v", dns.TypeToString[rrtype], name, n.Host(), network, err)
	}
	return m
}

func tryAsk(n *Nameserver, network string, query *dns.Msg) (*dns.Msg, error) {
	client := &dns.Client{Net: network, Timeout: testTime, UDPSize: ednsSize}
	m, _, err := client.Exchange(query, n.Addr().String())
	return m, err
}

// leftUnanswered says whether the server leaves a query without an answer. The short time-out decides nothing: a slow
// answer still shows in the history as one.
func leftUnanswered(t *testing.T, l *Lab, n *Nameserver, network, name string) bool {
	t.Helper()
	mark := l.History().Mark()
	client := &dns.Client{Net: network, Timeout: 200 * time.Millisecond}
	_, _, err := client.Exchange(new(dns.Msg).SetQuestion(name, dns.TypeA), n.Addr().String())
	ctx, cancel := context.WithTimeout(t.Context(), testTime)
	defer cancel()
	e, seen := l.History().Await(ctx, mark, func(e Entry) bool { return e.Server == n.Host() && e.Network == network })
	return err != nil && seen == nil && e.Status == NoAnswer
}

// lines are records without TTL and class, for comparing.
func lines(records []dns.RR) []string {
	all := []string{}
	for _, rr := range records {
		f := strings.Fields(rr.String())
		all = append(all, strings.Join(slices.Delete(f, 1, 3), " "))
	}
	return all
}

// brief is a message in one line: RCODE, flags and sections.
func brief(m *dns.Msg) string {
	s := dns.RcodeToString[m.Rcode]
	for _, flag := range []struct {
		set  bool
		name string
	}{{m.Authoritative, "aa"}, {m.RecursionAvailable, "ra"}, {m.AuthenticatedData, "ad"}, {m.Truncated, "tc"}} {
		if flag.set {
			s += " " + flag.name
		}
	}
	var types []string
	for _, rr := range m.Ns {
		types = append(types, dns.TypeToString[rr.Header().Rrtype]+" "+rr.Header().Name)
	}
	return fmt.Sprintf("%s | %s | %s", s, strings.Join(lines(m.Answer), "; "), strings.Join(slices.Compact(types), "; "))
}

// oddities are records for martdj.nl that make every case of RFC 1034 §4.3.2.
var oddities = []string{
	"_acme-challenge.demohub 60 IN CNAME validation.martdj.dedyn.io.",
	"a.deep.ent 60 IN TXT \"below\"",
	"*.any 60 IN TXT \"any\"",
	"there.any 60 IN A 192.0.2.30",
	"*.alias 60 IN CNAME www.martdj.nl.",
	"old 60 IN DNAME new",
	"host.new 60 IN A 192.0.2.31",
	"child 60 IN NS ns.child",
	"ns.child 60 IN A 127.53.0.99",
	"both 60 IN CNAME mail",
	"both 60 IN TXT \"beside\"",
	"lost 60 IN CNAME nowhere",
	"round 60 IN CNAME about",
	"about 60 IN CNAME round",
}

var authoritativeTests = []struct {
	name   string
	rrtype uint16
	want   string
}{
	{"martdj.nl.", dns.TypeA, "NOERROR aa | martdj.nl. A 192.0.2.10 | "},
	{"MartDJ.nl.", dns.TypeA, "NOERROR aa | MartDJ.nl. A 192.0.2.10 | "},
	{"martdj.nl.", dns.TypeNS, "NOERROR aa | martdj.nl. NS ns1.martdj.nl.; martdj.nl. NS ns2.martdj.nl. | "},
	{"martdj.nl.", dns.TypeTXT, "NOERROR aa |  | SOA martdj.nl."},
	{"nothing.martdj.nl.", dns.TypeA, "NXDOMAIN aa |  | SOA martdj.nl."},
	{"ent.martdj.nl.", dns.TypeTXT, "NOERROR aa |  | SOA martdj.nl."},
	{"deep.ent.martdj.nl.", dns.TypeTXT, "NOERROR aa |  | SOA martdj.nl."},
	{"other.ent.martdj.nl.", dns.TypeTXT, "NXDOMAIN aa |  | SOA martdj.nl."},
	{"www.martdj.nl.", dns.TypeA, "NOERROR aa | www.martdj.nl. CNAME martdj.nl.; martdj.nl. A 192.0.2.10 | "},
	{"www.martdj.nl.", dns.TypeCNAME, "NOERROR aa | www.martdj.nl. CNAME martdj.nl. | "},
	{"www.martdj.nl.", dns.TypeTXT, "NOERROR aa | www.martdj.nl. CNAME martdj.nl. | SOA martdj.nl."},
	{"_acme-challenge.demohub.martdj.nl.", dns.TypeTXT, "NOERROR aa | _acme-challenge.demohub.martdj.nl. CNAME validation.martdj.dedyn.io. | "},
	{"lost.martdj.nl.", dns.TypeA, "NXDOMAIN aa | lost.martdj.nl. CNAME nowhere.martdj.nl. | SOA martdj.nl."},
	{"both.martdj.nl.", dns.TypeTXT, "NOERROR aa | both.martdj.nl. CNAME mail.martdj.nl.; both.martdj.nl. TXT \"beside\" | SOA martdj.nl."},
	{"x.any.martdj.nl.", dns.TypeTXT, "NOERROR aa | x.any.martdj.nl. TXT \"any\" | "},
	{"x.y.any.martdj.nl.", dns.TypeTXT, "NOERROR aa | x.y.any.martdj.nl. TXT \"any\" | "},
	{"x.any.martdj.nl.", dns.TypeA, "NOERROR aa |  | SOA martdj.nl."},
	{"there.any.martdj.nl.", dns.TypeTXT, "NOERROR aa |  | SOA martdj.nl."},
	{"x.there.any.martdj.nl.", dns.TypeTXT, "NXDOMAIN aa |  | SOA martdj.nl."},
	{"_acme-challenge.alias.martdj.nl.", dns.TypeA, "NOERROR aa | _acme-challenge.alias.martdj.nl. CNAME www.martdj.nl.; www.martdj.nl. CNAME martdj.nl.; martdj.nl. A 192.0.2.10 | "},
	{"host.old.martdj.nl.", dns.TypeA, "NOERROR aa | old.martdj.nl. DNAME new.martdj.nl.; host.old.martdj.nl. CNAME host.new.martdj.nl.; host.new.martdj.nl. A 192.0.2.31 | "},
	{"host.old.martdj.nl.", dns.TypeCNAME, "NOERROR aa | old.martdj.nl. DNAME new.martdj.nl.; host.old.martdj.nl. CNAME host.new.martdj.nl. | "},
	{"old.martdj.nl.", dns.TypeA, "NOERROR aa |  | SOA martdj.nl."},
	{"www.child.martdj.nl.", dns.TypeA, "NOERROR |  | NS child.martdj.nl."},
	{"child.martdj.nl.", dns.TypeNS, "NOERROR |  | NS child.martdj.nl."},
	{"child.martdj.nl.", dns.TypeDS, "NOERROR aa |  | SOA martdj.nl."},
	{"example.nl.", dns.TypeA, "REFUSED |  | "},
}

func TestAuthoritative(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	if err := l.Zone("martdj.nl").Add(oddities...); err != nil {
		t.Fatal(err)
	}
	for _, test := range authoritativeTests {
		for _, host := range []string{"ns1.martdj.nl", "ns2.martdj.nl"} {
			for _, network := range []string{"udp", "tcp"} {
				if got := brief(ask(t, l.DNS(host), network, test.name, test.rrtype)); got != test.want {
					t.Errorf("%s %s at %s over %s\n got %s\nwant %s", dns.TypeToString[test.rrtype], test.name, host, network, got, test.want)
				}
			}
		}
	}
}

func TestCNAMELoopEnds(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	if err := l.Zone("martdj.nl").Add(oddities...); err != nil {
		t.Fatal(err)
	}
	if n := len(ask(t, l.DNS("ns1.martdj.nl"), "tcp", "round.martdj.nl.", dns.TypeA).Answer); n != linkLimit {
		t.Errorf("a loop gives %d records, want the limit %d", n, linkLimit)
	}
	if m := ask(t, l.DNS("resolver"), "udp", "round.martdj.nl.", dns.TypeA); m.Rcode != dns.RcodeServerFailure || len(m.Answer) > 0 {
		t.Errorf("the resolver says of a loop: %s", brief(m))
	}
}

func TestDNAMETooLong(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	label := strings.Repeat("x", 60)
	if err := l.Zone("martdj.nl").Add("old 60 IN DNAME " + label + "." + label + ".martdj.nl."); err != nil {
		t.Fatal(err)
	}
	name := label + "." + label + "." + label + ".old.martdj.nl."
	if m := ask(t, l.DNS("ns1.martdj.nl"), "udp", name, dns.TypeA); m.Rcode != dns.RcodeYXDomain {
		t.Errorf("a DNAME that makes too long a name: %s", brief(m))
	}
}

// TestEveryDelegation walks from the root to each zone by referrals, with nothing but what the servers say.
func TestEveryDelegation(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	for _, test := range []struct {
		at, asked, referral string
		glue                int
	}{
		{"a.root-servers.lab", "demohub.martdj.nl.", "nl.", 1},
		{"a.nic.nl", "demohub.martdj.nl.", "martdj.nl.", 2},
		{"a.nic.nl", "www.example.nl.", "example.nl.", 2},
		{"a.root-servers.lab", "x.dedyn.io.", "io.", 1},
		{"a.nic.io", "validation.martdj.dedyn.io.", "dedyn.io.", 0},
		{"a.root-servers.lab", "ns1.desec.lab.", "lab.", 1},
		{"a.nic.lab", "ns1.desec.lab.", "desec.lab.", 2},
		{"a.nic.lab", "validation.pebble.lab.", "pebble.lab.", 1},
	} {
		m := ask(t, l.DNS(test.at), "udp", test.asked, dns.TypeTXT)
		if want := "NOERROR |  | NS " + test.referral; brief(m) != want || len(m.Extra) != test.glue {
			t.Errorf("%s about %s: %s with %d glue records; want %s with %d", test.at, test.asked, brief(m), len(m.Extra), want, test.glue)
		}
	}
	for _, zone := range []string{"martdj.dedyn.io.", "slow.dedyn.io.", "other.dedyn.io."} {
		for _, host := range []string{"ns1.desec.lab", "ns2.desec.lab"} {
			m := ask(t, l.DNS(host), "udp", zone, dns.TypeSOA)
			if len(m.Answer) != 1 || !m.Authoritative || m.Answer[0].Header().Name != zone {
				t.Errorf("SOA of %s at %s: %s", zone, host, brief(m))
			}
		}
	}
}

func TestEDNSAndTruncation(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	n := l.DNS("ns1.martdj.nl")
	for i := range 30 {
		if err := l.Zone("martdj.nl").Add(fmt.Sprintf("many 60 IN TXT %q", fmt.Sprintf("%02d %s", i, strings.Repeat("x", 40)))); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct {
		size      uint16 // of the query's OPT record; 0: none
		network   string
		truncated bool
	}{{0, "udp", true}, {4096, "udp", true}, {0, "tcp", false}, {1232, "tcp", false}} {
		query := new(dns.Msg).SetQuestion("many.martdj.nl.", dns.TypeTXT)
		if test.size > 0 {
			query.SetEdns0(test.size, false)
		}
		m, err := tryAsk(n, test.network, query)
		if err != nil {
			t.Fatal(err)
		}
		if m.Truncated != test.truncated || (m.IsEdns0() != nil) != (test.size > 0) || !test.truncated && len(m.Answer) != 30 {
			t.Errorf("%+v: TC %v, %d records, OPT %v", test, m.Truncated, len(m.Answer), m.IsEdns0())
		}
	}
	if m := ask(t, l.DNS("resolver"), "tcp", "many.martdj.nl.", dns.TypeTXT); len(m.Answer) != 30 {
		t.Errorf("the resolver completes a truncated answer to %d records, want 30", len(m.Answer))
	}
	query := new(dns.Msg).SetQuestion("martdj.nl.", dns.TypeA)
	query.SetEdns0(1232, false)
	query.IsEdns0().SetVersion(1)
	if m, err := tryAsk(n, "udp", query); err != nil || m.Rcode != dns.RcodeBadVers {
		t.Errorf("EDNS version 1: %v, %v", m, err)
	}
}

func TestUnsupportedQueries(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	question := func(change func(*dns.Msg)) *dns.Msg {
		m := new(dns.Msg).SetQuestion("martdj.nl.", dns.TypeSOA)
		change(m)
		return m
	}
	for _, test := range []struct {
		name  string
		query *dns.Msg
		want  int
	}{
		{"a zone transfer", question(func(m *dns.Msg) { m.Question[0].Qtype = dns.TypeAXFR }), dns.RcodeRefused},
		{"class CH", question(func(m *dns.Msg) { m.Question[0].Qclass = dns.ClassCHAOS }), dns.RcodeRefused},
		{"NOTIFY", question(func(m *dns.Msg) { m.Opcode = dns.OpcodeNotify }), dns.RcodeNotImplemented},
		{"UPDATE", question(func(m *dns.Msg) { m.Opcode = dns.OpcodeUpdate }), dns.RcodeNotImplemented},
		{"a query", question(func(*dns.Msg) {}), dns.RcodeSuccess},
	} {
		for _, host := range []string{"ns1.martdj.nl", "resolver"} {
			m, err := tryAsk(l.DNS(host), "tcp", test.query)
			if err != nil || m.Rcode != test.want || (len(m.Answer) > 0) != (test.want == dns.RcodeSuccess) {
				t.Errorf("%s at %s: %v, %v; want %s", test.name, host, m, err, dns.RcodeToString[test.want])
			}
		}
	}
}

func TestOneSharedPort(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	other := startLab(t, Options{})
	ports := map[uint16]bool{}
	for _, each := range []*Lab{l, other} {
		for _, h := range hosts() {
			n := each.DNS(h.name)
			ports[n.Addr().Port()] = true
			if got := n.Addr().Addr().String(); got != h.addr {
				t.Errorf("%s has address %s, want %s", h.name, got, h.addr)
			}
		}
	}
	if len(ports) != 2 {
		t.Errorf("two labs use %d ports for DNS, want one each", len(ports))
	}
}

func TestListenFindsAPortFreeEverywhere(t *testing.T) {
	t.Parallel()
	all, err := listen((&layout{hosts: hosts()[:3]}).addresses())
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range all {
		defer s.close()
		if s.udp.LocalAddr().(*net.UDPAddr).Port != s.tcp.Addr().(*net.TCPAddr).Port {
			t.Errorf("address %d: UDP %s, TCP %s", i, s.udp.LocalAddr(), s.tcp.Addr())
		}
		if s.tcp.Addr().(*net.TCPAddr).Port != all[0].tcp.Addr().(*net.TCPAddr).Port {
			t.Errorf("address %d has another port than the first", i)
		}
	}
	taken := net.JoinHostPort("127.53.0.1", fmt.Sprint(all[0].tcp.Addr().(*net.TCPAddr).Port))
	if s, err := listenAt(taken); err == nil {
		s.close()
		t.Errorf("%s was given out twice", taken)
	}
}
