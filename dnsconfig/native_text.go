package dnsconfig

import (
	"errors"
	"fmt"
	"strings"
)

// maxString is how many octets one character-string of a TXT record holds (RFC 1035 §3.3).
const maxString = 255

// quoteTXT writes octets as TXT data in presentation form (RFC 1035 §5.1): character-strings of at most 255 octets in
// quotes, with a space between; what is not printable ASCII as \DDD.
func quoteTXT(octets string) string {
	var b strings.Builder
	for {
		part := octets
		if len(part) > maxString {
			part = part[:maxString]
		}
		quoteString(&b, part)
		octets = octets[len(part):]
		if octets == "" {
			return b.String()
		}
		b.WriteByte(' ')
	}
}

func quoteString(b *strings.Builder, octets string) {
	b.WriteByte('"')
	for i := range len(octets) {
		switch c := octets[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < 0x20 || c > 0x7e:
			fmt.Fprintf(b, "\\%03d", c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
}

// unquoteTXT reads TXT data in presentation form and joins its strings, as RFC 8555 §8.4 has validators do. Text that does
// not begin with a quote is taken as it stands: some hosts give bare values, in which a backslash means nothing.
func unquoteTXT(text string) (string, error) {
	rest := strings.TrimSpace(text)
	if !strings.HasPrefix(rest, `"`) {
		return text, nil
	}
	var b strings.Builder
	for rest != "" {
		if rest[0] != '"' {
			return "", fmt.Errorf("%s is not TXT data: something stands between its strings", cut(text, 80))
		}
		after, err := unquoteString(&b, rest[1:])
		if err != nil {
			return "", fmt.Errorf("%s is not TXT data: %w", cut(text, 80), err)
		}
		rest = strings.TrimLeft(after, " \t\r\n")
		if rest != "" && rest == after {
			return "", fmt.Errorf("%s is not TXT data: two strings touch", cut(text, 80))
		}
	}
	return b.String(), nil
}

// unquoteString reads up to the closing quote and gives what follows it.
func unquoteString(b *strings.Builder, s string) (rest string, err error) {
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			return s[i+1:], nil
		case '\\':
			octet, length, err := unescape(s[i+1:])
			if err != nil {
				return "", err
			}
			b.WriteByte(octet)
			i += length
		default:
			b.WriteByte(s[i])
		}
	}
	return "", errors.New("its closing quote is missing")
}

// unescape reads what follows a backslash: three digits, or the character itself.
func unescape(s string) (octet byte, length int, err error) {
	if s == "" {
		return 0, 0, errors.New("it ends in a backslash")
	}
	if s[0] < '0' || s[0] > '9' {
		return s[0], 1, nil
	}
	n := 0
	for i := range 3 {
		if i >= len(s) || s[i] < '0' || s[i] > '9' {
			return 0, 0, errors.New(`a \ is followed by less than three digits`)
		}
		n = n*10 + int(s[i]-'0')
	}
	if n > 255 {
		return 0, 0, fmt.Errorf(`\%03d is no octet`, n)
	}
	return byte(n), 3, nil
}
