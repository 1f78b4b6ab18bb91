package desec

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

// Bounds of an RRset's fields (https://desec.readthedocs.io/en/latest/dns/rrsets.html#rrset-field-reference). The
// documentation of today gives a week as the greatest TTL; the server that was measured refused more than a day.
const (
	maximumTTL    = 86400
	longestSub    = 178
	longestType   = 10
	longestName   = 255
	largestRRset  = 65535
	messageRoom   = 32 + 256 // what deSEC reckons for a message without records
	recordOverlap = 12       // and for each record besides its text
)

// The forms of a subname and a type.
var (
	subnameForm = regexp.MustCompile(`^([*]|(([*][.])?([a-z0-9_-]{1,63}[.])*[a-z0-9_-]{1,63}))$`)
	typeForm    = regexp.MustCompile(`^[A-Z][A-Z0-9]*$`)
)

// element is what one RRset object of a request is checked against.
type element struct {
	call    *call
	old     *rrset // the RRset it changes; nil: none
	partial bool   // fields may be left out
	many    bool   // it is part of a list
}

// validate checks fields, permission, uniqueness and content, in this order, and gives the change that item asks for.
func (e element) validate(item map[string]any) (change, error) {
	errs := fieldErrors{}
	wanted, given := e.fields(item, errs)
	if len(errs) > 0 {
		return change{}, refuse(http.StatusBadRequest, map[string]any(errs))
	}
	if err := e.call.login.forbidUnlessWritable(e.call.domain.name, wanted.subname, wanted.rrtype); err != nil {
		return change{}, err
	}
	if err := e.unoccupied(wanted, given); err != nil {
		return change{}, err
	}
	if given["records"] {
		records, err := e.content(wanted)
		if err != nil {
			return change{}, refuse(http.StatusBadRequest, nonField("%s", err))
		}
		wanted.records = records
	}
	if wanted.rrtype == "NS" && e.call.domain.locallyRegistrable() && (len(wanted.records) > 0 || wanted.subname == "") {
		return change{}, refuse(http.StatusBadRequest, map[string]any{"type": []string{"Cannot modify NS records for this domain."}})
	}
	return wanted, nil
}

// fields reads the four fields that can be written. What is left out is taken from the RRset that is changed.
func (e element) fields(item map[string]any, errs fieldErrors) (wanted change, given map[string]bool) {
	if e.old != nil {
		wanted = change{e.old, e.old.subname, e.old.rrtype, e.old.ttl, e.old.records}
	}
	given = map[string]bool{}
	subnameRequired := e.many || e.old != nil
	if v, ok := errs.text("subname", item, textRule{required: subnameRequired && !e.partial, blank: true, check: e.checkSubname}); ok {
		wanted.subname, given["subname"] = v, true
	}
	if v, ok := errs.strings("records", item, !e.partial, e.call.method == http.MethodPost); ok {
		wanted.records, given["records"] = v, true
	}
	if v, ok := errs.integer("ttl", item, !e.partial, e.call.domain.minimumTTL, maximumTTL); ok {
		wanted.ttl, given["ttl"] = v, true
	}
	if v, ok := errs.text("type", item, textRule{required: !e.partial, check: e.checkType}); ok {
		wanted.rrtype, given["type"] = v, true
	}
	return wanted, given
}

const writtenOnCreate = "Can only be written on create."

func (e element) checkSubname(s string) []string {
	var wrong []string
	if s != "" {
		if s != strings.ToLower(s) {
			wrong = append(wrong, "Invalid value (not lowercase): "+s)
		}
		if !subnameForm.MatchString(s) {
			wrong = append(wrong, "Subname can only use (lowercase) a-z, 0-9, ., -, and _, "+
				"may start with a '*.', or just be '*'. Components may not exceed 63 characters.")
		}
		if len(s) > longestSub {
			wrong = append(wrong, fmt.Sprintf("Ensure this field has no more than %d characters.", longestSub))
		}
	}
	switch {
	case len(wrong) > 0:
		return wrong
	case e.old != nil && s != e.old.subname:
		return []string{writtenOnCreate}
	case len(e.call.domain.fqdn(s))+1 > longestName:
		return []string{"This field combined with the domain name must not exceed 255 characters."}
	}
	return nil
}

func (e element) checkType(t string) []string {
	var wrong []string
	if t != strings.ToUpper(t) {
		wrong = append(wrong, "Invalid value (not uppercase): "+t)
	}
	if !typeForm.MatchString(t) {
		wrong = append(wrong, "Type must be uppercase alphanumeric and start with a letter.")
	}
	if len(t) > longestType {
		wrong = append(wrong, fmt.Sprintf("Ensure this field has no more than %d characters.", longestType))
	}
	if e.old != nil && t != e.old.rrtype {
		wrong = append(wrong, writtenOnCreate)
	}
	switch {
	case len(wrong) > 0:
		return wrong
	case automatic(t):
		return []string{fmt.Sprintf("You cannot tinker with the %s RR set. It is managed automatically.", t)}
	case supported(t):
		return nil
	case strings.HasPrefix(t, "TYPE"):
		return []string{"Generic type format is not supported."}
	}
	return []string{fmt.Sprintf("The %s RR set type is currently unsupported.", t)}
}

// unoccupied refuses a new RRset where one is, and one beside a CNAME. A list has been checked for the latter already.
func (e element) unoccupied(wanted change, given map[string]bool) error {
	if e.old != nil {
		return nil
	}
	if missing := e.unnamed(given); len(missing) > 0 {
		return refuse(http.StatusBadRequest, missing)
	}
	if e.call.domain.find(wanted.subname, wanted.rrtype) != nil {
		return refuse(http.StatusBadRequest, nonField(
			"Another RRset with the same subdomain and type exists for this domain. (Try modifying it.)"))
	}
	if e.many {
		return nil
	}
	var types []string
	for _, s := range e.call.domain.rrsets {
		if s.subname == wanted.subname && (s.rrtype == "CNAME") != (wanted.rrtype == "CNAME") {
			types = append(types, s.rrtype)
		}
	}
	if len(types) == 0 {
		return nil
	}
	return refuse(http.StatusBadRequest, conflicting("database ("+strings.Join(types, ", ")+")"))
}

// unnamed lists which parts of its place a deletion by PATCH leaves out.
func (e element) unnamed(given map[string]bool) map[string]any {
	missing := map[string]any{}
	for _, field := range []string{"subname", "type"} {
		if e.partial && !given[field] {
			missing[field] = []string{required}
		}
	}
	return missing
}

// content brings the records into canonical form and refuses duplicates and what fits no DNS message.
func (e element) content(wanted change) ([]string, error) {
	canonical := []string{}
	seen := map[string]bool{}
	size := messageRoom + len(e.call.domain.fqdn(wanted.subname))
	for _, r := range wanted.records {
		text, err := canonicalContent(wanted.rrtype, r)
		if err != nil {
			return nil, err
		}
		canonical = append(canonical, text)
		seen[digestable(wanted.rrtype, text)] = true
		size += recordOverlap + len(text)
	}
	if len(seen) < len(canonical) {
		return nil, complaint("Duplicate: records must be semantically unique")
	}
	if excess := size - largestRRset; excess > 0 {
		return nil, complain("Total length of RRset exceeds limit by %d bytes.", excess)
	}
	return canonical, nil
}
