package formula

import (
	"math"
	"strings"
)

// evaluation is one run of a formula.
type evaluation struct {
	formula *Formula
	vars    Variables
	temps   map[string]Value // temporary variables, which live in this run only
	budget  Budget
	steps   int
	loops   int
}

// returned is the panic by which @Return leaves from any depth.
type returned struct{ value Value }

func (e *evaluation) run(statements []node) Value {
	last := Text()
	for i, s := range statements {
		if _, remark := s.(*remarkNode); remark {
			continue
		}
		value := e.value(s)
		if _, assigns := s.(*assignNode); value.err != nil && !assigns && i < len(statements)-1 {
			panic(failure{value.err}) // nobody would ever see it
		}
		last = value
	}
	return last
}

// value computes a node.
func (e *evaluation) value(n node) Value {
	e.spend(n, 1)
	switch n := n.(type) {
	case *textNode:
		return n.value
	case *numberNode:
		return n.value
	case *optionNode:
		return n.value
	case *dateNode:
		return n.value
	case *nameNode:
		return e.read(n, n.key)
	case *parenNode:
		return e.value(n.inner)
	case *binaryNode:
		return e.binary(n)
	case *unaryNode:
		return e.unary(n)
	case *listNode:
		return e.list(n)
	case *subscriptNode:
		return e.subscript(n)
	case *callNode:
		return e.call(n)
	case *assignNode:
		return e.assign(n)
	case *selectNode:
		return e.value(n.condition)
	}
	return Text() // a remark
}

// fail makes an error value at a node.
func (e *evaluation) fail(n node, message, suggestion string) Value {
	return Value{err: newError(e.formula.source, n.position(), message, suggestion)}
}

// read gives a variable: a temporary one hides a field, and what is not there is "".
func (e *evaluation) read(n node, key string) Value {
	value, ok := e.find(key)
	if !ok {
		return Text()
	}
	if value.err != nil && value.err.Line == 0 { // a Failure, from outside
		return e.fail(n, value.err.Message, "")
	}
	if value.err == nil {
		e.limits(n, int64(value.Len()), int64(value.size()))
	}
	return value.whole()
}

func (e *evaluation) find(key string) (Value, bool) {
	if value, ok := e.temps[key]; ok {
		return value, true
	}
	if e.vars == nil {
		return Value{}, false
	}
	return e.vars.Get(key)
}

func (e *evaluation) assign(n *assignNode) Value {
	switch n.keyword {
	case "DEFAULT":
		if value, ok := e.find(n.key); ok {
			return value.whole()
		}
	case "ENVIRONMENT":
		return e.setEnvironment(n, n.name, e.value(n.value))
	case "FIELD":
		value := e.value(n.value)
		e.setField(n.key, value)
		return value
	}
	value := e.value(n.value)
	e.setTemporary(n.key, value)
	return value
}

func (e *evaluation) setTemporary(key string, value Value) {
	if e.temps == nil {
		e.temps = make(map[string]Value)
	}
	e.temps[key] = value
}

// setField writes a field. A field never holds an error: the formula fails instead.
func (e *evaluation) setField(key string, value Value) {
	if value.err != nil {
		panic(failure{value.err})
	}
	delete(e.temps, key)
	if e.vars == nil {
		return
	}
	if value.removed {
		e.vars.Delete(key)
		return
	}
	value.none = false
	e.vars.Set(key, value)
}

func (e *evaluation) list(n *listNode) Value {
	values := make([]Value, len(n.elements))
	for i, element := range n.elements {
		values[i] = e.value(element)
	}
	return e.concatenate(n, values)
}

// concatenate joins lists of one kind.
func (e *evaluation) concatenate(n node, values []Value) Value {
	var elements, octets int64
	for _, v := range values {
		if v.err != nil {
			return v
		}
		if v.kind != values[0].kind {
			return e.fail(n, "a list holds values of one type, not "+values[0].kind.String()+" and "+v.kind.String(),
				"make them text with @Text")
		}
		elements += int64(v.Len())
		octets += int64(v.size())
	}
	e.room(n, elements, octets)
	atoms := make([]atom, 0, elements)
	for _, v := range values {
		atoms = append(atoms, v.atoms...)
	}
	return Value{kind: values[0].kind, atoms: atoms}
}

// subscript gives an element by its number from 1; a fraction is rounded (H_LIST_SUBSCRIPT_OPERATOR).
func (e *evaluation) subscript(n *subscriptNode) Value {
	list, index := e.value(n.list), e.value(n.index)
	if list.err != nil {
		return list
	}
	if index.err != nil {
		return index
	}
	if index.kind != number {
		return e.fail(n.index, "a subscript is a number", "")
	}
	i := math.Round(index.atoms[0].number)
	if i < 1 || i > float64(list.Len()) {
		return e.fail(n, "array index out of bounds: the first element is 1", "")
	}
	return Value{kind: list.kind, atoms: list.atoms[int(i)-1 : int(i)]}
}

// call runs a function. Strict ones get values of the kinds they take; an error among them is the result.
func (e *evaluation) call(n *callNode) Value {
	f := n.function
	if f.lazy != nil {
		return f.lazy(e, n)
	}
	c := call{e, n, make([]Value, len(n.args))}
	for i, arg := range n.args {
		value := e.value(arg)
		if value.err != nil {
			return value
		}
		if takes := f.kindOf(i); value.kind&takes == 0 {
			return e.fail(arg, f.name+" takes "+takes.String()+" here, not "+value.kind.String(), mend(takes))
		}
		c.args[i] = value
	}
	return f.strict(c)
}

// mend says how a value of the wrong type becomes a right one.
func mend(takes kind) string {
	switch {
	case takes&text != 0:
		return "make it text with @Text"
	case takes&number != 0:
		return "make it a number with @TextToNumber"
	}
	return ""
}

// condition computes a node that decides: a number, true unless it is 0. Of a list the first element decides.
func (e *evaluation) condition(n node) (yes bool, failed Value) {
	value := e.value(n)
	if value.err != nil {
		return false, value
	}
	if value.kind != number {
		return false, e.fail(n, "a condition is a number (true or false), not "+value.kind.String(), `compare it, as in x != ""`)
	}
	return value.atoms[0].number != 0, Value{}
}

// constant is the text that a node writes out, for names given as strings.
func constant(n node) (string, bool) {
	if t, ok := n.(*textNode); ok {
		return t.value.atoms[0].text, true
	}
	if p, ok := n.(*parenNode); ok {
		return constant(p.inner)
	}
	return "", false
}

func key(name string) string { return strings.ToLower(strings.TrimSpace(name)) }
