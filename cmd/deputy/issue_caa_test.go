package main

import (
	"testing"

	"deputy/internal/lab"
)

// A wildcard alone is issued where CAA forbids the host and lets the wildcard pass, and not the other way round; each
// name of a certificate is measured by its own rules, and before an order.
func TestIssueMeasuresEachNameByItsOwnCAA(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1})
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
	for _, line := range []string{
		`stars 300 IN CAA 0 issue ";"`, `stars 300 IN CAA 0 issuewild "pebble.lab"`,
		`plain 300 IN CAA 0 issue "pebble.lab"`, `plain 300 IN CAA 0 issuewild ";"`,
	} {
		must(t, w.lab.Zone("martdj.nl").Add(line))
	}
	for _, host := range []string{"stars", "plain"} {
		w.delegate(host, w.plannedTarget(host+".martdj.nl"))
	}
	mark := w.lab.History().Mark()
	for _, names := range [][]string{{"stars.martdj.nl"}, {"stars.martdj.nl", "*.stars.martdj.nl"}, {"*.plain.martdj.nl"}} {
		w.exits(exitDNS, append([]string{"issue"}, names...)...)
	}
	if asked := w.acme(mark, "newOrder"); len(asked) != 0 {
		t.Errorf("%d orders for names that CAA forbids", len(asked))
	}
	w.ok("issue", "*.stars.martdj.nl")
	w.ok("issue", "plain.martdj.nl")
}
