package publish

import (
	"crypto/x509"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"deputy/fault"
	"deputy/internal/lab"
	"deputy/resolver"
)

// blocked is a network that lets nobody out to port 53: the zone's servers can be found through the system's resolver,
// none of them can be asked, and public resolvers are reached over HTTPS.
func blocked(t *testing.T, l *lab.Lab) *resolver.Client {
	t.Helper()
	root, err := os.ReadFile(l.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	trust := x509.NewCertPool()
	trust.AppendCertsFromPEM(root)
	nothingListens := netip.AddrPortFrom(netip.MustParseAddrPort(l.Root()).Addr(), 1)
	c, err := resolver.New(resolver.Config{Recursive: l.Resolver(), Root: []netip.AddrPort{nothingListens}, Public: l.DoH(), Roots: trust})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestPort53Blocked: with no authority in reach, two public resolvers have to show the value, the floor is waited for,
// and what is told says that this is weaker.
func TestPort53Blocked(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("needs the lab; go test without -short")
	}
	for _, c := range []struct {
		name   string
		second string // how the second public resolver behaves
		shows  bool
		seen   string // words of the fault, where there is one
	}{
		{name: "both show it", shows: true},
		{name: "one of them fails", shows: true, second: "servfail", seen: "no server of the zone answers"},
		{name: "neither shows it", seen: "a public resolver"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l, err := lab.Start(t.Context(), lab.Options{SecondaryLag: -1})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { l.Close() })
			l.DNS("resolver-2").BehaveAt(validation.String(), c.second)
			traits := additive
			traits.Floor = 2 * time.Second
			r := newRig(t, traits, long)
			r.DNS, r.Grace = blocked(t, l), 300*time.Millisecond
			r.Limit = 30 * time.Second
			if c.seen != "" {
				r.Limit = 3 * time.Second
			}
			h := r.put(t, work(t, r.Store, "a.nl"), values(validation, "a.nl", "value"))
			if c.shows {
				if err := l.Zone(testZone.String()).Add(`validation 60 IN TXT "value"`); err != nil {
					t.Fatal(err)
				}
			}
			written := h.sites[0].written
			err = r.Await(t.Context(), h)
			mustSay(t, r.recorder.events, []string{
				"await asking 2 servers", "silent left out: ns", "silent left out: ns", "weaker weaker: no server of the zone can be reached from here"})
			if c.seen != "" {
				mustFault(t, err, fault.NotPropagated, c.seen)
			} else if err != nil || time.Since(written) < traits.Floor {
				t.Errorf("Await = %v, %s after the write; want nil, not before %s", err, time.Since(written), traits.Floor)
			}
			if err := r.Withdraw(t.Context(), h); err != nil {
				t.Error(err)
			}
			mustBeEmpty(t, r.Store)
			for _, host := range []string{"resolver", "resolver-2"} {
				asked := l.History().Find(func(e lab.Entry) bool {
					return e.Server == host && e.Network == "https" && strings.HasPrefix(e.What, "TXT "+validation.String())
				})
				if len(asked) == 0 {
					t.Errorf("%s was not asked over HTTPS", host)
				}
			}
		})
	}
}
