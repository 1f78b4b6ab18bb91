package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deputy/internal/lab"
)

// The handbook names what a colleague needs: the certificate and its files, the chain, the DNS Provider and its contact,
// and the commands; as Markdown, and as one page with the chain's picture. It holds no secret (the world scans).
func TestHandbook(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1})
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN", "contact: dns-team@martdj.nl"))
	w.ok("handbook") // of nothing yet
	target := w.plannedTarget("demohub.martdj.nl")
	w.delegate("demohub", target)
	w.ok("issue", "demohub.martdj.nl")
	text := w.ok("handbook").stdout
	folder := filepath.Join(w.state, "certificates", "demohub.martdj.nl")
	for _, wanted := range []string{"demohub.martdj.nl", target, folder, "dns-team@martdj.nl", "renew demohub.martdj.nl --force", "master.key"} {
		if !strings.Contains(text, wanted) {
			t.Errorf("the handbook does not name %q", wanted)
		}
	}
	page := filepath.Join(t.TempDir(), "handbook.html")
	w.ok("handbook", "demohub.martdj.nl", "--format", "html", "--out", page)
	html, err := os.ReadFile(page)
	must(t, err)
	for _, wanted := range []string{"<svg", target, folder} {
		if !strings.Contains(string(html), wanted) {
			t.Errorf("the page does not hold %q", wanted)
		}
	}
	for _, secret := range []string{w.env["LAB_DESEC_TOKEN"]} {
		if secret == "" || strings.Contains(text+string(html), secret) {
			t.Error("the handbook holds the token")
		}
	}
	w.exits(exitFailed, "handbook", "none.martdj.nl")
	w.exits(exitUsage, "handbook", "--format", "pdf")
}
