package dnsconfig

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/types"
	"github.com/goccy/go-yaml/ast"
)

// call is one compiled operation: a method with its address, what is sent, and how the answer is read.
type call struct {
	op         Op
	node       ast.Node  // of the address
	variables  types.Map // of the request
	method     string
	host       string // with its scheme: one of its own; "" behind the base
	path       template
	query      template
	parameters value // query as a mapping; nil for none
	header     []header
	content    content
	answers    string
	sign       *signing // nil for none

	judging
	inherited []string // keys of judging that api says for it
	job       *expression
	page      *paging
	result    map[string]*expression // by the key in the document
	session   []signed               // login's
	every     time.Duration          // poll's
	fields    []Field                // of the account
}

// requestKeys and answerKeys are those of every call.
func requestKeys() []string {
	return slices.Concat(methodKeys(), []string{"query", "headers"}, contentKeys(), []string{"sign"})
}

func answerKeys() []string {
	return []string{"answers", "ok", "absent", "exists", "conflict", "throttled", "expired", "message", "wait", "job", "page"}
}

// call compiles the operation at node.
func (p *parsing) call(op Op, node ast.Node) error {
	c := &call{op: op, result: map[string]*expression{}, fields: p.native.about.Fields}
	err := p.compile(c, node)
	var leaf *leafError
	if err != nil && !errors.As(err, &leaf) {
		return &leafError{node, fmt.Errorf("%s: %w", op, err)}
	}
	p.native.calls[op] = c
	return err
}

func (p *parsing) compile(c *call, node ast.Node) error {
	s, err := p.keysOf(c.op, node)
	if err != nil {
		return err
	}
	vars := p.variables(c.op)
	paged, err := keyedAt(s.given["page"], "first", "next", "next_url")
	if err != nil {
		return err
	}
	if paged.given["next"] != nil {
		vars["page"] = types.Any
	}
	c.variables = vars
	if err := c.locate(s, vars); err != nil {
		return err
	}
	if c.header, err = compileHeaders(s.given["headers"], vars); err != nil {
		return err
	}
	if err := c.send(s, vars); err != nil {
		return err
	}
	if err := p.signs(c, s, vars); err != nil {
		return err
	}
	answered := maps.Clone(vars)
	maps.Copy(answered, answerTypes())
	for _, step := range []func(keyed, types.Map) error{c.judged, c.paged, c.results} {
		if err := step(s, answered); err != nil {
			return err
		}
	}
	c.inherit(p.native.usual, s)
	return nil
}

// keysOf refuses keys of other operations, by their name.
func (p *parsing) keysOf(op Op, node ast.Node) (keyed, error) {
	known := slices.Concat(requestKeys(), answerKeys())
	all := slices.Clone(known)
	for _, each := range nativeOps() {
		for _, y := range yieldsOf(each) {
			all = append(all, y.key)
		}
	}
	s, err := keyedAt(node, slices.Compact(slices.Sorted(slices.Values(all)))...)
	if err != nil {
		return s, err
	}
	for _, y := range yieldsOf(op) {
		known = append(known, y.key)
	}
	for _, key := range s.keys() {
		if !slices.Contains(known, key) || key == "page" && !listing(op) || key == "job" && !changes(op) || key == "expired" && op == Login {
			return s, &leafError{s.given[key], fmt.Errorf("%s means nothing in %s", key, op)}
		}
	}
	return s, nil
}

// nativeOps are the operations of native documents, in the order in which they are compiled.
func nativeOps() []Op {
	return []Op{Login, Logout, Zone, Zones, Read, Replace, List, Item, Create, Delete, AddSome, Remove, Write, Clear, Commit, Poll}
}

// changes says that op changes something.
func changes(op Op) bool {
	return slices.Contains([]Op{Replace, Create, Delete, AddSome, Remove, Write, Clear, Commit}, op)
}

// listing says that op may have pages.
func listing(op Op) bool { return slices.Contains([]Op{Zones, Read, List}, op) }

// signs reads the recipe of the call: its own, none, or the api's. A login signs only for itself.
func (p *parsing) signs(c *call, s keyed, vars types.Map) error {
	n := s.given["sign"]
	if n == nil {
		if c.op != Login {
			c.sign = p.native.sign
		}
		return nil
	}
	if text, ok := textNode(n); ok && text != "none" {
		return &leafError{n, errors.New("this should be none, or a mapping of values and headers, or of aws4")}
	} else if ok {
		return nil
	}
	var err error
	c.sign, err = compileSigning(n, vars)
	return err
}

// condition is when an answer has an outcome: its status is one of these, or the expression is true.
type condition struct {
	statuses []int
	when     *expression
}

// judged compiles what tells the outcome of an answer.
func (c *call) judged(s keyed, vars types.Map) error {
	var err error
	if c.answers, err = answersOf(s); err != nil {
		return err
	}
	if err := c.judging.compile(s, vars, c.shown); err != nil {
		return err
	}
	return compileInto(&c.job, s.given["job"], vars, aText, c.shown)
}

// namedOutcomes are those that a document can name, in the order of judgement.
func namedOutcomes() []Outcome { return []Outcome{Throttled, Expired, Absent, Exists, Conflict} }

func compileCondition(n ast.Node, vars types.Map) (condition, error) {
	if _, ok := textNode(n); ok {
		x, err := compileResult(n, vars, aTruth)
		return condition{when: x}, err
	}
	elements, err := elementsOf(n)
	if err != nil || len(elements) == 0 {
		return condition{}, &leafError{n, errors.New("this should be a list of statuses, as in [404], or an expression that begins with =")}
	}
	var c condition
	for _, element := range elements {
		status, err := wholeAt(element, 100, 599)
		if err != nil {
			return c, err
		}
		c.statuses = append(c.statuses, status)
	}
	return c, nil
}

// sort is what a result has to be.
type sort int

const (
	aText sort = iota
	aNumber
	aList
	aTruth
	anything
	aMapping
	aTime
)

// kinds are those of values that can be read as the sort; none: all.
func (s sort) kinds() []reflect.Kind {
	switch s {
	case aList:
		return []reflect.Kind{reflect.Slice, reflect.Array}
	case aTruth:
		return []reflect.Kind{reflect.Bool}
	case anything:
		return nil
	}
	return []reflect.Kind{reflect.String, reflect.Int, reflect.Float64}
}

// String names what is wanted.
func (s sort) String() string {
	return [...]string{"text", "a number", "a list", "true or false", "anything", "a mapping", "a time"}[s]
}

func compileResult(n ast.Node, variables types.Map, s sort) (*expression, error) {
	text, ok := textNode(n)
	if !ok || !strings.HasPrefix(text, "=") {
		return nil, &leafError{n, errors.New("this should be an expression that begins with =")}
	}
	x, err := compile(text[1:], variables)
	if err != nil {
		return nil, &leafError{n, err}
	}
	if kinds := s.kinds(); kinds != nil && !x.mayBe(kinds...) {
		return nil, &leafError{n, fmt.Errorf("this gives %s, which can't be used here: %s is wanted", kindOfType(x.program.Node().Type().String()), s)}
	}
	return x, nil
}
