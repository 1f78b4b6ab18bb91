package resolver_test

import (
	"math/rand/v2"
	"strings"

	"github.com/miekg/dns"
)

// tell makes the server answer so from now on:
//
//	""          honestly
//	"servfail", "refused", "notimp"  with that RCODE
//	"silent"    never, over UDP and TCP
//	"no-udp"    over TCP only
//	"truncate"  truncated over UDP, whole over TCP
//	"no-tcp"    truncated over UDP, never over TCP
//	"lame"      without authority, and without data
//	"recursor"  as a resolver would: RA set, AA not
//	"shuffle"   with every section in random order
//	"drop"      never to two of three messages of the same question
//	"no-edns"   FORMERR to a query with EDNS
//	"both"      with other data beside a CNAME, where the zone has it
//	"wrong-id", "wrong-question", "garbage"  with an answer that does not fit
//	"other-names"  with records of other names
//	"lower", "lower-no-tcp", "upper", "upper-no-tcp"  with the question spelt so over UDP, with TCP and without
//	"bare"      with a header that promises records and brings none
func (s *server) tell(how string) *server {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.how, s.script = how, nil
	return s
}

// play hands every answer to script.
func (s *server) play(script script) *server {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = script
	return s
}

func (s *server) behave(asked, m *dns.Msg, overTCP bool) []byte {
	switch s.how {
	case "servfail":
		return pack(empty(asked, dns.RcodeServerFailure))
	case "refused":
		return pack(empty(asked, dns.RcodeRefused))
	case "notimp":
		return pack(empty(asked, dns.RcodeNotImplemented))
	case "lame":
		return pack(empty(asked, dns.RcodeSuccess))
	case "silent":
		return nil
	case "no-udp":
		if !overTCP {
			return nil
		}
	case "truncate", "no-tcp":
		if overTCP && s.how == "no-tcp" {
			return nil
		}
		if !overTCP {
			m = empty(asked, m.Rcode)
			m.Truncated = true
		}
	case "recursor":
		m.Authoritative, m.RecursionAvailable = false, true
	case "shuffle":
		for _, section := range [][]dns.RR{m.Answer, m.Ns, m.Extra} {
			rand.Shuffle(len(section), func(i, j int) { section[i], section[j] = section[j], section[i] })
		}
	case "drop":
		if s.counts[dns.TypeToString[asked.Question[0].Qtype]+strings.ToLower(asked.Question[0].Name)]%3 != 0 {
			return nil
		}
	case "no-edns":
		if asked.IsEdns0() != nil {
			return pack(empty(asked, dns.RcodeFormatError))
		}
	case "wrong-id":
		m.Id++
	case "wrong-question":
		m.Question[0].Name = "other.example."
	case "other-names":
		for _, rr := range m.Answer {
			rr.Header().Name = "other.example."
		}
	case "lower", "lower-no-tcp", "upper", "upper-no-tcp":
		if overTCP && strings.HasSuffix(s.how, "no-tcp") {
			return nil
		}
		spell := strings.ToLower
		if strings.HasPrefix(s.how, "upper") {
			spell = strings.ToUpper
		}
		if !overTCP {
			m.Question[0].Name = spell(m.Question[0].Name)
		}
	case "garbage":
		return pack(m)[:headSize+1]
	case "bare":
		return append(pack(m)[:6], 0, 1, 0, 0, 0, 0)
	}
	return pack(m)
}

const headSize = 12

func empty(asked *dns.Msg, rcode int) *dns.Msg { return new(dns.Msg).SetRcode(asked, rcode) }

// pack gives m's octets. It panics on a message that can't be packed, which is the test's mistake.
func pack(m *dns.Msg) []byte {
	wire, err := m.Pack()
	if err != nil {
		panic(err)
	}
	return wire
}
