package resolver

import (
	"context"

	"deputy/name"
)

// State is what DNSSEC says of records (RFC 4033 §5).
type State string

// The states. Unchecked is not RFC 4033's "indeterminate": nobody who could validate was asked.
const (
	Unchecked State = "not checked"
	Secure    State = "secure"
	Insecure  State = "insecure" // there is proof that a zone on the way is not signed
	Bogus     State = "bogus"
)

// Security is the verdict of DNSSEC on one answer.
type Security struct {
	State State
	Zone  name.Name // Insecure: the first zone that is not signed; Bogus: the zone in which it breaks; else zero
	Why   string    // Bogus: what is wrong, "the signature of its DNSKEY records expired on 2026-11-01"; Unchecked: why
	By    string    // who validated: "deputy, from the trust anchor for .", "https://dns.example/dns-query"
}

// Security says whether DNSSEC calls the records of type t at n, or the proof that there are none, secure, insecure or
// bogus. An error is a *Failure where that can't be told, or that of ctx.
func (c *Client) Security(ctx context.Context, n name.Name, t Type) (Security, error) {
	return Security{State: Unchecked, Why: "no validating resolver and no trust anchor was given"}, ctx.Err()
}
