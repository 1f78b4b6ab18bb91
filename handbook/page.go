package handbook

import (
	"fmt"
	"strings"
	"unicode"
)

// Pieces of a sentence, besides string, which is plain text.
type (
	code   string                    // a value, path or command: literal
	strong string                    // plain text that stands out
	link   struct{ text, to string } // to an anchor of the page
)

// Blocks of a page.
type (
	heading struct {
		level    int // 2 to 4; those of 4 are not in the table of contents
		id, text string
	}
	paragraph struct {
		pieces []any
		box    bool // stands out
	}
	listing struct{ text string } // commands, records, messages: literal, line for line
	bullets struct{ items [][]any }
	table   struct{ rows []row } // what is called how
	drawing struct {
		svg  string
		text string // the same in letters
	}
)

type row struct {
	title string
	value []any
}

// page is a document in the making, of which Markdown and HTML are two faces.
type page struct {
	Facts
	title  string
	blocks []any
	ids    map[string]bool
	steps  int // counted since the last heading
}

func (p *page) add(block any) { p.blocks = append(p.blocks, block) }

func (p *page) head(level int, id, text string) {
	p.steps = 0
	p.add(heading{level, p.anchor(id), text})
}

// anchor makes an id of a text, one that is not taken.
func (p *page) anchor(text string) string {
	id := slug(text)
	for n, plain := 2, id; p.ids[id]; n++ {
		id = fmt.Sprintf("%s-%d", plain, n)
	}
	p.ids[id] = true
	return id
}

// longestAnchor is the length of an anchor in octets, but for a number at its end.
const longestAnchor = 80

// slug is text as an anchor: small letters, digits and hyphens.
func slug(text string) string {
	var out strings.Builder
	for _, r := range strings.ToLower(text) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			out.WriteRune(r)
		} else if !strings.HasSuffix(out.String(), "-") {
			out.WriteByte('-')
		}
	}
	text = out.String()
	return strings.Trim(text[:min(len(text), longestAnchor)], "-")
}

func (p *page) say(pieces ...any) { p.add(paragraph{pieces: pieces}) }

func (p *page) box(pieces ...any) { p.add(paragraph{pieces: pieces, box: true}) }

// step is a sentence with the next number in front.
func (p *page) step(pieces ...any) {
	p.steps++
	p.say(append([]any{strong(fmt.Sprintf("%d.", p.steps)), " "}, pieces...)...)
}

func (p *page) list(items ...[]any) {
	if len(items) > 0 {
		p.add(bullets{items})
	}
}

func (p *page) show(lines ...string) { p.add(listing{strings.Join(lines, "\n")}) }

// row adds to a table that is in the making; nothing where there is no value.
func (t *table) row(title string, value ...any) {
	t.rows = append(t.rows, row{title, value})
}

// of is a list of pieces: an item of a list.
func of(pieces ...any) []any { return pieces }

// codes are values with commas between them.
func codes[T fmt.Stringer](values []T) []any {
	var pieces []any
	for n, v := range values {
		if n > 0 {
			pieces = append(pieces, ", ")
		}
		pieces = append(pieces, code(v.String()))
	}
	return pieces
}

// clean makes what a terminal or a browser would obey visible as a replacement character: control characters, and marks
// that turn the direction of writing. Line feeds stay where lines is true, and are spaces where not.
func clean(text string, lines bool) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' && lines:
			return r
		case r == '\n', r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(strings.ReplaceAll(text, "\r\n", "\n"), string(unicode.ReplacementChar)))
}
