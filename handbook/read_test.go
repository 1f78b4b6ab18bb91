package handbook

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deputy/name"
	"deputy/secret"
	"deputy/store"
)

// TestNoSecret fills a store with secrets of every kind, and looks for them in both faces of its handbook, in every
// encoding.
func TestNoSecret(t *testing.T) {
	t.Parallel()
	ctx, dir := context.Background(), t.TempDir()
	keys, err := secret.OpenKeyring(secret.KeySource{Dir: dir, Create: true})
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(ctx, store.Options{Dir: dir, Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	master, err := os.ReadFile(filepath.Join(dir, secret.KeyFile))
	if err != nil {
		t.Fatal(err)
	}
	installation, err := s.InstallationKey(ctx)
	if err != nil {
		t.Fatal(err)
	}
	secrets := []secret.Value{
		secret.New(string(master)), secret.New(string(installation)), secret.New("account-key-w9fjq2"), secret.New("eab-key-zz81hd"), secret.New("certificate-key-p03md8"),
		secret.New("deputy: dns-provider/1\naccount: {token: dns-token-4kd92m}"), secret.New("dns-token-4kd92m"), secret.New("context-u73hs1"),
	}
	fill(t, s, secrets)
	f, err := Read(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Certificates) != 1 || len(f.Accounts) != 1 || len(f.Planned) != 1 || len(f.Looks) != 1 || len(f.Leftovers) != 1 || f.Made.IsZero() {
		t.Fatalf("Read gives %d certificates, %d accounts, %d targets, %d looks, %d leftovers", len(f.Certificates), len(f.Accounts), len(f.Planned), len(f.Looks), len(f.Leftovers))
	}
	if !f.Certificates[0].Key.IsZero() || !f.Accounts[0].Key.IsZero() || !f.Accounts[0].EABKey.IsZero() || !f.Leftovers[0].Context.IsZero() {
		t.Error("the facts still hold a key")
	}
	f.State, f.Providers = dir, story(t).Providers
	f.Settings = []Setting{{"proxy", "http://ann:dns-token-4kd92m@proxy.example:3128"}}
	f.Providers[0].APIBase = "https://ann:dns-token-4kd92m@api.example/v1"
	redactor := secret.NewRedactor(secrets...)
	for face, text := range map[string]string{"Markdown": Markdown(f), "HTML": HTML(f)} {
		if redactor.Find(text) {
			t.Errorf("the %s holds a secret", face)
		}
		if strings.Contains(text, "[secret]") {
			t.Errorf("the %s shows the place of a secret", face)
		}
		if !strings.Contains(text, "validation.martdj.dedyn.io") {
			t.Errorf("the %s does not name the target", face)
		}
	}
}

// fill makes one row of each kind, each with its secret.
func fill(t *testing.T, s *store.Store, secrets []secret.Value) {
	t.Helper()
	host := owner("demohub.martdj.nl")
	err := s.Do(context.Background(), func(tx *store.Tx) error {
		account := store.Account{Name: "default", Directory: "https://ca.example/directory", Email: "admin@martdj.nl", Key: secrets[2], EABKeyID: "kid", EABKey: secrets[3]}
		if _, err := tx.PutAccount(account); err != nil {
			return err
		}
		c := store.Certificate{Name: "demohub.martdj.nl", Names: []name.Name{host}, KeyType: "ec256", Account: "default", Version: 1, Chain: []byte("chain"), Key: secrets[4],
			NotBefore: time.Now(), NotAfter: time.Now().Add(90 * 24 * time.Hour)}
		if err := tx.PutCertificate(c); err != nil {
			return err
		}
		p, err := tx.AddProvider(store.Provider{Name: "desec-martdj", Configuration: "desec", Document: secrets[5]})
		if err != nil {
			return err
		}
		target := store.Target{Provider: p.Name, Revision: p.Revision, Zone: owner("martdj.dedyn.io"), Owner: owner("validation.martdj.dedyn.io"), Cert: host}
		if _, err := tx.PutPublication(store.Publication{Target: target, Value: "value", Certificate: c.Name, Holder: "gone", Context: secrets[7], State: store.Written}); err != nil {
			return err
		}
		if err := tx.PutPlannedTarget(store.PlannedTarget{Name: host, Target: target.Owner}); err != nil {
			return err
		}
		_, err = tx.PutLook(store.Look{Name: host, Verdict: "ok", Last: time.Now(), Next: time.Now().Add(time.Hour)})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestOnly(t *testing.T) {
	t.Parallel()
	for _, asked := range []string{"_wildcard.shop.example.org", "*.shop.example.org", "shop.example.org", "SHOP.example.org."} {
		f, ok := several(t).Only(asked)
		if !ok || len(f.Certificates) != 1 || f.Certificates[0].Name != "_wildcard.shop.example.org" {
			t.Errorf("Only(%q) does not find the wildcard's certificate", asked)
			continue
		}
		if len(f.Providers) != 1 || f.Providers[0].Name != "powerdns" || len(f.Accounts) != 1 || len(f.Chains) != 1 || len(f.Planned) != 1 || len(f.Leftovers) != 1 {
			t.Errorf("Only(%q) leaves %d providers, %d accounts, %d chains, %d targets, %d leftovers", asked, len(f.Providers), len(f.Accounts), len(f.Chains), len(f.Planned), len(f.Leftovers))
		}
	}
	if _, ok := several(t).Only("nobody.example.org"); ok {
		t.Error("Only finds a certificate that is not there")
	}
}

// TestEscaping has text that would be mark-up in a shell, in YAML and in Markdown.
func TestEscaping(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "(empty)", "a": "`a`", "a`b": "``a`b``", "`a`": "`` `a` ``", "a\nb": "`a b`"} {
		if got := markdownCode(text); got != want {
			t.Errorf("the code span of %q is %s instead of %s", text, got, want)
		}
	}
	for text, want := range map[string]string{"": "''", "*.example.org": "'*.example.org'", "it's": `'it'\''s'`, "/var/lib/deputy": "/var/lib/deputy", "$(id)": "'$(id)'"} {
		if got := quoted(text); got != want {
			t.Errorf("%q is quoted as %s instead of %s", text, got, want)
		}
	}
	for text, want := range map[string]string{"desec": "desec", "yes": `"yes"`, "null": `"null"`, "1.5": `"1.5"`, "": `""`, "a: b": `"a: b"`, `a"b`: `"a\"b"`, "martdj.dedyn.io": "martdj.dedyn.io"} {
		if got := scalar(text); got != want {
			t.Errorf("%q is %s in YAML instead of %s", text, got, want)
		}
	}
	for pieces, want := range map[string]string{"1. a": `1\. a`, "# a": `\# a`, "- a": `\- a`, "a - b": "a - b", "<b>": `\<b\>`} {
		if got := markdownPieces(of(pieces)); got != want {
			t.Errorf("%q is %s in Markdown instead of %s", pieces, got, want)
		}
	}
}
