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
	for _, l := range layouts() {
		all = append(all, l.name)
	}
	return all
}

// Languages gives the languages of "mail", as ISO 639-1 codes.
func Languages() []string { return []string{"en", "de", "nl", "fr"} }

// Write writes r in a format of Formats, or "" where nothing is to be added and the format has no words to say so. A
// request for several zones is written zone by zone, since each may be somebody else's; Parts gives them singly. What
// needs the zone of a record can't be written where that is not known: the error says which record, and which formats do
// without.
func Write(format string, r Request) (string, error) {
	parts, err := Parts(format, r)
	if err != nil {
		return "", err
	}
	l, _ := layoutOf(format)
	var text strings.Builder
	for i, p := range parts {
		if i == 0 {
			text.WriteString(p.Text)
			continue
		}
		_, rest, _ := strings.Cut(p.Text, "\n")
		if !l.header {
			rest = l.between + p.Text
		}
		text.WriteString(rest)
	}
	return text.String(), nil
}

// Parts writes r as Write does, one part for each zone, in the order of the lines.
func Parts(format string, r Request) ([]Part, error) {
	l, ok := layoutOf(format)
	if !ok {
		return nil, fmt.Errorf("there is no format %q; there are %s", format, strings.Join(Formats(), ", "))
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	shares, err := r.shares()
	if err != nil {
		return nil, err
	}
	var parts []Part
	for _, s := range l.wanted(shares) {
		if err := l.fits(s); err != nil {
			return nil, err
		}
		text, err := l.write(s)
		if err != nil {
			return nil, err
		}
		parts = append(parts, Part{Zone: s.zone, File: s.file() + l.extension, Text: text})
	}
	return parts, nil
}

// layout is a format: how one zone's share is written, and what the format can hold.
type layout struct {
	name      string
	extension string
	between   string // stands between two shares
	header    bool   // the first line is a header, which is written once
	zoned     bool   // it can't do without the zone of a record
	words     bool   // it can say that nothing is to be added
	done      bool   // it lists what is there already
	write     func(share) (string, error)
}

func layouts() []layout {
	rule := "\n" + strings.Repeat("=", 76) + "\n\n"
	return []layout{
		{name: "text", extension: ".txt", between: rule, words: true, write: writeText},
		{name: "bind", extension: ".db", between: "\n", write: writeBIND},
		{name: "zone", extension: ".zone", between: "\n", zoned: true, write: writeZone},
		{name: "terraform", extension: ".tf", between: "\n", zoned: true, write: writeTerraform},
		{name: "octodns", extension: ".yaml", zoned: true, write: writeOctoDNS},
		{name: "dnscontrol", extension: ".js", between: "\n", zoned: true, write: writeDNSControl},
		{name: "nsupdate", extension: ".nsupdate", between: "\n", zoned: true, write: writeNsupdate},
		{name: "powershell", extension: ".ps1", between: "\n", zoned: true, write: writePowerShell},
		{name: "route53", extension: ".json", zoned: true, write: writeRoute53},
		{name: "cloudflare", extension: ".json", zoned: true, write: writeCloudflare},
		{name: "csv", extension: ".csv", header: true, write: writeCSV},
		{name: "json", extension: ".jsonl", done: true, write: writeJSON},
		{name: "mail", extension: ".txt", between: rule, words: true, write: writeMail},
	}
}

func layoutOf(format string) (layout, bool) {
	all := layouts()
	at := slices.IndexFunc(all, func(l layout) bool { return l.name == format })
	if at < 0 {
		return layout{}, false
	}
	return all[at], true
}

// wanted are the shares with something to add; where there is none in any, and the format has words for it, it is said
// once for all.
func (l layout) wanted(shares []share) []share {
	if l.done {
		return shares
	}
	asked := slices.DeleteFunc(slices.Clone(shares), func(s share) bool { return len(s.asked()) == 0 })
	if len(asked) > 0 || !l.words {
		return asked
	}
	var nothing share
	for _, s := range shares {
		nothing.done = append(nothing.done, s.done...)
		nothing.language = s.language
	}
	return []share{nothing}
}

// fits refuses records that a format for one zone can't hold.
func (l layout) fits(s share) error {
	if !l.zoned {
		return nil
	}
	var others []string
	for _, other := range layouts() {
		if !other.zoned {
			others = append(others, other.name)
		}
	}
	for _, e := range s.asked() {
		switch {
		case s.zone.IsZero():
			return fmt.Errorf("the format %s needs the zone of %s, which is not known; %s do without", l.name, e.owner, strings.Join(others, ", "))
		case e.kind == kindCNAME && e.owner == s.zone:
			return fmt.Errorf("%s is a zone of its own, and no CNAME can stand at the top of one (RFC 1034 §3.6.2): its delegation has to be removed from the zone above it first", e.owner)
		}
	}
	return nil
}

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
	if issuer, err := name.ParseOwner(r.Issuer); r.Issuer != "" && (err != nil || !issuer.IsPlain()) {
		return fmt.Errorf("%q is not a CA's name in CAA records, such as letsencrypt.org", r.Issuer)
	}
	if r.Account != "" {
		return checkAccount(r.Account)
	}
	return nil
}

// checkAccount refuses what can't be an account's URL in a CAA record (RFC 8657 §3, RFC 8659 §4.2: visible ASCII but
// ";"). The length is that of what fits into a property beside the rest.
func checkAccount(account string) error {
	u, err := url.Parse(account)
	odd := strings.ContainsFunc(account, func(c rune) bool { return c < '!' || c > '~' || c == ';' })
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || odd || len(account) > 1024 {
		return fmt.Errorf("%q is not the URL of an ACME account", account)
	}
	return nil
}
