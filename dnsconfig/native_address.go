package dnsconfig

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr/types"
	"github.com/goccy/go-yaml/ast"
)

func methodKeys() []string { return []string{"get", "post", "put", "patch", "delete"} }

// locate reads the one method and where it goes.
func (c *call) locate(s keyed, variables types.Map) error {
	var node ast.Node
	for _, key := range methodKeys() {
		n := s.given[key]
		if n == nil {
			continue
		}
		if node != nil {
			return &leafError{n, errors.New("there are two methods; exactly one of get, post, put, patch and delete has to be there")}
		}
		c.method, node = strings.ToUpper(key), n
	}
	if node == nil {
		return errors.New("there is no method; exactly one of get, post, put, patch and delete has to be there")
	}
	text, _ := textNode(node)
	path := absolute.FindStringSubmatch(text)
	switch {
	case path != nil:
		c.host, text = path[1], path[2]
	case strings.HasPrefix(text, "http:"):
		return &leafError{node, errors.New("requests go by https:// only")}
	case strings.HasPrefix(text, "https:"):
		return &leafError{node, errors.New("the host of an address has to be written out and end in a slash, as in https://login.example.org/token")}
	case !strings.HasPrefix(text, "/"):
		return &leafError{node, errors.New("this should be a path that begins with a slash, as in /zones/${zone}, or an https:// address")}
	}
	t, err := parseTemplate(text, variables)
	if err != nil {
		return &leafError{node, err}
	}
	c.node = node
	c.path, c.query = cutQuery(t)
	if err := plainAddress(c.path, c.query); err != nil {
		return &leafError{node, err}
	}
	return nil
}

// absolute is an address with a constant host: a name, no literal address.
var absolute = regexp.MustCompile(`^(https://(?:[A-Za-z0-9-]+\.)+[A-Za-z][A-Za-z0-9-]*(?::[0-9]{1,5})?)(/.*)$`)

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

// plainAddress judges the document's own text of an address.
func plainAddress(path, query template) error {
	for _, t := range []template{path, query} {
		if bad := notInURL.FindString(t.own()); bad != "" {
			return fmt.Errorf("%q can't stand in an address; write it as %s", bad, url.PathEscape(bad))
		}
	}
	return plainPath(path.own())
}

// notInURL is what has to be escaped in a path or query (RFC 3986 §2).
var notInURL = regexp.MustCompile(`[^!$&'()*+,;=:@/?A-Za-z0-9._~%\[\]|-]|%([^0-9A-Fa-f]|[0-9A-Fa-f][^0-9A-Fa-f]|.?$)`)

// plainPath refuses a path with a part that is empty or dots only, since it would name something else than the document
// means. The last part may be empty: a slash at the end.
func plainPath(path string) error {
	if bad := badPart(path); bad != "" {
		return fmt.Errorf("the path %s %s", cut(path, 120), bad)
	}
	return nil
}

// badPart says what is wrong with a path; "" where nothing is. An escaped slash stays within its part, but there are servers
// that unescape a path before they follow its dots.
func badPart(path string) string {
	parts := strings.Split(path[1:], "/")
	for i, p := range parts {
		if p == "" && i < len(parts)-1 {
			return "has an empty part"
		}
		plain, err := url.PathUnescape(p)
		if err != nil {
			return "has a % that escapes nothing"
		}
		if slices.ContainsFunc(strings.FieldsFunc(plain, separates), onlyDots) {
			return "has a part of dots only"
		}
	}
	return ""
}

func separates(c rune) bool { return c == '/' || c == '\\' }

// onlyDots says that a part climbs, or stays; what follows a semicolon belongs to the part, and many servers drop it (RFC 3986 §3.3).
func onlyDots(part string) bool {
	name, _, _ := strings.Cut(part, ";")
	return name == "." || name == ".."
}

// url makes the address: expressions in the path are escaped as path parts, those in the query as query parts.
func (c *call) url(base string, e *evaluation) (string, error) {
	if c.host != "" {
		base = c.host
	}
	path, err := c.path.text(e, url.PathEscape)
	if err != nil {
		return "", err
	}
	bad := badPart(path)
	if bad == "" && strings.HasSuffix(path, "/") && !strings.HasSuffix(c.path.own(), "/") {
		bad = "has an empty part at its end"
	}
	if bad != "" { // what it was made of may be secret
		return "", fmt.Errorf("the path %s %s", cut(c.path.source(), 120), bad)
	}
	query, err := c.query.text(e, escapeQuery)
	if err != nil {
		return "", err
	}
	if c.parameters != nil {
		v, err := c.parameters.give(e)
		if err != nil {
			return "", err
		}
		more, err := encodePairs(v, escapeQuery)
		if err != nil {
			return "", fmt.Errorf("query: %w", err)
		}
		query = strings.Trim(query+"&"+more, "&")
	}
	if query == "" {
		return base + path, nil
	}
	return base + path + "?" + query, nil
}

// escapeQuery writes a space as %20, which every server reads, and signatures want.
func escapeQuery(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
