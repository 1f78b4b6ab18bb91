package provider

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"deputy/dnsconfig"
	"deputy/internal/lab/desec"
	"deputy/name"
	"deputy/secret"
	"deputy/store"
)

// The credentials of the tests; none may be seen anywhere.
const (
	ourToken    = "t0k3n/with+signs=="
	scopedToken = "sc0p3d-t0k3n"
)

// stand is a deSEC stand-in with a log, and a hand that can interfere.
type stand struct {
	*httptest.Server
	host *desec.Host

	mu    sync.Mutex
	log   []string // "PUT /api/v1/… BODY", in order
	wants []string // Authorization headers
	// meddle decides on each request: true when it has answered. Its commit hands the request to the host.
	meddle func(w http.ResponseWriter, r *http.Request, commit func()) bool
}

func newStand(t *testing.T) *stand {
	t.Helper()
	domain, rrtype, subname := "martdj.dedyn.io", "TXT", "validation"
	s := &stand{host: desec.New(desec.Config{NoThrottle: true, Accounts: []desec.Account{
		{
			Tokens: []desec.Token{
				{Secret: ourToken},
				{Secret: scopedToken, Policies: []desec.Policy{{}, {Domain: &domain, Subname: &subname, Type: &rrtype, Write: true}}},
			},
			Zones: []desec.Zone{{Name: "martdj.dedyn.io", MinimumTTL: 60}, {Name: "slow.dedyn.io"}, {Name: "deep.slow.dedyn.io"}},
		},
		{Tokens: []desec.Token{{Secret: "another-t0k3n"}}, Zones: []desec.Zone{{Name: "other.dedyn.io"}}},
	}})}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *stand) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	s.mu.Lock()
	s.log = append(s.log, strings.TrimSpace(fmt.Sprintf("%s %s %s", r.Method, r.URL.RequestURI(), body)))
	s.wants = append(s.wants, r.Header.Get("Authorization"))
	meddle := s.meddle
	s.mu.Unlock()
	commit := func() { s.host.ServeHTTP(httptest.NewRecorder(), r) }
	if meddle == nil || !meddle(w, r, commit) {
		s.host.ServeHTTP(w, r)
	}
}

// interfere sets meddle for requests of one method.
func (s *stand) interfere(method string, f func(w http.ResponseWriter, commit func()) bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.meddle = func(w http.ResponseWriter, r *http.Request, commit func()) bool {
		return r.Method == method && f(w, commit)
	}
}

func (s *stand) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}

func (s *stand) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log, s.meddle = nil, nil
}

// count is how many requests of one method came.
func (s *stand) count(method string) int {
	n := 0
	for _, r := range s.requests() {
		if strings.HasPrefix(r, method+" ") {
			n++
		}
	}
	return n
}

// direct speaks to the host past deputy, and past the log.
func (s *stand) direct(t *testing.T, method, path, body string) string {
	t.Helper()
	r := httptest.NewRequest(method, "/api/v1"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Token "+ourToken)
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	s.host.ServeHTTP(w, r)
	return w.Body.String()
}

// put writes records at a subname as somebody else.
func (s *stand) put(t *testing.T, zone, subname string, records ...string) {
	t.Helper()
	quoted := make([]string, len(records))
	for i, r := range records {
		quoted[i] = fmt.Sprintf("%q", r)
	}
	got := s.direct(t, "PUT", "/domains/"+zone+"/rrsets/", fmt.Sprintf(`[{"subname":%q,"type":"TXT","ttl":3600,"records":[%s]}]`, subname, strings.Join(quoted, ",")))
	if !strings.HasPrefix(got, "[") || strings.Contains(got, "errors") {
		t.Fatalf("put %q: %s", records, got)
	}
}

// at is what stands at a subname, as the host shows it.
func (s *stand) at(t *testing.T, zone, subname string) string {
	t.Helper()
	return s.direct(t, "GET", "/domains/"+zone+"/rrsets/"+subname+"/TXT/", "")
}

// installation is a Registry over a real store, with everything that it says.
type installation struct {
	*Registry
	Host
	mu     sync.Mutex
	traces []Trace
	events []store.Event
}

func newInstallation(t *testing.T) *installation {
	t.Helper()
	keys, err := secret.NewKeyring([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	db, err := store.Open(t.Context(), store.Options{Dir: t.TempDir(), Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	i := &installation{}
	i.Registry = &Registry{
		Store:    db,
		Tell:     func(_ context.Context, e store.Event) { i.mu.Lock(); i.events = append(i.events, e); i.mu.Unlock() },
		Traces:   func(tr Trace) { i.mu.Lock(); i.traces = append(i.traces, tr); i.mu.Unlock() },
		patience: patience{rounds: 3, waits: 4, first: time.Millisecond, longest: 2 * time.Minute},
	}
	i.Host = Host{i.Registry}
	return i
}

// add stores a DNS Provider; tail are further lines of its document.
func (i *installation) add(t *testing.T, s *stand, head, tail string) {
	t.Helper()
	i.provider(t, head+"\napi_base: "+s.URL+"/api/v1\nallow: {plain_http: true, addresses: [127.0.0.0/8]}\n"+tail)
}

// provider stores a DNS Provider's document, without its first line.
func (i *installation) provider(t *testing.T, source string) {
	t.Helper()
	source = "deputy: dns-provider/1\n" + source
	d, err := Parse([]byte(source), files, environment)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := i.Registry.Add(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

// native adds the DNS Provider of most tests.
func (i *installation) native(t *testing.T, s *stand) {
	t.Helper()
	i.add(t, s, "name: desec\nconfiguration: desec\nzones: [martdj.dedyn.io, slow.dedyn.io, other.dedyn.io]", "account: {token: \""+ourToken+"\"}\n")
}

// configuration imports a document.
func (i *installation) configuration(t *testing.T, kind string, source []byte) string {
	t.Helper()
	var configurationName string
	switch kind {
	case "native":
		n, err := dnsconfig.ParseNative(source)
		if err != nil {
			t.Fatal(err)
		}
		configurationName = n.About().Name
	case "dxl":
		file, err := dnsconfig.ImportDXL(source)
		if err != nil {
			t.Fatal(err)
		}
		configurationName, source = file.Configurations[0].About().Name, file.Configurations[0].Source()
	}
	if _, err := i.Import(t.Context(), store.Configuration{Name: configurationName, Kind: kind, Source: source}); err != nil {
		t.Fatal(err)
	}
	return configurationName
}

// published reads a published DXL, or skips the test.
func published(t *testing.T, file string) []byte {
	t.Helper()
	source, err := os.ReadFile(filepath.Join("..", "..", "shared", "dxl", file))
	if err != nil {
		t.Skipf("the published DNS Configurations are not there: %v", err)
	}
	return source
}

func targetIn(zone, owner string) store.Target {
	return store.Target{Provider: "desec", Revision: 1, Zone: name.MustParseOwner(zone), Owner: name.MustParseOwner(owner), Cert: name.MustParseOwner("demohub.martdj.nl")}
}

func validation() store.Target { return targetIn("martdj.dedyn.io", "validation.martdj.dedyn.io") }

func publications(t store.Target, values ...string) []store.Publication {
	var all []store.Publication
	for _, v := range values {
		all = append(all, store.Publication{Target: t, Value: v})
	}
	return all
}

// silent fails the test where something that people or files see holds a credential.
func (i *installation) silent(t *testing.T, errs ...error) {
	t.Helper()
	i.mu.Lock()
	defer i.mu.Unlock()
	var said strings.Builder
	for _, err := range errs {
		for ; err != nil; err = unwrap(err) {
			fmt.Fprintf(&said, "%v\n%+v\n%#v\n", err, err, err.Error())
		}
	}
	for _, tr := range i.traces {
		fmt.Fprintf(&said, "%s %s %s %q %s %q %s %v\n", tr.Request.Op, tr.Request.Method, tr.Request.URL, tr.Request.Header, tr.Request.Body, tr.Response.Header, tr.Response.Body, tr.Err)
	}
	for _, e := range i.events {
		fmt.Fprintf(&said, "%+v\n", e)
	}
	seeker := secret.NewRedactor(secret.New(ourToken), secret.New(scopedToken))
	if seeker.Find(said.String()) {
		t.Errorf("a credential is seen in:\n%s", said.String())
	}
}

func unwrap(err error) error {
	if u, ok := err.(interface{ Unwrap() error }); ok {
		return u.Unwrap()
	}
	return nil
}

func wantRequests(t *testing.T, s *stand, want ...string) {
	t.Helper()
	if got := s.requests(); !reflect.DeepEqual(got, want) {
		t.Errorf("requests:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
