package session

import (
	"errors"
	"fmt"
	"strings"
)

// maxString is the length of one character-string of a TXT record in octets (RFC 1035 §3.3).
const maxString = 255

// quote writes a TXT value as character-strings in quotation marks (RFC 1035 §5.1).
func quote(value string) string {
	var parts []string
	for rest := value; ; {
		n := min(len(rest), maxString)
		parts = append(parts, quoteOne(rest[:n]))
		if rest = rest[n:]; rest == "" {
			return strings.Join(parts, " ")
		}
	}
}

func quoteOne(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < 0x20 || c > 0x7e:
			fmt.Fprintf(&b, `\%03d`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// unquote reads character-strings in quotation marks and joins them.
func unquote(s string) (string, error) {
	var value strings.Builder
	rest := strings.TrimSpace(s)
	if rest == "" {
		return "", errors.New("it is empty")
	}
	for rest != "" {
		if rest[0] != '"' {
			return "", errors.New("it is not in quotation marks")
		}
		one, after, err := unquoteOne(rest[1:])
		if err != nil {
			return "", err
		}
		if len(one) > maxString {
			return "", fmt.Errorf("one of its strings has %d octets, and 255 is the most", len(one))
		}
		value.WriteString(one)
		rest = strings.TrimLeft(after, " \t")
		if rest != "" && rest == after {
			return "", errors.New("there is something right behind a closing quotation mark")
		}
	}
	return value.String(), nil
}

// unquoteOne reads up to the closing quotation mark.
func unquoteOne(s string) (value, rest string, err error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			return b.String(), s[i+1:], nil
		case c != '\\':
			b.WriteByte(c)
		case i+3 < len(s) && digits(s[i+1:i+4]):
			octet := int(s[i+1]-'0')*100 + int(s[i+2]-'0')*10 + int(s[i+3]-'0')
			if octet > 255 {
				return "", "", fmt.Errorf("%s is no octet", s[i:i+4])
			}
			b.WriteByte(byte(octet))
			i += 3
		case i+1 < len(s):
			b.WriteByte(s[i+1])
			i++
		}
	}
	return "", "", errors.New("a closing quotation mark is missing")
}

func digits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
