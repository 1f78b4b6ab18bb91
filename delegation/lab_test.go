package delegation_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"deputy/delegation"
	"deputy/fault"
	"deputy/internal/lab"
	"deputy/resolver"
)

// The article's own example in the lab: before the DNS department added the record and after, from the root and through
// a recursive resolver, and with servers that fail.
func TestTheStoryInTheLab(t *testing.T) {
	t.Parallel()
	small, err := lab.Start(t.Context(), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = small.Close() })
	root, err := netip.ParseAddrPort(small.Root())
	if err != nil {
		t.Fatal(err)
	}
	views := map[string]resolver.Config{
		"root":      {Root: []netip.AddrPort{root}},
		"recursive": {Root: []netip.AddrPort{root}, Recursive: small.Resolver()},
		"tcp":       {Root: []netip.AddrPort{root}, Recursive: strings.Replace(small.Resolver(), "udp:", "tcp:", 1)},
	}
	expect := delegation.Expectation{Zones: owners("martdj.dedyn.io"), Target: owner("validation.martdj.dedyn.io")}
	judge := func(view string) (delegation.Chain, fault.Code) {
		t.Helper()
		config := views[view]
		config.Timeout = 5 * time.Second
		c, err := resolver.New(config)
		if err != nil {
			t.Fatal(err)
		}
		chain, err := delegation.Follow(t.Context(), c, owner("demohub.martdj.nl"))
		if err != nil {
			t.Fatal(err)
		}
		_, code := chain.Verdict(expect)
		return chain, code
	}
	for view := range views {
		if chain, code := judge(view); code != fault.NoDelegation || chain.OwnerZone != owner("martdj.nl") || chain.NegTTL == 0 {
			t.Errorf("%s, before: %q, %+v", view, code, chain)
		}
	}
	if err := small.Zone("martdj.nl").Add("_acme-challenge.demohub 60 IN CNAME validation.martdj.dedyn.io."); err != nil {
		t.Fatal(err)
	}
	for view := range views {
		chain, code := judge(view)
		if code != "" || chain.Target != expect.Target || chain.Zone != owner("martdj.dedyn.io") || chain.OwnerZone != owner("martdj.nl") {
			t.Errorf("%s, after: %q, %+v", view, code, chain)
		}
		if hosts := strings.Join(delegation.Draw(chain)[2:], ""); !strings.HasSuffix(hosts, "zone martdj.dedyn.io at ns1.desec.lab, ns2.desec.lab") {
			t.Errorf("%s: %s", view, hosts)
		}
	}
	for _, how := range []string{"servfail", "refused", "lame"} {
		small.DNS("ns1.martdj.nl").Behave(how)
		if _, code := judge("root"); code != "" {
			t.Errorf("one server that is %s: %q", how, code)
		}
		small.DNS("ns2.martdj.nl").Behave(how)
		if _, code := judge("root"); code != fault.NoAnswer {
			t.Errorf("both servers %s: %q", how, code)
		}
		small.DNS("ns1.martdj.nl").Behave("")
		small.DNS("ns2.martdj.nl").Behave("")
	}
	small.DNS("resolver").Behave("servfail")
	if _, code := judge("recursive"); code != fault.NoAnswer {
		t.Errorf("the resolver fails: %q", code)
	}
}
