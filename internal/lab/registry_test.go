package lab

import (
	"testing"

	"github.com/miekg/dns"
)

func TestAddZone(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	z, err := l.AddZone("validation.example.nl", "ns1.pebble.lab", "ns1.example.nl")
	must(t, err)
	must(t, z.Add("host 60 IN TXT here"))
	if got := brief(ask(t, l.DNS("ns2.example.nl"), "udp", "host.validation.example.nl.", dns.TypeTXT)); got != "NOERROR |  | NS validation.example.nl." {
		t.Errorf("the parent's other server: %s", got)
	}
	for range 2 { // both servers
		if got := brief(ask(t, l.DNS("resolver"), "udp", "host.validation.example.nl.", dns.TypeTXT)); got != `NOERROR ra | host.validation.example.nl. TXT "here" | ` {
			t.Errorf("the resolver: %s", got)
		}
	}
	_, err = l.AddZone("new", "ns1.pebble.lab")
	must(t, err)
	if m := ask(t, l.DNS("resolver"), "udp", "new.", dns.TypeSOA); len(m.Answer) != 1 {
		t.Errorf("a new TLD: %s", brief(m))
	}
	before := l.Zone("nl").Serial()
	for name, add := range map[string]func() (*Zone, error){
		"a zone that is there": func() (*Zone, error) { return l.AddZone("martdj.nl.", "ns1.martdj.nl") },
		"no servers":           func() (*Zone, error) { return l.AddZone("more.nl") },
		"an unknown server":    func() (*Zone, error) { return l.AddZone("more.nl", "ns9.martdj.nl") },
		"no name":              func() (*Zone, error) { return l.AddZone("a..nl", "ns1.martdj.nl") },
	} {
		if _, err := add(); err == nil {
			t.Errorf("%s: added", name)
		}
	}
	if l.Zone("nl").Serial() != before {
		t.Error("a refused zone was delegated")
	}
}
