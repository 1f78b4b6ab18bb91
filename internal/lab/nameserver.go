package lab

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/miekg/dns"
)

// ednsSize is the UDP payload size that the lab's servers offer and keep to, in octets (DNS flag day 2020).
const ednsSize = 1232

// Nameserver is one server: its sockets, its behaviour, and what it knows.
type Nameserver struct {
	host    string // "ns1.martdj.nl", "resolver"
	addr    netip.AddrPort
	history *History
	respond func(query, reply *dns.Msg) // fills the reply

	// A resolver sets RA, and its queries get their place in the history when they come, before those that it sends;
	// an authoritative server's get theirs when the answer is ready.
	recursive bool

	servers []*dns.Server
	running sync.WaitGroup
	gone    chan struct{} // closed by stop
	packets atomic.Uint64 // queries that a server that loses some was sent over UDP
	dropped *atomic.Bool  // queries from outside of the lab get no answer; nil: they do

	mu     sync.Mutex
	delay  time.Duration
	how    string
	atName map[string]string
	lag    time.Duration
}

// Host is the server's name.
func (n *Nameserver) Host() string { return n.host }

// Addr is the server's address, the same for UDP and TCP.
func (n *Nameserver) Addr() netip.AddrPort { return n.addr }

// Behave makes the server answer all queries so; Behaviours lists how. It panics on anything else.
func (n *Nameserver) Behave(how string) {
	if err := checkBehaviour(how); err != nil {
		panic("lab: " + err.Error())
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.how = how
}

// BehaveAt makes the server answer queries for one name so, whatever Behave says; how "" takes that back.
func (n *Nameserver) BehaveAt(name, how string) {
	if err := checkBehaviour(how); err != nil {
		panic("lab: " + err.Error())
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if how == wellBehaved {
		delete(n.atName, dns.CanonicalName(name))
		return
	}
	n.atName[dns.CanonicalName(name)] = how
}

// Lag is how late the server shows an edit.
func (n *Nameserver) Lag() time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.lag
}

// SetLag makes the server show edits that much later; 0 at once. What it shows already it keeps showing.
func (n *Nameserver) SetLag(lag time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lag = max(lag, 0)
}

// SetDelay makes every answer come that much later than it was asked for, as over a long way; 0 at once.
func (n *Nameserver) SetDelay(delay time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.delay = max(delay, 0)
}

// pause holds an answer to a question about qname back as long as the way takes.
func (n *Nameserver) pause(qname string) {
	n.mu.Lock()
	delay := n.delay
	n.mu.Unlock()
	if n.behaviour(qname) == shuffle {
		delay += rand.N(overtaking)
	}
	if delay == 0 {
		return
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-n.gone:
	}
}

// Queries counts what the server was asked: what is "TXT validation.martdj.dedyn.io.", or "" for everything.
func (n *Nameserver) Queries(what string) int {
	return len(n.history.Find(func(e Entry) bool {
		return e.Kind == "dns" && e.Server == n.host && (what == "" || strings.EqualFold(e.What, what))
	}))
}

func (n *Nameserver) behaviour(qname string) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if how, ok := n.atName[dns.CanonicalName(qname)]; ok {
		return how
	}
	return n.how
}

// start serves on s until stop.
func (n *Nameserver) start(s sockets) error {
	n.atName = map[string]string{}
	n.gone = make(chan struct{})
	n.addr = s.tcp.Addr().(*net.TCPAddr).AddrPort()
	n.servers = []*dns.Server{
		{PacketConn: s.udp, UDPSize: dns.DefaultMsgSize, Handler: n.handler("udp")},
		{Listener: s.tcp, Handler: n.handler("tcp")},
	}
	for _, server := range n.servers {
		up := make(chan error, 1)
		server.NotifyStartedFunc = func() { up <- nil }
		n.running.Go(func() {
			if err := server.ActivateAndServe(); err != nil {
				select {
				case up <- err:
				default: // it was up, and ended by stop
				}
			}
		})
		if err := <-up; err != nil {
			return err
		}
	}
	return nil
}

// stop ends the server and waits for its goroutines; open queries get stopTime.
func (n *Nameserver) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	if n.gone != nil {
		close(n.gone)
	}
	var all []error
	for _, server := range n.servers {
		all = append(all, server.ShutdownContext(ctx))
	}
	n.running.Wait()
	return errors.Join(all...)
}

// handler answers queries that came over network.
func (n *Nameserver) handler(network string) dns.HandlerFunc {
	return func(w dns.ResponseWriter, query *dns.Msg) {
		if len(query.Question) != 1 {
			w.WriteMsg(new(dns.Msg).SetRcodeFormatError(query))
			return
		}
		m, what := n.handle(network, w.RemoteAddr().String(), query)
		switch what {
		case send:
			w.WriteMsg(m) // a client that has gone away is no matter
		case hangUp:
			w.Close()
		}
	}
}

// handle answers one query and records it.
func (n *Nameserver) handle(network, from string, query *dns.Msg) (*dns.Msg, verdict) {
	q := query.Question[0]
	entry := Entry{
		Kind: "dns", Server: n.host, From: from, Network: network, Status: NoAnswer,
		What: dns.TypeToString[q.Qtype] + " " + strings.ToLower(q.Name),
	}
	seq := 0
	if n.recursive {
		seq = n.history.add(entry)
	}
	m, what := n.answer(network, query)
	if n.unreachable(from) {
		m, what = nil, nothing
	}
	n.pause(q.Name)
	if what == send {
		entry.Status, entry.Answer = m.Rcode, records(m)
	}
	if n.recursive {
		n.history.answered(seq, entry.Status, entry.Answer)
	} else {
		n.history.add(entry)
	}
	return m, what
}

// unreachable says that a packet filter between the lab and its surroundings drops what from sends.
func (n *Nameserver) unreachable(from string) bool {
	if n.dropped == nil || !n.dropped.Load() {
		return false
	}
	sender, err := netip.ParseAddrPort(from)
	return err != nil || !inside().Contains(sender.Addr().Unmap())
}

// inside are the addresses of the lab's own machines.
func inside() netip.Prefix { return netip.MustParsePrefix("127.53.0.0/16") }

func (n *Nameserver) answer(network string, query *dns.Msg) (*dns.Msg, verdict) {
	how := n.behaviour(query.Question[0].Name)
	good := new(dns.Msg).SetReply(query)
	good.RecursionAvailable = n.recursive
	good.Rcode = unsupported(query)
	looksUp := how != servfail && how != refused && how != silent
	if looksUp && good.Rcode == dns.RcodeSuccess {
		n.respond(query, good)
	}
	m, what := n.misbehave(how, network, query, good)
	if what == send && m.Rcode != dns.RcodeFormatError {
		extend(network, query, m)
	}
	return m, what
}

// unsupported is the RCODE for what the lab does not do: anything but queries, other classes, zone transfers.
func unsupported(query *dns.Msg) int {
	q := query.Question[0]
	switch {
	case query.Opcode != dns.OpcodeQuery:
		return dns.RcodeNotImplemented
	case q.Qclass != dns.ClassINET, q.Qtype == dns.TypeAXFR, q.Qtype == dns.TypeIXFR:
		return dns.RcodeRefused
	}
	return dns.RcodeSuccess
}

// extend adds EDNS to the answer of a query that had it (RFC 6891 §6.1.1), and cuts what is too long for UDP.
func extend(network string, query, m *dns.Msg) {
	size := dns.MinMsgSize
	if opt := query.IsEdns0(); opt != nil {
		m.SetEdns0(ednsSize, opt.Do())
		size = min(max(int(opt.UDPSize()), size), ednsSize)
		if opt.Version() != 0 {
			m.Answer, m.Ns, m.Rcode = nil, nil, dns.RcodeBadVers
		}
	}
	m.Compress = true
	if network == "udp" {
		m.Truncate(size)
	}
}

// records are those of the answer section as lines; without any, those of the authority section.
func records(m *dns.Msg) string {
	section := m.Answer
	if len(section) == 0 {
		section = m.Ns
	}
	lines := make([]string, len(section))
	for i, rr := range section {
		lines[i] = rr.String()
	}
	return strings.Join(lines, "\n")
}
