package store

import (
	"errors"
	"fmt"
	"testing"

	"deputy/secret"
)

func TestConfigurationRevisions(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	do(t, s, func(tx *Tx) error {
		_, err := tx.AddProvider(Provider{Name: "uses", Configuration: "desec", Document: secret.New("one")})
		return err
	})
	do(t, s, func(tx *Tx) error {
		for want := int64(1); want <= 3; want++ {
			c, err := tx.AddConfiguration(Configuration{Name: "desec", Kind: "dxl", Source: fmt.Append(nil, want)})
			same(t, "revision", c.Revision, err, want)
		}
		newest, err := tx.Configuration("desec", 0)
		same(t, "newest", string(newest.Source), err, "3")
		old, err := tx.Configuration("desec", 1)
		same(t, "old", string(old.Source), err, "1")
		if _, err := tx.Configuration("desec", 4); !errors.Is(err, ErrNotFound) {
			t.Errorf("revision 4: %v", err)
		}
		uses, err := tx.Provider("uses", 0)
		same(t, "provider", []any{uses.Revision, uses.ConfigurationRevision, uses.Document.Reveal()}, err, []any{int64(1), int64(0), "one"})
		return nil
	})
}

func TestProviderNeedsItsConfiguration(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	do(t, s, func(tx *Tx) error {
		if _, err := tx.AddProvider(Provider{Name: "p", Configuration: "desec", ConfigurationRevision: 1}); !errors.Is(err, ErrNotFound) {
			t.Errorf("got %v", err)
		}
		return nil
	})
}

func TestRemoveProvider(t *testing.T) {
	t.Parallel()
	for state, want := range map[PublicationState]error{Intended: ErrInUse, Written: ErrInUse, Withdrawing: ErrInUse, Withdrawn: nil, Unremovable: nil} {
		s := openTest(t, Options{})
		x := newSample()
		x.publication.State = state
		do(t, s, x.fill)
		do(t, s, func(tx *Tx) error {
			// A newer revision does not free the publications of an older one.
			if _, err := tx.AddProvider(x.provider); err != nil {
				return err
			}
			if err := tx.RemoveProvider("desec-martdj"); !errors.Is(err, want) {
				t.Errorf("%s: got %v, want %v", state, err, want)
			}
			return nil
		})
		view(t, s, func(tx *Tx) error {
			_, err := tx.Provider("desec-martdj", 0)
			if removed := errors.Is(err, ErrNotFound); removed != (want == nil) {
				t.Errorf("%s: %v", state, err)
			}
			old, err := tx.Provider("desec-martdj", 1)
			same(t, "an old revision", []any{old.Removed, old.Document.IsZero()}, err, []any{want == nil, want == nil})
			return nil
		})
	}
}

// A provider that was removed can be added again, with revisions that go on.
func TestProviderComesBack(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	do(t, s, func(tx *Tx) error {
		if _, err := tx.AddProvider(Provider{Name: "p"}); err != nil {
			return err
		}
		if err := tx.RemoveProvider("p"); err != nil {
			return err
		}
		if err := tx.RemoveProvider("p"); !errors.Is(err, ErrNotFound) {
			t.Errorf("removed twice: %v", err)
		}
		p, err := tx.AddProvider(Provider{Name: "p", Document: secret.New("again")})
		same(t, "revision", []any{p.Revision, p.Removed}, err, []any{int64(2), false})
		all, err := tx.Providers()
		same(t, "providers", all, err, []Provider{p})
		return nil
	})
}

// TestRemoveConfiguration: it goes when nobody needs it, and its numbers are not given again.
func TestRemoveConfiguration(t *testing.T) {
	t.Parallel()
	for state, inUse := range map[PublicationState]bool{Intended: true, Written: true, Withdrawing: true, Withdrawn: false, Unremovable: false} {
		s := openTest(t, Options{})
		x := newSample()
		x.publication.State = state
		do(t, s, x.fill)
		do(t, s, func(tx *Tx) error {
			users, err := tx.ConfigurationUsers("desec")
			same(t, "who uses it now", users, err, []string{"desec-martdj"})
			if err := tx.RemoveConfiguration("desec"); !errors.Is(err, ErrInUse) {
				t.Errorf("a used one: %v", err)
			}
			// With another configuration, the earlier revision still withdraws with this one.
			if _, err := tx.AddProvider(Provider{Name: "desec-martdj", Configuration: "other", Document: secret.New("x")}); err != nil {
				return err
			}
			if err := tx.RemoveConfiguration("desec"); errors.Is(err, ErrInUse) != inUse || err != nil && !inUse {
				t.Errorf("%s: %v", state, err)
			}
			return nil
		})
		if inUse {
			continue
		}
		do(t, s, func(tx *Tx) error {
			all, err := tx.Configurations()
			same(t, "the configurations", len(all), err, 0)
			for revision := range int64(2) {
				if _, err := tx.Configuration("desec", revision); !errors.Is(err, ErrNotFound) {
					t.Errorf("revision %d: %v", revision, err)
				}
			}
			if err := tx.RemoveConfiguration("desec"); !errors.Is(err, ErrNotFound) {
				t.Errorf("removed twice: %v", err)
			}
			c, err := tx.AddConfiguration(Configuration{Name: "desec", Kind: "dxl", Source: []byte("again")})
			same(t, "revision", c.Revision, err, int64(2))
			return nil
		})
	}
}

// The library's of the same name is another one: who uses that does not keep an imported one.
func TestConfigurationUsersOfTheLibrary(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	do(t, s, func(tx *Tx) error {
		_, err := tx.AddProvider(Provider{Name: "p", Configuration: "desec"})
		if err != nil {
			return err
		}
		users, err := tx.ConfigurationUsers("desec")
		same(t, "users", len(users), err, 0)
		return nil
	})
}
