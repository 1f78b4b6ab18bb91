package dnsconfig

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"
)

// Bounds of one expression. Nodes and loops together bound how often a value can stand in a result; the rest is bounded
// while it runs, see evaluation.
const (
	maxNodes    = 150
	maxLoops    = 5
	maxElements = 200_000 // of all lists that one expression makes
)

// builtins are the functions of the expression language that stay: loops, whose rounds are counted, and what makes no
// text or list longer than it was. What can is replaced by methods of evaluation.
func builtins() []string {
	return []string{
		"all", "any", "none", "one", "filter", "map", "find", "count",
		"len", "first", "last", "trim", "trimPrefix", "trimSuffix", "hasPrefix", "hasSuffix",
	}
}

// expression is one compiled leaf.
type expression struct {
	source  string
	program *vm.Program
}

// compile checks source against the variables of its place. The message of an error names the column in source.
func compile(source string, variables types.Map) (*expression, error) {
	env := maps.Clone(variables)
	maps.Copy(env, functionTypes())
	guard := &guard{}
	options := []expr.Option{
		expr.Env(env), expr.Optimize(false), expr.MaxNodes(maxNodes), expr.DisableAllBuiltins(), expr.Patch(guard),
	}
	for _, name := range builtins() {
		options = append(options, expr.EnableBuiltin(name))
	}
	program, err := expr.Compile(source, options...)
	if guard.err != nil {
		return nil, guard.err
	}
	if err != nil {
		return nil, errors.New(hinted(source, firstLine(err)) + suggestion(source, firstLine(err), env))
	}
	return &expression{source: source, program: program}, nil
}

// give evaluates the expression.
func (x *expression) give(e *evaluation) (any, error) {
	if _, err := e.step(); err != nil { // one that is cheap may stand for each record of a list
		return nil, fmt.Errorf("the expression %s fails: %w", cut(x.source, 80), err)
	}
	machine := vm.VM{MemoryBudget: maxElements}
	v, err := machine.Run(x.program, e.env)
	if err != nil {
		return nil, fmt.Errorf("the expression %s fails: %s", cut(x.source, 80), plainWords(x.source, firstLine(err)))
	}
	e.note(x.source, v)
	return v, nil
}

// mayBe says whether the expression can give a value of one of these kinds, as far as its type is known at load.
func (x *expression) mayBe(kinds ...reflect.Kind) bool {
	t := x.program.Node().Type()
	if t == nil || t.Kind() == reflect.Interface {
		return true
	}
	for _, k := range kinds {
		if t.Kind() == k {
			return true
		}
	}
	return false
}

// firstLine is the message of an error of the expression language without its picture; a place "(1:5)" is the fifth
// character of the expression.
func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return placeInLine.ReplaceAllString(line, "(character $1)")
}

var placeInLine = regexp.MustCompile(`\(1:(\d+)\)$`)

// guard rewrites a parsed expression so that its cost can be counted: each round of a loop calls step, each + calls
// plus. It refuses what can't be counted.
type guard struct {
	loops int
	err   error
}

// Reset does nothing. That it is there makes the guard run among the patches
// that can be repeated, which come last: see Visit.
func (g *guard) Reset() {}

// ShouldRepeat says that once is enough.
func (g *guard) ShouldRepeat() bool { return false }

// Visit rewrites one node. A call that has a type is not checked again, and what an earlier check found in its arguments
// is forgotten; so its type is taken away for the last check.
func (g *guard) Visit(n *ast.Node) {
	switch x := (*n).(type) {
	case *ast.PredicateNode:
		g.loops++
		if g.loops > maxLoops {
			g.refuse(fmt.Sprintf("an expression may have at most %d loops", maxLoops))
		}
		x.Node = &ast.SequenceNode{Nodes: []ast.Node{invoke("step"), x.Node}}
	case *ast.BinaryNode:
		if x.Operator == "+" {
			ast.Patch(n, invoke("plus", x.Left, x.Right))
		}
		if x.Operator == "matches" {
			g.matches(n, x)
		}
	case *ast.CallNode:
		x.SetType(nil)
		g.pattern(x)
	case *ast.IdentifierNode:
		if x.Value == "$env" { // all variables at once, past what a place may see
			g.refuse("$env is not allowed")
		}
	case *ast.VariableDeclaratorNode:
		g.refuse("let is not allowed")
	case *ast.SequenceNode:
		g.refuse("; is not allowed")
	}
}

// pattern compiles the pattern of a capture once.
func (g *guard) pattern(x *ast.CallNode) {
	callee, ok := x.Callee.(*ast.IdentifierNode)
	if !ok || callee.Value != "capture" || len(x.Arguments) != 2 {
		return
	}
	text, ok := x.Arguments[1].(*ast.StringNode)
	if !ok {
		g.refuse("the pattern of capture has to be written out")
		return
	}
	p, err := compileCapture(text.Value)
	if err != nil {
		g.refuse(err.Error())
		return
	}
	x.Arguments[1] = &ast.ConstantNode{Value: p}
}

// matches makes the operator a call, so that its search is paid for.
func (g *guard) matches(n *ast.Node, x *ast.BinaryNode) {
	text, ok := x.Right.(*ast.StringNode)
	if !ok {
		g.refuse("the pattern after matches has to be written out")
		return
	}
	p, err := compilePattern("after matches", text.Value)
	if err != nil {
		g.refuse(err.Error())
		return
	}
	ast.Patch(n, invoke("match", x.Left, &ast.ConstantNode{Value: p}))
}

func (g *guard) refuse(why string) {
	if g.err == nil {
		g.err = errors.New(why)
	}
}

func invoke(name string, arguments ...ast.Node) ast.Node {
	return &ast.CallNode{Callee: &ast.IdentifierNode{Value: name}, Arguments: arguments}
}

// template is text with expressions in it: "Token ${account.token}".
type template []part

// part is a piece of a template: text as it stands, or an expression.
type part struct {
	text string
	expr *expression
}

// parseTemplate splits text at ${…}; $${ is ${ as it stands.
func parseTemplate(text string, variables types.Map) (template, error) {
	var t template
	for {
		before, rest, found := strings.Cut(text, "${")
		if strings.HasSuffix(before, "$") && found {
			t = append(t, part{text: before[:len(before)-1] + "${"})
			text = rest
			continue
		}
		if before != "" {
			t = append(t, part{text: before})
		}
		if !found {
			return t, nil
		}
		end, err := closing(rest)
		if err != nil {
			return nil, err
		}
		x, err := compile(rest[:end], variables)
		if err != nil {
			return nil, err
		}
		if !x.mayBe(reflect.String, reflect.Int, reflect.Bool) {
			return nil, fmt.Errorf("${%s} gives no text", cut(rest[:end], 80))
		}
		t = append(t, part{expr: x})
		text = rest[end+1:]
	}
}

// closing finds the brace that closes an expression; braces within quotes don't count.
func closing(s string) (int, error) {
	depth, quote := 0, byte(0)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == '\\' && quote != '`' {
				i++
			} else if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			quote = c
		case c == '{':
			depth++
		case c == '}' && depth == 0:
			return i, nil
		case c == '}':
			depth--
		}
	}
	return 0, errors.New("${ is never closed")
}

// text joins the parts, each expression's value passed through escape.
func (t template) text(e *evaluation, escape func(string) string) (string, error) {
	var b strings.Builder
	for _, p := range t {
		if p.expr == nil {
			b.WriteString(p.text)
			continue
		}
		v, err := p.expr.give(e)
		if err != nil {
			return "", err
		}
		s, err := textOf(v)
		if err != nil {
			return "", fmt.Errorf("${%s}: %w", cut(p.expr.source, 80), err)
		}
		if err := e.spend(len(s)); err != nil {
			return "", err
		}
		if _, ok := v.(pathText); ok {
			b.WriteString(escapeParts(s, escape))
			continue
		}
		b.WriteString(escape(s))
	}
	return b.String(), nil
}

// own is the template's own text, with a letter for each expression: what can be judged before there are values.
func (t template) own() string {
	var b strings.Builder
	for _, p := range t {
		if p.expr != nil {
			b.WriteByte('x')
		}
		b.WriteString(p.text)
	}
	return b.String()
}

// source is the template as the document has it.
func (t template) source() string {
	var b strings.Builder
	for _, p := range t {
		b.WriteString(p.text)
		if p.expr != nil {
			b.WriteString("${" + p.expr.source + "}")
		}
	}
	return b.String()
}

func asIs(s string) string { return s }

// give makes a template a value.
func (t template) give(e *evaluation) (any, error) { return t.text(e, asIs) }
