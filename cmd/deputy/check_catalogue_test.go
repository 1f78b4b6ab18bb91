package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"deputy/internal/lab"
)

// catalogueZone is a customer's zone with a fault, or none, at each name.
const catalogueZone = `
good 300 IN A 192.0.2.1
_acme-challenge.good 60 IN CNAME validation.martdj.dedyn.io.
_acme-challenge.loop 60 IN CNAME loop2.cat.nl.
loop2 60 IN CNAME _acme-challenge.loop.cat.nl.
_acme-challenge.long 60 IN CNAME h1.cat.nl.
h1 60 IN CNAME h2.cat.nl.
h2 60 IN CNAME h3.cat.nl.
h3 60 IN CNAME h4.cat.nl.
h4 60 IN CNAME h5.cat.nl.
h5 60 IN CNAME h6.cat.nl.
h6 60 IN CNAME h7.cat.nl.
h7 60 IN CNAME h8.cat.nl.
h8 60 IN CNAME validation.martdj.dedyn.io.
athost 60 IN CNAME _acme-challenge.athost.martdj.dedyn.io.
_acme-challenge.*.star 60 IN CNAME validation.martdj.dedyn.io.
_acme-challenge.twice.cat.nl 60 IN CNAME validation.martdj.dedyn.io.
none 300 IN A 192.0.2.1
_acme-challenge.dot 60 IN CNAME validation.martdj.dedyn.io.cat.nl.
*.wild 60 IN CNAME good.cat.nl.
_acme-challenge.both 60 IN CNAME validation.martdj.dedyn.io.
_acme-challenge.both 60 IN TXT "left"
_acme-challenge.vendor 60 IN CNAME vendor.cat.nl.0123456789abcdef.dcv.cloudflare.com.
_acme-challenge.elsewhere 60 IN CNAME other.other.dedyn.io.
_acme-challenge.dangling 60 IN CNAME x.nobody-has-this.io.
_acme-challenge.caa 60 IN CNAME validation.martdj.dedyn.io.
caa 300 IN CAA 0 issue "ca.example"
_acme-challenge.nobody 60 IN CNAME validation.martdj.dedyn.io.
nobody 300 IN CAA 0 issue ";"
_acme-challenge.bothcaa 60 IN CNAME loop2.cat.nl.
bothcaa 300 IN CAA 0 issue ";"
`

// TestCatalogue builds each code in a zone of the lab and has check find it: the first code, the verdict, the exit, and
// the record that mends it; healthy names have no fault, and of several faults the first by precedence is the one.
func TestCatalogue(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1, Zones: map[string]string{
		"cat.nl.":             catalogueZone,
		"dcv.cloudflare.com.": "x 60 IN A 192.0.2.1",
		"broken.nl.":          "@ 60 IN NS ns1.broken.nl.\n_acme-challenge 60 IN CNAME validation.martdj.dedyn.io.",
	}})
	w.lab.DNS("ns1.broken.nl").Behave("servfail")
	for n, tt := range []struct {
		name, code string
		exit       int
		do         string
		flags      []string
	}{
		{name: "good.cat.nl"},
		{name: "*.good.cat.nl"},
		{name: "good.cat.nl", flags: []string{"--target", "validation.martdj.dedyn.io"}},
		{name: "loop.cat.nl", code: "loop", exit: exitDNS},
		{name: "long.cat.nl", code: "too-long", exit: exitDNS},
		{name: "athost.cat.nl", code: "cname-at-host", exit: exitDNS, do: "_acme-challenge.athost.cat.nl. IN CNAME"},
		{name: "*.star.cat.nl", code: "star-label", exit: exitDNS, do: "_acme-challenge.star.cat.nl. IN CNAME validation.martdj.dedyn.io."},
		{name: "twice.cat.nl", code: "zone-doubled", exit: exitDNS, do: "_acme-challenge.twice.cat.nl. IN CNAME validation.martdj.dedyn.io."},
		{name: "none.cat.nl", code: "no-delegation", exit: exitDNS, do: "_acme-challenge.none IN CNAME"},
		{name: "nodomain.nl", code: "no-delegation", exit: exitDNS, do: "nodomain.nl is registered"},
		{name: "dot.cat.nl", code: "missing-dot", exit: exitDNS, do: "_acme-challenge.dot.cat.nl. IN CNAME validation.martdj.dedyn.io."},
		{name: "a.wild.cat.nl", code: "wildcard-caught", exit: exitDNS, do: "_acme-challenge.a.wild.cat.nl. IN CNAME"},
		{name: "both.cat.nl", code: "other-data", exit: exitDNS, do: "remove the TXT records"},
		{name: "vendor.cat.nl", code: "other-vendor", exit: exitDNS, do: "Cloudflare"},
		{name: "elsewhere.cat.nl"}, // with nothing set up nobody can say that it is wrong
		{name: "elsewhere.cat.nl", code: "wrong-target", exit: exitDNS, do: "validation.martdj.dedyn.io.", flags: []string{"--target", "validation.martdj.dedyn.io"}},
		{name: "dangling.cat.nl", code: "dangling-target", exit: exitDNS},
		{name: "caa.cat.nl", code: "caa-forbids", exit: exitDNS, do: `caa.cat.nl. IN CAA 0 issue "pebble.lab"`},
		{name: "nobody.cat.nl", code: "caa-forbids", exit: exitDNS, do: "caa", flags: nil},
		{name: "broken.nl", code: "no-answer", exit: exitUnknown, do: "the servers of broken.nl"},
		{name: "bothcaa.cat.nl", code: "loop", exit: exitDNS},
	} {
		t.Run(fmt.Sprint(n, " ", tt.name), func(t *testing.T) {
			r := w.exits(tt.exit, append([]string{"check", "--json", tt.name}, tt.flags...)...)
			found := objects(t, r.stdout)
			verdict := map[int]string{exitDone: "ok", exitDNS: "fault", exitUnknown: "unknown"}[tt.exit]
			if len(found) != 1 || found[0]["code"] != tt.code || found[0]["verdict"] != verdict {
				t.Fatalf("want %s %q:\n%s", verdict, tt.code, r.stdout)
			}
			if tt.code == "" {
				return
			}
			first := found[0]["faults"].([]any)[0].(map[string]any)
			if do := first["do"].(string); !strings.Contains(strings.ToLower(do), strings.ToLower(tt.do)) {
				t.Errorf("no %q in %s", tt.do, do)
			}
			for _, field := range []string{"at", "seen", "do", "who"} {
				if text, ok := first[field].(string); !ok || text == "" {
					t.Errorf("%s is empty in %v", field, first)
				}
			}
		})
	}
}

// Codes that need a set-up: the zones that deputy may change.
func TestCatalogueOfASetUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1, Zones: map[string]string{
		"cat.nl.":              catalogueZone + "_acme-challenge.cut 60 IN CNAME x.cut.martdj.dedyn.io.\n_acme-challenge.apex 60 IN CNAME martdj.dedyn.io.\n_acme-challenge.odd 60 IN CNAME a$b.martdj.dedyn.io.",
		"cut.martdj.dedyn.io.": "x 60 IN A 192.0.2.1",
	}})
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
	for name, code := range map[string]string{"elsewhere.cat.nl": "unmanaged-target", "none.cat.nl": "no-delegation", "x.martdj.dedyn.io": "",
		"cut.cat.nl": "hidden-by-cut", "apex.cat.nl": "at-apex", "odd.cat.nl": "bad-target", "dot.cat.nl": "missing-dot"} {
		exit := exitDNS
		if code == "" {
			exit = exitDone
		}
		r := w.exits(exit, "check", "--json", name)
		if found := objects(t, r.stdout); len(found) != 1 || found[0]["code"] != code {
			t.Errorf("%s: want %q:\n%s", name, code, r.stdout)
		}
	}
	r := w.ok("check", "x.martdj.dedyn.io")
	if !strings.Contains(r.stdout, "no CNAME is needed") {
		t.Errorf("direct: %s", r.stdout)
	}
	picture := filepath.Join(t.TempDir(), "x.svg")
	w.ok("check", "x.martdj.dedyn.io", "--svg", picture)
}

// Two servers of a zone that do not show the same: the one that lags is named.
func TestCatalogueServersDiffer(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1})
	w.lab.DNS("ns2.martdj.nl").SetLag(1 << 40)
	must(t, w.lab.Zone("martdj.nl").Add("_acme-challenge.demohub 60 IN CNAME validation.martdj.dedyn.io."))
	r := w.exits(exitDNS, "check", "--json", "demohub.martdj.nl")
	found := objects(t, r.stdout)
	if len(found) != 1 || found[0]["code"] != "servers-differ" || !strings.Contains(r.stdout, "ns2.martdj.nl") {
		t.Errorf("%s", r.stdout)
	}
	w.lab.DNS("ns2.martdj.nl").SetLag(0)
	w.lab.DNS("ns2.martdj.nl").Behave("silent")
	r = w.ok("check", "demohub.martdj.nl")
	if !strings.Contains(r.stdout, "ns2.martdj.nl") || !strings.Contains(r.stdout, "no usable answer") {
		t.Errorf("a dead server is a note: %s", r.stdout)
	}
}
