package session

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// incoming is a request as it came.
type incoming struct {
	method string
	host   string // with a port where it is not 443
	path   string // as sent, escaped, without the first slash
	query  string
	header http.Header
	body   []byte
}

// misfit is why one accept is not what came.
type misfit struct {
	accept *accept
	stage  int    // how far it fits: 0 not even the path, then headers, query, body
	kind   string // of the errors
	reason string
}

func (m *misfit) String() string { return m.accept.file + ": " + m.reason }

// match says what in the request is not as documented; nil where it all is.
func (a *accept) match(in *incoming, m *match) *misfit {
	for stage, compare := range []func(*incoming, *match) (*difference, string){a.matchPath, a.matchHeaders, a.matchQuery, a.matchBody} {
		d, kind := compare(in, m)
		if d == nil {
			continue
		}
		if d.account {
			kind = "unauthorized"
		}
		return &misfit{a, stage, kind, d.reason}
	}
	return nil
}

func (a *accept) matchPath(in *incoming, m *match) (*difference, string) {
	if in.method != a.method {
		return differs("%s is documented, not %s", a.method, in.method), "unknown"
	}
	if in.host != a.host {
		return differs("the host %s is documented, not %s", a.host, in.host), "unknown"
	}
	parts := a.parts(in.path, m.session)
	if len(parts) != len(a.path) {
		return differs("the path has %d parts where %d are documented: /%s", len(parts), len(a.path), in.path), "unknown"
	}
	var credential *difference
	for i, part := range parts {
		plain, err := url.PathUnescape(part)
		if err != nil {
			return differs("the path is not escaped as it has to be: %s", part), "unknown"
		}
		d := a.path[i].match(plain, m)
		if d != nil && !d.account {
			return d.in(fmt.Sprintf("part %d of the path", i+1)), "unknown"
		}
		if d != nil {
			credential = d.in(fmt.Sprintf("part %d of the path", i+1))
		}
	}
	return credential, "unknown"
}

// parts splits a path. Where ids of records have slashes of their own, as many parts make the one of {id}.
func (a *accept) parts(path string, s *Session) []string {
	parts := strings.Split(path, "/")
	at := slices.IndexFunc(a.path, func(p *pattern) bool { return p.source == "{id}" })
	more := len(parts) - len(a.path)
	if at < 0 || more <= 0 || len(s.IDs) == 0 || more != strings.Count(s.IDs[0], "/") {
		return parts
	}
	return slices.Concat(parts[:at], []string{strings.Join(parts[at:at+more+1], "/")}, parts[at+more+1:])
}

// matchHeaders wants the accept's headers; others may be there too.
func (a *accept) matchHeaders(in *incoming, m *match) (*difference, string) {
	typed := false
	for _, h := range a.headers {
		got := strings.Join(in.header.Values(h.name), ", ")
		isType := strings.EqualFold(h.name, "Content-Type")
		typed = typed || isType
		if isType && h.pattern.fixed() && !strings.Contains(h.pattern.source, ";") {
			got = mediaType(got)
		}
		if d := h.pattern.match(got, m); d != nil {
			return d.in("header " + h.name), headerKind(h.name)
		}
	}
	if got := mediaType(in.header.Get("Content-Type")); !typed && !fitting(a.bodyKind, got) {
		return differs("the body is documented as %s, and its Content-Type is %q", a.bodyKind, got), "invalid"
	}
	return nil, ""
}

// headerKind is what a wrong header gets: most carry the credential.
func headerKind(name string) string {
	if slices.Contains([]string{"content-type", "accept", "user-agent", "if-match", "if-none-match"}, strings.ToLower(name)) {
		return "invalid"
	}
	return "unauthorized"
}

// fitting says whether a media type is usual for a kind of body.
func fitting(bodyKind, media string) bool {
	switch bodyKind {
	case "json":
		return media == "application/json" || strings.HasSuffix(media, "+json")
	case "form":
		return media == "application/x-www-form-urlencoded"
	case "xml":
		return media == "application/xml" || media == "text/xml" || strings.HasSuffix(media, "+xml")
	}
	return true
}

func (a *accept) matchQuery(in *incoming, m *match) (*difference, string) {
	got, err := parseQuery(in.query)
	if err != nil {
		return differs("the query can't be read: %v", err), "invalid"
	}
	return a.query.match(got, m, true).in("query"), "invalid"
}

func (a *accept) matchBody(in *incoming, m *match) (*difference, string) {
	if a.bodyKind == "" {
		if len(in.body) > 0 {
			return differs("no body is documented, and there is one: %.200s", in.body), "invalid"
		}
		return nil, ""
	}
	got, err := parseBody(a.bodyKind, in.body)
	if err != nil {
		return differs("the body is no %s: %v", a.bodyKind, err), "invalid"
	}
	return a.body.match(got, m, a.bodyKind != "json").in("body"), "invalid"
}

func parseBody(bodyKind string, body []byte) (*node, error) {
	switch bodyKind {
	case "json":
		return parseJSON(body)
	case "form":
		return parseQuery(string(body))
	case "xml":
		return parseXML(body)
	}
	return textNode(string(body)), nil
}

// find gives the first accept that documents a request, with what its holes took; else why each does not.
func (s *Session) find(in *incoming, token string) (*accept, *match, []*misfit) {
	var misfits []*misfit
	for _, a := range s.accepts {
		m := &match{session: s, token: token, pages: map[string]int{}}
		misfit := a.match(in, m)
		if misfit == nil {
			return a, m, nil
		}
		misfits = append(misfits, misfit)
	}
	slices.SortStableFunc(misfits, func(a, b *misfit) int { return b.stage - a.stage })
	return nil, nil, misfits
}

// blame is the kind of error for a request that no accept documents: that of the accepts it came closest to.
func blame(misfits []*misfit) string {
	if len(misfits) == 0 {
		return "unknown"
	}
	closest := misfits[0]
	for _, m := range misfits {
		if m.stage == closest.stage && m.kind == "unauthorized" {
			return m.kind
		}
	}
	return closest.kind
}
