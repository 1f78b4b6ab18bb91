package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"deputy/internal/lab"
)

// outcome is what a command line gave.
type outcome struct {
	code           int
	stdout, stderr string
}

func deputyLab(t *testing.T, args ...string) outcome {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), args, &stdout, &stderr)
	return outcome{code, stdout.String(), stderr.String()}
}

// must runs a command line that has to succeed.
func must(t *testing.T, args ...string) string {
	t.Helper()
	got := deputyLab(t, args...)
	if got.code != exitDone || got.stderr != "" {
		t.Fatalf("%q: exit %d, stderr %q", args, got.code, got.stderr)
	}
	return got.stdout
}

// TestUp runs the program's life: up, the shell's lines, the other subcommands against it, Ctrl-C.
func TestUp(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "with space")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	env := filepath.Join(dir, "env")
	if err := os.WriteFile(env, []byte("of an earlier lab"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, interrupt := context.WithCancel(t.Context())
	stdout, told := io.Pipe()
	var stderr bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"up", "--dir", dir, "--lag", "0", "--no-throttle"}, told, &stderr)
		told.Close()
	}()
	variables := readExports(t, stdout)
	written, err := os.ReadFile(env)
	if err != nil {
		t.Fatalf("the shell's lines came before the file: %v", err)
	}
	for key, value := range variables {
		if line := "export " + key + "=" + quoted(value) + "\n"; !strings.Contains(string(written), line) {
			t.Errorf("env lacks %q", line)
		}
	}
	if info, err := os.Stat(env); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("env is %v, %v; it holds tokens", info, err)
	}
	if got := variables["DEPUTY_CA_FILE"]; got != filepath.Join(dir, "https-root.pem") {
		t.Errorf("DEPUTY_CA_FILE is %q", got)
	}
	control := variables["LAB_CONTROL"]
	must(t, "--control", control, "zone", "martdj.nl", "add", "a 60 IN TXT one")
	if got := must(t, "--control", control, "zone", "martdj.nl", "texts", "a"); got != "one\n" {
		t.Errorf("texts print %q", got)
	}
	interrupt()
	if code := <-ended; code != exitDone {
		t.Errorf("Ctrl-C: exit %d, %s", code, stderr.String())
	}
	if _, err := os.Stat(env); !os.IsNotExist(err) {
		t.Errorf("env outlives the lab: %v", err)
	}
	if got := deputyLab(t, "--control", control, "history"); got.code != exitFailed || !strings.Contains(got.stderr, "still running?") {
		t.Errorf("after its end: %+v", got)
	}
}

// readExports reads the lines of up until the last that lab.Environment has.
func readExports(t *testing.T, r io.Reader) map[string]string {
	t.Helper()
	variables := map[string]string{}
	buffer := make([]byte, 65536)
	n, err := io.ReadAtLeast(r, buffer, 1)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(buffer[:n])) {
		pair, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "export ")
		key, value, found := strings.Cut(pair, "=")
		if !ok || !found {
			t.Errorf("up prints %q", line)
		}
		variables[key] = strings.Trim(value, "'")
	}
	return variables
}

// running is a lab for the subcommands that need one.
func running(t *testing.T) *lab.Lab {
	t.Helper()
	l, err := lab.Start(t.Context(), lab.Options{NoThrottle: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func TestZone(t *testing.T) {
	t.Parallel()
	l := running(t)
	at := []string{"--control", l.Control(), "zone"}
	cname := "_acme-challenge.demohub 60 IN CNAME validation.martdj.dedyn.io."
	must(t, append(at, "martdj.nl", "add", cname, "b 60 IN A 192.0.2.7")...)
	if got := must(t, append(at, "martdj.nl", "show")...); !strings.Contains(got, "validation.martdj.dedyn.io.\n") || !strings.Contains(got, "192.0.2.7\n") {
		t.Errorf("show prints %q", got)
	}
	must(t, append(at, "martdj.nl", "remove", "_acme-challenge.demohub", "CNAME")...)
	must(t, append(at, "martdj.nl", "remove", "b")...)
	for _, test := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"martdj.nl", "remove", "_acme-challenge.demohub", "CNAME"}, exitFailed, "no such record"},
		{[]string{"martdj.nl", "remove", "b", "NOTYPE"}, exitFailed, "no record type"},
		{[]string{"elsewhere.nl", "show"}, exitFailed, "the lab has no zone"},
		{[]string{"elsewhere.nl", "texts", "a"}, exitFailed, "the lab has no zone"},
		{[]string{"martdj.nl", "add", "nonsense"}, exitFailed, "record for zone"},
		{[]string{"martdj.nl", "add"}, exitUsage, "write it as"},
		{[]string{"martdj.nl", "texts"}, exitUsage, "write it as"},
		{[]string{"martdj.nl", "paint"}, exitUsage, "write it as"},
		{[]string{"martdj.nl"}, exitUsage, "write it as"},
		{nil, exitUsage, "write it as"},
	} {
		if got := deputyLab(t, append(at, test.args...)...); got.code != test.code || !strings.Contains(got.stderr, test.says) || got.stdout != "" {
			t.Errorf("zone %q: %+v, want exit %d and %q", test.args, got, test.code, test.says)
		}
	}
}

func TestBehaveAndLag(t *testing.T) {
	t.Parallel()
	l := running(t)
	at := []string{"--control", l.Control()}
	must(t, append(at, "behave", "ns1.martdj.nl", "servfail", "--name", "demohub.martdj.nl")...)
	must(t, append(at, "behave", "ns1.martdj.nl", "refused")...)
	must(t, append(at, "behave", "ns1.martdj.nl", "well")...)
	must(t, append(at, "lag", "ns2.desec.lab", "3s")...)
	if got := l.DNS("ns2.desec.lab").Lag(); got != 3*time.Second {
		t.Errorf("lag %s", got)
	}
	must(t, append(at, "delay", "ns1.martdj.nl", "5ms")...)
	must(t, append(at, "port53", "drop")...)
	must(t, append(at, "port53", "pass")...)
	for _, test := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"port53", "shut"}, exitUsage, "write it as"},
		{[]string{"delay", "ns9.martdj.nl", "1s"}, exitFailed, "no server"},
		{[]string{"behave", "ns1.martdj.nl", "sulking"}, exitFailed, "no behaviour"},
		{[]string{"behave", "ns9.martdj.nl", "servfail"}, exitFailed, "no server"},
		{[]string{"behave", "ns1.martdj.nl"}, exitUsage, "write it as"},
		{[]string{"lag", "ns2.desec.lab", "soon"}, exitUsage, "no duration"},
		{[]string{"lag", "ns2.desec.lab", "-1s"}, exitUsage, ""},
		{[]string{"lag", "ns9.desec.lab", "1s"}, exitFailed, "no server"},
	} {
		if got := deputyLab(t, append(at, test.args...)...); got.code != test.code || !strings.Contains(got.stderr, test.says) {
			t.Errorf("%q: %+v, want exit %d and %q", test.args, got, test.code, test.says)
		}
	}
}

func TestHistory(t *testing.T) {
	t.Parallel()
	l := running(t)
	at := []string{"--control", l.Control()}
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() { l.Zone("martdj.nl").Add("a 60 IN A 192.0.2.7") })
	}
	all.Wait()
	if got := must(t, append(at, "history")...); strings.Count(got, "\n") != 3 || !strings.Contains(got, "    1  ") || !strings.Contains(got, "edit  owner > martdj.nl  add a.martdj.nl.") {
		t.Errorf("history prints %q", got)
	}
	var e lab.Entry
	if got := must(t, append(at, "history", "--json", "--since", "2")...); json.Unmarshal([]byte(got), &e) != nil || e.Seq != 3 || e.Kind != "edit" {
		t.Errorf("history --json --since 2 prints %q", got)
	}
	if got := must(t, append(at, "history", "--kind", "acme")...); got != "" {
		t.Errorf("history --kind acme prints %q", got)
	}
}

func TestEntryLine(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		e    lab.Entry
		want string
	}{
		{lab.Entry{Seq: 7, Kind: "dns", From: "127.53.0.9:1", Server: "a.nic.nl", What: "A a.nl.", Status: 3}, "    7  00:00:00.000  dns   127.53.0.9:1 > a.nic.nl  A a.nl.  NXDOMAIN"},
		{lab.Entry{Kind: "dns", From: "x", Server: "y", What: "A a.nl.", Status: lab.NoAnswer}, "    0  00:00:00.000  dns   x > y  A a.nl.  no answer"},
		{lab.Entry{Kind: "acme", From: "x", Server: "ca", What: "POST /order-plz", Resource: "newOrder", Status: 201}, "    0  00:00:00.000  acme  x > ca  POST /order-plz (newOrder)  201"},
		{lab.Entry{Kind: "http", From: "x", Server: "desec", What: "GET /"}, "    0  00:00:00.000  http  x > desec  GET /  no answer"},
	} {
		if got := line(test.e); got != test.want {
			t.Errorf("got  %q\nwant %q", got, test.want)
		}
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	l := running(t)
	roots, err := l.RootsFile()
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"verify", "--roots", roots, filepath.Join(t.TempDir(), "none.pem"), "a.nl"}, exitFailed, "no such file"},
		{[]string{"verify", "--roots", roots, l.CAFile(), "a.nl"}, exitFailed, "does not lead to the lab's root"},
		{[]string{"verify", "--roots", l.CAFile(), l.CAFile(), "a.nl"}, exitFailed, "not for a.nl"},
		{[]string{"verify", "--roots", "", l.CAFile(), "a.nl"}, exitUsage, "which root?"},
		{[]string{"verify", l.CAFile()}, exitUsage, "write it as"},
	} {
		if got := deputyLab(t, test.args...); got.code != test.code || !strings.Contains(got.stderr, test.says) || got.stdout != "" {
			t.Errorf("%q: %+v, want exit %d and %q", test.args, got, test.code, test.says)
		}
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"--control", "", "history"}, exitUsage, "which lab?"},
		{[]string{"--control", "ftp://x", "history"}, exitUsage, "no control URL"},
		{[]string{"history", "--colour"}, exitUsage, "unknown flag"},
		{[]string{"up", "extra"}, exitUsage, "write it as"},
		{[]string{"up", "--lag", "soon"}, exitUsage, "invalid argument"},
		{[]string{"up", "--dir", "/dev/null/x"}, exitFailed, "not a directory"},
		{[]string{"paint"}, exitUsage, "unknown command"},
	} {
		if got := deputyLab(t, test.args...); got.code != test.code || !strings.Contains(got.stderr, test.says) || !strings.HasPrefix(got.stderr, "deputy-lab: ") {
			t.Errorf("%q: %+v, want exit %d and %q", test.args, got, test.code, test.says)
		}
	}
}

func TestHelp(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"--help"}, {"up", "--help"}, {"zone", "--help"}, {"behave", "--help"}, {"lag", "--help"}, {"delay", "--help"}, {"port53", "--help"}, {"history", "--help"}, {"verify", "--help"}} {
		if got := must(t, args...); !strings.Contains(got, "deputy-lab") || !strings.Contains(got, "Usage:") {
			t.Errorf("%q prints %q", args, got)
		}
	}
}

func TestQuoted(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"http://127.0.0.1:80/x": "http://127.0.0.1:80/x",
		"/a b/c":                "'/a b/c'",
		"it's $HOME":            `'it'\''s $HOME'`,
		"a,b":                   "'a,b'",
	} {
		if got := quoted(value); got != want {
			t.Errorf("quoted(%q) = %s, want %s", value, got, want)
		}
	}
}
