package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"deputy/fault"
)

// patience is how long a transaction waits for another process's. Transactions take milliseconds, so that a minute
// is either a process that was stopped in the middle of one, or a disk that hangs.
const patience = time.Minute

// explain says what a database error means for people; tried is the phrase for what was attempted.
func explain(path, tried string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if _, ok := fault.From(err); ok {
		return err
	}
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("%s: %w", tried, ErrNotFound)
	}
	seen, do := diagnose(path, err)
	if do == "" {
		return fmt.Errorf("%s: %w", tried, err)
	}
	return &fault.Fault{Code: fault.StateFailed, Tried: tried, Seen: seen, Do: do, Who: fault.Admin, Err: err}
}

// diagnose tells what the machine lacks from SQLite's result code (SQLite, Result and Error Codes); do is "" where
// the error is not the machine's.
func diagnose(path string, err error) (seen, do string) {
	switch resultCode(err) {
	case sqlite3.SQLITE_FULL:
		return "the disk is full", "make room on the file system of " + path + ", then run the command again; nothing was changed"
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH:
		return "the database can't be written to", "make " + path + " and its directory writable for the user deputy runs as, on a file system that is not read-only"
	case sqlite3.SQLITE_CANTOPEN:
		return "the database can't be opened: " + err.Error(), "make " + path + " and its directory writable for the user deputy runs as"
	case sqlite3.SQLITE_IOERR:
		return "the disk failed: " + err.Error(), "look for disk errors in the system's log and for a full or lost file system under " + path
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return "the database is damaged: " + err.Error(), "restore " + path + " from a backup"
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fmt.Sprintf("another process held the database for %v", patience), "see which deputy process hangs on " + path + ", and end it"
	}
	return "", ""
}

// resultCode is SQLite's primary result code; 0 where err is none of SQLite's.
func resultCode(err error) int {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return 0
	}
	return e.Code() & 0xff
}

func isBusy(err error) bool {
	code := resultCode(err)
	return code == sqlite3.SQLITE_BUSY || code == sqlite3.SQLITE_LOCKED
}

// persist tries f again while the database is busy, until ctx ends or patience is over. SQLite's own busy time-out is
// not enough: it does not wait while the log is set up, recovered or removed.
func (s *Store) persist(ctx context.Context, tried string, f func() error) error {
	start := time.Now()
	err := f()
	for isBusy(err) && time.Since(start) < patience {
		if err := pause(ctx, time.Millisecond+rand.N(20*time.Millisecond)); err != nil {
			return err
		}
		err = f()
	}
	return explain(s.path, tried, err)
}

// pause waits, or returns the cause of ctx's end.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
