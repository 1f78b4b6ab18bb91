// Package provider holds DNS Providers, accounts at DNS hosts: which one serves a name, and running its document, so
// that a value is added, read or removed there. Every request and answer can be traced, redacted.
//
// It does not decide when to write (publish) and knows no API (dnsconfig's documents do).
package provider

import (
	"net/netip"
	"time"

	"deputy/name"
	"deputy/secret"
)

// Document is a DNS Provider as its administrator wrote it (deputy: dns-provider/1).
type Document struct {
	Name              string
	Configuration     string                  // a native document's name or an imported DXL's
	Zones             []name.Name             // where deputy may write
	Account           map[string]secret.Value // the configuration's fields
	RegisteredDomains []name.Name             // custom value mode; empty: follow mode
	CustomValue       string                  // cfg_CustomValue
	APIBase           string                  // instead of the configuration's own address; "" for that
	CA                string                  // PEM: roots of a private CA for the API's TLS, besides the system's; "" for none
	Allow             Allow
	ReplaceForeign    bool           // a replacing document may overwrite other people's values
	Values            string         // "additive" or "replacing" where the administrator knows better; "" for the document's verdict
	Floor             *time.Duration // instead of the document's delay; nil for that
	TurnWait          *time.Duration // between two turns at one target; nil: the TTL seen there
	Contact           string         // who looks after it, for people
	Hosts             []string       // where its credential may go, bound by Add; in stored documents alone
}

// Allow are a provider's visible exceptions to what documents may reach.
type Allow struct {
	PlainHTTP bool
	Addresses []netip.Prefix
	Hosts     []string // besides the host of the configuration's address or of APIBase
	Commands  bool     // the configuration may run programs on this machine, where the installation allows it too
}
