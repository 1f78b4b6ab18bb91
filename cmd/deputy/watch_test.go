package main

import (
	"strings"
	"testing"

	"deputy/internal/lab"
)

// The watch sees a record that somebody took away, though nothing is due: it tells what changed, which certificate is at
// stake and what to do, once; status shows it; and it tells when all is well again.
func TestWatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1})
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
	if r := w.ok("status"); !strings.Contains(r.stdout, "no certificates yet") {
		t.Errorf("status of nothing: %s", r.stdout)
	}
	target := w.plannedTarget("demohub.martdj.nl")
	w.delegate("demohub", target)
	w.ok("issue", "demohub.martdj.nl")
	if r := w.ok("status"); !strings.Contains(r.stdout, "never looked at") {
		t.Errorf("status before the first look: %s", r.stdout)
	}
	w.ok("watch")
	if r := w.ok("watch"); !strings.Contains(r.stderr, "looked at 0 names") {
		t.Errorf("a name was looked at again before it was time: %s", r.stderr)
	}
	must(t, w.lab.Zone("martdj.nl").Remove("_acme-challenge.demohub", "CNAME"))
	r := w.exits(exitDNS, "watch", "--all")
	for _, text := range []string{"demohub.martdj.nl", "no-delegation", "_acme-challenge.demohub.martdj.nl. IN CNAME " + target, "the owner of the DNS"} {
		if !strings.Contains(r.stderr, text) {
			t.Errorf("the change was told without %q:\n%s", text, r.stderr)
		}
	}
	if r := w.exits(exitDNS, "watch", "--all"); !strings.Contains(r.stderr, "0 changes") {
		t.Errorf("it was told twice: %s", r.stderr)
	}
	w.exits(exitDNS, "watch") // nothing is due, and all is not well
	r = w.exits(exitDNS, "status")
	if !strings.Contains(r.stdout, "no-delegation since") || !strings.Contains(r.stdout, "valid until") {
		t.Errorf("status: %s", r.stdout)
	}
	if found := objects(t, w.exits(exitDNS, "status", "--json").stdout); len(found) != 1 || found[0]["health"] != "broken" {
		t.Errorf("status --json: %v", found)
	}
	w.delegate("demohub", target)
	if r := w.ok("watch", "--all"); !strings.Contains(r.stderr, "1 changes") {
		t.Errorf("that it is mended was not told: %s", r.stderr)
	}
	w.ok("status")
}
