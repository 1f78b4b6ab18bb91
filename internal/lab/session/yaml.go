package session

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// misread is what is wrong in a YAML text, with the line in that text.
type misread struct {
	line   int
	reason string
}

func (m *misread) Error() string { return m.reason }

// parseYAML reads one YAML document as nodes whose lines count from offset. Refused are anchors, aliases, merges, tags
// and keys that stand twice.
func parseYAML(source []byte, offset int) (*node, error) {
	if err := shallow(source); err != nil {
		return nil, &misread{offset + 1, err.Error()}
	}
	file, err := parser.ParseBytes(source, 0)
	if err != nil {
		var placed yaml.Error
		if errors.As(err, &placed) && placed.GetToken() != nil && placed.GetToken().Position != nil {
			reason, _, _ := strings.Cut(placed.GetMessage(), " already defined at ")
			if reason != placed.GetMessage() {
				reason += " stands here twice"
			}
			return nil, &misread{offset + placed.GetToken().Position.Line, reason}
		}
		return nil, &misread{offset + 1, "this is not YAML"}
	}
	var body ast.Node
	for _, d := range file.Docs {
		if d.Body == nil {
			continue
		}
		if body != nil {
			return nil, &misread{offset + 1, "there is more than one YAML document here"}
		}
		body = d.Body
	}
	if body == nil {
		return nil, &misread{offset + 1, "there is nothing here"}
	}
	return yamlNode(body, offset, 0)
}

// shallow bounds nesting before the parser sees the text, since its time grows with the square of the depth.
func shallow(source []byte) error {
	depth, deepest := 0, 0
	for line := range bytes.Lines(source) {
		dashes := 0
		for i, c := range line {
			switch {
			case c == '[' || c == '{':
				depth++
			case (c == ']' || c == '}') && depth > 0:
				depth--
			case (c == '-' || c == '?') && i+1 < len(line) && strings.IndexByte(" \t\r\n", line[i+1]) >= 0:
				dashes++
			}
			deepest = max(deepest, depth, dashes)
		}
	}
	if deepest > 3*maxNesting {
		return fmt.Errorf("it nests deeper than %d", maxNesting)
	}
	return nil
}

func lineOf(n ast.Node, offset int) int {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return offset + 1
	}
	return offset + n.GetToken().Position.Line
}

func yamlNode(n ast.Node, offset, depth int) (*node, error) {
	at := lineOf(n, offset)
	if depth > maxNesting {
		return nil, &misread{at, fmt.Sprintf("it nests deeper than %d", maxNesting)}
	}
	switch x := n.(type) {
	case nil:
		return &node{kind: null, line: at}, nil
	case *ast.NullNode:
		return &node{kind: null, line: at}, nil
	case *ast.BoolNode:
		return &node{kind: boolean, scalar: fmt.Sprint(x.Value), line: at}, nil
	case *ast.IntegerNode, *ast.FloatNode:
		return &node{kind: number, scalar: n.GetToken().Value, line: at}, nil
	case *ast.StringNode:
		return &node{kind: text, scalar: x.Value, line: at}, nil
	case *ast.LiteralNode:
		return &node{kind: text, scalar: x.Value.Value, line: at}, nil
	case *ast.SequenceNode:
		return yamlList(x, offset, depth)
	case *ast.MappingNode:
		return yamlMapping(x, x.Values, offset, depth)
	case *ast.MappingValueNode:
		return yamlMapping(x, []*ast.MappingValueNode{x}, offset, depth)
	}
	return nil, &misread{at, "anchors, aliases, merge keys, tags and other special values are not allowed here; write the value out"}
}

func yamlList(x *ast.SequenceNode, offset, depth int) (*node, error) {
	result := &node{kind: list, line: lineOf(x, offset)}
	for _, value := range x.Values {
		item, err := yamlNode(value, offset, depth+1)
		if err != nil {
			return nil, err
		}
		result.items = append(result.items, item)
	}
	return result, nil
}

func yamlMapping(at ast.Node, values []*ast.MappingValueNode, offset, depth int) (*node, error) {
	result := &node{kind: mapping, line: lineOf(at, offset)}
	for _, pair := range values {
		key, err := yamlNode(pair.Key, offset, depth+1)
		if err != nil {
			return nil, err
		}
		if key.kind == list || key.kind == mapping {
			return nil, &misread{key.line, "a key has to be text"}
		}
		if result.get(key.scalar) != nil {
			return nil, &misread{key.line, fmt.Sprintf("the key %q stands here twice", key.scalar)}
		}
		value, err := yamlNode(pair.Value, offset, depth+1)
		if err != nil {
			return nil, err
		}
		result.line = min(result.line, key.line)
		result.members = append(result.members, member{key.scalar, value, key.line})
	}
	return result, nil
}
