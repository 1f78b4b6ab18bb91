package provider

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"deputy/fault"
	"deputy/name"
	"deputy/secret"
)

const article = `deputy: dns-provider/1
name: desec-martdj
configuration: desec
zones: [martdj.dedyn.io]
account: {token: {file: token}, other: {env: OTHER}, plain: 0123}
registered_domains: [martdj.nl]
custom_value: validation
api_base: http://127.0.0.1:16300/api/v1
allow: {plain_http: true, addresses: [127.0.0.0/8, "::1"], hosts: [login.example.org]}
replace_foreign: true
values: additive
wait: {floor: 0s, turn: 90s}
contact: dns-team@martdj.nl
`

func files(path string) ([]byte, error) {
	switch path {
	case "token":
		return []byte("s3cr3t-of-the-file\r\n"), nil
	case "empty":
		return []byte("\n"), nil
	case "binary":
		return []byte("\xff\x00"), nil
	case "open":
		return nil, &fault.Fault{Code: fault.SecretOpen, Seen: "others can read it"}
	}
	return nil, errors.New("no such file")
}

func environment(key string) string {
	if key == "OTHER" {
		return "s3cr3t-of-the-environment"
	}
	return ""
}

func TestParse(t *testing.T) {
	t.Parallel()
	d, err := Parse([]byte(article), files, environment)
	if err != nil {
		t.Fatal(err)
	}
	if d.Name != "desec-martdj" || d.Configuration != "desec" || d.CustomValue != "validation" || d.Contact != "dns-team@martdj.nl" {
		t.Errorf("texts: %+v", d)
	}
	if !reflect.DeepEqual(d.Zones, []name.Name{name.MustParseOwner("martdj.dedyn.io")}) ||
		!reflect.DeepEqual(d.RegisteredDomains, []name.Name{name.MustParseOwner("martdj.nl")}) {
		t.Errorf("names: %v, %v", d.Zones, d.RegisteredDomains)
	}
	for key, want := range map[string]string{"token": "s3cr3t-of-the-file", "other": "s3cr3t-of-the-environment", "plain": "0123"} {
		if got := d.Account[key].Reveal(); got != want {
			t.Errorf("account.%s = %q, want %q", key, got, want)
		}
	}
	if !d.Allow.PlainHTTP || len(d.Allow.Addresses) != 2 || d.Allow.Addresses[1].String() != "::1/128" || d.Allow.Hosts[0] != "login.example.org" {
		t.Errorf("allow: %+v", d.Allow)
	}
	if !d.ReplaceForeign || d.Values != "additive" || *d.Floor != 0 || *d.TurnWait != 90*time.Second {
		t.Errorf("behaviour: %+v", d)
	}
}

func TestParseLeavesOutWhatIsNotThere(t *testing.T) {
	t.Parallel()
	d, err := Parse([]byte("deputy: dns-provider/1\nname: a\nconfiguration: deSec with CNAME Delegation\nzones: example.org\n"), files, environment)
	if err != nil {
		t.Fatal(err)
	}
	if d.Floor != nil || d.TurnWait != nil || d.Account != nil || d.RegisteredDomains != nil || d.APIBase != "" || d.Values != "" {
		t.Errorf("%+v; want only what was written", d)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	const head = "deputy: dns-provider/1\nname: a\nconfiguration: desec\nzones: [example.org]\n"
	for _, c := range []struct {
		what, source, seen string
	}{
		{"empty", "", "empty"},
		{"not YAML", head + "account: [\n", "line 5"},
		{"another format", "deputy: dns-provider/2\n", "dns-provider/1"},
		{"a configuration in its place", "deputy: dns-configuration/1\nname: x\n", "dns-provider/1"},
		{"unknown key", head + "zone: example.org\n", `line 5, column 1: there is no key "zone" here, at: zone: …`},
		{"unknown key within", head + "allow: {http: true}\n", `no key "http"`},
		{"twice", head + "name: b\n", "line 5"},
		{"two documents", head + "---\n" + head, "2 documents"},
		{"anchor", head + "contact: &a x\n", "anchors"},
		{"name with a slash", strings.Replace(head, "name: a", "name: a/b", 1), "letters, digits"},
		{"no configuration", strings.Replace(head, "configuration: desec\n", "", 1), "configuration is missing"},
		{"no zones", strings.Replace(head, "zones: [example.org]\n", "", 1), "zones is missing"},
		{"zone that is no name", strings.Replace(head, "example.org", "exa mple", 1), "line 4"},
		{"the root as zone", strings.Replace(head, "example.org", ".", 1), "can't stand here"},
		{"zone twice", strings.Replace(head, "example.org", "example.org, Example.ORG.", 1), "twice"},
		{"zones as mapping", strings.Replace(head, "[example.org]", "{a: b}", 1), "should be a list"},
		{"account as list", head + "account: [a]\n", "mapping"},
		{"secret with both", head + "account: {token: {file: token, env: OTHER}}\n", "token has to be text, {file: PATH} or {env: NAME}"},
		{"secret with neither", head + "account: {token: {}}\n", "token has to be text"},
		{"secret from elsewhere", head + "account: {token: {vault: x}}\n", "token has to be text"},
		{"secret as list", head + "account: {token: [s3cr3t]}\n", "should be text"},
		{"no such file", head + "account: {token: {file: nowhere}}\n", "nowhere for token can't be read: no such file"},
		{"empty file", head + "account: {token: {file: empty}}\n", "is empty"},
		{"binary file", head + "account: {token: {file: binary}}\n", "no text"},
		{"no such variable", head + "account: {token: {env: NOBODY}}\n", "NOBODY for token is not set"},
		{"custom value alone", head + "custom_value: validation\n", "without registered_domains"},
		{"custom value with two zones", strings.Replace(head, "[example.org]", "[a.example, b.example]", 1) + "registered_domains: [x.nl]\ncustom_value: v\n", "there are 2"},
		{"custom value that is absolute", head + "registered_domains: [x.nl]\ncustom_value: v.\n", "final dot"},
		{"custom value that holds the zone", head + "registered_domains: [x.nl]\ncustom_value: v.example.org\n", "ends with the zone"},
		{"custom value that is no label", head + "registered_domains: [x.nl]\ncustom_value: \"a b\"\n", "custom_value"},
		{"plain HTTP", head + "api_base: http://dns.example.org\n", "in the clear"},
		{"credentials in the address", head + "api_base: https://u:s3cr3t@dns.example.org\n", "can't hold a user"},
		{"no address", head + "api_base: dns.example.org\n", "has to be an address"},
		{"prefix with bits", head + "allow: {addresses: [10.0.0.1/8]}\n", "no address or prefix"},
		{"host with a path", head + "allow: {hosts: [a/b]}\n", "allow.hosts"},
		{"hosts, which deputy binds itself", head + "hosts: [dns.example.org]\n", "line 5, column 8: hosts can't stand here; give hosts besides the API's own as allow"},
		{"values", head + "values: many\n", "additive or replacing"},
		{"a wait without a unit", head + "wait: {floor: 60}\n", "30s or 2m"},
		{"a negative wait", head + "wait: {floor: -1s}\n", "0s to 24h"},
		{"a truth value", head + "replace_foreign: perhaps\n", "true or false"},
	} {
		_, err := Parse([]byte(c.source), files, environment)
		f, ok := fault.From(err)
		if !ok || f.Code != fault.BadDocument {
			t.Errorf("%s: %v; want a fault %s", c.what, err, fault.BadDocument)
			continue
		}
		if !strings.Contains(f.Seen, c.seen) {
			t.Errorf("%s: seen %q; want %q in it", c.what, f.Seen, c.seen)
		}
		if f.Do == "" || f.Who == "" || f.Tried == "" {
			t.Errorf("%s: %+v lacks what was tried, what to do or who", c.what, f)
		}
		if strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: the message holds a secret: %v", c.what, err)
		}
	}
}

// An error near a credential never quotes it, wherever the line is broken.
func TestParseNeverQuotesSecrets(t *testing.T) {
	t.Parallel()
	const head = "deputy: dns-provider/1\nname: a\nconfiguration: desec\nzones: [example.org]\n"
	for _, tail := range []string{
		"account: {token: s3cr3t\n",
		"account:\n  token: \"s3cr3t\n",
		"account:\n  token: s3cr3t: s3cr3t\n",
		"account:\n  token: 's3cr3t' s3cr3t\n",
		"account:\n  token: |\n    s3cr3t\n   s3cr3t\n",
		"account:\n  token: &s3cr3t s3cr3t\n",
		"account:\n  token: [s3cr3t]\n",
		"account:\n  token: {s3cr3t: s3cr3t}\n",
		"account: s3cr3t\n",
		"account:\n  - s3cr3t\n",
		"account:\n  token: s3cr3t\n  token: s3cr3t\n",
		"account:\n\ttoken: s3cr3t\n",
		"account:\n  token: s3cr3t\n s3cr3t\n",
		"account:\n  token: !s3cr3t s3cr3t\n",
	} {
		_, err := Parse([]byte(head+tail), files, environment)
		if err == nil {
			t.Errorf("%q was read", tail)
			continue
		}
		if strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%q: the message holds the secret: %v", tail, err)
		}
	}
}

func TestParseKeepsTheReadersFault(t *testing.T) {
	t.Parallel()
	_, err := Parse([]byte("deputy: dns-provider/1\nname: a\nconfiguration: desec\nzones: [example.org]\naccount: {token: {file: open}}\n"), files, environment)
	if f, ok := fault.From(err); !ok || f.Code != fault.SecretOpen {
		t.Errorf("%v; want the fault %s of the reader", err, fault.SecretOpen)
	}
}

func TestMarshalRoundTrip(t *testing.T) {
	t.Parallel()
	d, err := Parse([]byte(article), files, environment)
	if err != nil {
		t.Fatal(err)
	}
	for _, odd := range []string{"0123", "true", "null", "~", "=x", "a: b", "- a", "a\nb\n", " a ", "\t", "'", `"`, `\`, "{}", "[1", "#", "&a", "*a", "!a", "%", "@", "`", "ä€😀\u2028", "<&>", "1e5", "0x10", ".inf", "2026-01-01", "|", ">", "?", ""} {
		d.Account["odd"] = secret.New(odd)
		source, err := d.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(source, files, environment)
		if err != nil {
			t.Errorf("%q: %v", odd, err)
			continue
		}
		if !reflect.DeepEqual(again, d) {
			t.Errorf("%q came back as %q", odd, again.Account["odd"].Reveal())
		}
	}
}

// FuzzParse: what parses is within the rules, and its Marshal parses to the same; what does not is a fault without the
// source's secrets in it.
func FuzzParse(f *testing.F) {
	f.Add(article)
	f.Add("deputy: dns-provider/1\nname: a\nconfiguration: b\nzones: x.y\naccount: {t: \"\\u00e4\"}\n")
	f.Add("{\"deputy\": \"dns-provider/1\", \"name\": \"a\", \"configuration\": \"b\", \"zones\": [\"x\"]}")
	f.Fuzz(func(t *testing.T, source string) {
		d, err := Parse([]byte(source), files, environment)
		if err != nil {
			if _, ok := fault.From(err); !ok {
				t.Errorf("%q: %v is no fault", source, err)
			}
			return
		}
		if len(d.Zones) == 0 || d.Name == "" || d.Configuration == "" || d.CustomValue != "" && len(d.RegisteredDomains) == 0 {
			t.Errorf("%q gave %+v", source, d)
		}
		written, err := d.Marshal()
		if err != nil {
			t.Fatalf("%q: %v", source, err)
		}
		again, err := Parse(written, files, environment)
		if err != nil || !reflect.DeepEqual(again, d) {
			t.Errorf("%q was written as %q, which gives %+v, %v", source, written, again, err)
		}
	})
}
