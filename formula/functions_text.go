package formula

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxSeparators of one @Explode, in octets: each character of the text is compared with each of them.
const maxSeparators = 64

// textFunctions change texts.
func textFunctions() []function {
	return []function{
		{name: "@ReplaceSubstring", need: 3, takes: []kind{text, text, text}, strict: replaceSubstring},
		{name: "@Trim", need: 1, takes: []kind{text}, strict: trim},
		{name: "@LowerCase", need: 1, takes: []kind{text}, strict: func(c call) Value { return c.each(0, strings.ToLower) }},
		{name: "@UpperCase", need: 1, takes: []kind{text}, strict: func(c call) Value { return c.each(0, strings.ToUpper) }},
		{name: "@ProperCase", need: 1, takes: []kind{text}, strict: func(c call) Value { return c.each(0, properCase) }},
		{name: "@Length", need: 1, takes: []kind{text}, strict: length},
		{name: "@Repeat", need: 2, takes: []kind{text, number, number}, strict: repeat},
		{name: "@NewLine", strict: func(call) Value { return Text("\n") }},
		{name: "@Char", need: 1, takes: []kind{number}, strict: char},
		{name: "@Implode", need: 1, takes: []kind{text, text}, strict: implode},
		{name: "@Explode", need: 1, takes: []kind{text, text, number, number}, strict: explode},
	}
}

// replaceSubstring replaces each of the from-list in turn, on what the one before has left. Where from is longer than
// to, the last of to holds for the rest (H_REPLACESUBSTRING).
func replaceSubstring(c call) Value {
	result := c.args[0]
	from, to := c.args[1], c.args[2]
	for i, f := range from.atoms {
		old, replacement := f.text, to.repeatedLast(i).text
		if old == "" {
			continue
		}
		c.e.room(c.node, int64(result.Len()), grown(result, old, replacement))
		atoms := make([]atom, result.Len())
		for k, a := range result.atoms {
			atoms[k].text = strings.ReplaceAll(a.text, old, replacement)
		}
		result = Value{kind: text, atoms: atoms}
	}
	return result
}

// grown is the size that v will have.
func grown(v Value, old, replacement string) int64 {
	octets := int64(0)
	for _, a := range v.atoms {
		octets += int64(len(a.text)) + int64(strings.Count(a.text, old))*int64(len(replacement)-len(old))
	}
	return octets
}

// trim drops spaces at both ends and all but one in a row within, and then empty elements. Only the space itself
// counts, not tabs or line ends (H_TRIM).
func trim(c call) Value {
	trimmed := c.each(0, func(s string) string {
		s = strings.Trim(s, " ")
		if !strings.Contains(s, "  ") {
			return s
		}
		return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' }), " ")
	})
	kept := trimmed.atoms[:0]
	for _, a := range trimmed.atoms {
		if a.text != "" {
			kept = append(kept, a)
		}
	}
	return list(text, kept)
}

func properCase(s string) string {
	inWord := false
	return strings.Map(func(r rune) rune {
		letter := unicode.IsLetter(r)
		defer func() { inWord = letter }()
		if inWord {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, s)
}

// length counts characters.
func length(c call) Value {
	c.e.room(c.node, 0, int64(c.args[0].size()))
	return c.numbers(0, func(a atom) float64 { return float64(utf8.RuneCountInString(a.text)) })
}

// repeat is refused before it is made when it would be too long. The third argument cuts the result to so many
// characters (H_REPEAT). Notes takes a negative number for a positive one.
func repeat(c call) Value {
	n, longest := abs(c.whole(1, 0)), abs(c.whole(2, 0))
	c.e.room(c.node, int64(c.args[0].Len()), int64(n)*int64(c.args[0].size()))
	return c.each(0, func(s string) string {
		s = strings.Repeat(s, n)
		if c.has(2) {
			return first(s, longest)
		}
		return s
	})
}

// char gives the character of a code. Notes takes code page 850; here it is Unicode, the same up to 127.
func char(c call) Value {
	v := c.args[0]
	c.e.room(c.node, int64(v.Len()), 4*int64(v.Len()))
	atoms := make([]atom, v.Len())
	for i, a := range v.atoms {
		if a.number < 0 || a.number > unicode.MaxRune || !utf8.ValidRune(rune(a.number)) {
			return c.fail("", "there is no character of this number")
		}
		atoms[i].text = string(rune(a.number))
	}
	return Value{kind: text, atoms: atoms}
}

func implode(c call) Value {
	separator := c.text(1, " ")
	v := c.args[0]
	c.e.room(c.node, 1, int64(v.size())+int64(v.Len()-1)*int64(len(separator)))
	return Text(strings.Join(v.Texts(), separator))
}

// explode cuts at each of the characters of its second argument, and at line ends unless the fourth says no; empty
// elements are dropped unless the third says yes (H_EXPLODE).
func explode(c call) Value {
	separators := c.text(1, " ,;")
	if c.number(3, 1) != 0 {
		separators += "\n"
	}
	if len(separators) > maxSeparators {
		return c.fail("", "more than %d separators", maxSeparators)
	}
	c.e.room(c.node, 0, int64(c.args[0].size()))
	var atoms []atom
	for _, a := range c.args[0].atoms {
		for _, part := range split(a.text, separators, c.e.budget.List) {
			if part != "" || c.number(2, 0) != 0 {
				atoms = append(atoms, atom{text: part})
			}
		}
		c.e.room(c.node, int64(len(atoms)), 0)
	}
	return list(text, atoms)
}

// split cuts s at each of the separators, into at most one part more than limit. A carriage return before a line end
// goes with it.
func split(s, separators string, limit int) []string {
	var parts []string
	for len(parts) <= limit {
		i := strings.IndexAny(s, separators)
		if i < 0 {
			break
		}
		part := s[:i]
		if s[i] == '\n' {
			part = strings.TrimSuffix(part, "\r")
		}
		parts = append(parts, part)
		_, size := utf8.DecodeRuneInString(s[i:])
		s = s[i+size:]
	}
	return append(parts, s)
}
