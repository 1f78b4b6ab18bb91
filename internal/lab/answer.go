package lab

import (
	"strings"

	"github.com/miekg/dns"
)

// linkLimit bounds the CNAMEs and DNAMEs that a server follows in one answer.
const linkLimit = 16

// answering is one authoritative answer as it grows, by the steps of RFC 1034 §4.3.2.
type answering struct {
	zones func(qname string, t uint16) *version // the zone that the server has for a name; nil for none
	reply *dns.Msg
	asked string // the question's name as it was written: answers spell it so
	qtype uint16
	do    bool // DNSSEC records are wanted (RFC 3225)
}

// answer fills the reply to a query from the zones that a server has.
func answer(query, reply *dns.Msg, zones func(string, uint16) *version) {
	q := reply.Question[0]
	a := &answering{zones: zones, reply: reply, asked: q.Name, qtype: q.Qtype}
	if opt := query.IsEdns0(); opt != nil {
		a.do = opt.Do()
	}
	qname := dns.CanonicalName(q.Name)
	v := zones(qname, a.qtype)
	if v == nil {
		reply.Rcode = dns.RcodeRefused
		return
	}
	reply.Authoritative = true
	for range linkLimit {
		next, on := a.step(v, qname)
		if !on {
			return
		}
		qname = next
		if v = zones(qname, a.qtype); v == nil {
			return // the target is somebody else's; the resolver goes on
		}
	}
}

// step answers for qname in its zone. on says that a CNAME or DNAME leads to next.
func (a *answering) step(v *version, qname string) (next string, on bool) {
	if at, ok := v.cut(qname); ok && !(at == qname && a.qtype == dns.TypeDS) {
		a.refer(v, at)
		return "", false
	}
	if d, ok := v.redirected(qname); ok {
		return a.redirect(v, d, qname)
	}
	if n, ok := v.nodes[qname]; ok {
		return a.from(v, n, qname)
	}
	if v.names[qname] { // an empty non-terminal
		a.deny(v, dns.RcodeSuccess, qname)
		return "", false
	}
	wildcard := v.wildcard(qname)
	if n, ok := v.nodes[wildcard]; ok {
		a.prove(v, qname)
		return a.from(v, n, qname)
	}
	a.deny(v, dns.RcodeNameError, qname, wildcard)
	return "", false
}

// from answers with what stands at one node. A broken zone's other data beside a CNAME is given along with it.
func (a *answering) from(v *version, n node, qname string) (next string, on bool) {
	matching := n[a.qtype]
	if a.qtype == dns.TypeANY {
		for _, set := range n {
			matching = append(matching, set...)
		}
	}
	alias := n[dns.TypeCNAME]
	if len(alias) > 0 && a.qtype != dns.TypeCNAME && a.qtype != dns.TypeANY {
		a.put(v, alias, qname)
		a.put(v, matching, qname)
		return dns.CanonicalName(alias[0].(*dns.CNAME).Target), true
	}
	if len(matching) == 0 {
		a.deny(v, dns.RcodeSuccess, qname, n.owner())
		return "", false
	}
	a.put(v, matching, qname)
	return "", false
}

// redirect adds the DNAME and the CNAME made from it, with the DNAME's TTL (RFC 6672 §3.1).
func (a *answering) redirect(v *version, d *dns.DNAME, qname string) (next string, on bool) {
	a.put(v, []dns.RR{d}, d.Hdr.Name)
	target := strings.TrimSuffix(qname, d.Hdr.Name) + strings.TrimPrefix(dns.CanonicalName(d.Target), ".")
	if _, ok := dns.IsDomainName(target); !ok {
		a.reply.Rcode = dns.RcodeYXDomain
		return "", false
	}
	a.reply.Answer = append(a.reply.Answer, &dns.CNAME{
		Hdr:    dns.RR_Header{Name: a.spelled(qname), Rrtype: dns.TypeCNAME, Class: dns.ClassINET, Ttl: d.Hdr.Ttl},
		Target: target,
	})
	if a.qtype == dns.TypeCNAME {
		return "", false
	}
	return target, true
}

// put adds records under owner, each set with its signature.
func (a *answering) put(v *version, records []dns.RR, owner string) {
	owner = a.spelled(owner)
	for _, set := range sets(records) {
		for _, rr := range a.signed(v, set) {
			rr = dns.Copy(rr)
			rr.Header().Name = owner
			a.reply.Answer = append(a.reply.Answer, rr)
		}
	}
}

// spelled is owner as the question has it where it is the question's name.
func (a *answering) spelled(owner string) string {
	if strings.EqualFold(owner, a.asked) {
		return a.asked
	}
	return owner
}

// deny is a negative answer: NXDOMAIN or NODATA with the zone's SOA (RFC 2308 §2), and with the NSEC records that tell
// what there is instead of names.
func (a *answering) deny(v *version, rcode int, names ...string) {
	a.reply.Rcode = rcode
	a.reply.Ns = append(a.reply.Ns, a.signed(v, []dns.RR{v.negative()})...)
	a.prove(v, names...)
}

// refer points to the servers of the zone below, with the addresses that this zone holds for them. After a CNAME the
// answer stays authoritative and the referral is left out: the resolver asks anew.
func (a *answering) refer(v *version, at string) {
	if len(a.reply.Answer) > 0 {
		return
	}
	a.reply.Authoritative = false
	for _, rr := range v.nodes[at][dns.TypeNS] {
		a.reply.Ns = append(a.reply.Ns, dns.Copy(rr))
		host := v.nodes[dns.CanonicalName(rr.(*dns.NS).Ns)]
		for _, glue := range append(host[dns.TypeA][:len(host[dns.TypeA]):len(host[dns.TypeA])], host[dns.TypeAAAA]...) {
			a.reply.Extra = append(a.reply.Extra, dns.Copy(glue))
		}
	}
	if ds := v.nodes[at][dns.TypeDS]; a.do && len(ds) > 0 {
		a.reply.Ns = append(a.reply.Ns, a.signed(v, ds)...)
		return
	}
	a.prove(v, at)
}
