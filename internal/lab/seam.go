// Package lab is a small internet on loopback for tests and the demo: DNS from the root down, a recursive resolver, a
// CA (pebble, in process), DNS hosts with APIs, and a record of everything that was asked. It judges deputy with its
// own eyes: nothing here imports a room of deputy but name.
package lab

import (
	"context"
	"net/http"
	"time"
)

// Options shape the lab. The zero value is the demo's: throttles on, pebble's knobs off, secondary 1 s late.
type Options struct {
	SecondaryLag time.Duration // how late the deSEC secondary shows a change; 0: 1 s; negative: none
	NoThrottle   bool          // the deSEC stand-in's rate limits off
	NonceReject  int           // percent of good nonces that pebble rejects (process-wide)
	AuthzReuse   int           // percent of valid authorizations that pebble offers again (process-wide)
	OrderRetry   int           // pebble's Retry-After for orders, seconds; 0: 1
	ExtraHops    bool          // adds names for chains of several hops, see zones.go
}

// Lab is a running internet.
type Lab struct{}

// Start brings everything up. Close, or the end of ctx, takes it down.
func Start(ctx context.Context, o Options) (*Lab, error) { panic("seam") }

// Close takes everything down.
func (l *Lab) Close() error { panic("seam") }

func (l *Lab) Root() string                { panic("seam") } // "127.53.0.1:PORT", for --root
func (l *Lab) Resolver() string            { panic("seam") } // "udp://127.53.0.9:PORT", for --resolver
func (l *Lab) Directory() string           { panic("seam") } // the CA's ACME directory, https://
func (l *Lab) CAFile() string              { panic("seam") } // PEM: trust for the CA's HTTPS
func (l *Lab) RootsFile() (string, error)  { panic("seam") } // PEM: the CA's own roots, to verify what it issued
func (l *Lab) DeSEC() *DeSEC               { panic("seam") }
func (l *Lab) SetTXT() *SetTXT             { panic("seam") }
func (l *Lab) CA() *CA                     { panic("seam") }
func (l *Lab) Zone(zone string) *Zone      { panic("seam") } // any zone of the lab, to edit as its DNS department
func (l *Lab) DNS(host string) *Nameserver { panic("seam") } // by host name, "ns1.martdj.nl", or "resolver"
func (l *Lab) History() *History           { panic("seam") }
func (l *Lab) Control() string             { panic("seam") } // http:// URL for deputy-lab's own subcommands
func (l *Lab) Environment() []string       { panic("seam") } // DEPUTY_… and LAB_… as KEY=VALUE

// DeSEC is the deSEC-like host: https-less API at URL, two zones under Token ("martdj.dedyn.io", minimum TTL 60;
// "slow.dedyn.io", minimum TTL 3600), and one more account with a zone of its own.
type DeSEC struct{}

func (d *DeSEC) URL() string        { panic("seam") } // http://127.0.0.1:PORT/api/v1
func (d *DeSEC) Token() string      { panic("seam") }
func (d *DeSEC) OtherToken() string { panic("seam") } // owns "other.dedyn.io" only
// Intercept decides on each request before it is handled; nil takes the interception away.
func (d *DeSEC) Intercept(f func(*http.Request) Intervention) { panic("seam") }

// Intervention is what happens to one request instead of, or after, being handled. The zero value: nothing unusual.
type Intervention struct {
	Drop   bool // the connection is closed without an answer, the request not handled
	Lose   bool // handled, then the connection is closed without an answer
	Commit bool // with Status: handled first, the answer thrown away
	Status int  // answer this instead
	Header http.Header
	Body   string
	Before func() // called before the request is handled, for order and hand-over in tests
	After  func() // called after it was handled, before the answer is sent
}

// SetTXT is pebble-challtestsrv's management API (set-txt, clear-txt), serving the zone "pebble.lab".
type SetTXT struct{}

func (s *SetTXT) URL() string { panic("seam") } // http://127.0.0.1:PORT/set-txt

// CA is pebble with a door in front.
type CA struct{}

// Intercept decides on each ACME request before pebble sees it.
func (c *CA) Intercept(f func(*http.Request) Intervention) { panic("seam") }

// Zone is a zone as its owner edits it.
type Zone struct{}

// Add adds records, one each line in zone file form relative to the zone ("_acme-challenge.demohub 60 IN CNAME x.").
func (z *Zone) Add(lines ...string) error { panic("seam") }

// Remove takes all records at owner (relative; "" for the zone) of that type away; type "" for all types.
func (z *Zone) Remove(owner, rrtype string) error { panic("seam") }

// Texts are the TXT values at owner on the primary, decoded.
func (z *Zone) Texts(owner string) []string { panic("seam") }

// Nameserver is one server's behaviour.
type Nameserver struct{}

// Behave makes the server answer queries so: "", "servfail", "refused", "silent", "truncate" (UDP only), "lame".
func (n *Nameserver) Behave(how string) { panic("seam") }

// History is everything that was asked, in order.
type History struct{}

// Entry is one request, query or edit.
type Entry struct {
	Seq    int
	Time   time.Time
	Kind   string // "http" (a DNS host), "acme", "dns", "edit"
	Server string // "desec", "set-txt", "ca", a name server's host name, "resolver"
	From   string // address
	What   string // "PUT /api/v1/domains/martdj.dedyn.io/rrsets/", "TXT validation.martdj.dedyn.io.", …
	Body   string // of a request; for ACME the decoded payload
	Status int    // HTTP status; for dns the RCODE
	Answer string // body of an HTTP answer (first 4096 octets), records of a DNS answer
}

// All gives a copy of the entries so far.
func (h *History) All() []Entry { panic("seam") }

// Find gives the entries for which match is true.
func (h *History) Find(match func(Entry) bool) []Entry { panic("seam") }

// Mark gives the Seq of the last entry, to look at what comes after.
func (h *History) Mark() int { panic("seam") }
