package main

import (
	"strings"
	"testing"

	"deputy/internal/lab"
)

// From a trust anchor for the root, check tells secure, insecure and bogus apart; without one it says that nothing was
// checked. An expired signature is the zone's fault, not silence.
func TestCheckFromATrustAnchor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1, Signed: []string{".", "nl.", "martdj.nl.", "io.", "dedyn.io.", "martdj.dedyn.io."}})
	must(t, w.lab.Zone("martdj.nl").Add("_acme-challenge.demohub 60 IN CNAME validation.martdj.dedyn.io."))
	must(t, w.lab.Zone("martdj.nl").Add("_acme-challenge.www 60 IN CNAME www.challenges.example.nl."))
	note := func(r result, text string) {
		t.Helper()
		if !strings.Contains(r.stdout, text) {
			t.Errorf("no %q in\n%s", text, r.stdout)
		}
	}
	note(w.ok("check", "demohub.martdj.nl"), "DNSSEC: not checked")
	note(w.ok("check", "demohub.martdj.nl", "--trust-anchor", w.lab.Anchor()), "DNSSEC: secure")
	note(w.ok("check", "www.martdj.nl", "--trust-anchor", w.lab.Anchor()), "DNSSEC: not signed from the zone example.nl")
	w.lab.Zone("martdj.dedyn.io").ExpireSignatures(true)
	r := w.exits(exitDNS, "check", "demohub.martdj.nl", "--trust-anchor", w.lab.Anchor(), "--json")
	found := objects(t, r.stdout)
	if found[0]["code"] != "bogus" || !strings.Contains(r.stdout, "expired") || !strings.Contains(r.stdout, "martdj.dedyn.io") {
		t.Errorf("expired: %s", r.stdout)
	}
	w.exits(exitUsage, "check", "demohub.martdj.nl", "--trust-anchor", w.lab.CAFile())
}
