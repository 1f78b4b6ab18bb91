package provider

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"deputy/store"
)

// Imported is a DNS Configuration after its import.
type Imported struct {
	store.Configuration
	Staying []Staying // DNS Providers that don't use it, though it has the name of theirs
}

// Staying is a DNS Provider that stays with the revision of its DNS Configuration that it has.
type Staying struct {
	Provider string
	Revision int64    // of the DNS Configuration; 0: the library's
	Hosts    []string // to which the new revision would send its credential, and which it is not bound to
	Commands bool     // the new revision would run programs on this machine
}

// String says it to people.
func (s Staying) String() string {
	stays := fmt.Sprintf("stays with revision %d", s.Revision)
	if s.Revision == 0 {
		stays = "stays with the library's"
	}
	if s.Commands {
		return fmt.Sprintf("DNS Provider %s %s, since the new one would run other programs on this machine; deputy provider add -f FILE to agree", s.Provider, stays)
	}
	return fmt.Sprintf("DNS Provider %s %s, since the new one would send its credential to %s; deputy provider add -f FILE to agree",
		s.Provider, stays, strings.Join(s.Hosts, ", "))
}

// Import stores c as a new revision, unless the newest is the same to the octet, and gives each DNS Provider that uses it a
// new revision with it. To import a document is not to agree that it may send a credential elsewhere: a DNS Provider that is
// not bound to every host of the new revision stays where it is until it is added again.
func (r *Registry) Import(ctx context.Context, c store.Configuration) (Imported, error) {
	var all Imported
	err := r.Store.Do(ctx, func(tx *store.Tx) error {
		row, err := keep(tx, c)
		if err != nil {
			return err
		}
		all = Imported{Configuration: row}
		fresh, err := imported(row)
		if err != nil {
			return err
		}
		all.Staying, err = fresh.spread(tx, row.Name)
		return err
	})
	return all, err
}

// keep stores c, unless it is there.
func keep(tx *store.Tx, c store.Configuration) (store.Configuration, error) {
	was, err := tx.Configuration(c.Name, 0)
	switch {
	case errors.Is(err, store.ErrNotFound):
	case err != nil:
		return store.Configuration{}, err
	case was.Kind == c.Kind && string(was.Source) == string(c.Source):
		return was, nil
	}
	return tx.AddConfiguration(c)
}

// spread gives the configuration, which is the newest of its name, to the DNS Providers that use that name.
func (c configuration) spread(tx *store.Tx, name string) (staying []Staying, err error) {
	rows, err := tx.Providers()
	if err != nil {
		return nil, err
	}
	for _, row := range rows {
		if row.Configuration != name || row.ConfigurationRevision == c.revision {
			continue
		}
		d, old, err := opened(tx, row)
		if err != nil {
			return nil, err
		}
		if more := c.beyond(d, old.bound(d)); len(more) > 0 || c.runsCommands() {
			staying = append(staying, Staying{Provider: row.Name, Revision: row.ConfigurationRevision, Hosts: more, Commands: c.runsCommands()})
			continue
		}
		row.ConfigurationRevision, row.Created = c.revision, time.Time{}
		if _, err := tx.AddProvider(row); err != nil {
			return nil, err
		}
	}
	return staying, nil
}
