package provider

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"deputy/fault"
	"deputy/name"
)

// zonesDocument finds the zone in a list with pages.
const zonesDocument = withKey + `
zones:
  get: /zones
  query: {page: =page}
  page: {first: 1, next: "=response.more ? page + 1 : nil"}
  zones: =response.zones
  id: =item.id
  name: =item.name
  minimum_ttl: =item.ttl
rrset:
  read: {get: "/zones/${zone}/${label}", absent: [404], values: =response.values}
  replace: {put: "/zones/${zone}/${label}", body: {values: =values, ttl: =ttl}}
`

func (s *puppet) zonePages(pages ...string) {
	s.on("GET /zones", func(w http.ResponseWriter, r *http.Request) {
		var n int
		_, _ = fmt.Sscan(r.URL.Query().Get("page"), &n)
		if n < 1 || n > len(pages) {
			w.WriteHeader(400)
			return
		}
		_, _ = fmt.Fprintf(w, `{"zones":[%s],"more":%t}`, pages[n-1], n < len(pages))
	})
}

func TestZonesByList(t *testing.T) {
	t.Parallel()
	s, i := newScript(t), newInstallation(t)
	s.zonePages(`{"id":"z-1","name":"org"},{"id":"z-2","name":"ample.org."}`, `{"id":"z-3","name":"Example.org.","ttl":600},{"id":"z-9","name":"0/25.2.0.192.in-addr.arpa"}`, `{"id":"z-4","name":"deep.a.example.org"}`)
	s.rrsets()
	i.script(t, s, nativeHead(zonesDocument), "")
	for _, label := range []string{"a", "b"} {
		if err := i.addValue(t, scripted(label), "v"); err != nil {
			t.Fatal(err)
		}
	}
	// Listed once for both names; the longest name wins at a label border, wherever it stands; ample.org holds nothing of ours.
	s.want(t, "GET /zones?page=1", "GET /zones?page=2", "GET /zones?page=3",
		"GET /zones/z-3/a", `PUT /zones/z-3/a {"values":["v"],"ttl":600}`, "GET /zones/z-3/a",
		"GET /zones/z-3/b", `PUT /zones/z-3/b {"values":["v"],"ttl":600}`, "GET /zones/z-3/b")
	target := scripted("x.deep.a")
	err := i.addValue(t, target, "v")
	wantFault(t, "a deeper zone at the host", err, fault.HiddenByCut, "it lies in the zone deep.a.example.org, not in example.org")
}

func TestZonesThatAreNotListed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what, zones, want string
		code              fault.Code
		asked             int
	}{
		{"no such zone", `{"id":"z-1","name":"other.org"}`, "no zone at the host that holds it", fault.HostRefused, 1},
		{"a shorter one", `{"id":"z-1","name":"org"}`, "it lies in the zone org, not in example.org", fault.HiddenByCut, 1},
		{"twice", `{"id":"z-1","name":"example.org"},{"id":"z-2","name":"example.org"}`, "two zones example.org at the host, with the ids z-1 and z-2", fault.HostRefused, 1},
	} {
		s, i := newScript(t), newInstallation(t)
		s.zonePages(c.zones)
		i.script(t, s, nativeHead(zonesDocument), "")
		err := i.addValue(t, scripted("a"), "v")
		wantFault(t, c.what, err, c.code, c.want)
		if got := len(s.requests()); got != c.asked {
			t.Errorf("%s: %d requests", c.what, got)
		}
	}
}

// A zone that was made since the list was read is found by reading it again, once.
func TestAZoneMadeMeanwhile(t *testing.T) {
	t.Parallel()
	s, i := newScript(t), newInstallation(t)
	s.turns("GET /zones", status(200, `{"zones":[{"id":"z-1","name":"example.org"}],"more":false}`), status(200, `{"zones":[{"id":"z-1","name":"example.org"},{"id":"z-2","name":"example.net"}],"more":false}`))
	s.rrsets()
	i.script(t, s, nativeHead(zonesDocument), "")
	if err := i.addValue(t, scripted("a"), "v"); err != nil {
		t.Fatal(err)
	}
	target := scripted("a")
	target.Zone, target.Owner = name.MustParseOwner("example.net"), name.MustParseOwner("a.example.net")
	if err := i.addValue(t, target, "v"); err != nil {
		t.Fatal(err)
	}
	if got := s.count("GET /zones?"); got != 2 {
		t.Errorf("%d listings", got)
	}
}

func TestInventedZones(t *testing.T) {
	t.Parallel()
	s, i := newScript(t), newInstallation(t)
	s.zonePages(`{"id":"z-1","name":"example.org"}`)
	document := strings.Replace(nativeHead(zonesDocument), "id: =item.id", "id: \"='z-4711'\"", 1)
	i.script(t, s, document, "")
	err := i.addValue(t, scripted("a"), "v")
	wantFault(t, "an id that no answer gave", err, fault.BadDocument, "takes for the zone's id what the host's answer does not say")
}

// The pages of a list end: after 200, or where one comes again.
func TestPagesEnd(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what, page, want string
		requests         int
	}{
		{"for ever", `page: {first: 1, next: "=page + 1"}`, "more than 200 pages", 200},
		{"the same again", `page: {first: 1, next: "=page"}`, "the next page is the page itself", 1},
		{"in a circle", `page: {first: 1, next: "=page == 3 ? 2 : page + 1"}`, "comes back to a page", 3},
	} {
		s, i := newScript(t), newInstallation(t)
		s.say("GET /zones", 200, `{"zones":[{"id":"z-1","name":"example.org"}]}`)
		document := strings.Replace(nativeHead(zonesDocument), `page: {first: 1, next: "=response.more ? page + 1 : nil"}`, c.page, 1)
		i.script(t, s, document, "")
		err := i.addValue(t, scripted("a"), "v")
		wantFault(t, c.what, err, fault.HostFailed, c.want)
		if got := len(s.requests()); got != c.requests {
			t.Errorf("%s: %d requests", c.what, got)
		}
	}
}

// The address of a next page that the host gives gets the credential at the same host only.
func TestNextPagesByAddress(t *testing.T) {
	t.Parallel()
	document := strings.Replace(nativeHead(zonesDocument), `page: {first: 1, next: "=response.more ? page + 1 : nil"}`, "page: {next_url: =response.next}", 1)
	document = strings.Replace(document, "  query: {page: =page}\n", "", 1)
	s, i := newScript(t), newInstallation(t)
	s.on("GET /zones", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("after") == "" {
			_, _ = fmt.Fprintf(w, `{"zones":[],"next":"%s/zones?after=1&x=%%2F"}`, s.URL)
			return
		}
		_, _ = fmt.Fprint(w, `{"zones":[{"id":"z-1","name":"example.org"}]}`)
	})
	s.rrsets()
	i.script(t, s, document, "")
	if err := i.addValue(t, scripted("a"), "v"); err != nil {
		t.Fatal(err)
	}
	if got := s.requests(); got[1] != "GET /zones?after=1&x=%2F" || s.headers[1].Get("X-Key") != scriptKey {
		t.Errorf("the second page: %s", got[1])
	}
	for what, next := range map[string]string{
		"another host": "https://evil.example/zones?after=1",
		"no https":     strings.Replace(s.URL, "https:", "http:", 1) + "/zones?after=1",
		"the same":     s.URL + "/zones",
	} {
		other, i := newScript(t), newInstallation(t)
		other.on("GET /zones", func(w http.ResponseWriter, r *http.Request) {
			_, _ = fmt.Fprintf(w, `{"zones":[{"id":"z-1","name":"example.org"}],"next":%q}`, strings.Replace(next, s.URL, other.URL, 1))
		})
		i.script(t, other, document, "")
		err := i.addValue(t, scripted("a"), "v")
		f, _ := fault.From(err)
		if f == nil || len(other.requests()) != 1 {
			t.Errorf("%s: %v, requests %q", what, err, other.requests())
		}
	}
}
