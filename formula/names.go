package formula

import "slices"

// Read is a variable that a formula reads without having set it before.
type Read struct {
	Name   string // as first written
	Always bool   // whatever branch is taken
	Tested bool   // somewhere compared with "", or asked for by @IsAvailable: it may be empty
	Line   int    // where it is first written, from 1
	Column int    // in characters, from 1
}

// names is what a formula does with which variables, in order of first use.
type names struct {
	reads     []Read
	fields    []string
	constants []string
	anyRead   bool
}

// Reads lists the variables that the formula takes from outside.
func (f *Formula) Reads() []Read { return slices.Clone(f.names.reads) }

// Fields lists the fields that the formula sets: FIELD, and @SetField with a name written out.
func (f *Formula) Fields() []string { return slices.Clone(f.names.fields) }

// ReadsAny says that the formula may read fields whose names it computes, so that Reads can't list them.
func (f *Formula) ReadsAny() bool { return f.names.anyRead }

// Constants lists the texts written out in the formula.
func (f *Formula) Constants() []string { return slices.Clone(f.names.constants) }

// survey walks a formula in the order of evaluation.
type survey struct {
	names
	source string
	own    map[string]bool // set before, by this formula
	index  map[string]int  // of a name in reads
	branch int             // how many choices deep the walk is
}

func namesOf(source string, statements []node) names {
	s := &survey{source: source, own: map[string]bool{}, index: map[string]int{}}
	for _, n := range statements {
		s.walk(n)
	}
	return s.names
}

func (s *survey) walk(n node) {
	switch n := n.(type) {
	case *textNode:
		s.constants = append(s.constants, n.value.atoms[0].text)
	case *nameNode:
		s.read(n, n.name, false)
	case *parenNode:
		s.walk(n.inner)
	case *unaryNode:
		s.walk(n.operand)
	case *selectNode:
		s.walk(n.condition)
	case *subscriptNode:
		s.walk(n.list)
		s.walk(n.index)
	case *listNode:
		s.walkAll(n.elements)
	case *binaryNode:
		s.walkBinary(n)
	case *callNode:
		s.walkCall(n)
	case *assignNode:
		s.walkAssign(n)
	}
}

func (s *survey) walkAll(nodes []node) {
	for _, n := range nodes {
		s.walk(n)
	}
}

func (s *survey) walkBinary(n *binaryNode) {
	s.walk(n.left)
	s.walk(n.right)
	if n.operator.name != "=" && n.operator.name != "!=" {
		return
	}
	for _, pair := range [][2]node{{n.left, n.right}, {n.right, n.left}} {
		name, isName := pair[0].(*nameNode)
		empty, isText := constant(pair[1])
		if isName && isText && empty == "" {
			s.read(name, name.name, true)
		}
	}
}

func (s *survey) walkAssign(n *assignNode) {
	if n.keyword == "DEFAULT" {
		s.read(n, n.name, true)
	}
	s.walk(n.value)
	switch n.keyword {
	case "ENVIRONMENT":
		s.own[environmentKey(n.name)] = true
		s.field(environmentKey(n.name))
		return
	case "FIELD":
		s.field(n.name)
	}
	s.own[n.key] = true
}

// walkCall knows the functions that choose among their arguments, and those that take names.
func (s *survey) walkCall(n *callNode) {
	switch n.function.name {
	case "@IsAvailable", "@IsUnavailable":
		if name, ok := n.args[0].(*nameNode); ok {
			s.read(name, name.name, true)
		}
		return
	case "@If", "@IfError", "@Select", "@While", "@For", "@Transform":
		s.walkChoice(n)
		return
	}
	s.walkAll(n.args)
	name, ok := "", false
	if len(n.args) > 0 {
		name, ok = constant(n.args[0])
	}
	switch {
	case !ok:
		s.anyRead = s.anyRead || n.function.name == "@GetField" || n.function.name == "@Environment"
	case n.function.name == "@Environment" && len(n.args) == 1:
		s.read(n.args[0], environmentKey(name), true)
	case n.function.name == "@Environment", n.function.name == "@SetEnvironment":
		s.own[environmentKey(name)] = s.own[environmentKey(name)] || s.branch == 0
		s.field(environmentKey(name))
	case n.function.name == "@GetField":
		s.read(n.args[0], name, false)
	case n.function.name == "@Set":
		s.own[key(name)] = true
	case n.function.name == "@SetField":
		s.own[key(name)] = s.own[key(name)] || s.branch == 0
		s.field(name)
	}
}

// walkChoice walks arguments of which the first runs in any case, and the others perhaps.
func (s *survey) walkChoice(n *callNode) {
	s.walk(n.args[0])
	if n.function.name == "@Transform" {
		if name, ok := constant(n.args[1]); ok {
			s.own[key(name)] = true
		}
	}
	s.branch++
	s.walkAll(n.args[1:])
	s.branch--
}

func (s *survey) read(where node, name string, tested bool) {
	key := key(name)
	if s.own[key] {
		return
	}
	i, known := s.index[key]
	if !known {
		i = len(s.reads)
		s.index[key] = i
		line, column := lineColumn(s.source, where.position())
		s.reads = append(s.reads, Read{Name: name, Line: line, Column: column})
	}
	s.reads[i].Always = s.reads[i].Always || s.branch == 0
	s.reads[i].Tested = s.reads[i].Tested || tested
}

func (s *survey) field(name string) {
	if !slices.Contains(s.fields, name) {
		s.fields = append(s.fields, name)
	}
}
