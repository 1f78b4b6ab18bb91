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
	Authorities(ctx context.Context, n name.Name) (resolver.Authority, error)
}

// Hop is one CNAME.
type Hop struct {
	Owner  name.Name
	Target name.Name
	TTL    uint32 // seconds
	Server resolver.Server
	DNAME  name.Name // the owner of the DNAME that stands for this CNAME (RFC 6672 §3.1); zero for a CNAME in the zone
	Beside []string  // types of other data at the owner, which RFC 1034 §3.6.2 forbids: "TXT", …; "CNAME" for a second one
}

// Chain is what Follow saw. A Chain with Loop, TooLong or Failure has no Target. With Loop or TooLong the last hop is
// the one that is too many.
type Chain struct {
	Cert      name.Name // the certificate's name
	Challenge name.Name
	Hops      []Hop
	Target    name.Name          // the last owner: the challenge name itself where there is no CNAME
	Exists    bool               // whether the target exists already
	Zone      name.Name          // the zone that holds the target
	Authority resolver.Authority // its servers
	OwnerZone name.Name          // the zone that holds the challenge name; zero where that could not be told
	Texts     []string           // TXT values at the target now
	NegTTL    uint32             // how long the answer without a CNAME at the challenge name may be cached, seconds; 0 when one was seen
	Loop      name.Name          // the name that came twice
	TooLong   bool
	Failure   *resolver.Failure // the chain can't be told
	HostCNAME name.Name         // where Hops is empty: the target of a CNAME at the certificate's name, if that leads to no address
	Server    resolver.Server   // who answered last
	View      string
}

// Expectation is what Judge measures a chain against. The zero value is "nothing is set up".
type Expectation struct {
	Zones  []name.Name // zones of DNS Providers, where deputy may write
	Target name.Name   // where the CNAME has to lead; zero: anywhere in Zones
	Advice name.Name   // the target to ask for when there is no delegation; zero: "<your target>" is printed
}
