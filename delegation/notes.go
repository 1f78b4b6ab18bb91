package delegation

import (
	"fmt"
	"strings"

	"deputy/name"
	"deputy/resolver"
)

// Note is something worth knowing that is no fault.
type Note struct {
	Code string // stable: "direct", "more-hops", "dead-server", …
	Text string
}

// Notes lists what is worth knowing about a chain. It never changes the verdict.
func (c Chain) Notes(e Expectation) []Note {
	j := judge{c, e}
	var notes []Note
	add := func(code, format string, args ...any) {
		notes = append(notes, Note{code, fmt.Sprintf(format, args...)})
	}
	if len(c.Hops) == 0 && !c.Target.IsZero() && j.direct() {
		add("direct", "%s lies in a zone where deputy may write: no CNAME is needed", c.Challenge)
	}
	if c.WildHost && len(c.Hops) == 0 && j.direct() {
		add("wildcard-host", "%s has no record of its own: a wildcard answers for it, and does not while a value stands at %s (RFC 4592 §2.2.2); give it a record of its own", c.Cert.Host(), c.Challenge)
	}
	if len(e.Shared) > 0 && !c.Target.IsZero() && len(c.Hops) > 0 {
		add("shared-target", "%s is the target of %s too: whoever can prove one of them can prove all", c.Target, texts(e.Shared))
	}
	if len(c.Hops) > 1 {
		add("more-hops", "the chain has %d CNAMEs; each is one more that can break", len(c.Hops))
	}
	if c.Caught && len(c.Hops) > 0 && !j.astray() {
		add("wildcard", "the CNAME at %s is that of a wildcard, and leads where it should; a record of its own does not go with the wildcard", c.Challenge)
	}
	for _, d := range c.Dead {
		add("dead-server", "%s, one of the servers of %s, gives no usable answer: %s", whole(d.Server), d.Zone, d.Reason)
	}
	ours, others := j.stale()
	if others > 0 {
		add("txt-stale", "%d TXT values at %s look like those of orders that are over, and are not deputy's: they can go", others, c.Target)
	}
	if ours > 0 {
		add("txt-stale", "%d TXT values at %s are deputy's own, of an order that is under way or of a run that is gone; deputy renew withdraws these", ours, c.Target)
	}
	notes = append(notes, j.caaNotes()...)
	notes = append(notes, j.cnameNotes()...)
	return append(notes, c.dnssec()...)
}

// dnssec says what DNSSEC called the chain. A bogus one is a fault.
func (c Chain) dnssec() []Note {
	s := c.Security
	switch s.State {
	case resolver.Secure:
		return []Note{{"dnssec", fmt.Sprintf("DNSSEC: secure, says %s", s.By)}}
	case resolver.Insecure:
		return []Note{{"dnssec", fmt.Sprintf("DNSSEC: not signed from the zone %s on, says %s", s.Zone, s.By)}}
	case resolver.Unchecked:
		return []Note{{"dnssec", "DNSSEC: not checked: " + s.Why}}
	}
	return nil
}

func texts(names []name.Name) string {
	var all []string
	for _, n := range names {
		all = append(all, n.String())
	}
	return strings.Join(all, ", ")
}
