package dnsconfig

import (
	"errors"
	"fmt"

	"github.com/expr-lang/expr/types"
	"github.com/goccy/go-yaml/ast"
)

// content is what a request sends: nothing, or one of body (JSON), form, xml and text.
type content struct {
	kind  string
	value value
}

func contentKeys() []string { return []string{"body", "form", "xml", "text"} }

func (c *call) send(s keyed, variables types.Map) error {
	if n := s.given["query"]; n != nil {
		var err error
		if c.parameters, err = compilePairs(n, variables); err != nil {
			return err
		}
	}
	for _, key := range contentKeys() {
		n := s.given[key]
		if n == nil {
			continue
		}
		if c.content.kind != "" {
			return &leafError{n, fmt.Errorf("there are both %s and %s; one of them can be sent", c.content.kind, key)}
		}
		v, err := compileContent(key, n, variables)
		if err != nil {
			return err
		}
		c.content = content{key, v}
	}
	return nil
}

func compileContent(key string, n ast.Node, variables types.Map) (value, error) {
	switch key {
	case "form":
		return compilePairs(n, variables)
	case "xml":
		if m, ok := n.(*ast.MappingNode); !ok || len(m.Values) != 1 {
			return nil, &leafError{n, errors.New("xml is a mapping of one key, the root element")}
		}
	case "text":
		if _, ok := textNode(n); !ok {
			return nil, &leafError{n, errors.New("this should be text")}
		}
	}
	return compileBody(n, variables)
}

// compilePairs reads a form or query: a mapping of keys to values, or an expression that gives one.
func compilePairs(n ast.Node, variables types.Map) (value, error) {
	v, err := compileBody(n, variables)
	if err != nil {
		return nil, err
	}
	switch v.(type) {
	case object, *expression:
		return v, nil
	}
	return nil, &leafError{n, errors.New("this should be a mapping of keys to values, or an expression that gives one and begins with =")}
}

func (c content) mediaType() string {
	switch c.kind {
	case "body":
		return "application/json"
	case "form":
		return "application/x-www-form-urlencoded"
	case "xml":
		return "application/xml"
	case "text":
		return "text/plain; charset=utf-8"
	}
	return ""
}

// encode makes the body.
func (c content) encode(e *evaluation) ([]byte, error) {
	if c.kind == "" {
		return nil, nil
	}
	v, err := c.value.give(e)
	if err != nil {
		return nil, err
	}
	switch c.kind {
	case "form":
		return encodeForm(v)
	case "xml":
		return encodeXML(v)
	case "text":
		text, err := textOf(v)
		if err != nil {
			return nil, fmt.Errorf("text: %w", err)
		}
		if len(text) > maxBody {
			return nil, fmt.Errorf("the body gets longer than %d octets", maxBody)
		}
		return []byte(text), nil
	}
	return encodeJSON(v)
}
