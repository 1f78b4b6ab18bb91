package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestDocumentsMoveNoCursor: what a document says of itself, and what an answer holds, can't steer the terminal, nor make a
// line that deputy seems to say.
func TestDocumentsMoveNoCursor(t *testing.T) {
	t.Parallel()
	b := desk{t}
	dxl := b.file("c.dxl", made(`<item name='ProviderName'><text>Nice&#x9b;31m<break/>  asks: good.example</text></item>
<item name='Author'><text>&#x202e;elpmaxe</text></item><item name='Body'><richtext><par>read&#x7f; this</par></richtext></item>
<item name='ReqAddPostDataFormula'><text>@Char(27) + "[2J"</text></item>`))
	native := b.file("c.yaml", `deputy: dns-configuration/1
name: mine
title: "Mine \e]0;x\a\n  asks: good.example"
account: {token: {title: "\e[8mToken", secret: true}}
api: {base: "https://api.example/v1", headers: {Authorization: "Bearer ${account.token}"}}
rrset:
  read: {get: "/zones/${zone}/${label}", values: "=response.values"}
  replace: {put: "/zones/${zone}/${label}", body: {values: "=values"}}
`)
	trace := []string{
		"dnsconfig", "trace", dxl, "--provider", b.file("a.json", "{}"), "--name", "a.example.org", "--registered-domain", "example.org", "--value", "v",
		"--answers", b.file("x.json", `{"Add":{"body":"\u001b[31m<\u009b>"}}`),
	}
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"dnsconfig", "show", dxl}, `Made: Nice\u009b31m asks: good.example (dxl, operations)`},
		{[]string{"dnsconfig", "show", dxl}, `author: \u202eelpmaxe`},
		{[]string{"dnsconfig", "show", dxl}, `read\u007f this`},
		{[]string{"dnsconfig", "show", native}, `mine: Mine \u001b]0;x\u0007 asks: good.example (native, rrset)`},
		{[]string{"dnsconfig", "lint", native}, `token (needed, secret): \u001b[8mToken`},
		{trace, `> \u001b[2J`},
		{trace, `< 200 \u001b[31m<\u009b>`},
		{append(trace, "--json"), `"body":"\u001b[2J"`},
	} {
		r := b.run(c.args...)
		if r.code != 0 || !strings.Contains(r.stdout, c.says) {
			t.Errorf("%v: exit %d, no %s in\n%q\n%s", c.args[:2], r.code, c.says, r.stdout, r.stderr)
		}
		if strings.ContainsAny(r.stdout+r.stderr, "\x1b\a\x7f\u009b\u202e") || strings.Contains(r.stdout, "\n  asks: good.example") {
			t.Errorf("%v printed\n%q", c.args[:2], r.stdout+r.stderr)
		}
	}
	r := b.run("dnsconfig", "lint", b.file("bad.yaml", "deputy: dns-configuration/1\nname: mine\n\u009b31m: x\n"))
	if r.code != exitUsage || strings.Contains(r.stderr, "\u009b") {
		t.Errorf("of a fault, exit %d\n%q", r.code, r.stderr)
	}
}

// TestShown: lines and plain text stay as they are, and JSON is read as what it was.
func TestShown(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want string }{
		{"a\n\tü 日本 <&>\n", "a\n\tü 日本 <&>\n"},
		{"a\rb\x1b[0m\u0085", `a\u000db\u001b[0m\u0085`},
		{"a\u2066b\u200f", `a\u2066b\u200f`},
		{"a\x9bb", "a\ufffdb"},
	} {
		if got := shown(c.text); got != c.want {
			t.Errorf("%q is shown as %q, want %q", c.text, got, c.want)
		}
	}
	encoded, err := json.Marshal("\u009b\x7f\u202e\x1b")
	must(t, err)
	var back string
	if err := json.Unmarshal([]byte(shown(string(encoded))), &back); err != nil || back != "\u009b\x7f\u202e\x1b" {
		t.Errorf("JSON came back as %q, %v", back, err)
	}
}
