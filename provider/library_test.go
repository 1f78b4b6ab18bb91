package provider_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"deputy/internal/lab/session"
	"deputy/name"
	"deputy/provider"
	"deputy/secret"
	"deputy/store"
)

// allHaveSessions: a folder of the library without a session fails.
const allHaveSessions = true

const library = "../dnsconfig/library"

// players bounds how many sessions are played at once.
const players = 8

// TestLibrary plays every session of the library with the document beside it: over real HTTPS, to a stand-in that
// knows the host's documentation and not the document.
func TestLibrary(t *testing.T) {
	t.Parallel()
	folders, err := os.ReadDir(library)
	if err != nil {
		t.Fatal(err)
	}
	turn := make(chan struct{}, players)
	var without []string
	for _, folder := range folders {
		for _, file := range []string{"README.md", "document.yaml"} {
			if _, err := os.Stat(filepath.Join(library, folder.Name(), file)); err != nil {
				t.Errorf("a folder of the library lacks a file: %v", err)
			}
		}
		file := filepath.Join(library, folder.Name(), "session.txtar")
		source, err := os.ReadFile(file)
		if err != nil {
			without = append(without, folder.Name())
			continue
		}
		t.Run(folder.Name(), func(t *testing.T) {
			t.Parallel()
			turn <- struct{}{}
			defer func() { <-turn }()
			s, err := session.Load(file, source)
			if err != nil {
				t.Fatal(err)
			}
			play(t, s, folder.Name(), s.Account, func(*provider.Registry) {})
		})
	}
	t.Logf("folders of the library without a session: %d %v", len(without), without)
	if allHaveSessions && len(without) > 0 {
		t.Errorf("folders without session.txtar: %v", without)
	}
}

// game is one document against one stand-in.
type game struct {
	*testing.T
	session *session.Session
	stand   *session.Stand
	host    provider.Host
	target  store.Target
	traits  store.Traits
	seen    *strings.Builder // all traces
}

// seat makes an installation whose only way out leads to a fresh stand-in.
func seat(t *testing.T, s *session.Session, configuration string, account map[string]string, prepare func(*provider.Registry)) *game {
	t.Helper()
	stand, err := s.Serve()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stand.Close)
	keys, err := secret.NewKeyring([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), store.Options{Dir: t.TempDir(), Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	g := &game{T: t, session: s, stand: stand, seen: &strings.Builder{}}
	r := &provider.Registry{Store: db, Proxy: stand.Proxy, Traces: func(tr provider.Trace) {
		fmt.Fprintf(g.seen, "%s %s %q %s\n%d %q %s %s\n", tr.Request.Method, tr.Request.URL, tr.Request.Header, tr.Request.Body, tr.Response.Status, tr.Response.Header, tr.Response.Body, tr.Err)
	}}
	prepare(r)
	d, err := provider.Parse([]byte(documentOf(t, s, stand, configuration, account)), os.ReadFile, os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	row, err := r.Add(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	g.host = provider.Host{Registry: r}
	g.target = store.Target{Provider: row.Name, Revision: row.Revision, Zone: name.MustParseOwner(s.Zone.Name), Owner: name.MustParseOwner(s.Target), Cert: name.MustParseOwner("www.example.org")}
	if g.traits, err = g.host.Traits(g.target); err != nil {
		t.Fatal(err)
	}
	return g
}

// documentOf writes a DNS Provider as its administrator would; JSON is YAML.
func documentOf(t *testing.T, s *session.Session, stand *session.Stand, configuration string, account map[string]string) string {
	t.Helper()
	d := map[string]any{}
	if s.Provider != "" {
		if err := json.Unmarshal([]byte(s.Provider), &d); err != nil {
			t.Fatal(err)
		}
	}
	d["deputy"], d["name"], d["configuration"], d["zones"] = "dns-provider/1", "played", configuration, []string{s.Zone.Name}
	d["account"], d["ca"] = account, string(stand.CA)
	source, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

// The values of the play, of the form that ACME has (RFC 8555 §8.4).
const (
	first  = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"
	second = "jhb7q7mI5pD0ZV3gYq3FDSlKpJmL2rVZ1AtGEtM8N-w"
)

// play runs a document through all that the engine does with it.
func play(t *testing.T, s *session.Session, configuration string, account map[string]string, prepare func(*provider.Registry)) {
	t.Helper()
	g := seat(t, s, configuration, account, prepare)
	before := g.stand.State()
	if s.Style == "single" {
		g.playSingle()
	} else {
		g.playSeveral()
	}
	if now := g.stand.State(); now != before && (s.Style != "single" || g.traits.Removable) {
		t.Errorf("the state at the end is not the one at the start:\n%s\nwas:\n%s", now, before)
	}
	g.reported(account)
	wrongCredential(t, s, configuration, account, prepare)
	for _, r := range s.Refusals() {
		if err := s.Try(t.Context(), r); err != nil {
			t.Error(err)
		}
	}
	t.Logf("%s: %d exchanges accepted, %d requests refused as documented", configuration, len(g.stand.Exchanges())-len(g.stand.Unmatched()), len(s.Refusals()))
}

// playSeveral is for hosts whose values can be read.
func (g *game) playSeveral() {
	g.Helper()
	foreign := g.session.Foreign
	g.reads("at the start", foreign...)
	one, two := g.add("the first value", first), []store.Publication(nil)
	g.reads("after the first value", append(slices.Clone(foreign), first)...)
	if g.traits.Capacity != 1 {
		two = g.add("the second value", second)
		g.reads("after the second value", append(slices.Clone(foreign), first, second)...)
	}
	g.add("the first value again", first)
	g.holds("after the first value again", append(slices.Clone(foreign), valuesOf(one, two)...)...)
	g.remove("the first value", one)
	g.reads("without the first value", append(slices.Clone(foreign), valuesOf(two)...)...)
	if two != nil {
		g.remove("the second value", two)
		g.reads("without the second value", foreign...)
	}
	g.remove("the first value again", one)
}

// playSingle is for hosts that are only written to.
func (g *game) playSingle() {
	g.Helper()
	one := g.add("the first value", first)
	g.holds("after the first value", first)
	g.add("the first value again", first)
	g.holds("after the first value again", first)
	if !g.traits.Removable {
		return
	}
	g.remove("the first value", one)
	g.holds("without the first value")
}

func valuesOf(lists ...[]store.Publication) []string {
	var values []string
	for _, p := range slices.Concat(lists...) {
		values = append(values, p.Value)
	}
	return values
}

func (g *game) add(what, value string) []store.Publication {
	g.Helper()
	added, err := g.host.Change(g.Context(), []store.Publication{{Target: g.target, Value: value}}, nil)
	if err != nil {
		g.fail("add "+what, err)
	}
	g.committed(what + " was added")
	return added
}

func (g *game) remove(what string, publications []store.Publication) {
	g.Helper()
	if _, err := g.host.Change(g.Context(), nil, publications); err != nil {
		g.fail("remove "+what, err)
	}
	g.committed(what + " was removed")
}

// committed wants nothing to be left that the host has and does not publish.
func (g *game) committed(when string) {
	g.Helper()
	if g.stand.Uncommitted() {
		g.Errorf("%s, and never committed, which the documentation wants", when)
	}
}

// fail ends the game with what the stand-in saw.
func (g *game) fail(what string, err error) {
	g.Helper()
	g.unmatched()
	g.Fatalf("%s: %v\ntraces:\n%s", what, err, g.seen)
}

// reads asks deputy and the stand-in for the values at the target.
func (g *game) reads(when string, want ...string) {
	g.Helper()
	got, err := g.host.Values(g.Context(), g.target)
	if err != nil {
		g.fail("read "+when, err)
	}
	if !sameValues(got, want) {
		g.Errorf("%s deputy reads %q, want %q", when, got, want)
	}
	g.holds(when, want...)
}

func (g *game) holds(when string, want ...string) {
	g.Helper()
	if got := g.stand.Values(); !sameValues(got, want) {
		g.Errorf("%s the host holds %q, want %q", when, got, want)
	}
}

func sameValues(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}

// unmatched fails the test for every request that the documentation does not know.
func (g *game) unmatched() {
	g.Helper()
	for _, e := range g.stand.Unmatched() {
		g.Errorf("the host's documentation does not know this request: %s", e)
	}
}

// reported checks that nothing of the whole game is undocumented, and that no trace shows a secret.
func (g *game) reported(account map[string]string) {
	g.Helper()
	g.unmatched()
	noSecret(g.T, "the traces", g.seen.String(), account)
}

// noSecret fails where a secret field of the account is seen; short ones and those that are no secret by their nature
// (numbers, names of users) can't be told from other text.
func noSecret(t *testing.T, where, text string, account map[string]string) {
	t.Helper()
	for field, value := range account {
		secretByName := slices.ContainsFunc([]string{"token", "key", "secret", "password"}, func(part string) bool { return strings.Contains(field, part) })
		if secretByName && !strings.HasSuffix(field, "id") && secret.NewRedactor(secret.New(value)).Find(text) {
			t.Errorf("%s show the account's %s", where, field)
		}
	}
}

// wrongCredential wants the host's own no, in words of a fault that hold its status and no secret.
func wrongCredential(t *testing.T, s *session.Session, configuration string, account map[string]string, prepare func(*provider.Registry)) {
	t.Helper()
	if len(s.Wrong) == 0 {
		t.Log("the session can't tell a wrong credential")
		return
	}
	wrong := map[string]string{}
	for field, value := range account {
		wrong[field] = value
		if other, ok := s.Wrong[field]; ok {
			wrong[field] = other
		}
	}
	g := seat(t, s, configuration, wrong, prepare)
	before := g.stand.State()
	_, err := g.host.Change(context.WithoutCancel(g.Context()), []store.Publication{{Target: g.target, Value: first}}, nil)
	if err == nil {
		t.Error("a wrong credential is no error")
		return
	}
	if status := s.Refused(); status >= 300 && !strings.Contains(err.Error(), strconv.Itoa(status)) {
		t.Errorf("the fault of a wrong credential does not hold the host's status %d: %v", status, err)
	}
	if g.stand.State() != before {
		t.Errorf("with a wrong credential the state is now %s", g.stand.State())
	}
	refused := slices.ContainsFunc(g.stand.Exchanges(), func(e session.Exchange) bool { return e.Error == "unauthorized" })
	if !refused {
		t.Errorf("no request with the wrong credential was refused: %v", g.stand.Exchanges())
	}
	noSecret(t, "the fault and its traces", err.Error()+"\n"+g.seen.String(), wrong)
}
