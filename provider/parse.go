package provider

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"deputy/dnsconfig"
	"deputy/fault"
	"deputy/name"
	"deputy/secret"
)

// Format is the first line of a DNS Provider's document.
const Format = "dns-provider/1"

// wire is a Document as YAML has it.
type wire struct {
	Deputy            string    `yaml:"deputy"`
	Name              ast.Node  `yaml:"name"`
	Configuration     ast.Node  `yaml:"configuration"`
	Zones             ast.Node  `yaml:"zones"`
	Account           ast.Node  `yaml:"account"`
	RegisteredDomains ast.Node  `yaml:"registered_domains"`
	CustomValue       ast.Node  `yaml:"custom_value"`
	APIBase           ast.Node  `yaml:"api_base"`
	CA                ast.Node  `yaml:"ca"`
	Allow             wireAllow `yaml:"allow"`
	ReplaceForeign    bool      `yaml:"replace_foreign"`
	Values            ast.Node  `yaml:"values"`
	Wait              wireWait  `yaml:"wait"`
	Contact           string    `yaml:"contact"`
	Hosts             ast.Node  `yaml:"hosts"`
}

type wireAllow struct {
	PlainHTTP bool     `yaml:"plain_http"`
	Addresses ast.Node `yaml:"addresses"`
	Hosts     []string `yaml:"hosts"`
	Commands  bool     `yaml:"commands"`
}

type wireWait struct {
	Floor *time.Duration `yaml:"floor"`
	Turn  *time.Duration `yaml:"turn"`
}

// wireSecret is a secret that stands elsewhere.
type wireSecret struct {
	File string `yaml:"file"`
	Env  string `yaml:"env"`
}

// parsing is one document being read.
type parsing struct {
	strict dnsconfig.Strict
	source []byte
	read   func(path string) ([]byte, error) // secrets
	open   func(path string) ([]byte, error) // what is none
	getenv func(string) string
	stored bool // as Marshal wrote it
	wire   wire
	doc    Document
}

// Parse reads a document of at most 64 KiB. Secrets may be given as text, {file: PATH} or {env: NAME}; read and getenv
// fetch those, and read refuses files that others can read. Faults (BadDocument, SecretOpen) name line and column.
func Parse(source []byte, read func(path string) ([]byte, error), getenv func(string) string) (Document, error) {
	return ParseFrom(source, Sources{Secret: read, Public: read, Getenv: getenv})
}

// Sources are where a document's values stand that are not in it.
type Sources struct {
	Secret func(path string) ([]byte, error) // refuses files that others can read
	Public func(path string) ([]byte, error) // reads the certificates of a private CA, which everybody may
	Getenv func(string) string
}

// ParseFrom is Parse where public files can be read too.
func ParseFrom(source []byte, from Sources) (Document, error) {
	p := &parsing{
		strict: dnsconfig.Strict{Tried: "read the DNS Provider", Masked: true},
		source: source, read: from.Secret, open: from.Public, getenv: from.Getenv,
	}
	return p.document()
}

func (p *parsing) document() (Document, error) {
	if err := p.strict.DecodeYAML(p.source, &p.wire); err != nil {
		return Document{}, err
	}
	for _, step := range []func() error{p.head, p.zones, p.account, p.custom, p.address, p.roots, p.exceptions, p.bound, p.behaviour} {
		if err := step(); err != nil {
			return Document{}, err
		}
	}
	return p.doc, nil
}

// wrong is a fault at a node of the document.
func (p *parsing) wrong(n ast.Node, format string, args ...any) error {
	return p.strict.Fault(p.source, n, fmt.Sprintf(format, args...))
}

var providerName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

func (p *parsing) head() error {
	w := &p.wire
	if w.Deputy != Format {
		return p.wrong(nil, "deputy is %.40q; a DNS Provider begins with deputy: %s", w.Deputy, Format)
	}
	var err error
	if p.doc.Name, err = p.text(w.Name); err != nil {
		return err
	}
	if !providerName.MatchString(p.doc.Name) {
		return p.wrong(w.Name, "name is %.80q; it has to be 1 to 63 letters, digits, dots, dashes and underscores", p.doc.Name)
	}
	if p.doc.Configuration, err = p.text(w.Configuration); err != nil {
		return err
	}
	if p.doc.Configuration == "" {
		return p.wrong(w.Configuration, "configuration is missing: the name of a DNS Configuration, as in deputy dnsconfig list")
	}
	p.doc.Contact = w.Contact
	return nil
}

// text is a scalar as it was written; "" where it is missing.
func (p *parsing) text(n ast.Node) (string, error) {
	switch x := n.(type) {
	case nil, *ast.NullNode:
		return "", nil
	case *ast.StringNode:
		return x.Value, nil
	case *ast.LiteralNode:
		return x.Value.Value, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, nil
	}
	return "", p.wrong(n, "this should be text")
}

// names reads a list of names, or one name.
func (p *parsing) names(n ast.Node) ([]name.Name, error) {
	elements, err := p.elements(n)
	if err != nil {
		return nil, err
	}
	var names []name.Name
	seen := map[name.Name]bool{}
	for _, element := range elements {
		text, err := p.text(element)
		if err != nil {
			return nil, err
		}
		parsed, err := name.ParseOwner(text)
		if err != nil {
			return nil, p.wrong(element, "%v", err)
		}
		if !parsed.IsPlain() {
			return nil, p.wrong(element, "%s can't stand here; give a domain such as example.org, of letters, digits, hyphens and underscores", parsed)
		}
		if seen[parsed] {
			return nil, p.wrong(element, "%s stands here twice", parsed)
		}
		seen[parsed] = true
		names = append(names, parsed)
	}
	return names, nil
}

func (p *parsing) elements(n ast.Node) ([]ast.Node, error) {
	switch x := n.(type) {
	case nil, *ast.NullNode:
		return nil, nil
	case *ast.SequenceNode:
		return x.Values, nil
	case *ast.MappingNode:
		return nil, p.wrong(n, "this should be a list")
	}
	return []ast.Node{n}, nil
}

func (p *parsing) zones() error {
	var err error
	if p.doc.Zones, err = p.names(p.wire.Zones); err != nil {
		return err
	}
	if len(p.doc.Zones) == 0 {
		return p.wrong(p.wire.Zones, "zones is missing: the zones in which deputy may write, as in zones: [example.org]")
	}
	return nil
}

// account reads the fields of the account, secrets from where they are.
func (p *parsing) account() error {
	m, ok := p.wire.Account.(*ast.MappingNode)
	if !ok {
		if p.wire.Account == nil || p.wire.Account.Type() == ast.NullType {
			return nil
		}
		return p.wrong(p.wire.Account, "this should be a mapping of fields to values")
	}
	p.doc.Account = map[string]secret.Value{}
	for _, pair := range m.Values {
		key, err := p.text(pair.Key)
		if err != nil {
			return err
		}
		value, err := p.secret(key, pair.Value)
		if err != nil {
			return err
		}
		p.doc.Account[key] = value
	}
	return nil
}

// secret gives the value of a field; a line break at the end of a file is not part of it.
func (p *parsing) secret(key string, n ast.Node) (secret.Value, error) {
	if _, ok := n.(*ast.MappingNode); !ok {
		text, err := p.text(n)
		if err != nil {
			return secret.Value{}, err
		}
		return p.printable(key, n, text)
	}
	var w wireSecret
	if err := yaml.NodeToValue(n, &w, yaml.Strict()); err != nil || (w.File == "") == (w.Env == "") {
		return secret.Value{}, p.wrong(n, "%.60s has to be text, {file: PATH} or {env: NAME}", key)
	}
	if w.Env != "" {
		text := p.getenv(w.Env)
		if text == "" {
			return secret.Value{}, p.wrong(n, "the environment variable %.80s for %.60s is not set", w.Env, key)
		}
		return p.printable(key, n, text)
	}
	content, err := p.read(w.File)
	if known, ok := fault.From(err); ok {
		return secret.Value{}, known
	}
	if err != nil {
		return secret.Value{}, p.wrong(n, "the file %.200s for %.60s can't be read: %v", w.File, key, err)
	}
	text := strings.TrimRight(string(content), "\r\n")
	if text == "" {
		return secret.Value{}, p.wrong(n, "the file %.200s for %.60s is empty", w.File, key)
	}
	return p.printable(key, n, text)
}

// printable refuses what no API takes as a credential, and JSON can't carry.
func (p *parsing) printable(key string, n ast.Node, text string) (secret.Value, error) {
	control := func(r rune) bool { return r < 0x20 && !strings.ContainsRune("\t\r\n", r) || r == 0x7f }
	if !utf8.ValidString(text) || strings.ContainsFunc(text, control) {
		return secret.Value{}, p.wrong(n, "%.60s holds octets that are no text (UTF-8)", key)
	}
	return secret.New(text), nil
}

// custom reads what belongs to the custom value mode.
func (p *parsing) custom() error {
	w := &p.wire
	var err error
	if p.doc.RegisteredDomains, err = p.names(w.RegisteredDomains); err != nil {
		return err
	}
	if p.doc.CustomValue, err = p.text(w.CustomValue); err != nil || p.doc.CustomValue == "" {
		return err
	}
	if len(p.doc.RegisteredDomains) == 0 {
		return p.wrong(w.CustomValue, "custom_value means nothing without registered_domains; give them, or leave it out to follow CNAMEs")
	}
	if len(p.doc.Zones) != 1 {
		return p.wrong(w.Zones, "custom_value is a label in one zone, and there are %d; give one DNS Provider for each", len(p.doc.Zones))
	}
	if p.doc.CustomValue != strings.ToLower(p.doc.CustomValue) || strings.HasSuffix(p.doc.CustomValue, ".") || strings.Contains(p.doc.CustomValue, "*") {
		return p.wrong(w.CustomValue, "custom_value is %.80q; it has to be labels in lower case, without the zone and without a final dot", p.doc.CustomValue)
	}
	target, err := p.doc.Zones[0].Child(p.doc.CustomValue)
	if err != nil {
		return p.wrong(w.CustomValue, "custom_value: %v", err)
	}
	if labels, _ := target.Relative(p.doc.Zones[0]); labels != p.doc.CustomValue || !target.IsPlain() {
		return p.wrong(w.CustomValue, "custom_value is %.80q; its labels have to be of letters, digits, hyphens and underscores (international ones as xn--…)", p.doc.CustomValue)
	}
	if labels, err := name.ParseOwner(p.doc.CustomValue); err == nil && labels.In(p.doc.Zones[0]) {
		return p.wrong(w.CustomValue, "custom_value ends with the zone itself; give only the part before %s", p.doc.Zones[0])
	}
	return nil
}

func (p *parsing) address() error {
	var err error
	if p.doc.APIBase, err = p.text(p.wire.APIBase); err != nil || p.doc.APIBase == "" {
		return err
	}
	p.doc.APIBase = strings.TrimRight(p.doc.APIBase, "/") // paths are put behind it that begin with one
	u, err := url.Parse(p.doc.APIBase)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return p.wrong(p.wire.APIBase, "api_base has to be an address such as https://dns.example.org/api")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return p.wrong(p.wire.APIBase, "api_base can't hold a user, a query or a fragment; credentials belong into account")
	case u.Scheme == "http" && !p.wire.Allow.PlainHTTP:
		return p.wrong(p.wire.APIBase, "api_base is http://, which sends the credentials in the clear; use https://, or add allow: {plain_http: true}")
	}
	return nil
}

// maxWait bounds both waits: an order lives no longer at most CAs.
const maxWait = 24 * time.Hour

func (p *parsing) behaviour() error {
	w := &p.wire
	var err error
	if p.doc.Values, err = p.text(w.Values); err != nil {
		return err
	}
	if p.doc.Values != "" && p.doc.Values != string(dnsconfig.Additive) && p.doc.Values != string(dnsconfig.Replacing) {
		return p.wrong(w.Values, "values is %.40q; it can be additive or replacing, or left out", p.doc.Values)
	}
	for _, d := range []*time.Duration{w.Wait.Floor, w.Wait.Turn} {
		if d != nil && (*d < 0 || *d > maxWait) {
			return p.wrong(nil, "wait holds %s; it has to be from 0s to 24h", d)
		}
	}
	p.doc.ReplaceForeign, p.doc.Floor, p.doc.TurnWait = w.ReplaceForeign, w.Wait.Floor, w.Wait.Turn
	return nil
}
