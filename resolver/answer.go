// Package resolver asks DNS servers and says who answered what: from the root down, through a recursive resolver
// (UDP, TCP, TLS, HTTPS), or one authoritative server at a time. An error is never an answer: SERVFAIL, silence,
// lameness and truncation that can't be completed come back as a *Failure that names the server.
//
// It follows no CNAME on its own and judges nothing; delegation does.
package resolver

import (
	"fmt"
	"net/netip"
	"time"

	"deputy/name"
)

// Type is a DNS record type (RFC 1035 §3.2.2).
type Type uint16

// The types deputy asks for.
const (
	A     Type = 1
	NS    Type = 2
	CNAME Type = 5
	SOA   Type = 6
	TXT   Type = 16
	AAAA  Type = 28
	DNAME Type = 39
	CAA   Type = 257
)

// Record is one resource record. Which of the last fields holds its data depends on Type.
type Record struct {
	Owner  name.Name
	Type   Type
	TTL    uint32    // seconds
	Target name.Name // CNAME, DNAME, NS, and a SOA's primary server
	DNAME  name.Name // CNAME: the owner of the DNAME that it was made from (RFC 6672 §3.1); zero for one that stands in the zone
	Text   string    // TXT: the octets of its strings joined (RFC 8555 §8.4); A, AAAA: the address; CAA: flags, tag, value
	Serial uint32    // SOA
	NegTTL uint32    // SOA: how long "not there" may be cached, min(MINIMUM, TTL) (RFC 2308 §5)
}

// Server is one address of one name server.
type Server struct {
	Host name.Name // zero when only an address is known
	Addr netip.AddrPort
	URL  string // of a recursive resolver reached by TLS or HTTPS; "" otherwise
}

// String names the server for people: "ns1.example.net (192.0.2.1)".
func (s Server) String() string {
	switch {
	case s.URL != "":
		return s.URL
	case s.Host.IsZero():
		return s.Addr.String()
	}
	return fmt.Sprintf("%s (%s)", s.Host, s.Addr)
}

// Answer is what one server said. Records are those of the answer section in the order of the chain; Exists is false
// when the question's name does not exist (NXDOMAIN). An empty Records with Exists true is NODATA.
type Answer struct {
	Question name.Name
	Type     Type
	Exists   bool
	Records  []Record
	SOA      *Record // of the authority section of a negative answer
	Server   Server
	Elapsed  time.Duration
}

// Of gives the records of type t at owner.
func (a Answer) Of(owner name.Name, t Type) []Record {
	var found []Record
	for _, r := range a.Records {
		if r.Owner == owner && r.Type == t {
			found = append(found, r)
		}
	}
	return found
}

// Authority is a zone and every address of every server that its parent and it name.
type Authority struct {
	Zone    name.Name
	Servers []Server
	Silent  []Server        // name servers that certainly have no address; Addr is zero
	Unknown []AddressLookup // what could not be looked up: there may be more servers than these
}

// AddressLookup is a question for a name server's addresses that was not answered.
type AddressLookup struct {
	Host    name.Name
	Type    Type // A or AAAA
	Failure *Failure
}
