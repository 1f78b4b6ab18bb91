package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deputy/dnsconfig"
)

// TestLint: findings are warnings; what can't be read or can't work is a failure, with its place.
func TestLint(t *testing.T) {
	t.Parallel()
	b := desk{t}
	broken := b.file("broken.yaml", strings.Replace(string(exported(t, "desec")), "=ttl", "=tll", 1))
	for _, c := range []struct {
		args    []string
		code    int
		out, er []string
	}{
		{[]string{"desec"}, exitDone, []string{"desec: can be used", "asks: desec.io", "token (needed, secret): API token"}, nil},
		{[]string{b.file("a.dxl", made(""))}, exitDone, []string{"Made: can be used, with 2 warnings", "warning: nothing is ever removed", "warning: StatusFormula is empty", "account fields: none"}, nil},
		{[]string{b.file("a.dxl", made(`<item name='ReqDelHttpType'><text>D</text></item><item name='param_x'><text>old</text></item><item name='StatusFormula'><text>ret_AdStatus</text></item>`))}, exitDone,
			[]string{"Made: can be used, with 3 warnings", "Del never runs: ReqDelHttpType is set", "did you mean ret_AddStatus?", "not taken over: param_x"}, nil},
		{[]string{b.file("a.dxl", strings.Replace(made(""), ">P<", "><", 1))}, exitUsage, []string{"Made: can't work"}, []string{"nothing is ever added: Add has no method or no URL"}},
		{[]string{b.file("a.dxl", strings.Replace(made(""), ">H<", ">A<", 1))}, exitUsage, []string{"Made: can't work"}, []string{"which only Domino can"}},
		{[]string{b.file("a.dxl", made(`<item name='StatusFormula'><text>@Iff(1; 2)</text></item>`))}, exitFailed, nil, []string{"formula", "line 1, column 1", "did you mean @If?"}},
		{[]string{broken}, exitUsage, nil, []string{"bad-document", "read the DNS Configuration in " + broken, "tll", "line "}},
		{[]string{b.file("a.yaml", "")}, exitUsage, nil, []string{"the document is empty"}},
		{[]string{b.file("a.dxl", "plainly no XML")}, exitUsage, nil, []string{"read a DXL file in"}},
		{[]string{b.file("a.dxl", onlyProvider)}, exitUsage, nil, []string{"it holds no DNS Configuration (form DnsProviderConfig)"}},
		{[]string{broken, "desec"}, exitUsage, []string{"desec: can be used"}, []string{"tll"}}, // the first does not keep the others from being looked at
	} {
		r := b.run(append([]string{"dnsconfig", "lint"}, c.args...)...)
		if r.code != c.code {
			t.Errorf("lint %v: exit %d, want %d\n%s%s", c.args, r.code, c.code, r.stdout, r.stderr)
		}
		for _, want := range c.out {
			if !strings.Contains(r.stdout, want) {
				t.Errorf("lint %v: no %q in\n%s", c.args, want, r.stdout)
			}
		}
		for _, want := range c.er {
			if !strings.Contains(r.stderr, want) {
				t.Errorf("lint %v: no %q in\n%s", c.args, want, r.stderr)
			}
		}
	}
	r := b.fed(made(""), "dnsconfig", "lint", "--json", "-")
	var object struct {
		Name     string
		Works    bool
		Findings []string
		Left     []string
		Hosts    []string
	}
	if err := json.Unmarshal([]byte(r.stdout), &object); err != nil || object.Name != "Made" || !object.Works || len(object.Findings) != 2 || object.Left == nil || object.Hosts[0] != "api.example" {
		t.Errorf("%v, --json printed %s", err, r.stdout)
	}
}

// onlyProvider is a DXL with a DNS Provider and an ACME account alone.
const onlyProvider = `<?xml version='1.0'?><database xmlns='http://www.lotus.com/dxl'><document form='DnsProvider'>
<item name='AccountName'><text>My host</text></item><item name='RegisteredDomain'><text>martdj.nl</text></item>
<item name='DnsProviderConfigName'><text>Made</text></item><item name='cfg_DnsZone'><text>martdj.dedyn.io</text></item>
<item name='cfg_CustomValue'><text>validation</text></item><item name='cfg_AuthToken' seal='true'><textlist/></item></document>
<document form='AcmeAccount'><item name='AccountName'><text>Prod</text></item><item name='AcmeDirectoryURL'><text>https://ca.example/dir;id</text></item>
<item name='AcmeEmailAddress'><text>a@example.org</text></item></document></database>`

// exported is a document of the library, as export writes it.
func exported(t *testing.T, name string) []byte {
	t.Helper()
	r := desk{t}.run("dnsconfig", "export", name)
	if r.code != 0 {
		t.Fatal(r.stderr)
	}
	return []byte(r.stdout)
}

// TestExport: a native document comes out byte for byte, a DXL with the same formulas and without its secrets.
func TestExport(t *testing.T) {
	t.Parallel()
	n, _, err := dnsconfig.FromLibrary("desec")
	must(t, err)
	if got := exported(t, "desec"); !bytes.Equal(got, n.Source()) {
		t.Errorf("exported\n%s", got)
	}
	w := newOffice(t)
	source := made(`<item name='cfg_AuthToken'><text>s3cret-token</text></item><item name='StatusFormula'><text>ret_AddStatus</text></item>`)
	w.ok("dnsconfig", "import", w.file("made.dxl", source))
	shared, path := w.ok("dnsconfig", "export", "Made").stdout, filepath.Join(t.TempDir(), "made.dxl")
	if strings.Contains(shared, "s3cret") {
		t.Errorf("a secret was exported\n%s", shared)
	}
	w.ok("dnsconfig", "export", "Made", "--with-secrets", "-o", path)
	text, err := os.ReadFile(path)
	must(t, err)
	info, err := os.Stat(path)
	must(t, err)
	if !strings.Contains(string(text), "s3cret-token") || info.Mode().Perm() != 0o600 {
		t.Errorf("with secrets, mode %v\n%s", info.Mode(), text)
	}
	again, err := dnsconfig.ImportDXL(text)
	must(t, err)
	if first, err := dnsconfig.ImportDXL([]byte(source)); err != nil || string(first.Configurations[0].Source()) != string(again.Configurations[0].Source()) {
		t.Errorf("%v: what comes back is another document", err)
	}
	if r := w.exits(exitFailed, "dnsconfig", "export", "None"); !strings.Contains(r.stderr, "there is none of that name") {
		t.Error(r.stderr)
	}
	if r := w.exits(exitUsage, "dnsconfig", "export", "Made", "-o", filepath.Join(t.TempDir(), "no", "x")); !strings.Contains(r.stderr, "write the document to") {
		t.Error(r.stderr)
	}
	if r := w.ok("dnsconfig", "export", "Made", "--json"); !strings.Contains(r.stdout, `"kind":"dxl"`) || !strings.Contains(r.stdout, `"document":`) {
		t.Error(r.stdout)
	}
}

// newOffice is a world without a lab: an installation that reaches nobody.
func newOffice(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, state: filepath.Join(t.TempDir(), "state"), env: map[string]string{}, out: &output{}}
	w.env["DEPUTY_STATE"], w.env["HOME"] = w.state, t.TempDir()
	return w
}

// TestImportBeside: DNS Providers and accounts in a DXL are offered, not made, and never written over.
func TestImportBeside(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	w.ok("dnsconfig", "import", w.file("made.dxl", made(`<item name='ReqAddHeaderFormula'><text>"X-Token: " + cfg_AuthToken</text></item>`)))
	r := w.ok("dnsconfig", "import", w.file("beside.dxl", onlyProvider))
	for _, want := range []string{
		"not taken over: cfg_AuthToken of the DNS Provider", "the DNS Provider My-host was not made; --providers DIR writes the document that makes it",
		"    custom_value: validation", `the ACME account "Prod" was not made: deputy account add --server 'https://ca.example/dir;id' --email a@example.org`,
	} {
		if !strings.Contains(r.stderr, want) {
			t.Errorf("no %q in\n%s", want, r.stderr)
		}
	}
	directory := t.TempDir()
	r = w.ok("dnsconfig", "import", "--providers", directory, w.file("beside.dxl", onlyProvider))
	path := filepath.Join(directory, "My-host.yaml")
	if !strings.Contains(r.stderr, "is in "+path+": fill in the file My-host.authtoken; then deputy provider add -f "+path) {
		t.Errorf("it said\n%s", r.stderr)
	}
	must(t, os.WriteFile(filepath.Join(directory, "My-host.authtoken"), []byte("s3cret-token"), 0o600))
	w.ok("provider", "add", "-f", path)
	if shown := w.ok("provider", "show", "My-host", "--json").stdout; !strings.Contains(shown, `"custom_value":"validation"`) || !strings.Contains(shown, `"zones":["martdj.dedyn.io"]`) {
		t.Errorf("the DNS Provider is %s", shown)
	}
	must(t, os.WriteFile(path, []byte("mine"), 0o600))
	r = w.exits(exitUsage, "dnsconfig", "import", "--providers", directory, w.file("beside.dxl", onlyProvider))
	if !strings.Contains(r.stderr, "there is a file already, which is left alone") {
		t.Errorf("it said\n%s", r.stderr)
	}
}

// TestRemoveConfiguration: it is refused while a DNS Provider uses it, which is said.
func TestRemoveConfiguration(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	w.ok("dnsconfig", "import", w.file("desec.yaml", string(exported(t, "desec"))))
	w.ok("dnsconfig", "import", w.file("made.dxl", made("")))
	w.addProvider("deputy: dns-provider/1\nname: user\nconfiguration: Made\nzones: [example.org]\n")
	r := w.exits(exitFailed, "dnsconfig", "remove", "Made")
	for _, want := range []string{"provider-in-use", "remove the DNS Configuration Made", "it is used by the DNS Provider user"} {
		if !strings.Contains(r.stderr, want) {
			t.Errorf("no %q in\n%s", want, r.stderr)
		}
	}
	w.ok("provider", "remove", "user")
	w.ok("dnsconfig", "remove", "Made")
	if r := w.exits(exitFailed, "dnsconfig", "remove", "Made"); !strings.Contains(r.stderr, "there is none of that name") {
		t.Error(r.stderr)
	}
	if r := w.ok("dnsconfig", "remove", "desec"); !strings.Contains(r.stderr, "the library's of that name counts again") {
		t.Error(r.stderr)
	}
	if r := w.exits(exitFailed, "dnsconfig", "remove", "desec"); !strings.Contains(r.stderr, "it is one of the library, which is part of the program") {
		t.Error(r.stderr)
	}
	w.ok("dnsconfig", "import", w.file("made.dxl", made(""))) // it can come back
	if list := w.ok("dnsconfig", "list").stdout; !strings.Contains(list, "Made") {
		t.Errorf("the list is\n%s", list)
	}
}

// TestListAndShow: how far a document is proven, its style, its needed fields and groups.
func TestListAndShow(t *testing.T) {
	t.Parallel()
	b := desk{t}
	list := b.run("dnsconfig", "list").stdout
	if !strings.Contains(list, "rrset") || !strings.Contains(list, "documentation") && !strings.Contains(list, "real server") {
		t.Errorf("the list is\n%s", list)
	}
	two := b.file("two.yaml", `deputy: dns-configuration/1
name: two
account:
  token: {secret: true, optional: true}
  email: {optional: true}
  key: {secret: true, optional: true}
  note: {optional: true}
needs: [[token], [email, key]]
api: {base: https://api.example}
single:
  write: {post: /x, body: {value: "=value", token: "=account.token", key: "=account.key", email: "=account.email", note: "=account.note"}}
`)
	shown := b.run("dnsconfig", "show", two)
	for _, want := range []string{"token (secret)", "key (secret)", "note (optional)", "needed: token, or email and key"} {
		if !strings.Contains(shown.stdout, want) {
			t.Errorf("no %q in\n%s%s", want, shown.stdout, shown.stderr)
		}
	}
	if r := b.run("dnsconfig", "schema"); r.code != 0 || !json.Valid([]byte(r.stdout)) {
		t.Errorf("the schema is no JSON: %.200s", r.stdout)
	}
}
