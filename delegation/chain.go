// Package delegation follows a challenge name along its CNAMEs to the target where values belong, and judges what it
// met on the way. It asks and never writes; what a fault means for an order is issuance's to say.
package delegation

import (
	"context"

	"deputy/name"
	"deputy/resolver"
)

// MaxHops is the number of CNAMEs that Follow passes before it calls a chain too long. Resolvers give up at about 11
// (Unbound, BIND); 8 leaves them room.
const MaxHops = 8

// Resolver is what Follow asks.
type Resolver interface {
	Query(ctx context.Context, n name.Name, t resolver.Type) (resolver.Answer, error)
	Poll(ctx context.Context, n name.Name, t resolver.Type, first func(resolver.Answer)) (resolver.Poll, error)
	Security(ctx context.Context, n name.Name, t resolver.Type) (resolver.Security, error)
}

// Hop is one CNAME.
type Hop struct {
	Owner  name.Name
	Target name.Name
	TTL    uint32 // seconds
	Server resolver.Server
	Zone   name.Name // that holds Owner; zero where that could not be told
	DNAME  name.Name // the owner of the DNAME that stands for this CNAME (RFC 6672 §3.1); zero for a CNAME in the zone
	Beside []string  // types of other data at the owner, which RFC 1034 §3.6.2 forbids: "TXT", …; "CNAME" for a second one
}

// Chain is what Follow saw. A Chain with Loop, TooLong or Failure has no Target. With Loop or TooLong the last hop is
// the one that is too many.
type Chain struct {
	Cert       name.Name // the certificate's name
	Challenge  name.Name
	Hops       []Hop
	Target     name.Name          // the last owner: the challenge name itself where there is no CNAME
	Exists     bool               // whether the target exists already
	Made       bool               // it exists, but as a wildcard's (RFC 4592) only; looked for where it may have got a zone appended
	Registered bool               // where it does not exist, and Zone is one under which others register: the domain that it lies in does
	Zone       name.Name          // the zone that holds the target
	Authority  resolver.Authority // its servers
	OwnerZone  name.Name          // the zone that holds the challenge name; zero where that could not be told
	AboveZone  name.Name          // where the challenge name is itself the top of a zone: the zone above it; else zero
	Texts      []string           // TXT values at the target now
	NegTTL     uint32             // how long the answer without a CNAME at the challenge name may be cached, seconds; 0 when one was seen
	Loop       name.Name          // the name that came twice
	TooLong    bool
	Failure    *resolver.Failure // the chain can't be told
	HostCNAME  name.Name         // where Hops is empty: the target of a CNAME at the certificate's name, if that leads to no address
	Server     resolver.Server   // who answered last
	View       string

	Differ    []Differing       // servers whose answer at a hop is another than the chain's, or at the challenge name where there is no hop
	Dead      []Dead            // servers of the zones on the way that gave no usable answer, where others did
	Caught    bool              // what stands at the challenge name, a CNAME or TXT, is that of a wildcard (RFC 4592)
	WildHost  bool              // the certificate's host has no record of its own: a wildcard answers for it, and no longer when a name below it is made
	StarLabel name.Name         // where Hops is empty: the target of a CNAME at _acme-challenge.*.NAME
	Doubled   name.Name         // where Hops is empty: an owner with the zone twice, at which a CNAME stands
	DoubledTo name.Name         // and its target
	Undotted  name.Name         // the last target without the zone that was appended to it; zero where none was
	TextSize  int               // octets of the answer that holds the TXT set at the target
	CAA       CAA               // what RFC 8659 finds for the certificate's name
	Security  resolver.Security // of the chain and of CAA; the worst that was found
	Local     *Chain            // the same name in another view; nil: none was asked
}

// Differing is a server that says something else at Owner than the chain does.
type Differing struct {
	Owner  name.Name
	Server resolver.Server
	Target name.Name // zero: no CNAME
	Exists bool      // the name exists there
}

// Dead is a server that gives no usable answer for a zone that others serve.
type Dead struct {
	Zone   name.Name
	Server resolver.Server
	Reason string
}

// CAA is the relevant record set of a certificate's name (RFC 8659 §3), found by climbing from it towards the root.
type CAA struct {
	Of      name.Name         // the certificate's host or the ancestor of it whose set it is; the host where there is none; zero: nobody has looked
	At      name.Name         // where the set stands: Of, or what Of is an alias of; zero: there is none, so every CA may issue
	Zone    name.Name         // the zone that holds At; zero where that could not be told
	Records []CAARecord       // in the order of the answer
	TTL     uint32            // seconds; the least of the set and of the aliases that lead to it
	Aliases []name.Name       // names from the certificate's host up to Of that are aliases, beside which no CAA record can stand
	Server  resolver.Server   // who gave the set
	Failure *resolver.Failure // it can't be told
}

// CAARecord is one property.
type CAARecord struct {
	Flags    uint8
	Critical bool   // bit 0 of Flags, the one worth 128 (RFC 8659 §4.1)
	Tag      string // lower case
	Value    string
}

// Issuer is the CA that the chain is judged for. The zero value is none: CAA is then not judged but for records that
// forbid everybody.
type Issuer struct {
	Name       string   // for people: "Let's Encrypt"
	Identities []string // issuer domain names: caaIdentities of its directory, or a table's
	Accounts   []string // URLs of accounts that may order; empty: rules about accounts are not checked
	NoCNAME    bool     // known not to follow CNAMEs at dns-01
	Unsure     bool     // Identities are those that are commonly published for it; neither its directory nor a page of its own was read
	Assumed    bool     // nobody named a CA; this one is the default
}

// Expectation is what Judge measures a chain against. The zero value is "nothing is set up".
type Expectation struct {
	Zones  []name.Name // zones of DNS Providers, where deputy may write
	Target name.Name   // where the CNAME has to lead; zero: anywhere in Zones
	Advice name.Name   // the target to ask for when there is no delegation; zero: "<your target>" is printed
	Issuer Issuer
	Ours   []string    // TXT values at the target that our journal knows
	Shared []name.Name // other names whose chains end at the same target
}
