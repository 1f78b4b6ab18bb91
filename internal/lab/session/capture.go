package session

import (
	"slices"
	"strconv"
	"strings"

	"deputy/name"
)

// match is what the holes of one accept took from a request.
type match struct {
	session *Session
	token   string // of the session that is logged in; "" for none
	name    string // the target, without final dot
	values  []string
	id      string
	ttl     int
	pages   map[string]int // page, page0, offset, limit
}

// capture fills one hole.
func (m *match) capture(one *piece, got string) *difference {
	switch one.hole {
	case "name", "fqdn", "label":
		return m.captureName(one.hole, got)
	case "value", "quoted", "either":
		return m.captureValue(one.hole, got)
	case "ttl":
		return m.captureTTL(got)
	case "page", "page0", "offset", "limit":
		n, err := strconv.Atoi(got)
		if err != nil || n < 0 || n == 0 && (one.hole == "page" || one.hole == "limit") {
			return differs("%q is no number for {%s}", got, one.hole)
		}
		m.pages[one.hole] = n
	case "number":
		if _, err := strconv.ParseFloat(got, 64); err != nil {
			return differs("%q is no number", got)
		}
	case "id":
		if got == "" || m.id != "" && m.id != got {
			return differs("%q is not the id that was there already (%q)", got, m.id)
		}
		m.id = got
	case "re":
		if !one.re.MatchString(got) {
			return differs("%q does not match %s", got, one.arg)
		}
	case "session":
		if m.token == "" || got != m.token {
			return &difference{"it is not the token of a session that is logged in", true}
		}
	case "any":
	default:
		return differs("a list is documented for {%s}, not %q", one.hole, got)
	}
	return nil
}

// captureName takes the target in one of its three forms.
func (m *match) captureName(form, got string) *difference {
	zone := m.session.Zone.Name
	whole := got
	switch form {
	case "fqdn":
		cut, dotted := strings.CutSuffix(got, ".")
		if !dotted {
			return differs("%q has no final dot, which is documented here", got)
		}
		whole = cut
	case "label":
		whole = got + "." + zone
	}
	parsed, err := name.ParseOwner(whole)
	if err != nil || strings.HasSuffix(whole, ".") {
		return differs("%q is no name of the form {%s}", got, form)
	}
	in := name.MustParseOwner(zone)
	switch {
	case parsed.String() != whole:
		return differs("%q is not in lower case", got)
	case parsed == in || !parsed.In(in):
		return differs("%q does not lie inside the zone %s", got, zone)
	case m.name != "" && m.name != whole:
		return differs("%q is another name than %q, which the request has elsewhere", whole, m.name)
	}
	m.name = whole
	return nil
}

// captureValue takes a TXT value; within lists each counts, elsewhere a value may be told twice.
func (m *match) captureValue(form, got string) *difference {
	value, err := got, error(nil)
	if form == "quoted" || form == "either" && strings.HasPrefix(got, `"`) {
		if value, err = unquote(got); err != nil {
			return differs("%q is no quoted TXT value (RFC 1035): %v", got, err)
		}
	}
	if value == "" {
		return differs("the value is empty")
	}
	if !slices.Contains(m.values, value) {
		m.values = append(m.values, value)
	}
	return nil
}

func (m *match) captureTTL(got string) *difference {
	n, err := strconv.Atoi(got)
	limits := m.session.TTL
	switch {
	case err != nil:
		return differs("%q is no TTL", got)
	case n < limits.Minimum || n > limits.Maximum:
		return differs("the TTL %d is not within %d and %d", n, limits.Minimum, limits.Maximum)
	case len(limits.Only) > 0 && !slices.Contains(limits.Only, n):
		return differs("the TTL %d is none of %v", n, limits.Only)
	}
	m.ttl = n
	return nil
}
