package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"deputy/name"
)

// ttl is what the record is asked to have, seconds. It is the least that many DNS hosts allow, and short enough to mend
// a mistake within the hour.
const ttl = 3600

// Line is one CNAME to ask for.
type Line struct {
	Names  []name.Name // the certificate names that need it
	Owner  name.Name
	Target name.Name
	Zone   name.Name // the zone that holds Owner, if it is known; for the relative form
	Done   bool      // it is there already
}

// record is the CNAME in zone file form (RFC 1035 §5.1), absolute.
func (l Line) record() string {
	return fmt.Sprintf("%s %d IN CNAME %s", l.Owner.FQDN(), ttl, l.Target.FQDN())
}

// relative is the owner as the panels of most DNS hosts want it; "" where the zone is not known, or is the owner itself,
// where no CNAME can stand (RFC 1034 §3.6.2: the SOA does).
func (l Line) relative() string {
	labels, _ := l.Owner.Relative(l.Zone)
	return labels
}

// Ticket writes the request for lines as plain text that can be forwarded to people who never heard of deputy: each
// record in absolute form, and relative to its zone where that is known; what it does and does not allow; how to check
// it and how to undo it. Lines that are Done are asked to be left alone. Without lines to ask for it says so.
func Ticket(lines []Line) string {
	var t ticket
	ask := slices.DeleteFunc(slices.Clone(lines), func(l Line) bool { return l.Done })
	done := slices.DeleteFunc(slices.Clone(lines), func(l Line) bool { return !l.Done })
	if len(ask) == 0 {
		t.say("There is nothing to add: every record is there.")
	} else {
		t.request(ask)
		t.purpose(ask)
		t.check(ask)
		t.undo(ask)
	}
	t.keep(done)
	return t.text.String()
}

// ticket is a text in the making: ASCII, in lines of at most 78 characters where records don't make them longer, so that
// no mail or ticket system spoils it.
type ticket struct{ text strings.Builder }

func (t *ticket) say(lines ...string) {
	for _, line := range lines {
		t.text.WriteString(line + "\n")
	}
}

func (t *ticket) head(title string) { t.say("", title, "") }

func (t *ticket) request(ask []Line) {
	t.say(
		"Please add "+records(ask)+", once. Nothing has to be changed afterwards:",
		"not when a certificate is renewed, and not when its authority changes.",
	)
	t.head("WHAT TO ADD")
	for i, l := range ask {
		if i > 0 {
			t.say("")
		}
		t.say("    " + l.record())
		if relative := l.relative(); relative != "" {
			t.say(
				"  which in the zone "+l.Zone.String()+" is",
				fmt.Sprintf("    %s %d IN CNAME %s", relative, ttl, l.Target.FQDN()),
			)
		}
	}
	t.say(
		"",
		"  Forms that ask for the parts: the name is what stands first (with or",
		"  without the zone, as the form wants it), the type is CNAME, the value is",
		"  what stands last. No other record may stand at that name (RFC 1034, section",
		"  3.6.2): if one does, please say so. If the form offers to proxy it, say no.",
	)
}

func (t *ticket) purpose(ask []Line) {
	t.head("WHAT IT DOES")
	t.say("  It lets us get and renew TLS certificates for")
	for _, l := range ask {
		t.say("    " + list(l.Names))
	}
	t.say(
		"  Before a certificate authority issues one, it looks for a value at the name",
		"  of the record (ACME, RFC 8555, section 8.4). The record tells it to look in",
		"  a zone of ours instead.",
	)
	t.head("WHAT IT DOES NOT ALLOW")
	t.say(
		"  It gives us no access to your DNS: we can't change or add any record of",
		"  yours. By it we can get certificates for no other names than",
	)
	for _, l := range ask {
		t.say("    " + list(covered(l)))
	}
	t.say("  Web, mail and all else at these names stay as they are.")
}

func (t *ticket) check(ask []Line) {
	t.head("HOW TO CHECK")
	t.say("  Ask, and this is the answer:")
	for _, l := range ask {
		t.say("    dig +short CNAME "+l.Owner.String(), "    "+l.Target.FQDN())
	}
}

func (t *ticket) undo(ask []Line) {
	t.head("HOW TO UNDO")
	these := "the record"
	if len(ask) > 1 {
		these = "the records"
	}
	t.say(
		"  Remove "+these+". Certificates that were issued stay valid until they",
		"  expire; no new ones can be had by it.",
	)
}

func (t *ticket) keep(done []Line) {
	if len(done) == 0 {
		return
	}
	t.head("ALREADY THERE, PLEASE KEEP")
	for _, l := range done {
		t.say("    " + l.record())
	}
}

func records(ask []Line) string {
	if len(ask) == 1 {
		return "one DNS record"
	}
	return fmt.Sprintf("%d DNS records", len(ask))
}

// covered is what a CNAME at l's owner allows, asked for or not: the challenge name of a host is that of its wildcard.
func covered(l Line) []name.Name {
	all := slices.Clone(l.Names)
	for _, n := range l.Names {
		host := n.Host()
		if !slices.Contains(all, host) {
			all = append(all, host)
		}
		if wildcard, err := host.Child("*"); err == nil && !slices.Contains(all, wildcard) {
			all = append(all, wildcard)
		}
	}
	slices.SortFunc(all, func(a, b name.Name) int {
		return cmp.Or(strings.Compare(a.Host().String(), b.Host().String()), cmp.Compare(len(a.String()), len(b.String())))
	})
	return all
}

func list(names []name.Name) string {
	texts := make([]string, len(names))
	for i, n := range names {
		texts[i] = n.String()
	}
	return strings.Join(texts, ", ")
}
