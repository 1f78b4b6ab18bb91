package main

import (
	"strings"
	"testing"

	"deputy/internal/lab"
)

// TestStrangeTargets: a CNAME whose target holds URL syntax is a stranger's way to another name of the zone. It is shown
// and refused before any write or order, whatever document would write there.
func TestStrangeTargets(t *testing.T) {
	t.Parallel()
	labels := []string{"victim%2f%54%58%54%2f?x", "victim%2f%54%58%54%2f#x", "victim%2f%54%58%54%2f%3fx", "*", "victim&subname=x"}
	for _, c := range []struct{ name, file, configuration string }{
		{"native", "", ""},
		{"deletes by path", "martdj_deSec.dxl", "deSec"},
		{"merges", "hcl_certstore_desec.dxl", "deSEC"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, lab.Options{SecondaryLag: -1, NoThrottle: true})
			if c.file == "" {
				w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
			} else {
				w.ok("dnsconfig", "import", w.published(c.file))
				w.setUp(w.domino(c.configuration, "martdj.dedyn.io"))
			}
			must(t, w.lab.Zone("martdj.dedyn.io").Add(`victim 60 IN TXT "precious"`))
			for _, label := range labels {
				mark := w.lab.History().Mark()
				w.delegate("demohub", label+".martdj.dedyn.io")
				r := w.exits(exitDNS, "issue", "demohub.martdj.nl")
				if !strings.Contains(r.stderr, "deputy: bad-target\n") || !strings.Contains(r.stderr, label) {
					t.Errorf("%s: stopped with\n%s", label, r.stderr)
				}
				if len(w.writes(mark)) > 0 || len(w.acme(mark, "newOrder")) > 0 {
					t.Errorf("%s: %d writes and %d orders", label, len(w.writes(mark)), len(w.acme(mark, "newOrder")))
				}
			}
			if got := w.lab.Zone("martdj.dedyn.io").Texts("victim"); len(got) != 1 {
				t.Errorf("another name of the zone holds %q", got)
			}
		})
	}
}

// TestStrangeZones: neither zones nor custom values can smuggle in what a target can't.
func TestStrangeZones(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1, NoThrottle: true})
	w.ok("dnsconfig", "import", w.published("martdj_deSec-with-CNAME-delegation.dxl"))
	w.setUp()
	for _, zone := range []string{"'@'", ".", "'a%2fb.io'", "'a?b.io'", "'*.dedyn.io'", "'a#b.io'"} {
		w.exits(exitUsage, "provider", "add", "-f", w.file("p.yaml",
			strings.Replace(w.desec(zone, "LAB_DESEC_TOKEN"), "desec-"+zone, "odd", 1)))
	}
	for _, value := range []string{"'@'", "'*'", "'a%2fb'", "'a?b'", "'a b'", "'a;b'", "'a#b'", "é"} {
		w.exits(exitUsage, "provider", "add", "-f", w.file("p.yaml", w.domino("deSec with CNAME Delegation", "martdj.dedyn.io",
			"registered_domains: [martdj.nl]", "custom_value: "+value)))
	}
}

// TestRefusedDocumentWithdrawsNothing: a document that would write outside the provider's zone is refused before its
// write, and nothing is sent to take back what was never there.
func TestRefusedDocumentWithdrawsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1, NoThrottle: true})
	w.ok("dnsconfig", "import", w.published("hcl_certstore_desec.dxl"))
	w.setUp(w.domino("deSEC", "martdj.dedyn.io", "registered_domains: [slow.dedyn.io]", "custom_value: validation"))
	must(t, w.lab.Zone("slow.dedyn.io").Add("_acme-challenge.demohub 60 IN CNAME validation.martdj.dedyn.io."))
	mark := w.lab.History().Mark()
	r := w.exits(exitUsage, "issue", "demohub.slow.dedyn.io")
	if !strings.Contains(r.stderr, "bad-document") || strings.Contains(r.stderr, "leftover-pending") {
		t.Errorf("stopped with\n%s", r.stderr)
	}
	for _, e := range w.writes(mark) {
		t.Errorf("written: %s %s", e.What, e.Body)
	}
	w.ok("provider", "remove", "domino") // nothing of it is left in the journal
}

// TestKillBeforeTheJournal kills the process when the DNS host has answered a document's write and the journal does not
// know yet what the document remembers of it. The value is withdrawn all the same: HCL's document reads when it removes
// the fields that its formulas for adding set.
func TestKillBeforeTheJournal(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, file, configuration, target string }{
		{"the same CNAME", "hcl_certstore_desec.dxl", "deSEC", "validation.martdj.dedyn.io"},
		{"another CNAME", "hcl_certstore_desec.dxl", "deSEC", "elsewhere.martdj.dedyn.io"},
		{"another CNAME and a document that deletes by path", "martdj_deSec.dxl", "deSec", "elsewhere.martdj.dedyn.io"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, lab.Options{SecondaryLag: -1, NoThrottle: true})
			w.env["DEPUTY_LEASE"] = "2s"
			w.ok("dnsconfig", "import", w.published(c.file))
			w.setUp(w.domino(c.configuration, "martdj.dedyn.io"))
			w.delegate("demohub", "validation.martdj.dedyn.io")
			w.killedAt("publish.answered", "issue", "demohub.martdj.nl")
			if left := w.lab.Zone("martdj.dedyn.io").Texts("validation"); len(left) != 1 {
				t.Fatalf("the killed run left %q; there is nothing to withdraw", left)
			}
			w.delegate("demohub", c.target)
			w.ok("issue", "demohub.martdj.nl")
			w.verify("demohub.martdj.nl", "demohub.martdj.nl")
			w.nothingLeft("martdj.dedyn.io", "validation", "elsewhere")
		})
	}
}
