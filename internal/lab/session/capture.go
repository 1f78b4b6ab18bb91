package session

import (
	"fmt"
	"maps"
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
	was     []string // what the client believes to be there, by {was:…}
	wasSaid bool
	pairs   []pair // of the elements of an {each}
	id      string
	ttl     int
	pages   map[string]int // page, page0, offset, limit
}

// pair is a name with a value.
type pair struct {
	name, value string
	ttl         int
}

// capture fills one hole.
func (m *match) capture(one *piece, got string) *difference {
	switch one.hole {
	case "name", "fqdn", "label":
		return m.captureName(one.hole, got)
	case "value", "quoted", "either":
		return m.captureFormed(one, got)
	case "was":
		return m.believed(func() *difference { return m.captureValue(one.arg, got) })
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

// captureFormed takes a TXT value that may have to be of some form.
func (m *match) captureFormed(one *piece, got string) *difference {
	d := m.captureValue(one.hole, got)
	if d != nil || one.re == nil {
		return d
	}
	if value := m.values[len(m.values)-1]; !one.re.MatchString(value) {
		return differs("the value %q does not match %s", value, one.arg)
	}
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

// believed lets take put its values where those are that the client believes to be there.
func (m *match) believed(take func() *difference) *difference {
	values := m.values
	m.values = m.was
	d := take()
	m.was, m.values, m.wasSaid = m.values, values, true
	return d
}

// copied is a match that can be thrown away.
func (m *match) copied() *match {
	c := *m
	c.values, c.was, c.pairs, c.pages = slices.Clone(m.values), slices.Clone(m.was), slices.Clone(m.pairs), maps.Clone(m.pages)
	return &c
}

// each matches the elements of a list; the names and values of an element belong together. Where all have one name, it is
// the request's.
func (m *match) each(n int, compare func(i int) *difference) *difference {
	outside, values, before := m.name, m.values, len(m.pairs)
	for i := range n {
		m.name, m.values = outside, nil
		if d := compare(i); d != nil {
			return d.in(fmt.Sprintf("element %d", i+1))
		}
		for _, value := range m.values {
			one := pair{m.name, value, m.ttl}
			if slices.Contains(m.pairs, one) {
				return differs("element %d: the value %q stands there twice", i+1, value)
			}
			m.pairs = append(m.pairs, one)
			values = append(values, value)
		}
	}
	m.name, m.values = outside, values
	if added := m.pairs[before:]; outside == "" && len(added) > 0 {
		m.name = added[0].name
		if slices.ContainsFunc(added, func(p pair) bool { return p.name != m.name }) {
			m.name = ""
		}
	}
	return nil
}
