package desec

import (
	"encoding/json"
	"strings"
	"testing"
)

// https://desec.readthedocs.io/en/latest/dns/rrsets.html#caveats, "TXT record": what is sent, and what comes back.
func TestTextForm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ sent, want string }{
		{`"tok1"`, `"tok1"`},
		{`  "one"	"two"  `, `"one" "two"`},
		{`"one""two"`, `"one" "two"`},
		{`""`, `""`},
		{`"ä;"`, `"\195\164;"`},
		{`"\195\164"`, `"\195\164"`},
		{`"\097\065"`, `"aA"`},
		{`"a\"b\\c\d"`, `"a\"b\\cd"`},
		{`"a" ; a comment`, `"a"`},
		{`"` + strings.Repeat("x", 255) + `"`, `"` + strings.Repeat("x", 255) + `"`},
		{`"` + strings.Repeat("x", 256) + `"`, `"` + strings.Repeat("x", 255) + `" "x"`},
		{`"` + strings.Repeat(`\000`, 256) + `"`, `"` + strings.Repeat(`\000`, 255) + `" "\000"`},
	} {
		if got, err := canonicalText("TXT", c.sent); err != nil || got != c.want {
			t.Errorf("%s comes back as %s, %v; want %s", c.sent, got, err, c.want)
		}
	}
}

// Other types come back in canonical form, and names without regard to case are duplicates.
func TestOtherTypes(t *testing.T) {
	t.Parallel()
	h := twoAccounts(nil)
	for _, c := range []struct{ rrtype, sent, want string }{
		{"AAAA", "0:0000::1", "::1"},
		{"MX", "010 Mail.example.", "10 Mail.example."},
		{"CAA", "0 issue ca.example", `0 issue "ca.example"`},
	} {
		got := ask(t, h, "main", "POST", rrsets, `{"subname":"x","type":"`+c.rrtype+`","ttl":60,"records":["`+c.sent+`"]}`)
		wantStatus(t, got, 201)
		var set struct{ Records []string }
		if err := json.Unmarshal(got.Body.Bytes(), &set); err != nil || len(set.Records) != 1 || set.Records[0] != c.want {
			t.Errorf("%s %s comes back as %v, %v", c.rrtype, c.sent, set.Records, err)
		}
	}
	got := ask(t, h, "main", "POST", rrsets, `{"subname":"y","type":"MX","ttl":60,"records":["10 a.example.","10 A.EXAMPLE."]}`)
	if got.Code != 400 || !strings.Contains(got.Body.String(), "semantically unique") {
		t.Errorf("%d %s", got.Code, got.Body)
	}
}

// https://desec.readthedocs.io/en/latest/dns/rrsets.html#accessing-the-zone-apex: "@" and "..." are the apex, and either
// may follow a subname.
func TestApexInPaths(t *testing.T) {
	t.Parallel()
	h := twoAccounts(nil)
	wantStatus(t, ask(t, h, "main", "PUT", rrsets, `[
		{"subname":"","type":"TXT","ttl":60,"records":["\"apex\""]},
		{"subname":"a.b","type":"TXT","ttl":"60","records":["\"below\""]}]`), 200)
	for path, want := range map[string]string{"@": "apex", "...": "apex", "a.b": "below", "a.b...": "below", "a.b@": "below"} {
		got := ask(t, h, "main", "GET", rrsets+path+"/TXT/", "")
		if got.Code != 200 || !strings.Contains(got.Body.String(), `"\"`+want+`\""`) {
			t.Errorf("%s: %d %s", path, got.Code, got.Body)
		}
	}
	got := ask(t, h, "main", "GET", rrsets+"?subname=&type=TXT", "")
	if got.Code != 200 || !strings.Contains(got.Body.String(), "apex") || strings.Contains(got.Body.String(), "below") {
		t.Errorf("?subname=: %d %s", got.Code, got.Body)
	}
}

// https://desec.readthedocs.io/en/latest/dns/domains.html#domain-field-reference: one domain comes with its key, which
// stays the same, and publishing moves its times.
func TestShowDomain(t *testing.T) {
	t.Parallel()
	h := twoAccounts(nil)
	show := func() (d domainFields) {
		t.Helper()
		got := ask(t, h, "main", "GET", "/domains/martdj.dedyn.io/", "")
		wantStatus(t, got, 200)
		if err := json.Unmarshal(got.Body.Bytes(), &d); err != nil {
			t.Fatal(err)
		}
		return d
	}
	before := show()
	if before.MinimumTTL != 60 || before.Published != nil || len(before.Keys) != 1 || len(before.Keys[0].DS) != 2 {
		t.Errorf("domain: %+v", before)
	}
	wantStatus(t, ask(t, h, "main", "POST", rrsets, `{"type":"TXT","ttl":60,"records":["\"x\""]}`), 201)
	after := show()
	if after.Published == nil || *after.Published != after.Touched || after.Touched < before.Touched {
		t.Errorf("domain: %+v, before: %+v", after, before)
	}
	if after.Keys[0].DNSKEY != before.Keys[0].DNSKEY || !strings.HasPrefix(after.Keys[0].DNSKEY, "257 3 13 ") {
		t.Errorf("key: %s, before: %s", after.Keys[0].DNSKEY, before.Keys[0].DNSKEY)
	}
}

type domainFields struct {
	Published *string
	Touched   string
	Keys      []struct {
		DNSKEY string
		DS     []string
	}
	MinimumTTL int `json:"minimum_ttl"`
}

// Every answer of the API says which methods the address has; HEAD and OPTIONS are among them.
func TestMethods(t *testing.T) {
	t.Parallel()
	h := twoAccounts(nil)
	for path, want := range map[string]string{
		"/domains/":                 "GET, POST, HEAD, OPTIONS",
		"/domains/martdj.dedyn.io/": "GET, DELETE, HEAD, OPTIONS",
		rrsets:                      "GET, POST, PUT, PATCH, HEAD, OPTIONS",
		rrsets + "validation/TXT/":  "GET, PUT, PATCH, DELETE, HEAD, OPTIONS",
	} {
		got := ask(t, h, "main", "TRACE", path, "")
		if allow := got.Header().Get("Allow"); got.Code != 405 || allow != want {
			t.Errorf("%s: %d, Allow: %s; want 405, %s", path, got.Code, allow, want)
		}
		if got := ask(t, h, "main", "OPTIONS", path, ""); got.Code != 200 || !json.Valid(got.Body.Bytes()) {
			t.Errorf("OPTIONS %s: %d %s", path, got.Code, got.Body)
		}
	}
	wantStatus(t, ask(t, h, "main", "HEAD", "/domains/", ""), 200)
}
