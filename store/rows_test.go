package store

import (
	"errors"
	"fmt"
	"reflect"
	"testing"

	"deputy/secret"
)

// same compares what was read with what was wanted, secrets revealed.
func same(t *testing.T, what string, got any, err error, want any) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", what, err)
	} else if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

// check reads every row of the sample back, alone and in its list.
func (x sample) check(t *testing.T, s *Store) {
	t.Helper()
	view(t, s, func(tx *Tx) error {
		account, err := tx.Account("default")
		same(t, "account", account, err, x.account)
		accounts, err := tx.Accounts()
		same(t, "accounts", accounts, err, []Account{x.account})
		configuration, err := tx.Configuration("desec", 0)
		same(t, "configuration", configuration, err, x.configuration)
		configurations, err := tx.Configurations()
		same(t, "configurations", configurations, err, []Configuration{x.configuration})
		provider, err := tx.Provider("desec-martdj", 0)
		same(t, "provider", provider, err, x.provider)
		providers, err := tx.Providers()
		same(t, "providers", providers, err, []Provider{x.provider})
		certificate, err := tx.Certificate("demohub.martdj.nl")
		same(t, "certificate", certificate, err, x.certificate)
		certificates, err := tx.Certificates()
		same(t, "certificates", certificates, err, []Certificate{x.certificate})
		attempt, err := tx.OpenAttempt("demohub.martdj.nl")
		same(t, "attempt", attempt, err, x.attempt)
		publications, err := tx.Publications()
		same(t, "publications", publications, err, []Publication{x.publication})
		at, err := tx.PublicationsAt(owner("validation.martdj.dedyn.io"))
		same(t, "publications at", at, err, []Publication{x.publication})
		planned, err := tx.PlannedTarget("", owner("*.demohub.martdj.nl"))
		same(t, "planned target", planned, err, x.planned)
		all, err := tx.PlannedTargets()
		same(t, "planned targets", all, err, []PlannedTarget{x.planned})
		return nil
	})
}

func TestRowsComeBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	x := newSample()
	s, err := Open(t.Context(), Options{Dir: dir, Keys: testKeys(t)})
	if err != nil {
		t.Fatal(err)
	}
	do(t, s, x.fill)
	x.check(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	x.check(t, openTest(t, Options{Dir: dir}))
}

func TestEmptyStore(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	view(t, s, func(tx *Tx) error {
		_, account := tx.Account("x")
		_, configuration := tx.Configuration("x", 0)
		_, provider := tx.Provider("x", 0)
		_, certificate := tx.Certificate("x")
		_, attempt := tx.OpenAttempt("x")
		_, planned := tx.PlannedTarget("", owner("x"))
		for i, err := range []error{account, configuration, provider, certificate, attempt, planned} {
			if !errors.Is(err, ErrNotFound) {
				t.Errorf("%d: %v", i, err)
			}
		}
		return nil
	})
	do(t, s, func(tx *Tx) error {
		_, account := tx.PutAccount(Account{ID: 7, Name: "x"})
		_, attempt := tx.PutAttempt(Attempt{ID: 7, Certificate: "x"})
		_, publication := tx.PutPublication(Publication{ID: 7})
		for i, err := range []error{account, attempt, publication, tx.RemoveProvider("x"), tx.ForgetCertificate("x")} {
			if !errors.Is(err, ErrNotFound) {
				t.Errorf("change %d: %v", i, err)
			}
		}
		return nil
	})
}

func TestFailedTransactionChangesNothing(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	stop := errors.New("stop")
	err := s.Do(t.Context(), func(tx *Tx) error {
		if err := newSample().fill(tx); err != nil {
			return err
		}
		return stop
	})
	if err != stop {
		t.Errorf("got %v", err)
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = s.Do(t.Context(), func(tx *Tx) error { panic(newSample().fill(tx)) })
	}()
	view(t, s, func(tx *Tx) error {
		accounts, err := tx.Accounts()
		same(t, "accounts", len(accounts), err, 0)
		return nil
	})
}

func TestViewCannotWrite(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	if err := s.View(t.Context(), newSample().fill); err == nil {
		t.Error("a view wrote")
	}
}

func TestAccountsChange(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	do(t, s, func(tx *Tx) error {
		a, err := tx.PutAccount(Account{Name: "default", Key: secret.New(accountKey)})
		if err != nil {
			return err
		}
		if a.ID == 0 || a.Created.IsZero() {
			t.Errorf("got %+v", a)
		}
		if _, err := tx.PutAccount(Account{Name: "default"}); err == nil {
			t.Error("two accounts of one name")
		}
		b, err := tx.PutAccount(Account{Name: "second"})
		if err != nil {
			return err
		}
		if b.Name = "default"; b.ID == a.ID {
			t.Errorf("one id twice: %d", b.ID)
		}
		if _, err := tx.PutAccount(b); err == nil {
			t.Error("an account was renamed to another's name")
		}
		a.URL = "https://ca.example/acct/1"
		if _, err := tx.PutAccount(a); err != nil {
			return err
		}
		got, err := tx.Account("default")
		same(t, "changed account", got, err, a)
		return nil
	})
}

func TestCertificateVersions(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	c := newSample().certificate
	do(t, s, func(tx *Tx) error {
		for v := range int64(14) { // version 0 is a certificate that has not come yet
			c.Version, c.Chain, c.Key = v, fmt.Append(nil, "PEM ", v), secret.New(fmt.Sprint("key ", v))
			if err := tx.PutCertificate(c); err != nil {
				return err
			}
			got, err := tx.Certificate(c.Name)
			if v > 0 {
				same(t, "current", []any{got.Version, got.Key.Reveal()}, err, []any{v, fmt.Sprint("key ", v)})
			} else {
				same(t, "not come yet", []any{got.Version, got.Key.IsZero(), len(got.Chain)}, err, []any{v, true, 0})
			}
		}
		versions, err := tx.Versions(c.Name)
		same(t, "versions", []any{len(versions), versions[0].Version, string(versions[2].Chain), versions[9].Version}, err,
			[]any{keptVersions, int64(13), "PEM 11", int64(4)})
		var keys int
		err = tx.row("test", `SELECT count(*) FROM certificate_versions WHERE length(sealed_key) > 0`).Scan(&keys)
		same(t, "kept keys", keys, err, 1)
		return nil
	})
}

// Whoever read a certificate before it was renewed can't put the old one back.
func TestCertificateNeverGoesBack(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	x := newSample()
	do(t, s, x.fill)
	stale := x.certificate
	stale.Version, stale.Chain = 1, []byte("PEM 1")
	if err := s.Do(t.Context(), func(tx *Tx) error { return tx.PutCertificate(stale) }); err == nil {
		t.Error("version 1 was put over version 2")
	}
	x.check(t, s)
	x.certificate.Deployed, x.certificate.Failures, x.certificate.LastError = false, 4, "again"
	do(t, s, func(tx *Tx) error { return tx.PutCertificate(x.certificate) })
	x.check(t, s)
}

func TestForgetCertificate(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	x := newSample()
	do(t, s, x.fill)
	do(t, s, func(tx *Tx) error { return tx.ForgetCertificate(x.certificate.Name) })
	view(t, s, func(tx *Tx) error {
		_, certificate := tx.Certificate(x.certificate.Name)
		_, attempt := tx.OpenAttempt(x.certificate.Name)
		if !errors.Is(certificate, ErrNotFound) || !errors.Is(attempt, ErrNotFound) {
			t.Errorf("left: %v, %v", certificate, attempt)
		}
		versions, err := tx.Versions(x.certificate.Name)
		same(t, "versions", len(versions), err, 0)
		publications, err := tx.Publications()
		same(t, "publications", publications, err, []Publication{x.publication})
		planned, err := tx.PlannedTargets()
		same(t, "planned targets", planned, err, []PlannedTarget{x.planned})
		return nil
	})
}

func TestOneOpenAttempt(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	x := newSample()
	do(t, s, x.fill)
	second := Attempt{Certificate: x.certificate.Name, Key: secret.New("second")}
	if err := s.Do(t.Context(), func(tx *Tx) error { _, err := tx.PutAttempt(second); return err }); err == nil {
		t.Error("two open attempts")
	}
	for _, end := range []AttemptState{AttemptDone, AttemptAbandoned} {
		do(t, s, func(tx *Tx) error {
			open, err := tx.OpenAttempt(x.certificate.Name)
			if err != nil {
				return err
			}
			open.State = end
			ended, err := tx.PutAttempt(open)
			same(t, "key after the end", ended.Key.IsZero(), err, true)
			if _, err := tx.OpenAttempt(x.certificate.Name); !errors.Is(err, ErrNotFound) {
				t.Errorf("after %s: %v", end, err)
			}
			_, err = tx.PutAttempt(second)
			return err
		})
	}
}

func TestEndedAttemptsAreBounded(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	do(t, s, func(tx *Tx) error {
		for range keptAttempts + 5 {
			if _, err := tx.PutAttempt(Attempt{Certificate: "a", State: AttemptAbandoned}); err != nil {
				return err
			}
		}
		var n, oldest int
		err := tx.row("test", `SELECT count(*), MIN(id) FROM attempts`).Scan(&n, &oldest)
		same(t, "attempts", []int{n, oldest}, err, []int{keptAttempts, 6})
		return nil
	})
}

func TestInstallationKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	one, err := openTest(t, Options{Dir: dir}).InstallationKey(t.Context())
	same(t, "length", len(one), err, 32)
	again, err := openTest(t, Options{Dir: dir}).InstallationKey(t.Context())
	same(t, "key", again, err, one)
	other, err := openTest(t, Options{}).InstallationKey(t.Context())
	if err != nil || reflect.DeepEqual(other, one) {
		t.Errorf("two installations have one key, %v", err)
	}
}
