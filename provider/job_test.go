package provider

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"deputy/fault"
	"deputy/store"
)

// jobDocument writes by changes that the host makes later.
const jobDocument = withKey + `
rrset:
  read: {get: "/zones/${zone}/${label}", absent: [404], values: =response.values}
  replace: {put: "/zones/${zone}/${label}", body: {values: =values}, job: =response.job}
poll: {get: "/jobs/${job}", done: "=response.state == 'done'", failed: "=response.state == 'error'", every: 1ms, message: =response?.why}
`

func (s *puppet) jobs(h *rrsets, states ...string) {
	s.on("/zones/{zone}/{label}", func(w http.ResponseWriter, r *http.Request) {
		if r.Method != "PUT" {
			h.serve(w, r)
			return
		}
		h.serve(nowhere{}, r)
		_, _ = fmt.Fprint(w, `{"job":"j-1"}`)
	})
	var answers []func(http.ResponseWriter, *http.Request)
	for _, state := range states {
		answers = append(answers, status(200, state))
	}
	s.turns("GET /jobs/j-1", answers...)
}

// nowhere takes an answer that nobody gets.
type nowhere struct{}

func (nowhere) Header() http.Header         { return http.Header{} }
func (nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (nowhere) WriteHeader(int)             {}

func newSets() *rrsets { return &rrsets{sets: map[string][]string{}, version: map[string]int{}} }

func TestAsynchronousChanges(t *testing.T) {
	t.Parallel()
	s, i := newScript(t), newInstallation(t)
	s.jobs(newSets(), `{"state":"pending"}`, `{"state":"pending"}`, `{"state":"done"}`)
	i.script(t, s, nativeHead(jobDocument), "")
	if err := i.addValue(t, scripted("a"), "v"); err != nil {
		t.Fatal(err)
	}
	get := "GET /zones/example.org/a"
	s.want(t, get, `PUT /zones/example.org/a {"values":["v"]}`, "GET /jobs/j-1", "GET /jobs/j-1", "GET /jobs/j-1", get)
}

func TestAsynchronousChangesThatFail(t *testing.T) {
	t.Parallel()
	s, i := newScript(t), newInstallation(t)
	s.jobs(newSets(), `{"state":"pending"}`, `{"state":"error","why":"the zone is locked by k3y/of+the=account"}`)
	i.script(t, s, nativeHead(jobDocument), "")
	err := i.addValue(t, scripted("a"), "v")
	wantFault(t, "a job that failed", err, fault.HostRefused, "the host took the change and could not make it: status 200, it says: the zone is locked by [secret]")
	if s.count("PUT") != 1 || s.count("GET /jobs") != 2 {
		t.Errorf("requests:\n%s", strings.Join(s.requests(), "\n"))
	}
}

// A change that does not end within the caller's time is doubt.
func TestAsynchronousChangesWithoutEnd(t *testing.T) {
	t.Parallel()
	s, i := newScript(t), newInstallation(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	polled := 0
	h := newSets()
	s.on("/zones/{zone}/{label}", func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "PUT" {
			_, _ = fmt.Fprint(w, `{"job":"j-1"}`)
			return
		}
		h.serve(w, r)
	})
	s.on("GET /jobs/j-1", func(w http.ResponseWriter, r *http.Request) {
		if polled++; polled == 3 {
			cancel()
		}
		_, _ = fmt.Fprint(w, `{"state":"pending"}`)
	})
	i.script(t, s, nativeHead(jobDocument), "")
	_, err := i.Change(ctx, publications(scripted("a"), "v"), nil)
	if !errors.Is(err, store.ErrDoubt) {
		t.Errorf("%v is no doubt", err)
	}
	if polled != 3 || s.count("PUT") != 1 {
		t.Errorf("polled %d times, written %d times", polled, s.count("PUT"))
	}
	j := newInstallation(t)
	j.Registry.patience = patience{rounds: 3, first: time.Millisecond, longest: time.Minute, polls: 2}
	j.script(t, s, nativeHead(jobDocument), "")
	err = j.addValue(t, scripted("a"), "v")
	wantFault(t, "too many polls", err, fault.HostFailed, "has not finished it in time: status 200")
	if !errors.Is(err, store.ErrDoubt) {
		t.Errorf("%v is no doubt", err)
	}
}

const commitDocument = setDocument + `commit: {post: "/zones/${zone}/refresh", message: =response?.detail}
`

func TestCommits(t *testing.T) {
	t.Parallel()
	s, i := newScript(t), newInstallation(t)
	s.rrsets()
	s.say("POST /zones/example.org/refresh", 200, `{}`)
	i.script(t, s, nativeHead(commitDocument), "")
	get, commit := "GET /zones/example.org/a", "POST /zones/example.org/refresh"
	ours := publications(scripted("a"), "one", "two")
	if _, err := i.Change(t.Context(), ours, nil); err != nil {
		t.Fatal(err)
	}
	s.want(t, get, `PUT /zones/example.org/a {"values":["one","two"]}`, commit, get)
	s.forget()
	if _, err := i.Change(t.Context(), nil, ours); err != nil {
		t.Fatal(err)
	}
	s.want(t, get, `PUT /zones/example.org/a {"values":[]}`, commit, get)
	s.forget()
	// What a process wrote that died before the commit is published too.
	if _, err := i.Change(t.Context(), nil, ours); err != nil {
		t.Fatal(err)
	}
	s.want(t, get, commit)
}

func TestCommitsThatFail(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what    string
		answers []func(http.ResponseWriter, *http.Request)
		commits int
		code    fault.Code
		seen    string
	}{
		{"once", []func(http.ResponseWriter, *http.Request){status(500, `{}`), status(200, `{}`)}, 2, "", ""},
		{"for good", []func(http.ResponseWriter, *http.Request){status(500, `{}`)}, 3, fault.HostFailed, "status 500"},
		{"refused", []func(http.ResponseWriter, *http.Request){status(403, `{"detail":"no right to refresh"}`)}, 1, fault.HostRefused, "status 403, it says: no right to refresh"},
	} {
		s, i := newScript(t), newInstallation(t)
		s.rrsets()
		s.turns("POST /zones/example.org/refresh", c.answers...)
		i.script(t, s, nativeHead(commitDocument), "")
		err := i.addValue(t, scripted("a"), "v")
		if c.code == "" && err != nil {
			t.Errorf("%s: %v", c.what, err)
		}
		if c.code != "" {
			wantFault(t, c.what, err, c.code, c.seen)
			if !errors.Is(err, store.ErrDoubt) {
				t.Errorf("%s: %v is no doubt, and the value may be published later", c.what, err)
			}
		}
		if got := s.count("POST"); got != c.commits {
			t.Errorf("%s: %d commits", c.what, got)
		}
	}
}

// A commit is for the zone of the change, or for the account as a whole.
func TestCommitsStayInTheirPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ call, seen string }{
		{`post: /publish`, ""},
		{`post: /v1.0/publish.do, body: {everything: true}`, ""},
		{`post: "/zones/${zone}/refresh"`, ""},
		{`post: /zones/example.net/refresh`, "it names the zone example.net, and the change was in example.org"},
		{`post: /refresh, body: {zone: www.example.com}`, "it names www.example.com, and the change was in the zone example.org"},
	} {
		s, i := newScript(t), newInstallation(t)
		s.rrsets()
		for _, path := range []string{"/publish", "/v1.0/publish.do", "/refresh", "/zones/{zone}/refresh"} {
			s.say("POST "+path, 200, `{}`)
		}
		i.script(t, s, nativeHead(setDocument+"commit: {"+c.call+"}\n"), "")
		err := i.addValue(t, scripted("a"), "v")
		if c.seen == "" && (err != nil || s.count("POST") != 1) {
			t.Errorf("%s: %v, %d commits", c.call, err, s.count("POST"))
		}
		if c.seen != "" {
			wantFault(t, c.call, err, fault.BadDocument, c.seen)
			if s.count("POST") != 0 {
				t.Errorf("%s was sent", c.call)
			}
		}
	}
}
