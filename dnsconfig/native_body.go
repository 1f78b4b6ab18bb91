package dnsconfig

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/types"
	"github.com/goccy/go-yaml/ast"
)

// maxBody is how long a request's body may get, in octets.
const maxBody = 256 << 10

// value is a node of a body: a constant, an expression, a template, or a list or object of values.
type value interface {
	give(*evaluation) (any, error)
}

type constant struct{ v any }

func (c constant) give(*evaluation) (any, error) { return c.v, nil }

type list []value

func (l list) give(e *evaluation) (any, error) {
	given := make([]any, 0, len(l))
	for _, v := range l {
		g, err := v.give(e)
		if err != nil {
			return nil, err
		}
		given = append(given, g)
	}
	return given, nil
}

// object keeps its members in the document's order.
type object []member

type member struct {
	key   string
	value value
}

func (o object) give(e *evaluation) (any, error) {
	given := make(fields, 0, len(o))
	for _, m := range o {
		g, err := m.value.give(e)
		if err != nil {
			return nil, err
		}
		given = append(given, field{m.key, g})
	}
	return given, nil
}

// fields is an evaluated object.
type fields []field

type field struct {
	key   string
	value any
}

// leafError is an error at a node of the document.
type leafError struct {
	node ast.Node
	err  error
}

func (l *leafError) Error() string { return l.err.Error() }

func (l *leafError) Unwrap() error { return l.err }

// compileBody makes a value of a YAML node.
func compileBody(n ast.Node, variables types.Map) (value, error) {
	switch x := n.(type) {
	case *ast.MappingNode:
		var o object
		for _, pair := range x.Values {
			v, err := compileBody(pair.Value, variables)
			if err != nil {
				return nil, err
			}
			o = append(o, member{keyOf(pair), v})
		}
		return o, nil
	case *ast.SequenceNode:
		l := list{}
		for _, element := range x.Values {
			v, err := compileBody(element, variables)
			if err != nil {
				return nil, err
			}
			l = append(l, v)
		}
		return l, nil
	}
	v, err := compileLeaf(n, variables)
	if err != nil {
		return nil, &leafError{n, err}
	}
	return v, nil
}

// compileLeaf makes a value of a scalar: "=…" is an expression, "${…}" within text a template, the rest stands as it is.
func compileLeaf(n ast.Node, variables types.Map) (value, error) {
	text, isText := textNode(n)
	switch {
	case isText && strings.HasPrefix(text, "="):
		return compile(text[1:], variables)
	case isText && strings.Contains(text, "${"):
		return parseTemplate(text, variables)
	case isText:
		return constant{text}, nil
	}
	switch x := n.(type) {
	case *ast.IntegerNode:
		i, err := strconv.Atoi(x.GetToken().Value)
		if err != nil {
			return nil, fmt.Errorf("%s is no decimal number; put text in quotes", x.GetToken().Value)
		}
		return constant{i}, nil
	case *ast.FloatNode:
		return constant{x.Value}, nil
	case *ast.BoolNode:
		return constant{x.Value}, nil
	case *ast.NullNode:
		return constant{nil}, nil
	}
	return nil, fmt.Errorf("a %s can't stand here", strings.ToLower(n.Type().YAMLName()))
}

func textNode(n ast.Node) (string, bool) {
	switch x := n.(type) {
	case *ast.StringNode:
		return x.Value, true
	case *ast.LiteralNode:
		return x.Value.Value, true
	}
	return "", false
}

func keyOf(pair *ast.MappingValueNode) string {
	if text, ok := textNode(pair.Key); ok {
		return text
	}
	return pair.Key.GetToken().Value
}

// encodeJSON writes v, members of objects in the document's order. It fails where text is not UTF-8, since JSON can't
// carry it, and beyond maxBody.
func encodeJSON(v any) ([]byte, error) {
	var b bytes.Buffer
	if err := writeJSON(&b, v, 0); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

func writeJSON(b *bytes.Buffer, v any, depth int) error {
	if b.Len() > maxBody || depth > maxDepth {
		return fmt.Errorf("the body gets longer than %d octets or deeper than %d", maxBody, maxDepth)
	}
	switch x := v.(type) {
	case fields:
		return writeObject(b, x, depth)
	case map[string]any:
		var sorted fields
		for _, key := range slices.Sorted(maps.Keys(x)) {
			sorted = append(sorted, field{key, x[key]})
		}
		return writeObject(b, sorted, depth)
	case []any:
		return writeArray(b, len(x), func(i int) any { return x[i] }, depth)
	case []string:
		return writeArray(b, len(x), func(i int) any { return x[i] }, depth)
	case string:
		return writeString(b, x)
	case nil, int, float64, bool:
		encoded, err := json.Marshal(x)
		b.Write(encoded)
		return err
	}
	return fmt.Errorf("%s can't stand in a body", kindOf(v))
}

func writeObject(b *bytes.Buffer, o fields, depth int) error {
	b.WriteByte('{')
	for i, f := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := writeString(b, f.key); err != nil {
			return err
		}
		b.WriteByte(':')
		if err := writeJSON(b, f.value, depth+1); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

func writeArray(b *bytes.Buffer, n int, at func(int) any, depth int) error {
	b.WriteByte('[')
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := writeJSON(b, at(i), depth+1); err != nil {
			return err
		}
	}
	b.WriteByte(']')
	return nil
}

func writeString(b *bytes.Buffer, s string) error {
	if !utf8.ValidString(s) {
		return errors.New("a text in the body is not UTF-8; quote(…) writes any octets")
	}
	encoder := json.NewEncoder(b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // the encoder's newline
	return nil
}

// encodeForm writes a mapping as application/x-www-form-urlencoded.
func encodeForm(v any) ([]byte, error) {
	text, err := encodePairs(v, url.QueryEscape)
	if err != nil {
		return nil, fmt.Errorf("form: %w", err)
	}
	return []byte(text), nil
}

// encodePairs writes the pairs of a form or query: a list repeats its key, nothing leaves it out.
func encodePairs(v any, escape func(string) string) (string, error) {
	switch v.(type) {
	case fields, map[string]any:
	default:
		return "", fmt.Errorf("a mapping is wanted, not %s", kindOf(v))
	}
	var pairs []string
	for _, f := range membersOf(v) {
		texts, err := repeated(f.value)
		if err != nil {
			return "", fmt.Errorf("%s: %w", cut(f.key, 80), err)
		}
		for _, text := range texts {
			pairs = append(pairs, escape(f.key)+"="+escape(text))
		}
	}
	body := strings.Join(pairs, "&")
	if len(body) > maxBody {
		return "", fmt.Errorf("it gets longer than %d octets", maxBody)
	}
	return body, nil
}

// repeated are the texts of one key.
func repeated(v any) ([]string, error) {
	if v == nil {
		return nil, nil
	}
	if _, several := listOf(v); several {
		return textsOf(v)
	}
	text, err := textOf(v)
	return []string{text}, err
}
