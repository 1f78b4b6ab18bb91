package formula

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// excerptLength is how many characters of the source an Error shows.
const excerptLength = 40

// Error is what is wrong with a formula and where. It quotes the formula, never the value of a variable, since that
// may be a secret.
type Error struct {
	Line, Column int    // from 1; columns are characters
	Excerpt      string // the source from there on, at most 40 characters of that line
	Message      string // lower case, no full stop
	Suggestion   string // what was probably meant; "" if there is no idea
}

// Error gives position, message, suggestion and excerpt on one line.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "line %d, column %d: %s", e.Line, e.Column, e.Message)
	if e.Suggestion != "" {
		fmt.Fprintf(&b, "; %s", e.Suggestion)
	}
	if e.Excerpt != "" {
		fmt.Fprintf(&b, " (at %s)", e.Excerpt)
	}
	return b.String()
}

// newError makes an Error at an octet of source.
func newError(source string, offset int, message, suggestion string) *Error {
	offset = min(offset, len(source))
	line, column := lineColumn(source, offset)
	rest, _, _ := strings.Cut(source[offset:], "\n")
	return &Error{Line: line, Column: column, Excerpt: shorten(strings.TrimSpace(rest)), Message: message, Suggestion: suggestion}
}

// lineColumn says where an octet of source stands: its line, and its column in characters, both from 1.
func lineColumn(source string, offset int) (line, column int) {
	before := source[:offset]
	lineStart := strings.LastIndexByte(before, '\n') + 1
	return strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[lineStart:]) + 1
}

func shorten(s string) string {
	if utf8.RuneCountInString(s) <= excerptLength {
		return s
	}
	return string([]rune(s)[:excerptLength-1]) + "…"
}

// Nearest gives the candidate that is the fewest edits away from word, without regard to case, if that is few enough
// for a slip of the pen. It is for the suggestions of whoever lints formulas.
func Nearest(word string, candidates []string) (string, bool) {
	best, distance := "", 1+len(word)/4
	if distance > 3 {
		distance = 3
	}
	found := false
	for _, c := range candidates {
		d := edits(strings.ToLower(word), strings.ToLower(c))
		if d < distance || (d == distance && (!found || c < best)) {
			best, distance, found = c, d, true
		}
	}
	return best, found
}

// edits is the Levenshtein distance with swaps of neighbours counted as one (optimal string alignment).
func edits(a, b string) int {
	if abs(len(a)-len(b)) > 3 {
		return len(a) + len(b)
	}
	before, previous, current := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range previous {
		previous[j] = j
	}
	for i := 1; i <= len(a); i++ {
		current[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			current[j] = min(previous[j]+1, current[j-1]+1, previous[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				current[j] = min(current[j], before[j-2]+1)
			}
		}
		before, previous, current = previous, current, before
	}
	return previous[len(b)]
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
