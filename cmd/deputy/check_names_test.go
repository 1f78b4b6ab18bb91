package main

import (
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deputy/internal/lab"
)

// objects reads what --json printed, one object a line.
func objects(t *testing.T, stdout string) []map[string]any {
	t.Helper()
	var all []map[string]any
	decoder := json.NewDecoder(strings.NewReader(stdout))
	for {
		var one map[string]any
		err := decoder.Decode(&one)
		if errors.Is(err, io.EOF) {
			return all
		}
		must(t, err)
		all = append(all, one)
	}
}

// Many names come from a file: those that are none are named, each as it was written, and the rest is checked, in the
// order of the file.
func TestCheckManyNames(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1})
	must(t, w.lab.Zone("martdj.nl").Add("*.many 60 IN CNAME validation.martdj.dedyn.io."))
	var lines strings.Builder
	bad := map[int]string{3: "exa mple.org", 250: "a.*.example.org", 399: "192.0.2.1"}
	const many = 400
	for n := range many {
		text := fmt.Sprintf("h%d.martdj.nl # a comment", n)
		if wrong, is := bad[n]; is {
			text = wrong
		}
		lines.WriteString(text + "\n")
	}
	file := filepath.Join(t.TempDir(), "names.txt")
	must(t, os.WriteFile(file, []byte(lines.String()+"\n# the end\nh0.martdj.nl\n"), 0o600))
	r := w.exits(exitDNS, "check", "--json", "--names", file)
	found := objects(t, r.stdout)
	if len(found) != many {
		t.Fatalf("%d results of %d names", len(found), many)
	}
	for n, one := range found {
		code, wanted := "no-delegation", fmt.Sprintf("h%d.martdj.nl", n)
		if wrong, is := bad[n]; is {
			code, wanted = "bad-name", wrong
		}
		if one["code"] != code || one["name"] != wanted || one["verdict"] != "fault" {
			t.Errorf("line %d: %v %v %v, want %s %s", n, one["name"], one["verdict"], one["code"], wanted, code)
		}
	}
	if r := w.exits(exitUsage, "check", "exa mple.org"); !strings.Contains(r.stderr, "bad-name") {
		t.Errorf("a bad name alone: %s", r.stderr)
	}
	for _, args := range [][]string{{"--names", file + ".none"}, {"--pem", file}, {"--from", "127.0.0.1:1"}, {}} {
		if r := w.deputy(append([]string{"check"}, args...)...); r.code == exitDone || r.code == exitDNS {
			t.Errorf("check %v: exit %d\n%s%s", args, r.code, r.stdout, r.stderr)
		}
	}
}

// The names of a certificate come from a PEM file, or from the server that shows it; the picture is a file.
func TestCheckNamesOfACertificate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1})
	must(t, w.lab.Zone("martdj.nl").Add("_acme-challenge.demohub 60 IN CNAME validation.martdj.dedyn.io."))
	server := httptest.NewTLSServer(nil) // its certificate is for example.com and *.example.com
	defer server.Close()
	leaf := server.TLS.Certificates[0].Certificate[0]
	file := filepath.Join(t.TempDir(), "cert.pem")
	must(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf}), 0o600))
	address := server.Listener.Addr().String()
	if _, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true}); err != nil { //nolint:gosec // only whether it is there
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--pem", file}, {"--from", address}} {
		found := objects(t, w.deputy(append([]string{"check", "--json"}, args...)...).stdout)
		if len(found) != 2 || found[0]["name"] != "example.com" || found[1]["name"] != "*.example.com" {
			t.Errorf("check %v: %v", args, found)
		}
	}
	picture := filepath.Join(t.TempDir(), "chain.svg")
	w.ok("check", "demohub.martdj.nl", "--svg", picture)
	drawn, err := os.ReadFile(picture)
	must(t, err)
	if err := xml.Unmarshal(drawn, new(struct{ XMLName xml.Name })); err != nil || !strings.Contains(string(drawn), "validation.martdj") {
		t.Errorf("the picture: %v\n%s", err, drawn)
	}
	w.deputy("check", "demohub.martdj.nl", "*.martdj.nl", "--svg", picture)
	for _, one := range []string{"chain-demohub.martdj.nl.svg", "chain-_wildcard.martdj.nl.svg"} {
		if _, err := os.Stat(filepath.Join(filepath.Dir(picture), one)); err != nil {
			t.Error(err)
		}
	}
}
