package formula

import (
	"fmt"
	"strings"
)

// function is one @function. Either strict or lazy is set.
type function struct {
	name  string
	need  int    // the fewest arguments
	takes []kind // the kinds of each argument; as many as there may be
	more  bool   // any number of arguments like the last

	strict func(call) Value                   // gets values, none of them an error
	lazy   func(*evaluation, *callNode) Value // decides itself which arguments run
}

// call is a strict function at work.
type call struct {
	e    *evaluation
	node *callNode
	args []Value
}

// functions is the table of all there are, by name in lower case. It is made for each Parse that meets
// a function, since a table that everybody shares could be changed by anybody.
func functions() map[string]*function {
	table := make(map[string]*function, 160)
	for _, group := range [...][]function{
		controlFunctions(), variableFunctions(), textFunctions(), cutFunctions(), listFunctions(), searchFunctions(),
		conversionFunctions(), numberFunctions(), timeFunctions(), encodingFunctions(), patternFunctions(),
	} {
		for i := range group {
			table[strings.ToLower(group[i].name)] = &group[i]
		}
	}
	return table
}

// kindOf is what the i-th argument may be.
func (f *function) kindOf(i int) kind { return f.takes[min(i, len(f.takes)-1)] }

// arity says what is wrong with the number of arguments, or "".
func (f *function) arity(count int) string {
	switch {
	case count < f.need:
		return fmt.Sprintf("%s needs %s, it has %d", f.name, f.wants(), count)
	case count > len(f.takes) && !f.more:
		return fmt.Sprintf("%s takes %s, it has %d", f.name, f.wants(), count)
	case f.name == "@If" && count > 1 && count%2 == 0:
		return "@If needs an odd number of arguments: conditions with their actions, and what holds otherwise"
	case f.name == "@If" && count > 2*maxConditions+1:
		return fmt.Sprintf("@If takes at most %d conditions", maxConditions)
	}
	return ""
}

func (f *function) wants() string {
	switch {
	case f.more:
		return fmt.Sprintf("at least %s", counted(f.need))
	case f.need < len(f.takes):
		return fmt.Sprintf("%d to %s", f.need, counted(len(f.takes)))
	}
	return counted(f.need)
}

func counted(n int) string {
	switch n {
	case 0:
		return "no arguments"
	case 1:
		return "1 argument"
	}
	return fmt.Sprintf("%d arguments", n)
}

// has says that the i-th argument is there.
func (c call) has(i int) bool { return i < len(c.args) }

// text is the first element of the i-th argument, or otherwise where it is not there.
func (c call) text(i int, otherwise string) string {
	if !c.has(i) {
		return otherwise
	}
	return c.args[i].atoms[0].text
}

// number is the first element of the i-th argument, or otherwise where it is not there.
func (c call) number(i int, otherwise float64) float64 {
	if !c.has(i) {
		return otherwise
	}
	return c.args[i].atoms[0].number
}

// whole is number for counts and positions: the fraction is cut off, and it fits an int on every machine.
func (c call) whole(i int, otherwise int) int {
	return int(max(-1<<30, min(1<<30, c.number(i, float64(otherwise)))))
}

func (c call) fail(suggestion, format string, args ...any) Value {
	return c.e.fail(c.node, c.node.function.name+": "+fmt.Sprintf(format, args...), suggestion)
}

// each makes a text of each element of the i-th argument, which is text.
func (c call) each(i int, change func(string) string) Value {
	v := c.args[i]
	c.e.room(c.node, int64(v.Len()), int64(v.size()))
	atoms := make([]atom, v.Len())
	var octets int64
	for k, a := range v.atoms {
		atoms[k].text = change(a.text)
		octets += int64(len(atoms[k].text))
	}
	c.e.room(c.node, 0, octets)
	return Value{kind: text, atoms: atoms}
}

// tryEach is each for changes that may fail; the error's text must not quote the value.
func (c call) tryEach(i int, change func(string) (string, error)) Value {
	var failed error
	v := c.each(i, func(s string) string {
		changed, err := change(s)
		if err != nil && failed == nil {
			failed = err
		}
		return changed
	})
	if failed != nil {
		return c.fail("", "%v", failed)
	}
	return v
}

// numbers makes a number of each element of the i-th argument.
func (c call) numbers(i int, change func(atom) float64) Value {
	v := c.args[i]
	c.e.room(c.node, int64(v.Len()), 0)
	results := make([]float64, v.Len())
	for k, a := range v.atoms {
		results[k] = change(a)
	}
	return c.e.placed(c.node, Number(results...))
}

// list makes a value of atoms; an empty list is "" as everywhere in Notes.
func list(k kind, atoms []atom) Value {
	if len(atoms) == 0 {
		return Text()
	}
	return Value{kind: k, atoms: atoms}
}
