package resolver

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/miekg/dns"

	"deputy/name"
)

// overheard judges by what a validating resolver says: AD for what is secure (RFC 6840 §5.8), SERVFAIL for what is bogus
// and given all the same with checking disabled (RFC 4035 §3.2.2).
type overheard struct {
	client    *Client
	recursive *recursive
	by        string
}

func (o overheard) ask(ctx context.Context, q question, w wish) (*reply, error) {
	return o.client.sendSigned(ctx, o.recursive, q, w)
}

// refusedAsBogus says that err is a SERVFAIL which may mean that validation failed: not one that the resolver explains
// with servers it can't reach.
func refusedAsBogus(err error) bool {
	var e *explained
	if !errors.As(err, &e) || e.code != dns.RcodeServerFailure {
		return false
	}
	for _, ede := range e.ede {
		switch ede.InfoCode {
		case dns.ExtendedErrorCodeNoReachableAuthority, dns.ExtendedErrorCodeNetworkError, dns.ExtendedErrorCodeNotReady:
			return false
		}
	}
	return true
}

// security asks for the verdict of the resolver on the records at q's name.
func (o overheard) security(ctx context.Context, q question) (Security, error) {
	r, err := o.ask(ctx, q, judged)
	switch {
	case err == nil && r.msg.AuthenticatedData:
		return Security{State: Secure, By: o.by}, nil
	case err == nil:
		if alias, other := r.alias(q); other { // the chain's end may be what is not signed
			return o.security(ctx, alias)
		}
		return o.unsigned(ctx, q.name)
	case !refusedAsBogus(err):
		return Security{}, err
	}
	open, unjudgedErr := o.ask(ctx, q, unjudged)
	if unjudgedErr != nil {
		return Security{}, err
	}
	if alias, other := open.alias(q); other { // or what is refused
		return o.security(ctx, alias)
	}
	return o.bogus(ctx, q, err)
}

// alias is the question for the CNAME at q's name alone, or for the DNAME that it is made from: a verdict on q would be
// one on the whole chain. A made CNAME is not asked for, since unbound finds no proof for it then.
func (r *reply) alias(q question) (alias question, other bool) {
	records, err := r.recordsAt(q.name)
	if err != nil || q.typ == CNAME || q.typ == DNAME {
		return question{}, false
	}
	for _, record := range records {
		if record.Type == CNAME && !record.DNAME.IsZero() {
			return question{record.DNAME, DNAME}, true
		}
		if record.Type == CNAME {
			return question{q.name, CNAME}, true
		}
	}
	return question{}, false
}

// heard is what the resolver says of one zone, or of a name at which none begins.
type heard struct {
	zone      bool // a zone begins here
	signed    bool // its SOA is called secure
	keysFail  bool // its DNSKEY records are refused, and there are some, unjudged
	cutFails  bool // so are its DS records, which are its parent's
	explained *explained
}

// listen asks for what the resolver says of n and all names above it, from the root down, at once.
func (o overheard) listen(ctx context.Context, n name.Name, each func(context.Context, name.Name) (heard, error)) ([]name.Name, []heard, error) {
	way := append([]name.Name{name.Root()}, between(name.Root(), question{n, SOA})...)
	way = way[:min(len(way), maxSecureLabels)]
	found := make([]heard, len(way))
	failures := make([]error, len(way))
	var group sync.WaitGroup
	for i, at := range way {
		group.Go(func() { found[i], failures[i] = each(ctx, at) })
	}
	group.Wait()
	return way, found, errors.Join(failures...)
}

// unsigned finds the first zone on the way to n that the resolver does not call secure, below one that it does. Where
// there is none that it does, it does not validate: nobody proved that n is not signed.
func (o overheard) unsigned(ctx context.Context, n name.Name) (Security, error) {
	way, found, err := o.listen(ctx, n, func(ctx context.Context, at name.Name) (heard, error) {
		r, err := o.ask(ctx, question{at, SOA}, judged)
		if err != nil {
			return heard{}, ctx.Err() // an alias to what is bogus, and the like: another zone will tell
		}
		zone, known := r.zone(at)
		return heard{zone: known && zone == at, signed: r.msg.AuthenticatedData}, nil
	})
	if err != nil {
		return Security{}, err
	}
	trusted, last := false, n
	for i, h := range found {
		if trusted = trusted || h.signed; !h.zone || !trusted {
			continue
		}
		if last = way[i]; !h.signed {
			return Security{State: Insecure, Zone: last, By: o.by}, nil
		}
	}
	if !trusted {
		return Security{State: Unchecked, Why: fmt.Sprintf("%s does not validate, or has no trust anchor above %s", o.by, n), By: o.by}, nil
	}
	return Security{State: Insecure, Zone: leftOut(last, n), By: o.by}, nil
}

// bogus finds the zone in which q breaks, and why.
func (o overheard) bogus(ctx context.Context, q question, refused error) (Security, error) {
	way, found, err := o.listen(ctx, q.name, o.broken)
	if err != nil {
		return Security{}, err
	}
	s := Security{State: Bogus, Zone: name.Root(), By: o.by}
	var why *explained
	_ = errors.As(refused, &why)
	for i, h := range found {
		if !h.zone {
			continue
		}
		if h.cutFails { // in the parent, the zone before
			why = h.explained
			break
		}
		s.Zone = way[i]
		if h.keysFail {
			why = h.explained
			break
		}
	}
	if s.Why = o.reason(ctx, s.Zone, q); s.Why == "" {
		s.Why = why.sentence()
	}
	return s, ctx.Err()
}

// broken asks with and without judging what makes a zone's link of the chain.
func (o overheard) broken(ctx context.Context, at name.Name) (heard, error) {
	open, err := o.ask(ctx, question{at, SOA}, unjudged)
	if err != nil {
		return heard{}, nil
	}
	if zone, known := open.zone(at); !known || zone != at {
		return heard{}, nil
	}
	h := heard{zone: true}
	for _, t := range []Type{typeDS, typeDNSKEY} {
		if t == typeDS && at == name.Root() {
			continue
		}
		_, err := o.ask(ctx, question{at, t}, judged)
		if !refusedAsBogus(err) {
			continue
		}
		if _, unjudgedErr := o.ask(ctx, question{at, t}, unjudged); unjudgedErr != nil {
			continue // it can't be told, so it is not what breaks
		}
		_ = errors.As(err, &h.explained)
		h.cutFails, h.keysFail = t == typeDS, t == typeDNSKEY
		break
	}
	return h, ctx.Err()
}

// reason looks at the records themselves, as the resolver gives them unjudged, from zone on: "" where nothing is found
// wrong. What names zone's keys is taken on the resolver's word; for the root, which nothing names, its own keys are.
func (o overheard) reason(ctx context.Context, zone name.Name, q question) string {
	pointing := question{zone, typeDS}
	if zone == name.Root() {
		pointing.typ = typeDNSKEY
	}
	r, err := o.ask(ctx, pointing, unjudged)
	if err != nil {
		return ""
	}
	set := find(setsOf(r.msg.Answer), zone.FQDN(), uint16(pointing.typ))
	if set == nil {
		return ""
	}
	c := newChain(fromRecursive{o.client, o.recursive}, parentOf(zone))
	var broken *breach
	if errors.As(c.follow(ctx, zone, set.records, q), &broken) && broken.zone == zone {
		return broken.why
	}
	return ""
}

func parentOf(zone name.Name) string {
	parent, ok := zone.Parent()
	if !ok {
		return "its own set of keys"
	}
	return "its parent " + parent.String()
}

// sentence is what a resolver said of its refusal, in words.
func (e *explained) sentence() string {
	var texts []string
	if e != nil {
		for _, ede := range e.ede {
			text := dns.ExtendedErrorCodeToString[ede.InfoCode]
			if ede.ExtraText != "" {
				text += " (" + printable(ede.ExtraText) + ")"
			}
			texts = append(texts, text)
		}
	}
	if len(texts) == 0 {
		return "it refuses the answer and does not say why"
	}
	return "it says: " + strings.Join(texts, "; ")
}

// printable is a stranger's text, short and on one line.
func printable(text string) string {
	const most = 200
	clean := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	runes := []rune(clean)
	return string(runes[:min(len(runes), most)])
}
