package ca

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"deputy/fault"
)

func TestWhatTheCASaysBecomesAFault(t *testing.T) {
	t.Parallel()
	const acmeNS = "urn:ietf:params:acme:error:"
	for _, test := range []struct {
		status int
		body   string
		code   fault.Code
		who    fault.Party
		says   string // in Seen or Do
	}{
		{400, problem("rejectedIdentifier", "a.example is on our list"), fault.CARefused, fault.Admin, "a.example is on our list"},
		{400, problem("unsupportedIdentifier", "no wildcards"), fault.CARefused, fault.Admin, "no wildcards"},
		{403, problem("caa", "CAA forbids"), fault.CARefused, fault.DNSOwner, `NAME. CAA 0 issue "ca.example"`},
		{400, problem("dns", "NXDOMAIN"), fault.CAValidation, fault.Admin, "deputy check"},
		{403, problem("unauthorized", "not yours"), fault.CARefused, fault.Admin, "not yours"},
		{400, problem("badCSR", "weak"), fault.CARefused, fault.Admin, "--key-type"},
		{400, problem("badPublicKey", "weak"), fault.CARefused, fault.Admin, "--key-type"},
		{403, problem("orderNotReady", "wait"), fault.CARefused, fault.Nobody, "wait"},
		{400, problem("accountDoesNotExist", "who?"), fault.CAAccount, fault.Admin, "deputy account add"},
		{403, problem("externalAccountRequired", "customers only"), fault.CAAccount, fault.Admin, "--eab-kid"},
		{403, `{"type":"` + acmeNS + `userActionRequired","detail":"agree","instance":"https://ca.example/agree"}`, fault.CATerms, fault.Admin, "https://ca.example/agree"},
		{400, problem("invalidProfile", "no"), fault.CARefused, fault.Admin, "has no profiles"},
		{429, problem("rateLimited", "too many"), fault.CALimited, fault.Nobody, "too many"},
		{429, problem("rateLimited", "Your account is paused for a.example. Please visit: https://ca.example/unpause?jwt="+strings.Repeat("x", 400)+"."), fault.CALimited, fault.Admin, "https://ca.example/unpause?jwt=" + strings.Repeat("x", 400) + " to have"},
		{500, problem("serverInternal", "oops"), fault.CAFailed, fault.CA, "oops"},
		{418, `{"type":"about:blank","title":"I'm a teapot"}`, fault.CARefused, fault.Admin, "I'm a teapot"},
		{400, problem("somethingNew", "news"), fault.CARefused, fault.Admin, "news"},
		{403, `<html>blocked by a firewall</html>`, fault.CARefused, fault.Admin, "blocked by a firewall"},
		{404, ``, fault.CARefused, fault.Admin, "404 Not Found"},
		{400, `{"type":"` + acmeNS + `compound","subproblems":[{"type":"` + acmeNS + `caa","detail":"forbidden","identifier":{"type":"dns","value":"b.example"}}]}`, fault.CARefused, fault.Admin, "b.example: “forbidden” (caa)"},
		{403, `{"type":"` + acmeNS + `caa","subproblems":[{"detail":"no","identifier":{"type":"dns","value":"*.b.example"}}]}`, fault.CARefused, fault.DNSOwner, `b.example. CAA 0 issuewild "ca.example"`},
	} {
		c := &Client{now: time.Now, index: &index{Directory: Directory{Identities: []string{"ca.example"}}}}
		x := &call{answer: &answer{status: test.status, header: http.Header{"Content-Type": {"text/html"}}, body: []byte(test.body)}}
		if test.status >= 500 {
			x.failed = errServer
		}
		f := wantFault(t, c.explain(t.Context(), query{tried: "do something"}, x, nil), test.code)
		if f.Who != test.who || !strings.Contains(f.Seen+" "+f.Do, test.says) {
			t.Errorf("%d %.80s: %v", test.status, test.body, f)
		}
	}
}

func TestStrangersTextIsCutAndHarmless(t *testing.T) {
	t.Parallel()
	hostile := "\x1b[2Jred\r\nalert\u202etxt\x00\u009b" + strings.Repeat("é", 1000)
	doc, _ := json.Marshal(map[string]any{"type": "urn:ietf:params:acme:error:" + hostile, "detail": hostile, "subproblems": make([]any, 1000)})
	for _, text := range []string{
		quoted(hostile), answer{status: 400, body: doc}.words(), answer{status: 400, header: http.Header{"Content-Type": {hostile}}, body: []byte(hostile)}.words(),
	} {
		harmless(t, text)
	}
	if got := link("see https://ca.example/x?y=1, please"); got != "https://ca.example/x?y=1" {
		t.Error(got)
	}
	if got := link("see https://" + strings.Repeat("x", 3000)); got != "" {
		t.Error("a link of 3000 octets is shown")
	}
}

func harmless(t *testing.T, text string) {
	t.Helper()
	if n := utf8.RuneCountInString(text); n > 4000 {
		t.Errorf("%d characters are shown", n)
	}
	for _, r := range text {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			t.Errorf("%q reaches the terminal in %.100q", r, text)
			return
		}
	}
}

// FuzzProblem: whatever the CA answers, people get a fault with all four parts, short and without control characters.
func FuzzProblem(f *testing.F) {
	f.Add(400, []byte(problem("caa", "x")), "7", "")
	f.Add(429, []byte(problem("rateLimited", "paused https://x")), "Tue, 24 Nov 2026 10:00:00 GMT", "Tue, 24 Nov 2026 09:00:00 GMT")
	f.Add(503, []byte("\x1b[2J"), "99999999999999999999", "x")
	f.Add(403, []byte(`{"type":7,"detail":{},"subproblems":[null,{"identifier":7}]}`), "-1", "")
	f.Fuzz(func(t *testing.T, status int, body []byte, retry, date string) {
		if status < 400 || status > 599 {
			return
		}
		a := answer{status: status, header: http.Header{"Retry-After": {retry}, "Date": {date}, "Link": {retry}}, body: body}
		if delay, told := a.retryAfter(); delay < 0 || !told && delay != 0 {
			t.Errorf("Retry-After %q is %s", retry, delay)
		}
		c := &Client{now: time.Now}
		x := &call{answer: &a}
		if status >= 500 {
			x.failed = errServer
		}
		got, ok := fault.From(c.explain(t.Context(), query{tried: "do something"}, x, nil))
		if !ok || got.Code == "" || got.Seen == "" || got.Do == "" || got.Who == "" {
			t.Fatalf("%#v", got)
		}
		harmless(t, strings.ReplaceAll(got.Error(), "\n", ""))
	})
}

// FuzzOrder: an order that is read has a known status and names that are names.
func FuzzOrder(f *testing.F) {
	f.Add([]byte(`{"status":"pending","identifiers":[{"type":"dns","value":"*.a.example"}],"authorizations":["https://x"],"expires":"2026-12-01T00:00:00Z"}`))
	f.Add([]byte(`{"status":"valid","error":{"subproblems":[null]},"identifiers":[null]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		o, err := parseOrder("https://ca.example/o", answer{body: body})
		if err != nil {
			harmless(t, err.Error())
			return
		}
		if !strings.Contains(" pending ready processing valid invalid ", " "+o.Status+" ") || len(o.Authorizations) > maxAuthorizations {
			t.Errorf("%+v", o)
		}
		for _, n := range o.Names {
			if n.Labels() < 2 {
				t.Errorf("%s", n)
			}
		}
	})
}
