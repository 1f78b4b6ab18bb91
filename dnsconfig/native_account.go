package dnsconfig

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/expr-lang/expr/types"

	"deputy/formula"
	"deputy/secret"
)

// fields reads the account's fields, in the document's order.
func (p *parsing) fields() error {
	p.account = types.Map{}
	p.native.defaults = map[string]string{}
	pairs, err := pairsOf(p.root.given["account"])
	if err != nil {
		return err
	}
	for _, pair := range pairs {
		key := keyOf(pair)
		if !fieldName.MatchString(key) {
			return &leafError{pair.Key, fmt.Errorf("%q is no name of a field; it has to be of a-z, 0-9 and underscore, and begin with a letter", cut(key, 80))}
		}
		s, err := keyedAt(pair.Value, "title", "help", "secret", "optional", "default")
		if err != nil {
			return err
		}
		if err := p.field(key, s); err != nil {
			return err
		}
	}
	return nil
}

func (p *parsing) field(key string, s keyed) error {
	f := Field{Name: key, Title: key}
	var errs [5]error
	f.Help, errs[0] = s.text("help")
	f.Secret, errs[1] = s.truth("secret")
	optional, err := s.truth("optional")
	errs[2] = err
	if s.given["title"] != nil {
		f.Title, errs[3] = s.text("title")
	}
	fallback, has := s.given["default"]
	if has {
		p.native.defaults[key], errs[4] = plainText(fallback)
	}
	if err := firstOf(errs[:]...); err != nil {
		return err
	}
	if has && f.Secret {
		return &leafError{fallback, errors.New("a secret has no default: everybody would read it in the document")}
	}
	f.Needed = !optional && !has
	p.account[key] = types.String
	p.native.about.Fields = append(p.native.about.Fields, f)
	return nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// needs reads the groups of fields, one of which has to be complete. Fields that no group names are needed, unless they
// are optional; those of a group only with it.
func (p *parsing) needs() error {
	groups, err := p.root.elements("needs")
	if err != nil {
		return err
	}
	var named []string
	for _, n := range groups {
		elements, err := elementsOf(n)
		if err != nil {
			return err
		}
		if len(elements) == 0 {
			return &leafError{n, errors.New("a group of needs has no fields; leave needs out where nothing is needed")}
		}
		var group []string
		for _, element := range elements {
			key, _ := textNode(element)
			if p.account[key] == nil {
				return &leafError{element, p.unknownField(key)}
			}
			group = append(group, key)
		}
		p.native.about.Needs = append(p.native.about.Needs, group)
		named = append(named, group...)
	}
	for i, f := range p.native.about.Fields {
		inAll := !slices.ContainsFunc(p.native.about.Needs, func(group []string) bool { return !slices.Contains(group, f.Name) })
		if slices.Contains(named, f.Name) {
			p.native.about.Fields[i].Needed = inAll
		}
	}
	return nil
}

func (p *parsing) unknownField(key string) error {
	var known []string
	for _, f := range p.native.about.Fields {
		known = append(known, f.Name)
	}
	if near, ok := formula.Nearest(key, known); ok {
		return fmt.Errorf("the account has no field %q; did you mean %s?", cut(key, 80), near)
	}
	return fmt.Errorf("the account has no field %q; it has %s", cut(key, 80), words(known, "and"))
}

// missing says what an account lacks; "" where it is complete.
func (n *Native) missing(account map[string]secret.Value) string {
	for _, f := range n.about.Fields {
		if f.Needed && account[f.Name].IsZero() {
			return "the account field " + f.Name + " is missing"
		}
	}
	if len(n.about.Needs) == 0 {
		return ""
	}
	var groups []string
	for _, group := range n.about.Needs {
		if !slices.ContainsFunc(group, func(f string) bool { return account[f].IsZero() && n.defaults[f] == "" }) {
			return ""
		}
		groups = append(groups, words(group, "and"))
	}
	return "the account has to have " + strings.Join(groups, ", or ")
}

// accountVariables are the fields as expressions see them: "" for what is not there and has no default.
func (n *Native) accountVariables(account map[string]secret.Value) map[string]any {
	all := map[string]any{}
	for _, f := range n.about.Fields {
		all[f.Name] = account[f.Name].Reveal()
		if account[f.Name].IsZero() {
			all[f.Name] = n.defaults[f.Name]
		}
	}
	return all
}
