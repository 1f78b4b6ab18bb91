package dnsconfig

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr/types"
	"github.com/goccy/go-yaml/ast"
)

// header is one header of a request.
type header struct {
	name  string
	value value
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
		v, err := compileLeaf(pair.Value, variables)
		if err != nil {
			return nil, &leafError{pair.Value, err}
		}
		if err := plainHeader(key, ownText(v)); err != nil {
			return nil, &leafError{pair.Value, err}
		}
		headers = append(headers, header{key, v})
	}
	return headers, nil
}

// ownText is what a leaf holds whatever its expressions give.
func ownText(v value) string {
	switch x := v.(type) {
	case template:
		return x.own()
	case constant:
		text, _ := textOf(x.v)
		return text
	}
	return ""
}

// hopByHop are headers that belong to the connection, not to the document (RFC 9110 §7.6.1).
func hopByHop(name string) bool {
	switch strings.ToLower(name) {
	case "host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "proxy-authorization":
		return true
	}
	return false
}

// plainHeader refuses a value that would begin a line of its own (RFC 9110 §5.5).
func plainHeader(name, value string) error {
	if strings.ContainsFunc(value, func(r rune) bool { return r < 0x20 && r != '\t' || r == 0x7f }) {
		return fmt.Errorf("the header %s would hold a line break or control character", name)
	}
	return nil
}

// text evaluates a header; there is false where its value is nothing, which leaves it out.
func (h header) text(e *evaluation) (text string, there bool, err error) {
	v, err := h.value.give(e)
	if err != nil || v == nil {
		return "", false, err
	}
	if text, err = textOf(v); err != nil {
		return "", false, fmt.Errorf("the header %s: %w", h.name, err)
	}
	return text, true, plainHeader(h.name, text)
}

// headers gives the document's headers, then the operation's, which replace those of the same name, then the kinds of
// content where neither said so. One whose value is nothing is left out.
func (n *Native) headers(c *call, e *evaluation) ([][2]string, error) {
	own := n.header
	if c.op == Login {
		own = nil
	}
	var out [][2]string
	for _, h := range slices.Concat(own, c.header) {
		out = slices.DeleteFunc(out, func(before [2]string) bool { return strings.EqualFold(before[0], h.name) })
		text, there, err := h.text(e)
		if err != nil {
			return nil, err
		}
		if there {
			out = append(out, [2]string{h.name, text})
		}
	}
	for _, implied := range c.implied() {
		if !slices.ContainsFunc(out, func(h [2]string) bool { return strings.EqualFold(h[0], implied[0]) }) {
			out = append(out, implied)
		}
	}
	return out, nil
}

// implied are the kinds of what is wanted and sent.
func (c *call) implied() [][2]string {
	accept := map[string]string{answersJSON: "application/json", answersXML: "application/xml", answersText: "*/*"}
	implied := [][2]string{{"Accept", accept[c.answers]}}
	if kind := c.content.mediaType(); kind != "" {
		implied = append(implied, [2]string{"Content-Type", kind})
	}
	return implied
}
