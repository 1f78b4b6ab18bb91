package store

import (
	"context"
	"database/sql"
	"time"

	"deputy/name"
	"deputy/secret"
)

// Options say where the store is and how it seals.
type Options struct {
	Dir   string // the state directory; deputy.db lies in it
	Keys  *secret.Keyring
	Lease time.Duration // of claims; 30 s if zero
}

// Store is the database of one installation.
type Store struct{ db *sql.DB }

// Open opens or makes DIR/deputy.db (0600) and applies the migrations it lacks. Faults: StateNewer, StateKey, StateFailed.
func Open(ctx context.Context, o Options) (*Store, error) { panic("seam") }

// Close closes the database.
func (s *Store) Close() error { panic("seam") }

// Lease is how long a claim lasts without a heart-beat.
func (s *Store) Lease() time.Duration { panic("seam") }

// Do runs f in one transaction (BEGIN IMMEDIATE), without a claim. For rows that no claim protects.
func (s *Store) Do(ctx context.Context, f func(*Tx) error) error { panic("seam") }

// View runs f in a read transaction.
func (s *Store) View(ctx context.Context, f func(*Tx) error) error { panic("seam") }

// InstallationKey is 32 random octets made with the database, for HMACs over names; it never leaves this installation.
func (s *Store) InstallationKey(ctx context.Context) ([]byte, error) { panic("seam") }

// Record stores an event and gives it its ID and time.
func (s *Store) Record(ctx context.Context, e Event) (Event, error) { panic("seam") }

// Tx is a transaction over the rows. Lookups of one row return ErrNotFound; lists are never nil-vs-empty significant.
type Tx struct {
	tx   *sql.Tx
	keys *secret.Keyring
}

func (t *Tx) Now() (time.Time, error)                                          { panic("seam") } // database time
func (t *Tx) Accounts() ([]Account, error)                                     { panic("seam") }
func (t *Tx) Account(name string) (Account, error)                             { panic("seam") }
func (t *Tx) PutAccount(a Account) (Account, error)                            { panic("seam") } // ID 0 inserts
func (t *Tx) Configurations() ([]Configuration, error)                         { panic("seam") } // the newest revision of each
func (t *Tx) Configuration(name string, revision int64) (Configuration, error) { panic("seam") } // revision 0: the newest
// AddConfiguration stores a new revision and gives every provider that uses the name a new revision pointing at it.
func (t *Tx) AddConfiguration(c Configuration) (Configuration, error) { panic("seam") }
func (t *Tx) Providers() ([]Provider, error)                          { panic("seam") } // the newest revision of each that is not removed
func (t *Tx) Provider(name string, revision int64) (Provider, error)  { panic("seam") } // revision 0: the newest, ErrNotFound if removed; an old one is found even when removed
func (t *Tx) AddProvider(p Provider) (Provider, error)                { panic("seam") } // a new revision
func (t *Tx) RemoveProvider(name string) error                        { panic("seam") } // ErrInUse while it has publications that are not withdrawn
func (t *Tx) Certificates() ([]Certificate, error)                    { panic("seam") }
func (t *Tx) Certificate(name string) (Certificate, error)            { panic("seam") }
func (t *Tx) PutCertificate(c Certificate) error                      { panic("seam") } // upsert; a Version never seen before is kept in history
func (t *Tx) ForgetCertificate(name string) error                     { panic("seam") }
func (t *Tx) OpenAttempt(certificate string) (Attempt, error)         { panic("seam") } // ErrNotFound if none is open
func (t *Tx) PutAttempt(a Attempt) (Attempt, error)                   { panic("seam") } // ID 0 inserts
func (t *Tx) PutPublication(p Publication) (Publication, error)       { panic("seam") } // ID 0 inserts
func (t *Tx) Publications() ([]Publication, error)                    { panic("seam") } // all that are not Withdrawn
func (t *Tx) PublicationsAt(owner name.Name) ([]Publication, error)   { panic("seam") } // those of them at owner
// Orphans are publications that are neither Withdrawn nor Unremovable, whose claim (Holder, Fence) is gone and whose Until has passed.
func (t *Tx) Orphans() ([]Publication, error) { panic("seam") }

// PlannedTarget gives the target of a name; ErrNotFound before the first plan.
func (t *Tx) PlannedTarget(tenant string, n name.Name) (PlannedTarget, error) { panic("seam") }
func (t *Tx) PlannedTargets() ([]PlannedTarget, error)                        { panic("seam") }
func (t *Tx) PutPlannedTarget(p PlannedTarget) error                          { panic("seam") } // a tombstone for ever: another target for the same name is an error
func (t *Tx) Events(certificate string, limit int) ([]Event, error)           { panic("seam") }

// Claim is the right to work on a key until its lease ends, in database time. Its fence grows with every holder.
type Claim struct {
	Key   string
	Fence int64
	store *Store
}

// Take claims key for the store's lease, or returns a *HeldError when somebody else holds it.
func (s *Store) Take(ctx context.Context, key string) (*Claim, error) { panic("seam") }

// Wait takes key as soon as it is free. It calls held at most once a second while it waits (held may be nil).
func (s *Store) Wait(ctx context.Context, key string, held func(*HeldError)) (*Claim, error) {
	panic("seam")
}

// Keep beats the claim's heart every third of the lease until stop or release; the context ends, with cause
// ErrClaimLost, when the claim is lost or could not be extended before its lease ended.
func (c *Claim) Keep(ctx context.Context) (kept context.Context, stop func()) { panic("seam") }

// Do runs f in a transaction that first checks the fence; ErrClaimLost when somebody else has the claim.
func (c *Claim) Do(ctx context.Context, f func(*Tx) error) error { panic("seam") }

// Release gives the claim up. It is not an error to release a lost one.
func (c *Claim) Release(ctx context.Context) error { panic("seam") }

// HeldError says who holds a claim and until when at the latest.
type HeldError struct {
	Key    string
	Holder string    // host and process, for people
	Until  time.Time // database time
}

func (e *HeldError) Error() string { return e.Key + " is held by " + e.Holder }
