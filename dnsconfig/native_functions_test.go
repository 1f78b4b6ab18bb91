package dnsconfig

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/expr-lang/expr/types"
)

// functionEvaluation evaluates source at a time that examples of standards have.
func functionEvaluation(t *testing.T, source string, at time.Time, variables map[string]any) (any, error) {
	t.Helper()
	known := types.Map{}
	for key := range variables {
		known[key] = types.Any
	}
	x, err := compile(source, known)
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	e := newEvaluation(variables, nil)
	if at.IsZero() {
		return x.give(e)
	}
	e.now, e.nonce = at.In(time.FixedZone("elsewhere", -5*3600)), "0123456789abcdef0123456789abcdef"
	return x.give(e)
}

// vectorsTime is 2026-03-09T08:05:04.25Z.
func vectorsTime() time.Time { return time.UnixMilli(1773043504250) }

func TestFunctions(t *testing.T) {
	t.Parallel()
	variables := map[string]any{
		"m":    map[string]any{"b": []any{"1", 2}, "a": "x y&", "none": nil},
		"some": []any{"b", "a", "C"},
		"page": `<https://api.example/x?page=2>; title="a, b; rel=\"next\""; rel="last next", </y>;rel=first`,
	}
	for _, c := range []struct {
		source string
		want   any
	}{
		{`upper("aä1")`, "AÄ1"},
		{`lower("AÄ1")`, "aä1"},
		{`replace("a.b.c", ".", "::")`, "a::b::c"},
		{`replace("a.b.c", ".", "")`, "abc"},
		{`list(nil)`, []any{}},
		{`list("x")`, []any{"x"}},
		{`list(some)`, []any{"b", "a", "C"}},
		{`list(split("a,b", ","))`, []any{"a", "b"}},
		{`list(m.none)`, []any{}},
		{`entries(m)`, []any{
			map[string]any{"key": "a", "value": "x y&"}, map[string]any{"key": "b", "value": []any{"1", 2}}, map[string]any{"key": "none", "value": nil},
		}},
		{`entries(nil)`, []any{}},
		{`sort(some)`, []string{"C", "a", "b"}},
		{`concat([1], ["a", nil])`, []any{1, "a", nil}},
		{`concat(nil, "x")`, []any{"x"}},
		{`capture("id=42;", "id=([0-9]+)")`, "42"},
		{`capture("id=;", "id=([0-9]+)")`, nil},
		{`capture("ab", "a(x)?b")`, nil},
		{`capture("ab", "a(x?)b")`, ""},
		{`capture("ab", "(?i)(A)|(B)")`, "a"},
		{`"ab" matches "^a"`, true},
		{`not ("ab" matches "^b")`, true},
		{`m.none matches "a"`, false},

		{`json(m)`, `{"a":"x y&","b":["1",2],"none":null}`},
		{`json("a\"b<")`, `"a\"b<"`},
		{`unjson("{\"a\": [1, 1.5, true, null]}")`, map[string]any{"a": []any{1, 1.5, true, nil}}},
		{`unjson("12345678901234567")`, 12345678901234567},
		{`unjson("")`, nil},
		{`base64("a?~")`, "YT9+"},
		{`unbase64("YT9+")`, "a?~"},
		{`unbase64("YQ==")`, "a"},
		{`unbase64(" YW\nJj\n")`, "abc"},
		{`unbase64("YQ")`, "a"},
		{`base64url("a?~a")`, "YT9-YQ"},
		{`unbase64url("YT9-YQ")`, "a?~a"},
		{`unbase64url("YT9-YQ==")`, "a?~a"},
		{`hex("\x00ÿ")`, "00c3bf"},
		{`unhex("6162")`, "ab"},
		{`unhex("6A6b")`, "jk"},
		{`escape("AZaz09-._~ +/%ä")`, "AZaz09-._~%20%2B%2F%25%C3%A4"},
		{`form(m)`, "a=x+y%26&b=1&b=2"},
		{`form({})`, ""},
		{`sorted_query("b=2&a=x+y%2Fz&b=1&c&=v&%7e=1")`, "=v&a=x%20y%2Fz&b=1&b=2&c=&~=1"},
		{`sorted_query("?b&a")`, "a=&b="},
		{`sorted_query("")`, ""},
		{`text(path("a/b c"))`, "a/b c"},
		{`"x" + path("a/b") + "y"`, "xa/by"},

		// RFC 1321 A.5, FIPS 180 examples.
		{`hex(hash("md5", "abc"))`, "900150983cd24fb0d6963f7d28e17f72"},
		{`hex(hash("sha1", "abc"))`, "a9993e364706816aba3e25717850c26c9cd0d89d"},
		{`hex(hash("sha256", "abc"))`, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		{`hex(hash("sha384", "abc"))`, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"},
		{`hex(hash("sha512", "abc"))`, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
		// RFC 2202 case 2, RFC 4231 case 2.
		{`hex(hmac("md5", "Jefe", "what do ya want for nothing?"))`, "750c783e6ab0b503eaa86e310a5db738"},
		{`hex(hmac("sha1", "Jefe", "what do ya want for nothing?"))`, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"},
		{`hex(hmac("sha256", "Jefe", "what do ya want for nothing?"))`, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
		{`hex(hmac("sha384", "Jefe", "what do ya want for nothing?"))`, "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649"},
		{`hex(hmac("sha512", "Jefe", "what do ya want for nothing?"))`, "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"},

		{`time("unix")`, "1773043504"},
		{`time("unix_ms")`, "1773043504250"},
		{`time("rfc3339")`, "2026-03-09T08:05:04Z"},
		{`time("rfc1123")`, "Mon, 09 Mar 2026 08:05:04 GMT"},
		{`time("compact")`, "20260309T080504Z"},
		{`time("date")`, "2026-03-09"},
		{`time("day")`, "20260309"},

		{`link(page, "next")`, "https://api.example/x?page=2"},
		{`link(page, "FIRST")`, "/y"},
		{`link(page, "prev")`, nil},
		{`link(nil, "next")`, nil},
		{`link("", "next")`, nil},
		{`link("<a>; rel=next; rel=prev", "prev")`, nil},
		{`link("<a", "next")`, nil},
		{`link("<a>", "next")`, nil},
		{`link("<a>; rel", "next")`, nil},
		{`link("<a>; rel=\"next", "next")`, "a"},
		{`link("<a>; flag; Rel = \"NEXT\" ; x=y,<b>;rel=next", "next")`, "a"},
		{`link("< a >;rel=nextish, < b >;rel=next", "next")`, "b"},
		{`link("<a>;rel=prev;x=\",<c>;rel=next\",<b>;rel=next", "next")`, "b"},
		{`same_name("Example.ORG.", "example.org")`, true},
		{`same_name("a.example.org", "example.org")`, false},
		{`relative("_acme-challenge.WWW.example.org.", "Example.org")`, "_acme-challenge.www"},
		{`relative("example.org", "example.org.")`, ""},
		{`relative("badexample.org", "example.org")`, nil},
		{`relative("a.b", ".")`, "a.b"},
		{`unicode("_acme-challenge.xn--mnchen-3ya.example")`, "_acme-challenge.münchen.example"},
		{`unicode("xn--mnchen-3ya.de.")`, "münchen.de."},
		{`unicode("plain.example")`, "plain.example"},
		{`unicode(".")`, "."},
	} {
		got, err := functionEvaluation(t, c.source, vectorsTime(), variables)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s = %#v, %v; want %#v", c.source, got, err, c.want)
		}
	}
}

// RFC 6238 appendix B with SHA-1; hosts ask for the last six digits.
func TestTOTP(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		for _, secret := range []string{"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "gezd gnbv gy3t qojq gezd gnbv gy3t qojq"} {
			got, err := functionEvaluation(t, `totp(s)`, time.Unix(seconds, 0), map[string]any{"s": secret})
			if err != nil || got != want {
				t.Errorf("%d: %v, %v; want %s", seconds, got, err, want)
			}
		}
	}
}

// What a person reads where a function is used wrongly. No message holds a value.
func TestFunctionsUsedWrongly(t *testing.T) {
	t.Parallel()
	variables := map[string]any{"none": nil, "n": 5, "s": "s3cr3t!", "m": map[string]any{"a": "s3cr3t!"}, "some": []any{map[string]any{}}}
	for _, c := range []struct{ source, want string }{
		{`upper(none)`, "upper wants text, not nothing"},
		{`replace(s, "", "x")`, "replace wants a text to look for, and it is empty"},
		{`replace(s, n, "x")`, "replace wants text, not a number"},
		{`entries(s)`, "entries wants a mapping, not text"},
		{`sort(s)`, "sort: a list is wanted, not text"},
		{`sort(some)`, "sort: element 1 of the list: text is wanted, not a mapping"},
		{`capture(none, "(a)")`, "capture wants text, not nothing"},
		{`json(capture)`, "json: something of another kind can't stand in a body"},
		{`unjson(s)`, "unjson: the text is not JSON"},
		{`unjson(m)`, "unjson wants text, not a mapping"},
		{`base64(n)`, "base64 wants text, not a number"},
		{`unbase64(s)`, "unbase64: the text is not base64"},
		{`base64url(some)`, "base64url wants text, not a list"},
		{`unbase64url(s)`, "unbase64url: the text is not base64url"},
		{`unbase64url("a+/b")`, "unbase64url: the text is not base64url"},
		{`hex(n)`, "hex wants text, not a number"},
		{`unhex(n)`, "unhex wants text, not a number"},
		{`sorted_query(n)`, "sorted_query wants text, not a number"},
		{`split(n, ",")`, "split wants text, not a number"},
		{`split(s, n)`, "split wants text, not a number"},
		{`join(some, n)`, "join: element 1 of the list: text is wanted, not a mapping"},
		{`join([1], n)`, "join wants text, not a number"},
		{`rsa_sign(n, s, s)`, "rsa_sign wants text, not a number"},
		{`jwt("HS256", n, {})`, "jwt wants text, not a number"},
		{`jwt("HS256", s, {a: unbase64("/w==")})`, "jwt: a text in the body is not UTF-8; quote(…) writes any octets"},
		{`time(n)`, "time wants text, not a number"},
		{`unhex(s)`, "unhex: the text is not hexadecimal"},
		{`escape(none)`, "escape wants text, not nothing"},
		{`form(s)`, "form wants a mapping, not text"},
		{`form({"a": m})`, "form: a: text is wanted, not a mapping"},
		{`sorted_query("a=%zz")`, "sorted_query: the text is not an encoded query: a % is not followed by two hexadecimal digits"},
		{`path(none)`, "path wants text, not nothing"},
		{`hash("sha3", s)`, "hash wants md5, sha1, sha256, sha384 or sha512 first, and it is another text"},
		{`hash("sha1", n)`, "hash wants text, not a number"},
		{`hash(s, "sha256")`, "hash wants md5, sha1, sha256, sha384 or sha512 first, and it is another text"},
		{`hmac("SHA256", s, s)`, "hmac wants md5, sha1, sha256, sha384 or sha512 first, and it is another text"},
		{`jwt(s, "HS256", {})`, "jwt: HS256, RS256, PS256 or ES256 is wanted first, and it is another text"},
		{`time(s)`, "time wants unix, unix_ms, rfc3339, rfc1123, compact, date or day, and it is another text"},
		{`unicode(s + "..")`, "unicode: the text is no domain name"},
		{`hmac("sha256", none, s)`, "hmac wants text, not nothing"},
		{`rsa_sign("sha256", s, s)`, "rsa_sign: the key is not PEM: it has to begin with -----BEGIN PRIVATE KEY----- (or RSA or EC PRIVATE KEY) and keep its line breaks"},
		{`rsa_sign("sha256", "  ", s)`, "rsa_sign: the key is empty"},
		{`jwt("RS256", s, {})`, "jwt: the key is not PEM"},
		{`jwt("none", s, {})`, "jwt: HS256, RS256, PS256 or ES256 is wanted first, and it is another text"},
		{`jwt("HS256", s, s)`, "jwt wants a mapping of claims, not text"},
		{`jwt("HS256", s, {}, s)`, "jwt wants a mapping as header, not text"},
		{`jwt("HS256", s, {}, {}, {})`, "jwt wants an algorithm, a key, claims and perhaps a header, no more"},
		{`jwt("HS256", s, {}, {alg: "none"})`, "jwt: the header names another algorithm than the first argument"},
		{`time("iso")`, "time wants unix, unix_ms, rfc3339, rfc1123, compact, date or day, and it is another text"},
		{`totp(s)`, "totp: the secret is not base32 (letters A to Z and digits 2 to 7)"},
		{`totp("")`, "totp: the secret is not base32"},
		{`link(n, "next")`, "link wants text, not a number"},
		{`same_name(none, "a")`, "same_name wants text, not nothing"},
		{`relative("a", none)`, "relative wants text, not nothing"},
		{`unicode("a..b")`, "unicode: the text is no domain name"},
	} {
		_, err := functionEvaluation(t, c.source, vectorsTime(), variables)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", c.source, err, c.want)
			continue
		}
		if strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: the message holds a value: %v", c.source, err)
		}
	}
	for _, source := range []string{`time("unix")`, `totp("GEZDGNBV")`} {
		if _, err := functionEvaluation(t, source, time.Time{}, nil); err == nil || !strings.Contains(err.Error(), "there is no time here") {
			t.Errorf("%s without a time: %v", source, err)
		}
	}
}

// What can be judged when the document is read.
func TestPatternsOfCapture(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ source, want string }{
		{`capture(s, s)`, "the pattern of capture has to be written out"},
		{`capture(s, "a" + "b")`, "the pattern of capture has to be written out"},
		{`capture(s, "a")`, "the pattern of capture has no group: put what is wanted in ( )"},
		{`capture(s, "(a")`, "the pattern of capture can't be read: error parsing regexp: missing closing ): `(a`"},
		{`capture(s, "((a{100}){10})(b{1000})(c{1000})")`, "the pattern of capture repeats too much"},
		{`capture(s, "(` + strings.Repeat("a", maxPattern) + `)")`, "the pattern of capture is 502 octets long; at most 500 are allowed"},
		{`s matches s`, `the pattern after matches has to be written out`},
		{`s matches "(a"`, "the pattern after matches can't be read: error parsing regexp: missing closing ): `(a`"},
		{`s matches "a{1000}b{1000}"`, "the pattern after matches repeats too much"},
		{`capture(s)`, "not enough arguments to call capture"},
	} {
		if _, err := compile(c.source, types.Map{"s": types.String}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.60s: %v; want %q", c.source, err, c.want)
		}
	}
}

// path keeps slashes in a template, and all else is escaped.
func TestPathInTemplates(t *testing.T) {
	t.Parallel()
	tmpl, err := parseTemplate("/x/${path(a)}/${a}", types.Map{"a": types.String})
	if err != nil {
		t.Fatal(err)
	}
	got, err := tmpl.text(newEvaluation(map[string]any{"a": "b/c?d"}, nil), func(s string) string { return "<" + s + ">" })
	if want := "/x/<b>/<c?d>/<b/c?d>"; err != nil || got != want {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
}

// What a function makes is paid for: none can be repeated without end, and none makes much of little.
func TestFunctionBudgets(t *testing.T) {
	t.Parallel()
	many := make([]any, 2000)
	for i := range many {
		many[i] = i
	}
	wide := map[string]any{}
	for i := range 5000 {
		wide[fmt.Sprint(i)] = i
	}
	variables := map[string]any{"many": many, "wide": wide, "big": strings.Repeat("y", 1<<20), "query": strings.Repeat("a&", 1<<18)}
	for _, call := range []string{
		`upper(big)`, `replace(big, "y", big)`, `entries(wide)`, `sort(many)`, `concat(many, many)`, `capture(big, "(x)")`, `big matches "(x|y){50}z"`, `json(wide)`,
		`unjson("[" + big + "]")`, `unbase64(big)`, `base64url(big)`, `unbase64url(big)`, `hex(big)`, `unhex(big)`,
		`escape(big)`, `form(wide)`, `sorted_query(query)`, `path(big)`, `hash("sha1", big)`, `hmac("sha1", big, "")`,
		`rsa_sign("sha1", big, "")`, `jwt("HS256", big, {})`, `time(big)`, `totp(big)`, `link(big, "next")`,
		`same_name(big, big)`, `relative(big, big)`, `unicode(big)`, `list(split(big, "y"))`,
	} {
		_, err := functionEvaluation(t, `map(many, `+call+`)`, vectorsTime(), variables)
		if err == nil {
			t.Errorf("%s ran to its end", call)
			continue
		}
		if !strings.Contains(err.Error(), errBudget.Error()) && !strings.Contains(err.Error(), "wants") && !strings.Contains(err.Error(), "not ") &&
			!strings.Contains(err.Error(), "octets") && !strings.Contains(err.Error(), "no domain name") && !strings.Contains(err.Error(), "time wants") {
			t.Errorf("%s: %v; want a budget", call, err)
		}
	}
}

// Searching and decoding cost more than the text they are given.
func TestFunctionsThatCostMore(t *testing.T) {
	t.Parallel()
	p, err := compileCapture("(a|b){50}c")
	if err != nil {
		t.Fatal(err)
	}
	for what, call := range map[string]func(*evaluation) error{
		"capture": func(e *evaluation) error { _, err := e.capture(strings.Repeat("a", 90), p); return err },
		"matches": func(e *evaluation) error { _, err := e.match(strings.Repeat("a", 90), p); return err },
		"unjson":  func(e *evaluation) error { _, err := e.unjson("[0,0,0,0,0,0,0,0]"); return err },
		"entries": func(e *evaluation) error { _, err := e.entries(map[string]any{"a": 1}); return err },
	} {
		e := newEvaluation(nil, nil)
		e.text = 100
		if err := call(e); !errors.Is(err, errBudget) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// functionTypes tells all functions, so that a document that uses an unknown one is refused when it is read.
func TestFunctionTypes(t *testing.T) {
	t.Parallel()
	if got, want := len(functionTypes()), len(maps.Clone((&evaluation{}).functions())); got != want {
		t.Errorf("%d types of %d functions", got, want)
	}
}
