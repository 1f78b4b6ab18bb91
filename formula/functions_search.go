package formula

import (
	"slices"
	"strings"
)

// searchFunctions say whether something is there. All are case-sensitive.
func searchFunctions() []function {
	return []function{
		{name: "@Contains", need: 2, takes: []kind{text, text}, strict: func(c call) Value { return c.anyPair(strings.Contains) }},
		{name: "@Begins", need: 2, takes: []kind{text, text}, strict: func(c call) Value { return c.anyPair(strings.HasPrefix) }},
		{name: "@Ends", need: 2, takes: []kind{text, text}, strict: func(c call) Value { return c.anyPair(strings.HasSuffix) }},
		{name: "@IsMember", need: 2, takes: []kind{anything, anything}, strict: isMember},
		{name: "@IsNotMember", need: 2, takes: []kind{anything, anything}, strict: isNotMember},
		{name: "@Compare", need: 2, takes: []kind{text, text, text}, strict: compareTexts},
		{name: "@Member", need: 2, takes: []kind{anything, anything}, strict: member},
	}
}

// anyPair is true if the test holds for any element of the first list with any of the second.
func (c call) anyPair(test func(s, part string) bool) Value {
	c.e.spend(c.node, c.args[0].Len()*c.args[1].Len()+c.args[0].size()/64*c.args[1].Len())
	for _, a := range c.args[0].atoms {
		for _, b := range c.args[1].atoms {
			if test(a.text, b.text) {
				return truth(true)
			}
		}
	}
	return truth(false)
}

// position is where an element stands in the second list, from 0; -1 if it doesn't.
func (c call) position(a atom) int {
	if c.args[0].kind != c.args[1].kind {
		return -1
	}
	c.e.spend(c.node, c.args[1].Len())
	return slices.IndexFunc(c.args[1].atoms, func(b atom) bool { return same(c.args[0].kind, a, b) })
}

// isMember is true if all of the first list are in the second (H_ISMEMBER).
func isMember(c call) Value {
	return truth(!slices.ContainsFunc(c.args[0].atoms, func(a atom) bool { return c.position(a) < 0 }))
}

// isNotMember is true if none of the first list is in the second.
func isNotMember(c call) Value {
	return truth(!slices.ContainsFunc(c.args[0].atoms, func(a atom) bool { return c.position(a) >= 0 }))
}

// compareTexts gives -1, 0 or 1 for each pair: by code point, or without case with [CASEINSENSITIVE] (H_COMPARE).
func compareTexts(c call) Value {
	fold := slices.Contains(c.options(2), "CASEINSENSITIVE")
	a, b := c.args[0], c.args[1]
	results := make([]float64, max(a.Len(), b.Len()))
	c.e.room(c.node, int64(len(results)), int64(a.size()+b.size()))
	for i := range results {
		x, y := a.repeatedLast(i).text, b.repeatedLast(i).text
		if fold {
			x, y = strings.ToLower(x), strings.ToLower(y)
		}
		results[i] = float64(strings.Compare(x, y))
	}
	return Number(results...)
}

// member gives the position from 1, or 0.
func member(c call) Value { return Number(float64(c.position(c.args[0].atoms[0]) + 1)) }
