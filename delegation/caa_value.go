package delegation

import (
	"errors"
	"fmt"
	"strings"
)

// caaIssue is the value of an issue or issuewild property.
type caaIssue struct {
	issuer     string // lower case; "": nobody
	parameters []caaParameter
}

type caaParameter struct{ tag, value string } // the tag in lower case

// parseIssue reads the value of an issue or issuewild property by the grammar of RFC 8659 §4.2:
//
//	[issuer-domain-name] [";" [tag "=" value *(";" tag "=" value)]], with blanks and tabs around each part
//
// A value that does not fit it lets nobody issue; the error says where it does not fit.
func parseIssue(text string) (caaIssue, error) {
	domain, rest, parameters := strings.Cut(text, ";")
	issue := caaIssue{issuer: strings.ToLower(trimBlanks(domain))}
	if issue.issuer != "" {
		for label := range strings.SplitSeq(issue.issuer, ".") {
			if !isCAAWord(label) {
				return caaIssue{}, fmt.Errorf("%q is no domain name of a CA", trimBlanks(domain))
			}
		}
	}
	if !parameters || trimBlanks(rest) == "" {
		return issue, nil
	}
	for part := range strings.SplitSeq(rest, ";") {
		p, err := parseParameter(part)
		if err != nil {
			return caaIssue{}, err
		}
		issue.parameters = append(issue.parameters, p)
	}
	return issue, nil
}

func parseParameter(part string) (caaParameter, error) {
	tag, value, ok := strings.Cut(part, "=")
	if trimBlanks(part) == "" {
		return caaParameter{}, errors.New("a ; stands where a parameter should follow it, or stand in front of it")
	}
	if !ok {
		return caaParameter{}, fmt.Errorf("the parameter %q has no =", trimBlanks(part))
	}
	p := caaParameter{strings.ToLower(trimBlanks(tag)), trimBlanks(value)}
	if !isCAAWord(p.tag) {
		return caaParameter{}, fmt.Errorf("%q is no name of a parameter", trimBlanks(tag))
	}
	for i := range len(p.value) {
		if p.value[i] < 0x21 || p.value[i] > 0x7e {
			return caaParameter{}, fmt.Errorf("the parameter %s has a value with a blank or another character that can't stand there", p.tag)
		}
	}
	return p, nil
}

func trimBlanks(s string) string { return strings.Trim(s, " \t") }

// isCAAWord says that s is of letters and digits, with hyphens only between them.
func isCAAWord(s string) bool {
	if s == "" || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		if !isLetterOrDigit(s[i]) && s[i] != '-' {
			return false
		}
	}
	return true
}

func isLetterOrDigit(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// all gives the values of the parameters with that tag.
func (i caaIssue) all(tag string) []string {
	var values []string
	for _, p := range i.parameters {
		if p.tag == tag {
			values = append(values, p.value)
		}
	}
	return values
}

// unsatisfiable says why nobody can issue by this property, "" where somebody can: no issuer, or parameters that
// RFC 8657 §3 and §4 call unsatisfiable.
func (i caaIssue) unsatisfiable() string {
	if i.issuer == "" {
		return "it names no CA"
	}
	accounts, methods := i.all("accounturi"), i.all("validationmethods")
	switch {
	case len(accounts) > 1:
		return "it has more than one accounturi (RFC 8657 §3)"
	case len(accounts) == 1 && !isURI(accounts[0]):
		return "its accounturi is no URI (RFC 8657 §3)"
	case len(methods) > 1:
		return "it has more than one validationmethods (RFC 8657 §4)"
	case len(methods) == 1 && !areMethods(methods[0]):
		return "its validationmethods are no list of methods (RFC 8657 §4)"
	}
	return ""
}

// isURI says that s begins with a scheme (RFC 3986 §3.1) and has something after it.
func isURI(s string) bool {
	scheme, rest, ok := strings.Cut(s, ":")
	if !ok || rest == "" || scheme == "" || scheme[0] >= '0' && scheme[0] <= '9' {
		return false
	}
	for i := range len(scheme) {
		if !isLetterOrDigit(scheme[i]) && !strings.ContainsRune("+-.", rune(scheme[i])) {
			return false
		}
	}
	return true
}

// areMethods says that s is empty or a list of methods, with commas between them.
func areMethods(s string) bool {
	if s == "" {
		return true
	}
	for method := range strings.SplitSeq(s, ",") {
		if strings.Trim(strings.ToLower(method), "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || method == "" {
			return false
		}
	}
	return true
}
