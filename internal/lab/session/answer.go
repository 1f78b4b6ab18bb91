package session

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"text/template"

	"deputy/name"
)

// answer is what the host sends back.
type answer struct {
	line    int
	status  int
	body    *template.Template
	headers []headerOut
	typed   bool // headers have a Content-Type
}

type headerOut struct {
	name string
	text *template.Template
}

// View is what the template of an answer sees.
type View struct {
	Zone    ZoneView
	Zones   []ZoneView
	Name    string // the target in the request, without final dot
	Values  []string
	Records []RecordView
	Record  RecordView // what was created, removed or read
	Sets    []SetView  // Records by name
	Count   int        // how often this accept has answered, from 1
	ID      any        // in the request
	TTL     int
	Account map[string]string
	Session string // what a login gave
	Request RequestView

	Page, Pages, Total, Offset, Limit int // of Records or Zones
	NextPage                          int
	More                              bool // there is a page after this
}

// ZoneView is a zone; ID is a number where the host writes it so.
type ZoneView struct {
	ID   any
	Name string
}

// RecordView is a TXT record; ID is a number where the host writes it so.
type RecordView struct {
	ID    any
	Name  string
	Value string // not quoted
	TTL   int
}

// SetView are the values of a name.
type SetView struct {
	Name   string
	Values []string
	TTL    int
}

// RequestView is the request.
type RequestView struct {
	Method, URL, Path, Body string
	Query                   map[string]string
	JSON                    any // the body, where it is JSON
}

// answer reads status, answer and headers_out.
func (l *loader) answer(n *node) *answer {
	a := &answer{line: n.line, status: l.number(n, "status", 200)}
	if a.status < 200 || a.status > 599 {
		l.wrong(n.at("status"), "status is %d; it has to be from 200 to 599", a.status)
	}
	a.body = l.template(n, "answer", l.text(n, "answer"))
	if h := n.get("headers_out"); h != nil {
		l.takeMapping(h)
		for _, m := range h.members {
			a.typed = a.typed || strings.EqualFold(m.key, "Content-Type")
			a.headers = append(a.headers, headerOut{m.key, l.template(m.value, m.key, l.text(h, m.key))})
		}
	}
	return a
}

func (l *loader) takeMapping(n *node) {
	if n.kind != mapping {
		l.wrong(n.line, "a mapping belongs here, not %s", n.kind)
	}
}

// usualType is the media type of an answer by its first character.
func usualType(said string) string {
	said = strings.TrimSpace(said)
	switch {
	case said == "":
		return ""
	case said[0] == '{' || said[0] == '[':
		return "application/json"
	case said[0] == '<':
		return "application/xml"
	}
	return "text/plain; charset=utf-8"
}

func (l *loader) template(n *node, key, source string) *template.Template {
	t, err := template.New(key).Option("missingkey=error").Funcs(l.session.functions()).Parse(source)
	if err != nil {
		l.wrong(n.at(key), "%s is no template: %v", key, err)
		return template.New(key)
	}
	return t
}

// functions are those of templates.
func (s *Session) functions() template.FuncMap {
	return template.FuncMap{
		"json":   func(v any) string { return string(quoteJSON(v)) },
		"quoted": quote,
		"quoteds": func(values []string) []string {
			all := []string{}
			for _, v := range values {
				all = append(all, quote(v))
			}
			return all
		},
		"xml":      escapeXML,
		"fqdn":     func(n string) string { return n + "." },
		"relative": s.relative,
		"escape":   url.QueryEscape,
		"base64":   func(v string) string { return base64.StdEncoding.EncodeToString([]byte(v)) },
		"add":      func(a, b int) int { return a + b },
	}
}

// relative is a name without the zone; "@" for the zone itself.
func (s *Session) relative(full string) (string, error) {
	parsed, err := name.ParseOwner(full)
	if err != nil {
		return "", err
	}
	label, ok := parsed.Relative(name.MustParseOwner(s.Zone.Name))
	if !ok {
		return "", errors.New(full + " does not lie in " + s.Zone.Name)
	}
	if label == "" {
		return "@", nil
	}
	return label, nil
}

// maxAnswer bounds an answer in octets.
const maxAnswer = 1 << 20

// bounded is a buffer that refuses to grow over maxAnswer.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxAnswer {
		return 0, errors.New("the answer is too long")
	}
	return b.Buffer.Write(p)
}

// render makes an answer.
func (a *answer) render(v *View) (body []byte, headers [][2]string, err error) {
	var b bounded
	if err := a.body.Execute(&b, v); err != nil {
		return nil, nil, err
	}
	for _, h := range a.headers {
		var text bounded
		if err := h.text.Execute(&text, v); err != nil {
			return nil, nil, err
		}
		headers = append(headers, [2]string{h.name, strings.TrimSpace(text.String())})
	}
	if media := usualType(b.String()); !a.typed && media != "" {
		headers = append(headers, [2]string{"Content-Type", media})
	}
	return b.Bytes(), headers, nil
}

// sound checks that a rendered answer is of the type that it says.
func sound(body []byte, headers [][2]string) error {
	for _, h := range headers {
		if !strings.EqualFold(h[0], "Content-Type") || len(bytes.TrimSpace(body)) == 0 {
			continue
		}
		media := mediaType(h[1])
		if fitting("json", media) {
			_, err := parseJSON(body)
			return err
		}
		if fitting("xml", media) {
			_, err := parseXML(body)
			return err
		}
	}
	return nil
}

// identifier is an id as templates show it.
func identifier(id string, numeric bool) any {
	if numeric && digits(id) {
		return json.Number(id)
	}
	return id
}
