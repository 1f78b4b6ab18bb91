package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"
)

// Verdict is what a test at a live DNS host showed a DNS Configuration to do to other values at a name.
type Verdict struct {
	Digest   string // of the document, see Digest
	Verdict  string // additive or replacing
	Provider string // the DNS Provider that the test used
	Tested   time.Time
}

// Digest names a document by what it says: the SHA-256 of its source, in hex.
func Digest(source []byte) string {
	sum := sha256.Sum256(source)
	return hex.EncodeToString(sum[:])
}

// Verdict gives what the last test of a document showed; ErrNotFound where there was none.
func (t *Tx) Verdict(digest string) (Verdict, error) {
	var v Verdict
	var tested int64
	err := t.row("read the verdict on a DNS configuration", `SELECT digest, verdict, provider, tested FROM verdicts WHERE digest = $1`, digest).
		Scan(&v.Digest, &v.Verdict, &v.Provider, &tested)
	v.Tested = moment(tested)
	return v, err
}

// PutVerdict keeps v in place of an earlier one on the same document.
func (t *Tx) PutVerdict(v Verdict) error {
	if v.Digest == "" || v.Verdict == "" {
		return errors.New("a verdict needs a document and a word")
	}
	tested, err := t.created(v.Tested)
	if err != nil {
		return err
	}
	_, err = t.exec("keep the verdict on a DNS configuration", `INSERT INTO verdicts (digest, verdict, provider, tested) VALUES ($1, $2, $3, $4)
		ON CONFLICT (digest) DO UPDATE SET verdict = excluded.verdict, provider = excluded.provider, tested = excluded.tested`,
		v.Digest, v.Verdict, v.Provider, millis(tested))
	return err
}
