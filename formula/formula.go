// Package formula is the Notes formula language, as far as DNS Configurations of HCL Domino CertMgr need it: Parse
// makes a tree of a source text, Eval computes it over variables within a budget, String prints it back.
//
// It is not Notes: there is no database, no user, no network, no file and no clock but UTC; functions that need one do
// not exist here. It knows nothing of DNS, HTTP or DXL.
//
// The rules are those of HCL's and IBM's public pages on the formula language. Where these say nothing, deputy decides,
// and says so at the code: text compares with "=" case-sensitively; a formula that ends in an assignment gives the
// assigned value; "\c" in a string is c for every c; the text functions count characters, not octets.
package formula

import (
	"errors"
	"runtime"
	"strings"
	"unicode/utf8"
)

// maxSource is the longest source in octets. Notes keeps a formula within 64 KiB.
const maxSource = 64 << 10

// Formula is a parsed formula. It is immutable, so it may be evaluated by many at once.
type Formula struct {
	source     string
	statements []node
	names      names
}

// Variables are the fields of the document that a formula runs on. Names come in lower case, since names in formulas
// have no case.
type Variables interface {
	// Get gives a field's value; ok is false where there is none, and a formula then reads "".
	Get(name string) (value Value, ok bool)
	// Set makes or overwrites a field: FIELD and @SetField.
	Set(name string, value Value)
	// Delete removes a field: FIELD x := @DeleteField.
	Delete(name string)
}

// Parse reads a formula of at most 64 KiB. Its error is an *Error with the position of the first mistake. A source
// without any expression is a formula too; it evaluates to "".
func Parse(source string) (f *Formula, err error) {
	if len(source) > maxSource {
		return nil, &Error{Line: 1, Column: 1, Message: "a formula has at most 64 KiB"}
	}
	if !utf8.ValidString(source) {
		return nil, &Error{Line: 1, Column: 1, Message: "a formula is UTF-8 text"}
	}
	p := &parser{lex: lexer{input: source}}
	defer p.recover(&err)
	p.next()
	f = &Formula{source: source, statements: p.program()}
	f.names = namesOf(source, f.statements)
	return f, nil
}

// Eval computes the formula: every statement in order, of which the last one's value is the result. Its error is an
// *Error; where the formula failed half-way, the fields it had set by then stay set. vars may be nil for none.
func (f *Formula) Eval(vars Variables, b Budget) (value Value, err error) {
	e := &evaluation{formula: f, vars: vars, budget: b.withDefaults()}
	defer e.recover(&value, &err)
	value = e.run(f.statements)
	if value.err != nil {
		return Value{}, value.err
	}
	return value, nil
}

// Empty says that there is no expression to evaluate.
func (f *Formula) Empty() bool {
	for _, s := range f.statements {
		if _, remark := s.(*remarkNode); !remark {
			return false
		}
	}
	return true
}

// Source is the text that was parsed.
func (f *Formula) Source() string { return f.source }

// String prints the formula in one spelling: one statement a line, one space around operators. It parses back to the
// same tree.
func (f *Formula) String() string {
	lines := make([]string, len(f.statements))
	for i, s := range f.statements {
		lines[i] = s.String()
	}
	return strings.Join(lines, ";\n")
}

// failure is how parser and evaluation leave from any depth: a panic that only the recover of this package sees.
type failure struct{ err *Error }

// caught turns a recovered panic into the failure it carries. Anything else is a bug and goes on as a panic: first of
// all a runtime.Error, which must never pass for a mistake in a document.
func caught(recovered any) *Error {
	if bug, ok := recovered.(runtime.Error); ok {
		panic(bug)
	}
	f, ok := recovered.(failure)
	if !ok {
		panic(recovered)
	}
	return f.err
}

func (p *parser) recover(err *error) {
	if r := recover(); r != nil {
		*err = caught(r)
	}
}

// recover also takes the panic by which @Return leaves.
func (e *evaluation) recover(value *Value, err *error) {
	r := recover()
	if r == nil {
		return
	}
	if back, ok := r.(returned); ok {
		*value = back.value
		if back.value.err != nil {
			*value, *err = Value{}, back.value.err
		}
		return
	}
	*value, *err = Value{}, caught(r)
}

// AsError finds the first *Error in err's chain.
func AsError(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}
