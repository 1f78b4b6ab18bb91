package secret

import (
	"html"
	"sort"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxUndone is how many encodings, one within the other, are undone: percent-encoding in JSON in JSON, as a trace of
// a request with a form that quotes JSON has it.
const maxUndone = 3

// view is a text with an encoding undone, and how to find what is in it in the original.
type view struct {
	text   string
	parent *view // what it was made of; nil for the original
	edits  []edit
}

// edit is one stretch that was rewritten: taken octets of the parent at from became length octets of the view at at.
type edit struct{ at, length, from, taken int }

// origin is the stretch of the original text that became the octets from start to end.
func (v *view) origin(start, end int) span {
	if v.parent == nil {
		return span{start, end}
	}
	return v.parent.origin(v.locate(start).start, v.locate(end-1).end)
}

// locate is the stretch of the parent that became the octet at i.
func (v *view) locate(i int) span {
	after := sort.Search(len(v.edits), func(k int) bool { return v.edits[k].at > i })
	if after == 0 {
		return span{i, i + 1}
	}
	e := v.edits[after-1]
	if i < e.at+e.length {
		return span{e.from, e.from + e.taken}
	}
	from := e.from + e.taken + i - (e.at + e.length)
	return span{from, from + 1}
}

// viewsOf gives text as it is and with every encoding undone, in each order.
func viewsOf(text string) []*view {
	seen := map[string]bool{text: true}
	all := []*view{{text: text}}
	for from, round := 0, 0; round < maxUndone; round++ {
		last := all[from:]
		from = len(all)
		for _, v := range last {
			all = append(all, undone(v, seen)...)
		}
	}
	for _, v := range all {
		if next := unwrap(v); next != v {
			all = append(all, next)
		}
	}
	return all
}

// undone gives v with one encoding less, for each encoding that is in it, but for texts that were seen.
func undone(v *view, seen map[string]bool) []*view {
	var views []*view
	for _, undo := range []func(*view) *view{unpercent, unplus, unescape, unentity} {
		if next := undo(v); next != v && !seen[next.text] {
			seen[next.text] = true
			views = append(views, next)
		}
	}
	return views
}

// rewrite builds a view of v; where nothing is rewritten it is v. step looks at a text that begins with one of marks,
// and says how many octets it takes and what they become; 0 leaves the mark as it is.
func rewrite(v *view, marks string, step func(rest string) (taken int, becomes string)) *view {
	var out strings.Builder
	next := &view{parent: v}
	copied := 0
	for i := 0; ; {
		mark := strings.IndexAny(v.text[i:], marks)
		if mark < 0 {
			break
		}
		i += mark
		taken, becomes := step(v.text[i:])
		if taken == 0 {
			i++
			continue
		}
		out.Grow(len(v.text) - out.Len())
		out.WriteString(v.text[copied:i])
		next.edits = append(next.edits, edit{at: out.Len(), length: len(becomes), from: i, taken: taken})
		out.WriteString(becomes)
		i += taken
		copied = i
	}
	if copied == 0 {
		return v
	}
	out.WriteString(v.text[copied:])
	next.text = out.String()
	return next
}

// unpercent undoes percent-encoding (RFC 3986 §2.1), with digits of either case.
func unpercent(v *view) *view { return rewrite(v, "%", percent) }

// unplus undoes the encoding of forms, where a space is "+" (WHATWG URL, application/x-www-form-urlencoded).
func unplus(v *view) *view {
	return rewrite(v, "%+", func(rest string) (int, string) {
		if rest[0] == '+' {
			return 1, " "
		}
		return percent(rest)
	})
}

func percent(rest string) (int, string) {
	if c, ok := hexByte(rest, 1); ok {
		return 3, string([]byte{c})
	}
	return 0, ""
}

// hexByte reads the two hexadecimal digits at text[at:].
func hexByte(text string, at int) (byte, bool) {
	if len(text) < at+2 {
		return 0, false
	}
	c, err := strconv.ParseUint(text[at:at+2], 16, 8)
	return byte(c), err == nil
}

// simpleEscapes are the letters after a backslash, and at the same place what they stand for (RFC 8259 §7, and those
// that Go has besides).
const (
	escapeLetters = `"\/'bfnrtav`
	escapeMeaning = "\"\\/'\b\f\n\r\t\a\v"
)

// unescape undoes the escapes of JSON strings (RFC 8259 §7) and of Go's %q, which has \xXX besides.
func unescape(v *view) *view {
	return rewrite(v, `\`, func(rest string) (int, string) {
		if len(rest) < 2 {
			return 0, ""
		}
		if i := strings.IndexByte(escapeLetters, rest[1]); i >= 0 {
			return 2, escapeMeaning[i : i+1]
		}
		if c, ok := hexByte(rest, 2); ok && rest[1] == 'x' {
			return 4, string([]byte{c})
		}
		return unescapeRune(rest)
	})
}

// unescapeRune reads \uXXXX, two of them where they are a surrogate pair, and \UXXXXXXXX.
func unescapeRune(rest string) (int, string) {
	if c, ok := hexRune(rest, 'U', 8); ok {
		return 10, string(c)
	}
	c, ok := hexRune(rest, 'u', 4)
	if !ok {
		return 0, ""
	}
	if low, ok := hexRune(rest[6:], 'u', 4); ok && utf16.IsSurrogate(c) {
		if both := utf16.DecodeRune(c, low); both != utf8.RuneError {
			return 12, string(both)
		}
	}
	return 6, string(c)
}

func hexRune(rest string, letter byte, digits int) (rune, bool) {
	if len(rest) < 2+digits || rest[0] != '\\' || rest[1] != letter {
		return 0, false
	}
	c, err := strconv.ParseUint(rest[2:2+digits], 16, 32)
	return rune(c), err == nil && c <= utf8.MaxRune
}

// longestEntity is the length in octets of the longest character reference that is looked for, name and marks; the longest
// name in HTML has 31 letters.
const longestEntity = 40

// unentity undoes the character references of HTML and XML, by name, decimal and hexadecimal number (HTML §13.2.5.72), as
// they stand in a web page that quotes a request. Only those that end with a semicolon: no encoder leaves it out.
func unentity(v *view) *view {
	return rewrite(v, "&", func(rest string) (int, string) {
		end := strings.IndexByte(rest[:min(len(rest), longestEntity)], ';') + 1
		if end == 0 {
			return 0, ""
		}
		becomes := html.UnescapeString(rest[:end])
		if becomes == rest[:end] {
			return 0, ""
		}
		return end, becomes
	})
}

// unwrap leaves white space out: base64 and PEM stand in lines of any length.
func unwrap(v *view) *view {
	return rewrite(v, " \t\r\n", func(string) (int, string) { return 1, "" })
}
