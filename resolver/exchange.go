package resolver

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/miekg/dns"
)

// maxMessage is the largest DNS message (RFC 1035 §4.2.2).
const maxMessage = 65535

// carry takes one message to a server and brings the answer that fits it.
type carry func(ctx context.Context, c *Client, s Server, asked *dns.Msg) (*dns.Msg, error)

// Datagrams are read into buffers of this many octets. More than the 1232 that deputy offers is a server's mistake; a
// datagram that is longer still is cut, and so no DNS message.
const datagram = 4096

// overUDP sends asked from a socket of its own, so that port and ID must both be guessed (RFC 5452 §9.2); the socket is
// connected, so the kernel drops what comes from elsewhere. What does not fit is passed over until ctx ends. The name is
// spelt in random case, which an answer has to repeat (draft-vixie-dnsext-dns0x20); one that does not is errSpelling.
func overUDP(ctx context.Context, c *Client, s Server, asked *dns.Msg) (*dns.Msg, error) {
	conn, stop, err := c.dial(ctx, "udp", s.Addr)
	if err != nil {
		return nil, err
	}
	defer stop()
	if !c.cache.folds(s.Addr) {
		asked = respelt(asked)
	}
	wire, err := asked.Pack()
	if err != nil {
		return nil, err
	}
	if _, err := conn.Write(wire); err != nil {
		return nil, err
	}
	var passed error
	buffer := c.buffers.Get().(*[datagram]byte)
	defer c.buffers.Put(buffer)
	for {
		n, err := conn.Read(buffer[:])
		if err != nil && passed != nil && errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, passed
		}
		if err != nil {
			return nil, err
		}
		m, err := decode(buffer[:n], asked)
		if err == nil && len(m.Question) == 1 && m.Question[0].Name != asked.Question[0].Name {
			err = errSpelling
		}
		if err == nil || errors.Is(err, errSpelling) {
			return m, err
		}
		passed = err
	}
}

// overTCP sends asked on a connection of its own (RFC 7766).
func overTCP(ctx context.Context, c *Client, s Server, asked *dns.Msg) (*dns.Msg, error) {
	conn, stop, err := c.dial(ctx, "tcp", s.Addr)
	if err != nil {
		return nil, err
	}
	defer stop()
	return overStream(conn, asked)
}

// overTLS is overTCP inside TLS (RFC 7858); the server's certificate has to fit the URL's host.
func overTLS(config *tls.Config, address string) carry {
	return func(ctx context.Context, c *Client, _ Server, asked *dns.Msg) (*dns.Msg, error) {
		plain, err := c.config.Dial(ctx, "tcp", address)
		if err != nil {
			return nil, err
		}
		conn := tls.Client(plain, config)
		defer endWith(ctx, conn)()
		if err := conn.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		return overStream(conn, asked)
	}
}

// overStream sends one message with its length in front (RFC 1035 §4.2.2) and reads one.
func overStream(conn net.Conn, asked *dns.Msg) (*dns.Msg, error) {
	wire, err := asked.Pack()
	if err != nil {
		return nil, err
	}
	framed := binary.BigEndian.AppendUint16(nil, uint16(len(wire)))
	if _, err := conn.Write(append(framed, wire...)); err != nil {
		return nil, err
	}
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return nil, err
	}
	answer := make([]byte, binary.BigEndian.Uint16(length[:]))
	if n, err := io.ReadFull(conn, answer); err != nil {
		if strings.HasPrefix(string(length[:])+string(answer[:n]), "HTTP/") {
			return nil, errWeb
		}
		return nil, err
	}
	return decode(answer, asked)
}

// errWeb is what a web server says to a DNS message.
var errWeb = errors.New("it speaks HTTP: a web server, not a DNS server")

func (c *Client) dial(ctx context.Context, network string, addr netip.AddrPort) (net.Conn, func(), error) {
	if !addr.IsValid() {
		return nil, nil, errors.New("no address")
	}
	conn, err := c.config.Dial(ctx, network, addr.String())
	if err != nil {
		return nil, nil, err
	}
	return conn, endWith(ctx, conn), nil
}

// endWith makes conn's reads and writes fail when ctx ends; the function it returns closes conn.
func endWith(ctx context.Context, conn net.Conn) func() {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	return func() {
		stop()
		_ = conn.Close()
	}
}

// query sends q by carry, once more without EDNS where the server says that it can't read it (RFC 6891 §7), and over
// TCP where the answer was truncated or its question spelt otherwise.
func (c *Client) query(ctx context.Context, s Server, send carry, asked *dns.Msg) (*dns.Msg, error) {
	m, err := c.spelt(ctx, s, send, asked)
	if err != nil {
		return nil, err
	}
	if m.Rcode == dns.RcodeFormatError || m.Rcode == dns.RcodeNotImplemented {
		asked.Extra, asked.Id = nil, dns.Id()
		if m, err = c.spelt(ctx, s, send, asked); err != nil {
			return nil, err
		}
	}
	if !m.Truncated {
		return m, nil
	}
	m, err = overTCP(ctx, c, s, asked)
	if err != nil || m.Truncated {
		return nil, &truncated{err}
	}
	return m, nil
}

// spelt sends asked. An answer over UDP that spells the question otherwise is a forgery, or that of a server that folds
// case: TCP tells which, and where there is none, the question in plain lower case, as the server would have it.
func (c *Client) spelt(ctx context.Context, s Server, send carry, asked *dns.Msg) (*dns.Msg, error) {
	m, err := send(ctx, c, s, asked)
	if !errors.Is(err, errSpelling) {
		return m, err
	}
	half, cancel := context.WithTimeout(ctx, c.config.Timeout/2) // the rest is for the last way
	defer cancel()
	if m, err := overTCP(half, c, s, asked); err == nil {
		return m, nil
	}
	c.cache.keepFolds(s.Addr)
	asked.Id = dns.Id()
	return overUDP(ctx, c, s, asked)
}

// truncated is an answer that could not be had whole.
type truncated struct{ err error }

func (t *truncated) Error() string {
	if t.err == nil {
		return Truncated
	}
	return fmt.Sprintf("%s: %v", Truncated, t.err)
}

func (t *truncated) Unwrap() error { return t.err }

// reasonOf puts a failed exchange in words.
func reasonOf(err error) string {
	var errno syscall.Errno
	var cut *truncated
	switch {
	case errors.As(err, &cut):
		return Truncated
	case errors.Is(err, errForeign), errors.Is(err, errMalformed), errors.Is(err, errSpelling):
		return err.Error()
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), errors.Is(err, os.ErrDeadlineExceeded):
		return NoReply
	case errors.Is(err, syscall.ECONNREFUSED):
		return Refused
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.EADDRNOTAVAIL):
		return NoRoute
	case errors.As(err, &errno) && (errno == 10051 || errno == 10065): // WSAENETUNREACH, WSAEHOSTUNREACH
		return NoRoute
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return Closed
	}
	return err.Error()
}
