package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// visible is a Writer of text that strangers' documents and hosts' answers may be in: what a terminal would obey, or show in
// another order, comes out as \u and four digits, which JSON reads as what it was. Lines and tabs stay.
type visible struct{ to io.Writer }

// Write says that all was written, also where it wrote more.
func (v visible) Write(text []byte) (int, error) {
	if _, err := io.WriteString(v.to, shown(string(text))); err != nil {
		return 0, err
	}
	return len(text), nil
}

// shown is text with its control characters written out; octets that are no UTF-8 are U+FFFD.
func shown(text string) string {
	if utf8.ValidString(text) && strings.IndexFunc(text, obeyed) < 0 {
		return text
	}
	var out strings.Builder
	for _, c := range text {
		if obeyed(c) {
			fmt.Fprintf(&out, `\u%04x`, c)
			continue
		}
		out.WriteRune(c)
	}
	return out.String()
}

// obeyed says that a terminal does not show c: controls (ECMA-48 §5), and marks and overrides of direction (UAX #9 §2).
func obeyed(c rune) bool {
	switch {
	case c == '\n' || c == '\t':
		return false
	case c < ' ', 0x7f <= c && c <= 0x9f:
		return true
	}
	return c == 0x061c || c == 0x200e || c == 0x200f || 0x202a <= c && c <= 0x202e || 0x2066 <= c && c <= 0x2069
}
