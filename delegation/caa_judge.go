package delegation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"deputy/fault"
)

// miss says why a property does not let the CA issue.
type miss int

const (
	fits          miss = iota
	otherCA            // it names another CA
	nobody             // it can't be read, or names none, or contradicts itself: nobody can issue by it
	otherMethod        // it does not let dns-01 be used
	otherAccount       // it lets other accounts only
	accountUnsure      // it lets certain accounts only, and none of ours is known
)

// caaEntry is an issue or issuewild property, measured for the CA.
type caaEntry struct {
	CAARecord
	caaIssue
	miss miss
	why  string // nobody: what is wrong with it
}

// caaWeight is a relevant record set, measured for the CA and the certificate.
type caaWeight struct {
	property string      // the one that counts: "issuewild" for a wildcard where one is there, else "issue"
	critical []CAARecord // that a CA does not know and must not pass over (RFC 8659 §4.1)
	entries  []caaEntry  // of property; none: every CA may issue
}

func (j judge) weighCAA() caaWeight {
	w := caaWeight{property: "issue"}
	isWild := func(r CAARecord) bool { return r.Tag == "issuewild" }
	if j.Cert.IsWildcard() && slices.ContainsFunc(j.CAA.Records, isWild) {
		w.property = "issuewild" // RFC 8659 §4.3: issue does not count then
	}
	for _, r := range j.CAA.Records {
		switch {
		case r.Tag == w.property:
			w.entries = append(w.entries, j.measure(r))
		case j.mustKnow(r):
			w.critical = append(w.critical, r)
		}
	}
	return w
}

// mustKnow says that r keeps a CA from issuing because it does not know r's tag. Let's Encrypt takes the flag 1 for
// the critical one too, since so many type it.
func (j judge) mustKnow(r CAARecord) bool {
	if slices.Contains([]string{"issue", "issuewild", "iodef"}, r.Tag) {
		return false
	}
	return r.Critical || r.Flags&1 != 0 && slices.Contains(j.Issuer.Identities, "letsencrypt.org")
}

func (j judge) measure(r CAARecord) caaEntry {
	e := caaEntry{CAARecord: r}
	issue, err := parseIssue(r.Value)
	if err != nil {
		e.miss, e.why = nobody, err.Error()
		return e
	}
	e.caaIssue = issue
	if e.why = issue.unsatisfiable(); e.why != "" {
		e.miss = nobody
		return e
	}
	methods, accounts := issue.all("validationmethods"), issue.all("accounturi")
	switch {
	case len(j.Issuer.Identities) > 0 && !j.Issuer.is(issue.issuer):
		e.miss = otherCA
	case len(methods) == 1 && !slices.Contains(strings.Split(methods[0], ","), "dns-01"):
		e.miss = otherMethod
	case len(accounts) == 0:
		e.miss = fits
	case len(j.Issuer.Accounts) == 0:
		e.miss = accountUnsure
	case !slices.Contains(j.Issuer.Accounts, accounts[0]):
		e.miss = otherAccount
	}
	return e
}

// lets says that the CA may issue, as far as that could be checked.
func (w caaWeight) lets() bool {
	return len(w.critical) == 0 && (len(w.entries) == 0 || w.has(fits) || w.has(accountUnsure))
}

func (w caaWeight) has(m miss) bool { _, ok := w.first(m); return ok }

func (w caaWeight) first(m miss) (caaEntry, bool) {
	at := slices.IndexFunc(w.entries, func(e caaEntry) bool { return e.miss == m })
	if at < 0 {
		return caaEntry{}, false
	}
	return w.entries[at], true
}

// caaForbids is a relevant record set that does not let the CA issue (RFC 8659, RFC 8657). Where no CA is known, one
// that lets none issue.
func (j judge) caaForbids() *fault.Fault {
	if j.CAA.Failure != nil || len(j.CAA.Records) == 0 {
		return nil
	}
	w := j.weighCAA()
	if w.lets() {
		return nil
	}
	f := &fault.Fault{Code: fault.CAAForbids, At: j.CAA.At, After: time.Duration(j.CAA.TTL) * time.Second, Who: j.whoseCAA()}
	f.Seen = fmt.Sprintf("the CAA records at %s%s ", j.CAA.At, j.climbed()) + j.forbidding(w)
	f.Do = j.allow(w) + effect(j.CAA.TTL)
	if others := j.allowedCAs(w); others != "" {
		f.Do += "\nor order from a CA that they let issue: " + others
	}
	if j.Issuer.Assumed && len(w.critical) == 0 {
		f.Do += fmt.Sprintf("\nif the certificate comes from another CA than %s, which deputy takes where none is named, name it with --server", j.Issuer.Name)
	}
	return f
}

func (j judge) whoseCAA() fault.Party {
	if j.managed(j.CAA.At) {
		return fault.Admin
	}
	return fault.DNSOwner
}

// climbed says how the set at CAA.At came to count, and who gave it.
func (j judge) climbed() string {
	var how []string
	switch {
	case j.CAA.Of != j.CAA.At && j.CAA.Of == j.Cert.Host():
		how = append(how, fmt.Sprintf("of which %s is an alias", j.CAA.Of))
	case j.CAA.Of != j.CAA.At:
		how = append(how, fmt.Sprintf("of which %s, the closest name above %s with such records, is an alias", j.CAA.Of, j.Cert.Host()))
	case j.CAA.Of != j.Cert.Host():
		how = append(how, fmt.Sprintf("the closest above %s", j.Cert.Host()))
	}
	if server := j.CAA.Server.String(); !j.CAA.Server.Host.IsZero() || j.CAA.Server.URL != "" || j.CAA.Server.Addr.IsValid() {
		how = append(how, "at "+server)
	}
	if len(how) == 0 {
		return ""
	}
	return " (" + strings.Join(how, "; ") + ")"
}

// forbidding says what keeps the CA from issuing: "let only sectigo.com issue, and not Let's Encrypt (letsencrypt.org)".
func (j judge) forbidding(w caaWeight) string {
	if len(w.critical) > 0 {
		return fmt.Sprintf("hold %s, which is marked critical: a CA that does not know %q must not issue (RFC 8659 §4.1)", w.critical[0], w.critical[0].Tag)
	}
	kind := ""
	if w.property == "issuewild" {
		kind = " wildcards"
	}
	if e, ok := w.first(otherAccount); ok {
		return fmt.Sprintf("let %s issue%s only for the account %s, and not for %s", j.Issuer.label(), kind, e.all("accounturi")[0], strings.Join(j.Issuer.Accounts, ", "))
	}
	if e, ok := w.first(otherMethod); ok {
		methods := strings.ReplaceAll(e.all("validationmethods")[0], ",", ", ")
		if methods == "" {
			methods = "no method at all"
		}
		return fmt.Sprintf("let %s issue%s only after %s, and not after dns-01, which is what a CNAME can delegate", e.issuer, kind, methods)
	}
	text := fmt.Sprintf("let nobody issue%s", kind)
	if names := w.names(); len(names) > 0 {
		text = fmt.Sprintf("let only %s issue%s, and not %s", strings.Join(names, ", "), kind, j.Issuer.label())
	}
	for _, e := range w.entries {
		if e.miss == nobody && e.issuer+trimBlanks(e.Value) != ";" && trimBlanks(e.Value) != "" {
			text += fmt.Sprintf("; %s lets nobody issue, since %s", e.CAARecord, e.why)
		}
	}
	return text
}

// names gives the CAs that may issue.
func (w caaWeight) names() []string {
	var names []string
	for _, e := range w.entries {
		if e.miss != nobody && !slices.Contains(names, e.issuer) {
			names = append(names, e.issuer)
		}
	}
	return names
}

// caaUnknown is a relevant record set that can't be told: a CA that meets the same does not issue.
func (j judge) caaUnknown() *fault.Fault {
	failure := j.CAA.Failure
	if failure == nil || j.Failure != nil && j.Failure.Zone == failure.Zone {
		return nil // of servers that say nothing usable about the chain either, that is said already
	}
	f := &fault.Fault{Code: fault.CAAUnknown, At: failure.Question, Err: failure}
	f.Seen = fmt.Sprintf("which CAA records count for %s can't be told: %s", j.Cert.Host(), failure)
	f.Do, f.Who = j.unanswered(failure)
	if !failure.Silent() && !failure.Zone.IsZero() {
		f.Do += ": to a question for CAA a server says what is there, or that nothing is"
	}
	return f
}
