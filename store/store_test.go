package store

import (
	"context"
	"testing"
	"time"

	"deputy/name"
	"deputy/secret"
)

// testKeys is a keyring whose key the dumps in testdata are sealed with too.
func testKeys(t testing.TB) *secret.Keyring {
	t.Helper()
	k, err := secret.NewKeyring([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

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

func TestSmoke(t *testing.T) {
	s := openTest(t, Options{})
	n := name.MustParseOwner("demohub.martdj.nl")
	do(t, s, func(tx *Tx) error {
		if _, err := tx.PutAccount(Account{Name: "default", Key: secret.New("key")}); err != nil {
			return err
		}
		if _, err := tx.AddProvider(Provider{Name: "p", Document: secret.New("doc")}); err != nil {
			return err
		}
		if err := tx.PutCertificate(Certificate{Name: "demohub.martdj.nl", Names: []name.Name{n}, Version: 1, Key: secret.New("k"), Chain: []byte("x"), NotAfter: time.Unix(1000, 0)}); err != nil {
			return err
		}
		if _, err := tx.PutAttempt(Attempt{Certificate: "demohub.martdj.nl", Names: []name.Name{n}, Key: secret.New("kk")}); err != nil {
			return err
		}
		p, err := tx.PutPublication(Publication{Target: Target{Provider: "p", Revision: 1, Zone: n, Owner: n, Cert: n}, Value: "v", Context: secret.New("c")})
		if err != nil {
			return err
		}
		t.Logf("%+v", p)
		return tx.PutPlannedTarget(PlannedTarget{Name: n, Target: n})
	})
	c, err := s.Take(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Take(t.Context(), "k")
	t.Log(err)
	ctx, stop := c.Keep(t.Context())
	stop()
	t.Log(context.Cause(ctx))
	if err := c.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	do(t, s, func(tx *Tx) error {
		a, err := tx.Certificates()
		t.Logf("%+v %v", a, err)
		o, err := tx.Orphans()
		t.Logf("%+v %v", o, err)
		return nil
	})
	e, err := s.Record(t.Context(), Event{Kind: "x", Data: map[string]string{"a": "b"}})
	t.Log(e, err)
}
