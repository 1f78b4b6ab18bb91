package dnsconfig

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/expr-lang/expr/types"
	"github.com/goccy/go-yaml/ast"
)

// Format is the first line of a native document.
const Format = "dns-configuration/1"

// parsing is one document on its way to a Native.
type parsing struct {
	strict  Strict
	source  []byte
	root    keyed
	native  *Native
	account types.Map
	session types.Map // nil without login
}

func documentKeys() []string {
	return []string{
		"deputy", "name", "title", "version", "author", "website", "documentation", "proven", "notes", "account", "needs", "limits",
		"api", "login", "logout", "zone", "zones", "rrset", "record", "single", "commit", "poll",
	}
}

// ParseNative reads a document of at most 64 KiB and compiles its expressions. Faults (BadDocument) name line, column
// and the line itself, and what would be right.
func ParseNative(source []byte) (*Native, error) {
	p := &parsing{
		strict: Strict{Tried: "read the DNS Configuration"},
		source: source,
		native: &Native{source: source, calls: map[Op]*call{}},
	}
	var root ast.Node
	if err := p.strict.DecodeYAML(source, &root); err != nil {
		return nil, err
	}
	if err := p.format(root); err != nil {
		return nil, p.explain(err)
	}
	for _, step := range []func() error{p.head, p.limits, p.fields, p.needs, p.login, p.api, p.operations, p.whole} {
		if err := step(); err != nil {
			return nil, p.explain(err)
		}
	}
	return p.native, nil
}

// explain gives an error its place in the document.
func (p *parsing) explain(err error) error {
	var leaf *leafError
	if errors.As(err, &leaf) {
		return p.strict.Fault(p.source, leaf.node, err.Error()+p.hint(leaf.node))
	}
	return p.strict.Fault(p.source, nil, err.Error())
}

// hint tells of the traps of an expression that is not in quotes: # is both the element of a loop and the beginning of a
// YAML comment, and in a list or mapping of one line a comma and a brace end the value.
func (p *parsing) hint(n ast.Node) string {
	lines := strings.Split(string(p.source), "\n")
	at := placeOf(n)
	text, ok := textNode(n)
	if !ok || !strings.HasPrefix(text, "=") || at.line < 1 || at.line > len(lines) {
		return ""
	}
	_, rest, found := strings.Cut(lines[at.line-1], text)
	switch {
	case !found:
	case strings.HasPrefix(rest, " #"):
		return "; a # after a space begins a comment in YAML: put the expression in quotes"
	case strings.HasPrefix(rest, ",") && strings.Count(text, "(") > strings.Count(text, ")"):
		return "; a comma ends a value within { } and [ ] in YAML: put the expression in quotes"
	}
	return ""
}

// format reads the first key before all others: a document of another kind has other keys.
func (p *parsing) format(root ast.Node) error {
	pairs, err := pairsOf(root)
	if err != nil {
		return err
	}
	first := nodeOf(pairs, "deputy")
	if first == nil {
		return errors.New("deputy is missing; a native DNS Configuration begins with deputy: " + Format)
	}
	if text, _ := textNode(first); text != Format {
		return &leafError{first, fmt.Errorf("deputy is %q; a native DNS Configuration begins with deputy: %s", cut(text, 40), Format)}
	}
	p.root, err = keyedAt(root, documentKeys()...)
	return err
}

var (
	documentName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)
	fieldName    = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)
)

func (p *parsing) head() error {
	about := &p.native.about
	for key, into := range map[string]*string{
		"name": &about.Name, "title": &about.Title, "version": &about.Version, "author": &about.Author,
		"website": &about.Website, "notes": &about.Notes,
	} {
		var err error
		if *into, err = p.root.text(key); err != nil {
			return err
		}
	}
	if p.root.given["name"] == nil {
		return errors.New("name is missing")
	}
	if !documentName.MatchString(about.Name) {
		err := fmt.Errorf("name is %q; it has to be 1 to 63 of a-z, 0-9, dot, dash and underscore", cut(about.Name, 80))
		return orPlaced(p.root.given["name"], err)
	}
	if about.Title == "" {
		about.Title = about.Name
	}
	about.Kind = "native"
	if err := p.proven(); err != nil {
		return err
	}
	return p.documentation()
}

// orPlaced gives an error its node, where there is one.
func orPlaced(n ast.Node, err error) error {
	if n == nil {
		return err
	}
	return &leafError{n, err}
}

func (p *parsing) proven() error {
	text, err := p.root.text("proven")
	if err != nil {
		return err
	}
	levels := []string{string(ByDocumentation), string(ByServer), string(ByLive)}
	if text == "" {
		text = levels[0]
	}
	if !slices.Contains(levels, text) {
		return orPlaced(p.root.given["proven"], fmt.Errorf("proven is %q; it can be %s", cut(text, 40), words(levels, "or")))
	}
	p.native.about.Proven = Proven(text)
	return nil
}

func (p *parsing) documentation() error {
	pages, err := p.root.elements("documentation")
	if err != nil {
		return err
	}
	for _, n := range pages {
		text, ok := textNode(n)
		if !ok || !webPage.MatchString(text) {
			return &leafError{n, errors.New("this should be the address of a page, https://…")}
		}
		p.native.about.Documentation = append(p.native.about.Documentation, text)
	}
	return nil
}

var webPage = regexp.MustCompile(`^https?://[^\s/]+\S*$`)

// pairsOf gives the members of a mapping; nil has none.
func pairsOf(n ast.Node) ([]*ast.MappingValueNode, error) {
	if n == nil || n.Type() == ast.NullType {
		return nil, nil
	}
	m, ok := n.(*ast.MappingNode)
	if !ok {
		return nil, &leafError{n, errors.New("this should be a mapping of keys to values")}
	}
	return m.Values, nil
}
