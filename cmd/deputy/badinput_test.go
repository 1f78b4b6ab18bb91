package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"database/sql"
	"encoding/pem"
	"math/big"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deputy/internal/lab"
)

// TestBadNames: each is refused with its reason, before anything is asked.
func TestBadNames(t *testing.T) {
	t.Parallel()
	long := strings.Repeat(strings.Repeat("a", 63)+".", 3)
	for _, c := range []struct{ in, says string }{
		{"exa mple.org", "can't stand in one"},
		{"a.*.example.org", "only *.NAME is a wildcard"},
		{long + strings.Repeat("b", 62), "at most 253"},
		{long + strings.Repeat("b", 50), "longer than a name can be"},
		{"192.0.2.1", "IP address"},
		{"localhost", "single label"},
	} {
		var stderr strings.Builder
		p := &program{stdin: strings.NewReader(""), stdout: &strings.Builder{}, stderr: &stderr, getenv: func(string) string { return "" }}
		code := p.run(t.Context(), []string{"check", "--state", t.TempDir(), c.in})
		if said := stderr.String(); code != exitUsage || !strings.Contains(said, c.says) || !strings.Contains(said, "bad-name") {
			t.Errorf("check %.30s: exit %d, %s", c.in, code, said)
		}
	}
}

// TestBadInput: what is wrong is said, with what to do; nothing is half-written.
func TestBadInput(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1})
	said := func(code int, says []string, args ...string) {
		t.Helper()
		r := w.exits(code, args...)
		for _, text := range says {
			if !strings.Contains(r.stderr, text) {
				t.Errorf("deputy %s: no %q in\n%s", strings.Join(args, " "), text, r.stderr)
			}
		}
	}
	said(exitFailed, []string{"not-set-up", "deputy init"}, "issue", "demohub.martdj.nl")
	said(exitFailed, []string{"ca-directory", "https://"}, "init", "--agree-tos", "--server", "http://127.0.0.1:1/dir")
	said(exitFailed, []string{"ca-terms", "--agree-tos"}, "init")
	w.setUp()
	said(exitFailed, []string{"no-provider", "deputy provider list"}, "provider", "show", "nobody")
	said(exitUsage, []string{"bad-document"}, "dnsconfig", "import", w.file("x.dxl", "this is not XML"))
	said(exitUsage, []string{"bad-document", "configuraton"}, "provider", "add", "-f", w.file("p.yaml", "deputy: dns-provider/1\nname: a\nconfiguraton: desec\n"))
	said(exitFailed, []string{"not-found", "deputy list"}, "show", "nothing.example.org")
	said(exitUsage, []string{"--force"}, "renew", "--force")

	token := w.file("token", "very-secret-token")
	must(t, os.Chmod(token, 0o644))
	document := w.document("d", "desec", "martdj.dedyn.io", "{token: {file: "+token+"}}", w.lab.DeSEC().URL())
	said(exitUsage, []string{"secret-open", "chmod 600 " + token}, "provider", "add", "-f", w.file("p.yaml", document))

	settings := filepath.Join(w.state, "deputy.yaml")
	must(t, os.WriteFile(settings, []byte("resolvr: udp://192.0.2.1\n"), 0o600))
	said(exitUsage, []string{"bad-settings", `"resolvr"`}, "list")
}

// TestNewerState: the state of a newer deputy is left alone.
func TestNewerState(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{})
	w.setUp()
	db, err := sql.Open("sqlite", filepath.Join(w.state, "deputy.db"))
	must(t, err)
	_, err = db.Exec("INSERT INTO migrations (version, name, applied) VALUES (9999, 'from the future', 0)")
	must(t, err)
	must(t, db.Close())
	r := w.exits(exitFailed, "list")
	if !strings.Contains(r.stderr, "state-newer") {
		t.Errorf("said\n%s", r.stderr)
	}
	db, err = sql.Open("sqlite", filepath.Join(w.state, "deputy.db")) // as it was, for the scan at the end
	must(t, err)
	_, err = db.Exec("DELETE FROM migrations WHERE version = 9999")
	must(t, err)
	must(t, db.Close())
}

// TestStrangersCertificate: a certificate that is not ours does not replace one that is.
func TestStrangersCertificate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1, NoThrottle: true})
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
	w.delegate("demohub", "validation.martdj.dedyn.io")
	w.ok("issue", "demohub.martdj.nl")
	before, err := os.ReadFile(filepath.Join(w.state, "certificates", "demohub.martdj.nl", "fullchain.pem"))
	must(t, err)
	w.lab.CA().Intercept(func(r *http.Request) lab.Intervention {
		if !strings.HasPrefix(r.URL.Path, "/certZ/") {
			return lab.Intervention{}
		}
		return lab.Intervention{Status: 200, Header: http.Header{"Content-Type": {"application/pem-certificate-chain"}}, Body: strangersCertificate(t)}
	})
	r := w.exits(exitFailed, "renew", "demohub.martdj.nl", "--force")
	if !strings.Contains(r.stderr, "bad-certificate") || !strings.Contains(r.stderr, "another key") {
		t.Errorf("said\n%s", r.stderr)
	}
	after, err := os.ReadFile(filepath.Join(w.state, "certificates", "demohub.martdj.nl", "fullchain.pem"))
	if err != nil || string(after) != string(before) {
		t.Errorf("the files were touched: %v", err)
	}
	w.lab.CA().Intercept(nil)
	w.ok("renew", "demohub.martdj.nl", "--force")
}

func strangersCertificate(t *testing.T) string {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Error(err)
		return ""
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "demohub.martdj.nl"}, DNSNames: []string{"demohub.martdj.nl"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Error(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// TestFullDisk: with no room for a file to grow, the state is said to be full, and what was there is whole afterwards.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1, NoThrottle: true})
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
	w.delegate("demohub", "validation.martdj.dedyn.io")
	w.ok("issue", "demohub.martdj.nl")
	inner := w.process(nil, "renew", "demohub.martdj.nl", "--force")
	limited := exec.Command("bash", "-c", `ulimit -f 1; exec deputy "$@"`, "-", "renew", "demohub.martdj.nl", "--force")
	limited.Env = inner.Env
	text, err := limited.CombinedOutput()
	if err == nil || !strings.Contains(string(text), "state-failed") {
		t.Errorf("%v\n%s", err, text)
	}
	w.verify("demohub.martdj.nl", "demohub.martdj.nl")
	w.ok("renew", "demohub.martdj.nl", "--force")
	w.verify("demohub.martdj.nl", "demohub.martdj.nl")
}
