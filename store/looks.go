package store

import (
	"errors"
	"time"

	"deputy/name"
)

// keptLooks is how many states of a name's delegation are kept, the current one among them.
const keptLooks = 50

// Look is a state that a name's delegation was in, from one look of the watch to another.
type Look struct {
	ID      int64
	Name    name.Name // the host: a wildcard shares its delegation
	Since   time.Time // the first look that saw it so
	Last    time.Time // the newest look that saw it so
	Next    time.Time // when to look again
	Verdict string    // ok, fault or unknown
	Code    string    // of the fault that counts; "" for ok
	Seen    string    // what was seen, one sentence; "" for ok
	Do      string    // the exact change; "" for ok
	Who     string    // whose change it is; "" for ok
	Chain   string    // the chain as text, one hop a line
}

const lookColumns = `id, name, since, last, next, verdict, code, seen, todo, who, chain`

// LastLook gives the newest state of a name; ErrNotFound before the first look.
func (t *Tx) LastLook(n name.Name) (Look, error) {
	return readLook(t, t.row("read the last look at "+n.Host().String(),
		`SELECT `+lookColumns+` FROM looks WHERE name = $1 ORDER BY id DESC LIMIT 1`, n.Host().String()))
}

// Looks gives the states of a name that are kept, oldest first.
func (t *Tx) Looks(n name.Name) ([]Look, error) {
	return list(t, "read the looks at "+n.Host().String(), readLook,
		`SELECT `+lookColumns+` FROM looks WHERE name = $1 ORDER BY id`, n.Host().String())
}

// LastLooks gives the newest state of every name that was looked at, by name.
func (t *Tx) LastLooks() ([]Look, error) {
	return list(t, "read the last looks", readLook,
		`SELECT `+lookColumns+` FROM looks WHERE id IN (SELECT MAX(id) FROM looks GROUP BY name) ORDER BY name`)
}

// PutLook keeps l: where ID is that of the name's newest row, its times Last and Next, and Code, Seen, Do and Who, whose
// wording may be another at each look, are written there; where it is 0 a new row begins, and the oldest ones beyond
// fifty go.
func (t *Tx) PutLook(l Look) (Look, error) {
	l.Name = l.Name.Host()
	if l.Name.IsZero() || l.Verdict == "" || l.Last.IsZero() || l.Next.IsZero() {
		return l, errors.New("a look needs a name, a verdict, its time and the next one")
	}
	if l.ID != 0 {
		_, err := t.exec("keep a look at "+l.Name.String(), `UPDATE looks SET last = $1, next = $2, code = $3, seen = $4, todo = $5, who = $6
			WHERE id = $7`, millis(l.Last), millis(l.Next), l.Code, l.Seen, l.Do, l.Who, l.ID)
		return l, err
	}
	if l.Since.IsZero() {
		l.Since = l.Last
	}
	err := t.row("keep a look at "+l.Name.String(), `INSERT INTO looks (name, since, last, next, verdict, code, seen, todo, who, chain)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id`,
		l.Name.String(), millis(l.Since), millis(l.Last), millis(l.Next), l.Verdict, l.Code, l.Seen, l.Do, l.Who, l.Chain).Scan(&l.ID)
	if err != nil {
		return l, err
	}
	_, err = t.exec("forget old looks", `DELETE FROM looks WHERE name = $1 AND id NOT IN
		(SELECT id FROM looks WHERE name = $1 ORDER BY id DESC LIMIT $2)`, l.Name.String(), keptLooks)
	return l, err
}

// ForgetLooks takes all looks at a name away: no certificate holds it any more.
func (t *Tx) ForgetLooks(n name.Name) error {
	_, err := t.exec("forget the looks at "+n.String(), `DELETE FROM looks WHERE name = $1`, n.Host().String())
	return err
}

func readLook(_ *Tx, r scanner) (Look, error) {
	var l Look
	var host string
	var since, last, next int64
	if err := r.Scan(&l.ID, &host, &since, &last, &next, &l.Verdict, &l.Code, &l.Seen, &l.Do, &l.Who, &l.Chain); err != nil {
		return Look{}, err
	}
	l.Since, l.Last, l.Next = moment(since), moment(last), moment(next)
	var err error
	l.Name, err = parseText(host)
	return l, err
}
