package resolver_test

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
	"time"

	"github.com/miekg/dns"
)

// network is some scripted DNS servers at addresses of their own, in 127/8, that share one port. They answer from zones
// as an ordinary server does until they are told to misbehave, and what they are asked is kept in order.
type network struct {
	t    testing.TB
	mu   sync.Mutex
	port uint16
	base [4]byte
	last byte // of the addresses given out

	delay time.Duration // of every answer over UDP
	log   []string
}

// newNetwork makes one without servers. It ends with the test.
func newNetwork(t testing.TB) *network {
	return &network{t: t, base: [4]byte{127, byte(rand.IntN(200) + 1), byte(rand.IntN(250) + 1), 0}}
}

// server is one name server.
type server struct {
	Addr   netip.AddrPort
	net    *network
	mu     sync.Mutex
	zones  map[string][]dns.RR // by origin
	how    string
	script script
	counts map[string]int // messages that came, by question
}

// script decides what a server sends back, given its honest answer; nil is silence.
type script func(asked, honest *dns.Msg, overTCP bool) []byte

// start starts a server at the next address. The first server of a network settles the port.
func (n *network) start() *server {
	n.t.Helper()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.last++
	addr := n.base
	addr[3] = n.last
	var err error
	for range 20 {
		var s *server
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

func (n *network) listen(addr netip.AddrPort) (*server, error) {
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
	s := &server{Addr: bound, net: n, zones: map[string][]dns.RR{}, counts: map[string]int{}}
	var running sync.WaitGroup
	running.Go(func() { s.serveUDP(udp) })
	running.Go(func() { s.serveTCP(tcp) })
	n.t.Cleanup(func() {
		_, _ = tcp.Close(), udp.Close()
		running.Wait()
	})
	return s, nil
}

func (s *server) serveUDP(conn net.PacketConn) {
	buffer := make([]byte, 65535)
	for {
		size, from, err := conn.ReadFrom(buffer)
		if err != nil {
			return
		}
		answer := s.respond(buffer[:size], false)
		switch {
		case answer != nil && s.net.delay > 0:
			time.AfterFunc(s.net.delay, func() { _, _ = conn.WriteTo(answer, from) })
		case answer != nil:
			_, _ = conn.WriteTo(answer, from)
		}
	}
}

func (s *server) serveTCP(listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go s.serveConn(conn)
	}
}

// serveConn answers one message. It closes the connection where it has no answer, so that nobody waits for it.
func (s *server) serveConn(conn net.Conn) {
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
func (s *server) respond(wire []byte, overTCP bool) []byte {
	asked := new(dns.Msg)
	if asked.Unpack(wire) != nil || len(asked.Question) != 1 {
		return nil
	}
	s.net.record(s.Addr.Addr(), asked, overTCP)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts[dns.TypeToString[asked.Question[0].Qtype]+strings.ToLower(asked.Question[0].Name)]++
	honest := s.answer(asked)
	if s.script != nil {
		return s.script(asked, honest, overTCP)
	}
	return s.behave(asked, honest, overTCP)
}

func (n *network) record(addr netip.Addr, asked *dns.Msg, overTCP bool) {
	line := fmt.Sprintf("%d %s %s", addr.As4()[3], dns.TypeToString[asked.Question[0].Qtype], strings.ToLower(asked.Question[0].Name))
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

// asked gives what all servers were asked so far, in order, as "2 TXT www.example." with the last octet of the
// server's address in front, and " tcp" and " rd" behind where they apply.
func (n *network) asked() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]string(nil), n.log...)
}

// forget empties what asked gives.
func (n *network) forget() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.log = nil
}

// anonymous replaces the addresses and the port of n in text by 127.0.0.x and 53, so that tests can hold whole messages.
func (n *network) anonymous(text string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	text = strings.ReplaceAll(text, fmt.Sprintf("%d.%d.%d.", n.base[0], n.base[1], n.base[2]), "127.0.0.")
	return strings.ReplaceAll(text, fmt.Sprintf(":%d", n.port), ":53")
}
