package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// Bounds of one recursion.
const (
	upstreamTimeout = time.Second // for one server's answer
	referralLimit   = 16          // zone cuts on the way to one name
	hostDepth       = 4           // name servers whose own name servers have to be found first
)

// recursor is a recursive resolver: it walks from the lab's root, follows CNAMEs and gives the whole chain with the
// final answer. It validates nothing, so it never sets AD. Without a cache every question is walked anew.
type recursor struct {
	local netip.Addr     // it asks from its own address, so that the history shows who asked
	root  netip.AddrPort // the port holds for every server below
	cache *cache         // nil: none

	mu    sync.Mutex
	turns map[string]int // how often each question came: so repeated ones begin at another server each time
}

// finding is what a zone's server said about one name and type: records at it, or a CNAME (and its DNAME), or why not.
type finding struct {
	records []dns.RR
	target  string // of the CNAME; "" for none
	rcode   int
	soa     dns.RR // of a negative answer
}

// recursion is one question on its way.
type recursion struct {
	*recursor
	ctx   context.Context
	turn  int
	depth int
	cuts  map[string][]netip.AddrPort // zones met on the way, and their servers
}

// respond answers query in reply; ctx bounds the whole recursion.
func (r *recursor) respond(ctx context.Context, query, reply *dns.Msg) {
	q := query.Question[0]
	walk := &recursion{recursor: r, ctx: ctx, turn: r.nextTurn(q), cuts: map[string][]netip.AddrPort{}}
	qname := dns.CanonicalName(q.Name)
	for range linkLimit {
		f, err := walk.find(qname, q.Qtype)
		if err != nil {
			break
		}
		reply.Answer = append(reply.Answer, spelled(f.records, qname, q.Name)...)
		if f.target == "" {
			reply.Rcode = f.rcode
			if f.soa != nil {
				reply.Ns = []dns.RR{f.soa}
			}
			return
		}
		qname = f.target
	}
	reply.Answer, reply.Rcode = nil, dns.RcodeServerFailure // also for a chain without end, as Unbound does
}

func (r *recursor) nextTurn(q dns.Question) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := fmt.Sprint(strings.ToLower(q.Name), q.Qtype)
	r.turns[key]++
	return r.turns[key]
}

// spelled gives records at owner the question's spelling where it is the question's name.
func spelled(records []dns.RR, owner, asked string) []dns.RR {
	all := make([]dns.RR, len(records))
	for i, rr := range records {
		all[i] = dns.Copy(rr)
		if strings.EqualFold(rr.Header().Name, owner) && strings.EqualFold(owner, asked) {
			all[i].Header().Name = asked
		}
	}
	return all
}

// find asks for one name, without following its CNAME.
func (w *recursion) find(qname string, t uint16) (finding, error) {
	if f, ok := w.cache.get(qname, t); ok {
		return f, nil
	}
	zone, servers := w.nearest(qname)
	for range referralLimit {
		m, err := w.ask(zone, servers, qname, t)
		if err != nil {
			return finding{}, err
		}
		if below, ok := referral(m, zone, qname); ok {
			if servers, err = w.addressesOf(m, below); err != nil {
				return finding{}, err
			}
			zone = below
			w.cuts[zone] = servers
			continue
		}
		f := read(m, qname, t)
		w.cache.put(qname, t, f)
		return f, nil
	}
	return finding{}, fmt.Errorf("more than %d referrals on the way to %s", referralLimit, qname)
}

// nearest is the closest zone above qname whose servers are known.
func (w *recursion) nearest(qname string) (string, []netip.AddrPort) {
	for zone := qname; zone != "."; zone = parent(zone) {
		if servers, ok := w.cuts[zone]; ok {
			return zone, servers
		}
	}
	return ".", []netip.AddrPort{w.root}
}

// ask asks the zone's servers one after the other until one gives a usable answer.
func (w *recursion) ask(zone string, servers []netip.AddrPort, qname string, t uint16) (*dns.Msg, error) {
	all := []error{fmt.Errorf("no server of %s answers for %s", zone, qname)}
	for i := range max(len(servers), 2) { // a zone's only server gets a second chance
		server := servers[(w.turn+i)%len(servers)]
		m, err := w.exchange(server, qname, t)
		if err == nil {
			err = usable(m, zone, qname)
		}
		if err == nil {
			return m, nil
		}
		all = append(all, fmt.Errorf("%s: %w", server, err))
	}
	return nil, errors.Join(all...)
}

// exchange asks one server: over UDP with EDNS, without when that is refused (RFC 6891 §6.2.2), over TCP when cut.
func (w *recursion) exchange(server netip.AddrPort, qname string, t uint16) (*dns.Msg, error) {
	query := new(dns.Msg).SetQuestion(qname, t)
	query.RecursionDesired = false
	query.SetEdns0(ednsSize, false)
	m, err := w.send("udp", server, query)
	if err == nil && m.Rcode == dns.RcodeFormatError {
		query.Extra = nil
		m, err = w.send("udp", server, query)
	}
	if err == nil && m.Truncated {
		m, err = w.send("tcp", server, query)
	}
	return m, err
}

func (w *recursion) send(network string, server netip.AddrPort, query *dns.Msg) (*dns.Msg, error) {
	dialer := &net.Dialer{Timeout: upstreamTimeout, LocalAddr: &net.UDPAddr{IP: w.local.AsSlice()}}
	if network == "tcp" {
		dialer.LocalAddr = &net.TCPAddr{IP: w.local.AsSlice()}
	}
	client := &dns.Client{Net: network, Dialer: dialer, Timeout: upstreamTimeout, UDPSize: ednsSize}
	m, _, err := client.ExchangeContext(w.ctx, query, server.String())
	return m, err
}

// usable says why an answer about qname from one of zone's servers is none: an error code, or a lame one.
func usable(m *dns.Msg, zone, qname string) error {
	if m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError {
		return errors.New(dns.RcodeToString[m.Rcode])
	}
	if _, ok := referral(m, zone, qname); !ok && !m.Authoritative {
		return errors.New("lame")
	}
	return nil
}

// referral is the zone below zone, on the way to qname, that m points to.
func referral(m *dns.Msg, zone, qname string) (string, bool) {
	if m.Authoritative || len(m.Answer) > 0 {
		return "", false
	}
	for _, rr := range m.Ns {
		owner := dns.CanonicalName(rr.Header().Name)
		below := owner != zone && dns.IsSubDomain(zone, owner) && dns.IsSubDomain(owner, qname)
		if rr.Header().Rrtype == dns.TypeNS && below {
			return owner, true
		}
	}
	return "", false
}

// addressesOf are the servers that a referral to zone names: its glue, or else what their names resolve to.
func (w *recursion) addressesOf(m *dns.Msg, zone string) ([]netip.AddrPort, error) {
	var servers []netip.AddrPort
	for _, rr := range m.Ns {
		ns, ok := rr.(*dns.NS)
		if !ok || dns.CanonicalName(ns.Hdr.Name) != zone {
			continue
		}
		found := w.addressRecords(m.Extra, dns.CanonicalName(ns.Ns))
		if len(found) == 0 {
			found = w.lookUp(dns.CanonicalName(ns.Ns))
		}
		servers = append(servers, found...)
	}
	if len(servers) == 0 {
		return nil, errors.New("no address for any of the name servers")
	}
	return servers, nil
}

func (w *recursion) addressRecords(records []dns.RR, owner string) []netip.AddrPort {
	var servers []netip.AddrPort
	for _, rr := range records {
		a, ok := rr.(*dns.A)
		if !ok || dns.CanonicalName(a.Hdr.Name) != owner {
			continue
		}
		if addr, ok := netip.AddrFromSlice(a.A.To4()); ok {
			servers = append(servers, netip.AddrPortFrom(addr, w.root.Port()))
		}
	}
	return servers
}

// lookUp finds a name server's addresses by its name; none when it can't be found.
func (w *recursion) lookUp(host string) []netip.AddrPort {
	if w.depth >= hostDepth {
		return nil
	}
	w.depth++
	defer func() { w.depth-- }()
	f, err := w.find(host, dns.TypeA)
	if err != nil {
		return nil
	}
	return w.addressRecords(f.records, host)
}

// read takes from m what it says about qname itself; the rest of a chain is asked anew, since the server may not be
// the one to tell (RFC 2181 §5.4.1).
func read(m *dns.Msg, qname string, t uint16) finding {
	f := finding{rcode: dns.RcodeSuccess}
	var matching []dns.RR
	for _, rr := range m.Answer {
		owner := dns.CanonicalName(rr.Header().Name)
		switch rr := rr.(type) {
		case *dns.DNAME:
			if owner != qname && dns.IsSubDomain(owner, qname) {
				f.records = append(f.records, rr)
				continue
			}
		case *dns.CNAME:
			if owner == qname && t != dns.TypeCNAME && t != dns.TypeANY {
				f.records = append(f.records, rr)
				f.target = dns.CanonicalName(rr.Target)
				continue
			}
		}
		if owner == qname && (rr.Header().Rrtype == t || t == dns.TypeANY) {
			matching = append(matching, rr)
		}
	}
	f.records = append(f.records, matching...)
	if len(f.records) == 0 {
		f.rcode = m.Rcode
		f.soa = soaOf(m)
	}
	return f
}

func soaOf(m *dns.Msg) dns.RR {
	for _, rr := range m.Ns {
		if rr.Header().Rrtype == dns.TypeSOA {
			return rr
		}
	}
	return nil
}
