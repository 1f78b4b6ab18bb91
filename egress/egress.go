// Package egress makes the HTTP requests and connections whose addresses somebody else chose: a document from a
// stranger, a CA's directory. A Policy bounds hosts, addresses, sizes, times and redirects; addresses are checked when
// dialling, so a name that resolves to a forbidden one is refused too.
//
// It knows neither documents nor ACME, and holds no credentials.
package egress

import (
	"context"
	"crypto/x509"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

// Policy is what requests may do. The zero value allows nothing: Hosts is empty.
type Policy struct {
	Hosts      []string       // host or host:port that may be asked; a host without a port means 443 (80 with PlainHTTP too)
	AnyHost    bool           // every host: for a CA that the administrator named, whose directory names others
	PlainHTTP  bool           // http:// as well as https://
	Addresses  []netip.Prefix // exceptions to the forbidden addresses (loopback, private, link-local, multicast, …)
	AnyAddress bool           // every address: for a CA that the administrator named
	Roots      *x509.CertPool // nil: the system's
	Proxy      *url.URL       // nil: none; never taken from the environment
	MaxBody    int64          // octets of an answer after decompression; 1 MiB if zero
	Timeout    time.Duration  // of one request with its redirects, answer included; 20 s if zero
}

// Request is one HTTP request. Headers keep their order and spelling.
type Request struct {
	Method string
	URL    string
	Header [][2]string
	Body   []byte
}

// Response is the answer, read whole.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Client makes requests under one Policy.
type Client struct {
	policy Policy
}

// New makes a client. It fails on a policy that contradicts itself.
func New(p Policy) (*Client, error) { panic("seam") }

// Do sends r once and reads the answer. Redirects are followed for GET and HEAD on the same host only; any 3xx to
// another method is a fault (HostRedirected) that names the Location. A refused host, scheme or address is a fault
// (Egress); an answer over the bounds, a time-out or a broken connection is an *Unanswered, since the request may
// have been carried out.
func (c *Client) Do(ctx context.Context, r Request) (Response, error) { panic("seam") }

// HTTP is the same client for libraries that want one, such as acmez: same policy, no retries.
func (c *Client) HTTP() *http.Client { panic("seam") }

// Unanswered is a request that may or may not have been carried out.
type Unanswered struct {
	Method, URL string // without query
	Err         error
}

func (u *Unanswered) Error() string { return u.Method + " " + u.URL + ": " + u.Err.Error() }

// Unwrap gives the cause.
func (u *Unanswered) Unwrap() error { return u.Err }
