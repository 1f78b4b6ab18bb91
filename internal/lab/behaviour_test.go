package lab

import (
	"strings"
	"testing"

	"github.com/miekg/dns"
)

func TestBehaviours(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"ns1.martdj.nl", "resolver"} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			l := startLab(t, Options{})
			n := l.DNS(host)
			good := brief(ask(t, n, "udp", "demohub.martdj.nl.", dns.TypeA))
			if !strings.HasPrefix(good, "NOERROR") || !strings.Contains(good, "A 192.0.2.11") {
				t.Fatalf("well behaved: %s", good)
			}
			flags := strings.TrimPrefix(strings.SplitN(good, " |", 2)[0], "NOERROR") // aa, or ra of the resolver
			ra := strings.ReplaceAll(flags, " aa", "")
			for _, test := range []struct{ how, udp, tcp string }{
				{servfail, "SERVFAIL" + ra + " |  | ", "SERVFAIL" + ra + " |  | "},
				{refused, "REFUSED" + ra + " |  | ", "REFUSED" + ra + " |  | "},
				{truncate, "NOERROR" + flags + " tc |  | ", good},
				{lame, "NOERROR |  | NS .", "NOERROR |  | NS ."},
				{wellBehaved, good, good},
			} {
				n.Behave(test.how)
				if got := brief(ask(t, n, "udp", "demohub.martdj.nl.", dns.TypeA)); got != test.udp {
					t.Errorf("%q over UDP: %s, want %s", test.how, got, test.udp)
				}
				if got := brief(ask(t, n, "tcp", "demohub.martdj.nl.", dns.TypeA)); got != test.tcp {
					t.Errorf("%q over TCP: %s, want %s", test.how, got, test.tcp)
				}
			}
		})
	}
}

func TestSilentBehaviours(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	n := l.DNS("ns1.martdj.nl")
	for _, test := range []struct {
		how      string
		udp, tcp bool // left unanswered
	}{{silent, true, true}, {tcpOnly, true, false}, {wellBehaved, false, false}} {
		n.Behave(test.how)
		if got := leftUnanswered(t, l, n, "udp", "martdj.nl."); got != test.udp {
			t.Errorf("%q over UDP: unanswered %v, want %v", test.how, got, test.udp)
		}
		if got := leftUnanswered(t, l, n, "tcp", "martdj.nl."); got != test.tcp {
			t.Errorf("%q over TCP: unanswered %v, want %v", test.how, got, test.tcp)
		}
	}
}

func TestCutOff(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	n := l.DNS("ns1.martdj.nl")
	n.Behave(cutOff)
	if got := brief(ask(t, n, "udp", "martdj.nl.", dns.TypeA)); got != "NOERROR aa tc |  | " {
		t.Errorf("over UDP: %s", got)
	}
	if m, err := tryAsk(n, "tcp", new(dns.Msg).SetQuestion("martdj.nl.", dns.TypeA)); err == nil {
		t.Errorf("over TCP: %s, want a closed connection", brief(m))
	}
}

func TestNoEDNS(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	n := l.DNS("ns1.martdj.nl")
	n.Behave(noEDNS)
	query := new(dns.Msg).SetQuestion("martdj.nl.", dns.TypeA)
	query.SetEdns0(1232, false)
	if m, err := tryAsk(n, "udp", query); err != nil || m.Rcode != dns.RcodeFormatError || m.IsEdns0() != nil {
		t.Errorf("with EDNS: %v, %v", m, err)
	}
	if got := brief(ask(t, n, "udp", "martdj.nl.", dns.TypeA)); got != "NOERROR aa | martdj.nl. A 192.0.2.10 | " {
		t.Errorf("without: %s", got)
	}
	l.DNS("ns2.martdj.nl").Behave(noEDNS)
	if got := brief(ask(t, l.DNS("resolver"), "udp", "martdj.nl.", dns.TypeA)); got != "NOERROR ra | martdj.nl. A 192.0.2.10 | " {
		t.Errorf("the resolver goes without EDNS: %s", got)
	}
}

func TestReversedAndUpperCase(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	n := l.DNS("ns1.martdj.nl")
	n.Behave(reversed)
	if got := brief(ask(t, n, "udp", "www.martdj.nl.", dns.TypeA)); got != "NOERROR aa | martdj.nl. A 192.0.2.10; www.martdj.nl. CNAME martdj.nl. | " {
		t.Errorf("reversed: %s", got)
	}
	n.Behave(upperCase)
	if got := brief(ask(t, n, "udp", "www.martdj.nl.", dns.TypeA)); got != "NOERROR aa | WWW.MARTDJ.NL. CNAME MARTDJ.NL.; MARTDJ.NL. A 192.0.2.10 | " {
		t.Errorf("upper: %s", got)
	}
}

func TestBehaveAtOneName(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	n := l.DNS("ns1.martdj.nl")
	n.Behave(refused)
	n.BehaveAt("demohub.martdj.nl", servfail)
	for name, want := range map[string]int{"DemoHub.martdj.nl.": dns.RcodeServerFailure, "mail.martdj.nl.": dns.RcodeRefused} {
		if m := ask(t, n, "udp", name, dns.TypeA); m.Rcode != want {
			t.Errorf("%s: %s, want %s", name, brief(m), dns.RcodeToString[want])
		}
	}
	n.BehaveAt("demohub.martdj.nl", wellBehaved)
	if m := ask(t, n, "udp", "demohub.martdj.nl.", dns.TypeA); m.Rcode != dns.RcodeRefused {
		t.Errorf("taken back: %s, want what Behave said", brief(m))
	}
}

func TestUnknownBehaviourPanics(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	for _, f := range []func(){
		func() { l.DNS("resolver").Behave("sulking") },
		func() { l.DNS("resolver").BehaveAt("martdj.nl", "sulking") },
		func() { l.DNS("ns9.martdj.nl") },
		func() { l.Zone("elsewhere.nl") },
	} {
		func() {
			defer func() {
				if said := recover(); said == nil || !strings.HasPrefix(said.(string), "lab: ") {
					t.Errorf("panic says %v", said)
				}
			}()
			f()
		}()
	}
}
