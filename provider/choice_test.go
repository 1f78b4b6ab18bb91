package provider

import (
	"strings"
	"testing"

	"deputy/fault"
	"deputy/name"
)

func names(list ...string) []name.Name {
	var out []name.Name
	for _, s := range list {
		out = append(out, name.MustParseOwner(s))
	}
	return out
}

func following(providerName string, zones ...string) offer {
	return offer{Document: Document{Name: providerName, Zones: names(zones...)}, revision: 7}
}

func custom(providerName, zone, value string, domains ...string) offer {
	return offer{Document: Document{Name: providerName, Zones: names(zone), CustomValue: value, RegisteredDomains: names(domains...)}, revision: 3}
}

func certName(t *testing.T, s string) name.Name {
	t.Helper()
	n, err := name.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestBind(t *testing.T) {
	t.Parallel()
	article := custom("article", "martdj.dedyn.io", "validation", "martdj.nl")
	dropIn := custom("drop-in", "martdj.nl", "", "martdj.nl")
	for _, c := range []struct {
		what         string
		offers       offers
		cert, target string
		// either provider, zone and owner …
		provider, zone, domain string
		// … or a fault and what it says
		code fault.Code
		seen string
	}{
		{"the article", offers{article}, "demohub.martdj.nl", "validation.martdj.dedyn.io", "article", "martdj.dedyn.io", "martdj.nl", "", ""},
		{"a wildcard of the domain itself", offers{article}, "*.martdj.nl", "validation.martdj.dedyn.io", "article", "martdj.dedyn.io", "martdj.nl", "", ""},
		{"the CNAME leads elsewhere", offers{article}, "demohub.martdj.nl", "other.martdj.dedyn.io", "", "", "", fault.WrongTarget, "it leads to other.martdj.dedyn.io; the provider writes at validation.martdj.dedyn.io"},
		{"no CNAME", offers{article}, "demohub.martdj.nl", "_acme-challenge.demohub.martdj.nl", "", "", "", fault.WrongTarget, "there is no CNAME"},
		{"a domain that only ends alike", offers{article, following("f", "dedyn.io")}, "demohub.notmartdj.nl", "x.dedyn.io", "f", "dedyn.io", "", "", ""},
		{"the longest registered domain", offers{article, custom("sub", "sub.dedyn.io", "v", "hub.martdj.nl")}, "a.hub.martdj.nl", "v.sub.dedyn.io", "sub", "sub.dedyn.io", "hub.martdj.nl", "", ""},
		{"a tie of domains", offers{article, custom("twin", "sub.dedyn.io", "v", "martdj.nl")}, "a.martdj.nl", "v.sub.dedyn.io", "", "", "", fault.BadSettings, "article and twin all name the registered domain martdj.nl"},
		{"a tie below the longest is none", offers{article, custom("twin", "sub.dedyn.io", "v", "martdj.nl"), custom("sub", "sub.dedyn.io", "v", "hub.martdj.nl")}, "a.hub.martdj.nl", "v.sub.dedyn.io", "sub", "sub.dedyn.io", "hub.martdj.nl", "", ""},
		{"drop-in", offers{dropIn}, "demohub.martdj.nl", "_acme-challenge.demohub.martdj.nl", "drop-in", "martdj.nl", "martdj.nl", "", ""},
		{"drop-in at the domain itself", offers{dropIn}, "martdj.nl", "_acme-challenge.martdj.nl", "drop-in", "martdj.nl", "martdj.nl", "", ""},
		{"drop-in, but there is a CNAME", offers{dropIn}, "demohub.martdj.nl", "x.example.org", "", "", "", fault.WrongTarget, "it leads to x.example.org"},
		{"empty custom value and a host outside", offers{custom("p", "martdj.dedyn.io", "", "martdj.nl")}, "demohub.martdj.nl", "validation.martdj.dedyn.io", "", "", "", fault.AtApex, "custom_value is empty"},
		{"empty custom value and the zone is the challenge name", offers{custom("p", "_acme-challenge.a.martdj.nl", "", "martdj.nl")}, "a.martdj.nl", "_acme-challenge.a.martdj.nl", "", "", "", fault.AtApex, "zone's own name"},
		{"follow", offers{following("f", "example.org", "martdj.dedyn.io")}, "demohub.martdj.nl", "x.martdj.dedyn.io", "f", "martdj.dedyn.io", "", "", ""},
		{"follow to the longest zone", offers{following("short", "dedyn.io"), following("long", "martdj.dedyn.io")}, "a.nl.example", "x.martdj.dedyn.io", "long", "martdj.dedyn.io", "", "", ""},
		{"follow, zones that only end alike", offers{following("f", "dj.dedyn.io")}, "a.nl.example", "x.martdj.dedyn.io", "", "", "", fault.Unmanaged, "the zones are dj.dedyn.io"},
		{"a tie of zones", offers{following("a", "dedyn.io"), following("b", "dedyn.io")}, "a.nl.example", "x.dedyn.io", "", "", "", fault.BadSettings, "a and b all name the zone dedyn.io"},
		{"no CNAME needed", offers{following("f", "martdj.nl")}, "demohub.martdj.nl", "_acme-challenge.demohub.martdj.nl", "f", "martdj.nl", "", "", ""},
		{"the zone's own name", offers{following("f", "martdj.dedyn.io")}, "demohub.martdj.nl", "martdj.dedyn.io", "", "", "", fault.AtApex, "zone's own name"},
		{"in no zone", offers{following("f", "b.example", "c.example"), article}, "x.example.org", "t.elsewhere.example", "", "", "", fault.Unmanaged, "t.elsewhere.example lies in no zone of a DNS Provider; the zones are b.example, c.example"},
		{"no CNAME, in no zone", offers{following("f", "b.example")}, "x.example.org", "_acme-challenge.x.example.org", "", "", "", fault.Unmanaged, "there is no CNAME at _acme-challenge.x.example.org"},
		{"in the zone of a custom value provider", offers{article}, "x.example.org", "t.martdj.dedyn.io", "", "", "", fault.Unmanaged, "article, which serves only names in its registered domains martdj.nl"},
		{"custom value providers only", offers{article}, "x.example.org", "t.elsewhere.example", "", "", "", fault.Unmanaged, "lies in no zone"},
		{"no provider at all", nil, "x.example.org", "t.elsewhere.example", "", "", "", fault.NoProvider, "no DNS Provider yet"},
	} {
		got, err := c.offers.bind(certName(t, c.cert), name.MustParseOwner(c.target))
		if c.code != "" {
			wantFault(t, c.what, err, c.code, c.seen)
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.what, err)
			continue
		}
		if got.Provider != c.provider || got.Zone.String() != c.zone || got.Owner.String() != c.target || got.Domain.String() != c.domain || got.Cert != certName(t, c.cert).Host() || got.Revision == 0 {
			t.Errorf("%s: %+v", c.what, got)
		}
	}
}

func wantFault(t *testing.T, what string, err error, code fault.Code, seen string) {
	t.Helper()
	f, ok := fault.From(err)
	if !ok || f.Code != code {
		t.Errorf("%s: %v; want the fault %s", what, err, code)
		return
	}
	if !strings.Contains(f.Seen, seen) {
		t.Errorf("%s: seen %q; want %q in it", what, f.Seen, seen)
	}
	if f.Tried == "" || f.Do == "" || f.Who == "" {
		t.Errorf("%s: %+v lacks what was tried, what to do or who", what, f)
	}
}

// What Expect says beforehand is what Bind then asks for.
func TestExpectAndExplainAgreeWithBind(t *testing.T) {
	t.Parallel()
	all := offers{custom("article", "martdj.dedyn.io", "validation", "martdj.nl"), custom("drop-in", "example.org", "", "example.org"), following("f", "b.example")}
	for _, c := range []struct{ cert, target, mode, why string }{
		{"demohub.martdj.nl", "validation.martdj.dedyn.io", customMode, "longest registered domain"},
		{"www.example.org", "_acme-challenge.www.example.org", customMode, "challenge name itself is written"},
		{"www.c.example", "x.b.example", followMode, "longest zone"},
		{"b.example", "_acme-challenge.b.example", followMode, "no CNAME is needed"},
	} {
		cert, target := certName(t, c.cert), name.MustParseOwner(c.target)
		bound, err := all.bind(cert, target)
		if err != nil {
			t.Fatalf("%s: %v", c.cert, err)
		}
		zones, want, err := all.expect(cert)
		if err != nil {
			t.Fatalf("%s: %v", c.cert, err)
		}
		if _, ok := bound.Owner.LongestSuffix(zones); !ok || c.mode == customMode && want != bound.Owner || c.mode == followMode && !want.IsZero() {
			t.Errorf("%s: expected %v in %v, bound to %v", c.cert, want, zones, bound.Owner)
		}
		choice, err := all.explain(cert, target)
		if err != nil || choice.Provider != bound.Provider || choice.Zone != bound.Zone || choice.Mode != c.mode || !strings.Contains(choice.Why, c.why) {
			t.Errorf("%s: %+v, %v", c.cert, choice, err)
		}
	}
	choice, err := all.explain(certName(t, "www.c.example"), name.Name{})
	if err != nil || choice.Mode != followMode || choice.Provider != "" || !choice.Zone.IsZero() {
		t.Errorf("with an unknown chain: %+v, %v", choice, err)
	}
}
