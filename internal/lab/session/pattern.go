package session

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// pattern is a text with holes, such as "Bearer {account.token}".
type pattern struct {
	source  string
	pieces  []piece
	account bool           // what is not in a hole comes from the account: a difference is a wrong credential
	numeric bool           // it is the zone's id alone, which the host writes as a number
	re      *regexp.Regexp // nil where there is at most one piece
	groups  []int          // of re, for each hole
}

// piece is plain text, or a hole that is filled by the request.
type piece struct {
	literal string
	hole    string // "" for plain text
	arg     string // behind the colon
	re      *regexp.Regexp
}

// holes that a request fills; the others are known beforehand.
func holes() []string {
	return []string{
		"name", "fqdn", "label", "id", "value", "quoted", "either", "values", "quoteds", "values+", "quoteds+", "chunks",
		"ttl", "number", "page", "page0", "offset", "limit", "any", "re", "was", "session",
	}
}

// parsePattern reads a pattern. What host.yaml says already is put in its place.
func (s *Session) parsePattern(source string) (*pattern, error) {
	p := &pattern{source: source}
	rest := source
	for rest != "" {
		open := strings.IndexByte(rest, '{')
		if open < 0 {
			p.literal(rest)
			break
		}
		p.literal(rest[:open])
		end := closing(rest[open:])
		if end < 0 {
			return nil, fmt.Errorf("in %q a { is not closed; a { as such is written {re:\\{}", source)
		}
		if err := s.hole(p, rest[open+1:open+end]); err != nil {
			return nil, err
		}
		rest = rest[open+end+1:]
	}
	p.numeric = source == "{zone.id}" && s.Zone.numeric
	return p, p.compile()
}

// valueHoles are those that take TXT values.
func valueHoles() []string {
	return []string{"value", "quoted", "either", "values", "quoteds", "values+", "quoteds+", "chunks"}
}

// form is the hole without "was:", which says that it takes the values that the client believes are there.
func (p *piece) form() string {
	if p.hole == "was" {
		return p.arg
	}
	return p.hole
}

// whole says that a hole is a list.
func (p *piece) whole() bool {
	return slices.Contains(valueHoles()[3:], p.form())
}

// closing is where the brace that s begins with is closed; -1 where it is not.
func closing(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// literal adds plain text.
func (p *pattern) literal(s string) {
	if s == "" {
		return
	}
	if n := len(p.pieces); n > 0 && p.pieces[n-1].hole == "" {
		p.pieces[n-1].literal += s
		return
	}
	p.pieces = append(p.pieces, piece{literal: s})
}

// hole adds what stands in braces.
func (s *Session) hole(p *pattern, inner string) error {
	kind, arg, _ := strings.Cut(inner, ":")
	field, isAccount := strings.CutPrefix(inner, "account.")
	switch {
	case inner == "zone.id":
		p.literal(s.Zone.ID)
	case inner == "zone.name":
		p.literal(s.Zone.Name)
	case inner == "zone.fqdn":
		p.literal(s.Zone.Name + ".")
	case isAccount:
		value, known := s.Account[field]
		if !known {
			return fmt.Errorf("{%s}: host.yaml gives no account field %s", inner, field)
		}
		p.account = true
		p.literal(value)
	case kind == "base64":
		nested, err := s.parsePattern(arg)
		if err != nil {
			return err
		}
		if !nested.fixed() {
			return fmt.Errorf("{%s}: only what is known beforehand can stand in base64", inner)
		}
		p.account = p.account || nested.account
		p.literal(base64.StdEncoding.EncodeToString([]byte(nested.text())))
	case slices.Contains(holes(), kind):
		return p.fill(kind, arg, inner)
	default:
		return fmt.Errorf("there is no {%s}; known are {zone.id} {zone.name} {zone.fqdn} {account.FIELD} {base64:TEXT} {%s}", inner, strings.Join(holes(), "} {"))
	}
	return nil
}

// fill adds a hole.
func (p *pattern) fill(kind, arg, inner string) error {
	one := piece{hole: kind, arg: arg}
	_, hasArg := strings.CutPrefix(inner, kind+":")
	switch {
	case kind == "was":
		if !slices.Contains(valueHoles(), arg) {
			return fmt.Errorf("{%s}: behind was: belongs one of %s", inner, strings.Join(valueHoles(), ", "))
		}
	case kind == "re" || hasArg && slices.Contains(valueHoles()[:3], kind):
		re, err := regexp.Compile("^(?s:" + arg + ")$")
		if err != nil || arg == "" {
			return fmt.Errorf("{%s} is no regular expression: %v", inner, err)
		}
		one.re = re
	case hasArg && (arg != "text" || kind != "ttl" && kind != "number" && kind != "page" && kind != "limit"):
		return fmt.Errorf("{%s}: nothing can stand behind the colon there", inner)
	}
	p.account = p.account || kind == "session"
	p.pieces = append(p.pieces, one)
	return nil
}

// compile makes the expression that finds the holes of a text that has more than one piece.
func (p *pattern) compile() error {
	if len(p.pieces) < 2 {
		return nil
	}
	var b strings.Builder
	group := 1
	b.WriteString("^")
	for _, one := range p.pieces {
		if one.hole == "" {
			b.WriteString(regexp.QuoteMeta(one.literal))
			continue
		}
		inner := `(?s:.*?)`
		switch one.hole {
		case "re":
			inner = "(?s:" + one.arg + ")"
		case "ttl", "page", "page0", "offset", "limit":
			inner = `[0-9]+`
		case "number":
			inner = `-?[0-9.]+`
		case "name", "fqdn", "label", "id":
			inner = `[^/\s]+?`
		}
		if one.whole() {
			return fmt.Errorf("in %q {%s} has to stand alone: it is a whole list", p.source, one.hole)
		}
		b.WriteString("(" + inner + ")")
		p.groups = append(p.groups, group)
		group++
		if one.hole == "re" {
			group += one.re.NumSubexp()
		}
	}
	re, err := regexp.Compile(b.String() + "$")
	p.re = re
	if err != nil {
		return fmt.Errorf("%q is too much for one pattern: %v", p.source, err)
	}
	return nil
}

// fixed says that a pattern has no holes.
func (p *pattern) fixed() bool {
	return len(p.pieces) == 0 || len(p.pieces) == 1 && p.pieces[0].hole == ""
}

// text is a fixed pattern's text.
func (p *pattern) text() string {
	if len(p.pieces) == 0 {
		return ""
	}
	return p.pieces[0].literal
}

// alone is the hole that is the whole pattern, nil where there is more or less.
func (p *pattern) alone() *piece {
	if len(p.pieces) == 1 && p.pieces[0].hole != "" {
		return &p.pieces[0]
	}
	return nil
}

// difference is why a request is not what a pattern documents.
type difference struct {
	reason  string
	account bool // it is the credential
}

func differs(format string, args ...any) *difference {
	return &difference{reason: fmt.Sprintf(format, args...)}
}

// in says where the difference is.
func (d *difference) in(where string) *difference {
	if d == nil {
		return nil
	}
	return &difference{where + ": " + d.reason, d.account}
}

// match fills the holes from got.
func (p *pattern) match(got string, m *match) *difference {
	if p.fixed() {
		if got == p.text() {
			return nil
		}
		return &difference{fmt.Sprintf("%q is documented, not %q", p.source, got), p.account}
	}
	if one := p.alone(); one != nil {
		return m.capture(one, got)
	}
	found := p.re.FindStringSubmatch(got)
	if found == nil {
		return &difference{fmt.Sprintf("%q is not of the form %q", got, p.source), p.account}
	}
	n := 0
	for i := range p.pieces {
		if p.pieces[i].hole == "" {
			continue
		}
		if d := m.capture(&p.pieces[i], found[p.groups[n]]); d != nil {
			return d.in(fmt.Sprintf("%q against %q", got, p.source))
		}
		n++
	}
	return nil
}
