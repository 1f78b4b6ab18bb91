package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"deputy/dnsconfig"
	"deputy/fault"
	"deputy/secret"
)

// What a document keeps of a reading lets a write pass only where the answer gave it as an id of its own.
func TestInventedSets(t *testing.T) {
	t.Parallel()
	for what, found := range map[string]string{
		"the apex":      `"='apex'"`,
		"the zone":      "=zone",
		"a part of it":  `"={id: zone_name}"`,
		"another's id":  `"={id: 'id-' + '1'}"`,
		"the zone's id": "=response.zone",
	} {
		s, i := newScript(t), newInstallation(t)
		s.say("GET /zones", 200, `{"zone":"z-1"}`)
		s.say("GET /sets", 200, `{"values":["foreign"],"zone":"z-1"}`)
		id := "${found}"
		if strings.Contains(found, "{") {
			id = "${found.id}"
		}
		i.script(t, s, nativeHead(withKey+`
zone: {get: /zones, id: =response.zone}
rrset:
  read: {get: "/sets?name=${name}", values: =response.values, found: `+found+`}
  replace: {put: "/sets/`+id+`", body: {values: =values}}
`), "")
		err := i.addValue(t, scripted("a"), "ours")
		wantFault(t, what, err, fault.BadDocument, "it may write and does not name a")
		if n := s.count("PUT"); n != 0 {
			t.Errorf("%s: %d writes", what, n)
		}
	}
}

// Giving up is an error: a write that the host has no place for is none, where nothing can be read back.
func TestSingleStyleWithoutItsPlace(t *testing.T) {
	t.Parallel()
	s, i := newScript(t), newInstallation(t)
	s.say("POST /update", 404, `{"error":"no such registration"}`)
	s.say("POST /clear", 404, `{}`)
	i.script(t, s, nativeHead(withKey+`
single:
  write: {post: /update, body: {subdomain: =label, txt: =value}, absent: [404], message: =response?.error}
  clear: {post: /clear, body: {subdomain: =label, txt: =value}, absent: [404]}
`), "")
	err := i.addValue(t, scripted("a"), "ours")
	wantFault(t, "nothing was written", err, fault.HostRefused, "no such registration")
	if err := i.removeValue(t, scripted("a"), "ours"); err != nil {
		t.Errorf("what is gone is gone: %v", err)
	}
}

// A host that lists without end, or more than there can be, is left.
func TestLongListsAreLeft(t *testing.T) {
	t.Parallel()
	many := make([]string, 20_000)
	for n := range many {
		many[n] = fmt.Sprint("v", n)
	}
	values, _ := json.Marshal(map[string]any{"values": many})
	s, i := newScript(t), newInstallation(t)
	s.on("/", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(values) })
	i.script(t, s, nativeHead(setDocument), "")
	_, err := i.Values(t.Context(), scripted("a"))
	wantFault(t, "a set", err, fault.HostRefused, "holds more than 1000 values")

	s, i = newScript(t), newInstallation(t)
	s.on("/", func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, `{"records":[{"id":"x%s","value":"v"},{"id":"y","value":"%s"}],"all":%s}`, r.URL.Query().Get("page"), r.URL.Query().Get("page"), values)
	})
	document := strings.Replace(listDocument, "len(response.records) == 2 ? page + 1 : nil", "page + 1", 1)
	i.script(t, s, nativeHead(strings.Replace(document, "records: =response.records", `records: "=map(response.all.values, ({id: #, value: #}))"`, 1)), "")
	_, err = i.Values(t.Context(), scripted("a"))
	wantFault(t, "records", err, fault.HostRefused, "holds more than 1000 values")
	if n := s.count("GET"); n != 1 {
		t.Errorf("%d pages were read", n)
	}
}

// A foreign value that a replacing write took away is told, though it can't be brought back.
func TestLostForeignValuesAreTold(t *testing.T) {
	t.Parallel()
	s, i := newScript(t), newInstallation(t)
	h := s.rrsets()
	h.put("example.org a", "foreign", "k3y/of+the=account")
	i.script(t, s, nativeHead(strings.ReplaceAll(setDocument, "values: =values", `values: "=[last(values)]"`)), "")
	if err := i.addValue(t, scripted("a"), "ours"); err != nil {
		t.Error(err)
	}
	told := strings.Join(i.told("provider.lost"), "\n")
	if !strings.Contains(told, `"foreign"`) || !strings.Contains(told, "a.example.org") || strings.Contains(told, scriptKey) {
		t.Errorf("told: %q", told)
	}
	// What goes as it should is not told.
	s, i = newScript(t), newInstallation(t)
	h = s.rrsets()
	h.put("example.org a", "foreign", "old")
	i.script(t, s, nativeHead(setDocument), "")
	if _, err := i.Change(t.Context(), publications(scripted("a"), "ours"), publications(scripted("a"), "old")); err != nil {
		t.Error(err)
	}
	if told := i.told("provider.lost"); len(told) != 0 {
		t.Errorf("told: %q", told)
	}
}

// The limits of a host say nothing to a run over given answers.
func TestTraceNativeWaitsForNoWindow(t *testing.T) {
	t.Parallel()
	n, err := dnsconfig.ParseNative([]byte(nativeHead("limits: {requests: [{count: 1, per: 24h}]}\n" + listDocument)))
	if err != nil {
		t.Fatal(err)
	}
	ops := ""
	_, err = TraceNative(context.Background(), Canned{
		Native: n, Account: map[string]secret.Value{"key": secret.New(scriptKey)}, Target: scripted("a"), Value: "v",
		Answer: func(dnsconfig.Request) dnsconfig.Response {
			return dnsconfig.Response{Status: 200, Body: []byte(`{"records":[]}`)}
		},
		See: func(tr Trace) {
			if tr.Request.Method != "" {
				ops += string(tr.Request.Op) + " "
			}
		},
	})
	if err != nil || !strings.HasPrefix(ops, "list create list ") {
		t.Errorf("%s, %v", ops, err)
	}
}

// The session of a login that the document takes for a failure is as secret as any other.
func TestTheMessageOfALoginHidesItsToken(t *testing.T) {
	t.Parallel()
	s, i := newScript(t), newInstallation(t)
	s.say("POST /login", 200, `{"access_token":"`+sessionToken+`","error":"no"}`)
	i.script(t, s, nativeHead(strings.Replace(loginDocument, "  message: =response?.error\n", "  ok: \"=false\"\n  message: =body\n", 1)), "")
	err := i.addValue(t, scripted("a"), "v")
	wantFault(t, "ok is wrong", err, fault.HostRefused, `"error":"no"`)
	if said := fmt.Sprint(err, i.tracesOf()); strings.Contains(said, sessionToken) {
		t.Errorf("the session is shown: %s", said)
	}
}

// A host's words are redacted whole, and cut then: half of a secret is one too.
func TestLongMessagesHoldNoHalfSecret(t *testing.T) {
	t.Parallel()
	s, i := newScript(t), newInstallation(t)
	key := strings.Repeat("0123456789", 16)
	s.say("/", 400, `{"error":"`+strings.Repeat(key+" ", 4)+`"}`)
	document := strings.Replace(setDocument, "values: =response.values}", "values: =response.values, message: =response.error}", 1)
	i.script(t, s, nativeHead(document), "account: {key: '"+key+"'}\n")
	err := i.addValue(t, scripted("a"), "v")
	wantFault(t, "a long message", err, fault.HostRefused, "[secret]")
	if strings.Contains(err.Error(), "01234") {
		t.Error(err)
	}
}
