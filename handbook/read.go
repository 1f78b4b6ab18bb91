package handbook

import (
	"context"

	"deputy/secret"
	"deputy/store"
)

// Read gives what the store knows, all of one moment: certificates, accounts, planned targets, looks and leftovers. The
// keys that come with those rows are dropped here, so that nothing that is made of the facts can hold one.
func Read(ctx context.Context, s *store.Store) (Facts, error) {
	var f Facts
	err := s.View(ctx, func(t *store.Tx) (err error) {
		if f.Made, err = t.Now(); err != nil {
			return err
		}
		certificates, err := t.Certificates()
		if err != nil {
			return err
		}
		for _, c := range certificates {
			c.Key = secret.Value{}
			f.Certificates = append(f.Certificates, Certificate{Certificate: c})
		}
		if f.Accounts, err = t.Accounts(); err != nil {
			return err
		}
		for n := range f.Accounts {
			f.Accounts[n].Key, f.Accounts[n].EABKey = secret.Value{}, secret.Value{}
		}
		if f.Planned, err = t.PlannedTargets(); err != nil {
			return err
		}
		if f.Looks, err = t.LastLooks(); err != nil {
			return err
		}
		f.Leftovers, err = t.Orphans()
		for n := range f.Leftovers {
			f.Leftovers[n].Context = secret.Value{}
		}
		return err
	})
	return f, err
}
