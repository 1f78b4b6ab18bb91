package delegation

import (
	"strings"
	"testing"

	"deputy/fault"
	"deputy/name"
)

// TestWantedAlready: where the CNAME is the one that was asked for, and the DNS Provider has lost its zone since, the owner
// of the DNS is not asked to change a record into itself.
func TestWantedAlready(t *testing.T) {
	t.Parallel()
	target := name.MustParseOwner("a.martdj.dedyn.io")
	chain := Chain{
		Cert: name.MustParseOwner("demohub.martdj.nl"), Challenge: name.MustParseOwner("_acme-challenge.demohub.martdj.nl"),
		Hops:   []Hop{{Owner: name.MustParseOwner("_acme-challenge.demohub.martdj.nl"), Target: target, TTL: 60}},
		Target: target, Zone: name.MustParseOwner("martdj.dedyn.io"), Exists: true,
	}
	faults := Judge(chain, Expectation{Zones: []name.Name{name.MustParseOwner("other.dedyn.io")}, Advice: target})
	if len(faults) == 0 || faults[0].Code != fault.Unmanaged || faults[0].Who != fault.Admin || !strings.Contains(faults[0].Do, "deputy provider add") {
		t.Errorf("faults: %v", faults)
	}
}
