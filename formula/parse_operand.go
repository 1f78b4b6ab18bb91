package formula

import (
	"math"
	"strconv"
	"strings"
)

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
	}
	p.noOperand()
	return nil
}

// noOperand explains an item that can't begin an operand; the habits of other languages lead here.
func (p *parser) noOperand() {
	i, before, after := p.item, p.before(), p.after()
	suggestion := ""
	switch {
	case i.text == "!":
		p.fail(i.pos, "", "! binds looser than what stands before it; put it and its operand in parentheses")
	case i.text == "/" && (after == '/' || after == '*' || before == '/'), i.kind == itemOperator && i.text[0] == '*' && before == '/':
		p.fail(i.pos, `write REM "text";`, "// and /* */ are no comments in a formula")
	case i.kind == itemOperator && before == i.text[0]:
		suggestion = "write " + i.text + " once"
	}
	p.fail(i.pos, suggestion, "a value is expected here, not %s", i.describe())
}

// before and after are the octets around the item at hand, 0 at the ends of the source.
func (p *parser) before() byte {
	if p.item.pos == 0 {
		return 0
	}
	return p.lex.input[p.item.pos-1]
}

func (p *parser) after() byte {
	if end := p.item.pos + len(p.item.text); end < len(p.lex.input) {
		return p.lex.input[end]
	}
	return 0
}

// option reads a function's option, as in @Sort(list; [DESCENDING]), or a date.
func (p *parser) option() node {
	square := p.item
	if inside, _, closed := strings.Cut(p.lex.input[p.lex.pos:], "]"); closed && isDate(inside) {
		return p.date(square, inside)
	}
	p.next()
	word := p.item
	if word.kind != itemName {
		p.fail(square.pos, "", "a value can't begin with [, unless it is a date such as [2026-11-24] or an option such as [DESCENDING]")
	}
	p.next()
	p.expect(itemRightSquare, "]")
	return &optionNode{at(square.pos), word.text, Text("[" + word.text + "]")}
}

// isDate says that the inside of square brackets is meant as a date or a time: of digits and what stands between them.
func isDate(inside string) bool {
	inside = strings.TrimSpace(inside)
	return inside != "" && isDigit(inside[0]) && strings.ContainsAny(inside, "-/.:")
}

// date reads a date or a time as H_CONSTANTS has it, [...]. Notes reads it as the machine's region writes dates, and so
// differently on each; here it is read in the one order that means the same everywhere.
func (p *parser) date(square item, inside string) node {
	value, ok := parseTime(inside)
	if !ok {
		p.fail(square.pos, "write it as in [2026-11-24] or [2026-11-24 10:00:00], or use @Date",
			"a date in another order than year, month, day means something else on each machine")
	}
	p.lex.start = p.lex.pos + len(inside) + 1
	p.lex.pos = p.lex.start
	p.next()
	return &dateNode{at(square.pos), strings.TrimSpace(inside), value}
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
	if why, instead := absent(i.text); why != "" {
		p.fail(i.pos, instead, "there is no function %s here: %s", shorten(i.text), why)
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
