package resolver

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/miekg/dns"

	"deputy/name"
)

const (
	dnsPort  = 53
	ednsSize = 1232 // fits every path without fragments (DNS flag day 2020; RFC 9715 §3)
	headSize = 12   // RFC 1035 §4.1.1
)

// question is what a message asks; its class is always IN.
type question struct {
	name name.Name
	typ  Type
}

// message makes the query, with a fresh random ID.
func (q question) message(recurse bool) *dns.Msg {
	m := new(dns.Msg)
	m.Id = dns.Id()
	m.RecursionDesired = recurse
	m.Question = []dns.Question{{Name: q.name.FQDN(), Qtype: uint16(q.typ), Qclass: dns.ClassINET}}
	m.SetEdns0(ednsSize, false)
	return m
}

// reply is one message that answers a question.
type reply struct {
	msg     *dns.Msg
	server  Server
	elapsed time.Duration
}

// errForeign is a message that answers something else: an old answer, or a forged one. Whoever reads it goes on
// waiting for the right one.
var errForeign = errors.New("an answer that does not fit the question")

// errSpelling is an answer over UDP that does not repeat the random case of the question.
var errSpelling = errors.New("an answer that spells the question otherwise")

// errMalformed is an answer that can't be read to its end.
var errMalformed = errors.New("an answer that is no DNS message")

// decode reads what came as an answer to asked. Of a truncated message only the header is sure to be right.
func decode(wire []byte, asked *dns.Msg) (*dns.Msg, error) {
	if len(wire) < headSize || binary.BigEndian.Uint16(wire) != asked.Id || wire[2]&0x80 == 0 || wire[2]&0x78 != 0 {
		return nil, errForeign
	}
	m := new(dns.Msg)
	err := m.Unpack(wire)
	if m.Truncated && (len(m.Question) != 1 || sameQuestion(m.Question[0], asked.Question[0])) {
		return m, nil // nothing in it is used
	}
	if err != nil || !complete(wire, m) {
		return nil, errMalformed
	}
	if len(m.Question) == 0 && m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError {
		return m, nil // some servers refuse with a bare header
	}
	if len(m.Question) != 1 || !sameQuestion(m.Question[0], asked.Question[0]) {
		return nil, errForeign
	}
	return m, nil
}

// complete says that m holds as many records as wire's header promises: the library takes a message that ends at a
// record's border for a whole one, and "no records" must not be read out of that.
func complete(wire []byte, m *dns.Msg) bool {
	promised := func(at int) int { return int(binary.BigEndian.Uint16(wire[at:])) }
	return promised(4) == len(m.Question) && promised(6) == len(m.Answer) &&
		promised(8) == len(m.Ns) && promised(10) == len(m.Extra)
}

// respelt is asked with its name in random case. The message is another one: asked stays as it is.
func respelt(asked *dns.Msg) *dns.Msg {
	other := *asked
	spelling := []byte(asked.Question[0].Name)
	var random uint64
	for i, b := range spelling {
		if i%64 == 0 {
			random = rand.Uint64()
		}
		if 'a' <= b && b <= 'z' && random>>(i%64)&1 == 1 {
			spelling[i] = b - 'a' + 'A'
		}
	}
	other.Question = []dns.Question{asked.Question[0]}
	other.Question[0].Name = string(spelling)
	return &other
}

func sameQuestion(a, b dns.Question) bool {
	return strings.EqualFold(a.Name, b.Name) && a.Qtype == b.Qtype && a.Qclass == b.Qclass
}

// answerAt reads the records at the question's name.
func (r *reply) answerAt(q question) (Answer, error) {
	records, err := r.recordsAt(q.name)
	if err != nil {
		return Answer{}, &Failure{Server: r.server, Reason: err.Error(), Err: err}
	}
	return r.answer(q, records), nil
}

// answer fills in what surrounds records. A name that has records exists, whatever the RCODE says of the end of
// its chain (RFC 6604 §3).
func (r *reply) answer(q question, records []Record) Answer {
	a := Answer{Question: q.name, Type: q.typ, Records: records, Server: r.server, Elapsed: r.elapsed}
	a.Exists = len(records) > 0 || r.msg.Rcode != dns.RcodeNameError
	if len(records) == 0 {
		a.SOA = r.soa(q.name)
	}
	return a
}

// soa is the SOA in the authority section of a zone that n lies in; nil when there is none.
func (r *reply) soa(n name.Name) *Record {
	for _, rr := range r.msg.Ns {
		if _, ok := rr.(*dns.SOA); !ok {
			continue
		}
		if record, err := newRecord(rr); err == nil && n.In(record.Owner) {
			return &record
		}
	}
	return nil
}

// recordsAt gives the records at n. Where only a DNAME above n is there, it gives the CNAME that follows from it
// (RFC 6672 §3.1).
func (r *reply) recordsAt(n name.Name) ([]Record, error) {
	var found []Record
	cname := -1
	for _, rr := range r.msg.Answer {
		if !owns(rr, n) || proof(rr) {
			continue
		}
		record, err := newRecord(rr)
		if err != nil {
			return nil, err
		}
		if record.Type == CNAME {
			cname = len(found)
		}
		found = append(found, record)
	}
	made, ok, err := r.fromDNAME(n)
	switch {
	case !ok:
		return found, nil
	case cname < 0 && err != nil:
		return nil, err
	case cname < 0:
		return append(found, made), nil
	case found[cname].Target == made.Target:
		found[cname].DNAME = made.DNAME
	}
	return found, nil
}

// fromDNAME makes the CNAME at n that a DNAME above n stands for.
func (r *reply) fromDNAME(n name.Name) (Record, bool, error) {
	for _, rr := range r.msg.Answer {
		d, ok := rr.(*dns.DNAME)
		if !ok || d.Hdr.Class != dns.ClassINET {
			continue
		}
		dname, err := newRecord(rr)
		if err != nil {
			return Record{}, true, err // it may be the one that stands above n
		}
		if dname.Owner == n || !n.In(dname.Owner) {
			continue
		}
		labels, _ := n.Relative(dname.Owner)
		target, err := dname.Target.Child(labels)
		if err != nil {
			return Record{}, true, fmt.Errorf("the DNAME at %s leads to no name: %w", dname.Owner, err)
		}
		return Record{Owner: n, Type: CNAME, TTL: dname.TTL, Target: target, DNAME: dname.Owner}, true, nil
	}
	return Record{}, false, nil
}

// chain gives the records of a recursive resolver's answer in the order of the chain that begins at n, and nothing
// that does not belong to it. A chain that comes back to itself ends there.
func (r *reply) chain(n name.Name) ([]Record, error) {
	var all []Record
	passed := map[name.Name]bool{}
	for at := n; !passed[at]; {
		passed[at] = true
		records, err := r.recordsAt(at)
		if err != nil {
			return nil, err
		}
		all = append(all, records...)
		for _, record := range records {
			if record.Type == CNAME {
				at = record.Target
			}
		}
	}
	return all, nil
}

// speaksOf says that the answer section is empty or holds something about n. One that only holds something else is
// not "nothing at n".
func (r *reply) speaksOf(n name.Name) bool {
	for _, rr := range r.msg.Answer {
		if owns(rr, n) && !proof(rr) {
			return true
		}
	}
	_, made, _ := r.fromDNAME(n)
	return made || len(r.msg.Answer) == 0
}

func owns(rr dns.RR, n name.Name) bool {
	return rr.Header().Class == dns.ClassINET && strings.EqualFold(rr.Header().Name, n.FQDN())
}

// proof says that rr only signs or denies others (RFC 4034): it may stand beside a CNAME.
func proof(rr dns.RR) bool {
	switch rr.Header().Rrtype {
	case dns.TypeRRSIG, dns.TypeNSEC, dns.TypeNSEC3:
		return true
	}
	return false
}
