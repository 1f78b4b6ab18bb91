package formula

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Bounds against hostile sources: the tree is walked by recursion.
const (
	maxNesting = 200  // parentheses, calls, signs within each other
	maxChain   = 1000 // operators on one level
)

// parser is a recursive descent, one method a precedence, from the loosest to the tightest:
//
//	program    = [ statement ] { ";" [ statement ] } .
//	statement  = REM string | ( FIELD | DEFAULT | ENVIRONMENT ) name ":=" expression | SELECT expression | expression .
//	expression = name ":=" expression | logic .
//	logic      = negation { ( "&" | "|" ) negation } .
//	negation   = "!" negation | comparison .
//	comparison = sum { ( "=" | "<" | "*=" | … ) sum } .
//	sum        = product { ( "+" | "-" | "*+" | "*-" ) product } .
//	product    = signed { ( "*" | "/" | "**" | "*/" ) signed } .
//	signed     = ( "+" | "-" ) signed | list .
//	list       = element { ":" element } [ ":" ( "+" | "-" ) signed ] .
//	element    = operand { "[" expression "]" } .
//	operand    = number | string | name | function [ "(" expression { ";" expression } ")" ] | "(" expression ")"
//	           | "[" name "]" .
type parser struct {
	lex       lexer
	item      item                 // the one at hand
	functions map[string]*function // made by known
	nesting   int
}

func (p *parser) next() {
	p.item = p.lex.next()
	if p.item.kind == itemError {
		p.fail(p.item.pos, "", "%s", p.item.text)
	}
}

// fail leaves Parse with an error at an octet of the source.
func (p *parser) fail(pos int, suggestion, format string, args ...any) {
	panic(failure{newError(p.lex.input, pos, fmt.Sprintf(format, args...), suggestion)})
}

func (p *parser) expect(kind itemKind, what string) item {
	i := p.item
	if i.kind != kind {
		p.fail(i.pos, "", "%s is expected here, not %s", what, i.describe())
	}
	p.next()
	return i
}

func (i item) describe() string {
	if i.kind == itemEnd {
		return "the end of the formula"
	}
	return shorten(i.text)
}

func (p *parser) program() []node {
	var statements []node
	for {
		for p.item.kind == itemSemicolon {
			p.next()
		}
		if p.item.kind == itemEnd {
			return statements
		}
		statements = append(statements, p.statement())
		if p.item.kind != itemSemicolon && p.item.kind != itemEnd {
			p.unexpected()
		}
	}
}

// unexpected explains an item that can't follow an expression.
func (p *parser) unexpected() {
	switch p.item.kind {
	case itemRightParen:
		p.fail(p.item.pos, "", "this ) closes nothing")
	case itemAssign:
		p.fail(p.item.pos, "", "the left side of := is a name")
	}
	p.fail(p.item.pos, "", "an operator or ; is expected here, not %s", p.item.describe())
}

func (p *parser) statement() node {
	word := p.item
	switch keyword(word) {
	case "REM":
		p.next()
		if p.item.kind != itemString {
			p.fail(p.item.pos, "", `REM is followed by a string, as in REM "text"`)
		}
		return &remarkNode{at(word.pos), p.text()}
	case "SELECT":
		p.next()
		return &selectNode{at(word.pos), p.expression()}
	case "FIELD", "DEFAULT", "ENVIRONMENT":
		p.next()
		name := p.expect(itemName, "the name that "+keyword(word)+" assigns to")
		p.expect(itemAssign, ":=")
		return p.assignment(word, keyword(word), name)
	}
	return p.expression()
}

// keyword gives the reserved word that the item is, in capitals, or "".
func keyword(i item) string {
	if i.kind != itemName {
		return ""
	}
	word := strings.ToUpper(i.text)
	if slices.Contains([]string{"REM", "SELECT", "FIELD", "DEFAULT", "ENVIRONMENT"}, word) {
		return word
	}
	return ""
}

func (p *parser) assignment(start item, keyword string, name item) node {
	return &assignNode{
		at: at(start.pos), keyword: keyword, name: name.text, key: strings.ToLower(name.text), value: p.expression(),
	}
}

// enter counts a level of nesting; leave it with a deferred p.leave.
func (p *parser) enter() {
	p.nesting++
	if p.nesting > maxNesting {
		p.fail(p.item.pos, "", "this is nested more than %d levels deep", maxNesting)
	}
}

func (p *parser) leave() { p.nesting-- }

func (p *parser) expression() node {
	p.enter()
	defer p.leave()
	if p.item.kind == itemName {
		name, mark := p.item, p.lex
		p.next()
		if p.item.kind == itemAssign && keyword(name) == "" {
			p.next()
			return p.assignment(name, "", name)
		}
		p.item, p.lex = name, mark
	}
	return p.logic()
}

// chain parses operands that are joined by operators of one precedence; they lean to the left.
func (p *parser) chain(operand func() node, accepts func(operator) bool) node {
	left := operand()
	for count := 1; p.item.kind == itemOperator; count++ {
		o := operatorOf(p.item.text)
		if !accepts(o) {
			break
		}
		if count > maxChain {
			p.fail(p.item.pos, "", "these are more than %d operators in a row", maxChain)
		}
		pos := p.item.pos
		p.next()
		left = &binaryNode{at(pos), o, left, operand()}
	}
	return left
}

func (p *parser) logic() node { return p.chain(p.negation, operator.isLogic) }

func (p *parser) negation() node {
	if p.item.kind != itemOperator || p.item.text != "!" {
		return p.chain(p.sum, operator.isComparison)
	}
	return p.prefix(p.negation)
}

func (p *parser) sum() node { return p.chain(p.product, operator.isSum) }

func (p *parser) product() node { return p.chain(p.signed, operator.isProduct) }

func (p *parser) signed() node {
	if !p.isSign() {
		return p.list()
	}
	return p.prefix(p.signed)
}

func (p *parser) isSign() bool {
	return p.item.kind == itemOperator && (p.item.text == "+" || p.item.text == "-")
}

// prefix parses an operator in front of its operand.
func (p *parser) prefix(operand func() node) node {
	p.enter()
	defer p.leave()
	sign := p.item
	p.next()
	return &unaryNode{at(sign.pos), sign.text, operand()}
}

// list takes a sign within it for all that follows: 1:-2:3 is 1:(-2):(-3), since ":" binds tighter than a sign
// (H_LIST_OPERATOR).
func (p *parser) list() node {
	first := p.element()
	if p.item.kind != itemColon {
		return first
	}
	elements := []node{first}
	for p.item.kind == itemColon {
		p.next()
		if p.isSign() {
			elements = append(elements, p.signed())
			break
		}
		elements = append(elements, p.element())
	}
	return &listNode{at(first.position()), elements}
}

func (p *parser) element() node {
	n := p.operand()
	for count := 1; p.item.kind == itemLeftSquare; count++ {
		if count > maxChain {
			p.fail(p.item.pos, "", "these are more than %d subscripts in a row", maxChain)
		}
		pos := p.item.pos
		p.next()
		index := p.expression()
		p.expect(itemRightSquare, "]")
		n = &subscriptNode{at(pos), n, index}
	}
	return n
}

func (p *parser) operand() node {
	i := p.item
	switch i.kind {
	case itemNumber:
		return p.number()
	case itemString:
		return p.text()
	case itemName:
		return p.name()
	case itemFunction:
		return p.call()
	case itemLeftParen:
		p.next()
		inner := p.expression()
		p.expect(itemRightParen, ")")
		return &parenNode{at(i.pos), inner}
	case itemLeftSquare:
		return p.option()
	case itemOperator:
		if i.text == "!" {
			p.fail(i.pos, "", "! binds looser than what stands before it; put it and its operand in parentheses")
		}
	}
	p.fail(i.pos, "", "a value is expected here, not %s", i.describe())
	return nil
}

// option reads a function's option, as in @Sort(list; [DESCENDING]).
func (p *parser) option() node {
	square := p.item
	p.next()
	word := p.item
	if word.kind != itemName {
		p.fail(square.pos, "use @Date or @TextToTime", "a date in square brackets is not supported")
	}
	p.next()
	p.expect(itemRightSquare, "]")
	return &optionNode{at(square.pos), word.text, Text("[" + word.text + "]")}
}

func (p *parser) number() node {
	i := p.item
	value, err := strconv.ParseFloat(i.text, 64)
	if err != nil || math.IsInf(value, 0) {
		p.fail(i.pos, "", "%s is not a number", shorten(i.text))
	}
	p.next()
	return &numberNode{at(i.pos), i.text, Number(value)}
}

// text removes the escapes of a string: \c is c, whatever c is.
func (p *parser) text() *textNode {
	i := p.item
	p.next()
	raw := i.text[1 : len(i.text)-1]
	if strings.Contains(raw, `\`) {
		var b strings.Builder
		for k := 0; k < len(raw); k++ {
			if raw[k] == '\\' {
				k++
			}
			b.WriteByte(raw[k])
		}
		raw = b.String()
	}
	return &textNode{at(i.pos), i.text[0], Text(raw)}
}

func (p *parser) name() node {
	i := p.item
	if word := keyword(i); word != "" {
		p.fieldInside(i, word)
	}
	p.next()
	if p.item.kind == itemLeftParen {
		suggestion := ""
		if f, ok := p.known()["@"+strings.ToLower(i.text)]; ok {
			suggestion = "did you mean " + f.name + "?"
		}
		p.fail(i.pos, suggestion, "a function's name begins with @")
	}
	return &nameNode{at(i.pos), i.text, strings.ToLower(i.text)}
}

// fieldInside refuses a keyword where only an expression may stand (the page FIELD keyword says so).
func (p *parser) fieldInside(i item, word string) {
	suggestion := ""
	switch word {
	case "FIELD":
		suggestion = `use @SetField("name"; value)`
	case "DEFAULT":
		suggestion = "use @IsAvailable"
	}
	p.fail(i.pos, suggestion, "%s begins a statement; it can't stand within an expression", word)
}

func (p *parser) call() node {
	i := p.item
	f := p.function(i)
	p.next()
	n := &callNode{at: at(i.pos), function: f}
	if p.item.kind == itemLeftParen {
		n.args = p.arguments(f)
	}
	if message := f.arity(len(n.args)); message != "" {
		p.fail(i.pos, "", "%s", message)
	}
	return n
}

func (p *parser) arguments(f *function) []node {
	p.next()
	if p.item.kind == itemRightParen {
		p.next()
		return nil
	}
	args := []node{p.expression()}
	for p.item.kind == itemSemicolon {
		p.next()
		args = append(args, p.expression())
	}
	if p.item.kind == itemEnd {
		p.fail(p.item.pos, "", "%s( has no closing )", f.name)
	}
	p.expect(itemRightParen, "; or ) in "+f.name)
	return args
}

// known is the table of functions, made when the first one is met: a third of the published formulas have none.
func (p *parser) known() map[string]*function {
	if p.functions == nil {
		p.functions = functions()
	}
	return p.functions
}

func (p *parser) function(i item) *function {
	if f, ok := p.known()[strings.ToLower(i.text)]; ok {
		return f
	}
	candidates := make([]string, 0, len(p.functions))
	for _, f := range p.functions {
		candidates = append(candidates, f.name)
	}
	suggestion := ""
	if near, ok := Nearest(i.text, candidates); ok {
		suggestion = "did you mean " + near + "?"
	}
	p.fail(i.pos, suggestion, "there is no function %s here", shorten(i.text))
	return nil
}
