package store

import "fmt"

const accountColumns = `id, name, directory, email, url, sealed_key, eab_key_id, sealed_eab_key, terms, created`

// Accounts gives all ACME accounts, by name.
func (t *Tx) Accounts() ([]Account, error) {
	return list(t, "read the accounts", readAccount, `SELECT `+accountColumns+` FROM accounts ORDER BY name`)
}

// Account gives the account of that name; ErrNotFound if there is none.
func (t *Tx) Account(name string) (Account, error) {
	return readAccount(t, t.row("read account "+name, `SELECT `+accountColumns+` FROM accounts WHERE name = $1`, name))
}

func readAccount(t *Tx, r scanner) (Account, error) {
	var a Account
	var key, eabKey []byte
	var created int64
	err := r.Scan(&a.ID, &a.Name, &a.Directory, &a.Email, &a.URL, &key, &a.EABKeyID, &eabKey, &a.Terms, &created)
	if err != nil {
		return Account{}, err
	}
	a.Created = moment(created)
	if a.Key, err = t.open(key, record("accounts", a.ID, "key")); err != nil {
		return Account{}, err
	}
	a.EABKey, err = t.open(eabKey, record("accounts", a.ID, "eab_key"))
	return a, err
}

// PutAccount inserts an account that has no ID and gives it one, and changes one that has; ErrNotFound if its row is
// gone. Two accounts of one name are an error.
func (t *Tx) PutAccount(a Account) (Account, error) {
	tried := "store account " + a.Name
	var other int64
	err := t.row(tried, `SELECT COALESCE(MAX(id), 0) FROM accounts WHERE name = $1 AND id <> $2`, a.Name, a.ID).Scan(&other)
	if err != nil {
		return a, err
	}
	if other != 0 {
		return a, fmt.Errorf("%s: there is an account of that name already", tried)
	}
	if a.ID == 0 {
		if a, err = t.insertAccount(tried, a); err != nil {
			return a, err
		}
	}
	key, err := t.seal(a.Key, record("accounts", a.ID, "key"))
	if err != nil {
		return a, err
	}
	eabKey, err := t.seal(a.EABKey, record("accounts", a.ID, "eab_key"))
	if err != nil {
		return a, err
	}
	return a, t.change(tried, `UPDATE accounts SET name = $2, directory = $3, email = $4, url = $5, sealed_key = $6, eab_key_id = $7,
		sealed_eab_key = $8, terms = $9 WHERE id = $1`, a.ID, a.Name, a.Directory, a.Email, a.URL, key, a.EABKeyID, eabKey, a.Terms)
}

// insertAccount makes the row, whose id the secrets are then sealed for.
func (t *Tx) insertAccount(tried string, a Account) (Account, error) {
	created, err := t.created(a.Created)
	if err != nil {
		return a, err
	}
	a.Created = created
	err = t.row(tried, `INSERT INTO accounts (name, directory, email, url, sealed_key, eab_key_id, sealed_eab_key, terms, created)
		VALUES ($1, '', '', '', $2, '', $2, '', $3) RETURNING id`, a.Name, []byte{}, millis(created)).Scan(&a.ID)
	return a, err
}
