package resolver

import (
	"context"
	"errors"
	"fmt"

	"github.com/miekg/dns"

	"deputy/name"
)

// The types that only validation asks for.
const (
	typeDS     Type = Type(dns.TypeDS)
	typeDNSKEY Type = Type(dns.TypeDNSKEY)
)

// breach is where a chain of trust breaks.
type breach struct {
	zone name.Name
	why  string
}

func (b *breach) Error() string { return fmt.Sprintf("bogus in %s: %s", b.zone, b.why) }

// unsigned is where a chain of trust ends with proof.
type unsigned struct{ zone name.Name }

func (u *unsigned) Error() string { return "not signed from " + u.zone.String() + " on" }

// source brings answers with their proofs, unjudged.
type source interface {
	// keys asks for zone's DNSKEY records.
	keys(ctx context.Context, zone name.Name) (*reply, error)
	// within asks the servers of zone, whose keys were asked for before.
	within(ctx context.Context, zone name.Name, q question) (*reply, error)
}

// chain is the way of trust to one answer.
type chain struct {
	*validator
	source source
	names  string // what names the keys of the zone that is entered next: "the trust anchor", "its parent nl"

	uncounted name.Name // below here a zone may begin that is not signed: the denial of its DS has too many iterations
}

// follow goes from a zone that pointers (DS or DNSKEY records) name the keys of down to the zone that holds q, and
// judges its answer (RFC 4035 §5). No error is "secure"; else it is a *breach, an *unsigned or a *Failure.
func (c *chain) follow(ctx context.Context, zone name.Name, pointers []dns.RR, q question) error {
	for {
		ring, err := c.enter(ctx, zone, pointers)
		if err != nil {
			return err
		}
		below, ds, err := c.cut(ctx, zone, ring, q)
		if err != nil {
			return err
		}
		if below.IsZero() {
			r, err := c.source.within(ctx, zone, q)
			if err != nil {
				return err
			}
			err = c.judge(zone, ring, r.msg, q)
			if _, broken := err.(*breach); broken && !c.uncounted.IsZero() && !signedAt(r.msg, q.name, zone) {
				return &unsigned{c.uncounted}
			}
			return err
		}
		c.names = "its parent " + zone.String()
		zone, pointers = below, ds
	}
}

// signedAt says that an answer at n claims to be signed by zone.
func signedAt(m *dns.Msg, n, zone name.Name) bool {
	for _, set := range setsOf(m.Answer) {
		for _, signature := range set.signatures {
			if set.owner == n.FQDN() && dns.CanonicalName(signature.SignerName) == zone.FQDN() {
				return true
			}
		}
	}
	return false
}

// leftOut is the first name below zone, on the way to n, of which a signed zone does not prove that it is not another's.
func leftOut(zone, n name.Name) name.Name {
	if child, below := childOf(zone, n); below {
		return child
	}
	return zone
}

// enter gets the keys of a zone and checks them against what names them.
func (c *chain) enter(ctx context.Context, zone name.Name, pointers []dns.RR) (keyring, error) {
	if len(readable(pointers)) == 0 {
		return keyring{}, &unsigned{zone}
	}
	r, err := c.source.keys(ctx, zone)
	if err != nil {
		return keyring{}, err
	}
	set := find(setsOf(r.msg.Answer), zone.FQDN(), dns.TypeDNSKEY)
	keys, why := c.trusted(zone.FQDN(), set, pointers, c.names)
	if why != "" {
		return keyring{}, &breach{zone, why}
	}
	return keyring{zone.FQDN(), keys}, nil
}

// cut finds the next zone below zone on the way to q, with its DS records; none where zone holds q. It asks for DS at
// every name on the way: where one server holds parent and child there are no referrals to go by.
func (c *chain) cut(ctx context.Context, zone name.Name, ring keyring, q question) (name.Name, []dns.RR, error) {
	way := between(zone, q)
	if len(way) > maxSecureLabels {
		return name.Name{}, nil, &Failure{Zone: zone, Reason: fmt.Sprintf("more than %d labels below the trust anchor", maxSecureLabels)}
	}
	for _, at := range way {
		r, err := c.source.within(ctx, zone, question{at, typeDS})
		if err != nil {
			return name.Name{}, nil, err
		}
		p, ds, why := c.delegation(ring, r.msg, at)
		switch {
		case why != "":
			return name.Name{}, nil, &breach{zone, why}
		case len(ds) > 0:
			return at, ds, nil
		case p == bareCut, p == optedOut:
			return name.Name{}, nil, &unsigned{at}
		case p == excessive:
			c.uncounted = at
			return name.Name{}, nil, nil
		case p == noName:
			return name.Name{}, nil, nil
		}
	}
	return name.Name{}, nil, nil
}

// between gives the names below zone at which a zone may begin that holds q, from the top.
func between(zone name.Name, q question) []name.Name {
	at := q.name
	if q.typ == typeDS { // the parent's
		at, _ = at.Parent()
	}
	var way []name.Name
	for ok := true; ok && at != zone && at.In(zone); at, ok = at.Parent() {
		way = append([]name.Name{at}, way...)
	}
	return way
}

// delegation reads an answer to a question for DS at a name: DS records, or what is proven instead. A referral that
// holds them, from a server that does not know DS questions, does as well.
func (c *chain) delegation(ring keyring, m *dns.Msg, at name.Name) (p proven, ds []dns.RR, why string) {
	owner := at.FQDN()
	if set := find(setsOf(m.Answer, m.Ns), owner, dns.TypeDS); set != nil {
		signature, why := c.verify(set, ring)
		if why != "" {
			return unproven, nil, why
		}
		if _, made := set.expanded(signature); !made {
			return unproven, set.records, ""
		}
	}
	if sets := setsOf(m.Answer); len(sets) > 0 {
		p, why := c.positive(ring, m, sets, question{at, typeDS})
		if p == noName {
			p = noData // a wildcard's or a DNAME's: no zone begins here, and names below may be made alike
		}
		return p, nil, why
	}
	d, why := c.denialOf(m.Ns, ring)
	if why != "" {
		return unproven, nil, why
	}
	if p = d.of(owner, dns.TypeDS); p == unproven {
		why = fmt.Sprintf("it gives neither DS records for %s nor a proof that there are none", at)
	}
	return p, nil, why
}

// verdict puts the end of follow into the words of Security.
func verdictOf(err error, by string) (Security, error) {
	var broken *breach
	var open *unsigned
	switch {
	case err == nil:
		return Security{State: Secure, By: by}, nil
	case errors.As(err, &broken):
		return Security{State: Bogus, Zone: broken.zone, Why: broken.why, By: by}, nil
	case errors.As(err, &open):
		return Security{State: Insecure, Zone: open.zone, By: by}, nil
	}
	return Security{}, err
}
