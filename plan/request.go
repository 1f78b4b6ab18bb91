package plan

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"deputy/name"
)

// Extra is a kind of record that may come with the same ticket, and may be left out of it.
type Extra string

const (
	// Persist is a CNAME at _validation-persist.NAME to _validation-persist.TARGET, for CAs that offer dns-persist-01
	// (draft-ietf-acme-dns-persist).
	Persist Extra = "persist"
	// AccountLabel is a CNAME at _LABEL._acme-challenge.NAME to the same target, for CAs that offer dns-account-01
	// (draft-ietf-acme-dns-account-label): it leaves _acme-challenge.NAME to somebody else. It needs Request.Account.
	AccountLabel Extra = "account"
	// CAA is a CAA record at NAME with the CA, the account (RFC 8657 §3) and the methods (§4) that may be used. It needs
	// Request.Account and Request.Issuer.
	CAA Extra = "caa"
)

// Extras gives the kinds that there are.
func Extras() []Extra { return []Extra{Persist, AccountLabel, CAA} }

// Request is what a ticket asks for. Its Lines are those of the names, Done or not; each extra is added for every line.
type Request struct {
	Lines    []Line
	Extras   []Extra
	Account  string // the ACME account's URL, as the CA gave it
	Issuer   string // the CA's name in CAA records: one of the directory's caaIdentities
	Language string // of "mail", one of Languages; "" is English
}

// Part is what one zone's owner gets. Zone is zero where it is not known.
type Part struct {
	Zone name.Name
	File string // a file name for it: "martdj.nl.yaml"
	Text string
}

// Formats gives the formats of Write.
func Formats() []string {
	var all []string
	for _, f := range formats() {
		all = append(all, f.name)
	}
	return all
}

// Languages gives the languages of "mail", as ISO 639-1 codes.
func Languages() []string { return []string{"en", "de", "nl", "fr"} }

// Write writes r in a format of Formats. A request for several zones is written zone by zone, since each may be somebody
// else's; Parts gives them singly. What needs the zone of a record can't be written where that is not known: the error
// says which record, and which formats do without.
func Write(format string, r Request) (string, error) {
	parts, err := Parts(format, r)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	for i, p := range parts {
		if i > 0 {
			text.WriteString(between(format))
		}
		text.WriteString(p.Text)
	}
	return text.String(), nil
}

// Parts writes r as Write does, one part for each zone, in the order of the lines.
func Parts(format string, r Request) ([]Part, error) {
	at := slices.IndexFunc(formats(), func(f layout) bool { return f.name == format })
	if at < 0 {
		return nil, fmt.Errorf("there is no format %q; there are %s", format, strings.Join(Formats(), ", "))
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	return []Part{{Text: Ticket(r.Lines)}}, nil
}

type layout struct{ name string }

func formats() []layout {
	var all []layout
	for _, n := range strings.Fields("text bind zone terraform octodns dnscontrol nsupdate powershell route53 cloudflare csv json mail") {
		all = append(all, layout{n})
	}
	return all
}

func between(string) string { return "\n" }

// check refuses what no record could be made of.
func (r Request) check() error {
	for _, extra := range r.Extras {
		if !slices.Contains(Extras(), extra) {
			return fmt.Errorf("there is no extra record %q; there are %v", extra, Extras())
		}
		if extra != Persist && r.Account == "" {
			return fmt.Errorf("the extra record %q needs the URL of an ACME account", extra)
		}
		if extra == CAA && r.Issuer == "" {
			return errors.New("a CAA record needs the CA's name in CAA records, such as letsencrypt.org")
		}
	}
	if r.Language != "" && !slices.Contains(Languages(), r.Language) {
		return fmt.Errorf("there is no language %q; there are %s", r.Language, strings.Join(Languages(), ", "))
	}
	if r.Account != "" {
		return checkAccount(r.Account)
	}
	return nil
}

// checkAccount refuses what can't be an account's URL in a CAA record (RFC 8657 §3, RFC 8659 §4.2: visible ASCII but ";").
func checkAccount(account string) error {
	u, err := url.Parse(account)
	odd := strings.ContainsFunc(account, func(c rune) bool { return c < '!' || c > '~' || c == ';' })
	if err != nil || u.Host == "" || odd {
		return fmt.Errorf("%q is not the URL of an ACME account", account)
	}
	return nil
}
