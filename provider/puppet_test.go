package provider

import (
	"bytes"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"deputy/name"
	"deputy/store"
)

// puppet is a DNS host over HTTPS that does what a test says, and keeps what it was asked.
type puppet struct {
	*httptest.Server
	mu      sync.Mutex
	log     []string // "PUT /path?query BODY", in order
	headers []http.Header
	routes  *http.ServeMux
}

func newScript(t *testing.T) *puppet {
	t.Helper()
	s := &puppet{routes: http.NewServeMux()}
	s.Server = httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that a test makes fail
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func (s *puppet) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	s.mu.Lock()
	s.log = append(s.log, strings.TrimSpace(fmt.Sprintf("%s %s %s", r.Method, r.URL.RequestURI(), body)))
	s.headers = append(s.headers, r.Header.Clone())
	s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	s.routes.ServeHTTP(w, r)
}

// on answers a pattern of http.ServeMux.
func (s *puppet) on(pattern string, f http.HandlerFunc) { s.routes.HandleFunc(pattern, f) }

// say answers a pattern with a fixed thing.
func (s *puppet) say(pattern string, status int, body string) {
	s.on(pattern, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

// turns answers a pattern with one thing after another; the last stays.
func (s *puppet) turns(pattern string, answers ...func(http.ResponseWriter, *http.Request)) {
	n := 0
	s.on(pattern, func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		f := answers[min(n, len(answers)-1)]
		n++
		s.mu.Unlock()
		f(w, r)
	})
}

func status(code int, body string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

func (s *puppet) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}

func (s *puppet) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log, s.headers = nil, nil
}

// count is how many requests began with prefix.
func (s *puppet) count(prefix string) int {
	n := 0
	for _, r := range s.requests() {
		if strings.HasPrefix(r, prefix) {
			n++
		}
	}
	return n
}

// want compares the requests with those that a test expects.
func (s *puppet) want(t *testing.T, want ...string) {
	t.Helper()
	if got := s.requests(); !slices.Equal(got, want) {
		t.Errorf("requests:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// ca is the certificate of the host, as a private CA's root.
func (s *puppet) ca() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}))
}

// The credential and zone of the scripted tests.
const (
	scriptKey    = "k3y/of+the=account"
	sessionToken = "s3ss10n-t0k3n-of-the-host"
)

// at is a document's beginning: name, account and address.
func nativeHead(more string) string {
	return "deputy: dns-configuration/1\nname: host\ntitle: A host\naccount: {key: {title: Key, secret: true}}\n" + more
}

const withKey = "api: {base: https://api.example.org, headers: {X-Key: \"${account.key}\"}}\n"

// script adds a DNS Provider with a document of its own over a scripted host; tail are further lines of its document.
func (i *installation) script(t *testing.T, s *puppet, document, tail string) {
	t.Helper()
	if err := i.tryScript(t, s, document, tail); err != nil {
		t.Fatal(err)
	}
}

func (i *installation) tryScript(t *testing.T, s *puppet, document, tail string) error {
	t.Helper()
	i.configuration(t, "native", []byte(document))
	source := "deputy: dns-provider/1\nname: host\nconfiguration: host\nzones: [example.org, example.net]\n"
	if !strings.Contains(tail, "api_base:") {
		source += "api_base: " + s.URL + "\n"
	}
	if !strings.Contains(tail, "allow:") {
		source += "allow: {addresses: [127.0.0.0/8]}\n"
	}
	if !strings.Contains(tail, "account:") {
		source += "account: {key: " + scriptKey + "}\n"
	}
	quoted, err := json.Marshal(s.ca())
	if err != nil {
		t.Fatal(err)
	}
	d, err := Parse([]byte(source+"ca: "+string(quoted)+"\n"+tail), files, environment)
	if err != nil {
		return err
	}
	_, err = i.Registry.Add(t.Context(), d)
	return err
}

// scripted is a target at the scripted host.
func scripted(labels string) store.Target {
	return store.Target{
		Provider: "host", Revision: 1, Zone: name.MustParseOwner("example.org"),
		Owner: name.MustParseOwner(labels + ".example.org"), Cert: name.MustParseOwner("www.example.com"),
	}
}

func (i *installation) addValue(t *testing.T, target store.Target, values ...string) error {
	t.Helper()
	_, err := i.Change(t.Context(), publications(target, values...), nil)
	return err
}

func (i *installation) removeValue(t *testing.T, target store.Target, values ...string) error {
	t.Helper()
	_, err := i.Change(t.Context(), nil, publications(target, values...))
	return err
}

// texts of the events of one kind.
func (i *installation) told(kind string) []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	var texts []string
	for _, e := range i.events {
		if e.Kind == kind {
			texts = append(texts, e.Text)
		}
	}
	return texts
}

// tracesOf are the traces of a run, as text.
func (i *installation) tracesOf() string {
	i.mu.Lock()
	defer i.mu.Unlock()
	var said strings.Builder
	for _, tr := range i.traces {
		fmt.Fprintf(&said, "%s %s %s %q %s → %d %q %s %s\n", tr.Request.Op, tr.Request.Method, tr.Request.URL, tr.Request.Header, tr.Request.Body,
			tr.Response.Status, tr.Response.Header, tr.Response.Body, tr.Err)
	}
	return said.String()
}

// rrsets is a host of the rrset style: sets of values by path, with a version each (its ETag).
type rrsets struct {
	mu      sync.Mutex
	sets    map[string][]string
	version map[string]int
}

func (s *puppet) rrsets() *rrsets {
	h := &rrsets{sets: map[string][]string{}, version: map[string]int{}}
	s.on("/zones/{zone}/{label}", h.serve)
	return h
}

func (h *rrsets) put(key string, values ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sets[key] = values
	h.version[key]++
}

func (h *rrsets) at(key string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.sets[key])
}

func (h *rrsets) serve(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	key := r.PathValue("zone") + " " + r.PathValue("label")
	var sent struct {
		Values []string `json:"values"`
	}
	_ = json.NewDecoder(r.Body).Decode(&sent)
	have, exists := h.sets[key]
	if match := r.Header.Get("If-Match"); match != "" && match != fmt.Sprint("v", h.version[key]) {
		status(412, `{"detail":"changed meanwhile"}`)(w, r)
		return
	}
	switch r.Method {
	case "GET":
		if !exists {
			status(404, `{"detail":"no such set"}`)(w, r)
			return
		}
		w.Header().Set("ETag", fmt.Sprint("v", h.version[key]))
		_ = json.NewEncoder(w).Encode(map[string]any{"values": have})
		return
	case "POST":
		if exists {
			status(409, `{"detail":"there is one"}`)(w, r)
			return
		}
		h.sets[key] = sent.Values
	case "PUT":
		h.sets[key] = sent.Values
	case "DELETE":
		delete(h.sets, key)
	case "PATCH":
		if r.URL.Query().Get("do") == "add" {
			h.sets[key] = append(have, sent.Values...)
		} else {
			h.sets[key] = slices.DeleteFunc(have, func(v string) bool { return slices.Contains(sent.Values, v) })
		}
	}
	h.version[key]++
	status(200, `{}`)(w, r)
}

// setDocument is the plainest document over rrsets.
const setDocument = withKey + `
rrset:
  read: {get: "/zones/${zone}/${label}", absent: [404], values: =response.values}
  replace: {put: "/zones/${zone}/${label}", body: {values: =values}}
`
