package resolver_test

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/miekg/dns"

	"deputy/resolver"
)

// tick is what one exchange costs in the internet of a bubble, so that elapsed fake time counts sequential rounds. It is
// far below the quarter of a time-out after which a second server is asked.
const tick = time.Millisecond

// bubble is some servers that are reached over pipes, for tests inside testing/synctest.
type bubble struct {
	mu      sync.Mutex
	servers map[string]*server // by address and port
	dials   int
	open    int // connections now
	most    int
}

// inBubble makes servers without sockets. Their addresses are those of 192.0.2.0/24.
func inBubble(t *testing.T, count int) (*bubble, []*server) {
	b := &bubble{servers: map[string]*server{}}
	n := &network{t: t, base: [4]byte{192, 0, 2, 0}, port: 53}
	var all []*server
	for i := range count {
		addr := n.base
		addr[3] = byte(i + 1)
		s := &server{Addr: netip.AddrPortFrom(netip.AddrFrom4(addr), 53), net: n, zones: map[string][]dns.RR{}, counts: map[string]int{}}
		b.servers[s.Addr.String()] = s
		all = append(all, s)
	}
	return b, all
}

// dial is a Config.Dial. A connection answers one message after one tick. Addresses that nobody has are silent.
func (b *bubble) dial(_ context.Context, network, address string) (net.Conn, error) {
	b.mu.Lock()
	s := b.servers[address]
	b.dials++
	b.open++
	b.most = max(b.most, b.open)
	b.mu.Unlock()
	near, far := net.Pipe()
	go func() {
		defer b.close(far)
		wire, err := message(far, network == "tcp")
		if err != nil || s == nil {
			_, _ = io.Copy(io.Discard, far)
			return
		}
		answer := s.respond(wire, network == "tcp")
		if answer != nil && network == "tcp" {
			answer = append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)
		}
		if answer != nil { // by a timer: nobody waits here when the test is over
			time.AfterFunc(tick, func() { _, _ = far.Write(answer) })
		}
		_, _ = io.Copy(io.Discard, far)
	}()
	return near, nil
}

func (b *bubble) close(conn net.Conn) {
	_ = conn.Close()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.open--
}

func message(conn net.Conn, framed bool) ([]byte, error) {
	if !framed {
		wire := make([]byte, 65535)
		size, err := conn.Read(wire)
		return wire[:size], err
	}
	var length [2]byte
	if _, err := io.ReadFull(conn, length[:]); err != nil {
		return nil, err
	}
	wire := make([]byte, binary.BigEndian.Uint16(length[:]))
	_, err := io.ReadFull(conn, wire)
	return wire, err
}

// roundsOf is how many exchanges do waits for, one after the other.
func roundsOf(do func()) int {
	began := time.Now()
	do()
	return int(time.Since(began) / tick)
}

// small is the world of a one-hop name: the root, nl, martdj.nl at two servers, io, dedyn.io, martdj.dedyn.io at two.
func small(t *testing.T) (*bubble, *resolver.Client) {
	b, s := inBubble(t, 8)
	at := func(i int) string { return s[i].Addr.Addr().String() }
	s[0].zone(".", "nl. 3600 IN NS ns.dns.nl.", "ns.dns.nl. 3600 IN A "+at(1), "io. 3600 IN NS ns.dns.io.", "ns.dns.io. 3600 IN A "+at(4))
	of := func(zone string, first, second int) []string {
		return []string{zone + " 3600 IN NS ns1." + zone, zone + " 3600 IN NS ns2." + zone, "ns1." + zone + " 3600 IN A " + at(first), "ns2." + zone + " 3600 IN A " + at(second)}
	}
	martdj, target := of("martdj.nl.", 2, 3), of("martdj.dedyn.io.", 6, 7)
	s[1].zone("nl.", append(martdj, "nl. 3600 IN NS ns.dns.nl.")...)
	s[4].zone("io.", "io. 3600 IN NS ns.dns.io.", "dedyn.io. 3600 IN NS ns.dedyn.io.", "ns.dedyn.io. 3600 IN A "+at(5))
	s[5].zone("dedyn.io.", append(target, "dedyn.io. 3600 IN NS ns.dedyn.io.")...)
	for _, i := range []int{2, 3} {
		s[i].zone("martdj.nl.", append(martdj, challengeName+". 60 IN CNAME validation.martdj.dedyn.io.", "*.star.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io.")...)
	}
	for _, i := range []int{6, 7} {
		s[i].zone("martdj.dedyn.io.", target...)
	}
	c, err := resolver.New(resolver.Config{Root: []netip.AddrPort{s[0].Addr}, Dial: b.dial})
	if err != nil {
		t.Fatal(err)
	}
	return b, c
}

// A healthy name costs one round for each delegation on the way, and one in which all servers answer; what was learnt
// is not asked again.
func TestRoundsOfAPoll(t *testing.T) {
	for _, tt := range []struct {
		name        string
		cold, known int
	}{
		{challengeName, 3, 1},                 // ., nl, then martdj.nl
		{"validation.martdj.dedyn.io", 4, 1},  // ., io, dedyn.io, then martdj.dedyn.io
		{"_acme-challenge.martdj.nl", 3, 1},   // does not exist
		{"martdj.nl", 3, 1},                   // a zone's top
		{"a.b.c.d.e.f.martdj.nl", 3, 1},       // far below it
		{"_acme-challenge.missing.nl", 3, 2},  // ., nl, then all of nl
		{"_acme-challenge.x.invalid", 2, 2},   // the root, then all of it
		{"x.star.martdj.nl", 3, 1},            // made by a wildcard
		{"validation.missing.dedyn.io", 4, 2}, // the zone of strangers holds the answer
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, c := small(t)
				count := func() int { return roundsOf(func() { poll(t, c, owner(tt.name)) }) }
				if cold, known := count(), count(); cold != tt.cold || known != tt.known {
					t.Errorf("%d rounds at first and %d then, want %d and %d", cold, known, tt.cold, tt.known)
				}
			})
		})
	}
}

// The next hop begins in the round of the first answer, so both hops cost what they cross and no more.
func TestRoundsOfTwoHops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c := small(t)
		rounds := roundsOf(func() {
			_, err := c.Poll(t.Context(), owner(challengeName), resolver.TXT, func(a resolver.Answer) { poll(t, c, a.Records[0].Target) })
			if err != nil {
				t.Error(err)
			}
		})
		if rounds != 7 {
			t.Errorf("%d rounds, want 7: ., nl, martdj.nl, and from there ., io, dedyn.io, martdj.dedyn.io", rounds)
		}
	})
}

// A silent server delays its own reply only: the first answer comes in the same round, and all is over in one time-out
// and its two head starts.
func TestASilentServerDelaysNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c := small(t)
		b.servers["192.0.2.4:53"].tell("silent")
		began := time.Now()
		first := 0
		p, err := c.Poll(t.Context(), owner(challengeName), resolver.TXT, func(resolver.Answer) { first = int(time.Since(began) / tick) })
		if err != nil || first != 3 || len(p.Replies) != 2 || p.Replies[1].Failure == nil || p.Replies[1].Failure.Reason != "no answer in 3 tries" {
			t.Errorf("first after %d rounds, %+v, %v", first, p.Replies, err)
		}
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("over after %s", took)
		}
	})
}

// Many names at once under one suffix find the way to it once, and every socket is closed.
func TestManyNamesShareTheWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c := small(t)
		var group sync.WaitGroup
		for i := range 200 {
			group.Go(func() {
				n, err := owner("martdj.nl").Child("host" + strings.Repeat("x", i%50))
				if err != nil {
					t.Error(err)
					return
				}
				poll(t, c, n)
			})
		}
		group.Wait()
		asked := map[string]int{}
		for _, line := range b.servers["192.0.2.1:53"].net.asked() {
			asked[line[:1]]++
		}
		if asked["1"] != 1 || asked["2"] != 1 {
			t.Errorf("the root was asked %d times and nl %d times, want once each", asked["1"], asked["2"])
		}
		synctest.Wait()
		if b.open != 0 {
			t.Errorf("%d connections are left open", b.open)
		}
		if each := float64(b.dials) / 200; each > 3.5 {
			t.Errorf("%.1f questions a name, want two servers and little more", each)
		}
	})
}

// Whatever is silent, lies or drops, at any step of the way, a poll is over within five time-outs of one try, which are
// 10 s, with the same answer or a Failure that names the servers of that step.
func TestAPollEndsInTime(t *testing.T) {
	for _, how := range []string{"silent", "servfail", "garbage", "wrong-id", "wrong-question", "other-names", "no-tcp", "upper-no-tcp", "lower-no-tcp", "drop", "no-udp", "lame"} {
		for step, servers := range map[string][]int{"root": {1}, "nl": {2}, "martdj.nl": {3, 4}} {
			t.Run(how+" at "+step, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b, c := small(t)
					for _, i := range servers {
						b.servers[netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}), 53).String()].tell(how)
					}
					began := time.Now()
					p, err := c.Poll(t.Context(), owner(challengeName), resolver.TXT, func(resolver.Answer) {})
					if took := time.Since(began); took > 10*time.Second {
						t.Errorf("over after %s", took)
					}
					if err == nil && (len(p.Replies) != 2 || p.Authority.Zone != owner("martdj.nl") || len(p.Answer.Of(owner(challengeName), resolver.CNAME)) != 1) {
						t.Errorf("another answer: %+v", p)
					}
					if err != nil && slices.Contains([]string{"drop", "no-udp", "lower-no-tcp"}, how) {
						t.Errorf("%v, though the answer can be had", err)
					}
					var failure *resolver.Failure
					if err != nil && (!errors.As(err, &failure) || failure.Reason == "" || !strings.Contains(err.Error(), "192.0.2."+strconv.Itoa(servers[0]))) {
						t.Errorf("%v, want a Failure that names the server", err)
					}
				})
			})
		}
	}
}
