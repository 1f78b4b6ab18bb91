package store

import (
	"context"
	"embed"
	"fmt"
	"path"

	"deputy/fault"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migration is one step from a schema to the next. Files are numbered from 0001 without a gap, and never change once
// released.
type migration struct {
	version int64
	name    string
	script  string
}

// migrations reads the embedded steps, in order. The files are part of the program, so what is wrong with them is a
// mistake in the source, and ends it.
func migrations() []migration {
	entries, err := migrationFiles.ReadDir("migrations")
	if err != nil {
		panic(err)
	}
	steps := make([]migration, 0, len(entries))
	for i, entry := range entries {
		m := migration{name: entry.Name()}
		if _, err := fmt.Sscanf(m.name, "%04d_", &m.version); err != nil || m.version != int64(i+1) {
			panic(fmt.Sprintf("migration %s is not number %04d", m.name, i+1))
		}
		script, err := migrationFiles.ReadFile(path.Join("migrations", m.name))
		if err != nil {
			panic(err)
		}
		m.script = string(script)
		steps = append(steps, m)
	}
	return steps
}

// migrate applies the steps that the database lacks, each in one transaction with the record of it.
func (s *Store) migrate(ctx context.Context, steps []migration) error {
	err := s.Do(ctx, func(t *Tx) error {
		_, err := t.exec("make the table of migrations",
			`CREATE TABLE IF NOT EXISTS migrations (version BIGINT PRIMARY KEY, name TEXT NOT NULL, applied BIGINT NOT NULL)`)
		return err
	})
	if err != nil {
		return err
	}
	for _, step := range steps {
		if err := s.Do(ctx, func(t *Tx) error { return t.apply(step, int64(len(steps))) }); err != nil {
			return err
		}
	}
	return nil
}

// apply applies one step, if another process has not done so in the meantime.
func (t *Tx) apply(step migration, newest int64) error {
	var have int64
	if err := t.row("read the schema's version", `SELECT COALESCE(MAX(version), 0) FROM migrations`).Scan(&have); err != nil {
		return err
	}
	if have > newest {
		return &fault.Fault{
			Code:  fault.StateNewer,
			Tried: "open " + t.store.path,
			Seen:  fmt.Sprintf("its schema is version %d, and this deputy knows versions up to %d", have, newest),
			Do:    "run the newer deputy that last used this state directory, or restore the backup made before it was upgraded",
			Who:   fault.Admin,
		}
	}
	if have >= step.version {
		return nil
	}
	if _, err := t.exec("apply migration "+step.name, t.store.dialect.columns.Replace(step.script)); err != nil {
		return err
	}
	if step.version == 1 {
		if err := t.makeInstallationKey(); err != nil {
			return err
		}
	}
	now, err := t.Now()
	if err != nil {
		return err
	}
	_, err = t.exec("record migration "+step.name, `INSERT INTO migrations (version, name, applied) VALUES ($1, $2, $3)`,
		step.version, step.name, millis(now))
	return err
}
