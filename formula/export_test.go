package formula

import (
	"fmt"
	"strings"
)

// Tree writes a formula's tree with every node in brackets, so that two trees are equal when their texts are.
func Tree(f *Formula) string {
	parts := make([]string, len(f.statements))
	for i, s := range f.statements {
		parts[i] = tree(s)
	}
	return strings.Join(parts, "\n")
}

func tree(n node) string {
	switch n := n.(type) {
	case *textNode:
		return fmt.Sprintf("%c%q", n.quote, n.value.atoms[0].text)
	case *numberNode:
		return fmt.Sprint(n.value.atoms[0].number)
	case *optionNode:
		return "[option " + n.name + "]"
	case *nameNode:
		return n.name
	case *parenNode:
		return "[paren " + tree(n.inner) + "]"
	case *binaryNode:
		return "[" + tree(n.left) + " " + n.operator.String() + " " + tree(n.right) + "]"
	case *unaryNode:
		return "[" + n.operator + " " + tree(n.operand) + "]"
	case *listNode:
		return "[list " + trees(n.elements) + "]"
	case *subscriptNode:
		return "[subscript " + tree(n.list) + " " + tree(n.index) + "]"
	case *dateNode:
		return "[date " + n.text + "]"
	case *callNode:
		return "[" + n.function.name + " " + trees(n.args) + "]"
	case *assignNode:
		return "[" + n.keyword + " " + n.name + " := " + tree(n.value) + "]"
	case *selectNode:
		return "[SELECT " + tree(n.condition) + "]"
	case *remarkNode:
		return "[REM " + tree(n.text) + "]"
	}
	panic(fmt.Sprintf("a node of type %T", n))
}

func trees(nodes []node) string {
	parts := make([]string, len(nodes))
	for i, n := range nodes {
		parts[i] = tree(n)
	}
	return strings.Join(parts, " ")
}

// Show writes a value as a formula would: "a" : "b", 1 : 2.
func Show(v Value) string {
	if v.err != nil {
		return "error: " + v.err.Message
	}
	parts := make([]string, 0, v.Len())
	for _, a := range v.whole().atoms {
		if v.kind == text || v.kind == 0 {
			parts = append(parts, fmt.Sprintf("%q", a.text))
			continue
		}
		parts = append(parts, v.show(a))
	}
	return strings.Join(parts, " : ")
}

// FunctionNames lists every function.
func FunctionNames() []string {
	var names []string
	for _, f := range functions() {
		names = append(names, f.name)
	}
	return names
}
