package lab

import (
	"fmt"
	"slices"
	"strings"

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
)

// Behaviours lists what Nameserver.Behave takes.
func Behaviours() []string {
	return []string{wellBehaved, servfail, refused, silent, truncate, cutOff, tcpOnly, lame, noEDNS, reversed, upperCase}
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
func misbehave(how, network string, query, good *dns.Msg) (*dns.Msg, verdict) {
	udp := network == "udp"
	switch {
	case how == servfail:
		return bare(good, dns.RcodeServerFailure), send
	case how == refused:
		return bare(good, dns.RcodeRefused), send
	case how == silent, how == tcpOnly && udp:
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
	case how == reversed:
		slices.Reverse(good.Answer)
	case how == upperCase:
		shout(good)
	}
	return good, send
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
