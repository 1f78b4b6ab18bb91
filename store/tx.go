package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"deputy/fault"
	"deputy/name"
	"deputy/secret"
)

// Tx is a transaction over the rows. Lookups of one row return an error that wraps ErrNotFound; lists are never
// nil-vs-empty significant. A Tx is for one goroutine, and for as long as the function it was given to runs.
type Tx struct {
	ctx   context.Context // of the Do or View that made it
	tx    *sql.Tx
	store *Store
}

// Do runs f in one transaction (BEGIN IMMEDIATE), without a claim. For rows that no claim protects.
// What f returns is returned as it is, and then nothing was changed. f must not use the Store: one transaction writes
// at a time, so that a second one within it waits until that is a fault.
func (s *Store) Do(ctx context.Context, f func(*Tx) error) error { return s.transact(ctx, s.writer, f) }

// View runs f in a read transaction: all that it reads is of one moment.
func (s *Store) View(ctx context.Context, f func(*Tx) error) error {
	return s.transact(ctx, s.reader, f)
}

func (s *Store) transact(ctx context.Context, db *sql.DB, f func(*Tx) error) error {
	conn, err := s.conn(ctx, db)
	if err != nil {
		return err
	}
	defer conn.Close() // back to its pool
	tx, err := s.begin(ctx, conn)
	if err != nil {
		return err
	}
	defer tx.Rollback() // after a commit it does nothing
	if err := f(&Tx{ctx: ctx, tx: tx, store: s}); err != nil {
		return err
	}
	return explain(s.path, "commit to "+s.path, tx.Commit())
}

// conn waits for a connection that no other transaction of this process uses.
func (s *Store) conn(ctx context.Context, db *sql.DB) (conn *sql.Conn, err error) {
	waiting, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tried := "open " + s.path
	err = s.persist(waiting, tried, func() error {
		conn, err = db.Conn(waiting)
		return err
	})
	if err != nil && waiting.Err() != nil && ctx.Err() == nil {
		return nil, &fault.Fault{Code: fault.StateFailed, Tried: tried, Who: fault.Admin, Err: err,
			Seen: fmt.Sprintf("another transaction of this process did not end for %v", patience),
			Do:   "end this process, and report it: deputy is at fault"}
	}
	return conn, err
}

// begin begins a transaction and reads from it, since a read transaction of SQLite gets its view, and may have to wait
// for it, with its first read.
func (s *Store) begin(ctx context.Context, conn *sql.Conn) (tx *sql.Tx, err error) {
	err = s.persist(ctx, "begin a transaction on "+s.path, func() error {
		tx, err = conn.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		var n int64
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master`).Scan(&n); err != nil {
			return errors.Join(err, tx.Rollback())
		}
		return nil
	})
	return tx, err
}

// Now is the database's time, in UTC to the millisecond. Leases, Until and events are in it.
func (t *Tx) Now() (time.Time, error) {
	if t.store.clock != nil {
		return t.store.clock().UTC().Truncate(time.Millisecond), nil
	}
	var ms int64
	err := t.row("read the database's time", `SELECT `+t.store.dialect.now).Scan(&ms)
	return moment(ms), err
}

// exec runs a statement and returns how many rows it changed.
func (t *Tx) exec(tried, query string, args ...any) (int64, error) {
	result, err := t.tx.ExecContext(t.ctx, query, args...)
	if err != nil {
		return 0, explain(t.store.path, tried, err)
	}
	n, err := result.RowsAffected()
	return n, explain(t.store.path, tried, err)
}

// change is exec for a statement that must change one row; ErrNotFound if it changed none.
func (t *Tx) change(tried, query string, args ...any) error {
	n, err := t.exec(tried, query, args...)
	if err == nil && n == 0 {
		return fmt.Errorf("%s: %w", tried, ErrNotFound)
	}
	return err
}

// scanner is one row: *sql.Row and *sql.Rows are, and a row whose errors are explained.
type scanner interface{ Scan(dest ...any) error }

// row is a row that explains its errors.
type row struct {
	*sql.Row
	path, tried string
}

func (r row) Scan(dest ...any) error { return explain(r.path, r.tried, r.Row.Scan(dest...)) }

// row queries one row; without one, Scan returns ErrNotFound.
func (t *Tx) row(tried, query string, args ...any) row {
	return row{t.tx.QueryRowContext(t.ctx, query, args...), t.store.path, tried}
}

// list queries rows and reads each.
func list[T any](t *Tx, tried string, read func(*Tx, scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := t.tx.QueryContext(t.ctx, query, args...)
	if err != nil {
		return nil, explain(t.store.path, tried, err)
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := read(t, rows)
		if err != nil {
			return nil, explain(t.store.path, tried, err)
		}
		all = append(all, one)
	}
	return all, explain(t.store.path, tried, rows.Err())
}

// record names one sealed value: its table, its row's key and its column. Parts are quoted, so that no two records
// have one name.
func record(parts ...any) string {
	quoted := make([]string, len(parts))
	for i, part := range parts {
		quoted[i] = fmt.Sprintf("%q", fmt.Sprint(part))
	}
	return strings.Join(quoted, "/")
}

// seal seals v for record; no secret is no octets.
func (t *Tx) seal(v secret.Value, record string) ([]byte, error) {
	if v.IsZero() {
		return []byte{}, nil
	}
	return t.store.keys.Seal([]byte(v.Reveal()), record)
}

// open opens what seal made for record.
func (t *Tx) open(blob []byte, record string) (secret.Value, error) {
	if len(blob) == 0 {
		return secret.Value{}, nil
	}
	plain, err := t.store.keys.Open(blob, record)
	if err != nil {
		return secret.Value{}, t.sealFault(record, err)
	}
	return secret.New(string(plain)), nil
}

// sealFault says what to do when a sealed value does not open.
func (t *Tx) sealFault(record string, err error) error {
	f := &fault.Fault{
		Code:  fault.StateFailed,
		Tried: "open the sealed value of " + record,
		Seen:  "it was altered or moved outside deputy",
		Do:    "restore " + t.store.path + " from a backup",
		Who:   fault.Admin,
		Err:   err,
	}
	var wrong *secret.WrongKeyError
	if errors.As(err, &wrong) {
		f.Code = fault.StateKey
		f.Seen = fmt.Sprintf("%s is sealed with master key %s, and the key at hand is %s", t.store.path, wrong.Sealed, wrong.Given)
		f.Do = "give the master key with id " + wrong.Sealed + ", which was made with this state directory"
	}
	return f
}

// millis is how a time is stored: milliseconds since 1970 in UTC, 0 for the zero time.
func millis(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixMilli()
}

// moment reads what millis wrote.
func moment(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// created is when a row was made: at if it says so, else now.
func (t *Tx) created(at time.Time) (time.Time, error) {
	if at.IsZero() {
		return t.Now()
	}
	return moment(millis(at)), nil
}

// namesText writes names as a JSON list.
func namesText(names []name.Name) (string, error) {
	text, err := json.Marshal(names)
	if err != nil {
		return "", fmt.Errorf("write names: %w", err)
	}
	return string(text), nil
}

// parseText reads a stored name; "" is no name.
func parseText(text string) (n name.Name, err error) {
	if err := n.UnmarshalText([]byte(text)); err != nil {
		return n, fmt.Errorf("read a stored name: %w", err)
	}
	return n, nil
}
