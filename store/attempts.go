package store

import (
	"encoding/json"
	"fmt"

	"deputy/secret"
)

// keptAttempts is how many ended attempts of a certificate are kept.
const keptAttempts = 20

const attemptColumns = `id, certificate, account, names, sealed_key, replaces, asked, order_url, finalized, state, error, created, profile`

// OpenAttempt gives the attempt of a certificate that is on its way; ErrNotFound if none is.
func (t *Tx) OpenAttempt(certificate string) (Attempt, error) {
	return readAttempt(t, t.row("read the open attempt of "+certificate,
		`SELECT `+attemptColumns+` FROM attempts WHERE certificate = $1 AND state = $2`, certificate, AttemptOpen))
}

func readAttempt(t *Tx, r scanner) (Attempt, error) {
	var a Attempt
	var names string
	var key []byte
	var created int64
	err := r.Scan(&a.ID, &a.Certificate, &a.Account, &names, &key, &a.Replaces, &a.Asked, &a.OrderURL, &a.Finalized, &a.State, &a.Error, &created, &a.Profile)
	if err != nil {
		return Attempt{}, err
	}
	if err := json.Unmarshal([]byte(names), &a.Names); err != nil {
		return Attempt{}, fmt.Errorf("read the names of attempt %d: %w", a.ID, err)
	}
	a.Created = moment(created)
	a.Key, err = t.open(key, record("attempts", a.ID, "key"))
	return a, err
}

// PutAttempt inserts an attempt that has no ID and gives it one, and changes one that has; ErrNotFound if its row is
// gone. A second open attempt of a certificate is an error. The key of an attempt that ended is dropped: a
// certificate that came of it holds it.
func (t *Tx) PutAttempt(a Attempt) (Attempt, error) {
	tried := "store the attempt of " + a.Certificate
	if a.ID == 0 {
		var err error
		if a, err = t.insertAttempt(tried, a); err != nil {
			return a, err
		}
	}
	names, err := namesText(a.Names)
	if err != nil {
		return a, err
	}
	if a.State != AttemptOpen {
		a.Key = secret.Value{}
	}
	key, err := t.seal(a.Key, record("attempts", a.ID, "key"))
	if err != nil {
		return a, err
	}
	err = t.change(tried, `UPDATE attempts SET certificate = $2, account = $3, names = $4, sealed_key = $5, replaces = $6, asked = $7,
		order_url = $8, finalized = $9, state = $10, error = $11, profile = $12 WHERE id = $1`, a.ID, a.Certificate, a.Account, names, key,
		a.Replaces, a.Asked, a.OrderURL, a.Finalized, a.State, a.Error, a.Profile)
	if err != nil || a.State == AttemptOpen {
		return a, err
	}
	_, err = t.exec(tried, `DELETE FROM attempts WHERE certificate = $1 AND state <> $2 AND id NOT IN
		(SELECT id FROM attempts WHERE certificate = $1 AND state <> $2 ORDER BY id DESC LIMIT $3)`, a.Certificate, AttemptOpen, keptAttempts)
	return a, err
}

func (t *Tx) insertAttempt(tried string, a Attempt) (Attempt, error) {
	if a.State == "" {
		a.State = AttemptOpen
	}
	created, err := t.created(a.Created)
	if err != nil {
		return a, err
	}
	a.Created = created
	err = t.row(tried, `INSERT INTO attempts (certificate, account, names, sealed_key, replaces, asked, order_url, finalized, state, error, created)
		VALUES ($1, '', '[]', $2, '', $3, '', $3, $4, '', $5) RETURNING id`, a.Certificate, []byte{}, false, a.State, millis(created)).Scan(&a.ID)
	return a, err
}
