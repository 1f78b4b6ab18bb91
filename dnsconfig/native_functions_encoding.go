package dnsconfig

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

func (e *evaluation) quote(v any) (string, error) {
	s, err := stringOf("quote", v)
	if err != nil {
		return "", err
	}
	if form, ok := e.forms[s]; ok {
		return e.spent(form)
	}
	if err := e.spend(len(s)); err != nil {
		return "", err
	}
	return e.spent(quoteTXT(s))
}

func (e *evaluation) unquote(v any) (string, error) {
	s, err := stringOf("unquote", v)
	if err != nil {
		return "", err
	}
	if err := e.spend(len(s)); err != nil {
		return "", err
	}
	decoded, err := unquoteTXT(s)
	if err != nil {
		return "", err
	}
	e.forms[decoded] = s
	return decoded, nil
}

// json writes a value as JSON text, members of mappings sorted.
func (e *evaluation) json(v any) (string, error) {
	encoded, err := encodeJSON(v)
	if err != nil {
		return "", fmt.Errorf("json: %w", err)
	}
	return e.spent(string(encoded))
}

// unjson reads JSON text.
func (e *evaluation) unjson(v any) (any, error) {
	given, err := e.texts("unjson", v)
	if err != nil {
		return nil, err
	}
	const decoded = 8 // octets of memory for one of JSON, at worst about
	if err := e.spend(decoded * len(given[0])); err != nil {
		return nil, err
	}
	value, err := decodeJSON([]byte(given[0]))
	if err != nil {
		// The decoder's words quote a character of the text, which may be a secret.
		return nil, errors.New("unjson: the text is not JSON")
	}
	return value, nil
}

func (e *evaluation) base64(v any) (string, error) {
	return e.encode64("base64", v, base64.StdEncoding)
}

// base64url is base64 for addresses, without padding (RFC 4648 §5).
func (e *evaluation) base64url(v any) (string, error) {
	return e.encode64("base64url", v, base64.RawURLEncoding)
}

func (e *evaluation) encode64(function string, v any, encoding *base64.Encoding) (string, error) {
	s, err := stringOf(function, v)
	if err != nil {
		return "", err
	}
	if err := e.spend(encoding.EncodedLen(len(s))); err != nil {
		return "", err
	}
	return encoding.EncodeToString([]byte(s)), nil
}

func (e *evaluation) unbase64(v any) (string, error) {
	return e.decode64("unbase64", v, base64.RawStdEncoding)
}

func (e *evaluation) unbase64url(v any) (string, error) {
	return e.decode64("unbase64url", v, base64.RawURLEncoding)
}

// decode64 reads base64 with or without padding, over any number of lines.
func (e *evaluation) decode64(function string, v any, encoding *base64.Encoding) (string, error) {
	given, err := e.texts(function, v)
	if err != nil {
		return "", err
	}
	octets, err := encoding.DecodeString(strings.TrimRight(strings.TrimSpace(given[0]), "="))
	if err != nil {
		return "", fmt.Errorf("%s: the text is not %s", function, strings.TrimPrefix(function, "un"))
	}
	return string(octets), nil
}

// hex writes octets as lower-case hexadecimal digits.
func (e *evaluation) hex(v any) (string, error) {
	given, err := e.texts("hex", v)
	if err != nil {
		return "", err
	}
	return e.spent(hex.EncodeToString([]byte(given[0])))
}

func (e *evaluation) unhex(v any) (string, error) {
	given, err := e.texts("unhex", v)
	if err != nil {
		return "", err
	}
	octets, err := hex.DecodeString(strings.TrimSpace(given[0]))
	if err != nil {
		return "", errors.New("unhex: the text is not hexadecimal")
	}
	return string(octets), nil
}

// escape percent-encodes all octets but the unreserved ones of RFC 3986 §2.3.
func (e *evaluation) escape(v any) (string, error) {
	given, err := e.texts("escape", v)
	if err != nil {
		return "", err
	}
	return e.spent(escapeText(given[0]))
}

func escapeText(s string) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte("-._~", c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(digits[c>>4])
			b.WriteByte(digits[c&15])
		}
	}
	return b.String()
}

// form writes a mapping as application/x-www-form-urlencoded, sorted by key; a list repeats its key, nothing leaves it out.
func (e *evaluation) form(v any) (string, error) {
	m, ok := v.(map[string]any)
	if !ok {
		return "", fmt.Errorf("form wants a mapping, not %s", kindOf(v))
	}
	var sorted fields
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if m[key] != nil {
			sorted = append(sorted, field{key, m[key]})
		}
	}
	encoded, err := encodeForm(sorted)
	if err != nil {
		return "", fmt.Errorf("form: %w", err)
	}
	return e.spent(string(encoded))
}

// sortedQuery writes a query in the canonical form that signatures want: keys and values decoded, encoded as escape does,
// sorted by key and then value, each key with its =.
func (e *evaluation) sortedQuery(v any) (string, error) {
	given, err := e.texts("sorted_query", v)
	if err != nil {
		return "", err
	}
	if err := e.spend(elementCost * strings.Count(given[0], "&")); err != nil {
		return "", err
	}
	canonical, err := canonicalQuery(given[0])
	if err != nil {
		return "", fmt.Errorf("sorted_query: %w", err)
	}
	return e.spent(canonical)
}

func canonicalQuery(query string) (string, error) {
	type pair struct{ key, value string }
	var pairs []pair
	for part := range strings.SplitSeq(strings.TrimPrefix(query, "?"), "&") {
		if part == "" {
			continue
		}
		key, value, _ := strings.Cut(part, "=")
		k, errKey := url.QueryUnescape(key)
		v, errValue := url.QueryUnescape(value)
		if errKey != nil || errValue != nil {
			return "", errors.New("the text is not an encoded query: a % is not followed by two hexadecimal digits")
		}
		pairs = append(pairs, pair{escapeText(k), escapeText(v)})
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		if c := strings.Compare(a.key, b.key); c != 0 {
			return c
		}
		return strings.Compare(a.value, b.value)
	})
	var b strings.Builder
	for i, p := range pairs {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(p.key + "=" + p.value)
	}
	return b.String(), nil
}

// pathText is text whose slashes stay where a template stands in a path.
type pathText string

func (e *evaluation) path(v any) (pathText, error) {
	given, err := e.texts("path", v)
	if err != nil {
		return "", err
	}
	return pathText(given[0]), nil
}

// escapeParts escapes what stands between slashes.
func escapeParts(s string, escape func(string) string) string {
	parts := strings.Split(s, "/")
	for i, p := range parts {
		parts[i] = escape(p)
	}
	return strings.Join(parts, "/")
}
