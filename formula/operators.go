package formula

// operator is one that stands between two operands.
type operator struct {
	name     string // one spelling of each: != for <> =! ><
	permuted bool   // every element of the left with every one of the right, instead of pair by pair
}

// operatorOf reads an operator. A star in front means permuted, but "*" itself is the product.
func operatorOf(spelling string) operator {
	name, permuted := spelling, false
	if len(spelling) > 1 && spelling[0] == '*' {
		name, permuted = spelling[1:], true
	}
	switch name {
	case "<>", "=!", "><":
		name = "!="
	}
	return operator{name, permuted}
}

func (o operator) String() string {
	if o.permuted {
		return "*" + o.name
	}
	return o.name
}

func (o operator) isLogic() bool { return o.name == "&" || o.name == "|" }

func (o operator) isComparison() bool {
	switch o.name {
	case "=", "!=", "<", ">", "<=", ">=":
		return true
	}
	return false
}

func (o operator) isSum() bool { return o.name == "+" || o.name == "-" }

func (o operator) isProduct() bool { return o.name == "*" || o.name == "/" }

// binary computes an operator between two operands. The chain to the left is walked, not recursed into.
func (e *evaluation) binary(n *binaryNode) Value {
	chain := []*binaryNode{n}
	for {
		left, ok := chain[len(chain)-1].left.(*binaryNode)
		if !ok {
			break
		}
		chain = append(chain, left)
	}
	value := e.value(chain[len(chain)-1].left)
	for i := len(chain) - 1; i >= 0; i-- {
		e.spend(chain[i], 1)
		value = e.operate(chain[i], value, e.value(chain[i].right))
	}
	return value
}

func (e *evaluation) operate(n *binaryNode, left, right Value) Value {
	switch {
	case left.err != nil:
		return left
	case right.err != nil:
		return right
	case n.operator.isLogic():
		return e.logic(n, left, right)
	case n.operator.isComparison():
		return e.compare(n, left, right)
	case left.kind == text && right.kind == text && n.operator.name == "+":
		return e.join(n, left, right)
	case left.kind == number && right.kind == number:
		return e.arithmetic(n, left, right)
	case left.kind == moment && right.kind == moment && n.operator.name == "-":
		return e.arithmetic(n, left, right)
	}
	return e.fail(n, wrongKinds(n.operator, left.kind, right.kind), addText(n.operator, left.kind, right.kind))
}

func wrongKinds(o operator, left, right kind) string {
	return "incorrect data type for " + o.String() + ": " + left.String() + " on its left, " + right.String() + " on its right"
}

// addText is the advice for the commonest mistake, a number within a text.
func addText(o operator, left, right kind) string {
	switch {
	case o.name != "+":
		return ""
	case left == text:
		return "make the right side text with @Text"
	case right == text:
		return "make the left side text with @Text"
	}
	return ""
}

// pairs calls do for each pair of elements that the operator joins: pair by pair, where the shorter list repeats its
// last element; or permuted, the left's first with each of the right, then its second. It stops when do says false.
func (e *evaluation) pairs(n *binaryNode, left, right Value, do func(a, b atom) bool) {
	count := max(left.Len(), right.Len())
	if n.operator.permuted {
		count = left.Len() * right.Len()
	}
	for i := range count {
		a, b := min(i, left.Len()-1), min(i, right.Len()-1)
		if n.operator.permuted {
			a, b = i/right.Len(), i%right.Len()
		}
		if i > 0 {
			e.spend(n, 1)
		}
		if !do(left.atoms[a], right.atoms[b]) {
			return
		}
	}
}

// elements is how many elements the operator makes of two lists.
func (o operator) elements(left, right Value) int64 {
	if o.permuted {
		return int64(left.Len()) * int64(right.Len())
	}
	return int64(max(left.Len(), right.Len()))
}

// join concatenates texts. Its size is known, and refused, before anything is made.
func (e *evaluation) join(n *binaryNode, left, right Value) Value {
	count := n.operator.elements(left, right)
	e.room(n, count, 0)
	var octets int64
	e.pairs(n, left, right, func(a, b atom) bool {
		octets += int64(len(a.text) + len(b.text))
		return true
	})
	e.room(n, 0, octets)
	atoms := make([]atom, 0, count)
	e.pairs(n, left, right, func(a, b atom) bool {
		atoms = append(atoms, atom{text: a.text + b.text})
		return true
	})
	return Value{kind: text, atoms: atoms}
}

// arithmetic computes numbers, and the seconds between two times.
func (e *evaluation) arithmetic(n *binaryNode, left, right Value) Value {
	count := n.operator.elements(left, right)
	e.room(n, count, 0)
	numbers := make([]float64, 0, count)
	divided := false
	e.pairs(n, left, right, func(a, b atom) bool {
		switch {
		case left.kind == moment:
			numbers = append(numbers, a.time.Sub(b.time).Seconds())
		case n.operator.name == "+":
			numbers = append(numbers, a.number+b.number)
		case n.operator.name == "-":
			numbers = append(numbers, a.number-b.number)
		case n.operator.name == "*":
			numbers = append(numbers, a.number*b.number)
		case b.number == 0:
			divided = true
		default:
			numbers = append(numbers, a.number/b.number)
		}
		return !divided
	})
	if divided {
		return e.fail(n, "division by zero", "")
	}
	return e.placed(n, Number(numbers...))
}

// placed gives an error value without a position the one of n.
func (e *evaluation) placed(n node, v Value) Value {
	if v.err != nil && v.err.Line == 0 {
		return e.fail(n, v.err.Message, v.err.Suggestion)
	}
	return v
}

// compare is true if any pair is, so that A = B and A != B can both be. Values of different types are unequal, and
// neither is less: a number may be compared with "" to see whether it is there.
func (e *evaluation) compare(n *binaryNode, left, right Value) Value {
	if left.kind != right.kind {
		return truth(n.operator.name == "!=")
	}
	k, any := left.kind, false
	e.pairs(n, left, right, func(a, b atom) bool {
		if k == text {
			e.spend(n, min(len(a.text), len(b.text))/64)
		}
		any = holds(n.operator.name, k, a, b)
		return !any
	})
	return truth(any)
}

func holds(comparison string, k kind, a, b atom) bool {
	switch comparison {
	case "=":
		return same(k, a, b)
	case "!=":
		return !same(k, a, b)
	case "<":
		return before(k, a, b)
	case ">":
		return before(k, b, a)
	case "<=":
		return !before(k, b, a)
	}
	return !before(k, a, b)
}

// logic computes & and |, element by element. Both sides have been evaluated: unlike @If, they have no short cut.
func (e *evaluation) logic(n *binaryNode, left, right Value) Value {
	if left.kind != number || right.kind != number {
		return e.fail(n, wrongKinds(n.operator, left.kind, right.kind), `compare text first, as in x != ""`)
	}
	e.room(n, n.operator.elements(left, right), 0)
	var results []float64
	e.pairs(n, left, right, func(a, b atom) bool {
		yes := a.number != 0 && b.number != 0
		if n.operator.name == "|" {
			yes = a.number != 0 || b.number != 0
		}
		results = append(results, asNumber(yes))
		return true
	})
	return Number(results...)
}

func asNumber(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

// unary computes a sign or a negation, element by element.
func (e *evaluation) unary(n *unaryNode) Value {
	value := e.value(n.operand)
	if value.err != nil {
		return value
	}
	if value.kind != number {
		return e.fail(n, "incorrect data type for "+n.operator+": a number is expected, not "+value.kind.String(), "")
	}
	e.room(n, int64(value.Len()), 0)
	results := make([]float64, value.Len())
	for i, a := range value.atoms {
		switch n.operator {
		case "-":
			results[i] = -a.number
		case "!":
			results[i] = asNumber(a.number == 0)
		default:
			results[i] = a.number
		}
	}
	return Number(results...)
}

// repeatedLast gives the i-th element, or the last one where the list is shorter.
func (v Value) repeatedLast(i int) atom { return v.atoms[min(i, len(v.atoms)-1)] }
