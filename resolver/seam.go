package resolver

import (
	"context"
	"crypto/x509"
	"net/netip"
	"time"

	"deputy/name"
)

// Config says whom to ask. With Root set the walk begins there and the port of Root holds for every server below it;
// with Recursive set that resolver is asked; with neither, the built-in root hints are tried, then the system's resolver.
type Config struct {
	Root      []netip.AddrPort
	Recursive string         // udp://, tcp://, tls:// or https:// URL; "" for none
	Roots     *x509.CertPool // for tls:// and https://; nil: the system's
	Timeout   time.Duration  // of one try at one server; 2 s if zero
	Public    []string       // two DoH URLs for when port 53 is blocked; defaults built in
}

// Client asks.
type Client struct{ config Config }

// New makes a client; it sends nothing yet.
func New(c Config) (*Client, error) { panic("seam") }

// View says whom the client asks: "from the root 127.0.0.2:5300", "through udp://192.0.2.53".
func (c *Client) View() string { panic("seam") }

// Query asks for records of type t at n. CNAMEs in the answer are left to the caller: in a walk from the root only
// the records at n itself are given; a recursive resolver's answer is given as it came.
func (c *Client) Query(ctx context.Context, n name.Name, t Type) (Answer, error) { panic("seam") }

// Authorities finds the zone that holds n, and its servers with all their addresses.
func (c *Client) Authorities(ctx context.Context, n name.Name) (Authority, error) { panic("seam") }

// QueryAt asks one authoritative server, over UDP and, when truncated, TCP; three tries.
// An answer without the AA bit is a Failure: "lame".
func (c *Client) QueryAt(ctx context.Context, s Server, n name.Name, t Type) (Answer, error) {
	panic("seam")
}

// Views asks the two public DoH resolvers side by side: the weaker evidence for when no authority can be reached.
func (c *Client) Views(ctx context.Context, n name.Name, t Type) ([]Answer, error) { panic("seam") }
