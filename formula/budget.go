package formula

import "fmt"

// Budget bounds one evaluation, so that a formula from a stranger ends soon and stays small whatever it says. A zero
// field means its default.
type Budget struct {
	Steps int // what is computed: one for each node, element and 64 octets of text; default 500000
	Loops int // rounds of @For, @While, @DoWhile and @Transform together; default 10000
	List  int // elements of one list; default 10000
	Text  int // octets of one value's texts together; default 1 MiB
}

func (b Budget) withDefaults() Budget {
	for _, f := range [...]struct {
		field    *int
		standard int
	}{{&b.Steps, 500_000}, {&b.Loops, 10_000}, {&b.List, 10_000}, {&b.Text, 1 << 20}} {
		if *f.field <= 0 {
			*f.field = f.standard
		}
	}
	return b
}

// stop ends the evaluation: a budget is no error value, so that no @IsError goes on after it.
func (e *evaluation) stop(n node, format string, args ...any) {
	panic(failure{newError(e.formula.source, n.position(), fmt.Sprintf(format, args...), "")})
}

// spend takes steps from the budget.
func (e *evaluation) spend(n node, steps int) {
	e.steps += steps
	if e.steps > e.budget.Steps || e.steps < 0 {
		e.stop(n, "the formula was stopped: it needs more than %d steps", e.budget.Steps)
	}
}

// round takes a round of a loop from the budget.
func (e *evaluation) round(n node) {
	e.loops++
	if e.loops > e.budget.Loops {
		e.stop(n, "the formula was stopped: its loops take more than %d rounds", e.budget.Loops)
	}
}

// room makes sure that a value of so many elements and octets may be made, before it is. Both are int64 products of
// sizes that are within the budget themselves, so they can't overflow.
func (e *evaluation) room(n node, elements, octets int64) {
	e.limits(n, elements, octets)
	e.spend(n, int(elements+octets/64))
}

// limits is room for a value that is there already and is not copied.
func (e *evaluation) limits(n node, elements, octets int64) {
	if elements > int64(e.budget.List) {
		e.stop(n, "the formula was stopped: a list of more than %d elements", e.budget.List)
	}
	if octets > int64(e.budget.Text) {
		e.stop(n, "the formula was stopped: a text of more than %d octets", e.budget.Text)
	}
}
