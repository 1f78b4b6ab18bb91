package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"time"

	"deputy/secret"
)

const defaultLease = 30 * time.Second

// Options say where the store is and how it seals.
type Options struct {
	Dir   string // the state directory; deputy.db lies in it
	Keys  *secret.Keyring
	Lease time.Duration    // of claims; 30 s if zero
	Clock func() time.Time // stands in for the database's time, for tests of what happens later; nil outside them
}

// Store is the database of one installation. It is safe for use by several goroutines, and several processes may
// have the same database open.
type Store struct {
	path    string
	keys    *secret.Keyring
	lease   time.Duration
	clock   func() time.Time
	dialect dialect
	writer  *sql.DB // one connection, whose transactions begin with the write lock
	reader  *sql.DB
}

// Open opens or makes DIR/deputy.db (0600) and applies the migrations it lacks. Faults: StateNewer, StateKey, StateFailed.
func Open(ctx context.Context, o Options) (*Store, error) {
	return open(ctx, o, migrations())
}

func open(ctx context.Context, o Options, steps []migration) (*Store, error) {
	if o.Keys == nil {
		return nil, errors.New("open the store: no master key was given")
	}
	path, err := prepareFile(o.Dir)
	if err != nil {
		return nil, err
	}
	s := &Store{path: path, keys: o.Keys, lease: o.Lease, clock: o.Clock, dialect: sqliteDialect()}
	if s.lease == 0 {
		s.lease = defaultLease
	}
	if err := s.connect(ctx); err != nil {
		return nil, err
	}
	if err := s.bring(ctx, steps); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// bring makes the database one of this deputy, in its newest form, and proves that the master key is the right one.
func (s *Store) bring(ctx context.Context, steps []migration) error {
	if err := s.identify(ctx); err != nil {
		return err
	}
	if err := s.migrate(ctx, steps); err != nil {
		return err
	}
	_, err := s.InstallationKey(ctx)
	return err
}

// Close closes the database.
func (s *Store) Close() error { return errors.Join(s.reader.Close(), s.writer.Close()) }

// Lease is how long a claim lasts without a heart-beat.
func (s *Store) Lease() time.Duration { return s.lease }

// installationKey is the name of the row of the installation key.
const installationKey = "key"

// InstallationKey is 32 random octets made with the database, for HMACs over names; it never leaves this installation.
func (s *Store) InstallationKey(ctx context.Context) ([]byte, error) {
	var key secret.Value
	err := s.View(ctx, func(t *Tx) error {
		var sealed []byte
		if err := t.row("read the installation key", `SELECT value FROM installation WHERE name = $1`, installationKey).Scan(&sealed); err != nil {
			return err
		}
		var err error
		key, err = t.open(sealed, record("installation", installationKey, "value"))
		return err
	})
	return []byte(key.Reveal()), err
}

// makeInstallationKey is part of the transaction that makes the database.
func (t *Tx) makeInstallationKey() error {
	key := make([]byte, 32)
	rand.Read(key)
	sealed, err := t.seal(secret.New(string(key)), record("installation", installationKey, "value"))
	if err != nil {
		return err
	}
	_, err = t.exec("make the installation key", `INSERT INTO installation (name, value) VALUES ($1, $2)`, installationKey, sealed)
	return err
}
