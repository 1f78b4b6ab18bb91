package dnsconfig

import (
	"fmt"
	"strings"
	"testing"

	"deputy/name"
	"deputy/secret"
)

// attack is a document of the record style with the lines of its list.
func attack(t *testing.T, list string) *Native {
	t.Helper()
	n, err := ParseNative([]byte(attackHead + "record:\n  list: {get: /records, " + list + "}\n" +
		"  create: {post: /records, body: {zone: =zone, name: =name, value: =value}}\n  delete: {delete: \"/records/${id}\"}\n"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

const attackHead = "deputy: dns-configuration/1\nname: host\ntitle: A host\naccount: {key: {title: Key, secret: true}}\n" +
	"api: {base: https://api.example.org, headers: {X-Key: =account.key}}\n"

func attacked() Inputs {
	return Inputs{
		Account: map[string]secret.Value{"key": secret.New("k3y-of-the-account")},
		Name:    name.MustParseOwner("a.example.org"), Zone: name.MustParseOwner("example.org"),
	}
}

// An expression that is cheap alone is evaluated for each record of a list: all of them together are bounded.
func TestManyCheapExpressionsAreBounded(t *testing.T) {
	t.Parallel()
	body := "[" + strings.Repeat("1,", 150_000) + "1]"
	n := attack(t, `records: =response, id: "='x'", value: "=text(record)"`)
	_, err := n.Read(List, attacked(), Response{Status: 200, Body: []byte(body)})
	if err == nil || !strings.Contains(err.Error(), "cost too much") {
		t.Errorf("%v; want that the expressions cost too much", err)
	}
}

// What people are shown of an answer can't be made of the credential, which no redaction would find in pieces.
func TestCredentialsAreNotShownInPieces(t *testing.T) {
	t.Parallel()
	for _, call := range []string{
		`read: {get: /a, values: =response, message: "=join(map(split(account.key, '-'), # + '.'), '')"}`,
		`read: {get: /a, values: "=split(account.key, '-')"}`,
		`read: {get: /a, values: =response, found: =account}`,
		`read: {get: /a, values: "=map([account], #.key)"}`,
		`read: {get: /a, values: "=[account['key']]"}`,
		`read: {get: /a, values: "=[$env.account.key]"}`,
		`read: {get: /a, values: "=[$env['account']['key']]"}`,
		`read: {get: /a, values: =response, ok: "=$env == nil"}`,
	} {
		_, err := ParseNative([]byte(attackHead + "rrset:\n  " + call + "\n  replace: {put: \"/a/${label}\", body: =values}\n"))
		if err == nil || !strings.Contains(err.Error(), "the account") && !strings.Contains(err.Error(), "$env is not allowed") {
			t.Errorf("%s: %v", call, err)
		}
	}
}

// An id of an answer can't climb within a path, even where a server unescapes it before it reads it.
func TestIDsCannotClimb(t *testing.T) {
	t.Parallel()
	n := attack(t, `records: =response, id: =record.id, value: =record.value`)
	for _, id := range []string{"..", ".", "", "../x", "x/../../zones/1", `x\..\y`, "x/..", "..;/x", "..;a/x"} {
		in := attacked()
		in.ID, in.Value = id, "v"
		r, err := n.Request(Delete, in)
		if err == nil {
			t.Errorf("the id %q makes %s", id, r.URL)
		}
	}
	for _, id := range []string{"a..b", "...", "a/b", "x?y#z", "é", "%2e%2e"} {
		in := attacked()
		in.ID, in.Value = id, "v"
		if _, err := n.Request(Delete, in); err != nil {
			t.Errorf("the id %q: %v", id, err)
		}
	}
}

// JSON that is not UTF-8 would change foreign values on the way: it is refused, and no lone surrogate passes.
func TestAnswersThatAreNotUTF8(t *testing.T) {
	t.Parallel()
	n := attack(t, `records: =response, id: =record.id, value: =record.value`)
	for _, value := range []string{"a\xffb", `a\ud800b`, `\udc00`} {
		got, err := n.Read(List, attacked(), Response{Status: 200, Body: fmt.Appendf(nil, `[{"id":"1","value":"%s"}]`, value)})
		if err == nil {
			t.Errorf("%q was read as %q", value, got.Records[0].Value)
		}
	}
	for _, value := range []string{"\ufffd", `\ufffd`, `\ud83d\ude00`, `\\ud800`} {
		if _, err := n.Read(List, attacked(), Response{Status: 200, Body: fmt.Appendf(nil, `[{"id":"1","value":"%s"}]`, value)}); err != nil {
			t.Errorf("%q: %v", value, err)
		}
	}
}

// An error never holds half of a secret: what was cut can't be found by redaction.
func TestErrorsHoldNoHalfSecret(t *testing.T) {
	t.Parallel()
	n, err := ParseNative([]byte(attackHead + "rrset:\n  read: {get: \"/" + strings.Repeat("a", 100) + "/${account.key}/${zone}/x\", values: =response}\n" +
		"  replace: {put: \"/a/${label}\", body: =values}\n"))
	if err != nil {
		t.Fatal(err)
	}
	in := attacked()
	in.Account["key"], in.ZoneID = secret.New(strings.Repeat("0123456789", 20)), "."
	_, err = n.Request(Read, in)
	if err == nil || strings.Contains(err.Error(), "01234") {
		t.Errorf("%v", err)
	}
}
