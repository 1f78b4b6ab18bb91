package provider

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"deputy/dnsconfig"
	"deputy/fault"
	"deputy/name"
)

// rehearse evaluates before any request is sent what can be: the requests that wait for no answer, the removal too,
// since what could not be removed should not be written. It refuses a document that would write at the zone's own name
// or at another name than the target.
func (j *dxlJob) rehearse() error {
	run := j.dxl.Start(j.in)
	for _, op := range []dnsconfig.Op{dnsconfig.Lookup, dnsconfig.QryAdd, dnsconfig.Add, dnsconfig.QryDel, dnsconfig.Del} {
		r, skipped, err := run.Request(op)
		switch {
		case run.Ahead():
			return nil // it can't be told before the answers have come, nor can what follows
		case err != nil:
			return j.clean(err)
		case skipped == "":
			if err := j.inPlace(run, r); err != nil {
				return err
			}
		}
		switch op {
		case dnsconfig.Lookup:
			err = run.LookupCustom()
		case dnsconfig.Add:
			run.SkipStatus()
		}
		if err != nil && !run.Ahead() {
			return j.clean(err)
		}
	}
	return nil
}

// inPlace refuses a request of a DXL that does not belong to the target. What deputy can know of a request that a stranger's
// formulas made: an empty part in its path stands for an empty name; an escaped slash or a fragment makes it mean
// something else than it seems to; and one that may write has to name the target and its zone, and can't name a
// challenge name outside the zone. A removal may name the record by what an answer said of it instead, its id.
func (j *dxlJob) inPlace(run *dnsconfig.Run, r dnsconfig.Request) error {
	u, err := url.Parse(r.URL)
	if err != nil {
		return nil // Request has made sure that it can be parsed; egress refuses it otherwise
	}
	if strings.Contains(u.Path, "//") {
		code := fault.BadDocument
		if !j.target.Domain.IsZero() && j.CustomValue == "" {
			code = fault.AtApex
		}
		return j.misplaced(r, code, "the name of the record, or an id that no answer gave, would be empty, and the zone itself be meant")
	}
	escaped := strings.ToLower(u.EscapedPath())
	if strings.Contains(escaped, "%2f") || strings.Contains(escaped, "%5c") || strings.Contains(r.URL, "#") {
		return j.misplaced(r, fault.BadDocument, "its URL holds an escaped slash or a #, which would make it mean another place than it seems to")
	}
	if !writes(r) {
		return nil
	}
	says := said(u, r.Body)
	challenge, err := name.ParseOwner(challengeText(j.target.Cert))
	outside := err == nil && !j.target.Domain.IsZero() && !challenge.In(j.target.Zone)
	if outside && strings.Contains(says.text, challenge.String()) {
		return j.misplaced(r, fault.BadDocument, fmt.Sprintf("it names %s, which is outside the zone %s", challenge, j.target.Zone))
	}
	p := place{owner: j.target.Owner, zone: j.target.Zone, records: run.Answers()}
	p.zones = append(slices.Clone(p.records), lookUp(j.in.Account, cfgZone).Reveal())
	if seen := p.missing(says, r.Op); seen != "" {
		return j.misplaced(r, fault.BadDocument, seen)
	}
	return nil
}

// place is what a request that may write has to name.
type place struct {
	owner, zone name.Name
	zones       []string // ids that stand for the zone
	records     []string // ids that stand for a record, in a removal
	set         string   // the id of the target's whole set, as its reading gave it
	single      bool     // the host knows the target by its label alone
}

// missing says what a request does not name that it has to; "" where it is in its place. What names the target in a
// comment, and means another, it can't see.
func (p place) missing(says sayings, op dnsconfig.Op) string {
	removes := op == dnsconfig.Del || op == dnsconfig.Delete
	labels, _ := p.owner.Relative(p.zone)
	switch {
	case says.name(p.owner.String()):
		return ""
	case removes && says.record(p.records):
		return ""
	case p.set != "" && says.record([]string{p.set}):
		return ""
	case !says.name(labels):
		return fmt.Sprintf("it may write and does not name %s, so that the record would be at another name", labels)
	case p.single:
		return ""
	case !says.name(p.zone.String()) && !slices.ContainsFunc(p.zones, says.value):
		return fmt.Sprintf("it may write and does not name the zone %s, neither itself nor by an id", p.zone)
	}
	return ""
}

// sayings are what a request says, in lower case and as its reader sees it.
type sayings struct {
	text  string   // path, query and body
	last  string   // the last part of the path
	query []string // the values in the query and the body
}

func said(u *url.URL, body []byte) sayings {
	s := sayings{text: strings.ToLower(u.Path)}
	path := strings.TrimRight(strings.ToLower(u.EscapedPath()), "/")
	s.last, _ = url.PathUnescape(path[strings.LastIndex(path, "/")+1:]) // it can be unescaped: Parse did so
	query, err := url.QueryUnescape(u.RawQuery)
	if err != nil {
		query = u.RawQuery
	}
	rest := strings.ToLower(query + "\n" + unescaped(body))
	s.text += "?" + rest
	s.query = words(rest)
	return s
}

// words splits text at what can't stand in a name.
func words(text string) []string {
	return strings.FieldsFunc(text, func(c rune) bool {
		letter := c >= 'a' && c <= 'z' || c >= '0' && c <= '9'
		return !letter && c != '-' && c != '_' && c != '.'
	})
}

// name says that the request names a name, whole, with or without a final dot.
func (s sayings) name(text string) bool {
	return slices.ContainsFunc(words(s.text), func(word string) bool { return strings.TrimSuffix(word, ".") == text })
}

// value says that the request holds a value whole. What every record's type or flag could be names nothing.
func (s sayings) value(text string) bool {
	text = strings.ToLower(text)
	switch text {
	case "", "txt", "true", "false", "null":
		return false
	}
	if parts := words(text); len(parts) == 1 && parts[0] == text {
		return slices.Contains(words(s.text), text)
	}
	return strings.Contains(s.text, text)
}

// record says that the request ends at, or has as a value, what an answer gave: a record's id.
func (s sayings) record(answers []string) bool {
	end := sayings{text: strings.Join(append(s.query, s.last), " ")}
	return slices.ContainsFunc(answers, end.value)
}

// unescaped is a body as its reader sees it: a form decoded, JSON without escapes.
func unescaped(body []byte) string {
	text := string(body)
	var v any
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if decoder.Decode(&v) == nil && !decoder.More() {
		return fmt.Sprint(v)
	}
	if form, err := url.QueryUnescape(text); err == nil {
		return form
	}
	return text
}

// misplaced is the fault of a DXL's request that does not belong to the target.
func (j *dxlJob) misplaced(r dnsconfig.Request, code fault.Code, seen string) error {
	f := j.stray(r, j.target.Owner, seen)
	f.Code = code
	f.Do += "; or cfg_DnsZone in its account, if the host wants an id instead of the zone's name"
	if !j.target.Domain.IsZero() {
		f.Do = fmt.Sprintf("give the DNS Provider %s a custom_value that the configuration uses, or another configuration", j.Name) +
			"; or leave registered_domains out, and deputy follows the CNAME and gives the configuration the target itself"
	}
	return f
}

// stray is the fault of a request that does not belong to owner.
func (a *account) stray(r dnsconfig.Request, owner name.Name, seen string) *fault.Fault {
	return &fault.Fault{
		Code:  fault.BadDocument,
		Tried: fmt.Sprintf("make the request %s (%s) of the DNS Configuration %s for %s", r.Op, r.Method, a.Configuration, owner),
		Seen:  seen,
		Who:   fault.Admin,
		Do:    a.another(),
	}
}

// another says what to do about a document that asks for what it must not; in a trace that is the document itself.
func (a *account) another() string {
	if a.pretended != nil {
		return "mend the document " + a.Configuration + " there"
	}
	return fmt.Sprintf("give the DNS Provider %s another configuration", a.Name)
}
