package main

import (
	"strings"
	"testing"

	"deputy/internal/lab"
)

// issue --wait prints the ticket, waits for the owner of the DNS, and goes on by itself; a wait in vain has a code of
// its own.
func TestIssueWaits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1})
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
	r := w.exits(exitWaited, "issue", "demohub.martdj.nl", "--wait=1ms")
	if !strings.Contains(r.stdout, "WHAT TO ADD") || !strings.Contains(r.stderr, "no-delegation") || !strings.Contains(r.stderr, "in vain") {
		t.Errorf("a wait in vain printed\n%s\n%s", r.stdout, r.stderr)
	}
	target := w.plannedTarget("demohub.martdj.nl")
	w.delegate("demohub", target)
	w.ok("issue", "demohub.martdj.nl", "--wait=1m")
	w.verify("demohub.martdj.nl", "demohub.martdj.nl")
	for _, bad := range []string{"--wait=-1h", "--wait=soon"} {
		w.exits(exitUsage, "issue", "demohub.martdj.nl", bad)
	}
}
