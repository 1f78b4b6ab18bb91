package dnsconfig

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"deputy/fault"
	"deputy/name"
	"deputy/secret"
)

// nativeDocument uses every part of the format in rrset style.
const nativeDocument = `deputy: dns-configuration/1
name: host
title: A host
version: "1.2"
author: somebody
website: https://example.org
notes: |
  For people.
account:
  token: {title: Token, secret: true, help: ask}
  view: {optional: true}
limits: {writes_per_second: 0.5, minimum_ttl: 120}
api:
  base: https://api.example.org/v1/
  headers: {Authorization: "Bearer ${account.token}", X-Version: "$${1}"}
zone:
  get: /zones?name=${zone_name}&view=${account.view}
  id: '=first(filter(response.zones, #.name == zone_name))?.id'
  minimum_ttl: =response.ttl
rrset:
  read:
    post: /zones/${zone}/sets/${fqdn}
    headers: {X-Name: "${name}"}
    form: {name: =label, type: TXT, list: '=["a", "b"]'}
    absent: [404, 410]
    values: =map(response.values, unquote(#))
  replace:
    patch: /zones/${zone}/sets
    ok: =response.status == "done"
    body:
      name: =label
      ttl: =ttl
      nothing: null
      flag: true
      number: 1.5
      texts: =map(values, quote(#))
      deep: [{a: "x ${label} y"}, "=len(values)", '=values[0] ?? ""']
`

func parseTestDocument(t *testing.T) *Native {
	t.Helper()
	n, err := ParseNative([]byte(nativeDocument))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func testInputs() Inputs {
	return Inputs{
		Account: map[string]secret.Value{"token": secret.New("s3cr3t")},
		Name:    name.MustParseOwner("a.b.example.org"),
		Zone:    name.MustParseOwner("example.org"),
		ZoneID:  "id/1?",
		Values:  []string{"<one>", "tw\"o"},
	}
}

func TestNativeAbout(t *testing.T) {
	t.Parallel()
	n := parseTestDocument(t)
	want := About{
		Name: "host", Title: "A host", Kind: "native", Style: "rrset", Version: "1.2", Author: "somebody",
		Website: "https://example.org", Notes: "For people.\n", Hosts: []string{"api.example.org"}, Verdict: Additive, Proven: ByDocumentation,
		Fields: []Field{{Name: "token", Title: "Token", Help: "ask", Secret: true, Needed: true}, {Name: "view", Title: "view"}},
	}
	if got := n.About(); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	if !reflect.DeepEqual(n.Limits(), Limits{WritesPerSecond: 0.5, MinimumTTL: 120}) || n.Base() != "https://api.example.org/v1" || string(n.Source()) != nativeDocument {
		t.Errorf("limits %+v, base %s", n.Limits(), n.Base())
	}
}

func TestNativeRequests(t *testing.T) {
	t.Parallel()
	n := parseTestDocument(t)
	for _, c := range []struct {
		op     Op
		method string
		url    string
		header [][2]string
		body   string
	}{
		{Zone, "GET", "https://api.example.org/v1/zones?name=example.org&view=",
			[][2]string{{"Authorization", "Bearer s3cr3t"}, {"X-Version", "${1}"}, {"Accept", "application/json"}}, ""},
		{Read, "POST", "https://api.example.org/v1/zones/id%2F1%3F/sets/a.b.example.org.",
			[][2]string{{"Authorization", "Bearer s3cr3t"}, {"X-Version", "${1}"}, {"X-Name", "a.b.example.org"}, {"Accept", "application/json"}, {"Content-Type", "application/x-www-form-urlencoded"}},
			"name=a.b&type=TXT&list=a&list=b"},
		{Replace, "PATCH", "https://api.example.org/v1/zones/id%2F1%3F/sets",
			[][2]string{{"Authorization", "Bearer s3cr3t"}, {"X-Version", "${1}"}, {"Accept", "application/json"}, {"Content-Type", "application/json"}},
			`{"name":"a.b","ttl":120,"nothing":null,"flag":true,"number":1.5,"texts":["\"<one>\"","\"tw\\\"o\""],"deep":[{"a":"x a.b y"},2,"<one>"]}`},
	} {
		r, err := n.Request(c.op, testInputs())
		if err != nil {
			t.Errorf("%s: %v", c.op, err)
			continue
		}
		if r.Op != c.op || r.Method != c.method || r.URL != c.url || string(r.Body) != c.body || !reflect.DeepEqual(r.Header, c.header) {
			t.Errorf("%s: %s %s\n%q\n%s", c.op, r.Method, r.URL, r.Header, r.Body)
		}
	}
}

func TestNativeRequestElsewhere(t *testing.T) {
	t.Parallel()
	n := parseTestDocument(t)
	in := testInputs()
	in.Base, in.ZoneID, in.ZoneTTL = "http://127.0.0.1:8081/", "", 3600
	r, err := n.Request(Replace, in)
	if err != nil || r.URL != "http://127.0.0.1:8081/zones/example.org/sets" || !strings.Contains(string(r.Body), `"ttl":3600`) {
		t.Errorf("%s %s, %v", r.URL, r.Body, err)
	}
}

// What a value could bend is refused before it is sent; no message holds the value.
func TestNativeRequestRefuses(t *testing.T) {
	t.Parallel()
	n := parseTestDocument(t)
	for _, c := range []struct {
		what   string
		op     Op
		change func(*Inputs)
		seen   string
	}{
		{"an operation of the other style", Create, func(*Inputs) {}, "no create"},
		{"no token", Zone, func(in *Inputs) { in.Account = nil }, "token is missing"},
		{"a line break in a header", Zone, func(in *Inputs) { in.Account["token"] = secret.New("s3cr3t\r\nX-Evil: 1") }, "Authorization would hold a line break"},
		{"a path part of dots", Replace, func(in *Inputs) { in.ZoneID = ".." }, "a part of dots only"},
		{"an address that is none", Zone, func(in *Inputs) { in.Base = "file:///etc/passwd" }, "api_base"},
		{"an address with a query", Zone, func(in *Inputs) { in.Base = "https://x.example/?s3cr3t" }, "api_base"},
	} {
		in := testInputs()
		c.change(&in)
		_, err := n.Request(c.op, in)
		f, ok := fault.From(err)
		if !ok || f.Code != fault.BadDocument || !strings.Contains(f.Seen, c.seen) {
			t.Errorf("%s: %v; want %q", c.what, err, c.seen)
			continue
		}
		if strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: the message holds the secret: %v", c.what, err)
		}
	}
}

// An empty label stands for the zone's own name at many hosts; the path refuses it.
func TestNativeRequestWithAnEmptyPathPart(t *testing.T) {
	t.Parallel()
	n, _, err := FromLibrary("desec")
	if err != nil {
		t.Fatal(err)
	}
	zone := name.MustParseOwner("example.org")
	_, err = n.Request(Read, Inputs{Account: map[string]secret.Value{"token": secret.New("x")}, Name: zone, Zone: zone})
	if f, ok := fault.From(err); !ok || !strings.Contains(f.Seen, "empty part") {
		t.Errorf("%v", err)
	}
}

func TestNativeAnswers(t *testing.T) {
	t.Parallel()
	n := parseTestDocument(t)
	for _, c := range []struct {
		what   string
		op     Op
		status int
		kind   string
		body   string
		want   Result
		fails  string // part of the reason
	}{
		{"a zone", Zone, 200, "", `{"zones":[{"name":"org","id":1},{"name":"example.org","id":12345678901234567}],"ttl":300}`, Result{ZoneID: "12345678901234567", ZoneTTL: 300}, ""},
		{"a zone without a TTL", Zone, 200, "", `{"zones":[{"name":"example.org","id":"z"}]}`, Result{ZoneID: "z"}, ""},
		{"no such zone", Zone, 200, "", `{"zones":[]}`, Result{Absent: true}, ""},
		{"a TTL that is none", Zone, 200, "", `{"zones":[{"name":"example.org","id":"z"}],"ttl":"long"}`, Result{}, "minimum_ttl"},
		{"an id that is none", Zone, 200, "", `{"zones":[{"name":"example.org","id":[1]}]}`, Result{}, "id: text is wanted"},
		{"values", Read, 200, "", `{"values":["\"a\"","bare \\ text","\"x\" \"y\""]}`, Result{Values: []string{"a", `bare \ text`, "xy"}}, ""},
		{"no values", Read, 200, "", `{"values":[]}`, Result{Values: []string{}}, ""},
		{"absent", Read, 410, "", `<html>gone`, Result{Absent: true}, ""},
		{"a status that is not accepted", Read, 500, "", `{}`, Result{}, "status 500"},
		{"another shape", Read, 200, "", `[]`, Result{}, "the expression map(response.values, unquote(#)) fails"},
		{"values that are none", Read, 200, "", `{"values":[{}]}`, Result{}, "unquote wants text, not a mapping"},
		{"a TXT that can't be read", Read, 200, "", `{"values":["\"open"]}`, Result{}, "closing quote is missing"},
		{"no JSON", Read, 200, "", `hello`, Result{}, "JSON was expected"},
		{"two JSON texts", Read, 200, "", `{"values":[]}{}`, Result{}, "something follows"},
		{"nothing", Read, 200, "", ``, Result{}, "fails"},
		{"a page", Read, 200, "text/html; charset=utf-8", "\n <html><body>log in", Result{}, "HTML"},
		{"JSON called a page", Read, 200, "text/html", `{"values":["\"a\""]}`, Result{Values: []string{"a"}}, ""},
		{"a write that worked", Replace, 200, "", `{"status":"done"}`, Result{}, ""},
		{"a write that did not", Replace, 200, "", `{"status":"failed"}`, Result{}, "says that the request failed"},
	} {
		header := map[string][]string{}
		if c.kind != "" {
			header["Content-Type"] = []string{c.kind}
		}
		got, err := n.Read(c.op, testInputs(), Response{Status: c.status, Header: header, Body: []byte(c.body)})
		if c.fails != "" {
			var answer *AnswerError
			if !errors.As(err, &answer) || !strings.Contains(answer.Reason, c.fails) {
				t.Errorf("%s: %v; want %q", c.what, err, c.fails)
			}
			continue
		}
		got.Forms = nil
		got.seen = nil
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v; want %+v", c.what, got, err, c.want)
		}
	}
}

func TestRefusedInsideSuccess(t *testing.T) {
	t.Parallel()
	_, err := parseTestDocument(t).Read(Replace, testInputs(), Response{Status: 200, Body: []byte(`{"status":"failed"}`)})
	var answer *AnswerError
	if !errors.As(err, &answer) || !answer.Refused {
		t.Errorf("%v; want a refusal", err)
	}
}

// Each mistake in a document is told with its line, and with the line itself.
func TestParseNativeRefuses(t *testing.T) {
	t.Parallel()
	change := func(old, new string) string {
		if !strings.Contains(nativeDocument, old) {
			t.Fatalf("the document has no %q", old)
		}
		return strings.Replace(nativeDocument, old, new, 1)
	}
	for _, c := range []struct{ what, source, seen string }{
		{"empty", "", "empty"},
		{"only a comment", "# nothing\n", "empty"},
		{"a list", "- a\n", "line 1"},
		{"not YAML", "deputy: [\n", "line 1, column 9"},
		{"too long", "a: " + strings.Repeat("x", 70_000), "at most 65536"},
		{"too deep", "a: " + strings.Repeat("[", 40) + strings.Repeat("]", 40), "nests deeper than 32"},
		{"too deep in dashes", strings.Repeat("- ", 40) + "a\n", "nests deeper than 32"},
		{"another format", change("dns-configuration/1", "dns-configuration/9"), "dns-configuration/1"},
		{"a provider in its place", "deputy: dns-provider/1\nname: a\nzones: [a.b]\n", `deputy is "dns-provider/1"; a native DNS Configuration begins with deputy: dns-configuration/1`},
		{"a name with upper case", change("name: host", "name: Host"), "a-z"},
		{"a key that does not exist", change("notes: |", "note: |"), `line 7, column 1: there is no key "note" here; did you mean notes?, at: note: |`},
		{"a key twice", change("title: A host", "name: host"), "line 3"},
		{"an alias", change("title: A host", "title: *x"), "anchors, aliases"},
		{"an anchor", change("title: A host", "title: &x A host"), "anchors, aliases"},
		{"a tag", change("title: A host", "title: !!str A host"), "anchors, aliases"},
		{"a field's key that does not exist", change("{optional: true}", "{optionall: true}"), `"optionall"`},
		{"a field's name", change("  view: {optional: true}", "  View: {optional: true}"), `"View" is no name of a field`},
		{"negative limits", change("minimum_ttl: 120", "minimum_ttl: -1"), "line 12, column 47: this should be a number from 0 to 2147483647"},
		{"text for a number", change("writes_per_second: 0.5", "writes_per_second: many"), "line 12, column 29: this should be a number"},
		{"plain HTTP", change("base: https:", "base: http:"), "https://"},
		{"a base with a user", change("https://api.", "https://u:p@api."), "without user"},
		{"a header that is none", change("X-Version:", "\"X Version\":"), `"X Version" is no name of a header`},
		{"a header of the connection", change("X-Version:", "Host:"), "can't set the header Host"},
		{"an unknown variable", change("${account.view}", "${acount.view}"), "line 17, column 8: unknown name acount (character 1)"},
		{"an unknown field", change("${account.view}", "${account.vew}"), "unknown field vew"},
		{"an unknown function", change("unquote(#))", "unqote(#))"), "unknown name unqote"},
		{"a variable of another place", change("name: =label\n      ttl", "name: =id\n      ttl"), "unknown name id"},
		{"the answer in a request", change("ttl: =ttl", "ttl: =response.ttl"), "unknown name response"},
		{"${ that is not closed", change("${zone}/sets/${fqdn}", "${zone}/sets/${fqdn"), "never closed"},
		{"no expression", change("values: =map(response.values, unquote(#))", "values: response.values"), "begins with ="},
		{"a broken expression", change("=map(response.values, unquote(#))", "=map(response.values"), "line 26, column 13: the expression ends too early (character 19)"},
		{"an expression of another kind", change("=map(response.values, unquote(#))", "=\"a\""), "can't be used here"},
		{"a list in a path", change("/zones/${zone}/sets\n", "/zones/${values}/sets\n"), "gives no text"},
		{"an expression cut by a comment", change("'=first(filter(response.zones, #.name == zone_name))?.id'", "=first(filter(response.zones, #.name == zone_name))?.id"), "a # after a space begins a comment in YAML: put the expression in quotes"},
		{"let", change("=len(values)", "=let a = 1; a"), "let is not allowed"},
		{"a sequence", change("=len(values)", "=1; 2"), "; is not allowed"},
		{"six loops", change("=len(values)", "=map(map(map(map(map(map(values, #), #), #), #), #), #)"), "at most 5 loops"},
		{"too much in one expression", change("=len(values)", "="+strings.Repeat("1+", 200)+"1"), "exceeds"},
		{"a made pattern", change("=len(values)", "=label matches label"), "has to be written out"},
		{"time", change("=len(values)", "=now()"), "int is not callable"},
		{"two methods", change("patch: /zones", "put: /a\n    patch: /zones"), "two methods"},
		{"no method", change("    patch: /zones/${zone}/sets\n", ""), "no method"},
		{"a path without a slash", change("patch: /zones", "patch: zones"), "begins with a slash"},
		{"another host by plain HTTP", change("patch: /zones", "patch: http://other.example/zones"), "requests go by https:// only"},
		{"a made host", change("patch: /zones/${zone}", "patch: https://${zone}.example/zones"), "the host of an address has to be written out"},
		{"a way up in a path", change("patch: /zones/${zone}/sets", "patch: /zones/${zone}/../sets"), "a part of dots only"},
		{"an empty part in a path", change("patch: /zones/${zone}/sets", "patch: /zones//sets"), "an empty part"},
		{"a line break in a header", change("X-Name: \"${name}\"", "X-Name: \"a\\r\\nX-Evil: b\""), "the header X-Name would hold a line break"},
		{"body and form", change("    body:\n", "    form: {a: b}\n    body:\n"), "both body and form"},
		{"a form that is a list", change("form: {name: =label, type: TXT, list: '=[\"a\", \"b\"]'}", "form: [a]"), "this should be a mapping of keys to values, or an expression that gives one"},
		{"a result of another operation", change("ok: =response.status", "id: =response.id\n    ok: =response.status"), "id means nothing in replace"},
		{"no result", change("    values: =map(response.values, unquote(#))\n", ""), "values is missing"},
		{"no replace", nativeDocument[:strings.Index(nativeDocument, "  replace:")], "rrset.replace is missing"},
		{"no style", nativeDocument[:strings.Index(nativeDocument, "rrset:")], "exactly one of rrset, record and single has to be there"},
		{"both styles", nativeDocument + "record: {}\n", "there are both rrset and record; exactly one of rrset, record and single has to be there"},
		{"a hexadecimal number", change("number: 1.5", "number: 0x10"), "no decimal number"},
	} {
		_, err := ParseNative([]byte(c.source))
		f, ok := fault.From(err)
		if !ok || f.Code != fault.BadDocument {
			t.Errorf("%s: %v; want a fault %s", c.what, err, fault.BadDocument)
			continue
		}
		if !strings.Contains(f.Seen, c.seen) {
			t.Errorf("%s: seen %q; want %q in it", c.what, f.Seen, c.seen)
		}
		if f.Tried == "" || f.Do == "" || f.Who == "" {
			t.Errorf("%s: %+v lacks what was tried, what to do or who", c.what, f)
		}
	}
}

// FuzzParseNative: a document that parses makes requests only to its own address, below its own path, with headers of one
// line; one that does not is a fault.
func FuzzParseNative(f *testing.F) {
	f.Add(nativeDocument, "zone", "value")
	f.Add(strings.Replace(nativeDocument, "${zone}", "${values[0]}", 1), "../..", "a/../b")
	f.Fuzz(func(t *testing.T, source, zone, value string) {
		n, err := ParseNative([]byte(source))
		if err != nil {
			if _, ok := fault.From(err); !ok {
				t.Errorf("%q: %v is no fault", source, err)
			}
			return
		}
		in := testInputs()
		in.ZoneID, in.Values, in.Value, in.ID, in.Base = zone, []string{value}, value, value, "https://api.example.org/base"
		for _, field := range n.About().Fields {
			in.Account[field.Name] = secret.New(value)
		}
		for _, op := range []Op{Zone, Read, Replace, List, Create, Delete} {
			r, err := n.Request(op, in)
			if err != nil {
				continue
			}
			if !strings.HasPrefix(r.URL, "https://api.example.org/base/") || strings.Contains(strings.Split(r.URL, "?")[0], "/../") {
				t.Errorf("%q: %s goes to %s", source, op, r.URL)
			}
			for _, h := range r.Header {
				if strings.ContainsAny(h[0]+h[1], "\r\n") {
					t.Errorf("%q: the header %q", source, h)
				}
			}
			_, _ = n.Read(op, in, Response{Status: 200, Body: []byte(value)})
		}
	})
}
