package formula

// maxConditions of one @If (H_IF).
const maxConditions = 99

// controlFunctions decide what runs.
func controlFunctions() []function {
	return []function{
		{name: "@If", need: 1, takes: []kind{anything}, more: true, lazy: ifElse},
		{name: "@Do", need: 1, takes: []kind{anything}, more: true, lazy: do},
		{name: "@Select", need: 2, takes: []kind{anything}, more: true, lazy: selectOne},
		{name: "@While", need: 2, takes: []kind{anything}, more: true, lazy: while},
		{name: "@DoWhile", need: 2, takes: []kind{anything}, more: true, lazy: doWhile},
		{name: "@For", need: 4, takes: []kind{anything}, more: true, lazy: forLoop},
		{name: "@Transform", need: 3, takes: []kind{anything, text, anything}, lazy: transform},
		{name: "@Return", need: 1, takes: []kind{anything}, lazy: giveBack},
		{name: "@IsError", need: 1, takes: []kind{anything}, lazy: isError},
		{name: "@IfError", need: 1, takes: []kind{anything, anything}, lazy: ifError},
		{name: "@Error", strict: func(c call) Value { return c.fail("", "the formula says so") }},
		{name: "@Success", strict: func(call) Value { return truth(true) }},
		{name: "@Failure", need: 1, takes: []kind{text}, strict: func(c call) Value { return c.args[0] }},
		{name: "@True", strict: func(call) Value { return truth(true) }},
		{name: "@Yes", strict: func(call) Value { return truth(true) }},
		{name: "@False", strict: func(call) Value { return truth(false) }},
		{name: "@No", strict: func(call) Value { return truth(false) }},
		{name: "@All", strict: func(call) Value { return truth(true) }},
		{name: "@Nothing", strict: nothing},
	}
}

// ifElse runs the action of the first condition that is true, and nothing else: actions have side effects (H_IF). A
// condition alone is accepted and does nothing.
func ifElse(e *evaluation, n *callNode) Value {
	last := len(n.args) - 1
	for i := 0; i < last; i += 2 {
		yes, failed := e.condition(n.args[i])
		if failed.err != nil {
			return failed
		}
		if yes {
			return e.value(n.args[i+1])
		}
	}
	if last == 0 {
		_, failed := e.condition(n.args[0])
		if failed.err != nil {
			return failed
		}
		return Text()
	}
	return e.value(n.args[last])
}

// do runs all and gives the last one's value. An error ends it.
func do(e *evaluation, n *callNode) Value { return e.sequence(n.args) }

func (e *evaluation) sequence(nodes []node) Value {
	last := Text()
	for _, n := range nodes {
		last = e.value(n)
		if last.err == nil {
			continue
		}
		if _, assigns := n.(*assignNode); !assigns {
			return last
		}
	}
	return last
}

// selectOne gives the n-th of the values after n, the last one where there are fewer (H_SELECT), the first for 0 and
// less; only that one runs.
func selectOne(e *evaluation, n *callNode) Value {
	index := e.value(n.args[0])
	if index.err != nil {
		return index
	}
	if index.kind != number {
		return e.fail(n.args[0], "@Select takes a number here, not "+index.kind.String(), "")
	}
	return e.value(n.args[int(max(1, min(index.atoms[0].number, float64(len(n.args)-1))))])
}

// while runs the statements as long as the condition, the first argument, is true.
func while(e *evaluation, n *callNode) Value {
	return e.loop(n, n.args[0], n.args[1:], nil)
}

// doWhile is while with the condition last, looked at after each round.
func doWhile(e *evaluation, n *callNode) Value {
	last := len(n.args) - 1
	e.round(n)
	if v := e.sequence(n.args[:last]); v.err != nil {
		return v
	}
	return e.loop(n, n.args[last], n.args[:last], nil)
}

// forLoop has initialisation, condition, increment, and then the statements (H_FOR).
func forLoop(e *evaluation, n *callNode) Value {
	if v := e.value(n.args[0]); v.err != nil {
		return v
	}
	return e.loop(n, n.args[1], n.args[3:], n.args[2])
}

// loop gives true when it is done, as the loops of Notes do.
func (e *evaluation) loop(n *callNode, condition node, body []node, after node) Value {
	for {
		yes, failed := e.condition(condition)
		if failed.err != nil {
			return failed
		}
		if !yes {
			return truth(true)
		}
		e.round(n)
		if v := e.sequence(body); v.err != nil {
			return v
		}
		if after == nil {
			continue
		}
		if v := e.value(after); v.err != nil {
			return v
		}
	}
}

// transform runs the formula once for each element, which the named variable holds meanwhile, and joins the results;
// @Nothing adds none (H_TRANSFORM). The variable has its old value afterwards.
func transform(e *evaluation, n *callNode) Value {
	source, name := e.value(n.args[0]), e.value(n.args[1])
	if source.err != nil {
		return source
	}
	if name.err != nil {
		return name
	}
	if name.kind != text {
		return e.fail(n.args[1], "@Transform: the variable's name is text", `as in @Transform(list; "x"; x + ".")`)
	}
	k := key(name.atoms[0].text)
	old, had := e.temps[k]
	defer func() {
		delete(e.temps, k)
		if had {
			e.temps[k] = old
		}
	}()
	var results []Value
	for i := range source.atoms {
		e.round(n)
		e.setTemporary(k, Value{kind: source.kind, atoms: source.atoms[i : i+1]})
		result := e.value(n.args[2])
		if result.err != nil {
			return result
		}
		if !result.none {
			results = append(results, result)
		}
	}
	if len(results) == 0 {
		return Text()
	}
	return e.concatenate(n, results)
}

// giveBack is @Return: the formula ends here, wherever here is.
func giveBack(e *evaluation, n *callNode) Value {
	panic(returned{e.value(n.args[0])})
}

func isError(e *evaluation, n *callNode) Value {
	return truth(e.value(n.args[0]).err != nil)
}

// ifError gives the second value, or "", in place of an error.
func ifError(e *evaluation, n *callNode) Value {
	v := e.value(n.args[0])
	switch {
	case v.err == nil:
		return v
	case len(n.args) == 1:
		return Text()
	}
	return e.value(n.args[1])
}

func nothing(call) Value {
	v := Text()
	v.none = true
	return v
}
