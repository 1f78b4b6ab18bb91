package desec

import (
	"fmt"
	"net/http"
	"strings"
)

// Account is one customer of the host.
type Account struct {
	Tokens []Token
	Zones  []Zone
}

// Zone is a domain of an account.
type Zone struct {
	Name       string // without a final dot
	MinimumTTL int    // seconds; 3600 if zero (https://desec.readthedocs.io/en/latest/dns/domains.html#domain-field-reference)
}

// Token is an API token. One without Policies may do everything in its account; one with any may read everything,
// write what they allow, and neither create nor delete domains
// (https://desec.readthedocs.io/en/latest/auth/tokens.html#token-scoping-policies).
type Token struct {
	Secret   string
	Policies []Policy
}

// Policy allows or forbids writing RRsets; a nil field matches all. The most specific policy decides: domain before
// subname before type. Where none matches, writing is allowed, so deSEC asks for one with three nil fields first.
type Policy struct {
	Domain  *string
	Subname *string // "" is the apex
	Type    *string
	Write   bool
}

// login is what a token stands for.
type login struct {
	user     int // index of the account
	policies []Policy
}

// open makes the tokens and zones of an account known.
func (h *Host) open(user int, a Account) {
	for _, t := range a.Tokens {
		h.tokens[t.Secret] = &login{user, t.Policies}
	}
	for _, z := range a.Zones {
		h.domains[z.Name] = newDomain(user, z.Name, z.MinimumTTL, h.clock())
	}
}

// authenticate reads "Authorization: Token SECRET" (https://desec.readthedocs.io/en/latest/auth/tokens.html). Any other
// scheme counts as no credentials at all.
func (h *Host) authenticate(header string) (*login, error) {
	words := strings.Fields(header)
	if len(words) == 0 || !strings.EqualFold(words[0], "Token") {
		return nil, unauthorized("Authentication credentials were not provided.")
	}
	switch {
	case len(words) == 1:
		return nil, unauthorized("Invalid token header. No credentials provided.")
	case len(words) > 2:
		return nil, unauthorized("Invalid token header. Token string should not contain spaces.")
	}
	l, ok := h.tokens[words[1]]
	if !ok {
		return nil, unauthorized("Invalid token.")
	}
	return l, nil
}

func unauthorized(why string) error {
	a := answer{status: http.StatusUnauthorized, body: detail("%s", why)}
	return &refusal{a.with("WWW-Authenticate", "Token")}
}

// mayWrite finds the policy that decides on an RRset.
func (l *login) mayWrite(domain, subname, rrtype string) bool {
	best, write := -1, true
	for _, p := range l.policies {
		weight, ok := p.match(domain, subname, rrtype)
		if ok && weight > best {
			best, write = weight, p.Write
		}
	}
	return write
}

// match says whether p speaks of the RRset, and how much it weighs: the row of the documentation's table, from below.
func (p Policy) match(domain, subname, rrtype string) (weight int, ok bool) {
	for _, f := range []struct {
		want *string
		is   string
	}{{p.Domain, domain}, {p.Subname, subname}, {p.Type, rrtype}} {
		weight *= 2
		if f.want == nil {
			continue
		}
		if *f.want != f.is {
			return 0, false
		}
		weight++
	}
	return weight, true
}

// forbidUnlessWritable refuses writing an RRset that the token's policies don't allow.
func (l *login) forbidUnlessWritable(domain, subname, rrtype string) error {
	if l.mayWrite(domain, subname, rrtype) {
		return nil
	}
	return refuse(http.StatusForbidden, detail("Insufficient token permissions."))
}

// unrestricted says that the token may create and delete domains.
func (l *login) unrestricted() bool { return len(l.policies) == 0 }

// key names the user in the rate limiter.
func (l *login) key() string { return fmt.Sprintf("user %d", l.user) }
