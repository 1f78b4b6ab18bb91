package formula

// Call is one place where a formula calls a function.
type Call struct {
	Line, Column int
	Text         string     // the call, as String prints it
	Reads        [][]string // the variables that stand in each argument, temporary ones too, in lower case
}

// Calls finds every call of a function, "@Left", in the order in which they are written.
func (f *Formula) Calls(function string) []Call {
	var calls []Call
	for _, s := range f.statements {
		inspect(s, func(n node) {
			c, ok := n.(*callNode)
			if !ok || c.function.name != function {
				return
			}
			call := Call{Text: c.String(), Reads: make([][]string, len(c.args))}
			call.Line, call.Column = lineColumn(f.source, c.position())
			for i, arg := range c.args {
				call.Reads[i] = variablesIn(arg)
			}
			calls = append(calls, call)
		})
	}
	return calls
}

// variablesIn lists the names that stand in a part of a formula.
func variablesIn(n node) []string {
	var names []string
	inspect(n, func(n node) {
		if name, ok := n.(*nameNode); ok {
			names = append(names, name.key)
		}
	})
	return names
}

// inspect visits a node and all below it, outer ones first. The tree is no deeper than the parser lets it be.
func inspect(n node, visit func(node)) {
	visit(n)
	switch n := n.(type) {
	case *parenNode:
		inspect(n.inner, visit)
	case *unaryNode:
		inspect(n.operand, visit)
	case *selectNode:
		inspect(n.condition, visit)
	case *subscriptNode:
		inspect(n.list, visit)
		inspect(n.index, visit)
	case *assignNode:
		inspect(n.value, visit)
	case *listNode:
		for _, element := range n.elements {
			inspect(element, visit)
		}
	case *callNode:
		for _, arg := range n.args {
			inspect(arg, visit)
		}
	case *binaryNode:
		inspect(n.left, visit)
		inspect(n.right, visit)
	}
}
