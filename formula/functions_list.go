package formula

import (
	"crypto/rand"
	"slices"
	"strings"
)

// listFunctions work on lists of every kind.
func listFunctions() []function {
	return []function{
		{name: "@Replace", need: 3, takes: []kind{anything, anything, anything}, strict: replace},
		{name: "@Subset", need: 2, takes: []kind{anything, number}, strict: subset},
		{name: "@Elements", need: 1, takes: []kind{anything}, strict: elements},
		{name: "@Count", need: 1, takes: []kind{anything}, strict: func(c call) Value { return Number(float64(c.args[0].Len())) }},
		{name: "@Unique", takes: []kind{anything}, strict: unique},
		{name: "@Sort", need: 1, takes: []kind{anything, text}, strict: sorted},
	}
}

// sameKinds refuses arguments of different kinds.
func (c call) sameKinds(a, b int) (Value, bool) {
	if c.args[a].kind == c.args[b].kind {
		return Value{}, true
	}
	return c.fail("make them text with @Text", "its lists are of different types, %s and %s", c.args[a].kind, c.args[b].kind), false
}

// replace changes whole elements: from[i] becomes to[i], and "" where to is shorter. The first match in from wins.
func replace(c call) Value {
	source, from, to := c.args[0], c.args[1], c.args[2]
	for _, other := range []int{1, 2} {
		if failed, ok := c.sameKinds(0, other); !ok {
			return failed
		}
	}
	c.e.spend(c.node, source.Len()*from.Len())
	atoms := slices.Clone(source.atoms)
	for i, a := range atoms {
		k := slices.IndexFunc(from.atoms, func(f atom) bool { return same(source.kind, a, f) })
		switch {
		case k < 0:
		case k < to.Len():
			atoms[i] = to.atoms[k]
		default:
			atoms[i] = atom{}
		}
	}
	result := Value{kind: source.kind, atoms: atoms}
	c.e.room(c.node, int64(result.Len()), int64(result.size()))
	return result
}

// subset gives the first n elements, the last ones if n is negative (H_SUBSET).
func subset(c call) Value {
	v, n := c.args[0], c.whole(1, 0)
	switch {
	case n == 0:
		return c.fail("", "the number of elements can't be 0")
	case n > 0:
		return Value{kind: v.kind, atoms: v.atoms[:min(n, v.Len())]}
	}
	return Value{kind: v.kind, atoms: v.atoms[max(0, v.Len()+n):]}
}

// elements counts; "" alone is none (H_ELEMENTS).
func elements(c call) Value {
	v := c.args[0]
	if v.kind == text && v.Len() == 1 && v.atoms[0].text == "" {
		return Number(0)
	}
	return Number(float64(v.Len()))
}

// unique drops elements that are there already; without a list it makes a text that nobody has (H_UNIQUE).
func unique(c call) Value {
	if !c.has(0) {
		made := rand.Text()
		return Text(made[:4] + "-" + made[4:10])
	}
	v := c.args[0]
	c.e.room(c.node, int64(v.Len()), int64(v.size()))
	seen := make(map[string]bool, v.Len())
	var atoms []atom
	for _, a := range v.atoms {
		name := v.show(a)
		if !seen[name] {
			seen[name] = true
			atoms = append(atoms, a)
		}
	}
	return Value{kind: v.kind, atoms: atoms}
}

// sorted puts elements in ascending order, text by code point; the options are [DESCENDING], [CASEINSENSITIVE] and
// what is the default anyway.
func sorted(c call) Value {
	descending, fold := false, false
	for _, option := range c.options(1) {
		switch option {
		case "DESCENDING":
			descending = true
		case "CASEINSENSITIVE":
			fold = true
		case "ASCENDING", "CASESENSITIVE", "ACCENTSENSITIVE", "PITCHSENSITIVE":
		default:
			return c.fail(`write "DESCENDING" or "CASEINSENSITIVE"`, "an unknown option")
		}
	}
	v := c.args[0]
	c.e.spend(c.node, 16*v.Len()+v.size())
	atoms := slices.Clone(v.atoms)
	slices.SortStableFunc(atoms, func(a, b atom) int {
		if fold && v.kind == text {
			a.text, b.text = strings.ToLower(a.text), strings.ToLower(b.text)
		}
		switch {
		case before(v.kind, a, b):
			return -1
		case before(v.kind, b, a):
			return 1
		}
		return 0
	})
	if descending {
		slices.Reverse(atoms)
	}
	return Value{kind: v.kind, atoms: atoms}
}

// options reads a list of option words. Notes writes them [DESCENDING]; a formula here writes them as text.
func (c call) options(i int) []string {
	if !c.has(i) {
		return nil
	}
	var options []string
	for _, a := range c.args[i].atoms {
		options = append(options, strings.ToUpper(strings.Trim(a.text, "[] ")))
	}
	return options
}
