package dnsconfig

import (
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/expr-lang/expr/types"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Format is the first line of a native document.
const Format = "dns-configuration/1"

type wireDocument struct {
	Deputy  string   `yaml:"deputy"`
	Name    string   `yaml:"name"`
	Title   string   `yaml:"title"`
	Version string   `yaml:"version"`
	Author  string   `yaml:"author"`
	Website string   `yaml:"website"`
	Notes   string   `yaml:"notes"`
	Account ast.Node `yaml:"account"`
	Limits  struct {
		WritesPerSecond float64 `yaml:"writes_per_second"`
		MinimumTTL      int     `yaml:"minimum_ttl"`
	} `yaml:"limits"`
	API struct {
		Base    string   `yaml:"base"`
		Headers ast.Node `yaml:"headers"`
	} `yaml:"api"`
	Zone  ast.Node `yaml:"zone"`
	RRset *struct {
		Read    ast.Node `yaml:"read"`
		Replace ast.Node `yaml:"replace"`
	} `yaml:"rrset"`
	Record *struct {
		List   ast.Node `yaml:"list"`
		Create ast.Node `yaml:"create"`
		Delete ast.Node `yaml:"delete"`
	} `yaml:"record"`
}

type wireField struct {
	Title    string `yaml:"title"`
	Help     string `yaml:"help"`
	Secret   bool   `yaml:"secret"`
	Optional bool   `yaml:"optional"`
}

// parsing is one document on its way to a Native.
type parsing struct {
	strict  Strict
	source  []byte
	wire    wireDocument
	native  *Native
	account types.Map
}

// ParseNative reads a document of at most 64 KiB and compiles its expressions. Faults (BadDocument) name line, column
// and the line itself.
func ParseNative(source []byte) (*Native, error) {
	p := &parsing{
		strict: Strict{Tried: "read the DNS Configuration"},
		source: source,
		native: &Native{source: source, calls: map[Op]*call{}},
	}
	if err := p.strict.DecodeYAML(source, &p.wire); err != nil {
		return nil, err
	}
	for _, step := range []func() error{p.head, p.fields, p.api, p.operations} {
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
		return p.strict.Fault(p.source, leaf.node, leaf.err.Error()+p.hint(leaf.node))
	}
	return p.strict.Fault(p.source, nil, err.Error())
}

// hint tells of the trap that # is both the element of a loop and the beginning of a YAML comment.
func (p *parsing) hint(n ast.Node) string {
	lines := strings.Split(string(p.source), "\n")
	at := placeOf(n).line
	text, ok := textNode(n)
	if !ok || !strings.HasPrefix(text, "=") || at < 1 || at > len(lines) || !strings.Contains(lines[at-1], text+" #") {
		return ""
	}
	return "; a # after a space begins a comment in YAML: put the expression in quotes"
}

var (
	documentName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)
	fieldName    = regexp.MustCompile(`^[a-z][a-z0-9_]{0,62}$`)
)

func (p *parsing) head() error {
	w := &p.wire
	if w.Deputy != Format {
		return fmt.Errorf("deputy is %q; a native DNS Configuration begins with deputy: %s", cut(w.Deputy, 40), Format)
	}
	if !documentName.MatchString(w.Name) {
		return fmt.Errorf("name is %q; it has to be 1 to 63 of a-z, 0-9, dot, dash and underscore", cut(w.Name, 80))
	}
	if w.Limits.WritesPerSecond < 0 || w.Limits.MinimumTTL < 0 {
		return errors.New("limits can't be negative")
	}
	if w.Title == "" {
		w.Title = w.Name
	}
	p.native.limits = Limits{WritesPerSecond: w.Limits.WritesPerSecond, MinimumTTL: w.Limits.MinimumTTL}
	p.native.about = About{
		Name: w.Name, Title: w.Title, Kind: "native", Version: w.Version, Author: w.Author,
		Website: w.Website, Notes: w.Notes, Verdict: Additive,
	}
	return nil
}

// fields reads the account's fields, in the document's order.
func (p *parsing) fields() error {
	p.account = types.Map{}
	pairs, err := pairsOf(p.wire.Account)
	if err != nil {
		return err
	}
	for _, pair := range pairs {
		key := keyOf(pair)
		if !fieldName.MatchString(key) {
			return &leafError{pair.Key, fmt.Errorf("%q is no name of a field; it has to be of a-z, 0-9 and underscore", cut(key, 80))}
		}
		var w wireField
		if err := p.decode(pair.Value, &w); err != nil {
			return err
		}
		if w.Title == "" {
			w.Title = key
		}
		p.account[key] = types.String
		p.native.about.Fields = append(p.native.about.Fields, Field{
			Name: key, Title: w.Title, Help: w.Help, Secret: w.Secret, Needed: !w.Optional,
		})
	}
	return nil
}

// decode reads a node of the document into dst; nil leaves dst as it is.
func (p *parsing) decode(n ast.Node, dst any) error {
	if n == nil || n.Type() == ast.NullType {
		return nil
	}
	if err := yaml.NodeToValue(n, dst, yaml.Strict()); err != nil {
		return p.strict.translate(p.source, err)
	}
	return nil
}

func (p *parsing) api() error {
	if p.wire.API.Base == "" {
		return p.headers()
	}
	base, err := url.Parse(p.wire.API.Base)
	if err != nil || base.Scheme != "https" || base.Host == "" || base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		return fmt.Errorf("api.base is %q; it has to be an https:// address without user, query and fragment, or left out where each administrator has an own one", cut(p.wire.API.Base, 80))
	}
	p.native.base = strings.TrimSuffix(p.wire.API.Base, "/")
	p.native.about.Hosts = []string{base.Host}
	return p.headers()
}

func (p *parsing) headers() error {
	var err error
	p.native.header, err = compileHeaders(p.wire.API.Headers, types.Map{"account": p.account})
	return err
}

// operations compiles the requests: either style, each complete.
func (p *parsing) operations() error {
	w := &p.wire
	nodes := map[Op]ast.Node{Zone: w.Zone}
	switch {
	case w.RRset != nil && w.Record == nil:
		p.native.about.Style = "rrset"
		nodes[Read], nodes[Replace] = w.RRset.Read, w.RRset.Replace
	case w.Record != nil && w.RRset == nil:
		p.native.about.Style = "record"
		nodes[List], nodes[Create], nodes[Delete] = w.Record.List, w.Record.Create, w.Record.Delete
	default:
		return errors.New("exactly one of rrset and record has to be there")
	}
	for _, op := range []Op{Zone, Read, Replace, List, Create, Delete} {
		node, belongs := nodes[op]
		if !belongs || node == nil && op == Zone {
			continue
		}
		if node == nil {
			return fmt.Errorf("%s.%s is missing", p.native.about.Style, op)
		}
		c, err := p.call(op, node)
		if err != nil {
			return err
		}
		p.native.calls[op] = c
	}
	return nil
}

func (p *parsing) call(op Op, node ast.Node) (*call, error) {
	var w wireCall
	if err := p.decode(node, &w); err != nil {
		return nil, err
	}
	c, err := compileCall(op, w, p.variables(op))
	if err != nil {
		var leaf *leafError
		if errors.As(err, &leaf) {
			return nil, err
		}
		return nil, &leafError{node, fmt.Errorf("%s: %w", op, err)}
	}
	return c, nil
}

// variables are what a request of op may use.
func (p *parsing) variables(op Op) types.Map {
	vars := types.Map{
		"account": p.account, "name": types.String, "fqdn": types.String, "label": types.String,
		"zone_name": types.String,
	}
	if op == Zone {
		return vars
	}
	vars["zone"], vars["ttl"] = types.String, types.Int
	switch op {
	case Replace:
		vars["values"] = types.Array(types.String)
	case Create:
		vars["value"] = types.String
	case Delete:
		vars["value"], vars["id"] = types.String, types.String
	}
	return vars
}

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
