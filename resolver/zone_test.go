package resolver_test

import (
	"fmt"
	"strings"

	"github.com/miekg/dns"
)

// negTTL is the MINIMUM of the SOA that a zone gets when its lines have none.
const negTTL = 300

// zone makes the server authoritative for origin, with these records in zone file form and absolute names. A zone of
// that origin is replaced. "$A" in a line is the address of the server itself.
func (s *server) zone(origin string, lines ...string) *server {
	s.net.t.Helper()
	origin = dns.Fqdn(origin)
	records := []dns.RR{s.parse(fmt.Sprintf("%s 3600 IN SOA ns.%s admin.%s 1 7200 3600 1209600 %d", origin, strings.TrimPrefix(origin, "."), strings.TrimPrefix(origin, "."), negTTL))}
	for _, line := range lines {
		rr := s.parse(strings.ReplaceAll(line, "$A", s.Addr.Addr().String()))
		if rr.Header().Rrtype == dns.TypeSOA {
			records = records[1:]
		}
		records = append(records, rr)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.zones[origin] = records
	return s
}

func (s *server) parse(line string) dns.RR {
	s.net.t.Helper()
	rr, err := dns.NewRR(line)
	if err != nil || rr == nil {
		s.net.t.Fatalf("record %q: %v", line, err)
	}
	return rr
}

// answer is what an ordinary authoritative server says (RFC 1034 §4.3.2).
func (s *server) answer(asked *dns.Msg) *dns.Msg {
	m := new(dns.Msg).SetReply(asked)
	m.RecursionDesired = asked.RecursionDesired
	if asked.IsEdns0() != nil {
		m.SetEdns0(1232, false)
	}
	q := asked.Question[0]
	q.Name = strings.ToLower(q.Name)
	origin, ok := s.origin(q.Name)
	if !ok {
		m.Rcode = dns.RcodeRefused
		return m
	}
	if cut := s.cut(origin, q.Name); cut != "" {
		m.Ns = s.at(origin, cut, dns.TypeNS)
		for _, ns := range m.Ns {
			m.Extra = append(m.Extra, s.addresses(origin, ns.(*dns.NS).Ns)...)
		}
		return m
	}
	m.Authoritative = true
	m.Answer, m.Rcode = s.found(origin, q.Name, q.Qtype)
	if len(m.Answer) == 0 {
		m.Ns = s.at(origin, origin, dns.TypeSOA)
	}
	return m
}

func (s *server) origin(qname string) (best string, ok bool) {
	for origin := range s.zones {
		if dns.IsSubDomain(origin, qname) && len(origin) > len(best) {
			best, ok = origin, true
		}
	}
	return best, ok
}

// cut is the highest delegation below origin on the way to qname; "" for none.
func (s *server) cut(origin, qname string) string {
	labels := dns.SplitDomainName(qname)
	for i := len(labels) - dns.CountLabel(origin) - 1; i >= 0; i-- {
		at := dns.Fqdn(strings.Join(labels[i:], "."))
		if len(s.at(origin, at, dns.TypeNS)) > 0 {
			return at
		}
	}
	return ""
}

// at gives the records of a type at owner; type ANY gives all.
func (s *server) at(origin, owner string, rrtype uint16) []dns.RR {
	var found []dns.RR
	for _, rr := range s.zones[origin] {
		if strings.EqualFold(rr.Header().Name, owner) && (rrtype == dns.TypeANY || rr.Header().Rrtype == rrtype) {
			found = append(found, dns.Copy(rr))
		}
	}
	return found
}

func (s *server) addresses(origin, host string) []dns.RR {
	return append(s.at(origin, host, dns.TypeA), s.at(origin, host, dns.TypeAAAA)...)
}

// found gives the answer section and RCODE; aliases are followed within the zone, eight at most.
func (s *server) found(origin, qname string, rrtype uint16) (records []dns.RR, rcode int) {
	for range 8 {
		next := s.step(origin, qname, rrtype)
		records = append(records, next...)
		target := aliasOf(next, qname)
		if target == "" && len(next) == 0 && !s.exists(origin, qname) {
			return records, dns.RcodeNameError
		}
		if target == "" || rrtype == dns.TypeCNAME || !dns.IsSubDomain(origin, target) || s.cut(origin, target) != "" {
			break
		}
		qname = target
	}
	return records, dns.RcodeSuccess
}

// step gives the records for one name: those of the type, an alias, or what a DNAME or wildcard makes. A name that has
// both an alias and the type shows the type only, as some servers do with such a zone; behaviour "both" shows both.
func (s *server) step(origin, qname string, rrtype uint16) []dns.RR {
	exact, alias := s.at(origin, qname, rrtype), s.at(origin, qname, dns.TypeCNAME)
	switch {
	case len(exact) > 0 && s.how == "both" && rrtype != dns.TypeCNAME:
		return append(alias, exact...)
	case len(exact) > 0:
		return exact
	case len(alias) > 0:
		return alias
	}
	if made := s.fromDNAME(origin, qname); made != nil {
		return made
	}
	if s.exists(origin, qname) {
		return nil
	}
	return s.fromWildcard(origin, qname, rrtype)
}

func aliasOf(records []dns.RR, qname string) string {
	for _, rr := range records {
		if c, ok := rr.(*dns.CNAME); ok && strings.EqualFold(c.Hdr.Name, qname) {
			return c.Target
		}
	}
	return ""
}

func (s *server) exists(origin, qname string) bool {
	for _, rr := range s.zones[origin] {
		if dns.IsSubDomain(qname, rr.Header().Name) {
			return true // at the name, or below it: an empty non-terminal exists
		}
	}
	return false
}

func (s *server) fromDNAME(origin, qname string) []dns.RR {
	for _, rr := range s.zones[origin] {
		d, ok := rr.(*dns.DNAME)
		if !ok || strings.EqualFold(d.Hdr.Name, qname) || !dns.IsSubDomain(d.Hdr.Name, qname) {
			continue
		}
		head := dns.RR_Header{Name: qname, Rrtype: dns.TypeCNAME, Class: dns.ClassINET, Ttl: d.Hdr.Ttl}
		return []dns.RR{dns.Copy(d), &dns.CNAME{Hdr: head, Target: strings.TrimSuffix(qname, d.Hdr.Name) + d.Target}}
	}
	return nil
}

func (s *server) fromWildcard(origin, qname string, rrtype uint16) []dns.RR {
	for at := qname; at != origin && at != "."; {
		_, at, _ = strings.Cut(at, ".")
		if at == "" {
			at = "."
		}
		if !s.exists(origin, at) {
			continue
		}
		star := "*." + strings.TrimPrefix(at, ".")
		made := append(s.at(origin, star, dns.TypeCNAME), s.at(origin, star, rrtype)...)
		for _, rr := range made {
			rr.Header().Name = qname
		}
		return made
	}
	return nil
}
