package handbook

import (
	_ "embed"
	"fmt"
	"html"
	"strings"
)

//go:embed page.css
var style string

// HTML writes the handbook as one page that stands for itself: no scripts, nothing from elsewhere, light and dark, to be
// read on a telephone or printed. It may be served under a Content-Security-Policy of default-src 'none'; style-src
// 'unsafe-inline'.
func HTML(f Facts) string {
	p := compose(f)
	var h hypertext
	h.line(`<!DOCTYPE html>`)
	h.line(`<html lang="en">`)
	h.line(`<head>`)
	h.line(`<meta charset="utf-8"/>`)
	h.line(`<meta name="viewport" content="width=device-width, initial-scale=1"/>`)
	h.line(`<meta name="color-scheme" content="light dark"/>`)
	h.line(`<title>%s</title>`, hyper(p.title))
	h.line("<style>\n%s</style>", style)
	h.line(`</head>`)
	h.line(`<body>`)
	h.contents(p)
	h.line(`<main>`)
	h.line(`<h1>%s</h1>`, hyper(p.title))
	for _, block := range p.blocks {
		h.block(block)
	}
	h.line(`</main>`)
	h.line(`</body>`)
	h.line(`</html>`)
	return h.text.String()
}

type hypertext struct{ text strings.Builder }

func (h *hypertext) line(format string, args ...any) { fmt.Fprintf(&h.text, format+"\n", args...) }

func (h *hypertext) contents(p *page) {
	h.line(`<nav aria-label="Contents">`)
	h.line(`<ul>`)
	for _, at := range p.headings() {
		h.line(`<li class="level%d"><a href="#%s">%s</a></li>`, at.level, at.id, hyper(at.text))
	}
	h.line(`</ul>`)
	h.line(`</nav>`)
}

func (h *hypertext) block(block any) {
	switch b := block.(type) {
	case heading:
		h.line(`<h%d id="%s"><a href="#%s">%s</a></h%d>`, b.level, b.id, b.id, hyper(b.text), b.level)
	case paragraph:
		class := ""
		if b.box {
			class = ` class="notice"`
		}
		h.line(`<p%s>%s</p>`, class, hyperPieces(b.pieces))
	case listing:
		h.line(`<pre tabindex="0">%s</pre>`, html.EscapeString(clean(b.text, true)))
	case bullets:
		h.line(`<ul>`)
		for _, item := range b.items {
			h.line(`<li>%s</li>`, hyperPieces(item))
		}
		h.line(`</ul>`)
	case table:
		h.line(`<dl>`)
		for _, r := range b.rows {
			h.line(`<div><dt>%s</dt><dd>%s</dd></div>`, hyper(r.title), hyperPieces(r.value))
		}
		h.line(`</dl>`)
	case drawing:
		h.line(`<figure tabindex="0">%s</figure>`, clean(b.svg, true))
	}
}

func hyperPieces(pieces []any) string {
	var out strings.Builder
	for _, piece := range pieces {
		switch v := piece.(type) {
		case string:
			out.WriteString(hyper(v))
		case code:
			out.WriteString("<code>" + hyper(string(v)) + "</code>")
		case strong:
			out.WriteString("<strong>" + hyper(string(v)) + "</strong>")
		case link:
			out.WriteString(`<a href="#` + v.to + `">` + hyper(v.text) + "</a>")
		}
	}
	return out.String()
}

// hyper escapes text for HTML, between tags.
func hyper(text string) string { return html.EscapeString(clean(text, false)) }

// headings are those of the table of contents.
func (p *page) headings() []heading {
	var all []heading
	for _, block := range p.blocks {
		if h, ok := block.(heading); ok && h.level < 4 {
			all = append(all, h)
		}
	}
	return all
}
