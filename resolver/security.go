package resolver

import (
	"context"
	"fmt"
	"strings"
	"time"

	"deputy/name"
)

// State is what DNSSEC says of records (RFC 4033 §5).
type State string

// The states. Unchecked is not RFC 4033's "indeterminate": nobody who could validate was asked.
const (
	Unchecked State = "not checked"
	Secure    State = "secure"
	Insecure  State = "insecure" // there is proof that a zone on the way is not signed
	Bogus     State = "bogus"
)

// Security is the verdict of DNSSEC on one answer.
type Security struct {
	State State
	Zone  name.Name // Insecure: the first zone that is not signed, or the name that a signed zone leaves open; Bogus: the zone in which it breaks; else zero
	Why   string    // Bogus: what is wrong, "the signature of its DNSKEY records expired on 2026-11-01"; Unchecked: why
	By    string    // who validated: "deputy, from the trust anchor for .", "https://dns.example/dns-query"
}

// Security says whether DNSSEC calls the records of type t at n, or the proof that there are none, secure, insecure or
// bogus (RFC 4033 §5). Aliases are not followed: a CNAME at n is what is judged, and its target is another question's.
//
// With Config.Anchor deputy validates by itself, whoever is asked. Else the recursive resolver in use is asked what it
// makes of the answer; a Security of it is as good as the way to it, which By tells. With neither it is Unchecked.
// An error is a *Failure where it can't be told, or that of ctx.
func (c *Client) Security(ctx context.Context, n name.Name, t Type) (Security, error) {
	q := question{n, t}
	bounded, cancel := c.bound(ctx)
	defer cancel()
	way, err := c.choose(bounded)
	if err != nil {
		return Security{}, outcome(ctx, q, err)
	}
	var s Security
	switch {
	case len(c.anchors) > 0:
		s, err = c.validate(bounded, way, q)
	case way.recursive != nil:
		s, err = overheard{c, way.recursive, way.recursive.named()}.security(bounded, q)
	default:
		return Security{State: Unchecked, Why: "no validating resolver (--resolver) and no trust anchor (--trust-anchor) was given"}, ctx.Err()
	}
	if err != nil {
		return Security{}, outcome(ctx, q, err)
	}
	return s, nil
}

// validate is the way of deputy's own validation, from the anchor down.
func (c *Client) validate(ctx context.Context, way *path, q question) (Security, error) {
	zone, ok := c.anchors.above(q.name, q.typ)
	if !ok {
		return Security{State: Unchecked, Why: fmt.Sprintf("no trust anchor is for a zone that %s lies in", q.name)}, nil
	}
	by := "deputy, from the trust anchor for " + zone.String()
	var from source = fromRoot{c, map[name.Name]cut{}}
	if way.recursive != nil {
		from = fromRecursive{c, way.recursive}
	}
	err := newChain(from, "the trust anchor").follow(ctx, zone, c.anchors[zone], q)
	return verdictOf(err, by)
}

func newChain(from source, names string) *chain {
	return &chain{validator: newValidator(time.Now()), source: from, names: names}
}

// named is the resolver for Security.By. Over plain UDP and TCP to another machine anybody on the way can write AD.
func (r *recursive) named() string {
	var all []string
	for _, s := range r.servers {
		if s.URL != "" {
			return s.URL
		}
		scheme := "tcp"
		if r.datagrams {
			scheme = "udp"
		}
		text := scheme + "://" + s.Addr.String()
		if !s.Addr.Addr().Unmap().IsLoopback() {
			text += " (over plain " + strings.ToUpper(scheme) + ": nobody vouches for the way)"
		}
		all = append(all, text)
	}
	return strings.Join(all, ", ")
}
