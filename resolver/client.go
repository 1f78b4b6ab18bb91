package resolver

import (
	"context"
	"crypto/x509"
	"net"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"deputy/name"
)

// Bounds of one question, whatever the servers say.
const (
	defaultTimeout = 2 * time.Second
	questionTries  = 5  // a question takes at most this many time-outs of one try
	maxQueries     = 64 // messages sent for one question, those for name server addresses included
	maxReferrals   = 32 // delegations below each other
	maxNested      = 5  // name servers whose address needs a name server whose address needs …
	maxHosts       = 32 // name servers of one zone that are looked at
)

// Config says whom to ask. With Recursive set that resolver is asked. Else, with Root set, the walk begins there, and
// a root that does not answer is a Failure: nobody else is asked. With neither, the built-in root hints are tried once
// and, where they can't be reached, the first of Public that answers, else the system's resolver, is used from then on.
type Config struct {
	Root      []netip.AddrPort // their port holds for every authoritative server, with Recursive too; 53 without
	Recursive string           // udp://, tcp://, tls:// or https:// URL, or "system"; "" for none
	Roots     *x509.CertPool   // for tls:// and https://; nil: the system's
	Proxy     *url.URL         // for https://; nil: none
	Timeout   time.Duration    // of one try at one server; 2 s if zero. A question takes at most five times that
	Public    []string         // two DoH URLs for Views; those of Cloudflare and Google if empty and there is no Root
	System    string           // the file that names the system's resolvers; /etc/resolv.conf if ""
	Anchor    string           // trust anchors for Security: DS or DNSKEY records in zone file form; "" for none

	// Dial opens the connection of every exchange over UDP, TCP and TLS (network "udp" or "tcp"); nil: net.Dialer's.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Client asks. It may be used by many goroutines; they share what it learnt about delegations.
type Client struct {
	config Config
	port   uint16   // of authoritative servers, and of the system's resolvers
	hints  []Server // where walks begin when Config names no root
	cache  *cache
	public []*recursive
	path   chan *path // holds the path once it is chosen, else nil; whoever holds it may choose

	buffers sync.Pool // of *[datagram]byte
	flights flights
	anchors anchors
	direct  reach // whether authoritative servers can be asked from here
}

// path is the way questions take: from the root, or through a recursive resolver.
type path struct {
	recursive *recursive // nil: from the root
	view      string
}

// New makes a client; it sends nothing yet. A Recursive or Public URL that is none, and a Root that is no address, and
// an Anchor that can't be read, are faults (BadSettings).
func New(c Config) (*Client, error) {
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.System == "" {
		c.System = "/etc/resolv.conf"
	}
	if c.Dial == nil {
		c.Dial = new(net.Dialer).DialContext
	}
	if len(c.Public) == 0 && len(c.Root) == 0 {
		c.Public = []string{"https://1.1.1.1/dns-query", "https://8.8.8.8/dns-query"}
	}
	client := &Client{config: c, port: dnsPort, hints: rootHints(), cache: newCache(), path: make(chan *path, 1)}
	client.buffers.New = func() any { return new([datagram]byte) }
	if c.Anchor != "" {
		var err error
		if client.anchors, err = readAnchors(c.Anchor); err != nil {
			return nil, err
		}
	}
	chosen, err := client.configured()
	if err != nil {
		return nil, err
	}
	client.path <- chosen
	return client, nil
}

// View says whom the client asks: "from the root 127.0.0.2:5300", "through udp://192.0.2.53". Where the choice is
// still open, since no question was asked yet, it says so.
func (c *Client) View() string {
	chosen := <-c.path
	c.path <- chosen
	if chosen == nil {
		return "from the root, else through a public or the system's resolver"
	}
	return chosen.view
}

// Query asks for records of type t at n. In a walk from the root, only records at n are given: a CNAME, made from a
// DNAME where the server gave only that, or data. A recursive resolver's answer is given whole, in the order of the
// chain. The error is a *Failure, or that of ctx.
func (c *Client) Query(ctx context.Context, n name.Name, t Type) (Answer, error) {
	q := question{n, t}
	bounded, cancel := c.bound(ctx)
	defer cancel()
	way, err := c.choose(bounded)
	if err != nil {
		return Answer{}, outcome(ctx, q, err)
	}
	if way.recursive != nil {
		a, err := c.through(bounded, way.recursive, q)
		return a, outcome(ctx, q, err)
	}
	r, _, err := c.newWalk().ask(bounded, q)
	if err != nil {
		return Answer{}, outcome(ctx, q, err)
	}
	a, err := r.answerAt(q)
	return a, outcome(ctx, q, err)
}

// QueryAt asks one authoritative server: twice over UDP and once over TCP before it is called silent, and over TCP
// when the answer is truncated. Only records at n are given. An answer without the AA bit is a Failure: "lame".
func (c *Client) QueryAt(ctx context.Context, s Server, n name.Name, t Type) (Answer, error) {
	q := question{n, t}
	bounded, cancel := c.bound(ctx)
	defer cancel()
	w := c.newWalk()
	r, refusals := c.race(bounded, w.attempts([]Server{s}), w.authoritative(q))
	if r == nil {
		return Answer{}, outcome(ctx, q, q.failure(name.Name{}, refusals))
	}
	a, err := r.answerAt(q)
	return a, outcome(ctx, q, err)
}

// bound limits the time of one question.
func (c *Client) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, questionTries*c.config.Timeout)
}

// outcome gives ctx's own error where the caller gave up, and a *Failure in every other case.
func outcome(ctx context.Context, q question, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return q.failed(err)
}

// failed is err as q's Failure.
func (q question) failed(err error) *Failure {
	if f, ok := err.(*Failure); ok {
		f.Question, f.Type = q.name, q.typ
		return f
	}
	return &Failure{Question: q.name, Type: q.typ, Reason: err.Error(), Err: err}
}
