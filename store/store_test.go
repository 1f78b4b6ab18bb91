package store

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"deputy/fault"
	"deputy/name"
	"deputy/secret"
)

// testKeys is the keyring that the dumps in testdata are sealed with too.
func testKeys(t testing.TB) *secret.Keyring {
	t.Helper()
	k, err := secret.NewKeyring([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// openTest opens a store, in a new directory unless o says where.
func openTest(t testing.TB, o Options) *Store {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	if o.Keys == nil {
		o.Keys = testKeys(t)
	}
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func do(t testing.TB, s *Store, f func(*Tx) error) {
	t.Helper()
	if err := s.Do(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}

func view(t testing.TB, s *Store, f func(*Tx) error) {
	t.Helper()
	if err := s.View(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}

// wantFault checks an error that people see.
func wantFault(t testing.TB, err error, code fault.Code, parts ...string) {
	t.Helper()
	f, ok := fault.From(err)
	if !ok || f.Code != code || f.Tried == "" || f.Seen == "" || f.Do == "" || f.Who != fault.Admin {
		t.Fatalf("got %v, want a whole fault %s", err, code)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
}

func owner(text string) name.Name { return name.MustParseOwner(text) }

// Secrets of sample. Their texts have what encodings change.
const (
	accountKey   = "-----BEGIN PRIVATE KEY-----\nYWNjb3VudCBrZXkgb2YgdGhlIHRlc3Q=\n-----END PRIVATE KEY-----\n"
	eabKey       = "ZWFiLWtleS1vZi10aGUtdGVzdA"
	document     = "name: desec-martdj\naccount: {token: 't0ken <&> \"of\" the+test/='}\n"
	oldKey       = "-----BEGIN PRIVATE KEY-----\nZmlyc3QgY2VydGlmaWNhdGUga2V5ICAgIA==\n-----END PRIVATE KEY-----\n"
	currentKey   = "-----BEGIN PRIVATE KEY-----\nc2Vjb25kIGNlcnRpZmljYXRlIGtleSAgIA==\n-----END PRIVATE KEY-----\n"
	attemptKey   = "-----BEGIN PRIVATE KEY-----\ndGhpcmQgY2VydGlmaWNhdGUga2V5ICAgIA==\n-----END PRIVATE KEY-----\n"
	contextValue = `{"id":"c0ntext of the test","cfg_AuthToken":"t0ken <&>"}`
)

func sampleSecrets() []secret.Value {
	var all []secret.Value
	for _, text := range []string{accountKey, eabKey, document, oldKey, currentKey, attemptKey, contextValue} {
		all = append(all, secret.New(text))
	}
	return all
}

// sample holds one row of every kind, as it is read back after fill.
type sample struct {
	account       Account
	configuration Configuration
	provider      Provider
	certificate   Certificate
	attempt       Attempt
	publication   Publication
	planned       PlannedTarget
}

func newSample() sample {
	day := func(n int) time.Time { return time.Date(2026, 11, n, 10, 20, 30, 456e6, time.UTC) }
	names := []name.Name{owner("demohub.martdj.nl"), owner("*.demohub.martdj.nl")}
	return sample{
		account: Account{ID: 1, Name: "default", Directory: "https://ca.example/dir", Email: "a@example.org", URL: "https://ca.example/acct/1",
			Key: secret.New(accountKey), EABKeyID: "kid-1", EABKey: secret.New(eabKey), Terms: "https://ca.example/terms", Created: day(1)},
		configuration: Configuration{Name: "desec", Revision: 1, Kind: "dxl", Source: []byte("<xml/>\x00\xff"), Created: day(2)},
		provider: Provider{Name: "desec-martdj", Revision: 1, Document: secret.New(document), Configuration: "desec",
			ConfigurationRevision: 1, Created: day(3)},
		certificate: Certificate{Name: "demohub.martdj.nl", Names: names, KeyType: "ec256", Account: "default", Profile: "tlsserver",
			DeployHook: "systemctl reload nginx", Created: day(4), Version: 2, Chain: []byte("PEM 2"), Key: secret.New(currentKey),
			Serial: "02ff", NotBefore: day(5), NotAfter: day(25), Deployed: true, Failures: 3, LastError: "the CA was down", RetryAt: day(21),
			ARI: RenewalInfo{Start: day(18), End: day(20), Explanation: "https://ca.example/why", At: day(19), CheckAfter: day(6)}},
		attempt: Attempt{ID: 1, Certificate: "demohub.martdj.nl", Account: "default", Names: names, Key: secret.New(attemptKey),
			Replaces: "aki.serial", Asked: true, OrderURL: "https://ca.example/order/7", Finalized: true, State: AttemptOpen, Error: "late", Created: day(7)},
		publication: Publication{ID: 1, Target: Target{Provider: "desec-martdj", Revision: 1, Zone: owner("martdj.dedyn.io"),
			Owner: owner("validation.martdj.dedyn.io"), Domain: owner("martdj.nl"), Cert: owner("demohub.martdj.nl")},
			Value: "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0", Certificate: "demohub.martdj.nl", Holder: "certificate/demohub.martdj.nl", Fence: 4,
			Until: day(8), State: Written, Context: secret.New(contextValue), Error: "the host was busy", Created: day(9)},
		planned: PlannedTarget{Tenant: "", Name: owner("demohub.martdj.nl"), Target: owner("k3x7.martdj.dedyn.io"), Created: day(10)},
	}
}

// fill puts the sample into an empty store, and a version of the certificate before the current one.
func (x sample) fill(t *Tx) error {
	a, p, at := x.account, x.publication, x.attempt
	a.ID, p.ID, at.ID = 0, 0, 0
	first := x.certificate
	first.Version, first.Chain, first.Key, first.Serial = 1, []byte("PEM 1"), secret.New(oldKey), "01ff"
	_, err1 := t.PutAccount(a)
	_, err2 := t.AddConfiguration(x.configuration)
	_, err3 := t.AddProvider(x.provider)
	err4 := t.PutCertificate(first)
	err5 := t.PutCertificate(x.certificate)
	_, err6 := t.PutAttempt(at)
	_, err7 := t.PutPublication(p)
	err8 := t.PutPlannedTarget(x.planned)
	return errors.Join(err1, err2, err3, err4, err5, err6, err7, err8)
}
