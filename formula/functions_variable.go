package formula

// variableFunctions read and write variables by name.
func variableFunctions() []function {
	return []function{
		{name: "@SetField", need: 2, takes: []kind{text, anything}, strict: setField},
		{name: "@GetField", need: 1, takes: []kind{text}, strict: getField},
		{name: "@Set", need: 2, takes: []kind{text, anything}, strict: setTemporary},
		{name: "@IsAvailable", need: 1, takes: []kind{anything}, lazy: isAvailable},
		{name: "@IsUnavailable", need: 1, takes: []kind{anything}, lazy: isUnavailable},
		{name: "@DeleteField", strict: removed},
		{name: "@Unavailable", strict: removed},
		{name: "@Environment", need: 1, takes: []kind{text, text}, strict: environment},
		{name: "@SetEnvironment", need: 2, takes: []kind{text, text}, strict: environment},
	}
}

// setField makes or overwrites a field and gives the value (H_SETFIELD).
func setField(c call) Value {
	name := key(c.text(0, ""))
	if name == "" {
		return c.fail("", "the field's name is empty")
	}
	c.e.setField(name, c.args[1])
	return c.args[1]
}

func setTemporary(c call) Value {
	name := key(c.text(0, ""))
	if name == "" {
		return c.fail("", "the variable's name is empty")
	}
	c.e.setTemporary(name, c.args[1])
	return c.args[1]
}

func getField(c call) Value { return c.e.read(c.node, key(c.text(0, ""))) }

// isAvailable takes the name itself, not text (H_ISAVAILABLE).
func isAvailable(e *evaluation, n *callNode) Value {
	name, ok := n.args[0].(*nameNode)
	if !ok {
		return e.fail(n.args[0], n.function.name+" takes a variable's name without quotes", "")
	}
	_, there := e.find(name.key)
	return truth(there)
}

func isUnavailable(e *evaluation, n *callNode) Value {
	v := isAvailable(e, n)
	if v.err != nil {
		return v
	}
	return truth(v.atoms[0].number == 0)
}

func removed(call) Value {
	v := Text()
	v.removed = true
	return v
}

// environmentKey is the variable that stands for one of notes.ini: with a space, which no name in a formula has.
func environmentKey(name string) string { return "environment " + key(name) }

// environment gives a variable of notes.ini, or sets it and gives the value (H_ENVIRONMENT, H_SETENVIRONMENT). There is
// no notes.ini here, and the machine's environment is nobody's business: what is set lives as long as fields do, and what
// was not set is "".
func environment(c call) Value {
	name := c.text(0, "")
	if key(name) == "" {
		return c.fail("", "the variable's name is empty")
	}
	if c.has(1) {
		return c.e.setEnvironment(c.node, name, c.args[1])
	}
	return c.e.read(c.node, environmentKey(name))
}

// setEnvironment keeps text, as notes.ini does (the page ENVIRONMENT keyword says so).
func (e *evaluation) setEnvironment(n node, name string, value Value) Value {
	switch {
	case value.err != nil:
		panic(failure{value.err})
	case value.kind != text:
		return e.fail(n, "ENVIRONMENT takes text here, not "+value.kind.String(), mend(text))
	}
	e.setField(environmentKey(name), value)
	return value
}
