package dnsconfig

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"deputy/fault"
)

// Bounds of a YAML document: octets, and how deep lists and mappings may nest. The parser's time grows with the square
// of the depth, so it is bounded before the parser sees the text.
const (
	maxYAML  = 64 << 10
	maxDepth = 32
)

// Strict says how DecodeYAML reads.
type Strict struct {
	Tried  string // for faults: "read the DNS Provider"
	Masked bool   // excerpts in faults end at the first colon, since what follows may be a secret
}

// DecodeYAML reads exactly one YAML document into dst, a pointer to a struct with yaml tags. Refused are unknown and
// repeated keys, anchors, aliases, merges and tags (a short document can be huge with them), more than 64 KiB, and
// nesting deeper than 32. Errors are faults (BadDocument) with line, column and the line itself.
func (s Strict) DecodeYAML(source []byte, dst any) error {
	if err := bounded(source); err != nil {
		return s.fault(source, place{}, err.Error())
	}
	file, err := parser.ParseBytes(source, 0)
	if err != nil {
		return s.translate(source, err)
	}
	body, err := onlyBody(file)
	if err != nil {
		return s.fault(source, place{}, err.Error())
	}
	if found := forbidden(body); found != nil {
		return s.fault(source, placeOf(found), "anchors, aliases, merge keys and tags are not allowed here; write the value out")
	}
	if err := yaml.NodeToValue(body, dst, yaml.Strict()); err != nil {
		return s.translate(source, err)
	}
	return nil
}

// Fault is a fault (BadDocument) about the place of node in source.
func (s Strict) Fault(source []byte, node ast.Node, seen string) *fault.Fault {
	return s.fault(source, placeOf(node), seen)
}

// place is where in a document something stands, from 1; the zero value is nowhere.
type place struct{ line, column int }

func placeOf(n ast.Node) place {
	if n == nil || n.GetToken() == nil || n.GetToken().Position == nil {
		return place{}
	}
	return place{n.GetToken().Position.Line, n.GetToken().Position.Column}
}

func (s Strict) fault(source []byte, at place, seen string) *fault.Fault {
	f := &fault.Fault{
		Code:  fault.BadDocument,
		Tried: s.Tried,
		Seen:  seen,
		Do:    "correct the document there and give it again",
		Who:   fault.Admin,
	}
	if at.line == 0 {
		f.Do = "correct the document and give it again"
		return f
	}
	f.Seen = fmt.Sprintf("line %d, column %d: %s", at.line, at.column, seen)
	if line := s.excerpt(source, at.line); line != "" {
		f.Seen += ", at: " + line
	}
	return f
}

// excerpt is line number n (from 1), cut to 80 characters.
func (s Strict) excerpt(source []byte, n int) string {
	lines := bytes.Split(source, []byte("\n"))
	if n < 1 || n > len(lines) {
		return ""
	}
	line := strings.TrimSpace(strings.ToValidUTF8(string(lines[n-1]), "?"))
	if s.Masked {
		key, _, ok := strings.Cut(line, ":")
		if !ok {
			return ""
		}
		return cut(key, 80) + ": …"
	}
	return cut(line, 80)
}

// translate words an error of the YAML library for people who don't know Go.
func (s Strict) translate(source []byte, err error) error {
	var at place
	var placed yaml.Error
	if errors.As(err, &placed) && placed.GetToken() != nil && placed.GetToken().Position != nil {
		at = place{placed.GetToken().Position.Line, placed.GetToken().Position.Column}
	}
	var unknown *yaml.UnknownFieldError
	var mismatch *yaml.TypeError
	var node *yaml.UnexpectedNodeTypeError
	switch {
	case errors.As(err, &unknown):
		return s.fault(source, at, "there is no key "+strings.TrimPrefix(unknown.Message, "unknown field ")+" here")
	case errors.As(err, &mismatch):
		return s.fault(source, at, "this should be "+wanted(mismatch.DstType))
	case errors.As(err, &node):
		return s.fault(source, at, fmt.Sprintf("this should be a %s, not a %s", strings.ToLower(node.Expected.YAMLName()), strings.ToLower(node.Actual.YAMLName())))
	case s.Masked:
		return s.fault(source, at, "this is not YAML, or not of the form that belongs here")
	case placed != nil:
		return s.fault(source, at, plainYAML(placed.GetMessage()))
	}
	return s.fault(source, at, cut(strings.ReplaceAll(err.Error(), "\n", " "), 200))
}

// plainYAML words what the YAML library says of lists and mappings of one line.
func plainYAML(message string) string {
	if strings.HasPrefix(message, "could not find flow map content") {
		return "this mapping { } can't be read; a value with commas, quotes or braces has to stand in quotes as a whole"
	}
	return message
}

func wanted(t reflect.Type) string {
	if t == nil {
		return "something else"
	}
	if strings.HasSuffix(t.String(), "time.Duration") {
		return "a time such as 30s or 2m"
	}
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64, reflect.Uint32, reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "a mapping of keys to values"
	default:
		return "of another kind"
	}
}

// bounded refuses what would keep the parser busy for long.
func bounded(source []byte) error {
	if len(source) > maxYAML {
		return fmt.Errorf("the document has %d octets; at most %d are read", len(source), maxYAML)
	}
	depth := 0
	for line := range bytes.Lines(source) {
		dashes := 0
		for i, c := range line {
			switch {
			case c == '[' || c == '{':
				depth++
			case (c == ']' || c == '}') && depth > 0:
				depth--
			case (c == '-' || c == '?') && i+1 < len(line) && bytes.IndexByte([]byte(" \t\r\n"), line[i+1]) >= 0:
				dashes++
			}
			if depth > maxDepth || dashes > maxDepth {
				return fmt.Errorf("the document nests deeper than %d", maxDepth)
			}
		}
	}
	return nil
}

func onlyBody(file *ast.File) (ast.Node, error) {
	var bodies []ast.Node
	for _, d := range file.Docs {
		if d.Body != nil && d.Body.Type() != ast.NullType {
			bodies = append(bodies, d.Body)
		}
	}
	if len(bodies) == 0 {
		return nil, errors.New("the document is empty")
	}
	if len(bodies) > 1 {
		return nil, fmt.Errorf("there are %d documents in one; give them one by one", len(bodies))
	}
	return bodies[0], nil
}

// forbidden finds the first node that may repeat or reinterpret others.
func forbidden(root ast.Node) ast.Node {
	var find finder
	ast.Walk(&find, root)
	return find.found
}

type finder struct{ found ast.Node }

func (f *finder) Visit(n ast.Node) ast.Visitor {
	switch n.Type() {
	case ast.AnchorType, ast.AliasType, ast.MergeKeyType, ast.TagType:
		if f.found == nil {
			f.found = n
		}
		return nil
	}
	return f
}

// cut shortens text to at most n characters, and says so by an ellipsis.
func cut(text string, n int) string {
	runes := []rune(text)
	if len(runes) <= n {
		return text
	}
	return string(runes[:n]) + "…"
}
