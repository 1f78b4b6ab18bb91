package main

import (
	"strings"
	"testing"
)

// TestHostileDocuments: what a stranger's DXL can do to a machine, to headers and to paths, with all that a person reads: where
// it is in which document, and what to do.
func TestHostileDocuments(t *testing.T) {
	t.Parallel()
	b := desk{t}
	for _, c := range []struct{ what, items, tried, seen string }{
		{"a loop without end", `<item name='ReqAddHeaderFormula'><text>x := 1;<break/>@While(1; x := x + 1)</text></item>`,
			"evaluate ReqAddHeaderFormula of the DNS Configuration Made", "line 2, column 1: the formula was stopped: its loops take more than 10000 rounds (at @While(1; x := x + 1))"},
		{"a text of 1e9 characters", `<item name='ReqAddHeaderFormula'><text>"X: " + @Repeat("x"; 1E9)</text></item>`,
			"evaluate ReqAddHeaderFormula of the DNS Configuration Made", `line 1, column 9: the formula was stopped: a text of more than 1048576 octets (at @Repeat("x"; 1E9))`},
		{"parentheses without end", `<item name='ReqAddHeaderFormula'><text>` + strings.Repeat("(", 5000) + `</text></item>`,
			"read ReqAddHeaderFormula of the DNS Configuration Made in ", "line 1, column 201: this is nested more than 200 levels deep"},
		{"a header within a header", `<item name='ReqAddHeaderFormula'><text>"X: a<break/>Evil: b"</text></item>`,
			"read ReqAddHeaderFormula of the DNS Configuration Made in ", "a text in it has a line end; each header is one element of a list"},
		{"a header made within a header", `<item name='ReqAddHeaderFormula'><text>"X: a" + @NewLine + "Evil: b"</text></item>`,
			"evaluate ReqAddHeaderFormula of the DNS Configuration Made", "header 1: it has a line end"},
		{"another host's name", `<item name='ReqAddHeaderFormula'><text>"Host: other.example"</text></item>`,
			"evaluate ReqAddHeaderFormula of the DNS Configuration Made", "header 1: Host is not for a document to set"},
		{"a way up", `<item name='ReqDelHttpType'><text>D</text></item><item name='ReqDelUrlFormula'><text>"https://api.example/a/../b"</text></item>`,
			"read ReqDelUrlFormula of the DNS Configuration Made in ", "a text in it has .. as a part of a path"},
		{"a way up that is made", `<item name='ReqDelHttpType'><text>D</text></item><item name='ReqDelUrlFormula'><text>"https://api.example/%2E" + "%2e/b"</text></item>`,
			"evaluate ReqDelUrlFormula of the DNS Configuration Made", "the URL has .. as a part of its path"},
		{"a file", `<item name='ReqDelHttpType'><text>D</text></item><item name='ReqDelUrlFormula'><text>"file:///etc/passwd"</text></item>`,
			"evaluate ReqDelUrlFormula of the DNS Configuration Made", "the result is not an address that begins with https:// and a host"},
		{"a user name for a host", `<item name='ReqDelHttpType'><text>D</text></item><item name='ReqDelUrlFormula'><text>"https://api.example@evil.example/"</text></item>`,
			"evaluate ReqDelUrlFormula of the DNS Configuration Made", "the URL has a user name in front of the host"},
	} {
		r := b.run("dnsconfig", "trace", b.file("made.dxl", made(c.items)), "--provider", b.file("a.json", `{"cfg_AuthToken":"s3cret-token"}`),
			"--name", "a.example.org", "--registered-domain", "example.org", "--value", "v")
		for _, want := range []string{"deputy: formula\n", "  tried  " + c.tried, "  seen   ", c.seen, "  to do  correct Req", "  by     you\n"} {
			if r.code != exitFailed || !strings.Contains(r.stderr, want) {
				t.Errorf("%s: exit %d, no %q in\n%s", c.what, r.code, want, r.stderr)
			}
		}
	}
}
