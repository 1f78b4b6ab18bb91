package resolver

import (
	"errors"
	"strings"
	"testing"

	"github.com/miekg/dns"
	"golang.org/x/net/dns/dnsmessage"

	"deputy/name"
)

// FuzzAnswer hands any octets to the path of an answer. They may be refused, but never read as "no CNAME" where an
// independent parser finds one at the name that was asked for; and nothing panics.
func FuzzAnswer(f *testing.F) {
	q := question{name.MustParseOwner("_acme-challenge.demohub.martdj.nl"), TXT}
	asked := q.message(false)
	asked.Id = 1
	for _, lines := range [][]string{
		{"_acme-challenge.demohub.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io."},
		{"validation.martdj.dedyn.io. 60 IN TXT value", "_ACME-challenge.demohub.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io."},
		{"demohub.martdj.nl. 60 IN DNAME martdj.dedyn.io."},
		{"_acme-challenge.demohub.martdj.nl. 60 IN CNAME a.nl.", "_acme-challenge.demohub.martdj.nl. 60 IN TXT \"a\" \"b\""},
		{},
	} {
		m := new(dns.Msg).SetReply(asked)
		m.Authoritative = true
		for _, line := range lines {
			rr, err := dns.NewRR(line)
			if err != nil {
				f.Fatal(err)
			}
			m.Answer = append(m.Answer, rr)
		}
		soa, err := dns.NewRR("martdj.nl. 3600 IN SOA ns. admin. 1 2 3 4 300")
		if err != nil {
			f.Fatal(err)
		}
		m.Ns = []dns.RR{soa}
		m.SetEdns0(1232, false)
		for _, compress := range []bool{false, true} {
			m.Compress = compress
			wire, err := m.Pack()
			if err != nil {
				f.Fatal(err)
			}
			f.Add(wire)
			f.Add(wire[:len(wire)/2])
		}
	}
	w := (&Client{}).newWalk()
	f.Fuzz(func(t *testing.T, wire []byte) {
		m, err := decode(wire, asked)
		if err != nil {
			if !errors.Is(err, errForeign) && !errors.Is(err, errMalformed) {
				t.Fatalf("an error of no kind: %v", err)
			}
			return
		}
		if m.Truncated || (m.Rcode != dns.RcodeSuccess && m.Rcode != dns.RcodeNameError) {
			return // asked again over TCP, or a Failure
		}
		r := &reply{msg: m}
		_, _, referred := w.referral(r, name.Root(), q)
		if !r.speaksOf(q.name) || referred || !w.usable(r, name.Root(), q) {
			return // a Failure, or asked further down
		}
		for way, read := range map[string]func() ([]Record, error){
			"walk":      func() ([]Record, error) { return r.recordsAt(q.name) },
			"recursive": func() ([]Record, error) { return r.chain(q.name) },
		} {
			records, err := read()
			answer := r.answer(q, records)
			if err == nil && len(answer.Of(q.name, CNAME)) == 0 && holdsCNAME(wire, q.name) {
				t.Errorf("%s: no CNAME read out of an answer that has one: %+v", way, answer)
			}
		}
	})
}

// holdsCNAME reads the answer section with another parser.
func holdsCNAME(wire []byte, n name.Name) bool {
	var p dnsmessage.Parser
	if _, err := p.Start(wire); err != nil {
		return false
	}
	if err := p.SkipAllQuestions(); err != nil {
		return false
	}
	for {
		head, err := p.AnswerHeader()
		if err != nil {
			return false
		}
		isCNAME := head.Type == dnsmessage.TypeCNAME && head.Class == dnsmessage.ClassINET
		if isCNAME && strings.EqualFold(head.Name.String(), n.FQDN()) {
			return true
		}
		if err := p.SkipAnswer(); err != nil {
			return false
		}
	}
}
