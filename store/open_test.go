package store

import (
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"deputy/fault"
	"deputy/secret"
)

// All that is made is for its owner alone, also the log and what SQLite shares between processes.
func TestModes(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	dir := filepath.Join(t.TempDir(), "made", "for it")
	s := openTest(t, Options{Dir: dir})
	do(t, s, newSample().fill)
	for name, want := range map[string]fs.FileMode{".": 0o700, FileName: 0o600, FileName + "-wal": 0o600, FileName + "-shm": 0o600} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
}

func TestModeIsMended(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	dir := filledState(t)
	path := filepath.Join(dir, FileName)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	newSample().check(t, openTest(t, Options{Dir: dir}))
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}

func TestExists(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if there, err := Exists(filepath.Join(dir, "no such directory")); there || err != nil {
		t.Errorf("before: %v, %v", there, err)
	}
	openTest(t, Options{Dir: dir})
	if there, err := Exists(dir); !there || err != nil {
		t.Errorf("after: %v, %v", there, err)
	}
}

// A path with what has a meaning in SQLite's file names and in URLs.
func TestOddPath(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "50% of?mode=memory#x & ü")
	openTest(t, Options{Dir: dir})
	if there, err := Exists(dir); !there || err != nil {
		t.Errorf("%v, %v", there, err)
	}
	if info, err := os.Stat(filepath.Join(dir, FileName)); err != nil || info.Size() == 0 {
		t.Errorf("%v, %v", info, err)
	}
}

// filledState makes a state directory with the sample in it, closed.
func filledState(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	s, err := Open(t.Context(), Options{Dir: dir, Keys: testKeys(t)})
	if err != nil {
		t.Fatal(err)
	}
	do(t, s, newSample().fill)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// raw opens the database of a state directory as any SQLite program would.
func raw(t *testing.T, dir string, queries ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	for _, query := range queries {
		if _, err := db.Exec(query); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// What deputy refuses to open, and says why; it is left as it was, to the octet.
func TestRefusedFiles(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		lay  func(t *testing.T, dir string)
		code fault.Code
		says string
	}{
		"a directory": {func(t *testing.T, dir string) {
			if err := os.Mkdir(filepath.Join(dir, FileName), 0o700); err != nil {
				t.Fatal(err)
			}
		}, fault.StateFailed, "not a regular file"},
		"a link": {func(t *testing.T, dir string) {
			if err := os.Symlink(filepath.Join(filledState(t), FileName), filepath.Join(dir, FileName)); err != nil {
				t.Skip("no symbolic links here:", err)
			}
		}, fault.StateFailed, "not a regular file"},
		"a text": {func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, FileName), []byte("my diary, which is dear to me"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, fault.StateFailed, "not a SQLite database"},
		"a short text": {func(t *testing.T, dir string) {
			if err := os.WriteFile(filepath.Join(dir, FileName), []byte("SQL"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, fault.StateFailed, "not a SQLite database"},
		"another application's": {func(t *testing.T, dir string) {
			raw(t, dir, `PRAGMA application_id = 252006674`, `CREATE TABLE fossils (name TEXT)`)
		}, fault.StateFailed, "another application (id 0xf055112"},
		"an unmarked one with tables": {func(t *testing.T, dir string) {
			raw(t, dir, `CREATE TABLE accounts (id INTEGER)`)
		}, fault.StateFailed, "another application (id 0x0, 1 tables"},
		"a newer one": {func(t *testing.T, dir string) {
			copyState(t, filledState(t), dir)
			raw(t, dir, `INSERT INTO migrations VALUES (99, '0099_future.sql', 0)`)
		}, fault.StateNewer, "version 99, and this deputy knows versions up to 5"},
		"a damaged one": {func(t *testing.T, dir string) {
			copyState(t, filledState(t), dir)
			f, err := os.OpenFile(filepath.Join(dir, FileName), os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			_, err = f.WriteAt(make([]byte, 3000), 100)
			if err := errors.Join(err, f.Close()); err != nil {
				t.Fatal(err)
			}
		}, fault.StateFailed, "restore"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			test.lay(t, dir)
			before, _ := os.ReadFile(filepath.Join(dir, FileName))
			_, err := Open(t.Context(), Options{Dir: dir, Keys: testKeys(t)})
			wantFault(t, err, test.code, test.says, dir)
			if after, _ := os.ReadFile(filepath.Join(dir, FileName)); string(after) != string(before) {
				t.Error("the file was changed")
			}
		})
	}
}

func copyState(t *testing.T, from, to string) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(from, FileName))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(to, FileName), content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestWrongMasterKey(t *testing.T) {
	t.Parallel()
	dir := filledState(t)
	other, err := secret.NewKeyring(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), Options{Dir: dir, Keys: other})
	wantFault(t, err, fault.StateKey, other.ID(), testKeys(t).ID())
	newSample().check(t, openTest(t, Options{Dir: dir}))
}

func TestNoMasterKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := Open(t.Context(), Options{Dir: dir}); err == nil {
		t.Error("opened without a key")
	}
	if there, err := Exists(dir); there || err != nil {
		t.Errorf("a database was made: %v, %v", there, err)
	}
}

func TestUnwritable(t *testing.T) {
	t.Parallel()
	if os.Geteuid() == 0 || runtime.GOOS == "windows" {
		t.Skip("root may write everywhere")
	}
	file := filledState(t)
	if err := os.Chmod(filepath.Join(file, FileName), 0o400); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), Options{Dir: file, Keys: testKeys(t)})
	wantFault(t, err, fault.StateFailed, file, "writable")
	dir := filledState(t)
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), Options{Dir: dir, Keys: testKeys(t)})
	wantFault(t, err, fault.StateFailed, dir, "writable")
	_, err = Open(t.Context(), Options{Dir: filepath.Join(dir, "below"), Keys: testKeys(t)})
	wantFault(t, err, fault.StateFailed, dir, "write")
}

// The state directory's parent is a file: nothing can be made there, whoever asks.
func TestNoDirectory(t *testing.T) {
	t.Parallel()
	parent := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(parent, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), Options{Dir: filepath.Join(parent, "state"), Keys: testKeys(t)})
	wantFault(t, err, fault.StateFailed, parent)
}

// A transaction that finds the disk full says so, and leaves every row as it was; the next one that fits works.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	x := newSample()
	do(t, s, x.fill)
	limit := func(query string) {
		t.Helper()
		if _, err := s.writer.ExecContext(t.Context(), query); err != nil {
			t.Fatal(err)
		}
	}
	limit(`PRAGMA max_page_count = 1`) // SQLite takes it for "no more than there are"
	big := x.certificate
	big.Version, big.Chain = 3, make([]byte, 1<<20)
	err := s.Do(t.Context(), func(tx *Tx) error { return tx.PutCertificate(big) })
	wantFault(t, err, fault.StateFailed, "disk is full", "nothing was changed", s.path)
	x.check(t, s)
	limit(`PRAGMA max_page_count = 1000000`)
	do(t, s, func(tx *Tx) error { return tx.PutCertificate(big) })
}

func TestReadOnlyDatabase(t *testing.T) {
	t.Parallel()
	s := openTest(t, Options{})
	if _, err := s.writer.ExecContext(t.Context(), `PRAGMA query_only = 1`); err != nil {
		t.Fatal(err)
	}
	err := s.Do(t.Context(), newSample().fill)
	wantFault(t, err, fault.StateFailed, "can't be written to", s.path)
}
