package session

import (
	"mime"
	"net/url"
	"slices"
	"strings"
)

// accept is one request that the host documents.
type accept struct {
	file     string
	line     int
	doc      string
	method   string
	host     string // with a port where it is not 443
	path     []*pattern
	headers  []header
	query    *shape
	bodyKind string // "", json, form, xml or text
	body     *shape
	does     string
	absent   string // "missing" or "answer": what follows where there is nothing
	pageSize int
	answer   *answer
}

// header is a required header.
type header struct {
	name    string
	pattern *pattern
}

// Refusal is one request that the documentation says is refused.
type Refusal struct {
	Name    string // of its file
	Gets    string // the kind of error
	line    int
	method  string
	url     string
	headers [][2]string
	body    []byte
}

// operations are what an accept does to the state.
func operations() []string {
	return []string{
		"look", "zones", "read", "list", "item", "create", "delete", "delete-value", "replace", "delete-set", "add",
		"remove", "replace-zone", "write", "clear", "login", "logout", "commit", "none",
	}
}

// requests reads the accepts and refusals.
func (l *loader) requests(sections []section) {
	seen := map[string]bool{}
	for _, s := range sections {
		folder, _, _ := strings.Cut(s.name, "/")
		switch {
		case seen[s.name]:
			l.wrong(s.line, "there are two files %s", s.name)
		case !strings.HasSuffix(s.name, ".yaml"):
			l.wrong(s.line, "%s is no YAML file; known are host.yaml, accept/NAME.yaml and refuse/NAME.yaml", s.name)
		case folder == "accept":
			l.accept(s)
		case folder == "refuse":
			l.refuse(s)
		default:
			l.wrong(s.line, "there is no place for %s; known are host.yaml, accept/NAME.yaml and refuse/NAME.yaml", s.name)
		}
		seen[s.name] = true
	}
}

func (l *loader) accept(s section) {
	n := l.document(s, "doc", "request", "headers", "query", "json", "form", "xml", "text", "does", "absent", "page_size", "status", "answer", "headers_out")
	if n == nil {
		return
	}
	before := l.count
	a := &accept{file: s.name, line: s.line, doc: l.page(n), does: l.text(n, "does"), absent: l.text(n, "absent")}
	if !slices.Contains(operations(), a.does) {
		l.wrong(n.at("does"), "does is %q; it has to be one of %s", a.does, strings.Join(operations(), ", "))
	}
	if a.absent != "" && a.absent != "missing" && a.absent != "answer" {
		l.wrong(n.at("absent"), "absent is %q; it has to be missing or answer", a.absent)
	}
	a.pageSize = l.number(n, "page_size", 100)
	l.address(a, n)
	l.body(a, n)
	l.headers(a, n)
	a.answer = l.answer(n)
	if l.count == before {
		l.session.accepts = append(l.session.accepts, a)
	}
}

// address reads "METHOD URL" and the query.
func (l *loader) address(a *accept, n *node) {
	method, address, _ := strings.Cut(l.text(n, "request"), " ")
	if !slices.Contains([]string{"GET", "POST", "PUT", "PATCH", "DELETE"}, method) {
		l.wrong(n.at("request"), "request has to be a method and an address, as in GET https://api.example.com/zones")
		return
	}
	a.method = method
	address, query := cutOutside(address, '?')
	at := &node{line: n.at("request")}
	whole, err := l.session.parsePattern(address)
	if !l.take(at, err) {
		return
	}
	start := ""
	if len(whole.pieces) > 0 {
		start = whole.pieces[0].literal
	}
	rest, secure := strings.CutPrefix(start, "https://")
	host, _, slash := strings.Cut(rest, "/")
	if !secure || !slash || host == "" || strings.ContainsAny(host, "{}@ ") {
		l.wrong(n.at("request"), "%q has to begin with https://HOST/, and nothing that is not known beforehand can stand in HOST", address)
		return
	}
	a.host = strings.TrimSuffix(strings.ToLower(host), ":443")
	for _, part := range splitOutside(pathOf(address)) {
		p, err := l.session.parsePattern(part)
		if !l.take(at, err) {
			return
		}
		a.path = append(a.path, segments(p)...)
	}
	l.query(a, n, query)
}

// segments splits a pattern that is plain text with slashes in it, as a zone's id may be.
func segments(p *pattern) []*pattern {
	if !p.fixed() || !strings.Contains(p.text(), "/") {
		return []*pattern{p}
	}
	var all []*pattern
	for part := range strings.SplitSeq(p.text(), "/") {
		one := &pattern{source: part, account: p.account}
		one.literal(part)
		all = append(all, one)
	}
	return all
}

// pathOf is what follows the host, without the first slash.
func pathOf(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	_, rest = cutOutside(rest, '/')
	return rest
}

// query reads what stands behind the question mark and in query; together they are all keys that there may be.
func (l *loader) query(a *accept, n *node, behind string) {
	all := &node{kind: mapping, line: n.line}
	for pair := range strings.SplitSeq(behind, "&") {
		if key, value, _ := strings.Cut(pair, "="); pair != "" {
			all.members = append(all.members, member{key, &node{kind: text, scalar: value, line: n.line}, n.line})
		}
	}
	if q := n.get("query"); q != nil {
		if q.kind != mapping {
			l.wrong(q.line, "query has to be a mapping")
			return
		}
		all.members = append(all.members, q.members...)
	}
	var err error
	a.query, err = l.session.parseShape(all)
	l.take(all, err)
}

// cutOutside cuts at the first sep that is not in a hole.
func cutOutside(s string, sep byte) (before, after string) {
	for i := 0; i < len(s); i++ {
		if s[i] == sep {
			return s[:i], s[i+1:]
		}
		if s[i] == '{' {
			i += max(closing(s[i:]), 0)
		}
	}
	return s, ""
}

// splitOutside splits at slashes that are not in holes.
func splitOutside(s string) []string {
	var parts []string
	for {
		before, after := cutOutside(s, '/')
		parts = append(parts, before)
		if len(before) == len(s) {
			return parts
		}
		s = after
	}
}

// body reads json, form, xml or text.
func (l *loader) body(a *accept, n *node) {
	for _, form := range []string{"json", "form", "xml", "text"} {
		content := n.get(form)
		if content == nil {
			continue
		}
		if a.bodyKind != "" {
			l.wrong(content.line, "a request has one body: %s or %s", a.bodyKind, form)
			return
		}
		a.bodyKind = form
		wrongKind := form == "form" && content.kind != mapping || form == "text" && content.kind != text ||
			form == "xml" && (content.kind != mapping || len(content.members) != 1)
		if wrongKind {
			l.wrong(content.line, "%s can't be %s here", form, content.kind)
			return
		}
		shape, err := l.session.parseShape(content)
		l.take(content, err)
		a.body = shape
	}
}

// headers reads the required headers; without a Content-Type the body's usual one is required.
func (l *loader) headers(a *accept, n *node) {
	if h := n.get("headers"); h != nil {
		if h.kind != mapping {
			l.wrong(h.line, "headers has to be a mapping")
			return
		}
		for _, m := range h.members {
			p, err := l.session.parsePattern(l.text(h, m.key))
			if l.take(m.value, err) {
				a.headers = append(a.headers, header{m.key, p})
			}
		}
	}
}

// mediaType is the type of a Content-Type header without its parameters.
func mediaType(s string) string {
	media, _, err := mime.ParseMediaType(s)
	if err != nil {
		return s
	}
	return media
}

// refuse reads a concrete request.
func (l *loader) refuse(s section) {
	n := l.document(s, "doc", "request", "headers", "query", "json", "form", "xml", "text", "gets")
	if n == nil {
		return
	}
	l.page(n)
	before := l.count
	a := &accept{}
	l.address(a, n)
	l.body(a, n)
	l.headers(a, n)
	r := Refusal{Name: s.name, Gets: l.text(n, "gets"), line: s.line, method: a.method}
	if l.session.errors[r.Gets] == nil {
		l.wrong(n.at("gets"), "gets is %q, which is none of errors", r.Gets)
	}
	if l.count > before {
		return
	}
	w := &witness{session: l.session, concrete: true, full: true}
	r.url = w.url(a)
	if usual := usualBody(a.bodyKind); usual != "" {
		r.headers = append(r.headers, [2]string{"Content-Type", usual})
	}
	for _, h := range a.headers {
		r.headers = append(r.headers, [2]string{h.name, w.text(h.pattern)})
	}
	r.body = w.body(a)
	if w.failed != "" {
		l.wrong(n.line, "a request that is refused has to be concrete: %s", w.failed)
		return
	}
	l.session.refusals = append(l.session.refusals, r)
}

// hosts are all to which requests of the session go.
func (s *Session) hosts() []string {
	var all []string
	add := func(host string) {
		if !slices.Contains(all, host) {
			all = append(all, host)
		}
	}
	for _, a := range s.accepts {
		add(a.host)
	}
	for _, r := range s.refusals {
		if u, err := url.Parse(r.url); err == nil {
			add(u.Host)
		}
	}
	return all
}
