// Package egress makes the HTTP requests and connections whose addresses somebody else chose: a document from a
// stranger, a CA's directory. A Policy bounds hosts, addresses, sizes, times and redirects; addresses are checked when
// dialling, so a name that resolves to a forbidden one is refused too.
//
// It knows neither documents nor ACME, and holds no credentials.
package egress

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"
)

// Bounds of a Policy that names none, and bounds that no Policy changes.
const (
	defaultBody     = 1 << 20
	defaultTimeout  = 20 * time.Second
	maxHeaderOctets = 256 << 10
	maxRedirects    = 5
	idleTimeout     = 30 * time.Second
)

// Policy is what requests may do. The zero value allows nothing: Hosts is empty.
type Policy struct {
	Hosts      []string       // host or host:port that may be asked; a host without a port means 443 (80 with PlainHTTP too)
	AnyHost    bool           // every host: for a CA that the administrator named, whose directory names others
	PlainHTTP  bool           // http:// as well as https://
	Addresses  []netip.Prefix // exceptions to the forbidden addresses (loopback, private, link-local, multicast, …)
	AnyAddress bool           // every address: for a CA that the administrator named
	Roots      *x509.CertPool // nil: the system's
	Proxy      *url.URL       // http, https or socks5; nil: none; never taken from the environment
	MaxBody    int64          // octets of an answer after decompression; 1 MiB if zero
	Timeout    time.Duration  // of one request with its redirects, answer included; 20 s if zero
}

// Client makes requests under one Policy. It is safe for concurrent use.
//
// Behind a Policy's Proxy the proxy resolves names and dials, so only the host list and literal addresses are checked.
type Client struct {
	policy    Policy
	hosts     hostList
	transport *http.Transport
	resolver  *net.Resolver // nil: the system's; tests set it
}

// New makes a client. It fails on a policy that contradicts itself: a bound below zero, a host list or address
// exceptions beside the permission for all, an entry that is no host, a proxy that is none.
func New(p Policy) (*Client, error) {
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("egress policy: %w", err)
	}
	hosts, err := parseHosts(p.Hosts)
	if err != nil {
		return nil, fmt.Errorf("egress policy: %w", err)
	}
	if p.MaxBody == 0 {
		p.MaxBody = defaultBody
	}
	if p.Timeout == 0 {
		p.Timeout = defaultTimeout
	}
	c := &Client{policy: p, hosts: hosts}
	c.transport = c.newTransport()
	return c, nil
}

func (p Policy) check() error {
	switch {
	case p.MaxBody < 0:
		return fmt.Errorf("MaxBody is %d, which is below zero", p.MaxBody)
	case p.Timeout < 0:
		return fmt.Errorf("the Timeout is %s, which is below zero", p.Timeout)
	case p.AnyHost && len(p.Hosts) > 0:
		return fmt.Errorf("AnyHost makes the list of Hosts meaningless; give one of them")
	case p.AnyAddress && len(p.Addresses) > 0:
		return fmt.Errorf("AnyAddress makes the Addresses meaningless; give one of them")
	}
	for _, prefix := range p.Addresses {
		if !prefix.IsValid() {
			return fmt.Errorf("an entry of Addresses is no prefix")
		}
	}
	if p.Proxy == nil {
		return nil
	}
	switch p.Proxy.Scheme {
	case "http", "https", "socks5", "socks5h":
	default:
		return fmt.Errorf("a proxy is reached by http, https or socks5, not by %q", p.Proxy.Scheme)
	}
	if p.Proxy.Hostname() == "" {
		return fmt.Errorf("the proxy's URL names no host")
	}
	return nil
}

// newTransport speaks HTTP/1.1 only: HTTP/2 would change the spelling of header names.
func (c *Client) newTransport() *http.Transport {
	t := &http.Transport{
		DialContext:            c.dial,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.policy.Roots},
		MaxResponseHeaderBytes: maxHeaderOctets,
		MaxIdleConnsPerHost:    8,
		IdleConnTimeout:        idleTimeout,
		TLSHandshakeTimeout:    c.policy.Timeout,
	}
	if c.policy.Proxy != nil {
		t.Proxy = http.ProxyURL(c.policy.Proxy)
	}
	return t
}

// Close closes the connections that are kept for later requests; requests on their way go on.
func (c *Client) Close() { c.transport.CloseIdleConnections() }
