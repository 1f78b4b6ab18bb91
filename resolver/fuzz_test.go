package resolver

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

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
		for _, n := range []name.Name{q.name, name.Root()} { // what a poll reads beside the answer
			_, _ = r.zone(n)
			_, _ = r.hosts(question{n, NS})
		}
		_ = r.leastTTL()
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

// FuzzSpelling: a question in random case is the same question, and only its own spelling answers it over UDP.
func FuzzSpelling(f *testing.F) {
	f.Add("_acme-challenge.demohub.martdj.nl", "_ACME-challenge.demohub.martdj.NL.")
	f.Add("xn--bcher-kva.example", "other.example.")
	f.Add(strings.Repeat("abcdefghij.", 22)+"nl", "")
	f.Fuzz(func(t *testing.T, text, spelling string) {
		n, err := name.ParseOwner(text)
		if err != nil {
			return
		}
		asked := question{n, TXT}.message(false)
		other := respelt(asked)
		if asked.Question[0].Name != n.FQDN() || !sameQuestion(asked.Question[0], other.Question[0]) || other.Id != asked.Id {
			t.Fatalf("%q became %q", asked.Question[0].Name, other.Question[0].Name)
		}
		answer := new(dns.Msg).SetReply(other)
		answer.Question[0].Name = spelling
		wire, err := answer.Pack()
		if err != nil {
			return
		}
		c, err := New(Config{Root: []netip.AddrPort{fuzzRoot}, Dial: answering(func([]byte) []byte { return wire })})
		if err != nil {
			t.Fatal(err)
		}
		c.cache.keepFolds(fuzzRoot) // the question goes out as it is
		m, err := overUDP(t.Context(), c, Server{Addr: fuzzRoot}, asked)
		if read, _ := decode(wire, asked); err == nil && (read == nil || read.Question[0].Name != m.Question[0].Name || m.Question[0].Name != asked.Question[0].Name) {
			t.Errorf("%q is taken for an answer to %q", m.Question[0].Name, asked.Question[0].Name)
		}
	})
}

// FuzzPoll hands any octets behind a fitting header and question to a whole Poll. It ends, never panics, and gives
// either an answer that one of its replies has too, or an error.
func FuzzPoll(f *testing.F) {
	q := question{name.MustParseOwner("_acme-challenge.demohub.martdj.nl"), TXT}
	for _, lines := range [][]string{
		{"an _acme-challenge.demohub.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io."},
		{"an _acme-challenge.demohub.martdj.nl. 60 IN TXT x"},
		{"ns martdj.nl. 60 IN NS ns.martdj.nl.", "ar ns.martdj.nl. 60 IN A 192.0.2.1"},
		{"ns martdj.nl. 60 IN SOA a. b. 1 2 3 4 5"},
		{"an martdj.nl. 60 IN NS ns.martdj.nl.", "an ns.martdj.nl. 60 IN AAAA ::1", "an demohub.martdj.nl. 60 IN SOA a. b. 1 2 3 4 5"},
	} {
		m := new(dns.Msg).SetReply(q.message(false))
		m.Authoritative = !strings.HasPrefix(lines[0], "ns martdj.nl. 60 IN NS")
		for _, line := range lines {
			rr, err := dns.NewRR(line[3:])
			if err != nil {
				f.Fatal(err)
			}
			section := map[string]*[]dns.RR{"an": &m.Answer, "ns": &m.Ns, "ar": &m.Extra}[line[:2]]
			*section = append(*section, rr)
		}
		wire, err := m.Pack()
		if err != nil {
			f.Fatal(err)
		}
		end := headSize + len(q.name.FQDN()) + 1 + 4
		f.Add(append(append([]byte{}, wire[2:headSize]...), wire[end:]...))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) < headSize-2 {
			return
		}
		answer := func(asked []byte) []byte {
			m := new(dns.Msg)
			if m.Unpack(asked) != nil {
				return nil
			}
			end := headSize + len(m.Question[0].Name) + 1 + 4
			if m.Question[0].Name == "." {
				end--
			}
			wire := append(append([]byte{}, asked[:2]...), body[:headSize-2]...)
			return append(append(wire, asked[headSize:end]...), body[headSize-2:]...)
		}
		c, err := New(Config{Root: []netip.AddrPort{fuzzRoot}, Dial: answering(answer), Timeout: 200 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		calls := 0
		p, err := c.Poll(t.Context(), q.name, q.typ, func(Answer) { calls++ })
		usable := slices.ContainsFunc(p.Replies, func(r Reply) bool { return r.Failure == nil })
		if err == nil && (calls != 1 || !usable || len(p.Replies) != len(p.Authority.Servers)) {
			t.Errorf("first was called %d times; %+v", calls, p)
		}
	})
}

var fuzzRoot = netip.MustParseAddrPort("192.0.2.1:53")

// answering is a Config.Dial to a server that gives one answer and closes.
func answering(answer func(asked []byte) []byte) func(context.Context, string, string) (net.Conn, error) {
	return func(_ context.Context, network, _ string) (net.Conn, error) {
		near, far := net.Pipe()
		if network == "tcp" {
			_ = far.Close()
			return near, nil
		}
		go func() {
			defer far.Close()
			asked := make([]byte, 512)
			if size, err := far.Read(asked); err == nil {
				_, _ = far.Write(answer(asked[:size]))
			}
		}()
		return near, nil
	}
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
