package formula

import (
	"strings"
	"unicode/utf8"
)

// item is a token: its text stands in the source from pos on.
type item struct {
	kind itemKind
	pos  int
	text string
}

type itemKind int

const (
	itemError       itemKind = iota // text is the message
	itemEnd                         // end of the source
	itemNumber                      // 12, .5, 1E2
	itemString                      // with its delimiters
	itemName                        // a variable or a keyword; dots and digits belong to it: a.0.id
	itemFunction                    // @Name
	itemOperator                    // every operator but ":"
	itemColon                       // :
	itemAssign                      // :=
	itemSemicolon                   // ;
	itemLeftParen                   // (
	itemRightParen                  // )
	itemLeftSquare                  // [
	itemRightSquare                 // ]
)

// stateFn represents the state of the lexer as a function that returns the next state.
type stateFn func(*lexer) stateFn

type lexer struct {
	input string
	start int // of the item at hand
	pos   int
	item  item
}

// next gives the next item. At the end, and after an error, it gives the same item for ever.
func (l *lexer) next() item {
	for state := stateFn(lexAny); state != nil; {
		state = state(l)
	}
	return l.item
}

func (l *lexer) emit(kind itemKind) stateFn {
	l.item = item{kind, l.start, l.input[l.start:l.pos]}
	l.start = l.pos
	return nil
}

func (l *lexer) fail(message string) stateFn {
	l.item = item{itemError, l.start, message}
	l.pos = l.start
	return nil
}

// lexAny skips white space and picks the state for what follows.
func lexAny(l *lexer) stateFn {
	l.start += len(l.input[l.start:]) - len(strings.TrimLeft(l.input[l.start:], " \t\r\n\u00a0"))
	l.pos = l.start
	if l.pos == len(l.input) {
		return l.emit(itemEnd)
	}
	switch c := l.input[l.pos]; {
	case c == '"' || c == '\'' || c == '{':
		return lexString
	case c == '@':
		return lexFunction
	case isDigit(c), c == '.':
		return lexNumber
	case nameStart(l.rune()):
		return lexName
	}
	return lexSign
}

// lexString takes a string of any of the three kinds up to its end; the parser removes the escapes.
func lexString(l *lexer) stateFn {
	end := l.input[l.pos]
	if end == '{' {
		end = '}'
	}
	for i := l.pos + 1; i < len(l.input); i++ {
		switch l.input[i] {
		case '\\':
			i++
		case end:
			l.pos = i + 1
			return l.emit(itemString)
		}
	}
	return l.fail("this string has no end; it needs a " + string(end))
}

func lexFunction(l *lexer) stateFn {
	l.pos++
	l.takeName()
	if l.pos == l.start+1 {
		return l.fail("@ stands in front of a function's name")
	}
	return l.emit(itemFunction)
}

func lexName(l *lexer) stateFn {
	l.takeName()
	return l.emit(itemName)
}

// lexNumber takes more than a number, as in 1.2.3; the parser notices by strconv.
func lexNumber(l *lexer) stateFn {
	for l.pos < len(l.input) && (isDigit(l.input[l.pos]) || l.input[l.pos] == '.') {
		l.pos++
	}
	rest := l.input[l.pos:]
	if len(rest) > 0 && (rest[0] == 'e' || rest[0] == 'E') {
		digits := 1
		if len(rest) > 1 && (rest[1] == '+' || rest[1] == '-') {
			digits = 2
		}
		if len(rest) > digits && isDigit(rest[digits]) {
			l.pos += digits
			l.takeDigits()
		}
	}
	return l.emit(itemNumber)
}

// lexSign takes an operator or a separator, the longest that fits.
func lexSign(l *lexer) stateFn {
	rest := l.input[l.pos:]
	for _, s := range [...]string{"*<>", "*><", "*!=", "*=!", "*<=", "*>=", "**", "*/", "*+", "*-", "*=", "*<", "*>", "<>", "><", "!=", "=!", "<=", ">="} {
		if strings.HasPrefix(rest, s) {
			l.pos += len(s)
			return l.emit(itemOperator)
		}
	}
	if strings.HasPrefix(rest, ":=") {
		l.pos += 2
		return l.emit(itemAssign)
	}
	kind, ok := signKind(rest[0])
	if !ok {
		r, _ := utf8.DecodeRuneInString(rest)
		return l.fail(string(r) + " has no meaning in a formula")
	}
	l.pos++
	return l.emit(kind)
}

func signKind(c byte) (itemKind, bool) {
	switch c {
	case '+', '-', '*', '/', '=', '<', '>', '!', '&', '|':
		return itemOperator, true
	case ':':
		return itemColon, true
	case ';':
		return itemSemicolon, true
	case '(':
		return itemLeftParen, true
	case ')':
		return itemRightParen, true
	case '[':
		return itemLeftSquare, true
	case ']':
		return itemRightSquare, true
	}
	return itemError, false
}

func (l *lexer) rune() rune {
	r, _ := utf8.DecodeRuneInString(l.input[l.pos:])
	return r
}

func (l *lexer) takeName() {
	for l.pos < len(l.input) {
		r, size := utf8.DecodeRuneInString(l.input[l.pos:])
		if !nameStart(r) && r != '.' && (r < '0' || r > '9') {
			return
		}
		l.pos += size
	}
}

func (l *lexer) takeDigits() {
	for l.pos < len(l.input) && isDigit(l.input[l.pos]) {
		l.pos++
	}
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// nameStart says which characters may begin a name: ASCII letters, _ $ ~, and all from U+00C0 on but × and ÷.
func nameStart(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', r == '_', r == '$', r == '~':
		return true
	case r == '×', r == '÷':
		return false
	}
	return r >= 'À' && (r < 0x2000 || r > 0x206f) && r != 0xfeff && r != utf8.RuneError
}
