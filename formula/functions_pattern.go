package formula

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode/utf8"
)

// Bounds of a pattern: its length in octets, and how many parts of a match it may remember.
const (
	maxPattern = 512
	maxGroups  = 20
)

// patternFunctions compare texts with patterns.
func patternFunctions() []function {
	return []function{
		{name: "@Matches", need: 2, takes: []kind{text, text}, strict: matches},
		{name: "@Like", need: 2, takes: []kind{text, text, text}, strict: like},
		{name: "@Deputy_RegexMatch", need: 2, takes: []kind{text, text}, strict: regexMatch},
		{name: "@Deputy_RegexReplace", need: 3, takes: []kind{text, text, text}, strict: regexReplace},
	}
}

// compile makes an expression of RE2, which takes time in proportion to pattern and text; the product is taken from
// the budget before it runs.
func (c call) compile(pattern string, v Value) (*regexp.Regexp, Value) {
	if len(pattern) > maxPattern {
		return nil, c.fail("", "the pattern has more than %d octets", maxPattern)
	}
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil, c.fail("", "the pattern is not a regular expression")
	}
	if parsed.MaxCap() > maxGroups {
		return nil, c.fail("", "the pattern has more than %d groups", maxGroups)
	}
	program, err := syntax.Compile(parsed.Simplify())
	if err != nil {
		return nil, c.fail("", "the pattern is not a regular expression")
	}
	c.e.spend(c.node, len(program.Inst)*(1+v.size()/64)+v.Len())
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, c.fail("", "the pattern is not a regular expression")
	}
	return re, Value{}
}

// anyMatches is true if any element matches any of the patterns, each made into a regular expression first.
func (c call) anyMatches(patterns []atom, expression func(string) string) Value {
	for _, p := range patterns {
		re, failed := c.compile(expression(p.text), c.args[0])
		if failed.err != nil {
			return failed
		}
		for _, a := range c.args[0].atoms {
			if re.MatchString(a.text) {
				return truth(true)
			}
		}
	}
	return truth(false)
}

// regexMatch finds the pattern anywhere in a text; ^ and $ anchor it.
func regexMatch(c call) Value {
	return c.anyMatches(c.args[1].atoms, func(s string) string { return s })
}

// regexReplace replaces every match in each element; $1 and ${name} stand for what was in parentheses.
func regexReplace(c call) Value {
	v, replacement := c.args[0], c.text(2, "")
	re, failed := c.compile(c.text(1, ""), v)
	if failed.err != nil {
		return failed
	}
	atoms := make([]atom, v.Len())
	octets := 0
	for i, a := range v.atoms {
		var b []byte
		end := 0
		found := re.FindAllStringSubmatchIndex(a.text, c.e.budget.List+1)
		c.e.room(c.node, int64(len(found)), 0)
		for _, match := range found {
			b = append(b, a.text[end:match[0]]...)
			b = re.ExpandString(b, replacement, a.text, match)
			end = match[1]
			c.e.room(c.node, 0, int64(octets+len(b)))
		}
		atoms[i].text = string(append(b, a.text[end:]...))
		octets += len(atoms[i].text)
	}
	c.e.room(c.node, int64(len(atoms)), int64(octets))
	return Value{kind: text, atoms: atoms}
}

// matches compares the whole text with patterns of H_MATCHES: ? one character, * any number, {abc} one of them, {!abc}
// none of them, {a-z} a range, +c any number of c, \c the character itself; and of whole patterns !p (not), p&q (both)
// and p|q (either), of which & binds tighter. Only what is in braces has case.
func matches(c call) Value {
	for _, p := range c.args[1].atoms {
		for _, a := range c.args[0].atoms {
			yes, failed := c.matchesAny(a, p.text)
			if failed.err != nil {
				return failed
			}
			if yes {
				return truth(true)
			}
		}
	}
	return truth(false)
}

// matchesAny evaluates p|q|….
func (c call) matchesAny(a atom, pattern string) (bool, Value) {
	for _, alternative := range splitPattern(pattern, '|') {
		yes, failed := c.matchesAll(a, alternative)
		if failed.err != nil || yes {
			return yes, failed
		}
	}
	return false, Value{}
}

// matchesAll evaluates p&q&…, each perhaps with a ! in front.
func (c call) matchesAll(a atom, pattern string) (bool, Value) {
	for _, part := range splitPattern(pattern, '&') {
		part, negated := strings.CutPrefix(part, "!")
		re, failed := c.compile(matchesExpression(part), Value{kind: text, atoms: []atom{a}})
		if failed.err != nil {
			return false, failed
		}
		if re.MatchString(a.text) == negated {
			return false, Value{}
		}
	}
	return true, Value{}
}

// splitPattern cuts a pattern at a sign that is neither escaped nor in braces.
func splitPattern(pattern string, sign byte) []string {
	var parts []string
	start := 0
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '\\':
			i++
		case '{':
			if end := strings.IndexByte(pattern[i:], '}'); end > 0 {
				i += end
			}
		case sign:
			parts = append(parts, pattern[start:i])
			start = i + 1
		}
	}
	return append(parts, pattern[start:])
}

func matchesExpression(pattern string) string {
	var b strings.Builder
	b.WriteString(`(?is)^`)
	for rest := pattern; rest != ""; {
		var part string
		part, rest = matchesPart(rest)
		b.WriteString(part)
	}
	return b.String() + `$`
}

// matchesPart translates the first element of a pattern.
func matchesPart(pattern string) (expression, rest string) {
	r, size := utf8.DecodeRuneInString(pattern)
	rest = pattern[size:]
	switch {
	case r == '?':
		return ".", rest
	case r == '*':
		return ".*", rest
	case r == '+' && rest != "":
		part, rest := matchesPart(rest)
		return "(?:" + part + ")*", rest
	case r == '\\' && rest != "":
		r, size = utf8.DecodeRuneInString(rest)
		return regexp.QuoteMeta(string(r)), rest[size:]
	case r == '{':
		if set, after, ok := strings.Cut(rest, "}"); ok && set != "" && set != "!" {
			return characterSet(set), after
		}
	}
	return regexp.QuoteMeta(string(r)), rest
}

// characterSet translates the inside of {…}.
func characterSet(set string) string {
	set, negated := strings.CutPrefix(set, "!")
	escaped := strings.NewReplacer(`\`, `\\`, `]`, `\]`, `[`, `\[`, `^`, `\^`).Replace(set)
	if negated {
		return "(?-i:[^" + escaped + "])"
	}
	return "(?-i:[" + escaped + "])"
}

// like compares the whole text with SQL patterns: _ one character, % any number; the third argument is the character
// that takes their meaning away (H_LIKE).
func like(c call) Value {
	escape, _ := utf8.DecodeRuneInString(c.text(2, ""))
	return c.anyMatches(c.args[1].atoms, func(pattern string) string {
		var b strings.Builder
		b.WriteString(`(?s)^`)
		literal := false
		for _, r := range pattern {
			switch {
			case !literal && c.has(2) && r == escape:
				literal = true
				continue
			case !literal && r == '_':
				b.WriteString(".")
			case !literal && r == '%':
				b.WriteString(".*")
			default:
				b.WriteString(regexp.QuoteMeta(string(r)))
			}
			literal = false
		}
		return b.String() + `$`
	})
}
