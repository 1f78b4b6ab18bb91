package store

import (
	"errors"
	"fmt"
)

const providerColumns = `name, revision, sealed_document, configuration, configuration_revision, removed, created`

// Providers gives the newest revision of each DNS Provider that is not removed, by name.
func (t *Tx) Providers() ([]Provider, error) {
	return list(t, "read the DNS providers", readProvider, `SELECT `+providerColumns+` FROM providers p
		WHERE revision = (SELECT MAX(revision) FROM providers WHERE name = p.name) AND NOT removed ORDER BY name`)
}

// Provider gives a revision of a DNS Provider. Revision 0 is the newest, and ErrNotFound when the provider is
// removed; an old one is found even then, without its document.
func (t *Tx) Provider(name string, revision int64) (Provider, error) {
	tried := fmt.Sprintf("read DNS provider %s, revision %d", name, revision)
	p, err := readProvider(t, t.row(tried, `SELECT `+providerColumns+` FROM providers
		WHERE name = $1 AND (revision = $2 OR $2 = 0) ORDER BY revision DESC LIMIT 1`, name, revision))
	if err != nil {
		return Provider{}, err
	}
	if revision == 0 && p.Removed {
		return Provider{}, fmt.Errorf("%s: it was removed: %w", tried, ErrNotFound)
	}
	return p, nil
}

func readProvider(t *Tx, r scanner) (Provider, error) {
	var p Provider
	var document []byte
	var created int64
	err := r.Scan(&p.Name, &p.Revision, &document, &p.Configuration, &p.ConfigurationRevision, &p.Removed, &created)
	if err != nil {
		return Provider{}, err
	}
	p.Created = moment(created)
	p.Document, err = t.open(document, record("providers", p.Name, p.Revision, "document"))
	return p, err
}

// AddProvider stores p as a new revision and returns it with its Revision. Its configuration's revision, unless it is
// 0, must be there: ErrNotFound.
func (t *Tx) AddProvider(p Provider) (Provider, error) {
	tried := "store DNS provider " + p.Name
	if p.ConfigurationRevision != 0 {
		if _, err := t.Configuration(p.Configuration, p.ConfigurationRevision); err != nil {
			return p, fmt.Errorf("%s: %w", tried, err)
		}
	}
	created, err := t.created(p.Created)
	if err != nil {
		return p, err
	}
	p.Created, p.Removed = created, false
	err = t.row(tried, `SELECT COALESCE(MAX(revision), 0) + 1 FROM providers WHERE name = $1`, p.Name).Scan(&p.Revision)
	if err != nil {
		return p, err
	}
	document, err := t.seal(p.Document, record("providers", p.Name, p.Revision, "document"))
	if err != nil {
		return p, err
	}
	_, err = t.exec(tried, `INSERT INTO providers (name, revision, sealed_document, configuration, configuration_revision, removed, created)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, p.Name, p.Revision, document, p.Configuration, p.ConfigurationRevision, false, millis(created))
	return p, err
}

// RemoveProvider removes every revision of a provider; ErrInUse while it has publications that are neither Withdrawn
// nor Unremovable. The documents, and the credentials in them, are gone then: nothing is left to withdraw with them.
func (t *Tx) RemoveProvider(name string) error {
	tried := "remove DNS provider " + name
	if _, err := t.Provider(name, 0); err != nil {
		if errors.Is(err, ErrNotFound) {
			return fmt.Errorf("%s: %w", tried, ErrNotFound)
		}
		return err
	}
	var live int64
	err := t.row(tried, `SELECT count(*) FROM publications WHERE provider = $1 AND state NOT IN ($2, $3)`,
		name, Withdrawn, Unremovable).Scan(&live)
	if err != nil {
		return err
	}
	if live > 0 {
		return fmt.Errorf("%s: %d of its publications are not withdrawn: %w", tried, live, ErrInUse)
	}
	return t.change(tried, `UPDATE providers SET removed = $2, sealed_document = $3 WHERE name = $1`, name, true, []byte{})
}
