package session

import (
	"fmt"
	"slices"
	"strings"
)

// record is a TXT record at the host.
type record struct {
	id    string
	name  string // "" in style single
	value string
	ttl   int
}

// state is what the host holds.
type state struct {
	session *Session
	records []record
	given   int    // ids
	token   string // of the session that is logged in
	pending bool   // written and not committed, where the host wants that
}

// outcomes of an operation, named as the errors.
const (
	done     = ""
	missing  = "missing"
	exists   = "exists"
	conflict = "conflict" // what the client believed to be there is not what is
)

// neighbour is a name beside the target that a client has to leave alone.
func (s *Session) neighbour() string { return "other-" + s.Target }

// begin is the state before anybody came.
func (s *Session) begin() *state {
	t := &state{session: s}
	if s.Style == "single" {
		return t
	}
	for _, value := range s.Foreign {
		t.insert(s.Target, value, s.TTL.Minimum)
	}
	t.insert(s.neighbour(), "the value of another name", s.TTL.Minimum)
	return t
}

// insert adds a record.
func (t *state) insert(owner, value string, ttl int) record {
	r := record{id: t.nextID(), name: owner, value: value, ttl: ttl}
	t.records = append(t.records, r)
	return r
}

// nextID gives the session's ids in order; where they are used up, others of the same shape.
func (t *state) nextID() string {
	ids := t.session.IDs
	n := t.given
	t.given++
	if len(ids) == 0 {
		return fmt.Sprint(n + 1)
	}
	id := ids[n%len(ids)]
	for range n / len(ids) {
		id = turned(id)
	}
	return id
}

// at are the records of a name, in order; of all names where it is "".
func (t *state) at(owner string) []record {
	var all []record
	for _, r := range t.records {
		if owner == "" || r.name == owner {
			all = append(all, r)
		}
	}
	return all
}

// values are those of a name.
func (t *state) values(owner string) []string {
	values := []string{}
	for _, r := range t.at(owner) {
		values = append(values, r.value)
	}
	return values
}

// String tells the whole state, sorted, ids and TTLs left out.
func (t *state) String() string {
	var lines []string
	for _, r := range t.records {
		lines = append(lines, fmt.Sprintf("%s TXT %s", r.name, quote(r.value)))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// remove takes away what is chosen, and gives it.
func (t *state) remove(chosen func(record) bool) []record {
	var gone []record
	t.records = slices.DeleteFunc(t.records, func(r record) bool {
		if chosen(r) {
			gone = append(gone, r)
			return true
		}
		return false
	})
	return gone
}

// carryOut does what an accept says. A set that is not there is only replaced where the host makes it then.
func (t *state) carryOut(a *accept, m *match) (touched []record, outcome string) {
	if a.does == "replace" && a.absent == missing && len(t.at(m.name)) == 0 {
		return nil, missing
	}
	if m.wasSaid && t.session.errors[conflict] != nil && !sameSet(m.was, t.values(m.name)) {
		return nil, conflict
	}
	touched, outcome = t.do(a.does, m)
	if slices.Contains([]string{"look", "zones", "read", "list", "item", "login", "logout", "none"}, a.does) {
		return touched, outcome
	}
	t.pending = a.does != "commit" && t.session.commits()
	return touched, outcome
}

// commits says that what is written has to be committed.
func (s *Session) commits() bool {
	return slices.ContainsFunc(s.accepts, func(a *accept) bool { return a.does == "commit" })
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// do carries out an operation; touched are the records that it read, made or removed.
func (t *state) do(does string, m *match) (touched []record, outcome string) {
	switch does {
	case "create":
		return t.create(m)
	case "add":
		return t.add(m)
	case "write":
		return t.write(m)
	case "replace":
		return t.replace(m)
	case "replace-zone":
		return t.replaceZone(m)
	case "delete", "item":
		return t.byID(does, m)
	case "delete-value", "remove", "delete-set", "clear":
		return t.drop(does, m)
	case "read", "list":
		touched = t.chosen(m)
	case "login":
		t.token = t.session.token
	case "logout":
		t.token = ""
	}
	if does == "read" || does == "list" {
		return touched, emptyIs(touched)
	}
	return nil, done
}

func emptyIs(touched []record) string {
	if len(touched) == 0 {
		return missing
	}
	return done
}

// chosen are the records that a request filters for.
func (t *state) chosen(m *match) []record {
	return slices.DeleteFunc(t.at(m.name), func(r record) bool {
		return len(m.values) > 0 && !slices.Contains(m.values, r.value) || m.id != "" && r.id != m.id
	})
}

func (t *state) create(m *match) ([]record, string) {
	there := t.at(m.name)
	known := slices.ContainsFunc(there, func(r record) bool { return slices.Contains(m.values, r.value) })
	if t.session.Style == "rrset" {
		known = len(there) > 0
	}
	if known && t.session.errors[exists] != nil {
		return there, exists
	}
	if t.session.Style == "rrset" {
		return t.replace(m)
	}
	var made []record
	for _, value := range m.values {
		made = append(made, t.insert(m.name, value, m.ttl))
	}
	return made, done
}

func (t *state) add(m *match) ([]record, string) {
	for _, value := range m.values {
		if !slices.Contains(t.values(m.name), value) {
			t.insert(m.name, value, m.ttl)
		}
	}
	return t.at(m.name), done
}

// write keeps the newest values.
func (t *state) write(m *match) ([]record, string) {
	t.add(m)
	if over := len(t.records) - t.session.Keeps; over > 0 {
		t.records = slices.Delete(t.records, 0, over)
	}
	return t.chosen(m), done
}

func (t *state) replace(m *match) ([]record, string) {
	t.remove(func(r record) bool { return r.name == m.name && !slices.Contains(m.values, r.value) })
	return t.add(m)
}

// replaceZone makes the pairs of the request all that there is.
func (t *state) replaceZone(m *match) ([]record, string) {
	wanted := func(r record) bool {
		return slices.ContainsFunc(m.pairs, func(p pair) bool { return p.name == r.name && p.value == r.value })
	}
	t.remove(func(r record) bool { return !wanted(r) })
	for _, p := range m.pairs {
		if !slices.Contains(t.values(p.name), p.value) {
			t.insert(p.name, p.value, p.ttl)
		}
	}
	return t.records, done
}

// byID finds one record, and removes it where it is to be deleted.
func (t *state) byID(does string, m *match) ([]record, string) {
	fits := func(r record) bool {
		return r.id == m.id && (m.name == "" || r.name == m.name) && (len(m.values) == 0 || slices.Contains(m.values, r.value))
	}
	if does == "item" {
		if i := slices.IndexFunc(t.records, fits); i >= 0 {
			return t.records[i : i+1], done
		}
		return nil, missing
	}
	gone := t.remove(fits)
	return gone, emptyIs(gone)
}

// drop removes by name and value.
func (t *state) drop(does string, m *match) ([]record, string) {
	gone := t.remove(func(r record) bool {
		named := m.name == "" || r.name == m.name
		valued := slices.Contains(m.values, r.value) || len(m.values) == 0 && (does == "delete-set" || does == "clear")
		return named && valued
	})
	return gone, emptyIs(gone)
}
