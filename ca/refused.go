package ca

import (
	"maps"
	"slices"
	"strings"

	"deputy/fault"
	"deputy/name"
)

// advice is what a reason of the CA means for people.
type advice struct {
	code fault.Code
	who  fault.Party
	do   string
}

// advices are the reasons of RFC 8555 §6.7 (and of the profiles draft) that people can do something about.
func advices() map[string]advice {
	account := "check the account with deputy account list, or make another with deputy account add"
	return map[string]advice{
		"accountDoesNotExist":     {fault.CAAccount, fault.Admin, account},
		"externalAccountRequired": {fault.CAAccount, fault.Admin, "get a key id and HMAC key from the CA, and give them with --eab-kid and --eab-hmac-key-file"},
		"invalidContact":          {fault.CAAccount, fault.Admin, "give another address with --email, or none"},
		"unsupportedContact":      {fault.CAAccount, fault.Admin, "give another address with --email, or none"},
		"badSignatureAlgorithm":   {fault.CAAccount, fault.Admin, account},
		"badPublicKey":            {fault.CARefused, fault.Admin, "choose another key type with --key-type"},
		"badCSR":                  {fault.CARefused, fault.Admin, "choose another key type with --key-type; some CAs also want an account with an address (--email)"},
		"rejectedIdentifier":      {fault.CARefused, fault.Admin, "leave the names out that the CA rejects, or use another CA"},
		"unsupportedIdentifier":   {fault.CARefused, fault.Admin, "leave the names out that the CA does not do, or use another CA"},
		"unauthorized":            {fault.CARefused, fault.Admin, "check that the account is valid and may have these names; deputy account list shows it"},
		"orderNotReady":           {fault.CARefused, fault.Nobody, "try again; what was begun is gone on with"},
		"alreadyReplaced":         {fault.CARefused, fault.Nobody, "try again; the order is then opened without naming a predecessor"},
		"badNonce":                {fault.CAFailed, fault.CA, "try again later; the CA refuses every nonce that it gives out"},
		"serverInternal":          {fault.CAFailed, fault.CA, "try again later; what was begun is gone on with"},
	}
}

// refused words what the CA said no to.
func (c *Client) refused(f *fault.Fault, r *refusal) error {
	a := c.advise(r)
	f.Code, f.Who, f.Do = a.code, a.who, a.do
	return f
}

// advise finds out what a refusal means.
func (c *Client) advise(r *refusal) advice {
	kind := kindOf(r.problem)
	if a, known := advices()[kind]; known {
		return a
	}
	switch kind {
	case "userActionRequired":
		return advice{fault.CATerms, fault.Admin, termsAdvice(r)}
	case "caa":
		return advice{fault.CARefused, fault.DNSOwner, c.caaAdvice(r.about())}
	case "invalidProfile":
		return advice{fault.CARefused, fault.Admin, c.profileAdvice()}
	case "dns", "connection", "incorrectResponse", "tls":
		return advice{fault.CAValidation, fault.Admin, "run deputy check for the name; it says what the CA will see"}
	}
	return advice{fault.CARefused, fault.Admin, "read what the CA says; if it means nothing to you, ask the CA"}
}

// termsAdvice says where the terms are (RFC 8555 §7.3.3).
func termsAdvice(r *refusal) string {
	for _, field := range r.answer.header.Values("Link") {
		if target, rest, ok := strings.Cut(strings.TrimPrefix(strings.TrimSpace(field), "<"), ">"); ok && strings.Contains(rest, "terms-of-service") {
			return "read " + clean(target) + ", and agree with deputy account add --agree-tos"
		}
	}
	if secure(r.problem.Instance) {
		return "open " + clean(r.problem.Instance) + " and do what it says"
	}
	return "read the CA's terms of service, and agree with deputy account add --agree-tos"
}

// about is the first name that the CA's reason is about (RFC 8555 §6.7.1); zero where it names none.
func (r *refusal) about() name.Name {
	for _, sub := range r.problem.Subproblems {
		if n, err := name.Parse(sub.Identifier.Value); err == nil {
			return n
		}
	}
	return name.Name{}
}

// caaAdvice gives the record that lets the CA issue for n (RFC 8659 §4.2); for a zero n the name is left to fill in.
func (c *Client) caaAdvice(n name.Name) string {
	issuer := "the CA's identity (its documentation names it)"
	if c.index != nil && len(c.index.Identities) > 0 {
		issuer = c.index.Identities[0]
	}
	owner, tag := "NAME.", "issue"
	if !n.IsZero() {
		owner = n.Host().FQDN()
	}
	if n.IsWildcard() {
		tag = "issuewild"
	}
	return "add this beside the CAA records of the name, or of the domain above it that has some:\n" + owner + " CAA 0 " + tag + ` "` + issuer + `"`
}

func (c *Client) profileAdvice() string {
	if c.index == nil || len(c.index.Profiles) == 0 {
		return "leave --profile out; the CA has no profiles"
	}
	return "use one of the CA's profiles: " + clean(strings.Join(slices.Sorted(maps.Keys(c.index.Profiles)), ", "))
}
