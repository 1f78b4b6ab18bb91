package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"deputy/fault"
)

// FileName is the name of the database in the state directory.
const FileName = "deputy.db"

// applicationID marks a SQLite database as deputy's (PRAGMA application_id): "depu".
const applicationID = 0x64657075

// magic is what every SQLite database begins with (SQLite, Database File Format, §1.3).
const magic = "SQLite format 3\x00"

// Exists says whether dir holds a database already. Where it doesn't, the state is new.
func Exists(dir string) (bool, error) {
	_, err := os.Lstat(filepath.Join(dir, FileName))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fileFault(filepath.Join(dir, FileName), err.Error(), "make the state directory readable for the user deputy runs as", err)
	}
	return true, nil
}

// prepareFile sees to it that DIR/deputy.db is a file that SQLite may be let loose on, readable for its owner alone.
// SQLite gives its -wal and -shm files the mode of the database, whatever the umask.
func prepareFile(dir string) (path string, err error) {
	path, err = filepath.Abs(filepath.Join(dir, FileName))
	if err != nil {
		return "", fmt.Errorf("find the state directory: %w", err)
	}
	const advice = "make the state directory one that the user deputy runs as may write to"
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", fileFault(path, err.Error(), advice, err)
	}
	if err := checkLocal(filepath.Dir(path)); err != nil {
		return "", err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		return path, errors.Join(f.Chmod(0o600), f.Close())
	}
	if !errors.Is(err, fs.ErrExist) {
		return "", fileFault(path, err.Error(), advice, err)
	}
	return path, checkFile(path)
}

// checkFile refuses what is not a database, before SQLite opens it: a database that deputy can't tell to be its own
// is left as it was found.
func checkFile(path string) error {
	const advice = "move it away, or give another state directory with --state"
	info, err := os.Lstat(path)
	if err != nil {
		return fileFault(path, err.Error(), advice, err)
	}
	if !info.Mode().IsRegular() {
		return fileFault(path, "it is not a regular file but "+info.Mode().Type().String(), advice, nil)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return fileFault(path, err.Error(), "make it writable for the user deputy runs as", err)
	}
	defer f.Close()
	head := make([]byte, len(magic))
	n, err := io.ReadFull(f, head)
	empty := errors.Is(err, io.EOF) // another process may have made it this moment
	if err != nil && !empty && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fileFault(path, err.Error(), "make it readable for the user deputy runs as", err)
	}
	if !empty && !bytes.Equal(head[:n], []byte(magic)) {
		return fileFault(path, "it is not a SQLite database", advice, nil)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		if err := f.Chmod(0o600); err != nil {
			return fileFault(path, fmt.Sprintf("its mode is %04o and can't be changed: %v", info.Mode().Perm(), err), "chmod 600 "+path, err)
		}
	}
	return nil
}

// connect opens the two pools. A transaction that writes takes the write lock when it begins (BEGIN IMMEDIATE), so
// that it never finds out half-way that another process was faster.
func (s *Store) connect(ctx context.Context) (err error) {
	if s.writer, err = s.pool(1, "immediate", "query_only(0)"); err != nil {
		return err
	}
	if s.reader, err = s.pool(4, "deferred", "query_only(1)"); err != nil {
		return err
	}
	return s.persist(ctx, "open "+s.path, func() error { return s.writer.PingContext(ctx) })
}

func (s *Store) pool(size int, lock, pragma string) (*sql.DB, error) {
	params := url.Values{
		"mode":    {"rw"}, // the file is there: SQLite is not to make another
		"_txlock": {lock},
		"_pragma": {
			"busy_timeout(1000)", // of one try; Store.persist tries again
			"foreign_keys(1)",
			"synchronous(FULL)", // what was answered to is on the disk
			"secure_delete(1)",  // a key that was dropped is not left in free pages
			"trusted_schema(0)",
			pragma,
		},
	}
	location := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(s.path), RawQuery: params.Encode()}
	db, err := sql.Open("sqlite", location.String())
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", s.path, err)
	}
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	return db, nil
}

// identify refuses the database of another application, and marks a new one. Then it turns on the write-ahead log: with it,
// readers (a status page, a list) never hold up a heart-beat, a commit costs one flush, and a process that is killed leaves
// nothing to roll back. Its price is that all processes are on one machine, which is why network file systems are refused.
func (s *Store) identify(ctx context.Context) error {
	var id, tables int64
	err := s.persist(ctx, "read "+s.path, func() error {
		// In one statement, so that both are of one moment: another process may be making the database just now.
		return s.writer.QueryRowContext(ctx, `SELECT a.application_id, (SELECT count(*) FROM sqlite_master) FROM pragma_application_id a`).Scan(&id, &tables)
	})
	if err != nil {
		return err
	}
	if id != applicationID && (id != 0 || tables != 0) {
		return fileFault(s.path, fmt.Sprintf("it is a database of another application (id %#x, %d tables and indices)", id, tables),
			"move it away, or give another state directory with --state", nil)
	}
	return s.persist(ctx, "prepare "+s.path, func() error {
		if id == 0 {
			if _, err := s.writer.ExecContext(ctx, fmt.Sprintf(`PRAGMA application_id = %d`, applicationID)); err != nil {
				return err
			}
		}
		var mode string
		if err := s.writer.QueryRowContext(ctx, `PRAGMA journal_mode = WAL`).Scan(&mode); err != nil {
			return err
		}
		if mode != "wal" {
			return fmt.Errorf("the write-ahead log can't be used here, the journal is %q", mode)
		}
		return nil
	})
}

func fileFault(path, seen, do string, err error) error {
	return &fault.Fault{Code: fault.StateFailed, Tried: "open " + path, Seen: seen, Do: do, Who: fault.Admin, Err: err}
}
