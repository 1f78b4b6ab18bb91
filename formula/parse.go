package formula

import (
	"fmt"
	"slices"
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
//	           | "[" name "]" | "[" date "]" .
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
