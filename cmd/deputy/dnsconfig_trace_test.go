package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// desk is a run of deputy without a set-up and without a network.
type desk struct{ t *testing.T }

// run gives exit code, stdout and stderr.
func (b desk) run(args ...string) result {
	b.t.Helper()
	return b.fed("", args...)
}

// fed is run with a stdin.
func (b desk) fed(stdin string, args ...string) result {
	b.t.Helper()
	var stdout, stderr strings.Builder
	p := &program{stdin: strings.NewReader(stdin), stdout: &stdout, stderr: &stderr, getenv: func(string) string { return "" }}
	code := p.run(context.Background(), append([]string{"--state", filepath.Join(b.t.TempDir(), "none")}, args...))
	return result{code, stdout.String(), stderr.String()}
}

// file writes a file of mode 0600 and gives its path.
func (b desk) file(name, text string) string {
	b.t.Helper()
	path := filepath.Join(b.t.TempDir(), name)
	must(b.t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// published is the path of one of the published DXL files; the test is skipped where they are not.
func (b desk) published(file string) string {
	b.t.Helper()
	return (&world{t: b.t}).published(file)
}

// vector is one trace of a published DXL.
type vector struct {
	file, account, answers string
	name, domain           string // demohub.martdj.nl of martdj.nl where empty
	want                   string
}

func (v vector) args(b desk, more ...string) []string {
	name, domain := or(v.name, "demohub.martdj.nl"), or(v.domain, "martdj.nl")
	return append([]string{
		"dnsconfig", "trace", b.published(v.file), "--provider", b.file("account.json", v.account), "--answers", b.file("answers.json", or(v.answers, "{}")),
		"--name", name, "--registered-domain", domain, "--value", "V4lue_-1",
	}, more...)
}

// TestTracePublished: the requests of each published configuration, as its formulas say, byte for byte. What is wanted was
// worked out by hand from the formulas.
func TestTracePublished(t *testing.T) {
	t.Parallel()
	for _, v := range vectors() {
		t.Run(v.file, func(t *testing.T) {
			t.Parallel()
			b := desk{t}
			r := b.run(v.args(b, "--json", "--show-secrets")...)
			if want := strings.TrimLeft(v.want, "\n"); r.code != 0 || r.stdout != want {
				t.Errorf("exit %d\n%s%s\nwant\n%s", r.code, r.stderr, r.stdout, want)
			}
			hidden := b.run(v.args(b, "--json")...)
			if strings.Contains(hidden.stdout, "s3cret") || strings.Contains(v.account, "s3cret") && !strings.Contains(hidden.stdout, "[secret]") {
				t.Errorf("without --show-secrets it printed\n%s", hidden.stdout)
			}
			people := b.run(v.args(b)...)
			if people.code != 0 || strings.Contains(people.stdout, "s3cret") || !strings.Contains(people.stdout, "ReqAddUrlFormula = ") {
				t.Errorf("for people, exit %d\n%s", people.code, people.stdout)
			}
		})
	}
}

func vectors() []vector {
	return []vector{
		{
			file:    "hcl_certstore_acmedns.dxl",
			account: `{"cfg_UserName":"eabcdb41","cfg_Password":"s3cret-pw","cfg_DnsZone":"8e5700ea"}`,
			answers: `{"Add":{"body":{"txt":"V4lue_-1"}}}`,
			want: `
{"operation":"Lookup","skipped":"no method"}
{"operation":"QryAdd","skipped":"no method"}
{"operation":"Add","method":"POST","url":"https://auth.mydomain.com:444/update","headers":["X-Api-User: eabcdb41","X-Api-Key: s3cret-pw"],"body":"{\"subdomain\": \"8e5700ea\", \"txt\": \"V4lue_-1\"}"}
{"status":200}
{"operation":"QryDel","skipped":"no method"}
{"operation":"Del","skipped":"no method"}
`,
		},
		{
			file:    "hcl_certstore_cloudflare.dxl",
			account: `{"cfg_AuthToken":"s3cret-token","cfg_DnsZone":""}`,
			answers: `{"Lookup":{"body":{"result":[{"id":"023e105f"}]}},"Add":{"body":{"success":true,"result":{"id":"372e6795"}}}}`,
			want: `
{"operation":"Lookup","method":"GET","url":"https://api.cloudflare.com/client/v4/zones?name=martdj.nl","headers":["Authorization: Bearer s3cret-token","Content-Type: application/json"],"body":""}
{"operation":"QryAdd","skipped":"no method"}
{"operation":"Add","method":"POST","url":"https://api.cloudflare.com/client/v4/zones/023e105f/dns_records/","headers":["Authorization: Bearer s3cret-token","Content-Type: application/json"],"body":"{\"type\":\"TXT\",\"name\":\"_acme-challenge.demohub.martdj.nl\",\"content\":\"V4lue_-1\",\"ttl\":120}"}
{"status":200}
{"operation":"QryDel","skipped":"no method"}
{"operation":"Del","method":"DELETE","url":"https://api.cloudflare.com/client/v4/zones/023e105f/dns_records/372e6795","headers":["Authorization: Bearer s3cret-token","Content-Type: application/json"],"body":""}
`,
		},
		{
			file:    "hcl_certstore_desec.dxl",
			account: "cfg_AuthToken: s3cret-token\n",
			answers: `{"QryAdd":{"body":{"records":["\"other\""]}},"Add":{"status":200},"QryDel":{"body":{"records":["\"other\"","\"V4lue_-1\""]}}}`,
			want: `
{"operation":"Lookup","skipped":"no method"}
{"operation":"QryAdd","method":"GET","url":"https://desec.io/api/v1/domains/martdj.nl/rrsets/_acme-challenge.demohub/TXT/","headers":["Authorization: Token s3cret-token","Content-Type: application/json"],"body":""}
{"operation":"Add","method":"PUT","url":"https://desec.io/api/v1/domains/martdj.nl/rrsets/","headers":["Authorization: Token s3cret-token","Content-Type: application/json"],"body":"[{\"subname\":\"_acme-challenge.demohub\",\"type\":\"TXT\", \"records\": [\"\\\"V4lue_-1\\\"\", \"\\\"other\\\"\"], \"ttl\":60}]"}
{"status":200}
{"operation":"QryDel","method":"GET","url":"https://desec.io/api/v1/domains/martdj.nl/rrsets/_acme-challenge.demohub/TXT/","headers":["Authorization: Token s3cret-token","Content-Type: application/json"],"body":""}
{"operation":"Del","method":"PUT","url":"https://desec.io/api/v1/domains/martdj.nl/rrsets/","headers":["Authorization: Token s3cret-token","Content-Type: application/json"],"body":"[{\"subname\":\"_acme-challenge.demohub\",\"type\":\"TXT\", \"records\": [\"\\\"other\\\"\"], \"ttl\":60}]"}
`,
		},
		{
			file:    "hcl_certstore_digitalocean.dxl",
			account: `{"cfg_AuthToken":"s3cret-token"}`,
			answers: `{"Add":{"status":201,"body":{"domain_record":{"id":28448433}}}}`,
			want: `
{"operation":"Lookup","skipped":"no method"}
{"operation":"QryAdd","skipped":"no method"}
{"operation":"Add","method":"POST","url":"https://api.digitalocean.com/v2/domains/martdj.nl/records","headers":["Content-Type: application/json","Authorization: Bearer s3cret-token"],"body":"{\"type\":\"TXT\",\"name\":\"_acme-challenge.demohub.martdj.nl.\",\"data\":\"V4lue_-1\",\"ttl\":30}"}
{"status":200}
{"operation":"QryDel","skipped":"no method"}
{"operation":"Del","method":"DELETE","url":"https://api.digitalocean.com/v2/domains/martdj.nl/records/28448433","headers":["Content-Type: application/json","Authorization: Bearer s3cret-token"],"body":""}
`,
		},
		{
			file:    "hcl_certstore_hetzner.dxl",
			account: `{"cfg_AuthToken":"s3cret-token"}`,
			answers: `{"Lookup":{"body":"{\"zones\":[{\"id\":\"Z1\"}]}"},"Add":{"body":{"record":{}}}}`,
			name:    "*.Martdj.NL", domain: "martdj.nl",
			want: `
{"operation":"Lookup","method":"GET","url":"https://dns.hetzner.com/api/v1/zones?name=martdj.nl","headers":["Auth-API-Token: s3cret-token","Content-Type: application/json"],"body":""}
{"operation":"QryAdd","skipped":"no method"}
{"operation":"Add","method":"POST","url":"https://dns.hetzner.com/api/v1/records","headers":["Auth-API-Token: s3cret-token","Content-Type: application/json"],"body":"{\"type\":\"TXT\",\"name\":\"_acme-challenge\",\"value\":\"V4lue_-1\",\"ttl\":60, \"zone_id\":\"Z1\"}"}
{"status":400}
{"operation":"QryDel","skipped":"no method"}
{"operation":"Del","skipped":"empty URL"}
`,
		},
		{
			file:    "hcl_certstore_hetzner_dns_cloud.dxl",
			account: `{"cfg_AuthToken":"s3cret-token","cfg_DnsZone":"4711"}`,
			answers: `{"Add":{"status":201,"body":{"action":{"id":1}}}}`,
			want: `
{"operation":"Lookup","skipped":"no method"}
{"operation":"QryAdd","skipped":"no method"}
{"operation":"Add","method":"POST","url":"https://api.hetzner.cloud/v1/zones/4711/rrsets/_acme-challenge.demohub/TXT/actions/add_records","headers":["Authorization: Bearer s3cret-token","Content-Type: application/json"],"body":"{\"name\":\"_acme-challenge.demohub\",\"type\":\"TXT\",\"ttl\":60,\"records\":[{\"value\": \"\\\"V4lue_-1\\\"\",\"comment\":\"Created by Domino CertMgr\"}]}"}
{"status":200}
{"operation":"QryDel","skipped":"no method"}
{"operation":"Del","method":"POST","url":"https://api.hetzner.cloud/v1/zones/4711/rrsets/_acme-challenge.demohub/TXT/actions/remove_records","headers":["Authorization: Bearer s3cret-token","Content-Type: application/json"],"body":"{\"name\":\"_acme-challenge.demohub\",\"type\":\"TXT\",\"ttl\":60,\"records\":[{\"value\": \"\\\"V4lue_-1\\\"\",\"comment\":\"Created by Domino CertMgr\"}]}"}
`,
		},
		{
			file:    "hcl_certstore_ionos_cloud.dxl",
			account: `{"cfg_AuthToken":"s3cret-token"}`,
			answers: `{"QryAdd":{"body":{"items":[{"id":"e9f3"}]}},"Add":{"status":202,"body":{"id":"a7b2"}}}`,
			want: `
{"operation":"Lookup","skipped":"no method"}
{"operation":"QryAdd","method":"GET","url":"https://dns.de-fra.ionos.com/zones?filter.zoneName=martdj.nl","headers":["Authorization: Bearer s3cret-token","Content-Type: application/json"],"body":""}
{"operation":"Add","method":"POST","url":"https://dns.de-fra.ionos.com/zones/e9f3/records","headers":["Authorization: Bearer s3cret-token","Content-Type: application/json"],"body":"{\"properties\": {\"name\":\"_acme-challenge.demohub\",\"type\":\"TXT\",\"content\": \"\\\"V4lue_-1\\\"\",\"ttl\":60,\"enabled\":true}}"}
{"status":200}
{"operation":"QryDel","skipped":"no method"}
{"operation":"Del","method":"DELETE","url":"https://dns.de-fra.ionos.com/zones/e9f3/records/a7b2","headers":["Authorization: Bearer s3cret-token","Content-Type: application/json"],"body":""}
`,
		},
		{
			file:    "hcl_certstore_kapper.dxl",
			account: `{"cfg_AuthKey":"s3cret-key","cfg_AuthToken":"s3cret-token","cfg_DnsZone":"martdj.nl"}`,
			answers: `{"Add":{"body":{"OK":false}}}`,
			want: `
{"operation":"Lookup","skipped":"empty URL"}
{"operation":"QryAdd","skipped":"no method"}
{"operation":"Add","method":"GET","url":"https://dnspanel.kapper.net/API/1.2/?action=new&subject=martdj.nl&APIKey=s3cret-key&APISecret=s3cret-token&data=%7B%22name%22%3A%22_acme-challenge.demohub.martdj.nl%22%2C%22type%22%3A%22TXT%22%2C%22content%22%3A%22V4lue_-1%22%2C%22ttl%22%3A%2260%22%2C%22prio%22%3A%22%22%7D","headers":[],"body":""}
{"status":400}
{"operation":"QryDel","skipped":"no method"}
{"operation":"Del","method":"GET","url":"https://dnspanel.kapper.net/API/1.2/?action=del&subject=_acme-challenge.demohub.martdj.nl&APIKey=s3cret-key&APISecret=s3cret-token","headers":[],"body":""}
`,
		},
		{
			file:    "hcl_lab_certstore.dxl",
			account: `{}`,
			answers: `{"Add":{"status":500,"body":"<no & no>"}}`,
			want: `
{"operation":"Lookup","skipped":"no method"}
{"operation":"QryAdd","skipped":"no method"}
{"operation":"Add","method":"POST","url":"http://127.0.0.1:8055/set-txt","headers":[],"body":"{\"host\":\"_acme-challenge.demohub.martdj.nl.\", \"value\": \"V4lue_-1\"}"}
{"status":500}
{"operation":"QryDel","skipped":"no method"}
{"operation":"Del","skipped":"no method"}
`,
		},
		{
			file:    "martdj_deSec-with-CNAME-delegation.dxl",
			account: `{"cfg_authtoken":"s3cret-token","cfg_DnsZone":"martdj.dedyn.io","cfg_CustomValue":"validation"}`,
			answers: `{"QryAdd":{"status":204},"Add":{"status":201,"body":{}},"Del":{"status":204}}`,
			want: `
{"operation":"Lookup","skipped":"no method"}
{"operation":"QryAdd","method":"DELETE","url":"https://desec.io/api/v1/domains/martdj.dedyn.io/rrsets/validation/TXT/","headers":["Authorization: Token s3cret-token","Content-Type: application/json"],"body":""}
{"operation":"Add","method":"POST","url":"https://desec.io/api/v1/domains/martdj.dedyn.io/rrsets/","headers":["Authorization: Token s3cret-token","Content-Type: application/json"],"body":"{ \"subname\": \"validation\",\"type\": \"TXT\",\"ttl\": 120,\"records\":[\"\\\"V4lue_-1\\\"\"]}"}
{"status":201}
{"operation":"QryDel","skipped":"no method"}
{"operation":"Del","method":"DELETE","url":"https://desec.io/api/v1/domains/martdj.dedyn.io/rrsets/validation/TXT/","headers":["Authorization: Token s3cret-token","Content-Type: application/json"],"body":""}
`,
		},
		{
			file:    "martdj_deSec.dxl",
			account: `{"cfg_AuthToken":"s3cret-token","cfg_DnsZone":"martdj.dedyn.io"}`,
			answers: `{"Add":{"status":201}}`,
			name:    "host.martdj.dedyn.io", domain: "martdj.dedyn.io",
			want: `
{"operation":"Lookup","skipped":"no method"}
{"operation":"QryAdd","method":"DELETE","url":"https://desec.io/api/v1/domains/martdj.dedyn.io/rrsets/_acme-challenge.host/TXT/","headers":["Authorization: Token s3cret-token"],"body":""}
{"operation":"Add","method":"POST","url":"https://desec.io/api/v1/domains/martdj.dedyn.io/rrsets/","headers":["Authorization: Token s3cret-token","Content-Type: application/json"],"body":"{ \"subname\": \"_acme-challenge.host\",\"type\": \"TXT\",\"ttl\": 120,\"records\":[\"\\\"V4lue_-1\\\"\"]}"}
{"status":201}
{"operation":"QryDel","skipped":"no method"}
{"operation":"Del","method":"DELETE","url":"https://desec.io/api/v1/domains/martdj.dedyn.io/rrsets/_acme-challenge.host/TXT/","headers":["Authorization: Token s3cret-token"],"body":""}
`,
		},
	}
}

// made is a DXL with an operation that Add alone has, and what else a test puts into it.
func made(items string) string {
	return `<?xml version='1.0'?><database xmlns='http://www.lotus.com/dxl'><document form='DnsProviderConfig'>
<item name='DnsProviderConfigName'><text>Made</text></item><item name='DnsProviderType'><text>H</text></item>
<item name='ReqAddHttpType'><text>P</text></item><item name='ReqAddUrlFormula'><text>"https://api.example/add"</text></item>
` + items + `</document></database>`
}

// TestTraceAnswers: how answers are read: one after another, as JSON and as text, with headers.
func TestTraceAnswers(t *testing.T) {
	t.Parallel()
	b := desk{t}
	document := b.file("made.dxl", made(`<item name='ReqAddPostDataFormula'><text>"&lt;" + param_DnsTxtValue + "&gt; &amp; \"q\""</text></item>
<item name='StatusFormula'><text>@If(retJSON_Add.n = 12345678901234567890 ; 200; ret_AddText = "plain"; 201; 400)</text></item>`))
	for _, c := range []struct{ answers, status string }{
		{`{"add": {"body": "plain"}}`, "201"},
		{`{"Add": [{"body": "plain"}, {"status": 500}]}`, "201"},
		{`{"Add": {"status": 204}}`, "400"},
		{`{"Add": {"body": null, "headers": {"Retry-After": "1", "X": ["a", "b"]}}}`, "400"},
		{`{"Add": []}`, "400"},
		{``, "400"},
	} {
		args := []string{"dnsconfig", "trace", document, "--provider", b.file("a.yaml", "{}"), "--name", "a.example.org", "--registered-domain", "example.org", "--value", "v", "--json"}
		if c.answers != "" {
			args = append(args, "--answers", b.file("answers.json", c.answers))
		}
		r := b.run(args...)
		want := `{"operation":"Add","method":"POST","url":"https://api.example/add","headers":[],"body":"<v> & \"q\""}` + "\n" + `{"status":` + c.status + "}\n"
		if r.code != 0 || !strings.Contains(r.stdout, want) {
			t.Errorf("%s: exit %d\n%s%s\nwant\n%s", c.answers, r.code, r.stderr, r.stdout, want)
		}
	}
}

// TestTraceWhole: a whole DNS Provider counts as it does at work.
func TestTraceWhole(t *testing.T) {
	t.Parallel()
	b := desk{t}
	provider := b.file("p.yaml", `deputy: dns-provider/1
name: domino
configuration: deSec with CNAME Delegation
zones: [martdj.dedyn.io]
account: {cfg_AuthToken: {file: token}}
registered_domains: [martdj.nl]
custom_value: validation
api_base: https://elsewhere.example/api
`)
	must(t, os.WriteFile(filepath.Join(filepath.Dir(provider), "token"), []byte("s3cret-token\n"), 0o600))
	r := b.run("dnsconfig", "trace", b.published("martdj_deSec-with-CNAME-delegation.dxl"), "--provider", provider, "--name", "demohub.martdj.nl", "--value", "v", "--json")
	for _, want := range []string{
		`"url":"https://elsewhere.example/api/domains/martdj.dedyn.io/rrsets/validation/TXT/"`, `"Authorization: Token [secret]"`, `{"status":200}`,
	} {
		if r.code != 0 || !strings.Contains(r.stdout, want) {
			t.Errorf("exit %d, no %s in\n%s%s", r.code, want, r.stdout, r.stderr)
		}
	}
}

// TestTraceFaults: what is wrong is said, as a person reads it.
func TestTraceFaults(t *testing.T) {
	t.Parallel()
	b := desk{t}
	good := b.file("made.dxl", made(""))
	two := b.file("two.dxl", strings.Replace(made(""), "</database>", strings.SplitN(strings.Replace(made(""), ">Made<", ">Other<", 1), "dxl'>", 2)[1], 1))
	failing := b.file("failing.dxl", made(`<item name='ReqDelHttpType'><text>D</text></item><item name='ReqDelUrlFormula'><text>"https://api.example/" + 1</text></item>`))
	account := b.file("a.json", `{"cfg_AuthToken":"s3cret-token"}`)
	trace := func(config, account string, more ...string) []string {
		return append([]string{"dnsconfig", "trace", config, "--provider", account, "--name", "a.example.org", "--registered-domain", "example.org", "--value", "v"}, more...)
	}
	answers := func(text string) []string { return trace(good, account, "--answers", b.file("x.json", text)) }
	for _, c := range []struct {
		args []string
		code int
		says []string
	}{
		{[]string{"dnsconfig", "trace", good}, exitUsage, []string{" is missing; see deputy dnsconfig trace --help"}},
		{[]string{"dnsconfig", "trace", good, "--provider", account, "--name", "a.example.org", "--value", "v"}, exitUsage, []string{"--registered-domain is missing"}},
		{trace(good, account, "--registered-domain", "a b"), exitUsage, []string{"--registered-domain"}},
		{trace(good, account, "--name", "1.2.3.4"), exitUsage, []string{"bad-name", "IP address"}},
		{trace("nothing", account), exitFailed, []string{"not-found", "find the DNS Configuration nothing", "there is none of that name", "deputy dnsconfig list"}},
		{trace("./nothing.dxl", account), exitUsage, []string{"bad-settings", "no such file"}},
		{trace(two, account, "--configuration", "Third"), exitFailed, []string{"not-found", "it holds Made, Other", "--configuration"}},
		{trace(good, b.file("b.yaml", "- one\n")), exitUsage, []string{"bad-document", "this should be a mapping, not a sequence", "cfg_AuthToken: TOKEN"}},
		{trace(good, b.file("b.yaml", "cfg_AuthToken: [s3cret-token]\n")), exitUsage, []string{"cfg_AuthToken is no text"}},
		{trace(good, b.file("b.yaml", "cfg_AuthToken: 's3cret-token\n")), exitUsage, []string{"line 1, column 16: this is not YAML"}},
		{answers("[]"), exitUsage, []string{"read the answers in", "it is no JSON object"}},
		{answers(`{"Ad": {}}`), exitUsage, []string{`"Ad" is no operation of the document; its operations are Lookup, QryAdd, Add, QryDel, Del`}},
		{answers(`{"Add": {"state": 200}}`), exitUsage, []string{`the answer to Add: it has to be an object of "status", "body" and "headers"`}},
		{answers(`{"Add": {"status": 20}}`), exitUsage, []string{"20 is no HTTP status"}},
		{answers(`{"Add": {"headers": {"X": 1}}}`), exitUsage, []string{"the header X has to be text"}},
		{trace(failing, account), exitFailed, []string{"formula", "ReqDelUrlFormula of the DNS Configuration Made"}},
	} {
		r := b.run(c.args...)
		for _, text := range c.says {
			if r.code != c.code || !strings.Contains(r.stderr, text) {
				t.Errorf("%v: exit %d, want %d and %q in\n%s", c.args[2:], r.code, c.code, text, r.stderr)
			}
		}
		if strings.Contains(r.stdout+r.stderr, "s3cret") {
			t.Errorf("%v: a secret was printed", c.args[2:])
		}
	}
	if r := b.run(trace(two, account, "--configuration", "Other", "--json")...); r.code != 0 {
		t.Errorf("of two, one by name: exit %d\n%s", r.code, r.stderr)
	}
	r := b.run(trace(failing, account, "--json")...)
	if !strings.Contains(r.stdout, `{"status":200}`) || !strings.Contains(r.stdout, `"code":"formula"`) {
		t.Errorf("what ran before a fault is printed, and the fault behind it:\n%s", r.stdout)
	}
}

// TestTraceNative: the requests of a native document, in both styles; and what the engine says of the answers, which is no
// failure of the trace.
func TestTraceNative(t *testing.T) {
	t.Parallel()
	b := desk{t}
	account := b.file("account.yaml", "token: s3cret-token\n")
	trace := func(document, answers string, more ...string) result {
		return b.run(append([]string{"dnsconfig", "trace", document, "--provider", account, "--name", "x.martdj.dedyn.io", "--registered-domain", "martdj.dedyn.io",
			"--value", "v<&>1", "--answers", b.file("answers.json", answers)}, more...)...)
	}
	headers := `"headers":["Authorization: Token s3cret-token","Accept: application/json"`
	read := `{"operation":"read","method":"GET","url":"https://desec.io/api/v1/domains/martdj.dedyn.io/rrsets/_acme-challenge.x/TXT/",` + headers + `],"body":""}` + "\n"
	replace := func(records string) string {
		return `{"operation":"replace","method":"PUT","url":"https://desec.io/api/v1/domains/martdj.dedyn.io/rrsets/",` + headers +
			`,"Content-Type: application/json"],"body":"[{\"subname\":\"_acme-challenge.x\",\"type\":\"TXT\",\"ttl\":60,\"records\":[` + records + `]}]"}` + "\n"
	}
	answers := `{"zone":{"body":[{"name":"martdj.dedyn.io","minimum_ttl":60}]},"read":{"status":404},"replace":{"body":[]}}`
	want := `{"operation":"zone","method":"GET","url":"https://desec.io/api/v1/domains/?owns_qname=_acme-challenge.x.martdj.dedyn.io",` + headers + `],"body":""}` + "\n" +
		read + replace(`\"\\\"v<&>1\\\"\"`) + read + read + replace("") + read +
		`{"outcome":"not-written","text":"the value was never seen after replace: at the host this would be not-written; read must read the name that replace writes` +
		` (and the answers must tell it: several to read, in a list, are given one after the other)"}` + "\n"
	if r := trace("desec", answers, "--json", "--show-secrets"); r.code != 0 || r.stdout != want {
		t.Errorf("exit %d\n%s%s\nwant\n%s", r.code, r.stderr, r.stdout, want)
	}
	people := `replace
  zone = martdj.dedyn.io
  label = _acme-challenge.x
  ttl = 60
  map(values, quote(#)) = ["\"v<&>1\""]
  account.token = [secret]
  > PUT https://desec.io/api/v1/domains/martdj.dedyn.io/rrsets/
`
	if r := trace("desec", answers); strings.Contains(r.stdout, "s3cret") || !strings.Contains(r.stdout, people) || !strings.Contains(r.stdout, "< 404") {
		t.Errorf("for people\n%s", r.stdout)
	}
	r := trace("desec", `{"read":{"status":404}}`)
	for _, want := range []string{
		"  would stop here: the account has no zone at the host that holds it; from here with martdj.dedyn.io as the zone's id\n",
		"  read 0 values: []\n", "  the value should be there and is not; from here with a made-up value\n",
	} {
		if strings.Count(r.stdout, want) != 1 && !strings.HasPrefix(want, "  read") || !strings.Contains(r.stdout, want) || strings.Count(r.stdout, "deputy would stop: ") != 1 {
			t.Errorf("no %q once in\n%s%s", want, r.stdout, r.stderr)
		}
	}
	r = trace("cloudflare", `{"zone":{"body":{"success":true,"result":[{"id":"z1","name":"martdj.dedyn.io"}]}},"list":{"body":{"success":true,"result":[]}},"create":{"status":400,"body":{"success":false,"errors":[{"message":"token s3cret-token is bad"}]}}}`)
	if r.code != 0 || !strings.Contains(r.stdout, "with these answers deputy would stop: host-refused: ") || strings.Contains(r.stdout+r.stderr, "s3cret") {
		t.Errorf("of a refusal, exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	r = b.run("dnsconfig", "trace", "desec", "--provider", b.file("a.yaml", "{}"), "--name", "x.martdj.dedyn.io", "--registered-domain", "martdj.dedyn.io", "--value", "v")
	if r.code != exitUsage || !strings.Contains(r.stderr, "the account field token is missing") {
		t.Errorf("without a token, exit %d\n%s", r.code, r.stderr)
	}
	r = b.run("dnsconfig", "trace", "desec", "--provider", account, "--name", "x.example.org", "--registered-domain", "martdj.dedyn.io", "--value", "v")
	if r.code != exitDNS || !strings.Contains(r.stderr, "_acme-challenge.x.example.org") || !strings.Contains(r.stderr, "it does not lie below martdj.dedyn.io") {
		t.Errorf("outside of the zone, exit %d\n%s", r.code, r.stderr)
	}
}

// TestTraceCommands: a document of type C is shown with what it would run, and nothing is run.
func TestTraceCommands(t *testing.T) {
	t.Parallel()
	b := desk{t}
	document := b.file("c.dxl", `<?xml version='1.0'?><database xmlns='http://www.lotus.com/dxl'><document form='DnsProviderConfig'>
<item name='DnsProviderConfigName'><text>By command</text></item><item name='DnsProviderType'><text>C</text></item>
<item name='CommandEnvFormula'><text>"TOKEN=" + cfg_AuthToken</text></item>
<item name='CommandAddFormula'><text>"/bin/false" : param_DnsTxtName : param_DnsTxtValue</text></item></document></database>`)
	args := []string{"dnsconfig", "trace", document, "--provider", b.file("a.json", `{"cfg_AuthToken":"s3cret-token"}`), "--name", "a.example.org", "--registered-domain", "example.org", "--value", "v"}
	want := `{"operation":"Add","method":"RUN","url":"/bin/false _acme-challenge.a.example.org v","headers":["TOKEN: [secret]"],"body":""}
{"operation":"Del","skipped":"empty formula"}
`
	if r := b.run(append(args, "--json")...); r.code != 0 || r.stdout != want {
		t.Errorf("exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	if r := b.run(args...); r.code != 0 || !strings.Contains(r.stdout, "> RUN /bin/false _acme-challenge.a.example.org v") {
		t.Errorf("exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	if r := b.run("dnsconfig", "lint", document); r.code != 0 || !strings.Contains(r.stdout, "nothing is ever removed") {
		t.Errorf("lint: exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}

// TestTraceHeaderAsGiven: a header line is shown to the octet as its formula gave it.
func TestTraceHeaderAsGiven(t *testing.T) {
	t.Parallel()
	b := desk{t}
	document := b.file("made.dxl", made(`<item name='ReqAddHeaderFormula'><text>"X-A:1" : "" : "X-B:  &lt;2&gt; "</text></item>`))
	r := b.run("dnsconfig", "trace", document, "--provider", b.file("a.json", `{}`), "--name", "a.example.org", "--registered-domain", "example.org", "--value", "v", "--json")
	if r.code != 0 || !strings.Contains(r.stdout, `"headers":["X-A:1","X-B:  <2> "]`) {
		t.Errorf("exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}

// TestAllowCommands: the switch is a setting, in either spelling; it is off without it.
func TestAllowCommands(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"": false, "allow-commands: true\n": true, "allow_commands: true\n": true, "allow_commands: false\n": false} {
		w := newOffice(t)
		w.ok("dnsconfig", "import", w.file("made.dxl", made("")))
		must(t, os.WriteFile(filepath.Join(w.state, "deputy.yaml"), []byte(text), 0o600))
		p := &program{stdin: strings.NewReader(""), stdout: w.out, stderr: w.out, getenv: func(key string) string { return w.env[key] }}
		if code := p.run(context.Background(), []string{"dnsconfig", "list"}); code != 0 || p.options.commands != want {
			t.Errorf("%q: exit %d, allowed: %v", text, code, p.options.commands)
		}
	}
}
