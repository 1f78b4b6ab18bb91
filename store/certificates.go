package store

import (
	"encoding/json"
	"fmt"
	"time"
)

// keptVersions is how many versions of a certificate are kept in history, the current one among them.
const keptVersions = 10

const certificateColumns = `c.name, names, key_type, account, profile, deploy_hook, c.created, c.version, deployed,
	ari_start, ari_end, ari_explanation, ari_at, ari_check_after, failures, last_error, retry_at,
	v.chain, v.sealed_key, COALESCE(v.serial, ''), COALESCE(v.not_before, 0), COALESCE(v.not_after, 0)`

const certificateTables = ` FROM certificates c LEFT JOIN certificate_versions v ON v.certificate = c.name AND v.version = c.version`

// Version is a certificate that came once, current or replaced.
type Version struct {
	Version   int64
	Chain     []byte // PEM, leaf first
	Serial    string
	NotBefore time.Time
	NotAfter  time.Time
	Created   time.Time
}

// Certificates gives all certificates with their current versions, by name.
func (t *Tx) Certificates() ([]Certificate, error) {
	return list(t, "read the certificates", readCertificate, `SELECT `+certificateColumns+certificateTables+` ORDER BY c.name`)
}

// Certificate gives the certificate of that name; ErrNotFound if there is none.
func (t *Tx) Certificate(name string) (Certificate, error) {
	return readCertificate(t, t.row("read certificate "+name,
		`SELECT `+certificateColumns+certificateTables+` WHERE c.name = $1`, name))
}

func readCertificate(t *Tx, r scanner) (Certificate, error) {
	var c Certificate
	var names string
	var key []byte
	var created, start, end, at, checkAfter, retryAt, notBefore, notAfter int64
	err := r.Scan(&c.Name, &names, &c.KeyType, &c.Account, &c.Profile, &c.DeployHook, &created, &c.Version, &c.Deployed,
		&start, &end, &c.ARI.Explanation, &at, &checkAfter, &c.Failures, &c.LastError, &retryAt,
		&c.Chain, &key, &c.Serial, &notBefore, &notAfter)
	if err != nil {
		return Certificate{}, err
	}
	if err := json.Unmarshal([]byte(names), &c.Names); err != nil {
		return Certificate{}, fmt.Errorf("read the names of certificate %s: %w", c.Name, err)
	}
	c.Created, c.RetryAt = moment(created), moment(retryAt)
	c.NotBefore, c.NotAfter = moment(notBefore), moment(notAfter)
	c.ARI.Start, c.ARI.End, c.ARI.At, c.ARI.CheckAfter = moment(start), moment(end), moment(at), moment(checkAfter)
	c.Key, err = t.open(key, versionKey(c.Name, c.Version))
	return c, err
}

func versionKey(certificate string, version int64) string {
	return record("certificate_versions", certificate, version, "key")
}

// PutCertificate inserts or changes a certificate. A Version never seen before is kept in history, with the chains of
// the last ten; the keys of replaced versions are dropped. A Version older than the stored one is an error: whoever
// read the certificate before it was renewed must not undo that.
func (t *Tx) PutCertificate(c Certificate) error {
	tried := "store certificate " + c.Name
	var have int64
	err := t.row(tried, `SELECT COALESCE(MAX(version), 0) FROM certificates WHERE name = $1`, c.Name).Scan(&have)
	if err != nil {
		return err
	}
	if c.Version < have {
		return fmt.Errorf("%s: version %d was to be stored over version %d, which came later", tried, c.Version, have)
	}
	if err := t.upsertCertificate(tried, c); err != nil {
		return err
	}
	if c.Version == 0 {
		return nil
	}
	return t.putVersion(tried, c)
}

func (t *Tx) upsertCertificate(tried string, c Certificate) error {
	names, err := namesText(c.Names)
	if err != nil {
		return err
	}
	created, err := t.created(c.Created)
	if err != nil {
		return err
	}
	_, err = t.exec(tried, `INSERT INTO certificates (name, names, key_type, account, profile, deploy_hook, created, version, deployed,
			ari_start, ari_end, ari_explanation, ari_at, ari_check_after, failures, last_error, retry_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
		ON CONFLICT (name) DO UPDATE SET names = excluded.names, key_type = excluded.key_type, account = excluded.account,
			profile = excluded.profile, deploy_hook = excluded.deploy_hook, version = excluded.version, deployed = excluded.deployed,
			ari_start = excluded.ari_start, ari_end = excluded.ari_end, ari_explanation = excluded.ari_explanation,
			ari_at = excluded.ari_at, ari_check_after = excluded.ari_check_after, failures = excluded.failures,
			last_error = excluded.last_error, retry_at = excluded.retry_at`,
		c.Name, names, c.KeyType, c.Account, c.Profile, c.DeployHook, millis(created), c.Version, c.Deployed,
		millis(c.ARI.Start), millis(c.ARI.End), c.ARI.Explanation, millis(c.ARI.At), millis(c.ARI.CheckAfter),
		c.Failures, c.LastError, millis(c.RetryAt))
	return err
}

func (t *Tx) putVersion(tried string, c Certificate) error {
	key, err := t.seal(c.Key, versionKey(c.Name, c.Version))
	if err != nil {
		return err
	}
	now, err := t.Now()
	if err != nil {
		return err
	}
	_, err = t.exec(tried, `INSERT INTO certificate_versions (certificate, version, chain, sealed_key, serial, not_before, not_after, created)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (certificate, version) DO UPDATE SET chain = excluded.chain, sealed_key = excluded.sealed_key,
			serial = excluded.serial, not_before = excluded.not_before, not_after = excluded.not_after`,
		c.Name, c.Version, notNil(c.Chain), key, c.Serial, millis(c.NotBefore), millis(c.NotAfter), millis(now))
	if err != nil {
		return err
	}
	_, err = t.exec(tried, `UPDATE certificate_versions SET sealed_key = $3 WHERE certificate = $1 AND version < $2`, c.Name, c.Version, []byte{})
	if err != nil {
		return err
	}
	_, err = t.exec(tried, `DELETE FROM certificate_versions WHERE certificate = $1 AND version NOT IN
		(SELECT version FROM certificate_versions WHERE certificate = $1 ORDER BY version DESC LIMIT $2)`, c.Name, keptVersions)
	return err
}

// Versions gives the versions of a certificate that are kept, newest first.
func (t *Tx) Versions(certificate string) ([]Version, error) {
	return list(t, "read the versions of certificate "+certificate, readVersion, `SELECT version, chain, serial, not_before, not_after, created
		FROM certificate_versions WHERE certificate = $1 ORDER BY version DESC`, certificate)
}

func readVersion(_ *Tx, r scanner) (Version, error) {
	var v Version
	var notBefore, notAfter, created int64
	if err := r.Scan(&v.Version, &v.Chain, &v.Serial, &notBefore, &notAfter, &created); err != nil {
		return Version{}, err
	}
	v.NotBefore, v.NotAfter, v.Created = moment(notBefore), moment(notAfter), moment(created)
	return v, nil
}

// ForgetCertificate deletes a certificate with its versions, keys and attempts; ErrNotFound if there is none. Its planned
// targets stay, since nobody else may ever get them, and so do its publications, which have to be withdrawn.
func (t *Tx) ForgetCertificate(name string) error {
	tried := "forget certificate " + name
	if err := t.change(tried, `DELETE FROM certificates WHERE name = $1`, name); err != nil {
		return err
	}
	_, err := t.exec(tried, `DELETE FROM attempts WHERE certificate = $1`, name)
	return err
}
