package lab

import (
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// The behaviours of a name server.
const (
	wellBehaved = ""
	servfail    = "servfail" // SERVFAIL to everything
	refused     = "refused"  // REFUSED to everything
	silent      = "silent"   // no answer
	truncate    = "truncate" // over UDP: TC and no records; TCP is well
	cutOff      = "cut-off"  // over UDP: TC and no records; over TCP: the connection is closed
	tcpOnly     = "tcp-only" // over UDP: no answer; TCP is well
	lame        = "lame"     // no AA, no records, a referral up to the root
	noEDNS      = "no-edns"  // FORMERR to queries with an OPT record, as old servers do (RFC 6891 §7)
	reversed    = "reversed" // the answer's records in the opposite order
	upperCase   = "upper"    // owner and target names in upper case

	dropThird = "drop-third" // every third query over UDP is lost; TCP is well
	shuffle   = "shuffle"    // the records of each section in any order, and answers overtake each other
	lie       = "lie"        // NXDOMAIN becomes an A record; every answer holds records about other names
	foldCase  = "fold-case"  // the question and its names come back in lower case, whatever was asked (against 0x20)
)

// overtaking is how late a server that shuffles is at most.
const overtaking = 20 * time.Millisecond

// liar is where a server that lies wants people to go (RFC 5737).
const liar = "192.0.2.66"

// Behaviours lists what Nameserver.Behave takes.
func Behaviours() []string {
	return []string{wellBehaved, servfail, refused, silent, truncate, cutOff, tcpOnly, lame, noEDNS, reversed, upperCase, dropThird, shuffle, lie, foldCase}
}

func checkBehaviour(how string) error {
	if slices.Contains(Behaviours(), how) {
		return nil
	}
	return fmt.Errorf("no behaviour %q; there are %s, and \"\" for a well-behaved server", how, strings.Join(Behaviours()[1:], ", "))
}

// verdict is what becomes of a query.
type verdict int

const (
	send    verdict = iota // the message
	nothing                // no answer
	hangUp                 // the connection is closed
)

// misbehave bends a good answer to query the way how says.
func (n *Nameserver) misbehave(how, network string, query, good *dns.Msg) (*dns.Msg, verdict) {
	udp := network == "udp"
	switch {
	case how == servfail:
		return bare(good, dns.RcodeServerFailure), send
	case how == refused:
		return bare(good, dns.RcodeRefused), send
	case how == silent, how == tcpOnly && udp, how == dropThird && udp && n.packets.Add(1)%3 == 0:
		return nil, nothing
	case how == truncate && udp, how == cutOff && udp:
		m := bare(good, dns.RcodeSuccess)
		m.Truncated = true
		return m, send
	case how == cutOff:
		return nil, hangUp
	case how == lame:
		return upward(query), send
	case how == noEDNS && query.IsEdns0() != nil:
		return new(dns.Msg).SetRcode(query, dns.RcodeFormatError), send
	}
	rearrange(how, good)
	return good, send
}

// rearrange changes a good answer's records and how names are spelled.
func rearrange(how string, good *dns.Msg) {
	switch how {
	case reversed:
		slices.Reverse(good.Answer)
	case upperCase:
		shout(good)
	case shuffle:
		for _, section := range [][]dns.RR{good.Answer, good.Ns, good.Extra} {
			rand.Shuffle(len(section), func(i, j int) { section[i], section[j] = section[j], section[i] })
		}
	case lie:
		deceive(good)
	case foldCase:
		whisper(good)
	}
}

// bare is good without its records.
func bare(good *dns.Msg, rcode int) *dns.Msg {
	m := &dns.Msg{MsgHdr: good.MsgHdr, Question: good.Question}
	m.Rcode = rcode
	return m
}

// upward is what a server says that was delegated a zone and does not have it: ask the root.
func upward(query *dns.Msg) *dns.Msg {
	m := new(dns.Msg).SetReply(query)
	m.Ns = []dns.RR{&dns.NS{
		Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeNS, Class: dns.ClassINET, Ttl: 518400},
		Ns:  rootServer,
	}}
	return m
}

// shout puts the names of the answer section into upper case, which DNS calls equal (RFC 4343).
func shout(m *dns.Msg) {
	for i, rr := range m.Answer {
		rr = dns.Copy(rr)
		rr.Header().Name = strings.ToUpper(rr.Header().Name)
		if c, ok := rr.(*dns.CNAME); ok {
			c.Target = strings.ToUpper(c.Target)
		}
		m.Answer[i] = rr
	}
}

// whisper spells the question's name in lower case, also where the answer repeats it.
func whisper(m *dns.Msg) {
	asked := m.Question[0].Name
	m.Question[0].Name = strings.ToLower(asked)
	for i, rr := range m.Answer {
		if strings.EqualFold(rr.Header().Name, asked) {
			m.Answer[i] = dns.Copy(rr)
			m.Answer[i].Header().Name = strings.ToLower(asked)
		}
	}
}

// deceive turns NXDOMAIN into an address, as providers do who sell what people mistype, and adds records that nobody
// asked for: a cache poisoner's.
func deceive(m *dns.Msg) {
	record := func(owner string, rr dns.RR, t uint16) dns.RR {
		*rr.Header() = dns.RR_Header{Name: owner, Rrtype: t, Class: dns.ClassINET, Ttl: 3600}
		return rr
	}
	if m.Rcode == dns.RcodeNameError {
		m.Rcode, m.Ns = dns.RcodeSuccess, nil
		m.Answer = append(m.Answer, record(m.Question[0].Name, &dns.A{A: net.ParseIP(liar)}, dns.TypeA))
	}
	const victim, host = "victim.example.", "ns.liar.example."
	if len(m.Answer) > 0 {
		m.Answer = append(m.Answer, record(victim, &dns.CNAME{Target: host}, dns.TypeCNAME), record(victim, &dns.TXT{Txt: []string{"not asked for"}}, dns.TypeTXT))
	}
	m.Ns = append(m.Ns, record(".", &dns.NS{Ns: host}, dns.TypeNS), record("nl.", &dns.NS{Ns: host}, dns.TypeNS))
	for _, owner := range []string{host, rootServer, "a.nic.nl."} {
		m.Extra = append(m.Extra, record(owner, &dns.A{A: net.ParseIP(liar)}, dns.TypeA))
	}
}
