package dnsconfig

import (
	"errors"
	"strings"

	"deputy/name"
)

// sameName says whether two texts are the same domain name: case and a final dot don't count.
func (e *evaluation) sameName(a, b any) (bool, error) {
	given, err := e.texts("same_name", a, b)
	if err != nil {
		return false, err
	}
	return plainName(given[0]) == plainName(given[1]), nil
}

// plainName is a name as hosts write it without what DNS does not tell apart. It need not be one that deputy would take.
func plainName(s string) string {
	s = strings.TrimSuffix(strings.TrimSpace(s), ".")
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// relative is the part of a name before its zone, "" for the zone's own name, and nothing where the name is not in the zone.
func (e *evaluation) relative(v, zone any) (any, error) {
	given, err := e.texts("relative", v, zone)
	if err != nil {
		return nil, err
	}
	n, z := plainName(given[0]), plainName(given[1])
	if n == z {
		return "", nil
	}
	if z == "" {
		return n, nil
	}
	label, inside := strings.CutSuffix(n, "."+z)
	if !inside {
		return nil, nil
	}
	return label, nil
}

// unicode writes a name's A-labels as U-labels (RFC 5890 §2.3.2.1); a final dot stays.
func (e *evaluation) unicode(v any) (string, error) {
	given, err := e.texts("unicode", v)
	if err != nil {
		return "", err
	}
	n, err := name.ParseOwner(given[0])
	if err != nil {
		return "", errors.New("unicode: the text is no domain name")
	}
	text := n.Unicode()
	if strings.HasSuffix(given[0], ".") && text != "." {
		text += "."
	}
	return e.spent(text)
}

// link finds the address of a relation in a Link header (RFC 8288 §3), and gives nothing where there is none.
func (e *evaluation) link(header, relation any) (any, error) {
	if header == nil {
		return nil, nil
	}
	given, err := e.texts("link", header, relation)
	if err != nil {
		return nil, err
	}
	rest := given[0]
	for {
		_, after, found := strings.Cut(rest, "<")
		if !found {
			return nil, nil
		}
		target, parameters, closed := strings.Cut(after, ">")
		if !closed {
			return nil, nil
		}
		var relations string
		relations, rest = linkRelations(parameters)
		for each := range strings.FieldsSeq(relations) {
			if strings.EqualFold(each, given[1]) {
				return strings.TrimSpace(target), nil
			}
		}
	}
}

// linkRelations reads the parameters of one link up to the comma that ends it: its first rel counts (RFC 8288 §3.3).
func linkRelations(s string) (relations, rest string) {
	seen := false
	for {
		s = strings.TrimLeft(s, " \t;")
		if s == "" || s[0] == ',' {
			return relations, s
		}
		end := strings.IndexAny(s, "=;,")
		if end < 0 {
			return relations, ""
		}
		key := strings.TrimSpace(s[:end])
		if s[end] != '=' {
			s = s[end:]
			continue
		}
		var value string
		value, s = linkValue(strings.TrimLeft(s[end+1:], " \t"))
		if strings.EqualFold(key, "rel") && !seen {
			relations, seen = value, true
		}
	}
}

// linkValue reads a token or a quoted string.
func linkValue(s string) (value, rest string) {
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexAny(s, ";,")
		if end < 0 {
			end = len(s)
		}
		return strings.TrimSpace(s[:end]), s[end:]
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:]
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String(), ""
}
