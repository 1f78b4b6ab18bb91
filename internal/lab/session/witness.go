package session

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"regexp/syntax"
	"strings"
)

// witnessValue is a TXT value of the form that ACME has (RFC 8555 §8.4).
const witnessValue = "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0"

// witness makes a request that an accept describes.
type witness struct {
	session  *Session
	concrete bool   // no hole may be left but {session}
	full     bool   // with what is optional
	id       string // of a record that is there
	failed   string // why there can be no such request
}

// text fills the holes of a pattern.
func (w *witness) text(p *pattern) string {
	var b strings.Builder
	for i := range p.pieces {
		one := &p.pieces[i]
		if one.hole == "" {
			b.WriteString(one.literal)
			continue
		}
		if w.concrete && one.hole != "session" {
			w.fail("{%s} stands there", one.hole)
		}
		b.WriteString(w.fill(one))
	}
	return b.String()
}

func (w *witness) fail(format string, args ...any) {
	if w.failed == "" {
		w.failed = fmt.Sprintf(format, args...)
	}
}

func (w *witness) fill(one *piece) string {
	s := w.session
	switch one.form() {
	case "name":
		return s.Target
	case "fqdn":
		return s.Target + "."
	case "label":
		return strings.TrimSuffix(s.Target, "."+s.Zone.Name)
	case "id":
		return w.id
	case "value", "either":
		return witnessValue
	case "quoted":
		return quote(witnessValue)
	case "ttl":
		if len(s.TTL.Only) > 0 {
			return fmt.Sprint(s.TTL.Only[0])
		}
		return fmt.Sprint(s.TTL.Minimum)
	case "number", "page", "limit":
		return "1"
	case "page0", "offset":
		return "0"
	case "session":
		return s.token
	case "re":
		parsed, err := syntax.Parse(one.arg, syntax.Perl)
		if err != nil {
			w.fail("{re:%s}: %v", one.arg, err)
			return ""
		}
		example := exampleOf(parsed)
		if !one.re.MatchString(example) {
			w.fail("{re:%s} is too special to make an example of; write it without \\b, ^ and $", one.arg)
		}
		return example
	}
	return "any"
}

// exampleOf is a text that an expression matches: the first alternative, the first character, as few repetitions as may be.
func exampleOf(re *syntax.Regexp) string {
	const mostRepetitions = 1000
	switch re.Op {
	case syntax.OpLiteral:
		return string(re.Rune)
	case syntax.OpCharClass:
		if len(re.Rune) > 0 {
			return string(pleasant(re.Rune))
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return "x"
	case syntax.OpCapture, syntax.OpPlus:
		return exampleOf(re.Sub[0])
	case syntax.OpRepeat:
		return strings.Repeat(exampleOf(re.Sub[0]), min(re.Min, mostRepetitions))
	case syntax.OpAlternate:
		return exampleOf(re.Sub[0])
	case syntax.OpConcat:
		var b strings.Builder
		for _, sub := range re.Sub {
			b.WriteString(exampleOf(sub))
		}
		return b.String()
	}
	return ""
}

// pleasant is a letter or digit of a class, else its first character.
func pleasant(class []rune) rune {
	for i := 0; i+1 < len(class); i += 2 {
		for _, c := range "a0A" {
			if class[i] <= c && c <= class[i+1] {
				return c
			}
		}
	}
	return class[0]
}

// node fills a shape. JSON has numbers where a hole is one.
func (w *witness) node(s *shape) *node {
	switch {
	case s.exact != nil:
		return s.exact
	case s.text != nil:
		return w.leaf(s.text)
	case s.choice != nil:
		return w.node(s.choice[0])
	case s.each != nil:
		return &node{kind: list, items: []*node{w.node(s.each)}}
	case s.kind == list:
		result := &node{kind: list}
		for _, item := range s.items {
			result.items = append(result.items, w.node(item))
		}
		return result
	}
	result := &node{kind: mapping}
	for _, m := range s.members {
		if !m.optional || w.full {
			result.members = append(result.members, member{key: strings.ReplaceAll(m.key, numberKey, "1"), value: w.node(m.shape)})
		}
	}
	return result
}

func (w *witness) leaf(p *pattern) *node {
	one := p.alone()
	if one == nil {
		if p.numeric {
			return &node{kind: number, scalar: w.text(p)}
		}
		return textNode(w.text(p))
	}
	switch one.form() {
	case "values", "values+", "chunks":
		return w.some(one, witnessValue)
	case "quoteds", "quoteds+":
		return w.some(one, quote(witnessValue))
	case "ttl", "number", "page", "page0", "offset", "limit":
		if one.arg != "text" {
			return &node{kind: number, scalar: w.text(p)}
		}
	case "id":
		if w.session.numericIDs {
			return &node{kind: number, scalar: w.text(p)}
		}
	}
	return textNode(w.text(p))
}

func (w *witness) some(one *piece, value string) *node {
	if w.concrete {
		w.fail("{%s} stands there", one.hole)
	}
	return &node{kind: list, items: []*node{textNode(value)}}
}

// url is the address with its query.
func (w *witness) url(a *accept) string {
	address := "https://" + a.host + "/" + w.path(a)
	if query := w.node(a.query).query(); query != "" {
		address += "?" + query
	}
	return address
}

func (w *witness) path(a *accept) string {
	var parts []string
	for _, p := range a.path {
		parts = append(parts, url.PathEscape(w.text(p)))
	}
	return strings.Join(parts, "/")
}

// body writes the body.
func (w *witness) body(a *accept) []byte {
	if a.body == nil {
		return nil
	}
	n := w.node(a.body)
	switch a.bodyKind {
	case "json":
		return n.json()
	case "form":
		return []byte(n.query())
	case "xml":
		var b bytes.Buffer
		n.writeXML(&b)
		return b.Bytes()
	}
	return []byte(n.scalar)
}

// usualBody is the Content-Type of a body whose headers don't say it.
func usualBody(kind string) string {
	switch kind {
	case "json":
		return "application/json"
	case "form":
		return "application/x-www-form-urlencoded"
	case "xml":
		return "application/xml"
	}
	return ""
}

// incoming is the whole request.
func (w *witness) incoming(a *accept) *incoming {
	in := &incoming{method: a.method, host: a.host, path: w.path(a), query: w.node(a.query).query(), header: http.Header{}, body: w.body(a)}
	if usual := usualBody(a.bodyKind); usual != "" {
		in.header.Set("Content-Type", usual)
	}
	for _, h := range a.headers {
		in.header.Set(h.name, w.text(h.pattern))
	}
	return in
}
