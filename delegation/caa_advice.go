package delegation

import (
	"fmt"
	"slices"
	"strings"

	"deputy/name"
)

// yourCA stands where no CA is known.
const yourCA = "<your CA>"

// String is the record's data as a zone file has it: 0 issue "letsencrypt.org".
func (r CAARecord) String() string {
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(r.Value)
	return fmt.Sprintf(`%d %s "%s"`, r.Flags, r.Tag, escapeOctets(quoted))
}

// escapeOctets writes what is not printable ASCII as RFC 1035 §5.1 has it: \DDD.
func escapeOctets(s string) string {
	var out strings.Builder
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			fmt.Fprintf(&out, `\%03d`, s[i])
			continue
		}
		out.WriteByte(s[i])
	}
	return out.String()
}

// caaLine is a CAA record as it is typed: absolute, and relative to its zone where that is known.
func caaLine(owner, zone name.Name, r CAARecord) string {
	text := fmt.Sprintf("\n    %s IN CAA %s", owner.FQDN(), r)
	labels, ok := owner.Relative(zone)
	if !ok || zone.Labels() == 0 {
		return text
	}
	if labels == "" {
		labels = "@"
	}
	return text + fmt.Sprintf("\nwhich in the zone %s is\n    %s IN CAA %s", zone, labels, r)
}

// caaAt is caaLine at the relevant set.
func (j judge) caaAt(r CAARecord) string { return caaLine(j.CAA.At, j.caaZone(j.CAA.At), r) }

// caaZone is the zone that holds n, the certificate's host or a name above it; zero where that is not known. The zone
// of the challenge name holds every name between the two.
func (j judge) caaZone(n name.Name) name.Name {
	if n == j.CAA.At && !j.CAA.Zone.IsZero() {
		return j.CAA.Zone
	}
	if n.In(j.OwnerZone) && j.Challenge.In(n) {
		return j.OwnerZone
	}
	return name.Name{}
}

// allow is the change that lets the CA issue, and takes nothing from others.
func (j judge) allow(w caaWeight) string {
	var changes []string
	for _, r := range w.critical {
		plain := r
		plain.Flags &^= 129
		changes = append(changes, fmt.Sprintf("remove the record %s, or take the mark from it, so that it is%s", r, j.caaAt(plain)))
	}
	if !w.has(fits) && !w.has(accountUnsure) && len(w.entries) > 0 {
		changes = append(changes, j.admit(w))
	}
	return strings.Join(changes, "\nand ")
}

// admit is the issue or issuewild record to change or to add.
func (j judge) admit(w caaWeight) string {
	if _, ok := w.first(otherAccount); ok {
		return "add this record, and keep the others" + j.caaAt(j.pinned(w.property))
	}
	if e, ok := w.first(otherMethod); ok {
		return fmt.Sprintf("change the record %s to this, and keep the others%s", e.CAARecord, j.caaAt(withMethod(e)))
	}
	right := CAARecord{Tag: w.property, Value: j.issuerName()}
	for _, e := range w.entries {
		if e.miss == nobody && j.Issuer.meant(e.Value) {
			return fmt.Sprintf("change the record %s to this, and keep the others%s", e.CAARecord, j.caaAt(right))
		}
	}
	if len(w.names()) == 0 {
		return "add this record, which then counts, if nobody has decided that no certificate may be issued" + j.caaAt(right)
	}
	return "add this record, and keep the others" + j.caaAt(right)
}

// withMethod is e with dns-01 among its methods.
func withMethod(e caaEntry) CAARecord {
	e.parameters = slices.Clone(e.parameters)
	for i, p := range e.parameters {
		if p.tag == "validationmethods" {
			e.parameters[i].value = strings.TrimPrefix(p.value+",dns-01", ",")
		}
	}
	return e.written()
}

// withAccount is e for one account only.
func withAccount(e caaEntry, account string) CAARecord {
	e.parameters = append(slices.Clone(e.parameters), caaParameter{"accounturi", account})
	return e.written()
}

// written is e as a record, its value made anew from its parts, so that none is there twice or empty.
func (e caaEntry) written() CAARecord {
	parts := []string{e.issuer}
	for _, p := range e.parameters {
		parts = append(parts, p.tag+"="+p.value)
	}
	r := e.CAARecord
	r.Value = strings.Join(parts, "; ")
	return r
}

// pinned is the record that lets the CA issue for the account that orders, and for no other.
func (j judge) pinned(property string) CAARecord {
	return CAARecord{Tag: property, Value: j.issuerName() + "; accounturi=" + j.Issuer.Accounts[0]}
}

func (j judge) issuerName() string {
	if len(j.Issuer.Identities) == 0 {
		return yourCA
	}
	return j.Issuer.Identities[0]
}

// allowedCAs names the CAs with a short name here that the records let issue: "Google Trust Services (--server google)".
func (j judge) allowedCAs(w caaWeight) string {
	if len(w.critical) > 0 {
		return ""
	}
	var names []string
	for _, e := range w.entries {
		for _, k := range knownIssuers() {
			text := fmt.Sprintf("%s (--server %s)", k.issuer.Name, k.servers[0])
			typed := !strings.Contains(k.servers[0], ".") // a host is no value of --server
			if typed && e.miss == otherCA && len(e.parameters) == 0 && k.issuer.is(e.issuer) && !k.test && !slices.Contains(names, text) {
				names = append(names, text)
			}
		}
	}
	return strings.Join(names, ", ")
}

// caaNotes: whether the CA's account is pinned, and whether that was checked.
func (j judge) caaNotes() []Note {
	if j.CAA.Of.IsZero() || j.CAA.Failure != nil {
		return nil
	}
	w := j.weighCAA()
	if !w.lets() {
		return nil
	}
	var notes []Note
	if e, ok := w.first(accountUnsure); ok && !w.has(fits) && len(j.Issuer.Identities) > 0 {
		notes = append(notes, Note{"caa-account", fmt.Sprintf("the CAA records at %s let %s issue only for the account %s; whether that is yours was not checked, since no account is known here",
			j.CAA.At, j.Issuer.label(), e.all("accounturi")[0])})
	}
	if e, found := w.unpinned(); len(j.Hops) > 0 && !j.explained() && (found || len(w.entries) == 0) {
		notes = append(notes, Note{"caa-unpinned", j.unpinned(w, e)})
	}
	return notes
}

// unpinned is the property by which an account of anybody may issue: the CA's own first, else another CA's. Where there
// are no properties at all, every CA may.
func (w caaWeight) unpinned() (e caaEntry, found bool) {
	for _, m := range []miss{fits, otherCA} {
		for _, e := range w.entries {
			if e.miss == m && len(e.all("accounturi")) == 0 {
				return e, true
			}
		}
	}
	return caaEntry{}, false
}

// unpinned says what somebody who writes at the target could do, and the record that prevents it. e is the property
// that lets him; none where every CA may issue.
func (j judge) unpinned(w caaWeight, e caaEntry) string {
	target := j.Hops[len(j.Hops)-1].Target
	text := fmt.Sprintf("no CAA record pins an account: whoever can write at %s can get certificates for %s with an account of his own", target, j.Cert)
	switch {
	case e.miss == otherCA:
		return fmt.Sprintf("the CAA record %s pins no account: whoever can write at %s can get certificates for %s from that CA with an account of his own; whoever uses that CA can add his accounturi (RFC 8657), and if nobody does, the record can go",
			e.CAARecord, target, j.Cert)
	case len(j.Issuer.Accounts) == 0 || len(j.Issuer.Identities) == 0:
		return text + "; an accounturi in the CAA record prevents that (RFC 8657)"
	case len(w.entries) > 0:
		return text + fmt.Sprintf("; to prevent that, let the record %s be%s", e.CAARecord, j.caaAt(withAccount(e, j.Issuer.Accounts[0])))
	}
	at, ok := j.CAA.At, true
	if len(j.CAA.Records) == 0 {
		at, ok = j.caaPlace()
	}
	if !ok {
		return text
	}
	line := caaLine(at, j.caaZone(at), j.pinned(w.property))
	return text + fmt.Sprintf("; to prevent that, add this record, and one for every other CA in use at %s and below it%s", at, line)
}

// caaPlace is where a first CAA record can stand: at the certificate's host, or the closest name above it in the same
// zone that is no alias.
func (j judge) caaPlace() (name.Name, bool) {
	at := j.Cert.Host()
	for slices.Contains(j.CAA.Aliases, at) {
		above, ok := at.Parent()
		if !ok || !above.In(j.OwnerZone) {
			return name.Name{}, false
		}
		at = above
	}
	return at, true
}
