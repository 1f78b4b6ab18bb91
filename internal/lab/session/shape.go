package session

import (
	"fmt"
	"slices"
	"strings"
)

// shape is the pattern of a whole body or query.
type shape struct {
	exact   *node    // a number, true, false or null
	text    *pattern // a text
	items   []*shape // a list of exactly these
	members []want   // a mapping
	each    *shape   // a list whose elements all look like this
	some    bool     // of each: at least one
	choice  []*shape // one of these
	kind    kind
}

// want is a key of a mapping.
type want struct {
	key      string
	optional bool
	numbered bool // it holds {n}: 1, 2, 3 …
	shape    *shape
}

// Keys that stand alone in a mapping: for a list of any length, and for a choice.
const (
	eachKey   = "{each}"
	someKey   = "{each+}"
	choiceKey = "{one of}"
	numberKey = "{n}"
)

// parseShape reads a body's or query's pattern.
func (s *Session) parseShape(n *node) (*shape, error) {
	switch n.kind {
	case text:
		p, err := s.parsePattern(n.scalar)
		if err != nil {
			return nil, &misread{n.line, err.Error()}
		}
		return &shape{text: p, kind: text}, nil
	case list:
		return s.parseList(n)
	case mapping:
		return s.parseMembers(n)
	}
	return &shape{exact: n, kind: n.kind}, nil
}

func (s *Session) parseList(n *node) (*shape, error) {
	result := &shape{kind: list}
	for _, item := range n.items {
		one, err := s.parseShape(item)
		if err != nil {
			return nil, err
		}
		result.items = append(result.items, one)
	}
	return result, nil
}

func (s *Session) parseMembers(n *node) (*shape, error) {
	result := &shape{kind: mapping}
	for _, m := range n.members {
		one, err := s.parseShape(m.value)
		if err != nil {
			return nil, err
		}
		if m.key == eachKey || m.key == someKey {
			if len(n.members) > 1 {
				return nil, &misread{m.line, m.key + " has to be the only key of its mapping"}
			}
			return &shape{kind: list, each: one, some: m.key == someKey}, nil
		}
		if m.key == choiceKey {
			if len(n.members) > 1 || one.kind != list || len(one.items) == 0 {
				return nil, &misread{m.line, choiceKey + " has to be the only key of its mapping, and to hold a list"}
			}
			return &shape{choice: one.items}, nil
		}
		key, optional := strings.CutSuffix(m.key, "?")
		if slices.ContainsFunc(result.members, func(w want) bool { return w.key == key }) {
			return nil, &misread{m.line, fmt.Sprintf("the key %q stands here twice", key)}
		}
		result.members = append(result.members, want{key, optional, strings.Contains(key, numberKey), one})
	}
	return result, nil
}

// match compares got, and fills the holes. Where loose, got comes from a format that knows texts only.
func (s *shape) match(got *node, m *match, loose bool) *difference {
	switch {
	case s.exact != nil:
		if loose && got.kind == text || got.kind == s.exact.kind {
			if got.scalar == s.exact.scalar {
				return nil
			}
		}
		return differs("%s is documented, not %s", s.exact.json(), got)
	case s.text != nil:
		return s.matchText(got, m, loose)
	case s.choice != nil:
		return s.matchChoice(got, m, loose)
	case s.kind == list:
		return s.matchList(got, m, loose)
	}
	return s.matchMembers(got, m, loose)
}

func (s *shape) matchMembers(got *node, m *match, loose bool) *difference {
	if got.kind != mapping {
		return differs("a mapping is documented, not %s", got)
	}
	if loose {
		var d *difference
		if got, d = s.matchNumbered(got, m); d != nil {
			return d
		}
	}
	for _, w := range s.members {
		if w.numbered && loose {
			continue
		}
		value := got.get(w.key)
		if value == nil && !w.optional {
			return differs("%s is missing", w.key)
		}
		if value == nil {
			continue
		}
		if d := w.shape.match(value, m, loose); d != nil {
			return d.in(w.key)
		}
	}
	for _, other := range got.members {
		if !slices.ContainsFunc(s.members, func(w want) bool { return w.key == other.key }) {
			return differs("%s is not documented (%s)", other.key, other.value)
		}
	}
	return nil
}

func (s *shape) matchList(got *node, m *match, loose bool) *difference {
	items, d := elements(got, loose)
	if d != nil {
		return d
	}
	if s.each == nil && len(items) != len(s.items) {
		return differs("a list of %d is documented, not of %d: %s", len(s.items), len(items), got)
	}
	if s.some && len(items) == 0 {
		return differs("a list of at least one is documented, not an empty one")
	}
	if s.each != nil {
		return m.each(len(items), func(i int) *difference { return s.each.match(items[i], m, loose) })
	}
	for i, item := range items {
		if d := s.items[i].match(item, m, loose); d != nil {
			return d.in(fmt.Sprintf("element %d", i+1))
		}
	}
	return nil
}

// matchChoice takes the first that fits.
func (s *shape) matchChoice(got *node, m *match, loose bool) *difference {
	var reasons []string
	for _, one := range s.choice {
		tried := m.copied()
		d := one.match(got, tried, loose)
		if d == nil {
			*m = *tried
			return nil
		}
		reasons = append(reasons, d.reason)
	}
	return differs("none of the choices fits: %s", strings.Join(reasons, " | "))
}

// matchNumbered takes the keys with {n}, a list of 1, 2, 3 …, and gives what is left.
func (s *shape) matchNumbered(got *node, m *match) (*node, *difference) {
	element := &shape{kind: mapping}
	for _, w := range s.members {
		if w.numbered {
			element.members = append(element.members, want{key: w.key, optional: w.optional, shape: w.shape})
		}
	}
	if len(element.members) == 0 {
		return got, nil
	}
	left := &node{kind: mapping, members: slices.Clone(got.members)}
	var all []*node
	for {
		one := &node{kind: mapping}
		for _, w := range element.members {
			key := strings.ReplaceAll(w.key, numberKey, fmt.Sprint(len(all)+1))
			if value := left.get(key); value != nil {
				one.members = append(one.members, member{key: w.key, value: value})
				left.members = slices.DeleteFunc(left.members, func(m member) bool { return m.key == key })
			}
		}
		if len(one.members) == 0 {
			break
		}
		all = append(all, one)
	}
	return left, m.each(len(all), func(i int) *difference { return element.match(all[i], m, true) })
}

// elements of a list; where loose, what is there once is a list of one.
func elements(got *node, loose bool) ([]*node, *difference) {
	if got.kind == list {
		return got.items, nil
	}
	if loose {
		return []*node{got}, nil
	}
	return nil, differs("a list is documented, not %s", got)
}

// matchText compares a text, or what the one hole of the pattern stands for.
func (s *shape) matchText(got *node, m *match, loose bool) *difference {
	one := s.text.alone()
	wanted := text
	switch {
	case one != nil && one.hole == "any":
		return nil
	case one != nil && one.hole == "was" && one.whole():
		return m.believed(func() *difference { return matchValues(one.arg, got, m, loose) })
	case one != nil && one.whole():
		return matchValues(one.hole, got, m, loose)
	case loose:
	case one != nil && slices.Contains([]string{"ttl", "number", "page", "page0", "offset", "limit"}, one.hole) && one.arg != "text":
		wanted = number
	case one != nil && one.hole == "id" && m.session.numericIDs, s.text.numeric:
		wanted = number
	}
	if got.kind != wanted {
		return differs("%s is documented, not %s", wanted, got)
	}
	return s.text.match(got.scalar, m)
}

// matchValues takes a whole list of TXT values, or the pieces of one value.
func matchValues(form string, got *node, m *match, loose bool) *difference {
	items, d := elements(got, loose)
	if d != nil {
		return d
	}
	hole, some := strings.CutSuffix(form, "+")
	if len(items) == 0 && (some || hole == "chunks") {
		return differs("a list of at least one is documented, not an empty one")
	}
	var joined strings.Builder
	before := len(m.values)
	for i, item := range items {
		if item.kind != text {
			return differs("element %d: text is documented, not %s", i+1, item)
		}
		joined.WriteString(item.scalar)
		if hole == "chunks" {
			continue
		}
		if d := m.captureValue(strings.TrimSuffix(hole, "s"), item.scalar); d != nil {
			return d.in(fmt.Sprintf("element %d", i+1))
		}
	}
	if hole == "chunks" {
		return m.captureValue("value", joined.String())
	}
	if len(m.values)-before != len(items) {
		return differs("the same value stands there twice: %s", got)
	}
	return nil
}
