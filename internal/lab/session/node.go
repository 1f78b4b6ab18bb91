package session

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
)

// kind is what a node is.
type kind int

const (
	null kind = iota
	boolean
	number
	text
	list
	mapping
)

// String names a kind as people do.
func (k kind) String() string {
	return []string{"null", "true or false", "a number", "text", "a list", "a mapping"}[k]
}

// node is a value of YAML, JSON, XML, a form or a query, in its own order.
type node struct {
	kind    kind
	scalar  string // of boolean, number and text, as written
	items   []*node
	members []member
	line    int // in the session file; 0 elsewhere
}

// member is one key of a mapping.
type member struct {
	key   string
	value *node
	line  int
}

func textNode(s string) *node { return &node{kind: text, scalar: s} }

// get is the member of a key, nil where there is none.
func (n *node) get(key string) *node {
	for _, m := range n.members {
		if m.key == key {
			return m.value
		}
	}
	return nil
}

// at is the line of a key, or of the mapping where it has none of that name.
func (n *node) at(key string) int {
	for _, m := range n.members {
		if m.key == key {
			return m.line
		}
	}
	return n.line
}

// String shows a node as JSON, cut to what fits a line.
func (n *node) String() string {
	const most = 300
	shown := string(n.json())
	if len(shown) > most {
		return shown[:most] + "…"
	}
	return shown
}

// json writes a node.
func (n *node) json() []byte {
	var b bytes.Buffer
	n.writeJSON(&b)
	return b.Bytes()
}

func (n *node) writeJSON(b *bytes.Buffer) {
	switch n.kind {
	case null:
		b.WriteString("null")
	case boolean, number:
		b.WriteString(n.scalar)
	case text:
		b.Write(quoteJSON(n.scalar))
	case list:
		for i, item := range n.items {
			b.WriteByte("[,"[min(i, 1)])
			item.writeJSON(b)
		}
		b.WriteString(strings.Repeat("[", max(0, 1-len(n.items))) + "]")
	case mapping:
		for i, m := range n.members {
			b.WriteByte("{,"[min(i, 1)])
			b.Write(quoteJSON(m.key))
			b.WriteByte(':')
			m.value.writeJSON(b)
		}
		b.WriteString(strings.Repeat("{", max(0, 1-len(n.members))) + "}")
	}
}

// quoteJSON is a JSON string with < > & as they are.
func quoteJSON(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return []byte(`""`)
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

// maxNesting bounds lists and mappings in one another.
const maxNesting = 32

// parseJSON reads one JSON value; the same key twice in an object is refused.
func parseJSON(body []byte) (*node, error) {
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	n, err := readJSON(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON value")
	}
	return n, nil
}

func readJSON(d *json.Decoder, depth int) (*node, error) {
	if depth > maxNesting {
		return nil, fmt.Errorf("it nests deeper than %d", maxNesting)
	}
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	switch v := token.(type) {
	case bool:
		return &node{kind: boolean, scalar: strconv.FormatBool(v)}, nil
	case json.Number:
		return &node{kind: number, scalar: v.String()}, nil
	case string:
		return textNode(v), nil
	case json.Delim:
		if v == '[' {
			return readArray(d, depth)
		}
		return readObject(d, depth)
	}
	return &node{kind: null}, nil
}

func readArray(d *json.Decoder, depth int) (*node, error) {
	n := &node{kind: list}
	for d.More() {
		item, err := readJSON(d, depth+1)
		if err != nil {
			return nil, err
		}
		n.items = append(n.items, item)
	}
	_, err := d.Token()
	return n, err
}

func readObject(d *json.Decoder, depth int) (*node, error) {
	n := &node{kind: mapping}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		name, _ := key.(string)
		value, err := readJSON(d, depth+1)
		if err != nil {
			return nil, err
		}
		if n.get(name) != nil {
			return nil, fmt.Errorf("the key %q stands there twice", name)
		}
		n.members = append(n.members, member{key: name, value: value})
	}
	_, err := d.Token()
	return n, err
}

// parseQuery reads a query or a form; a key that is there more than once has a list.
func parseQuery(raw string) (*node, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, err
	}
	n := &node{kind: mapping}
	for _, pair := range strings.Split(raw, "&") {
		key, _, _ := strings.Cut(pair, "=")
		key, _ = url.QueryUnescape(key)
		all, ok := values[key]
		if !ok || n.get(key) != nil {
			continue
		}
		value := &node{kind: list}
		for _, v := range all {
			value.items = append(value.items, textNode(v))
		}
		if len(all) == 1 {
			value = value.items[0]
		}
		n.members = append(n.members, member{key: key, value: value})
	}
	return n, nil
}

// query writes a mapping as a query or form.
func (n *node) query() string {
	values := url.Values{}
	if n == nil {
		return ""
	}
	for _, m := range n.members {
		if m.value.kind != list {
			values.Add(m.key, m.value.scalar)
			continue
		}
		for _, item := range m.value.items {
			values.Add(m.key, item.scalar)
		}
	}
	return values.Encode()
}
