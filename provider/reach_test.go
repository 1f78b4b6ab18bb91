package provider

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"deputy/dnsconfig"
	"deputy/fault"
	"deputy/secret"
)

func TestReach(t *testing.T) {
	t.Parallel()
	byName := strings.Replace(nativeHead(setDocument), "rrset:", `zone: {get: "/find?name=${name}", id: =response.id, name: =response.name}
rrset:`, 1)
	for _, c := range []struct {
		what, document string
		routes         func(*puppet)
		want           Reach
		asked          int
	}{
		{"a list", nativeHead(zonesDocument), func(s *puppet) {
			s.zonePages(`{"id":"z-2","name":"example.org"},{"id":"z-1","name":"another.org"}`)
		}, Reach{Listed: true, Zones: []ReachedZone{
			{Name: "another.org", ID: "z-1", State: ZoneFound},
			{Name: "example.net", Named: true, State: ZoneMissing, Why: "the host does not list it"},
			{Name: "example.org", ID: "z-2", Named: true, State: ZoneFound},
		}}, 1},
		{"a look-up", byName, func(s *puppet) {
			s.on("GET /find", func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Get("name") == "_acme-challenge.example.org" {
					_, _ = fmt.Fprint(w, `{"id":"z-2","name":"example.org"}`)
					return
				}
				_, _ = fmt.Fprint(w, `{}`)
			})
		}, Reach{Zones: []ReachedZone{
			{Name: "example.net", Named: true, State: ZoneMissing, Why: "the account has no zone at the host that holds it"},
			{Name: "example.org", ID: "z-2", Named: true, State: ZoneFound},
		}}, 2},
		{"a reading", nativeHead(setDocument), func(s *puppet) {
			s.say("GET /zones/example.org/_acme-challenge", 404, `{}`)
			s.say("GET /zones/example.net/_acme-challenge", 403, `{"detail":"not yours"}`)
		}, Reach{Zones: []ReachedZone{
			{Name: "example.net", Named: true, State: ZoneMissing, Why: `status 403, it says: {"detail":"not yours"}`},
			{Name: "example.org", Named: true, State: ZoneFound},
		}}, 2},
		{"a login", nativeHead(loginDocument), func(s *puppet) {
			s.doorkeeper(0)
		}, Reach{Login: true, Zones: []ReachedZone{
			{Name: "example.net", Named: true, State: ZoneFound}, {Name: "example.org", Named: true, State: ZoneFound},
		}}, 3},
		{"only writing", nativeHead(singleDocument), func(s *puppet) {}, Reach{Zones: []ReachedZone{
			{Name: "example.net", Named: true, State: ZoneUntold, Why: "the API can only write"}, {Name: "example.org", Named: true, State: ZoneUntold, Why: "the API can only write"},
		}}, 0},
	} {
		s, i := newScript(t), newInstallation(t)
		c.routes(s)
		i.script(t, s, c.document, "")
		c.want.Provider, c.want.Revision = "host", 1
		got, err := i.Reach(t.Context(), "host")
		if err != nil || fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", c.want) {
			t.Errorf("%s: %+v, %v; want %+v", c.what, got, err, c.want)
		}
		if len(s.requests()) != c.asked {
			t.Errorf("%s: requests %q", c.what, s.requests())
		}
	}
}

func TestReachWithoutACredential(t *testing.T) {
	t.Parallel()
	s, i := newScript(t), newInstallation(t)
	s.say("/", 401, `{"detail":"who are you"}`)
	i.script(t, s, nativeHead(setDocument), "")
	_, err := i.Reach(t.Context(), "host")
	wantFault(t, "a wrong key", err, fault.HostRefused, "status 401")
	if len(s.requests()) != 1 {
		t.Errorf("asked %q", s.requests())
	}
	_, err = i.Reach(t.Context(), "none")
	wantFault(t, "no such provider", err, fault.NoProvider, "there is none of that name")
}

// A run over given answers makes the requests that a host would get, without a host; the file of answers has each once.
func TestTraceNative(t *testing.T) {
	t.Parallel()
	answers := map[dnsconfig.Op]dnsconfig.Response{
		dnsconfig.Login:  {Status: 200, Body: []byte(`{"access_token":"` + sessionToken + `"}`)},
		dnsconfig.List:   {Status: 200, Body: []byte(`{"records":[{"id":"r-1","value":"foreign"}]}`)},
		dnsconfig.Create: {Status: 201, Body: []byte(`{}`)},
		dnsconfig.Delete: {Status: 204},
		dnsconfig.Read:   {Status: 404},
	}
	records := strings.Replace(nativeHead(listDocument), `{X-Key: "${account.key}"}`, `{X-Key: "${account.key}", Authorization: "Bearer ${session.token}"}`, 1) +
		"login: {post: /login, form: {key: =account.key}, session: {token: =response.access_token}}\n"
	for _, c := range []struct {
		what, document string
		want           string
	}{
		{"records", records, "login list create list list delete list"},
		{"sets", nativeHead(fullDocument), "read create read read delete read"},
		{"single", nativeHead(singleDocument), "write"},
	} {
		n, err := dnsconfig.ParseNative([]byte(c.document))
		if err != nil {
			t.Fatal(err)
		}
		var ops []string
		var said strings.Builder
		run := Canned{
			Native: n, Account: map[string]secret.Value{"key": secret.New(scriptKey)}, Target: scripted("a"), Value: "ours",
			Answer: func(r dnsconfig.Request) dnsconfig.Response {
				if a, ok := answers[r.Op]; ok {
					return a
				}
				return dnsconfig.Response{Status: 200}
			},
			See: func(tr Trace) {
				fmt.Fprintf(&said, "%q %q\n", tr.Evaluations, tr.Read)
				if len(tr.Read) > 0 || tr.Note != "" {
					return
				}
				ops = append(ops, string(tr.Request.Op))
				fmt.Fprintf(&said, "%s %s %q %s %s\n", tr.Request.Method, tr.Request.URL, tr.Request.Header, tr.Request.Body, tr.Response.Body)
			},
		}
		if _, err := TraceNative(t.Context(), run); err != nil {
			t.Errorf("%s: %v", c.what, err)
		}
		if got := strings.Join(ops, " "); got != c.want {
			t.Errorf("%s: %s; want %s", c.what, got, c.want)
		}
		if text := said.String(); strings.Contains(text, sessionToken) || strings.Contains(text, scriptKey) || !strings.Contains(text, "https://api.example.org/") {
			t.Errorf("%s: %s", c.what, text)
		}
		said.Reset()
		run.ShowSecrets = true
		if _, err := TraceNative(t.Context(), run); err != nil || !strings.Contains(said.String(), scriptKey) {
			t.Errorf("%s, openly: %v\n%s", c.what, err, said.String())
		}
	}
}

// What the answers do not fit is told, and the removal is tried all the same.
func TestTraceNativeOfWrongAnswers(t *testing.T) {
	t.Parallel()
	n, err := dnsconfig.ParseNative([]byte(nativeHead(fullDocument)))
	if err != nil {
		t.Fatal(err)
	}
	run := Canned{
		Native: n, Account: map[string]secret.Value{"key": secret.New(scriptKey)}, Target: scripted("a"), Value: "ours",
		Answer: func(r dnsconfig.Request) dnsconfig.Response {
			return dnsconfig.Response{Status: 429, Body: []byte("not now, " + scriptKey)}
		},
	}
	_, err = TraceNative(t.Context(), run)
	wantFault(t, "throttled for ever", err, fault.HostThrottled, "not now, [secret]")
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := TraceNative(ended, run); err == nil {
		t.Error("a run in an ended context succeeds")
	}
}

// TestTraceNativeOutcomes: whether the value was seen is told in a sentence, and what is made up at its place.
func TestTraceNativeOutcomes(t *testing.T) {
	t.Parallel()
	document := strings.Replace(nativeHead(listDocument), "${id}", "${record.id}", 1)
	n, err := dnsconfig.ParseNative([]byte(document))
	if err != nil {
		t.Fatal(err)
	}
	const none, ours = `{"records":[]}`, `{"records":[{"id":"r-1","value":"ours"}]}`
	for _, c := range []struct {
		lists         []string
		outcome, says string
	}{
		{[]string{none, ours, ours, none}, "seen", "list kept 0 records: []\nlist kept 1 record: [\"ours\"]\nlist kept 1 record: [\"ours\"]\nlist kept 0 records: []\n" +
			"the value was seen after it was added, and gone after it was removed"},
		{[]string{none}, "not-written", "from here with a made-up record, its id the-id-of-the-record\n"},
		{[]string{none}, "not-written", "the value was never seen after create: at the host this would be not-written; list must read the name that create writes"},
		{[]string{none, ours}, "not-removed", "the value should be gone and is still there; from here as if it were gone\n"},
		{[]string{ours}, "there-before", "the value was there before it was added, so that nothing was added"},
		{[]string{"<html>"}, "stopped", "deputy would have stopped, so that nothing tells whether the value was seen"},
	} {
		lists := c.lists
		var said strings.Builder
		outcome, err := TraceNative(t.Context(), Canned{
			Native: n, Account: map[string]secret.Value{"key": secret.New(scriptKey)}, Target: scripted("a"), Value: "ours",
			Answer: func(r dnsconfig.Request) dnsconfig.Response {
				if r.Op != dnsconfig.List {
					return dnsconfig.Response{Status: 200, Body: []byte("{}")}
				}
				body := lists[0]
				lists = lists[min(1, len(lists)-1):]
				return dnsconfig.Response{Status: 200, Body: []byte(body)}
			},
			See: func(tr Trace) {
				if tr.Note != "" {
					said.WriteString(tr.Note + "\n")
				}
			},
		})
		if got := said.String() + outcome.Text; outcome.Code != c.outcome || !strings.Contains(got, c.says) || (err != nil) != (c.outcome == "stopped") {
			t.Errorf("%q: %s, %v\n%s\nwant %s, %q", c.lists, outcome.Code, err, got, c.outcome, c.says)
		}
	}
}
