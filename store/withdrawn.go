package store

import (
	"time"

	"deputy/name"
)

// WithdrawnAt gives the publications at owner that were withdrawn after since, oldest first, as far as they are still
// kept: their values may yet be seen at lagging servers and in caches. Until is when each was withdrawn.
func (t *Tx) WithdrawnAt(owner name.Name, since time.Time) ([]Publication, error) {
	return list(t, "read what was withdrawn at "+owner.String(), readPublication,
		`SELECT `+publicationColumns+` FROM publications WHERE owner = $1 AND state = 'withdrawn' AND until > $2 ORDER BY id`,
		owner.String(), millis(since))
}
