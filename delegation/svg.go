package delegation

import (
	"encoding/xml"
	"fmt"
	"strings"

	"deputy/fault"
	"deputy/name"
)

// Measures of the picture, in pixels.
const (
	svgWidth   = 760
	svgMargin  = 20
	svgBox     = 58 // height of a name's box
	svgGap     = 46 // between two boxes, for the arrow and what it says
	svgLetters = 78 // in a line of a name, at 13 px of a fixed-width font
)

// SVG draws a chain as a picture that stands for itself: no scripts, nothing from elsewhere, readable on light and dark
// backgrounds, with a title and a description for those who do not see it. The name at which the first fault lies is
// marked by colour, by a sign and in words.
func SVG(c Chain, faults []*fault.Fault) string {
	p := &picture{}
	p.box(c.Challenge.String(), "asked by the CA", wrongAt(c.Challenge, faults))
	for _, h := range c.Hops {
		kind := "CNAME"
		if !h.DNAME.IsZero() {
			kind = "by the DNAME at " + h.DNAME.String()
		}
		p.arrow(fmt.Sprintf("%s · %d s · %s", kind, h.TTL, brief(h.Server)), !wrongAt(h.Owner, faults))
		p.box(h.Target.String(), c.role(h.Target, len(faults) > 0), wrongAt(h.Target, faults))
	}
	if len(faults) > 0 {
		p.words(string(faults[0].Code) + ": " + faults[0].Seen)
	} else if !c.Zone.IsZero() {
		p.words("values are read from the zone " + c.Zone.String() + " at " + strings.Join(c.hosts(), ", "))
	}
	verdict := "right"
	if len(faults) > 0 {
		verdict = string(faults[0].Code)
	}
	return p.whole("The delegation of "+c.Cert.String()+": "+verdict, strings.Join(Draw(c), "\n"))
}

// role is what n is in the chain.
func (c Chain) role(n name.Name, faulty bool) string {
	switch {
	case n == c.Target && faulty && !c.Zone.IsZero():
		return "the chain ends here, in the zone " + c.Zone.String()
	case n == c.Target && !c.Zone.IsZero():
		return "values are written here, in the zone " + c.Zone.String()
	case n == c.Target:
		return "the chain ends here"
	}
	return "on the way"
}

func wrongAt(n name.Name, faults []*fault.Fault) bool { return len(faults) > 0 && faults[0].At == n }

// picture is an SVG in the making, from top to bottom.
type picture struct {
	text strings.Builder
	y    int
}

func (p *picture) box(title, role string, wrong bool) {
	class, sign := "box", ""
	if wrong {
		class, sign = "box wrong", "✗ "
	}
	lines := folded(title, svgLetters)
	height := svgBox + 16*(len(lines)-1)
	p.add(`<rect class="%s" x="%d" y="%d" width="%d" height="%d" rx="6"/>`, class, svgMargin, p.y, svgWidth-2*svgMargin, height)
	for i, line := range lines {
		p.write("name", svgMargin+14, p.y+24+16*i, line)
	}
	p.write("small", svgMargin+14, p.y+height-12, sign+role)
	p.y += height
}

func (p *picture) arrow(says string, right bool) {
	class := "line"
	if !right {
		class = "line broken"
	}
	x := svgMargin + 40
	p.add(`<path class="%s" d="M%d %d v%d m-5 -7 l5 7 l5 -7"/>`, class, x, p.y+2, svgGap-6)
	p.write("small", x+16, p.y+svgGap/2+4, folded(says, 100)[0])
	p.y += svgGap
}

func (p *picture) words(text string) {
	p.y += 12
	for _, line := range folded(text, 104) {
		p.y += 16
		p.write("small", svgMargin, p.y, line)
	}
}

func (p *picture) write(class string, x, y int, text string) {
	p.add(`<text class="%s" x="%d" y="%d">%s</text>`, class, x, y, escaped(text))
}

func (p *picture) add(format string, args ...any) { fmt.Fprintf(&p.text, format+"\n", args...) }

func (p *picture) whole(title, description string) string {
	height := p.y + svgMargin
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 -%d %d %d" font-family="system-ui, sans-serif">
<title>%s</title>
<desc>%s</desc>
<style>
.box { fill: #eef3fa; stroke: #3b6ea5; stroke-width: 1.5 }
.wrong { fill: #fdecea; stroke: #b3261e; stroke-width: 3 }
.line { fill: none; stroke: #3b6ea5; stroke-width: 2 }
.broken { stroke: #b3261e; stroke-dasharray: 5 4 }
.name { font: 13px ui-monospace, monospace; fill: #10233a }
.small { font-size: 12px; fill: #44546a }
@media (prefers-color-scheme: dark) {
.box { fill: #16243a } .wrong { fill: #3a1613 } .name { fill: #e8eef7 } .small { fill: #b4c0d0 }
}
</style>
%s</svg>
`, svgMargin, svgWidth, height+svgMargin, escaped(title), escaped(description), p.text.String())
}

// folded cuts text into lines of at most so many letters, at spaces or dots where there are some.
func folded(text string, letters int) []string {
	var lines []string
	rest := []rune(text)
	for len(rest) > letters {
		cut := letters
		for at := letters; at > letters/2; at-- {
			if rest[at-1] == ' ' || rest[at-1] == '.' {
				cut = at
				break
			}
		}
		lines = append(lines, string(rest[:cut]))
		rest = rest[cut:]
	}
	return append(lines, string(rest))
}

func escaped(text string) string {
	var out strings.Builder
	_ = xml.EscapeText(&out, []byte(text)) // a Builder does not fail
	return out.String()
}
