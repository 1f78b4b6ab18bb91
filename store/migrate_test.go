package store

import (
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// With -dump the test writes the dump of the newest schema, if there is none. Older ones are what deputies of their
// time wrote, and can't be made again.
var dump = flag.Bool("dump", false, "write testdata/schema-N.sql where it is missing")

// Each older schema, with rows in it, becomes the newest, and every row is read as it was written.
func TestUpgradeFromEachSchema(t *testing.T) {
	t.Parallel()
	steps := migrations()
	if len(steps) < 2 {
		t.Fatalf("there are %d migrations", len(steps))
	}
	for _, step := range steps {
		t.Run(step.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join("testdata", fmt.Sprintf("schema-%d.sql", step.version))
			if *dump {
				writeDump(t, path, steps[:step.version])
			}
			script, err := os.ReadFile(path)
			if err != nil {
				t.Fatalf("%v; go test ./store -run Upgrade -dump makes it", err)
			}
			dir := t.TempDir()
			raw(t, dir, string(script))
			s := openTest(t, Options{Dir: dir})
			newSample().check(t, s)
			checkRest(t, s, step.version)
			var version int
			view(t, s, func(tx *Tx) error { return tx.row("test", `SELECT MAX(version) FROM migrations`).Scan(&version) })
			if version != len(steps) {
				t.Errorf("the schema is version %d", version)
			}
			wantSchema(t, s)
		})
	}
}

// checkRest checks what newSample does not hold: history, and the claim and event that dumps have from version 2 on.
func checkRest(t *testing.T, s *Store, version int64) {
	t.Helper()
	c, err := s.Take(t.Context(), "dumped")
	if err != nil {
		t.Fatal(err)
	}
	view(t, s, func(tx *Tx) error {
		versions, err := tx.Versions("demohub.martdj.nl")
		same(t, "versions", len(versions), err, 2)
		events, err := tx.Events("", 0)
		if version < 2 {
			same(t, "first fence and no event", []int64{c.Fence, int64(len(events))}, err, []int64{1, 0})
			return nil
		}
		same(t, "next fence", c.Fence, err, int64(2))
		same(t, "event", []string{events[0].Kind, events[0].Data["k"]}, err, []string{"dumped", "v"})
		return nil
	})
}

// writeRest writes what checkRest reads.
func writeRest(t *testing.T, s *Store) {
	t.Helper()
	c, err1 := s.Take(t.Context(), "dumped")
	_, err2 := s.Record(t.Context(), Event{Kind: "dumped", Data: map[string]string{"k": "v"}})
	if err := errors.Join(err1, err2, c.Release(t.Context())); err != nil {
		t.Fatal(err)
	}
}

// wantSchema compares the schema with the one of a new database.
func wantSchema(t *testing.T, s *Store) {
	t.Helper()
	read := func(s *Store) (all []string) {
		view(t, s, func(tx *Tx) (err error) {
			all, err = list(tx, "test", func(_ *Tx, r scanner) (text string, err error) { return text, r.Scan(&text) },
				`SELECT COALESCE(sql, name) FROM sqlite_master ORDER BY name`)
			return err
		})
		return all
	}
	fresh := openTest(t, Options{})
	if got, want := strings.Join(read(s), "\n"), strings.Join(read(fresh), "\n"); got != want {
		t.Errorf("the upgraded schema differs from a new one:\n%s\n--- want\n%s", got, want)
	}
}

// A migration that fails leaves the schema before it, and its rows.
func TestFailedMigration(t *testing.T) {
	t.Parallel()
	dir := filledState(t)
	next := migration{version: int64(len(migrations()) + 1), name: "broken.sql", script: `DROP TABLE accounts; CREATE TABLE x (y; DROP TABLE events`}
	if _, err := open(t.Context(), Options{Dir: dir, Keys: testKeys(t)}, append(migrations(), next)); err == nil || !strings.Contains(err.Error(), "broken.sql") {
		t.Errorf("got %v", err)
	}
	newSample().check(t, openTest(t, Options{Dir: dir}))
}

// Several that open a new state at once make one database.
func TestOpenedAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	keys := testKeys(t)
	installations := make([]string, 8)
	var all sync.WaitGroup
	for i := range installations {
		all.Go(func() {
			s, err := Open(t.Context(), Options{Dir: dir, Keys: keys})
			if err != nil {
				t.Error(err)
				return
			}
			key, err1 := s.InstallationKey(t.Context())
			if err2 := s.Close(); err1 != nil || err2 != nil {
				t.Error(err1, err2)
			}
			installations[i] = string(key)
		})
	}
	all.Wait()
	for _, key := range installations {
		if key != installations[0] || key == "" {
			t.Fatal("several installation keys were made")
		}
	}
}

// writeDump writes a database of the schema that steps make, with the sample in it, as SQL.
func writeDump(t *testing.T, path string, steps []migration) {
	t.Helper()
	if _, err := os.Stat(path); err == nil {
		return
	}
	s, err := open(t.Context(), Options{Dir: t.TempDir(), Keys: testKeys(t)}, steps)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	do(t, s, newSample().fill)
	if len(steps) >= 2 {
		writeRest(t, s)
	}
	var out strings.Builder
	fmt.Fprintf(&out, "PRAGMA application_id = %d;\n", applicationID)
	view(t, s, func(tx *Tx) error {
		for _, what := range []string{"table", "index"} {
			all, err := list(tx, "dump", readText2, `SELECT name, sql FROM sqlite_master
				WHERE type = $1 AND sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rootpage`, what)
			if err != nil {
				return err
			}
			for _, one := range all {
				fmt.Fprintf(&out, "%s;\n", one[1])
				if what == "table" {
					dumpRows(t, tx, &out, one[0])
				}
			}
		}
		return nil
	})
	if err := os.WriteFile(path, []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func readText2(_ *Tx, r scanner) (pair [2]string, err error) { return pair, r.Scan(&pair[0], &pair[1]) }

func dumpRows(t *testing.T, tx *Tx, out *strings.Builder, table string) {
	t.Helper()
	rows, err := tx.tx.Query(`SELECT * FROM ` + table)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, targets := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := rows.Scan(targets...); err != nil {
			t.Fatal(err)
		}
		literals := make([]string, len(values))
		for i, v := range values {
			literals[i] = literal(t, v)
		}
		fmt.Fprintf(out, "INSERT INTO %s VALUES (%s);\n", table, strings.Join(literals, ", "))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

func literal(t *testing.T, v any) string {
	t.Helper()
	switch v := v.(type) {
	case int64:
		return fmt.Sprint(v)
	case bool:
		return strings.ToUpper(fmt.Sprint(v))
	case string:
		return "'" + strings.ReplaceAll(v, "'", "''") + "'"
	case []byte:
		return "x'" + hex.EncodeToString(v) + "'"
	}
	t.Fatalf("a column has a %T", v)
	return ""
}
