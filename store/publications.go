package store

import (
	"errors"
	"fmt"
	"time"

	"deputy/name"
	"deputy/secret"
)

// keptWithdrawn is how many publications are kept after they were withdrawn.
const keptWithdrawn = 1000

const publicationColumns = `id, provider, revision, zone, owner, domain, cert, value, certificate, holder, fence, until, state, sealed_context, error, created`

// Publications gives all publications that are not Withdrawn, oldest first.
func (t *Tx) Publications() ([]Publication, error) {
	return list(t, "read the publications", readPublication,
		`SELECT `+publicationColumns+` FROM publications WHERE state <> 'withdrawn' ORDER BY id`)
}

// PublicationsAt gives those of them at owner.
func (t *Tx) PublicationsAt(owner name.Name) ([]Publication, error) {
	return list(t, "read the publications at "+owner.String(), readPublication,
		`SELECT `+publicationColumns+` FROM publications WHERE owner = $1 AND state <> 'withdrawn' ORDER BY id`, owner.String())
}

// WithdrawnAt gives the publications at owner that were withdrawn after since, oldest first, as far as they are still
// kept: their values may yet be seen at lagging servers and in caches. Until is when each was withdrawn.
func (t *Tx) WithdrawnAt(owner name.Name, since time.Time) ([]Publication, error) {
	return list(t, "read what was withdrawn at "+owner.String(), readPublication,
		`SELECT `+publicationColumns+` FROM publications WHERE owner = $1 AND state = 'withdrawn' AND until > $2 ORDER BY id`,
		owner.String(), millis(since))
}

// Orphans gives the publications that are neither Withdrawn nor Unremovable, whose claim (Holder, Fence) is gone — it
// was released, taken by another or its lease is over — and whose Until has passed, in database time. An Until that is
// more than a lease ahead counts as passed: no request lasts that long, so the clock was set back since.
func (t *Tx) Orphans() ([]Publication, error) {
	now, err := t.Now()
	if err != nil {
		return nil, err
	}
	return list(t, "read the publications whose holder is gone", readPublication, `SELECT `+publicationColumns+` FROM publications p
		WHERE state NOT IN ('withdrawn', 'unremovable') AND (until < $1 OR until > $2) AND NOT EXISTS
			(SELECT 1 FROM claims c WHERE c.key = p.holder AND c.fence = p.fence AND c.lease_until > $1)
		ORDER BY id`, millis(now), millis(now.Add(t.store.lease)))
}

func readPublication(t *Tx, r scanner) (Publication, error) {
	var p Publication
	var zone, owner, domain, cert string
	var context []byte
	var until, created int64
	err := r.Scan(&p.ID, &p.Provider, &p.Revision, &zone, &owner, &domain, &cert, &p.Value, &p.Certificate,
		&p.Holder, &p.Fence, &until, &p.State, &context, &p.Error, &created)
	if err != nil {
		return Publication{}, err
	}
	p.Until, p.Created = moment(until), moment(created)
	if p.Context, err = t.open(context, publicationContext(p.ID)); err != nil {
		return Publication{}, err
	}
	for i, n := range []*name.Name{&p.Zone, &p.Owner, &p.Domain, &p.Cert} {
		if *n, err = parseText([]string{zone, owner, domain, cert}[i]); err != nil {
			return Publication{}, err
		}
	}
	return p, nil
}

func publicationContext(id int64) string { return record("publications", id, "context") }

// PutPublication inserts a publication that has no ID and gives it one, and changes one that has; ErrNotFound if its
// row is gone. A new one needs its provider's revision, not removed: ErrNotFound otherwise, so that nothing is written with
// a provider that was removed a moment ago. The context of a publication that is Withdrawn is dropped.
func (t *Tx) PutPublication(p Publication) (Publication, error) {
	tried := fmt.Sprintf("journal the value for %s at %s", p.Cert, p.Owner)
	if p.ID == 0 {
		var err error
		if p, err = t.insertPublication(tried, p); err != nil {
			return p, err
		}
	}
	if p.State == Withdrawn {
		p.Context = secret.Value{}
	}
	context, err := t.seal(p.Context, publicationContext(p.ID))
	if err != nil {
		return p, err
	}
	err = t.change(tried, `UPDATE publications SET value = $2, certificate = $3, holder = $4, fence = $5, until = $6, state = $7,
		sealed_context = $8, error = $9 WHERE id = $1`,
		p.ID, p.Value, p.Certificate, p.Holder, p.Fence, millis(p.Until), p.State, context, p.Error)
	if err != nil || p.State != Withdrawn {
		return p, err
	}
	_, err = t.exec(tried, `DELETE FROM publications WHERE state = 'withdrawn' AND id <= $1`, p.ID-keptWithdrawn)
	return p, err
}

func (t *Tx) insertPublication(tried string, p Publication) (Publication, error) {
	provider, err := t.Provider(p.Provider, p.Revision)
	if err != nil {
		return p, fmt.Errorf("%s: %w", tried, err)
	}
	if provider.Removed {
		return p, fmt.Errorf("%s: DNS provider %s was removed: %w", tried, p.Provider, ErrNotFound)
	}
	if p.Revision == 0 || p.Owner.IsZero() || p.Zone.IsZero() {
		return p, errors.New(tried + ": a target has a provider's revision, a zone and an owner")
	}
	if p.State == "" {
		p.State = Intended
	}
	created, err := t.created(p.Created)
	if err != nil {
		return p, err
	}
	p.Created = created
	err = t.row(tried, `INSERT INTO publications (provider, revision, zone, owner, domain, cert, value, certificate, holder, fence, until,
			state, sealed_context, error, created)
		VALUES ($1, $2, $3, $4, $5, $6, '', '', '', 0, 0, $7, $8, '', $9) RETURNING id`, p.Provider, p.Revision, p.Zone.String(),
		p.Owner.String(), p.Domain.String(), p.Cert.String(), p.State, []byte{}, millis(created)).Scan(&p.ID)
	return p, err
}
