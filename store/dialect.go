package store

import "strings"

// dialect is where databases differ; all other SQL of this room is the same for SQLite and PostgreSQL.
type dialect struct {
	now     string            // an expression: milliseconds since 1970, at the moment of its evaluation
	columns *strings.Replacer // of the column types that migrations write in braces
}

func sqliteDialect() dialect {
	return dialect{
		now: "CAST(ROUND((julianday('now') - 2440587.5) * 86400000) AS INTEGER)",
		// AUTOINCREMENT, because ids are part of what secrets are sealed for, and must not come again.
		columns: strings.NewReplacer("{id}", "INTEGER PRIMARY KEY AUTOINCREMENT", "{bytes}", "BLOB"),
	}
}
