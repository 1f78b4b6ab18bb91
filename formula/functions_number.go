package formula

import "math"

// numberFunctions compute.
func numberFunctions() []function {
	return []function{
		{name: "@Abs", need: 1, takes: []kind{number}, strict: unaryNumber(math.Abs)},
		{name: "@Integer", need: 1, takes: []kind{number}, strict: unaryNumber(math.Trunc)},
		{name: "@Sign", need: 1, takes: []kind{number}, strict: unaryNumber(sign)},
		{name: "@Round", need: 1, takes: []kind{number, number}, strict: round},
		{name: "@Modulo", need: 2, takes: []kind{number, number}, strict: pairNumber(math.Mod)},
		{name: "@Power", need: 2, takes: []kind{number, number}, strict: pairNumber(math.Pow)},
		{name: "@Sum", need: 1, takes: []kind{number}, more: true, strict: sum},
		{name: "@Min", need: 1, takes: []kind{number}, more: true, strict: extreme(math.Min)},
		{name: "@Max", need: 1, takes: []kind{number}, more: true, strict: extreme(math.Max)},
	}
}

func unaryNumber(compute func(float64) float64) func(call) Value {
	return func(c call) Value { return c.numbers(0, func(a atom) float64 { return compute(a.number) }) }
}

// pairNumber computes pair by pair; the shorter list repeats its last element.
func pairNumber(compute func(a, b float64) float64) func(call) Value {
	return func(c call) Value {
		a, b := c.args[0], c.args[1]
		n := max(a.Len(), b.Len())
		c.e.room(c.node, int64(n), 0)
		results := make([]float64, n)
		for i := range results {
			results[i] = compute(a.repeatedLast(i).number, b.repeatedLast(i).number)
		}
		return c.e.placed(c.node, Number(results...))
	}
}

func sign(n float64) float64 {
	switch {
	case n > 0:
		return 1
	case n < 0:
		return -1
	}
	return 0
}

// round rounds halves away from zero, to a whole number or to a multiple of the second argument.
func round(c call) Value {
	factor := c.number(1, 1)
	if factor == 0 {
		return c.fail("", "the factor can't be 0")
	}
	return c.numbers(0, func(a atom) float64 { return math.Round(a.number/factor) * factor })
}

func sum(c call) Value {
	total := 0.0
	for _, arg := range c.args {
		for _, a := range arg.atoms {
			total += a.number
		}
	}
	return c.e.placed(c.node, Number(total))
}

// extreme of one list is its smallest or largest element, of several lists it is pair by pair (H_MAX).
func extreme(pick func(a, b float64) float64) func(call) Value {
	return func(c call) Value {
		if len(c.args) == 1 {
			best := c.args[0].atoms[0].number
			for _, a := range c.args[0].atoms {
				best = pick(best, a.number)
			}
			return Number(best)
		}
		result := c.args[0]
		for _, arg := range c.args[1:] {
			result = pairNumber(pick)(call{c.e, c.node, []Value{result, arg}})
		}
		return result
	}
}
