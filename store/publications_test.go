package store

import (
	"errors"
	"testing"
	"time"

	"deputy/name"
)

func TestPublicationNeedsItsProvider(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	p := newSample().publication
	p.ID = 0
	do(t, s, func(tx *Tx) error {
		if _, err := tx.PutPublication(p); !errors.Is(err, ErrNotFound) {
			t.Errorf("no provider: %v", err)
		}
		if _, err := tx.AddProvider(Provider{Name: p.Provider}); err != nil {
			return err
		}
		for what, bad := range map[string]func(*Publication){"revision": func(p *Publication) { p.Revision = 0 },
			"owner": func(p *Publication) { p.Owner = name.Name{} }, "zone": func(p *Publication) { p.Zone = name.Name{} }} {
			q := p
			bad(&q)
			if _, err := tx.PutPublication(q); err == nil {
				t.Errorf("a publication without a %s", what)
			}
		}
		if err := tx.RemoveProvider(p.Provider); err != nil {
			return err
		}
		if _, err := tx.PutPublication(p); !errors.Is(err, ErrNotFound) {
			t.Errorf("provider removed: %v", err)
		}
		return nil
	})
}

func TestWithdrawnPublications(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	x := newSample()
	do(t, s, x.fill)
	do(t, s, func(tx *Tx) error {
		p := x.publication
		p.State = Withdrawn
		got, err := tx.PutPublication(p)
		same(t, "context", got.Context.IsZero(), err, true)
		for range 2 { // once more is not an error
			if _, err := tx.PutPublication(p); err != nil {
				t.Error(err)
			}
		}
		all, err := tx.Publications()
		same(t, "publications", len(all), err, 0)
		at, err := tx.PublicationsAt(p.Owner)
		same(t, "publications at", len(at), err, 0)
		var context []byte
		err = tx.row("test", `SELECT sealed_context FROM publications WHERE id = $1`, p.ID).Scan(&context)
		same(t, "stored context", len(context), err, 0)
		return nil
	})
}

func TestWithdrawnAt(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	x := newSample()
	do(t, s, x.fill) // one that is not withdrawn
	noon := time.Date(2026, 11, 9, 12, 0, 0, 0, time.UTC)
	do(t, s, func(tx *Tx) error {
		var want []Publication
		for i, hour := range []time.Duration{-1, 0, 1, 2} {
			p := x.publication
			p.ID, p.State, p.Until, p.Value = 0, Withdrawn, noon.Add(hour*time.Hour), string(rune('a'+i))
			p, err := tx.PutPublication(p)
			if err != nil {
				return err
			}
			if hour > 0 {
				want = append(want, p)
			}
			p.ID, p.Owner = 0, owner("elsewhere.martdj.dedyn.io")
			if _, err := tx.PutPublication(p); err != nil {
				return err
			}
		}
		got, err := tx.WithdrawnAt(x.publication.Owner, noon)
		same(t, "withdrawn after noon", got, err, want)
		return nil
	})
}

func TestOldWithdrawnPublicationsGo(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	x := newSample()
	do(t, s, x.fill) // publication 1 is live and stays
	do(t, s, func(tx *Tx) error {
		p := x.publication
		for range keptWithdrawn + 5 {
			p.ID, p.State = 0, Withdrawn
			if _, err := tx.PutPublication(p); err != nil {
				return err
			}
		}
		var n int
		err := tx.row("test", `SELECT count(*) FROM publications WHERE state = 'withdrawn'`).Scan(&n)
		same(t, "withdrawn", n, err, keptWithdrawn)
		all, err := tx.Publications()
		same(t, "live", all, err, []Publication{x.publication})
		return nil
	})
}

func TestPlannedTargetsAreForEver(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	put := func(tenant, n, target string) error {
		return s.Do(t.Context(), func(tx *Tx) error {
			return tx.PutPlannedTarget(PlannedTarget{Tenant: tenant, Name: owner(n), Target: owner(target)})
		})
	}
	tests := []struct {
		tenant, name, target string
		ok                   bool
	}{
		{"", "a.example", "1.zone", true},
		{"", "a.example", "1.zone", true}, // the same again
		{"", "*.a.example", "1.zone", true},
		{"", "a.example", "2.zone", false},
		{"", "b.example", "1.zone", false},
		{"t", "a.example", "1.zone", false},
		{"t", "a.example", "2.zone", true},
		{"", "*.b.example", "3.zone", true},
		{"", "b.example", "4.zone", false},
	}
	for _, test := range tests {
		if err := put(test.tenant, test.name, test.target); (err == nil) != test.ok {
			t.Errorf("%+v: %v", test, err)
		}
	}
	do(t, s, func(tx *Tx) error {
		if tx.PutPlannedTarget(PlannedTarget{Name: owner("c.example")}) == nil || tx.PutPlannedTarget(PlannedTarget{Target: owner("4.zone")}) == nil {
			t.Error("half a binding was stored")
		}
		all, err := tx.PlannedTargets()
		same(t, "planned targets", len(all), err, 3)
		got, err := tx.PlannedTarget("", owner("a.example"))
		same(t, "target", got.Target, err, owner("1.zone"))
		got, err = tx.PlannedTarget("", owner("b.example"))
		same(t, "target of what was planned as a wildcard", []name.Name{got.Name, got.Target}, err, []name.Name{owner("b.example"), owner("3.zone")})
		return nil
	})
}
