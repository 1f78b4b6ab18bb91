package schedule

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"deputy/name"
	"deputy/secret"
	"deputy/store"
)

// A Renewer works on a real store too: what it records is there when the store is opened by the next run.
func TestRunOnStore(t *testing.T) {
	t.Parallel()
	keys, err := secret.NewKeyring(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := store.Open(t.Context(), store.Options{Dir: t.TempDir(), Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	c := store.Certificate{
		Name: "a.example", Names: []name.Name{name.MustParseOwner("a.example")}, KeyType: "ec256", Account: "default",
		Version: 1, Deployed: true, Chain: []byte("chain"), Key: secret.New("key"), Serial: "1",
		NotBefore: time.Now().Add(-89 * day), NotAfter: time.Now().Add(day),
	}
	if err := rows.Do(t.Context(), func(t *store.Tx) error { return t.PutCertificate(c) }); err != nil {
		t.Fatal(err)
	}
	broken := true
	r := &Renewer{Store: rows, Renew: func(ctx context.Context, c store.Certificate) error {
		if broken {
			return errors.New("no answer")
		}
		c.Version, c.NotBefore, c.NotAfter, c.Deployed = 2, time.Now(), time.Now().Add(90*day), true
		return rows.Do(ctx, func(t *store.Tx) error { return t.PutCertificate(c) })
	}}
	if renewed, err := r.Run(t.Context()); renewed != 0 || err == nil {
		t.Errorf("%d, %v", renewed, err)
	}
	if renewed, err := r.Run(t.Context()); renewed != 0 || err != nil {
		t.Errorf("within the back-off: %d, %v", renewed, err)
	}
	s := stored{rows}
	row, err := s.read(t.Context(), "a.example")
	if err != nil || row.Failures != 1 || row.LastError != "no answer" || row.RetryAt.Before(time.Now()) || row.Key.Reveal() != "key" {
		t.Errorf("row: %+v, %v", row, err)
	}
	broken = false
	err = s.change(t.Context(), "a.example", func(c *store.Certificate) bool { c.RetryAt = time.Time{}; return true })
	if err != nil {
		t.Fatal(err)
	}
	if renewed, err := r.Run(t.Context()); renewed != 1 || err != nil {
		t.Errorf("mended: %d, %v", renewed, err)
	}
	if row, err := s.read(t.Context(), "a.example"); err != nil || row.Failures != 0 || row.Version != 2 {
		t.Errorf("row: %+v, %v", row, err)
	}
	if _, err := s.read(t.Context(), "b.example"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a certificate that is not there: %v", err)
	}
	err = s.change(t.Context(), "b.example", func(*store.Certificate) bool { t.Error("was given to f"); return true })
	if !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a certificate that is not there: %v", err)
	}
}
