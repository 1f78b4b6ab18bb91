package dnsconfig

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/expr-lang/expr/types"
)

// login compiles the login before all that uses its session.
func (p *parsing) login() error {
	n := p.root.given["login"]
	if n == nil {
		return nil
	}
	if err := p.call(Login, n); err != nil {
		return err
	}
	p.session = types.Map{}
	for _, kept := range p.native.calls[Login].session {
		p.session[kept.name] = types.String
	}
	return nil
}

// operations compiles the requests: of exactly one style, complete.
func (p *parsing) operations() error {
	for _, op := range []Op{Logout, Zone, Zones, Commit, Poll} {
		if n := p.root.given[string(op)]; n != nil {
			if err := p.call(op, n); err != nil {
				return err
			}
		}
	}
	styles := []string{"rrset", "record", "single"}
	for _, style := range styles {
		if p.root.given[style] == nil {
			continue
		}
		if p.native.about.Style != "" {
			return &leafError{p.root.given[style], fmt.Errorf("there are both %s and %s; exactly one of %s has to be there", p.native.about.Style, style, words(styles, "and"))}
		}
		p.native.about.Style = style
	}
	if p.native.about.Style == "" {
		return fmt.Errorf("exactly one of %s has to be there", words(styles, "and"))
	}
	return p.style(p.native.about.Style)
}

// styleOps are the operations of a style, and those without which it can't be.
func styleOps(style string) (all, needed []Op) {
	switch style {
	case "rrset":
		return []Op{Read, Create, Replace, Delete, AddSome, Remove}, []Op{Read}
	case "record":
		return []Op{List, Item, Create, Delete}, []Op{List, Create, Delete}
	}
	return []Op{Write, Clear}, []Op{Write}
}

func (p *parsing) style(style string) error {
	all, needed := styleOps(style)
	var keys []string
	for _, op := range all {
		keys = append(keys, string(op))
	}
	s, err := keyedAt(p.root.given[style], keys...)
	if err != nil {
		return err
	}
	for _, op := range all {
		n := s.given[string(op)]
		if n == nil && slices.Contains(needed, op) {
			return orPlaced(s.node, fmt.Errorf("%s.%s is missing", style, op))
		}
		if n == nil {
			continue
		}
		if err := p.call(op, n); err != nil {
			return err
		}
	}
	return placed(s.node, p.fits(style))
}

// fits says what a style lacks that no single operation tells.
func (p *parsing) fits(style string) error {
	n := p.native
	switch {
	case style == "rrset" && !n.Has(Replace) && !(n.Has(AddSome) && n.Has(Remove)):
		return errors.New("rrset.replace is missing; without it there have to be both add and remove")
	case style == "record" && n.Has(Item) && n.calls[List].result["id"] == nil:
		return errors.New("record.list has no id, which item needs")
	case style == "record" && !n.Has(Item) && n.calls[List].result["value"] == nil:
		return errors.New("record.list has no value; without it there has to be item")
	case style == "record" && n.Has(Item) && n.calls[List].result["value"] != nil:
		return errors.New("record.list and record.item both have a value; one of them tells it")
	}
	return nil
}

// whole looks at what only the whole document tells, and completes it.
func (p *parsing) whole() error {
	n := p.native
	if n.Has(Logout) && !n.Has(Login) {
		return &leafError{p.root.given["logout"], errors.New("there is a logout, and no login")}
	}
	for _, op := range nativeOps() {
		c := n.calls[op]
		if c == nil {
			continue
		}
		if c.answers == "" {
			c.answers = n.answers
		}
		if c.answers == "" {
			c.answers = answersJSON
		}
		if c.job != nil && !n.Has(Poll) {
			return &leafError{c.node, fmt.Errorf("%s gives a job, and there is no poll that asks about it", op)}
		}
		if op == Login && c.host == "" && n.address != nil && n.address.whole != nil {
			return &leafError{c.node, errors.New("login has to have an https:// address: api.base is known only after it")}
		}
	}
	if c := n.calls[Poll]; c != nil {
		n.every = c.every
	}
	p.abouts()
	return nil
}

// constantHosts are the hosts of base ("" for none) and of the calls that name their own.
func (n *Native) constantHosts(base string) []string {
	var hosts []string
	add := func(address string) {
		if u, err := url.Parse(address); err == nil && u.Host != "" && !slices.Contains(hosts, strings.ToLower(u.Host)) {
			hosts = append(hosts, strings.ToLower(u.Host))
		}
	}
	add(base)
	for _, op := range nativeOps() {
		if c := n.calls[op]; c != nil {
			add(c.host)
		}
	}
	return hosts
}
