package delegation_test

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

	"deputy/resolver"
)

// internet is a name server for each zone of a script, at an address of its own in 127/8, on one port.
type internet struct {
	t     testing.TB
	base  [4]byte
	port  uint16
	zones map[string]*zone // by origin
	twins map[string]*zone // what the second server of a zone shows
	mu    sync.Mutex
	log   []string
}

type zone struct {
	origin  string
	number  byte // last octet of its server's address
	records []dns.RR
	how     string
}

// endless is how many aliases a server follows.
const endless = 8

// newInternet reads a script: "zone ORIGIN" starts a server ns1.ORIGIN for a zone, delegated from the nearest zone
// above; "server ORIGIN HOW" makes it misbehave, see respond; "second ORIGIN HOW" gives the zone a server ns2.ORIGIN, and
// "only1" or "only2" in front of a record puts it on that server alone; any other line is a record, with an absolute name. The
// zones ".", "nl", "martdj.nl", "io", "dedyn.io" and "martdj.dedyn.io" are always there.
func newInternet(t testing.TB, script string) *internet {
	t.Helper()
	n := &internet{t: t, base: [4]byte{127, byte(rand.IntN(200) + 1), byte(rand.IntN(250) + 1), 0}, zones: map[string]*zone{}, twins: map[string]*zone{}}
	for _, origin := range []string{".", "nl", "martdj.nl", "io", "dedyn.io", "martdj.dedyn.io"} {
		n.zone(origin)
	}
	var only []string
	for line := range strings.Lines(script) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
		case words[0] == "zone":
			n.zone(words[1])
		case words[0] == "server":
			n.zones[dns.Fqdn(words[1])].how = words[2]
		case words[0] == "second":
			n.second(dns.Fqdn(words[1]), words[2])
		case words[0] == "only1", words[0] == "only2":
			only = append(only, line)
		default:
			rr := n.parse(line)
			z := n.holder(rr.Header().Name)
			z.records = append(z.records, rr)
		}
	}
	for origin, z := range n.twins {
		z.records = append(z.records, n.zones[origin].records...)
	}
	for _, line := range only {
		which, record, _ := strings.Cut(strings.TrimSpace(line), " ")
		rr := n.parse(record)
		z := n.holder(rr.Header().Name)
		if which == "only2" {
			z = n.twins[z.origin]
		}
		z.records = append(z.records, rr)
	}
	for _, z := range n.zones {
		n.serve(z)
	}
	for _, z := range n.twins {
		n.serve(z)
	}
	return n
}

func (n *internet) parse(line string) dns.RR {
	n.t.Helper()
	rr, err := dns.NewRR(strings.TrimSpace(line))
	if err != nil {
		n.t.Fatalf("%q: %v", line, err)
	}
	return rr
}

// second gives a zone another server, at an address 100 above that of the first.
func (n *internet) second(origin, how string) {
	z := n.zones[origin]
	twin := &zone{origin: origin, number: z.number + 100, how: how}
	z.records = append(z.records, n.parse(fmt.Sprintf("%s 3600 IN NS ns2.%s", origin, origin)), n.parse(fmt.Sprintf("ns2.%s 3600 IN A %s", origin, n.address(twin.number))))
	n.twins[origin] = twin
}

// glue is the addresses of a zone's servers.
func (z *zone) glue() []dns.RR {
	return append(z.records[2:3:3], z.at("ns2."+z.origin, dns.TypeA)...)
}

func (n *internet) zone(origin string) {
	origin = dns.Fqdn(origin)
	z := &zone{origin: origin, number: byte(len(n.zones) + 1)}
	host := strings.TrimSuffix("ns1."+origin, ".") + "."
	if origin == "." {
		host = "ns1."
	}
	for _, line := range []string{
		fmt.Sprintf("%s 3600 IN SOA %s admin.%s 1 7200 3600 1209600 300", origin, host, host),
		fmt.Sprintf("%s 3600 IN NS %s", origin, host),
		fmt.Sprintf("%s 3600 IN A %s", host, n.address(z.number)),
	} {
		rr, err := dns.NewRR(line)
		if err != nil {
			n.t.Fatalf("%q: %v", line, err)
		}
		z.records = append(z.records, rr)
	}
	n.zones[origin] = z
}

func (n *internet) address(number byte) netip.Addr {
	return netip.AddrFrom4([4]byte{n.base[0], n.base[1], n.base[2], number})
}

// holder is the zone with the longest origin that qname lies in.
func (n *internet) holder(qname string) *zone {
	best := n.zones["."]
	for origin, z := range n.zones {
		if dns.IsSubDomain(origin, qname) && dns.CountLabel(origin) > dns.CountLabel(best.origin) {
			best = z
		}
	}
	return best
}

func (n *internet) serve(z *zone) {
	n.t.Helper()
	tcp, err := net.Listen("tcp", netip.AddrPortFrom(n.address(z.number), n.port).String())
	if err != nil {
		n.t.Fatal(err)
	}
	n.port = uint16(tcp.Addr().(*net.TCPAddr).Port)
	udp, err := net.ListenPacket("udp", tcp.Addr().String())
	if err != nil {
		n.t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() { n.overUDP(z, udp) })
	running.Go(func() { n.overTCP(z, tcp) })
	n.t.Cleanup(func() {
		_, _ = tcp.Close(), udp.Close()
		running.Wait()
	})
}

func (n *internet) overUDP(z *zone, conn net.PacketConn) {
	buffer := make([]byte, 4096)
	for {
		size, from, err := conn.ReadFrom(buffer)
		if err != nil {
			return
		}
		if answer := n.respond(z, buffer[:size], false); answer != nil {
			_, _ = conn.WriteTo(answer, from)
		}
	}
}

func (n *internet) overTCP(z *zone, listener net.Listener) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer conn.Close()
			var length [2]byte
			_, _ = io.ReadFull(conn, length[:])
			wire := make([]byte, binary.BigEndian.Uint16(length[:]))
			if _, err := io.ReadFull(conn, wire); err != nil {
				return
			}
			if answer := n.respond(z, wire, true); answer != nil {
				_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
			}
		}()
	}
}

// respond answers as the zone's server was told to: "servfail", "refused", "silent", "lame", "no-tcp" (truncated, and
// TCP closed), "truncate" (whole over TCP only), "both" (other data together with a CNAME), "bind" (SERVFAIL where aliases have no end), "shuffle", "third" (every third question gets none); else honestly.
func (n *internet) respond(z *zone, wire []byte, tcp bool) []byte {
	asked := new(dns.Msg)
	if asked.Unpack(wire) != nil {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.log = append(n.log, fmt.Sprintf("%s: %s %s", z.origin, dns.TypeToString[asked.Question[0].Qtype], strings.ToLower(asked.Question[0].Name)))
	m := new(dns.Msg)
	switch how := z.how; {
	case how == "third" && len(n.log)%3 == 0:
		return nil
	case how == "servfail":
		m.SetRcode(asked, dns.RcodeServerFailure)
	case how == "refused":
		m.SetRcode(asked, dns.RcodeRefused)
	case how == "lame":
		m.SetReply(asked)
	case how == "silent", how == "no-tcp" && tcp:
		return nil
	case how == "no-tcp", how == "truncate" && !tcp:
		m.SetReply(asked)
		m.Truncated = true
	default:
		m = n.honest(z, asked)
	}
	if z.how == "bind" && len(m.Answer) >= endless {
		m.Rcode = dns.RcodeServerFailure
	}
	if z.how == "shuffle" {
		rand.Shuffle(len(m.Answer), func(i, j int) { m.Answer[i], m.Answer[j] = m.Answer[j], m.Answer[i] })
	}
	answer, err := m.Pack()
	if err != nil {
		panic(err) // the test's mistake
	}
	return answer
}

func (n *internet) honest(z *zone, asked *dns.Msg) *dns.Msg {
	m := new(dns.Msg).SetReply(asked)
	q := asked.Question[0]
	q.Name = strings.ToLower(q.Name) // which the question in the answer does not show
	if !dns.IsSubDomain(z.origin, q.Name) {
		m.Rcode = dns.RcodeRefused
		return m
	}
	if child := n.child(z, q.Name); child != nil {
		m.Ns, m.Extra = child.at(child.origin, dns.TypeNS), child.glue()
		return m
	}
	m.Authoritative = true
	for qname := q.Name; qname != "" && len(m.Answer) < endless; {
		found := z.find(qname, q.Qtype)
		m.Answer = append(m.Answer, found...)
		qname = ""
		if len(found) > 0 && found[0].Header().Rrtype == dns.TypeCNAME && q.Qtype != dns.TypeCNAME {
			if target := found[0].(*dns.CNAME).Target; n.holder(target).origin == z.origin {
				qname = target // an ordinary server adds what its own zone has at the target
			}
		}
	}
	if len(m.Answer) == 0 {
		m.Ns = z.records[:1]
		if !z.exists(q.Name) && !z.covers(q.Name) {
			m.Rcode = dns.RcodeNameError
		}
	}
	return m
}

// child is the zone directly below z on the way to qname.
func (n *internet) child(z *zone, qname string) *zone {
	var next *zone
	for origin, other := range n.zones {
		below := origin != z.origin && dns.IsSubDomain(z.origin, origin) && dns.IsSubDomain(origin, qname)
		if below && (next == nil || dns.CountLabel(origin) < dns.CountLabel(next.origin)) {
			next = other
		}
	}
	return next
}

func (z *zone) at(owner string, rrtype uint16) []dns.RR {
	var found []dns.RR
	for _, rr := range z.records {
		if strings.EqualFold(rr.Header().Name, owner) && rr.Header().Rrtype == rrtype {
			found = append(found, rr)
		}
	}
	return found
}

// find gives what a server shows: where other data stands beside a CNAME, only what was asked for, or "both".
func (z *zone) find(qname string, rrtype uint16) []dns.RR {
	found := z.findExact(qname, rrtype)
	if len(found) > 0 || z.exists(qname) {
		return found
	}
	for above := parentOf(qname); ; above = parentOf(above) { // the closest encloser's wildcard (RFC 4592 §3.3.1)
		if !z.exists(above) && above != z.origin {
			continue
		}
		for _, rr := range z.findExact("*."+above, rrtype) {
			made := dns.Copy(rr)
			made.Header().Name = qname
			found = append(found, made)
		}
		return found
	}
}

// covers says that a wildcard stands at the closest encloser of qname, with whatever type.
func (z *zone) covers(qname string) bool {
	for above := parentOf(qname); ; above = parentOf(above) {
		if z.exists("*." + above) {
			return true
		}
		if z.exists(above) || above == z.origin {
			return false
		}
	}
}

func parentOf(qname string) string {
	_, above, _ := strings.Cut(qname, ".")
	return dns.Fqdn(above)
}

// findExact is find without wildcards.
func (z *zone) findExact(qname string, rrtype uint16) []dns.RR {
	exact, alias := z.at(qname, rrtype), z.at(qname, dns.TypeCNAME)
	switch {
	case len(exact) > 0 && z.how == "both" && rrtype != dns.TypeCNAME:
		return append(alias, exact...)
	case len(exact) > 0:
		return exact
	case len(alias) > 0:
		return alias
	}
	for _, rr := range z.records {
		d, ok := rr.(*dns.DNAME)
		if ok && d.Hdr.Name != qname && dns.IsSubDomain(d.Hdr.Name, qname) {
			return []dns.RR{d} // without the CNAME that follows from it
		}
	}
	return nil
}

func (z *zone) exists(qname string) bool {
	for _, rr := range z.records {
		if dns.IsSubDomain(qname, rr.Header().Name) {
			return true
		}
	}
	return false
}

// client asks from the root of n.
func (n *internet) client() *resolver.Client {
	n.t.Helper()
	// A quarter of this passes before a server is asked again: long, so that a slow machine does not change counts.
	return n.patient(time.Minute)
}

func (n *internet) patient(timeout time.Duration) *resolver.Client {
	n.t.Helper()
	c, err := resolver.New(resolver.Config{Root: []netip.AddrPort{netip.AddrPortFrom(n.address(1), n.port)}, Timeout: timeout})
	if err != nil {
		n.t.Fatal(err)
	}
	return c
}

// asked gives the questions so far, in order, each with the zone whose server got it in front.
func (n *internet) asked() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]string(nil), n.log...)
}

// plain replaces the addresses of n in text by 127.0.0.N:53.
func (n *internet) plain(text string) string {
	text = strings.ReplaceAll(text, fmt.Sprintf("%d.%d.%d.", n.base[0], n.base[1], n.base[2]), "127.0.0.")
	return strings.ReplaceAll(text, fmt.Sprintf(":%d", n.port), ":53")
}
