package dnsconfig

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"regexp"
	"strings"

	"github.com/expr-lang/expr/types"
	"github.com/goccy/go-yaml/ast"
)

// wireCall is one operation as the document has it: a method with its path, what is sent, and how the answer is read.
type wireCall struct {
	Get     ast.Node `yaml:"get"`
	Post    ast.Node `yaml:"post"`
	Put     ast.Node `yaml:"put"`
	Patch   ast.Node `yaml:"patch"`
	Delete  ast.Node `yaml:"delete"`
	Headers ast.Node `yaml:"headers"`
	Body    ast.Node `yaml:"body"` // sent as JSON
	Form    ast.Node `yaml:"form"` // sent as a form
	Absent  []int    `yaml:"absent"`
	OK      ast.Node `yaml:"ok"`

	ID         ast.Node `yaml:"id"`          // zone, list
	Name       ast.Node `yaml:"name"`        // zone
	MinimumTTL ast.Node `yaml:"minimum_ttl"` // zone
	Values     ast.Node `yaml:"values"`      // read
	Records    ast.Node `yaml:"records"`     // list
	Value      ast.Node `yaml:"value"`       // list
}

// call is one compiled operation.
type call struct {
	method string
	path   template
	query  template // nil without a question mark
	header []header
	body   value // nil for none
	form   bool
	absent []int
	ok     *expression
	result map[string]*expression // by the key in the document
}

type header struct {
	name  string
	value template
}

// sort is what a result has to be.
type sort int

const (
	aText sort = iota
	aNumber
	aList
	aTruth
)

// kinds are those of values that can be read as the sort.
func (s sort) kinds() []reflect.Kind {
	switch s {
	case aList:
		return []reflect.Kind{reflect.Slice, reflect.Array}
	case aTruth:
		return []reflect.Kind{reflect.Bool}
	}
	return []reflect.Kind{reflect.String, reflect.Int, reflect.Float64}
}

// yield is a result that an operation may, or has to, have.
type yield struct {
	key    string
	sort   sort
	needed bool
	each   bool // evaluated for each record
}

func yieldsOf(op Op) []yield {
	switch op {
	case Zone:
		return []yield{{"id", aText, true, false}, {"name", aText, false, false}, {"minimum_ttl", aNumber, false, false}}
	case Read:
		return []yield{{"values", aList, true, false}}
	case List:
		return []yield{{"records", aList, true, false}, {"id", aText, true, true}, {"value", aText, true, true}}
	}
	return nil
}

func compileCall(op Op, w wireCall, variables types.Map) (*call, error) {
	c := &call{absent: w.Absent, result: map[string]*expression{}}
	if err := c.address(w, variables); err != nil {
		return nil, err
	}
	var err error
	if c.header, err = compileHeaders(w.Headers, variables); err != nil {
		return nil, err
	}
	if err := c.content(w, variables); err != nil {
		return nil, err
	}
	return c, c.results(op, w, variables)
}

// address reads the one method and its path.
func (c *call) address(w wireCall, variables types.Map) error {
	methods := []struct {
		name string
		node ast.Node
	}{{"GET", w.Get}, {"POST", w.Post}, {"PUT", w.Put}, {"PATCH", w.Patch}, {"DELETE", w.Delete}}
	var node ast.Node
	for _, m := range methods {
		if m.node == nil {
			continue
		}
		if node != nil {
			return errors.New("there are two methods; exactly one of get, post, put, patch and delete has to be there")
		}
		c.method, node = m.name, m.node
	}
	if node == nil {
		return errors.New("there is no method; exactly one of get, post, put, patch and delete has to be there")
	}
	text, ok := textNode(node)
	if !ok || !strings.HasPrefix(text, "/") {
		return &leafError{node, errors.New("this should be a path that begins with a slash, as in /zones/${zone}")}
	}
	t, err := parseTemplate(text, variables)
	if err != nil {
		return &leafError{node, err}
	}
	c.path, c.query = cutQuery(t)
	if err := plainPath(c.path.own()); err != nil {
		return &leafError{node, err}
	}
	return nil
}

// cutQuery splits a template at the first question mark of its own text.
func cutQuery(t template) (path, query template) {
	for i, p := range t {
		before, after, found := strings.Cut(p.text, "?")
		if !found {
			continue
		}
		path = append(path, t[:i]...)
		path = append(path, part{text: before})
		query = append(template{{text: after}}, t[i+1:]...)
		return path, query
	}
	return t, nil
}

func (c *call) content(w wireCall, variables types.Map) error {
	node := w.Body
	if w.Form != nil {
		if node != nil {
			return errors.New("there are both body and form; one of them can be sent")
		}
		node, c.form = w.Form, true
	}
	if node == nil {
		return nil
	}
	if _, mapping := node.(*ast.MappingNode); c.form && !mapping {
		return &leafError{node, errors.New("a form is a mapping of keys to values")}
	}
	var err error
	c.body, err = compileBody(node, variables)
	return err
}

// results compiles what is read from the answer.
func (c *call) results(op Op, w wireCall, variables types.Map) error {
	vars := maps.Clone(variables)
	vars["status"], vars["response"] = types.Int, types.Any
	if w.OK != nil {
		x, err := compileResult(w.OK, vars, aTruth)
		if err != nil {
			return err
		}
		c.ok = x
	}
	given := map[string]ast.Node{
		"id": w.ID, "name": w.Name, "minimum_ttl": w.MinimumTTL, "values": w.Values, "records": w.Records, "value": w.Value,
	}
	for _, y := range yieldsOf(op) {
		node := given[y.key]
		delete(given, y.key)
		if node == nil && y.needed {
			return fmt.Errorf("%s is missing", y.key)
		}
		if node == nil {
			continue
		}
		in := vars
		if y.each {
			in = maps.Clone(vars)
			in["record"] = types.Any
		}
		x, err := compileResult(node, in, y.sort)
		if err != nil {
			return err
		}
		c.result[y.key] = x
	}
	for key, node := range given {
		if node != nil {
			return &leafError{node, fmt.Errorf("%s means nothing in %s", key, op)}
		}
	}
	return nil
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
	if !x.mayBe(s.kinds()...) {
		return nil, &leafError{n, fmt.Errorf("this gives a %s, which can't be used here", x.program.Node().Type())}
	}
	return x, nil
}

// headerName is a token of RFC 9110 §5.6.2.
var headerName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

func compileHeaders(n ast.Node, variables types.Map) ([]header, error) {
	pairs, err := pairsOf(n)
	if err != nil {
		return nil, err
	}
	var headers []header
	for _, pair := range pairs {
		key := keyOf(pair)
		if !headerName.MatchString(key) {
			return nil, &leafError{pair.Key, fmt.Errorf("%q is no name of a header", cut(key, 80))}
		}
		if hopByHop(key) {
			return nil, &leafError{pair.Key, fmt.Errorf("a document can't set the header %s", key)}
		}
		text, ok := textNode(pair.Value)
		if !ok {
			return nil, &leafError{pair.Value, errors.New("this should be text")}
		}
		t, err := parseTemplate(text, variables)
		if err != nil {
			return nil, &leafError{pair.Value, err}
		}
		if err := plainHeader(key, t.own()); err != nil {
			return nil, &leafError{pair.Value, err}
		}
		headers = append(headers, header{key, t})
	}
	return headers, nil
}

// hopByHop are headers that belong to the connection, not to the document (RFC 9110 §7.6.1).
func hopByHop(name string) bool {
	switch strings.ToLower(name) {
	case "host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "proxy-authorization":
		return true
	}
	return false
}

// plainPath refuses a path with a part that is empty or dots only, since it would name something else than the document
// means. The last part may be empty: a slash at the end.
func plainPath(path string) error {
	parts := strings.Split(path[1:], "/")
	for i, p := range parts {
		if p == "" && i < len(parts)-1 {
			return fmt.Errorf("the path %s has an empty part", cut(path, 120))
		}
		if p == "." || p == ".." {
			return fmt.Errorf("the path %s has a part of dots only", cut(path, 120))
		}
	}
	return nil
}

// plainHeader refuses a value that would begin a line of its own (RFC 9110 §5.5).
func plainHeader(name, value string) error {
	if strings.ContainsFunc(value, func(r rune) bool { return r < 0x20 && r != '\t' || r == 0x7f }) {
		return fmt.Errorf("the header %s would hold a line break or control character", name)
	}
	return nil
}

// url makes the address: expressions in the path are escaped as path parts, those in the query as query parts.
func (c *call) url(base string, e *evaluation) (string, error) {
	path, err := c.path.text(e, url.PathEscape)
	if err != nil {
		return "", err
	}
	if err := plainPath(path); err != nil {
		return "", err
	}
	if c.query == nil {
		return base + path, nil
	}
	query, err := c.query.text(e, url.QueryEscape)
	if err != nil {
		return "", err
	}
	return base + path + "?" + query, nil
}
