package publish

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"deputy/name"
	"deputy/resolver"
)

// server is one address of one name server.
type server struct {
	host    string
	addr    string
	catches int       // it shows nothing until it was asked more often than that
	from    time.Time // it shows nothing before
	failure string    // why it does not answer; "" for an answer
	asked   int       // for TXT
	hidden  int       // its address can't be looked up by as many searches
	without bool      // it has no address
	hangs   bool      // it says nothing until the caller gives up
	flaps   bool      // it shows what it has every other time
}

// servers are the name servers of a zone, and two public resolvers.
type servers struct {
	mu       sync.Mutex
	world    *world
	list     []*server
	blocked  bool // the servers can't be found
	late     int  // they can't be found by as many searches
	searches int
	views    int // how many public resolvers answer
	serial   uint32
	ttl      uint32
}

var testZone = name.MustParseOwner("martdj.dedyn.io")

// serve makes name servers that show what w has.
func serve(w *world, list ...*server) *servers {
	s := &servers{world: w, list: list, views: 2, serial: 17, ttl: 60}
	if len(list) == 0 {
		s.list = []*server{{host: "ns1.desec.io", addr: "192.0.2.1"}, {host: "ns2.desec.org", addr: "192.0.2.2"}}
	}
	return s
}

func (s *servers) address(n *server) resolver.Server {
	return resolver.Server{Host: name.MustParseOwner(n.host), Addr: netip.AddrPortFrom(netip.MustParseAddr(n.addr), 53)}
}

func (s *servers) Authorities(ctx context.Context, n name.Name) (resolver.Authority, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.searches++
	if s.blocked || s.searches <= s.late {
		return resolver.Authority{}, &resolver.Failure{Question: n, Type: resolver.NS, Reason: "no answer in 3 tries"}
	}
	a := resolver.Authority{Zone: testZone}
	for _, n := range s.list {
		at := s.address(n)
		switch {
		case n.without:
			a.Silent = append(a.Silent, resolver.Server{Host: at.Host})
		case s.searches <= n.hidden:
			family := resolver.A
			if at.Addr.Addr().Is6() {
				family = resolver.AAAA
			}
			failure := &resolver.Failure{Question: at.Host, Type: family, Reason: "SERVFAIL"}
			a.Unknown = append(a.Unknown, resolver.AddressLookup{Host: at.Host, Type: family, Failure: failure})
		default:
			a.Servers = append(a.Servers, at)
		}
	}
	return a, ctx.Err()
}

func (s *servers) QueryAt(ctx context.Context, at resolver.Server, n name.Name, t resolver.Type) (resolver.Answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.list[slices.IndexFunc(s.list, func(n *server) bool { return s.address(n) == at })]
	if one.hangs {
		s.mu.Unlock()
		<-ctx.Done()
		s.mu.Lock()
		return resolver.Answer{}, ctx.Err()
	}
	if t == resolver.TXT {
		one.asked++
	}
	if one.failure != "" {
		return resolver.Answer{}, &resolver.Failure{Question: n, Type: t, Server: at, Reason: one.failure}
	}
	soa := resolver.Record{Owner: testZone, Type: resolver.SOA, Serial: s.serial}
	if t == resolver.SOA {
		return resolver.Answer{Question: n, Type: t, Exists: true, Records: []resolver.Record{soa}, Server: at}, ctx.Err()
	}
	if one.asked <= one.catches || time.Now().Before(one.from) || one.flaps && one.asked%2 == 0 {
		return resolver.Answer{Question: n, Type: t, SOA: &soa, Server: at}, ctx.Err()
	}
	return s.answer(n, at), ctx.Err()
}

func (s *servers) answer(n name.Name, at resolver.Server) resolver.Answer {
	a := resolver.Answer{Question: n, Type: resolver.TXT, Server: at}
	for _, v := range s.world.at(n) {
		a.Exists = true
		a.Records = append(a.Records, resolver.Record{Owner: n, Type: resolver.TXT, TTL: s.ttl, Text: v})
	}
	return a
}

func (s *servers) Views(ctx context.Context, n name.Name, t resolver.Type) ([]resolver.Answer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var answers []resolver.Answer
	for range s.views {
		answers = append(answers, s.answer(n, resolver.Server{URL: "https://resolver.example/dns-query"}))
	}
	if len(answers) == 0 {
		return nil, &resolver.Failure{Question: n, Type: t, Reason: "no public resolver answers"}
	}
	return answers, ctx.Err()
}

// change alters the servers while they are at work.
func (s *servers) change(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}
