package session

import (
	"maps"
	"slices"
	"strings"

	"deputy/name"
)

// minIDs are the ids that a session of style record has to give.
const minIDs = 6

// host reads host.yaml.
func (l *loader) host(s section) {
	n := l.document(s, "style", "zone", "others", "target", "account", "wrong", "provider", "ids", "foreign", "ttl", "keeps", "session", "errors")
	if n == nil {
		return
	}
	for _, m := range n.members {
		l.session.lines[m.key] = m.line
	}
	l.session.Style = l.text(n, "style")
	if !slices.Contains([]string{"rrset", "record", "single"}, l.session.Style) {
		l.wrong(n.at("style"), "style is %q; it has to be rrset, record or single", l.session.Style)
	}
	l.zones(n)
	l.accountFields(n)
	l.records(n)
	l.ttl(n)
	l.session.Keeps = l.number(n, "keeps", 1)
	if l.session.token = l.text(n, "session"); l.session.token == "" {
		l.session.token = "5e551070-7e57-4a11-8d0c-0123456789ab"
	}
	if p := n.get("provider"); p != nil {
		l.known(p, "api_base", "allow", "limits", "custom_value", "registered_domains")
		l.session.Provider = string(p.json())
	}
	l.failures(n)
}

func (l *loader) zones(n *node) {
	zone := n.get("zone")
	if zone == nil {
		l.wrong(n.line, "zone is missing, as in zone: {name: example.net, id: \"1\"}")
		return
	}
	l.session.Zone = l.zone(zone)
	if others := n.get("others"); others != nil {
		for _, item := range others.items {
			l.session.Others = append(l.session.Others, l.zone(item))
		}
	}
	if l.session.Target = "_acme-challenge.www." + l.session.Zone.Name; n.get("target") != nil {
		l.session.Target = l.domain(n, "target")
	}
	target, err := name.ParseOwner(l.session.Target)
	in, err2 := name.ParseOwner(l.session.Zone.Name)
	if err != nil || err2 != nil || !target.In(in) || target == in {
		l.wrong(n.at("target"), "the target %q has to lie inside the zone %q", l.session.Target, l.session.Zone.Name)
	}
}

func (l *loader) zone(n *node) Zone {
	l.known(n, "name", "id")
	z := Zone{Name: l.domain(n, "name"), ID: l.text(n, "id")}
	if id := n.get("id"); id != nil {
		z.numeric = id.kind == number
	} else {
		z.ID = z.Name
	}
	return z
}

func (l *loader) accountFields(n *node) {
	account := n.get("account")
	if account == nil || account.kind != mapping {
		l.wrong(n.line, "account is missing: the fields of the DNS Provider's account, as in account: {token: tok-123}")
		return
	}
	for _, m := range account.members {
		l.session.Account[m.key] = l.text(account, m.key)
	}
	wrong := n.get("wrong")
	if wrong == nil {
		for field, value := range l.session.Account {
			if !strings.ContainsAny(value, "\n{") {
				l.session.Wrong[field] = turned(value)
			}
		}
		return
	}
	l.known(wrong, slices.Sorted(maps.Keys(l.session.Account))...)
	for _, m := range wrong.members {
		l.session.Wrong[m.key] = l.text(wrong, m.key)
	}
}

// turned is a text of the same shape with other letters and digits: hexadecimal stays hexadecimal.
func turned(s string) string {
	next := func(c, first, last rune) rune {
		if c == last {
			return first
		}
		return c + 1
	}
	return strings.Map(func(c rune) rune {
		switch {
		case c >= '0' && c <= '9':
			return next(c, '0', '9')
		case c >= 'a' && c <= 'f':
			return next(c, 'a', 'f')
		case c >= 'g' && c <= 'z':
			return next(c, 'g', 'z')
		case c >= 'A' && c <= 'F':
			return next(c, 'A', 'F')
		case c >= 'G' && c <= 'Z':
			return next(c, 'G', 'Z')
		}
		return c
	}, s)
}

func (l *loader) records(n *node) {
	if ids := n.get("ids"); ids != nil {
		for _, item := range ids.items {
			l.session.IDs = append(l.session.IDs, item.scalar)
			l.session.numericIDs = item.kind == number
		}
	}
	if l.session.Style == "record" && len(l.session.IDs) < minIDs {
		l.wrong(n.at("ids"), "ids has to give at least %d ids of records in the host's form", minIDs)
	}
	foreign := n.get("foreign")
	if foreign == nil {
		return
	}
	for _, item := range foreign.items {
		l.session.Foreign = append(l.session.Foreign, item.scalar)
	}
	if l.session.Style == "single" && len(l.session.Foreign) > 0 {
		l.wrong(foreign.line, "style single has no foreign values, since nobody can read them")
	}
}

func (l *loader) ttl(n *node) {
	ttl := n.get("ttl")
	if ttl == nil {
		return
	}
	l.known(ttl, "minimum", "maximum", "only")
	l.session.TTL.Minimum = l.number(ttl, "minimum", l.session.TTL.Minimum)
	l.session.TTL.Maximum = l.number(ttl, "maximum", l.session.TTL.Maximum)
	if only := ttl.get("only"); only != nil {
		for _, item := range only.items {
			l.session.TTL.Only = append(l.session.TTL.Only, l.whole1(item, "only", 0))
		}
	}
	if l.session.TTL.Minimum > l.session.TTL.Maximum {
		l.wrong(ttl.line, "the minimum TTL is over the maximum")
	}
}

// failures reads errors.
func (l *loader) failures(n *node) {
	all := n.get("errors")
	if all == nil {
		l.wrong(n.line, "errors is missing: what the host answers to what it does not accept")
		return
	}
	kinds := []string{"unauthorized", "unknown", "invalid", "exists", "missing", "conflict"}
	l.known(all, kinds...)
	for _, m := range all.members {
		if !slices.Contains(kinds, m.key) {
			continue
		}
		l.known(m.value, "doc", "status", "answer", "headers_out")
		l.session.lines["errors."+m.key] = m.line
		l.page(m.value)
		l.session.errors[m.key] = l.answer(m.value)
	}
	for _, kind := range kinds[:3] {
		if all.get(kind) == nil {
			l.wrong(all.line, "errors.%s is missing", kind)
		}
	}
}

// page checks that the documentation is named.
func (l *loader) page(n *node) string {
	doc := l.text(n, "doc")
	if !strings.HasPrefix(doc, "https://") && !strings.HasPrefix(doc, "http://") {
		l.wrong(n.line, "doc is missing: the address of the page that documents this")
	}
	return doc
}
