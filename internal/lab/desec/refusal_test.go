package desec

import (
	"net/http/httptest"
	"strings"
	"testing"
)

// twoAccounts is a host with two zones for "main" and one for "other", without throttles.
func twoAccounts(change func(*Config)) *Host {
	c := Config{
		Accounts: []Account{
			{
				Tokens: []Token{{Secret: "main"}, {Secret: "scoped", Policies: []Policy{
					{},
					{Domain: new("martdj.dedyn.io"), Subname: new("validation"), Type: new("TXT"), Write: true},
				}}},
				Zones: []Zone{{Name: "martdj.dedyn.io", MinimumTTL: 60}, {Name: "slow.dedyn.io"}, {Name: "sub.martdj.dedyn.io"}},
			},
			{Tokens: []Token{{Secret: "other"}}, Zones: []Zone{{Name: "not-mine.example"}}},
		},
		NoThrottle: true,
	}
	if change != nil {
		change(&c)
	}
	return New(c)
}

// refusals is one rule a row. want is a part of the answer's body.
var refusals = []struct {
	rule, token, method, path, body string
	status                          int
	want                            string
}{
	// https://desec.readthedocs.io/en/latest/auth/tokens.html
	{"unknown token", "nobody", "GET", "/domains/", "", 401, `{"detail":"Invalid token."}`},
	{"no token", "", "GET", "/domains/", "", 401, "Invalid token header. No credentials provided."},
	{"a token with a space", "main x", "GET", "/domains/", "", 401, "Token string should not contain spaces."},
	// https://desec.readthedocs.io/en/latest/dns/rrsets.html: "domains that don't exist or you don't own"
	{"someone else's domain", "main", "GET", "/domains/not-mine.example/rrsets/", "", 404, `{"detail":"Not found."}`},
	{"someone else's domain, itself", "main", "GET", "/domains/not-mine.example/", "", 404, `{"detail":"Not found."}`},
	{"no such place", "main", "GET", "/domains/martdj.dedyn.io/records/", "", 404, "<title>Not Found</title>"},
	{"empty subname in a path", "main", "GET", "/domains/martdj.dedyn.io/rrsets//TXT/", "", 404, "<title>Not Found</title>"},
	// https://desec.readthedocs.io/en/latest/auth/tokens.html#token-scoping-policies
	{"scoped: other name", "scoped", "POST", "/domains/martdj.dedyn.io/rrsets/", `{"subname":"x","type":"TXT","ttl":60,"records":["\"v\""]}`, 403, "Insufficient token permissions."},
	{"scoped: other type", "scoped", "POST", "/domains/martdj.dedyn.io/rrsets/", `{"subname":"validation","type":"A","ttl":60,"records":["192.0.2.1"]}`, 403, "Insufficient"},
	{"scoped: other domain", "scoped", "PUT", "/domains/slow.dedyn.io/rrsets/", `[{"subname":"validation","type":"TXT","ttl":3600,"records":["\"v\""]}]`, 403, "Insufficient"},
	{"scoped: one of a list", "scoped", "PATCH", "/domains/martdj.dedyn.io/rrsets/", `[{"subname":"validation","type":"TXT","ttl":60,"records":["\"v\""]},{"subname":"x","type":"TXT","ttl":60,"records":["\"v\""]}]`, 403, "Insufficient"},
	{"scoped: deletion", "scoped", "DELETE", "/domains/martdj.dedyn.io/rrsets/host/A/", "", 403, "Insufficient"},
	{"scoped: change", "scoped", "PATCH", "/domains/martdj.dedyn.io/rrsets/host/A/", `{"ttl":61}`, 403, "Insufficient"},
	{"scoped: domains", "scoped", "POST", "/domains/", `{"name":"new.dedyn.io"}`, 403, "You do not have permission to perform this action."},
	{"scoped: domain deletion", "scoped", "DELETE", "/domains/martdj.dedyn.io/", "", 403, "You do not have permission"},
	// https://desec.readthedocs.io/en/latest/endpoint-reference.html
	{"method of a list", "main", "DELETE", "/domains/martdj.dedyn.io/rrsets/", "", 405, `Method \"DELETE\" not allowed.`},
	{"method of a domain", "main", "PUT", "/domains/martdj.dedyn.io/", "", 405, `Method \"PUT\" not allowed.`},
	// https://desec.readthedocs.io/en/latest/dns/rrsets.html#creating-an-rrset
	{"nothing sent", "main", "POST", "/domains/martdj.dedyn.io/rrsets/", "", 400, `{"non_field_errors":["No data provided"]}`},
	{"null", "main", "POST", "/domains/martdj.dedyn.io/rrsets/", "null", 400, "No data provided"},
	{"all fields missing", "main", "POST", "/domains/martdj.dedyn.io/rrsets/", "{}", 400, `"type":["This field is required."]`},
	{"empty records", "main", "POST", "/domains/martdj.dedyn.io/rrsets/", `{"type":"TXT","ttl":60,"records":[]}`, 400, `{"records":["This field must not be empty when using POST."]}`},
	{"records no list", "main", "POST", "/domains/martdj.dedyn.io/rrsets/", `{"type":"TXT","ttl":60,"records":"\"v\""}`, 400, `Expected a list of items but got type \"str\".`},
	{"a record no string", "main", "POST", "/domains/martdj.dedyn.io/rrsets/", `{"type":"TXT","ttl":60,"records":["\"v\"",1]}`, 400, `{"records":[{},["Must be a string."]]}`},
	{"nulls", "main", "POST", "/domains/martdj.dedyn.io/rrsets/", `{"subname":null,"type":null,"ttl":null,"records":null}`, 400, `"ttl":["This field may not be null."]`},
	{"ttl no number", "main", "POST", "/domains/martdj.dedyn.io/rrsets/", `{"type":"TXT","ttl":"soon","records":["\"v\""]}`, 400, "A valid integer is required."},
	{"ttl a fraction", "main", "POST", "/domains/martdj.dedyn.io/rrsets/", `{"type":"TXT","ttl":60.5,"records":["\"v\""]}`, 400, "A valid integer is required."},
	{"ttl below the zone's", "main", "POST", "/domains/martdj.dedyn.io/rrsets/", `{"type":"TXT","ttl":59,"records":["\"v\""]}`, 400, "greater than or equal to 60."},
	{"ttl below the default", "main", "POST", "/domains/slow.dedyn.io/rrsets/", `{"type":"TXT","ttl":60,"records":["\"v\""]}`, 400, "greater than or equal to 3600."},
	{"subname a list", "main", "POST", "/domains/martdj.dedyn.io/rrsets/", `{"subname":[],"type":"TXT","ttl":60,"records":["\"v\""]}`, 400, "Not a valid string."},
	{"subname too long", "main", "POST", "/domains/martdj.dedyn.io/rrsets/", `{"subname":"` + strings.Repeat("a.", 89) + `a","type":"TXT","ttl":60,"records":["\"v\""]}`, 400, "no more than 178 characters."},
	{"TYPE16", "main", "POST", "/domains/martdj.dedyn.io/rrsets/", `{"type":"TYPE16","ttl":60,"records":["x"]}`, 400, "Generic type format is not supported."},
	{"an address that is none", "main", "POST", "/domains/martdj.dedyn.io/rrsets/", `{"type":"A","ttl":60,"records":["192.0.2"]}`, 400, "Record content for type A malformed"},
	{"TXT escape over 255", "main", "POST", "/domains/martdj.dedyn.io/rrsets/", `{"type":"TXT","ttl":60,"records":["\"\\256\""]}`, 400, "malformed: Text input is malformed."},
	{"TXT ends in an escape", "main", "POST", "/domains/martdj.dedyn.io/rrsets/", `{"type":"TXT","ttl":60,"records":["\"\\25"]}`, 400, "Text input ended unexpectedly."},
	{"TXT half quoted", "main", "POST", "/domains/martdj.dedyn.io/rrsets/", `{"type":"TXT","ttl":60,"records":["\"a\" b"]}`, 400, "quotation marks."},
	{"the same octets twice", "main", "POST", "/domains/martdj.dedyn.io/rrsets/", `{"type":"TXT","ttl":60,"records":["\"a\"","\"\\097\""]}`, 400, "Duplicate: records must be semantically unique"},
	{"too large", "main", "POST", "/domains/martdj.dedyn.io/rrsets/", `{"type":"TXT","ttl":60,"records":["\"` + strings.Repeat("a", 65400) + `\""]}`, 400, "Total length of RRset exceeds limit by"},
	// https://desec.readthedocs.io/en/latest/dns/rrsets.html#caveats
	{"CNAME at the apex", "main", "POST", "/domains/martdj.dedyn.io/rrsets/", `{"type":"CNAME","ttl":60,"records":["x.example."]}`, 400, `["CNAME RRset cannot have empty subname."]`},
	{"two CNAMEs", "main", "POST", "/domains/martdj.dedyn.io/rrsets/", `{"subname":"c","type":"CNAME","ttl":60,"records":["x.example.","y.example."]}`, 400, "cannot have multiple records."},
	{"CNAME beside others", "main", "POST", "/domains/martdj.dedyn.io/rrsets/", `{"subname":"host","type":"CNAME","ttl":60,"records":["x.example."]}`, 400, "at same subname: database (A)."},
	{"CNAME and TXT in one list", "main", "PUT", "/domains/martdj.dedyn.io/rrsets/", `[{"subname":"c","type":"CNAME","ttl":60,"records":["x.example."]},{"subname":"c","type":"TXT","ttl":60,"records":["\"v\""]}]`, 400, "at same subname: 1 (TXT)."},
	{"NS of a dedyn.io zone", "main", "POST", "/domains/martdj.dedyn.io/rrsets/", `{"type":"NS","ttl":60,"records":["ns.example."]}`, 400, "Cannot modify NS records for this domain."},
	// https://desec.readthedocs.io/en/latest/dns/rrsets.html#restricted-types
	{"reading the SOA", "main", "GET", "/domains/martdj.dedyn.io/rrsets/?type=SOA", "", 403, "You cannot tinker with the SOA RRset."},
	// https://desec.readthedocs.io/en/latest/dns/rrsets.html#modifying-an-rrset
	{"the apex's subname sent along", "main", "PATCH", "/domains/martdj.dedyn.io/rrsets/host/A/", `{"subname":"","ttl":61}`, 400, "Can only be written on create."},
	{"a list to one RRset", "main", "PATCH", "/domains/martdj.dedyn.io/rrsets/host/A/", `[]`, 400, "Expected a dictionary, but got list."},
	// https://desec.readthedocs.io/en/latest/dns/rrsets.html#bulk-operations
	{"bulk: nothing sent", "main", "PUT", "/domains/martdj.dedyn.io/rrsets/", "", 400, "No data provided"},
	{"bulk: PUT without ttl", "main", "PUT", "/domains/martdj.dedyn.io/rrsets/", `[{"subname":"host","type":"A","records":["192.0.2.2"]}]`, 400, `[{"ttl":["This field is required."]}]`},
	{"bulk: no dictionary", "main", "PATCH", "/domains/martdj.dedyn.io/rrsets/", `[1]`, 400, `[{"non_field_errors":"Expected a dictionary, but got int."}]`},
	{"bulk: type no string", "main", "PATCH", "/domains/martdj.dedyn.io/rrsets/", `[{"type":1.5}]`, 400, `Expected a string, but got float.`},
	{"bulk: POST of what is there", "main", "POST", "/domains/martdj.dedyn.io/rrsets/", `[{"subname":"host","type":"A","ttl":60,"records":["192.0.2.2"]}]`, 400, `[{"non_field_errors":["Another RRset`},
	{"bulk: deletion without a place", "main", "PATCH", "/domains/martdj.dedyn.io/rrsets/", `[{"type":"A","records":[]}]`, 400, `[{"subname":["This field is required."]}]`},
	// https://desec.readthedocs.io/en/latest/dns/domains.html#creating-a-domain
	{"domain: no name", "main", "POST", "/domains/", `{}`, 400, `{"name":["This field is required."]}`},
	{"domain: no domain name", "main", "POST", "/domains/", `{"name":"a b"}`, 400, "Domain names must be labels separated by dots."},
	{"domain: upper case", "main", "POST", "/domains/", `{"name":"New.dedyn.io"}`, 400, "Invalid value (not lowercase): New.dedyn.io"},
	{"domain: public suffix", "main", "POST", "/domains/", `{"name":"co.uk"}`, 400, "disallowed by policy."},
	{"domain: below another user's", "main", "POST", "/domains/", `{"name":"a.not-mine.example"}`, 400, "conflicts with an existing domain"},
	{"domain: reserved", "main", "POST", "/domains/", `{"name":"_acme-challenge.dedyn.io"}`, 400, "disallowed by policy."},
	// https://docs.python.org/3/library/json.html: the parser's words and places
	{"JSON: cut off", "main", "POST", "/domains/", `{"name":`, 400, "JSON parse error - Expecting value: line 1 column 9 (char 8)"},
	{"JSON: no quotes", "main", "POST", "/domains/", "{\n name:1}", 400, "Expecting property name enclosed in double quotes: line 2 column 2 (char 3)"},
	{"JSON: two values", "main", "POST", "/domains/", `{} {}`, 400, "Extra data: line 1 column 4 (char 3)"},
	{"JSON: no comma", "main", "POST", "/domains/", `["a" "b"]`, 400, "Expecting ',' delimiter: line 1 column 6 (char 5)"},
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for _, r := range refusals {
		t.Run(r.rule, func(t *testing.T) {
			t.Parallel()
			var published []RRset
			h := twoAccounts(func(c *Config) {
				c.Publish = func(_ string, set RRset) error { published = append(published, set); return nil }
			})
			wantStatus(t, ask(t, h, "main", "POST", "/domains/martdj.dedyn.io/rrsets/", `{"subname":"host","type":"A","ttl":60,"records":["192.0.2.1"]}`), 201)
			got := ask(t, h, r.token, r.method, r.path, r.body)
			if got.Code != r.status || !strings.Contains(got.Body.String(), r.want) {
				t.Errorf("got %d %s\nwant %d …%s…", got.Code, got.Body, r.status, r.want)
			}
			if len(published) != 1 {
				t.Errorf("a refused request published something: %v", published[1:])
			}
			if (got.Header().Get("WWW-Authenticate") == "Token") != (r.status == 401) {
				t.Errorf("status %d, WWW-Authenticate: %q", r.status, got.Header().Get("WWW-Authenticate"))
			}
		})
	}
}

// https://desec.readthedocs.io/en/latest/dns/rrsets.html: each address ends in a slash. Django redirects what lacks it,
// whatever the method, and before it looks at tokens.
func TestNoSlash(t *testing.T) {
	t.Parallel()
	h := twoAccounts(nil)
	for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		got := ask(t, h, "nobody", method, "/domains/martdj.dedyn.io/rrsets?type=TXT", `[]`)
		wantStatus(t, got, 301)
		if at := got.Header().Get("Location"); at != "/api/v1/domains/martdj.dedyn.io/rrsets/?type=TXT" {
			t.Errorf("%s: Location: %s", method, at)
		}
	}
}

func wantStatus(t *testing.T, got *httptest.ResponseRecorder, status int) {
	t.Helper()
	if got.Code != status {
		t.Fatalf("got %d %s, want %d", got.Code, got.Body, status)
	}
}
