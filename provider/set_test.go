package provider

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"deputy/fault"
)

// fullDocument has all ways to write a set.
const fullDocument = withKey + `
rrset:
  read: {get: "/zones/${zone}/${label}", absent: [404], values: =response.values, found: "=headers.etag"}
  create: {post: "/zones/${zone}/${label}", body: {values: =values}, message: =response?.detail}
  replace: {put: "/zones/${zone}/${label}", headers: {If-Match: =found}, body: {values: =values}, message: =response?.detail}
  delete: {delete: "/zones/${zone}/${label}", headers: {If-Match: =found}, absent: [404]}
`

// Each write is the one that fits what was read.
func TestSetWrites(t *testing.T) {
	t.Parallel()
	s, i := newScript(t), newInstallation(t)
	s.rrsets()
	i.script(t, s, nativeHead(fullDocument), "")
	steps := []struct {
		add, remove []string
		want        string
		match       string
	}{
		{[]string{"one"}, nil, `POST /zones/example.org/a {"values":["one"]}`, ""},
		{[]string{"two"}, nil, `PUT /zones/example.org/a {"values":["one","two"]}`, "v1"},
		{nil, []string{"one"}, `PUT /zones/example.org/a {"values":["two"]}`, "v2"},
		{nil, []string{"two"}, `DELETE /zones/example.org/a`, "v3"},
	}
	for _, step := range steps {
		s.forget()
		if _, err := i.Change(t.Context(), publications(scripted("a"), step.add...), publications(scripted("a"), step.remove...)); err != nil {
			t.Fatal(err)
		}
		s.want(t, "GET /zones/example.org/a", step.want, "GET /zones/example.org/a")
		if got := s.headers[1].Get("If-Match"); got != step.match {
			t.Errorf("%s: If-Match %q, want %q", step.want, got, step.match)
		}
	}
}

// A host that adds and removes single values gets those alone; foreign values are in no request.
func TestSetsThatTheHostChanges(t *testing.T) {
	t.Parallel()
	s, i := newScript(t), newInstallation(t)
	h := s.rrsets()
	h.put("example.org a", "foreign", "old")
	i.script(t, s, nativeHead(withKey+`
rrset:
  read: {get: "/zones/${zone}/${label}", absent: [404], values: =response.values}
  add: {patch: "/zones/${zone}/${label}?do=add", body: {values: =values}}
  remove: {patch: "/zones/${zone}/${label}?do=remove", body: {values: =values}}
`), "")
	if _, err := i.Change(t.Context(), publications(scripted("a"), "one", "two"), publications(scripted("a"), "old")); err != nil {
		t.Fatal(err)
	}
	s.want(t, "GET /zones/example.org/a", `PATCH /zones/example.org/a?do=add {"values":["one","two"]}`,
		`PATCH /zones/example.org/a?do=remove {"values":["old"]}`, "GET /zones/example.org/a")
	if got := h.at("example.org a"); !slices.Equal(got, []string{"foreign", "one", "two"}) {
		t.Errorf("left: %q", got)
	}
}

// Somebody else writes between reading and writing: with an ETag the host refuses, and both changes are kept.
func TestConflictsAreReadAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what  string
		times int
		want  fault.Code
		puts  int
	}{{"once", 1, "", 2}, {"always", 99, fault.HostRefused, 3}} {
		s, i := newScript(t), newInstallation(t)
		h := &rrsets{sets: map[string][]string{}, version: map[string]int{}}
		h.put("example.org a", "foreign")
		n := 0
		s.on("/zones/{zone}/{label}", func(w http.ResponseWriter, r *http.Request) {
			if r.Method == "PUT" && n < c.times {
				n++
				h.put("example.org a", append(h.at("example.org a"), fmt.Sprint("other", n))...)
			}
			h.serve(w, r)
		})
		i.script(t, s, nativeHead(fullDocument), "")
		err := i.addValue(t, scripted("a"), "ours")
		if c.want == "" && err != nil {
			t.Errorf("%s: %v", c.what, err)
		}
		if c.want != "" {
			wantFault(t, c.what, err, c.want, "status 412, it says: changed meanwhile")
		}
		if got := s.count("PUT"); got != c.puts {
			t.Errorf("%s: %d PUTs", c.what, got)
		}
		if got := strings.Join(h.at("example.org a"), " "); c.want == "" && got != "foreign other1 ours" {
			t.Errorf("%s: left %s", c.what, got)
		}
	}
}

// A set that was made meanwhile: create says 409, and the next reading makes it a replace.
func TestACreatedSetThatExists(t *testing.T) {
	t.Parallel()
	s, i := newScript(t), newInstallation(t)
	h := &rrsets{sets: map[string][]string{}, version: map[string]int{}}
	first := true
	s.on("/zones/{zone}/{label}", func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "POST" && first {
			first = false
			h.put("example.org a", "other")
		}
		h.serve(w, r)
	})
	i.script(t, s, nativeHead(fullDocument), "")
	if err := i.addValue(t, scripted("a"), "ours"); err != nil {
		t.Fatal(err)
	}
	get := "GET /zones/example.org/a"
	s.want(t, get, `POST /zones/example.org/a {"values":["ours"]}`, get, `PUT /zones/example.org/a {"values":["other","ours"]}`, get)
}

// A set of many pages is one set.
func TestASetOnPages(t *testing.T) {
	t.Parallel()
	s, i := newScript(t), newInstallation(t)
	s.on("GET /zones/example.org/a", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("page") == "" {
			_, _ = fmt.Fprint(w, `{"values":["one","two"],"next":"p2"}`)
			return
		}
		_, _ = fmt.Fprint(w, `{"values":["two","three"]}`)
	})
	i.script(t, s, nativeHead(strings.Replace(setDocument, "values: =response.values}", "query: {page: =page}, page: {next: =response.next}, values: =response.values}", 1)), "")
	values, err := i.Values(t.Context(), scripted("a"))
	if err != nil || strings.Join(values, " ") != "one two three" {
		t.Errorf("%q, %v", values, err)
	}
	s.want(t, "GET /zones/example.org/a", "GET /zones/example.org/a?page=p2")
}

// Rule 2 for every write: one that does not name its target, or names another zone, is refused before anything is written.
func TestWritesStayInTheirPlace(t *testing.T) {
	t.Parallel()
	read := `  read: {get: "/zones/${zone}/${label}", absent: [404], values: =response.values, found: =response.tag}` + "\n"
	for _, c := range []struct{ what, document, seen string }{
		{"replace at another name", "rrset:\n" + read + `  replace: {put: "/zones/${zone}/elsewhere", body: {values: =values}}`, "it may write and does not name a"},
		{"replace in another zone", "rrset:\n" + read + `  replace: {put: "/zones/example.com/${label}", body: {values: =values}}`, "it may write and does not name the zone example.org"},
		{"create at another name", "rrset:\n" + read + `  create: {post: "/zones/${zone}/elsewhere", body: {values: =values}}` + "\n" + `  replace: {put: "/zones/${zone}/${label}", body: {values: =values}}`, "the request create (POST) of the DNS Configuration host"},
		{"add at another name", "rrset:\n" + read + `  add: {post: "/zones/${zone}/elsewhere", body: {values: =values}}` + "\n" + `  remove: {put: "/zones/${zone}/${label}", body: {values: =values}}`, "does not name a"},
		{"a set known by a flag", "rrset:\n" + read + `  replace: {put: "/sets/${found.flag}", body: {values: =values}}`, "does not name a"},
		{"a reading that deletes", "rrset:\n" + strings.Replace(read, "get:", "delete:", 1) + `  replace: {put: "/zones/${zone}/${label}", body: {values: =values}}`, "read only reads, and its method DELETE is for changes"},
		{"write at another name", "single:\n" + `  write: {post: "/update", body: {name: elsewhere, value: =value}}`, "does not name a"},
	} {
		s, i := newScript(t), newInstallation(t)
		s.say("/", 200, `{"values":["foreign"],"tag":{"flag":"true"}}`)
		if strings.Contains(c.what, "create") {
			s.routes = http.NewServeMux()
			s.say("/", 404, `{}`)
		}
		i.script(t, s, nativeHead(withKey+c.document+"\n"), "")
		err := i.addValue(t, scripted("a"), "ours")
		f, _ := fault.From(err)
		if f == nil || f.Code != fault.BadDocument || !strings.Contains(f.Tried+f.Seen, c.seen) {
			t.Errorf("%s: %v; want %q", c.what, err, c.seen)
		}
		for _, r := range s.requests() {
			if !strings.HasPrefix(r, "GET ") {
				t.Errorf("%s: %s was sent", c.what, r)
			}
		}
	}
}

// A set that the host knows by an id is changed by it, where its reading gave the id.
func TestASetWithAnID(t *testing.T) {
	t.Parallel()
	s, i := newScript(t), newInstallation(t)
	written := ""
	s.on("GET /find", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `{"id":"set-77","values":[%s]}`, written)
	})
	s.on("PUT /sets/{id}", func(w http.ResponseWriter, r *http.Request) { written = `"ours"`; status(200, `{}`)(w, r) })
	i.script(t, s, nativeHead(withKey+`
rrset:
  read: {get: "/find?name=${fqdn}", values: =response.values, found: "={id: response.id, old: response.values}"}
  replace: {put: "/sets/${found.id}", body: {values: =values}}
`), "")
	if err := i.addValue(t, scripted("a"), "ours"); err != nil {
		t.Fatal(err)
	}
	s.want(t, "GET /find?name=a.example.org.", `PUT /sets/set-77 {"values":["ours"]}`, "GET /find?name=a.example.org.")
}
