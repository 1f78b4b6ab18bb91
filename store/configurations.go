package store

import "fmt"

const configurationColumns = `name, revision, kind, source, created`

// Configurations gives the newest revision of each imported DNS Configuration, by name.
func (t *Tx) Configurations() ([]Configuration, error) {
	return list(t, "read the DNS configurations", readConfiguration, `SELECT `+configurationColumns+` FROM configurations c
		WHERE revision = (SELECT MAX(revision) FROM configurations WHERE name = c.name) AND kind <> $1 ORDER BY name`, removedConfiguration)
}

// Configuration gives a revision of an imported DNS Configuration; revision 0 is the newest. ErrNotFound where it was
// removed.
func (t *Tx) Configuration(name string, revision int64) (Configuration, error) {
	tried := fmt.Sprintf("read DNS configuration %s, revision %d", name, revision)
	c, err := readConfiguration(t, t.row(tried, `SELECT `+configurationColumns+` FROM configurations WHERE name = $1 AND (revision = $2 OR $2 = 0)
		ORDER BY revision DESC LIMIT 1`, name, revision))
	if err == nil && c.Kind == removedConfiguration {
		return Configuration{}, fmt.Errorf("%s: it was removed: %w", tried, ErrNotFound)
	}
	return c, err
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

// removedConfiguration is the kind of the revision that says that a configuration was removed. It keeps its place, so that no
// later import gets a number that a DNS Provider's old revision has.
const removedConfiguration = "removed"

// ConfigurationUsers names the DNS Providers that need an imported configuration: those that use it now, and those an earlier
// revision of which did and has publications that are neither Withdrawn nor Unremovable.
func (t *Tx) ConfigurationUsers(name string) ([]string, error) {
	return list(t, "read who uses DNS configuration "+name, readText, `SELECT DISTINCT name FROM providers p
		WHERE configuration = $1 AND configuration_revision <> 0 AND NOT removed AND (
			revision = (SELECT MAX(revision) FROM providers WHERE name = p.name) OR EXISTS (
				SELECT 1 FROM publications u WHERE u.provider = p.name AND u.revision = p.revision AND u.state NOT IN ($2, $3)))
		ORDER BY name`, name, Withdrawn, Unremovable)
}

func readText(_ *Tx, r scanner) (text string, err error) {
	err = r.Scan(&text)
	return text, err
}

// RemoveConfiguration removes every revision of an imported configuration; ErrInUse while a DNS Provider needs it (see
// ConfigurationUsers), ErrNotFound where none of that name was imported.
func (t *Tx) RemoveConfiguration(name string) error {
	tried := "remove DNS configuration " + name
	newest, err := t.Configuration(name, 0)
	if err != nil {
		return fmt.Errorf("%s: %w", tried, err)
	}
	users, err := t.ConfigurationUsers(name)
	if err != nil {
		return err
	}
	if len(users) > 0 {
		return fmt.Errorf("%s: %d DNS providers need it: %w", tried, len(users), ErrInUse)
	}
	if _, err := t.exec(tried, `DELETE FROM configurations WHERE name = $1 AND revision < $2`, name, newest.Revision); err != nil {
		return err
	}
	return t.change(tried, `UPDATE configurations SET kind = $3, source = $4 WHERE name = $1 AND revision = $2`, name, newest.Revision, removedConfiguration, []byte{})
}
