package dnsconfig

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

func (p *parsing) api() error {
	s, err := keyedAt(p.root.given["api"], append(usualKeys(), "base", "headers", "answers", "sign")...)
	if err != nil {
		return err
	}
	vars := p.common(Logout)
	if err := p.base(s); err != nil {
		return err
	}
	if p.native.header, err = compileHeaders(s.given["headers"], vars); err != nil {
		return err
	}
	if p.native.answers, err = answersOf(s); err != nil {
		return err
	}
	if n := s.given["sign"]; n != nil {
		if p.native.sign, err = compileSigning(n, vars); err != nil {
			return err
		}
	}
	maps.Copy(vars, answerTypes())
	shown := (&call{fields: p.native.about.Fields}).shown
	return p.native.usual.compile(s, vars, shown)
}

// The kinds of answers.
const (
	answersJSON = "json"
	answersXML  = "xml"
	answersText = "text"
)

// answersOf reads the key answers; "" where it is missing.
func answersOf(s keyed) (string, error) {
	text, err := s.text("answers")
	if err != nil {
		return "", err
	}
	known := []string{answersJSON, answersXML, answersText}
	if text != "" && !slices.Contains(known, text) {
		return "", &leafError{s.given["answers"], fmt.Errorf("answers is %q; it can be %s", cut(text, 40), words(known, "or"))}
	}
	return text, nil
}

// address is what requests begin with, without a final slash: text with expressions over the account, or one over the
// session.
type address struct {
	node  ast.Node
	made  template
	whole *expression
}

func (p *parsing) base(s keyed) error {
	n := s.given["base"]
	if n == nil {
		return nil
	}
	text, ok := textNode(n)
	if !ok {
		return &leafError{n, errors.New("this should be an https:// address")}
	}
	vars := p.common(Login)
	delete(vars, "now")
	delete(vars, "nonce")
	p.native.address = &address{node: n}
	var err error
	if strings.HasPrefix(text, "=") {
		if p.session != nil {
			vars["session"] = p.session
		}
		p.native.address.whole, err = compile(text[1:], vars)
		return placed(n, err)
	}
	if p.native.address.made, err = parseTemplate(text, vars); err != nil {
		return &leafError{n, err}
	}
	base, err := plainBase(p.native.address.made.own(), "https")
	if err != nil {
		return &leafError{n, fmt.Errorf("api.base %w", err)}
	}
	if fixed(p.native.address.made) {
		p.native.base = base
	}
	return nil
}

// placed gives an error, where there is one, its node.
func placed(n ast.Node, err error) error {
	if err == nil {
		return nil
	}
	return &leafError{n, err}
}

// plainBase is an address without its final slash. It has to have one of the schemes, a host, and no more than a path.
func plainBase(text string, schemes ...string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || !slices.Contains(schemes, u.Scheme) || !hostAndPort.MatchString(u.Host) || u.User != nil || u.ForceQuery ||
		u.RawQuery != "" || strings.Contains(text, "#") {
		return "", fmt.Errorf("has to be an %s:// address without user, query and fragment", strings.Join(schemes, ":// or "))
	}
	if u.Path != "" && u.Path != "/" {
		if err := plainPath(u.EscapedPath()); err != nil {
			return "", err
		}
	}
	return strings.TrimRight(text, "/"), nil
}

// hostAndPort is a host as a URL has it: a name or IPv4 address, or an IPv6 address in brackets.
var hostAndPort = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$`)

// give makes the address.
func (a *address) give(e *evaluation) (string, error) {
	if a.whole == nil {
		text, err := a.text(e)
		if err != nil {
			return "", err
		}
		return baseOf(text)
	}
	v, err := a.whole.give(e)
	if err != nil {
		return "", err
	}
	text, err := textOf(v)
	if err != nil {
		return "", fmt.Errorf("api.base: %w", err)
	}
	return baseOf(text)
}

func baseOf(text string) (string, error) {
	base, err := plainBase(text, "https")
	if err != nil {
		return "", fmt.Errorf("api.base, made from the account or session, %w", err)
	}
	return base, nil
}

// text joins the parts of an address. What stands in the host is taken as it is, if it is of the characters of hosts;
// what stands in the path is escaped.
func (a *address) text(e *evaluation) (string, error) {
	var b strings.Builder
	for _, p := range a.made {
		text, err := template{p}.text(e, asIs)
		if err != nil {
			return "", err
		}
		inHost := strings.Count(b.String(), "/") < 3
		switch {
		case p.expr != nil && inHost && !hostCharacters.MatchString(text):
			return "", fmt.Errorf("${%s} in api.base makes no name of a host", cut(p.expr.source, 80))
		case p.expr != nil && !inHost:
			if text, err = (template{p}).text(e, url.PathEscape); err != nil {
				return "", err
			}
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

var hostCharacters = regexp.MustCompile(`^[A-Za-z0-9.-]+(:[0-9]{1,5})?$`)

// fixed says that a template has no expressions.
func fixed(t template) bool {
	return !slices.ContainsFunc(t, func(p part) bool { return p.expr != nil })
}
