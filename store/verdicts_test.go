package store

import (
	"errors"
	"testing"
)

func TestVerdict(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	digest := Digest([]byte("a document"))
	err := s.View(t.Context(), func(tx *Tx) error { _, err := tx.Verdict(digest); return err })
	if !errors.Is(err, ErrNotFound) {
		t.Errorf("before any test: %v", err)
	}
	for _, word := range []string{"additive", "replacing"} {
		if err := s.Do(t.Context(), func(tx *Tx) error {
			return tx.PutVerdict(Verdict{Digest: digest, Verdict: word, Provider: "p"})
		}); err != nil {
			t.Fatal(err)
		}
		var got Verdict
		if err := s.View(t.Context(), func(tx *Tx) (err error) { got, err = tx.Verdict(digest); return err }); err != nil {
			t.Fatal(err)
		}
		if got.Verdict != word || got.Provider != "p" || got.Tested.IsZero() {
			t.Errorf("%+v, want %s", got, word)
		}
	}
}
