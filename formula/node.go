package formula

import (
	"strings"
)

// node is a part of the tree. The interface holds an unexported method, so that only the types of this file satisfy
// it and a switch over them is complete.
type node interface {
	String() string // in the source's language; it parses back to the same node
	position() int  // octet in the source
	sealed()
}

// at is the position of a node in the source.
type at int

func (a at) position() int { return int(a) }
func (at) sealed()         {}

type numberNode struct {
	at
	text  string // as written: .5, 1E2
	value Value
}

type textNode struct {
	at
	quote byte // " ' or {
	value Value
}

// nameNode reads a variable.
type nameNode struct {
	at
	name string // as written
	key  string // in lower case
}

// optionNode is a function's option: [DESCENDING]. Its value is that text.
type optionNode struct {
	at
	name  string
	value Value
}

// dateNode is a date or a time in square brackets: [2026-11-24].
type dateNode struct {
	at
	text  string // as written, without the brackets
	value Value
}

type callNode struct {
	at
	function *function
	args     []node
}

// listNode is a:b:c.
type listNode struct {
	at
	elements []node
}

// subscriptNode is list[n].
type subscriptNode struct {
	at
	list, index node
}

type unaryNode struct {
	at
	operator string
	operand  node
}

type binaryNode struct {
	at
	operator    operator
	left, right node
}

// parenNode keeps the author's parentheses, so that printing never has to guess them.
type parenNode struct {
	at
	inner node
}

// assignNode is name := value, with FIELD, DEFAULT or ENVIRONMENT in front or nothing.
type assignNode struct {
	at
	keyword string // in capitals; "" for a temporary variable
	name    string
	key     string
	value   node
}

type remarkNode struct {
	at
	text *textNode
}

// selectNode is SELECT condition; here it is its condition.
type selectNode struct {
	at
	condition node
}

func (n *numberNode) String() string { return n.text }

func (n *textNode) String() string {
	end := n.quote
	if end == '{' {
		end = '}'
	}
	var b strings.Builder
	b.WriteByte(n.quote)
	for _, c := range []byte(n.value.atoms[0].text) {
		if c == '\\' || c == end {
			b.WriteByte('\\')
		}
		b.WriteByte(c)
	}
	b.WriteByte(end)
	return b.String()
}

func (n *nameNode) String() string { return n.name }

func (n *optionNode) String() string { return "[" + n.name + "]" }

func (n *dateNode) String() string { return "[" + n.text + "]" }

func (n *callNode) String() string {
	if len(n.args) == 0 {
		return n.function.name
	}
	return n.function.name + "(" + join(n.args, "; ") + ")"
}

func (n *listNode) String() string { return join(n.elements, " : ") }

func (n *subscriptNode) String() string { return n.list.String() + "[" + n.index.String() + "]" }

func (n *unaryNode) String() string { return n.operator + n.operand.String() }

// String prints a chain of operators, which leans to the left, in one go: a chain of a thousand is not a thousand
// copies of ever longer text.
func (n *binaryNode) String() string {
	var parts []string
	var left node = n
	for {
		b, ok := left.(*binaryNode)
		if !ok {
			break
		}
		parts = append(parts, b.right.String(), b.operator.String())
		left = b.left
	}
	var s strings.Builder
	s.WriteString(left.String())
	for i := len(parts) - 1; i >= 0; i-- {
		s.WriteString(" " + parts[i])
	}
	return s.String()
}

func (n *parenNode) String() string { return "(" + n.inner.String() + ")" }

func (n *assignNode) String() string {
	s := n.name + " := " + n.value.String()
	if n.keyword != "" {
		return n.keyword + " " + s
	}
	return s
}

func (n *remarkNode) String() string { return "REM " + n.text.String() }

func (n *selectNode) String() string { return "SELECT " + n.condition.String() }

func join(nodes []node, separator string) string {
	parts := make([]string, len(nodes))
	for i, n := range nodes {
		parts[i] = n.String()
	}
	return strings.Join(parts, separator)
}
