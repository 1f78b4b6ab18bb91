package handbook

import (
	"fmt"
	"regexp"
	"strings"
)

// Markdown writes the handbook as Markdown (CommonMark), readable as it is too. Text that came from elsewhere can't become
// mark-up.
func Markdown(f Facts) string {
	p := compose(f)
	var m markdown
	m.line("# " + markdownText(p.title))
	for _, block := range p.blocks {
		if h, ok := block.(heading); ok && h.id == afterHurry {
			m.contents(p)
		}
		m.block(block)
	}
	return strings.TrimRight(m.text.String(), "\n") + "\n"
}

// afterHurry is the section before which the table of contents stands: what is urgent comes first.
const afterHurry = "what"

type markdown struct{ text strings.Builder }

func (m *markdown) line(text string) { m.text.WriteString(text + "\n") }

func (m *markdown) contents(p *page) {
	m.line("")
	for _, h := range p.headings() {
		m.line(fmt.Sprintf("%s- [%s](#%s)", strings.Repeat("  ", h.level-2), markdownText(h.text), h.id))
	}
}

func (m *markdown) block(block any) {
	m.line("")
	switch b := block.(type) {
	case heading:
		m.line(fmt.Sprintf(`<a id="%s"></a>`, b.id))
		m.line("")
		m.line(strings.Repeat("#", b.level) + " " + markdownText(b.text))
	case paragraph:
		text := markdownPieces(b.pieces)
		if b.box {
			text = "> " + text
		}
		m.line(text)
	case listing:
		m.listing(b.text)
	case bullets:
		for _, item := range b.items {
			m.line("- " + markdownPieces(item))
		}
	case table:
		for _, r := range b.rows {
			m.line("- **" + markdownText(r.title) + ":** " + markdownPieces(r.value))
		}
	case drawing:
		m.listing(b.text)
	}
}

// listing is a fenced block (CommonMark §4.5) whose fence is longer than any in it.
func (m *markdown) listing(text string) {
	text = clean(text, true)
	fence := ticks(text, 3)
	m.line(fence)
	m.line(text)
	m.line(fence)
}

// ticks are more backticks than stand in a row in text, and at least so many.
func ticks(text string, least int) string {
	run := 0
	for _, r := range text {
		if r != '`' {
			run = 0
			continue
		}
		run++
		least = max(least, run+1)
	}
	return strings.Repeat("`", least)
}

func markdownPieces(pieces []any) string {
	var out strings.Builder
	for _, piece := range pieces {
		switch v := piece.(type) {
		case string:
			out.WriteString(markdownText(v))
		case code:
			out.WriteString(markdownCode(string(v)))
		case strong:
			out.WriteString("**" + strings.TrimSpace(markdownText(string(v))) + "**")
		case link:
			out.WriteString("[" + markdownText(v.text) + "](#" + v.to + ")")
		}
	}
	return startOfLine.ReplaceAllString(out.String(), `$1\$2`)
}

// markdownCode is a code span (CommonMark §6.1), with a space inside where the text begins or ends with a backtick or a
// space, which would be taken for the span's own.
func markdownCode(text string) string {
	text = clean(text, false)
	if text == "" {
		return "(empty)"
	}
	fence := ticks(text, 1)
	if strings.Trim(text, "` ") != text {
		text = " " + text + " "
	}
	return fence + text + fence
}

// startOfLine are the marks that mean something at the beginning of a block alone.
var startOfLine = regexp.MustCompile(`^(\d*)([-+#=>.)])`)

// markdownText escapes what could be mark-up within a line (CommonMark §2.4).
func markdownText(text string) string {
	var out strings.Builder
	for _, r := range clean(text, false) {
		if strings.ContainsRune("\\`*_[]<>&|~", r) {
			out.WriteByte('\\')
		}
		out.WriteRune(r)
	}
	return out.String()
}
