package dnsconfig

import (
	"regexp"
	"slices"

	"github.com/expr-lang/expr/types"
)

// functionCall is text that reads as one call: quote(value).
var functionCall = regexp.MustCompile(`^(\w+)\(.*\)$`)

// leaves finds text of a request that reads as an expression and is none, since it has no = in front.
func (l *lint) leaves(c *call) {
	for _, h := range c.header {
		l.leaf(c, h.value)
	}
	l.leaf(c, c.parameters)
	l.leaf(c, c.content.value)
}

func (l *lint) leaf(c *call, v value) {
	switch x := v.(type) {
	case list:
		for _, element := range x {
			l.leaf(c, element)
		}
	case object:
		for _, m := range x {
			if c.content.kind == "xml" && m.key == "name" {
				continue // XML-RPC has the names of a structure's members there
			}
			l.leaf(c, m.value)
		}
	case constant:
		text, _ := x.v.(string)
		if what := expressionOf(text, c.variables); what != "" {
			l.say("%s: %s is sent as the text %q; = in front makes it the %s", c.op, text, text, what)
		}
	}
}

// expressionOf says what a text would be with = in front: a variable or a function; "" for neither. What is a mapping, and what
// is a word of many APIs, is left alone.
func expressionOf(text string, variables types.Map) string {
	_, known := variables[text]
	if known && !slices.Contains([]string{"account", "session", "now", "nonce", "record"}, text) {
		return "variable"
	}
	m := functionCall.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	if _, function := functionTypes()[m[1]]; function || slices.Contains(builtins(), m[1]) {
		return "function"
	}
	return ""
}

// unset finds variables that are never set, and pages that are never asked for.
func (l *lint) unset(c *call, used reads) {
	if read := l.n.calls[Read]; changes(c.op) && read != nil && read.result["found"] == nil && used.any("found") {
		l.say("%s uses found, and read sets none: it is nothing", c.op)
	}
	if c.page != nil && c.page.next != nil && !used.any("page") {
		l.say("%s does not use page: it asks for the same page again", c.op)
	}
}
