// Package resolvertest runs scripted DNS servers on loopback, for tests of rooms that ask DNS. They answer from zones
// as an ordinary server does, until they are told to lie, truncate, shuffle, drop, refuse or be lame; and they keep
// what they were asked, in order.
//
// It is no part of deputy's programs, and it does not use the resolver that it tests.
package resolvertest

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"
)

// Net is some servers at addresses of their own, in 127/8, that share one port.
type Net struct {
	t    testing.TB
	mu   sync.Mutex
	port uint16
	base [4]byte
	last byte // of the addresses given out
	log  []string
}

// New makes a network without servers. It ends with the test.
func New(t testing.TB) *Net {
	return &Net{t: t, base: [4]byte{127, byte(rand.IntN(200) + 1), byte(rand.IntN(250) + 1), 0}}
}

// Server is one name server.
type Server struct {
	Addr   netip.AddrPort
	net    *Net
	mu     sync.Mutex
	zones  map[string][]dns.RR // by origin
	how    string
	script Script
	count  int // messages that came
}

// Script decides what a server sends back, given its honest answer; nil is silence.
type Script func(asked, honest *dns.Msg, overTCP bool) []byte

// Server starts a server at the next address. The first server of a Net settles the port.
func (n *Net) Server() *Server {
	n.t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.last++
	addr := n.base
	addr[3] = n.last
	var err error
	for range 20 {
		var s *Server
		if s, err = n.listen(netip.AddrPortFrom(netip.AddrFrom4(addr), n.port)); err == nil {
			n.port = s.Addr.Port()
			return s
		}
		if n.port != 0 {
			break
		}
	}
	n.t.Fatalf("start a DNS server: %v", err)
	return nil
}

func (n *Net) listen(addr netip.AddrPort) (*Server, error) {
	tcp, err := net.Listen("tcp", addr.String())
	if err != nil {
		return nil, err
	}
	bound := netip.MustParseAddrPort(tcp.Addr().String())
	udp, err := net.ListenPacket("udp", bound.String())
	if err != nil {
		_ = tcp.Close()
		return nil, err
	}
	s := &Server{Addr: bound, net: n, zones: map[string][]dns.RR{}}
	var running sync.WaitGroup
	running.Go(func() { s.serveUDP(udp) })
	running.Go(func() { s.serveTCP(tcp) })
	n.t.Cleanup(func() {
		_, _ = tcp.Close(), udp.Close()
		running.Wait()
	})
	return s, nil
}

func (s *Server) serveUDP(conn net.PacketConn) {
	buffer := make([]byte, 65535)
	for {
		size, from, err := conn.ReadFrom(buffer)
		if err != nil {
			return
		}
		if answer := s.respond(buffer[:size], false); answer != nil {
			_, _ = conn.WriteTo(answer, from)
		}
	}
}

func (s *Server) serveTCP(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go s.serveConn(conn)
	}
}

// serveConn answers one message. It closes the connection where it has no answer, so that nobody waits for it.
func (s *Server) serveConn(conn net.Conn) {
	defer conn.Close()
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return
	}
	wire := make([]byte, binary.BigEndian.Uint16(length[:]))
	if _, err := io.ReadFull(conn, wire); err != nil {
		return
	}
	if answer := s.respond(wire, true); answer != nil {
		_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
	}
}

// respond logs a message and answers it as the server was told to.
func (s *Server) respond(wire []byte, overTCP bool) []byte {
	asked := new(dns.Msg)
	if asked.Unpack(wire) != nil || len(asked.Question) != 1 {
		return nil
	}
	s.net.record(s.Addr.Addr(), asked, overTCP)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	honest := s.answer(asked)
	if s.script != nil {
		return s.script(asked, honest, overTCP)
	}
	return s.behave(asked, honest, overTCP)
}

func (n *Net) record(addr netip.Addr, asked *dns.Msg, overTCP bool) {
	line := fmt.Sprintf("%d %s %s", addr.As4()[3], dns.TypeToString[asked.Question[0].Qtype], asked.Question[0].Name)
	if overTCP {
		line += " tcp"
	}
	if asked.RecursionDesired {
		line += " rd"
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.log = append(n.log, line)
}

// Asked gives what all servers were asked so far, in order, as "2 TXT www.example." with the last octet of the
// server's address in front, and " tcp" and " rd" behind where they apply.
func (n *Net) Asked() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]string(nil), n.log...)
}

// Forget empties what Asked gives.
func (n *Net) Forget() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.log = nil
}

// Anonymous replaces the addresses and the port of n in text by 127.0.0.x and 53, so that tests can hold whole messages.
func (n *Net) Anonymous(text string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	text = strings.ReplaceAll(text, fmt.Sprintf("%d.%d.%d.", n.base[0], n.base[1], n.base[2]), "127.0.0.")
	return strings.ReplaceAll(text, fmt.Sprintf(":%d", n.port), ":53")
}
