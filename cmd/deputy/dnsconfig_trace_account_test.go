package main

import (
	"strings"
	"testing"
)

// TestTraceAccount: the fields of an account, in each way that YAML and JSON have to write them.
func TestTraceAccount(t *testing.T) {
	t.Parallel()
	b := desk{t}
	document := b.file("made.dxl", made(`<item name='ReqAddHeaderFormula'><text>("A: " + cfg_AuthToken) : ("B: " + cfg_DnsZone)</text></item>`))
	trace := func(account string) result {
		return b.run("dnsconfig", "trace", document, "--provider", b.file("a.yaml", account), "--name", "a.example.org",
			"--registered-domain", "example.org", "--value", "v", "--json", "--show-secrets")
	}
	for _, c := range []struct{ account, headers string }{
		{`"cfg_AuthToken": "s3cret"`, `"A: s3cret","B: "`},
		{"'cfg_AuthToken': s3cret\n\"CFG_DNSZONE\": 'z'\n", `"A: s3cret","B: z"`},
		{"cfg_AuthToken: s3cret # of the robot\ncfg_DnsZone:\n", `"A: s3cret","B: "`},
		{"cfg_AuthToken: ~\ncfg_DnsZone: null\n", `"A: ","B: "`},
		{"cfg_AuthToken: 0x1F\ncfg_DnsZone: 0815\n", `"A: 0x1F","B: 0815"`},
		{"cfg_AuthToken: 1.50\ncfg_DnsZone: yes\n", `"A: 1.50","B: yes"`},
		{"cfg_AuthToken: >-\n  two\n  words\n", `"A: two words","B: "`},
		{"---\ncfg_AuthToken: x\n...\n", `"A: x","B: "`},
		{"\ufeffcfg_AuthToken: x\r\ncfg_DnsZone: z\r\n", `"A: x","B: z"`},
		{"\ufeff" + `{"cfg_authtoken": 12345678901234567890, "CFG_DnsZone": null}`, `"A: 12345678901234567890","B: "`},
		{`{cfg_AuthToken: x, "cfg_DnsZone": 'y"z\'}`, `"A: x","B: y\"z\\"`},
		{"", `"A: ","B: "`},
	} {
		if r := trace(c.account); r.code != 0 || !strings.Contains(r.stdout, `"headers":[`+c.headers+`]`) {
			t.Errorf("%q: exit %d, want %s in\n%s", c.account, r.code, c.headers, r.stdout)
		}
	}
	for _, c := range []struct{ account, says string }{
		{`{"cfg_AuthToken":"s3cret","CFG_AuthToken":"s3cret2"}`, "CFG_AuthToken and cfg_AuthToken are the same field"},
		{"cfg_AuthToken: s3cret\n---\ncfg_AuthToken: s3cret2\n", "there are 2 documents in one"},
		{"cfg_AuthToken: &a s3cret\ncfg_DnsZone: *a\n", "anchors, aliases, merge keys and tags are not allowed here"},
		{"cfg_AuthToken: " + strings.Repeat("[", 300_000), "at most 65536 are read"},
		{"cfg_AuthToken: " + strings.Repeat("[", 60_000), "nests deeper than 32"},
	} {
		if r := trace(c.account); r.code != exitUsage || !strings.Contains(r.stdout, c.says) || strings.Contains(r.stdout+r.stderr, "s3cret") {
			t.Errorf("%.60q: exit %d, want %s in\n%s%s", c.account, r.code, c.says, r.stdout, r.stderr)
		}
	}
	for _, c := range []struct{ path, says string }{{t.TempDir(), "is a directory"}, {b.file("big.dxl", strings.Repeat(" ", 5<<20)), "it is larger than 4 MiB"}} {
		r := b.run("dnsconfig", "lint", c.path)
		if r.code != exitUsage || !strings.Contains(r.stderr, "  tried  read the document in "+c.path) || !strings.Contains(r.stderr, c.says) {
			t.Errorf("exit %d, want %s in\n%s", r.code, c.says, r.stderr)
		}
	}
}

// TestTraceIsTheSameEachTime: keys of an answer that differ in case alone are one variable, and always the same one of them.
func TestTraceIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	b := desk{t}
	document := b.file("made.dxl", made(`<item name='StatusFormula'><text>retJSON_Add.ok</text></item>`))
	account, answers := b.file("a.json", "{}"), b.file("x.json", `{"Add":{"body":{"ok":201,"OK":202,"Ok":203}}}`)
	for range 20 {
		r := b.run("dnsconfig", "trace", document, "--provider", account, "--name", "a.example.org", "--registered-domain", "example.org", "--value", "v", "--answers", answers, "--json")
		if !strings.Contains(r.stdout, `{"status":201}`) {
			t.Fatalf("exit %d\n%s", r.code, r.stdout)
		}
	}
}
