package session

import (
	"fmt"
	"slices"
	"strings"
)

// minRefusals are the requests that a session has to show as refused.
const minRefusals = 3

// whole checks what only the whole session shows: that it has the parts it needs, that every accept can be reached and
// has what its operation needs, that every answer can be made, and that no error is there for nothing.
func (l *loader) whole() {
	s := l.session
	if len(s.accepts) == 0 {
		l.wrong(1, "there is no accept/NAME.yaml")
	}
	if len(s.refusals) < minRefusals {
		l.wrong(1, "there are %d files refuse/NAME.yaml; at least %d requests that the documentation says are refused belong here", len(s.refusals), minRefusals)
	}
	l.errorsAreUsed()
	for _, a := range s.accepts {
		l.equipped(a)
		l.reachable(a)
	}
}

// errorsAreUsed refuses errors that nothing in the session can bring about.
func (l *loader) errorsAreUsed() {
	uses := map[string][]string{
		exists:   {"create"},
		conflict: {"replace", "delete-set", "delete-value"},
		missing:  {"read", "item", "delete", "delete-value", "delete-set", "remove", "clear", "list", "replace"},
	}
	for kind, operations := range uses {
		used := slices.ContainsFunc(l.session.accepts, func(a *accept) bool {
			return slices.Contains(operations, a.does) && (kind != missing || !a.answersAbsence(l.session)) &&
				(kind != conflict || slices.Contains(a.holes(), "was"))
		})
		if l.session.errors[kind] != nil && !used {
			l.wrong(l.session.lines["errors."+kind], "errors.%s can't come about: no accept does %s", kind, strings.Join(operations, ", "))
		}
	}
	for _, a := range l.session.accepts {
		if a.absent == missing && l.session.errors[missing] == nil {
			l.wrong(a.line, "%s: absent is missing, and there is no errors.missing", a.file)
		}
	}
}

// equipped checks that the request holds what the operation needs.
func (l *loader) equipped(a *accept) {
	held := a.holes()
	needs := func(what string, holes ...string) {
		if !slices.ContainsFunc(holes, func(h string) bool { return slices.Contains(held, h) }) {
			l.wrong(a.line, "%s: does %s needs %s in the request: {%s}", a.file, a.does, what, strings.Join(holes, "}, {"))
		}
	}
	values := valueHoles()
	switch a.does {
	case "item", "delete":
		needs("the record's id", "id")
	case "replace-zone":
		needs("names", "name", "fqdn", "label")
		needs("values", values...)
	case "create", "add", "remove", "replace", "delete-value", "write":
		needs("the value", values...)
	}
	named := slices.Contains([]string{"read", "create", "add", "replace", "delete-set"}, a.does)
	if named && l.session.Style != "single" {
		needs("the name", "name", "fqdn", "label")
	}
}

// holes of all parts of the request.
func (a *accept) holes() []string {
	var held []string
	take := func(p *pattern) {
		for _, one := range p.pieces {
			held = append(held, one.hole)
		}
	}
	for _, p := range a.path {
		take(p)
	}
	for _, h := range a.headers {
		take(h.pattern)
	}
	for _, s := range []*shape{a.query, a.body} {
		s.patterns(take)
	}
	return held
}

// patterns visits every pattern of a shape.
func (s *shape) patterns(visit func(*pattern)) {
	if s == nil {
		return
	}
	if s.text != nil {
		visit(s.text)
	}
	s.each.patterns(visit)
	for _, item := range slices.Concat(s.items, s.choice) {
		item.patterns(visit)
	}
	for _, m := range s.members {
		m.shape.patterns(visit)
	}
}

// reachable plays the accept's own request, with and without what is optional, where its record is there and where it is
// not: one of them has to come to this accept, and every answer has to be made.
func (l *loader) reachable(a *accept) {
	reached, thief := false, ""
	for _, full := range []bool{false, true} {
		for _, there := range []bool{true, false} {
			e := l.session.rehearse(a, full, there)
			if e.Error == "template" || e.Error == "witness" {
				l.wrong(a.line, "%s", strings.Join(e.Reasons, "; "))
				return
			}
			reached = reached || e.Accept == a.file
			if e.Accept != a.file {
				thief = e.Accept
			}
			if e.Accept == "" {
				l.wrong(a.line, "%s: the request that it describes is not taken: %s", a.file, strings.Join(e.Reasons, "; "))
				return
			}
		}
	}
	if !reached {
		l.wrong(a.line, "%s can't be reached: %s, which comes before it, takes its requests", a.file, thief)
	}
}

// rehearse sends an accept's own request.
func (s *Session) rehearse(a *accept, full, there bool) Exchange {
	d := &desk{session: s, state: s.begin()}
	d.state.token = s.token
	owner := s.Target
	if s.Style == "single" {
		owner = ""
	}
	id := d.state.insert(owner, witnessValue, s.TTL.Minimum).id
	if !there {
		d.state.records = nil
	}
	if slices.Contains(a.holes(), "was") {
		d.state.remove(func(r record) bool { return r.name == owner && r.value != witnessValue })
	}
	if there && a.does == "create" {
		d.state.remove(func(r record) bool { return r.name == owner })
	}
	w := &witness{session: s, full: full, id: id}
	in := w.incoming(a)
	if w.failed != "" {
		return Exchange{Error: "witness", Reasons: []string{fmt.Sprintf("%s: %s", a.file, w.failed)}}
	}
	d.take(in)
	return d.exchanges[0]
}
