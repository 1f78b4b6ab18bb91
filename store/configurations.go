package store

import "fmt"

const configurationColumns = `name, revision, kind, source, created`

// Configurations gives the newest revision of each imported DNS Configuration, by name.
func (t *Tx) Configurations() ([]Configuration, error) {
	return list(t, "read the DNS configurations", readConfiguration, `SELECT `+configurationColumns+` FROM configurations c
		WHERE revision = (SELECT MAX(revision) FROM configurations WHERE name = c.name) ORDER BY name`)
}

// Configuration gives a revision of an imported DNS Configuration; revision 0 is the newest.
func (t *Tx) Configuration(name string, revision int64) (Configuration, error) {
	return readConfiguration(t, t.row(fmt.Sprintf("read DNS configuration %s, revision %d", name, revision),
		`SELECT `+configurationColumns+` FROM configurations WHERE name = $1 AND (revision = $2 OR $2 = 0)
		ORDER BY revision DESC LIMIT 1`, name, revision))
}

func readConfiguration(_ *Tx, r scanner) (Configuration, error) {
	var c Configuration
	var created int64
	if err := r.Scan(&c.Name, &c.Revision, &c.Kind, &c.Source, &created); err != nil {
		return Configuration{}, err
	}
	c.Created = moment(created)
	return c, nil
}

// AddConfiguration stores a new revision and returns c with it. The DNS Providers that use the name stay with the revision
// that they have: which of them may move is not the store's to say.
func (t *Tx) AddConfiguration(c Configuration) (Configuration, error) {
	tried := "store DNS configuration " + c.Name
	created, err := t.created(c.Created)
	if err != nil {
		return c, err
	}
	c.Created = created
	err = t.row(tried, `INSERT INTO configurations (name, revision, kind, source, created)
		SELECT $1, COALESCE(MAX(revision), 0) + 1, $2, $3, $4 FROM configurations WHERE name = $1 RETURNING revision`,
		c.Name, c.Kind, notNil(c.Source), millis(created)).Scan(&c.Revision)
	return c, err
}

// notNil makes a nil slice an empty one, which the database tells from NULL.
func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
