package resolver

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/miekg/dns"

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
	Zone  name.Name // Insecure: the first zone that is not signed; Bogus: the zone in which it breaks; else zero
	Why   string    // Bogus: what is wrong, "the signature of its DNSKEY records expired on 2026-11-01"; Unchecked: why
	By    string    // who validated: "https://dns.example/dns-query"
}

// Security says whether DNSSEC calls the records of type t at n, or the proof that there are none, secure, insecure or
// bogus. It is the word of the recursive resolver in use, if that validates; deputy does not validate by itself, so in a
// walk from the root nothing is checked. An error is a *Failure where it can't be told, or that of ctx.
//
// What a validating resolver finds bogus it answers with SERVFAIL, and gives all the same where checking is disabled
// (RFC 4035 §3.2.2); what is secure has the AD bit (RFC 6840 §5.7 and §5.8).
func (c *Client) Security(ctx context.Context, n name.Name, t Type) (Security, error) {
	q := question{n, t}
	bounded, cancel := c.bound(ctx)
	defer cancel()
	way, err := c.choose(bounded)
	if err != nil {
		return Security{}, outcome(ctx, q, err)
	}
	if way.recursive == nil {
		return Security{State: Unchecked, Why: "no validating resolver was given (--resolver)"}, nil
	}
	v := validator{client: c, recursive: way.recursive}
	s, err := v.judge(bounded, q)
	return s, outcome(ctx, q, err)
}

// validator asks a recursive resolver what DNSSEC says.
type validator struct {
	client    *Client
	recursive *recursive
}

// checked is one answer, SERVFAIL included.
type checked struct {
	msg    *dns.Msg
	server Server
}

func (a checked) failed() bool { return a.msg.Rcode == dns.RcodeServerFailure }

func (v validator) judge(ctx context.Context, q question) (Security, error) {
	a, err := v.ask(ctx, q, false)
	if err != nil {
		return Security{}, err
	}
	by := a.server.String() + v.openness(a.server)
	switch {
	case a.failed():
		return v.broken(ctx, q, a, by)
	case a.msg.AuthenticatedData:
		return Security{State: Secure, By: by}, nil
	}
	return v.unsigned(ctx, q, by)
}

// openness warns of an answer that anybody on the way could have made: no trust is claimed for it.
func (v validator) openness(s Server) string {
	if s.URL != "" || s.Addr.Addr().IsLoopback() {
		return ""
	}
	return " (without encryption, so that anybody on the way could have said it)"
}

// ask sends q with AD and DO, and with checking disabled or not.
func (v validator) ask(ctx context.Context, q question, unchecked bool) (checked, error) {
	try := func(ctx context.Context, a attempt) (*reply, *refusal) {
		ctx, cancel := context.WithTimeout(ctx, v.client.config.Timeout)
		defer cancel()
		m := q.message(true)
		m.AuthenticatedData, m.CheckingDisabled = true, unchecked
		m.IsEdns0().SetDo()
		answer, err := v.client.query(ctx, a.server, a.send, m)
		if err != nil {
			return nil, &refusal{server: a.server, reason: reasonOf(err), err: err}
		}
		switch answer.Rcode {
		case dns.RcodeSuccess, dns.RcodeNameError, dns.RcodeServerFailure:
			return &reply{msg: answer, server: a.server}, nil
		}
		return nil, &refusal{server: a.server, reason: rcode(answer.Rcode)}
	}
	r, refusals := v.client.race(ctx, v.recursive.attempts(), try)
	if r == nil {
		return checked{}, q.failure(name.Name{}, refusals)
	}
	return checked{r.msg, r.server}, nil
}

// unsigned finds the first zone on the way down that is not signed. Where not even one above is called secure, the
// resolver does not validate.
func (v validator) unsigned(ctx context.Context, q question, by string) (Security, error) {
	secure := false
	for _, at := range downTo(q.name) {
		a, err := v.ask(ctx, question{at, SOA}, false)
		if err != nil {
			return Security{}, err
		}
		switch {
		case a.failed():
		case a.msg.AuthenticatedData:
			secure = true
		case secure:
			return Security{State: Insecure, Zone: zoneIn(a.msg, at), By: by}, nil
		}
	}
	if secure {
		return Security{State: Insecure, Zone: q.name, By: by}, nil
	}
	return Security{State: Unchecked, Why: by + " does not validate, or has no trust anchor above " + q.name.String()}, nil
}

// broken tells what is bogus from what can't be told: with checking disabled the one is answered, and the other not.
func (v validator) broken(ctx context.Context, q question, a checked, by string) (Security, error) {
	plain, err := v.ask(ctx, q, true)
	if err != nil {
		return Security{}, err
	}
	if plain.failed() {
		return Security{}, &Failure{Question: q.name, Type: q.typ, Server: plain.server, Reason: rcode(dns.RcodeServerFailure)}
	}
	s := Security{State: Bogus, By: by, Zone: zoneIn(plain.msg, q.name), Why: whyBogus(a.msg, plain.msg, q.typ)}
	for _, at := range downTo(q.name) {
		keys := question{at, Type(dns.TypeDNSKEY)}
		b, err := v.ask(ctx, keys, false)
		if err != nil {
			return Security{}, err
		}
		if !b.failed() {
			continue
		}
		if b, err = v.broke(ctx, keys, b); err != nil {
			return Security{}, err
		}
		if b.failed() {
			continue // it can't be told, so it is not what breaks
		}
		s.Zone, s.Why = zoneIn(b.msg, at), whyBogus(b.msg, b.msg, keys.typ)
		break
	}
	return s, nil
}

// broke is the answer to q with checking disabled, with what the refusal says of the reason.
func (v validator) broke(ctx context.Context, q question, refusal checked) (checked, error) {
	plain, err := v.ask(ctx, q, true)
	if err != nil || plain.failed() {
		return refusal, err
	}
	if opt, told := plain.msg.IsEdns0(), refusal.msg.IsEdns0(); opt != nil && told != nil {
		opt.Option = append(opt.Option, told.Option...)
	}
	return plain, nil
}

// downTo gives the names from below the root down to n.
func downTo(n name.Name) []name.Name {
	var all []name.Name
	for at, ok := n, true; ok; at, ok = at.Parent() {
		all = append(all, at)
	}
	slices.Reverse(all)
	return all
}

// zoneIn is the zone that an answer about n speaks of: its SOA's owner, else its signer, else n.
func zoneIn(m *dns.Msg, n name.Name) name.Name {
	for _, rr := range slices.Concat(m.Answer, m.Ns) {
		text := ""
		switch d := rr.(type) {
		case *dns.SOA:
			text = d.Hdr.Name
		case *dns.RRSIG:
			text = d.SignerName
		}
		if zone, err := readName(text); text != "" && err == nil && n.In(zone) {
			return zone
		}
	}
	return n
}

// whyBogus puts in words why records do not validate: what a look at their signatures shows, else what the resolver says
// (RFC 8914 §4).
func whyBogus(refusal, plain *dns.Msg, t Type) string {
	signed := false
	now := time.Now()
	for _, rr := range slices.Concat(plain.Answer, plain.Ns) {
		s, ok := rr.(*dns.RRSIG)
		if !ok {
			continue
		}
		signed = true
		kind := dns.Type(s.TypeCovered).String()
		ends, begins := time.Unix(int64(s.Expiration), 0).UTC(), time.Unix(int64(s.Inception), 0).UTC()
		switch {
		case now.After(ends):
			return fmt.Sprintf("the signature of its %s records expired on %s", kind, ends.Format(time.DateOnly))
		case now.Before(begins):
			return fmt.Sprintf("the signature of its %s records holds from %s on only", kind, begins.Format(time.DateOnly))
		}
	}
	if told := extended(refusal); told != "" {
		return told
	}
	if !signed {
		return fmt.Sprintf("its %s records are not signed, and its parent says that they should be", t)
	}
	return fmt.Sprintf("its %s records do not fit the keys that its parent names", t)
}

// extended is the extended error of a resolver.
func extended(m *dns.Msg) string {
	opt := m.IsEdns0()
	if opt == nil {
		return ""
	}
	for _, option := range opt.Option {
		e, ok := option.(*dns.EDNS0_EDE)
		if !ok {
			continue
		}
		text := dns.ExtendedErrorCodeToString[e.InfoCode]
		if e.ExtraText != "" {
			text += " (" + e.ExtraText + ")"
		}
		return text
	}
	return ""
}
