package resolver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/miekg/dns"

	"deputy/egress"
	"deputy/name"
)

// dohType is the media type of a DNS message (RFC 8484 §6).
const dohType = "application/dns-message"

// recursive is a resolver that follows chains and referrals itself.
type recursive struct {
	servers   []Server
	carry     carry
	datagrams bool // carry is UDP
}

// minTries is how often a lone resolver is asked before it is called silent.
const minTries = 3

// poster sends one HTTP request; egress's Client is one.
type poster interface {
	Do(ctx context.Context, r egress.Request) (egress.Response, error)
}

// newRecursive reads a resolver's URL: udp://IP[:PORT], tcp://IP[:PORT], tls://HOST[:PORT], https://HOST[:PORT]/PATH.
func (c *Client) newRecursive(text string) (*recursive, error) {
	bad := func(seen string) error {
		return badSetting("use the resolver "+withoutUser(text), seen, "give udp://IP, tcp://IP, tls://HOST or https://HOST/PATH, each with :PORT where it is not the usual one")
	}
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.User != nil {
		return nil, bad("it is not a resolver's URL")
	}
	switch u.Scheme {
	case "udp", "tcp":
		addr, err := netip.ParseAddr(u.Hostname())
		if err != nil {
			return nil, bad(u.Hostname() + " is not an IP address, and there is no resolver yet to look it up")
		}
		port, err := net.LookupPort(u.Scheme, portOf(u, "53"))
		if err != nil || port == 0 {
			return nil, bad(u.Port() + " is not a port")
		}
		r := &recursive{servers: []Server{{Addr: netip.AddrPortFrom(addr, uint16(port))}}, carry: overTCP}
		if r.datagrams = u.Scheme == "udp"; r.datagrams {
			r.carry = overUDP
		}
		return r, nil
	case "tls":
		config := &tls.Config{RootCAs: c.config.Roots, ServerName: u.Hostname(), MinVersion: tls.VersionTLS12}
		return &recursive{servers: []Server{{URL: text}}, carry: overTLS(config, net.JoinHostPort(u.Hostname(), portOf(u, "853")))}, nil
	case "https":
		// The administrator named this resolver, so its address is not forbidden, wherever it lies.
		policy := egress.Policy{Hosts: []string{u.Host}, AnyAddress: true, Roots: c.config.Roots, Proxy: c.config.Proxy, MaxBody: maxMessage, Timeout: c.config.Timeout}
		client, err := egress.New(policy)
		if err != nil {
			return nil, err
		}
		return &recursive{servers: []Server{{URL: text}}, carry: overHTTPS(client, text)}, nil
	}
	return nil, bad("it begins with none of udp://, tcp://, tls://, https://")
}

// withoutUser is a URL as it may be shown: what stands before an @ can be a password.
func withoutUser(text string) string {
	if at := strings.LastIndex(text, "@"); at >= 0 {
		return "…" + text[at:]
	}
	return text
}

func portOf(u *url.URL, usual string) string {
	if u.Port() == "" {
		return usual
	}
	return u.Port()
}

// overHTTPS posts asked (RFC 8484 §4.1), whose ID is 0 for the sake of HTTP caches.
func overHTTPS(client poster, u string) carry {
	return func(ctx context.Context, _ *Client, _ Server, asked *dns.Msg) (*dns.Msg, error) {
		asked = asked.Copy()
		asked.Id = 0
		wire, err := asked.Pack()
		if err != nil {
			return nil, err
		}
		header := [][2]string{{"Content-Type", dohType}, {"Accept", dohType}}
		answer, err := client.Do(ctx, egress.Request{Method: http.MethodPost, URL: u, Header: header, Body: wire})
		if err != nil {
			return nil, err
		}
		if answer.Status != http.StatusOK {
			return nil, fmt.Errorf("HTTP status %d", answer.Status)
		}
		if kind := answer.Header.Get("Content-Type"); kind != dohType {
			return nil, fmt.Errorf("%q where %s was expected: is it a DoH resolver?", kind, dohType)
		}
		m, err := decode(answer.Body, asked)
		if err == nil && m.Truncated {
			err = &truncated{errors.New("truncated over HTTPS")}
		}
		return m, err
	}
}

// through asks a recursive resolver and reads the whole chain from its answer.
func (c *Client) through(ctx context.Context, r *recursive, q question) (Answer, error) {
	answer, err := c.send(ctx, r, q)
	if err != nil {
		return Answer{}, err
	}
	records, err := answer.chain(q.name)
	if err != nil {
		return Answer{}, &Failure{Server: answer.server, Reason: err.Error(), Err: err}
	}
	return answer.answer(q, records), nil
}

// send asks with RD=1. "Nothing there" from a server that offers no recursion is none: it does not know.
func (c *Client) send(ctx context.Context, r *recursive, q question) (*reply, error) {
	answer, refusals := c.race(ctx, r.attempts(), func(ctx context.Context, a attempt) (*reply, *refusal) {
		answer, no := c.try(ctx, a, q, true)
		if no == nil && len(answer.msg.Answer) == 0 && !answer.msg.RecursionAvailable && !answer.msg.Authoritative {
			no = &refusal{server: a.server, reason: "it offers no recursion"}
		}
		return answer, no
	})
	if answer == nil {
		return nil, q.failure(name.Name{}, refusals)
	}
	return answer, nil
}

// attempts go through the servers in the order given, at least three tries. Where the resolver speaks UDP the last is
// over TCP, for networks that drop UDP.
func (r *recursive) attempts() []attempt {
	var tries []attempt
	for i := range max(len(r.servers), minTries) {
		tries = append(tries, attempt{r.servers[i%len(r.servers)], r.carry})
	}
	if r.datagrams {
		tries[len(tries)-1].send = overTCP
	}
	return tries
}

// Views asks the two public resolvers of Config.Public, at once and in that order: the weaker evidence for when no
// authority can be reached. The answers are those that came; the error is the first *Failure, or that of ctx.
func (c *Client) Views(ctx context.Context, n name.Name, t Type) ([]Answer, error) {
	q := question{n, t}
	bounded, cancel := c.bound(ctx)
	defer cancel()
	type result struct {
		answer Answer
		err    error
	}
	if len(c.public) == 0 {
		return nil, &Failure{Question: n, Type: t, Reason: "no public resolver was given, and beside a private root none is asked"}
	}
	results := make([]chan result, len(c.public))
	for i, r := range c.public {
		results[i] = make(chan result, 1)
		go func() {
			a, err := c.through(bounded, r, q)
			results[i] <- result{a, err}
		}()
	}
	var answers []Answer
	var first error
	for _, each := range results {
		got := <-each
		if got.err == nil {
			answers = append(answers, got.answer)
		} else if first == nil {
			first = got.err
		}
	}
	return answers, outcome(ctx, q, first)
}
