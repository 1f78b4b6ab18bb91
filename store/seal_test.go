package store

import (
	"os"
	"path/filepath"
	"testing"

	"deputy/fault"
	"deputy/secret"
)

// No file of the state has a secret in it, in any encoding: neither while the store is open, nor after it was closed,
// nor after rows were changed and deleted.
func TestNoSecretInFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, err := Open(t.Context(), Options{Dir: dir, Keys: testKeys(t)})
	if err != nil {
		t.Fatal(err)
	}
	key, err := s.InstallationKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	secrets := secret.NewRedactor(append(sampleSecrets(), secret.New(string(key)), secret.New("0123456789abcdef0123456789abcdef"))...)
	x := newSample()
	do(t, s, x.fill)
	scan(t, dir, secrets, 3)
	do(t, s, func(tx *Tx) error { return tx.ForgetCertificate(x.certificate.Name) })
	scan(t, dir, secrets, 3)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	scan(t, dir, secrets, 1)
}

// scan looks through the files of dir, of which there must be some.
func scan(t *testing.T, dir string, secrets *secret.Redactor, files int) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(names) != files {
		t.Fatalf("the state is %v, %v; want %d files", names, err, files)
	}
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if secrets.Find(string(content)) {
			t.Errorf("%s holds a secret", name)
		}
	}
}

// Every column of the schema that is sealed, and a row where its value could be smuggled to.
func TestSealedValuesCannotBeMoved(t *testing.T) {
	t.Parallel()
	x := newSample()
	read := func(tx *Tx) error {
		for _, f := range []func() error{
			func() error { _, err := tx.Accounts(); return err },
			func() error { _, err := tx.Providers(); return err },
			func() error { _, err := tx.Certificates(); return err },
			func() error { _, err := tx.OpenAttempt(x.certificate.Name); return err },
			func() error { _, err := tx.Publications(); return err },
		} {
			if err := f(); err != nil {
				return err
			}
		}
		return nil
	}
	for name, move := range map[string]string{
		"another column": `UPDATE accounts SET sealed_key = sealed_eab_key`,
		"another row":    `UPDATE accounts SET id = 2`,
		"another table":  `UPDATE attempts SET sealed_key = (SELECT sealed_key FROM certificate_versions WHERE version = 2)`,
		"provider":       `UPDATE providers SET sealed_document = (SELECT sealed_key FROM accounts)`,
		"revision":       `UPDATE publications SET provider = 'x', revision = 1; UPDATE providers SET revision = 2`,
		"version":        `UPDATE certificate_versions SET version = 7 WHERE version = 2; UPDATE certificates SET version = 7`,
		"publication":    `UPDATE publications SET id = 7`,
		"attempt":        `UPDATE attempts SET id = 7`,
		"altered":        `UPDATE accounts SET sealed_key = x'01' || substr(sealed_key, 2, 60) || x'00' || substr(sealed_key, 63)`,
		"not sealed":     `UPDATE accounts SET sealed_key = CAST('in plain' AS BLOB)`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filledState(t)
			raw(t, dir, `PRAGMA foreign_keys = 0`, move)
			s := openTest(t, Options{Dir: dir})
			wantFault(t, s.View(t.Context(), read), fault.StateFailed, "altered or moved", "restore "+s.path)
		})
	}
}

// A value that another master key sealed, in a database that this one opens, names both keys.
func TestRowOfAnotherKey(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	do(t, s, newSample().fill)
	other, err := secret.NewKeyring(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	blob, err := other.Seal([]byte("key"), record("accounts", 1, "key"))
	if err != nil {
		t.Fatal(err)
	}
	do(t, s, func(tx *Tx) error {
		_, err := tx.exec("test", `UPDATE accounts SET sealed_key = $1`, blob)
		return err
	})
	err = s.View(t.Context(), func(tx *Tx) error { _, err := tx.Account("default"); return err })
	wantFault(t, err, fault.StateKey, other.ID(), testKeys(t).ID())
}

func TestRecordNamesAreUnique(t *testing.T) {
	t.Parallel()
	if record("a/b", 1, "c") == record("a", "b/1", "c") || record(`a"/"b`, "c") == record("a", "b", "c") || record("a", 1) == record("a", 11) {
		t.Error("two records have one name")
	}
}
