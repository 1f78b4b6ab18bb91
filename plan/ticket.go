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

// Ticket writes the request for lines as plain text that can be forwarded to people who never heard of deputy: each
// record in absolute form, and relative to its zone where that is known; what it does and does not allow; how to check
// it and how to undo it. Lines that are Done are asked to be left alone. Without lines to ask for it says so. It is Write
// of the format "text" for a request without extras, and for lines that are right: of others it says what is wrong.
func Ticket(lines []Line) string {
	text, err := Write("text", Request{Lines: lines})
	if err != nil {
		return err.Error() + "\n"
	}
	return text
}

// writeText writes one zone's ticket.
func writeText(s share) (string, error) {
	var t ticket
	switch {
	case len(s.asked()) == 0:
		t.say("There is nothing to add: every record is there.")
	case len(s.need) == 0:
		t.say("The records that are needed are there. These would be welcome besides.")
	default:
		t.request(s.need)
		t.purpose(s.need)
	}
	if err := t.optional(s); err != nil {
		return "", err
	}
	if len(s.asked()) > 0 {
		t.allows(s)
		t.check(s.asked())
		t.undo(s)
	}
	t.keep(s.done)
	return t.text.String(), nil
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

func (t *ticket) request(ask []entry) {
	t.say(
		"Please add "+records(ask)+", once. Nothing has to be changed afterwards:",
		"not when a certificate is renewed, and not when its authority changes.",
	)
	t.head("WHAT TO ADD")
	t.both(ask)
	t.say(
		"",
		"  Forms that ask for the parts: the name is what stands first (with or",
		"  without the zone, as the form wants it), the type is CNAME, the value is",
		"  what stands last. No other record may stand at that name (RFC 1034, section",
		"  3.6.2): if one does, please say so. If the form offers to proxy it, say no.",
	)
}

// both writes records in absolute form, and relative to their zone where that is known and has a relative form: no CNAME
// can stand at the zone itself (RFC 1034 §3.6.2: the SOA does).
func (t *ticket) both(ask []entry) {
	for i, e := range ask {
		if i > 0 {
			t.say("")
		}
		t.say("    " + e.line(absolute(e.owner)))
		if relative := e.relative(); relative != "" && (relative != "@" || e.kind == kindCAA) {
			t.say("  which in the zone "+e.zone.String()+" is", "    "+e.line(presented(relative)))
		}
	}
}

func (t *ticket) purpose(ask []entry) {
	t.head("WHAT IT DOES")
	t.say("  It lets us get and renew TLS certificates for")
	for _, e := range ask {
		t.say("    " + list(e.names))
	}
	t.say(
		"  Before a certificate authority issues one, it looks for a value at the name",
		"  of the record (ACME, RFC 8555, section 8.4). The record tells it to look in",
		"  a zone of ours instead.",
	)
}

func (t *ticket) optional(s share) error {
	if len(s.extras) == 0 {
		return nil
	}
	t.head("MAY BE ADDED TOO")
	for i, kind := range s.kinds() {
		why, err := explain("en", kind, s.issuer)
		if err != nil {
			return err
		}
		if i > 0 {
			t.say("")
		}
		for _, line := range wrap(why, 74) {
			t.say("  " + line)
		}
		t.say("")
		t.both(slices.DeleteFunc(slices.Clone(s.extras), func(e entry) bool { return e.extra != kind }))
	}
	return nil
}

func (t *ticket) allows(s share) {
	all := s.covered()
	if len(all) == 0 {
		return
	}
	t.head("WHAT IT ALLOWS, AND WHAT NOT")
	t.say(
		"  It gives us no access to your DNS: we can't change or add any record of",
		"  yours. By it we can get certificates for no other names than",
	)
	for i, n := range all { // a host and its wildcard share a line
		if i > 0 && all[i-1].Host() == n.Host() {
			continue
		}
		host := slices.DeleteFunc(slices.Clone(all), func(other name.Name) bool { return other.Host() != n.Host() })
		t.say("    " + list(host))
	}
	t.say(
		"  (and, at some authorities, names below these). Web, mail and all else at",
		"  these names stay as they are.",
	)
}

func (t *ticket) check(ask []entry) {
	t.head("HOW TO CHECK")
	t.say("  Ask, and this is the answer:")
	for _, e := range ask {
		t.say("    dig +short "+e.kind+" "+strings.TrimSuffix(absolute(e.owner), "."), "    "+e.data())
	}
	t.say(
		"  Where a CNAME leads there is usually nothing to be found: a value is there",
		"  only while a certificate is being issued. That is no error.",
	)
}

func (t *ticket) undo(s share) {
	t.head("HOW TO UNDO")
	these := "the record"
	if len(s.asked()) > 1 {
		these = "the records"
	}
	t.say(
		"  Remove "+these+". Certificates that were issued stay valid until they",
		"  expire; no new ones can be had by it.",
	)
}

func (t *ticket) keep(done []entry) {
	if len(done) == 0 {
		return
	}
	t.head("ALREADY THERE, PLEASE KEEP")
	for _, e := range done {
		t.say("    " + e.line(absolute(e.owner)))
	}
}

func records(ask []entry) string {
	if len(ask) == 1 {
		return "one DNS record"
	}
	return fmt.Sprintf("%d DNS records", len(ask))
}

// covered is what a CNAME for names allows, asked for or not: the challenge name of a host is that of its wildcard.
func covered(names []name.Name) []name.Name {
	all := slices.Clone(names)
	for _, n := range names {
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
