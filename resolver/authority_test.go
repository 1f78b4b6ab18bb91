package resolver_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"deputy/resolver"
)

// list writes an Authority on one line, addresses made plain.
func (w *world) list(a resolver.Authority) string {
	words := []string{a.Zone.String() + ":"}
	for _, s := range a.Servers {
		words = append(words, w.anonymous(s.Host.String()+"="+s.Addr.String()))
	}
	for _, s := range a.Silent {
		words = append(words, s.Host.String()+"=none")
	}
	for _, l := range a.Unknown {
		words = append(words, l.Host.String(), dns.TypeToString[uint16(l.Type)], l.Failure.Reason)
	}
	return strings.Join(words, " ")
}

func TestAuthorities(t *testing.T) {
	t.Parallel()
	const martdj = "martdj.nl: ns1.martdj.nl=127.0.0.3:53 ns2.martdj.nl=127.0.0.4:53"
	for _, tt := range []struct{ name, asked, want string }{
		{"of a name", "www.martdj.nl", martdj},
		{"of the zone's own name", "martdj.nl", martdj},
		{"of a name that does not exist", "a.b.c.martdj.nl", martdj},
		{"of an alias", "_acme-challenge.demohub.martdj.nl", martdj},
		{"of an empty non-terminal", "demohub.martdj.nl", martdj},
		{"of a domain that does not exist", "www.nowhere.nl", "nl: ns.dns.nl=127.0.0.2:53"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			a, err := w.client(t).Authorities(t.Context(), owner(tt.asked))
			if err != nil || w.list(a) != tt.want {
				t.Errorf("%s, %v; want %s", w.list(a), err, tt.want)
			}
		})
	}
}

// Parent and zone may name different servers, and either may know addresses that the other does not: all count, since
// a CA's resolver may meet any of them.
func TestAuthoritiesJoinsWhatParentAndZoneName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	third := w.start() // 6
	w.nl.zone("nl.",
		"martdj.nl. 3600 IN NS ns1.martdj.nl.", "ns1.martdj.nl. 3600 IN A "+w.martdj.Addr.Addr().String(),
		"martdj.nl. 3600 IN NS old.martdj.nl.", "old.martdj.nl. 3600 IN A "+w.second.Addr.Addr().String(),
		"martdj.nl. 3600 IN NS gone.martdj.nl.")
	zone := []string{
		"martdj.nl. 3600 IN NS ns1.martdj.nl.", "martdj.nl. 3600 IN NS ns.elsewhere.nl.", "martdj.nl. 3600 IN NS far.dns.io.",
		"ns1.martdj.nl. 3600 IN A " + w.martdj.Addr.Addr().String(), "ns1.martdj.nl. 3600 IN A 127.255.255.250", "ns1.martdj.nl. 3600 IN AAAA 2001:db8::1",
		"www.martdj.nl. 60 IN A 192.0.2.1",
	}
	for _, s := range []*server{w.martdj, w.second} {
		s.zone("martdj.nl.", zone...)
	}
	w.dedyn.zone("io.", "far.dns.io. 3600 IN A "+third.Addr.Addr().String())
	a, err := w.client(t).Authorities(t.Context(), owner("www.martdj.nl"))
	want := "martdj.nl: far.dns.io=127.0.0.6:53 ns1.martdj.nl=127.0.0.3:53 ns1.martdj.nl=127.255.255.250:53 ns1.martdj.nl=[2001:db8::1]:53 " +
		"old.martdj.nl=127.0.0.4:53 gone.martdj.nl=none ns.elsewhere.nl=none"
	if err != nil || w.list(a) != want {
		t.Errorf("%s, %v\nwant %s", w.list(a), err, want)
	}
}

// A server that holds both sides of a cut gives no referral between them; the SOA tells.
func TestAuthoritiesOfAZoneBesideItsParent(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, s := range []*server{w.martdj, w.second} {
		s.zone("sub.martdj.nl.", "sub.martdj.nl. 60 IN NS ns1.martdj.nl.", "alias.sub.martdj.nl. 60 IN CNAME x.nl.")
	}
	for _, asked := range []string{"www.sub.martdj.nl", "sub.martdj.nl", "alias.sub.martdj.nl"} {
		a, err := w.client(t).Authorities(t.Context(), owner(asked))
		if want := "sub.martdj.nl: ns1.martdj.nl=127.0.0.3:53"; err != nil || w.list(a) != want {
			t.Errorf("%s: %s, %v; want %s", asked, w.list(a), err, want)
		}
	}
}

func TestAuthoritiesThatCanNotBeTold(t *testing.T) {
	t.Parallel()
	without := func(rrtype uint16) script {
		return func(_, honest *dns.Msg, _ bool) []byte {
			honest.Answer = slices.DeleteFunc(honest.Answer, func(rr dns.RR) bool { return rr.Header().Rrtype == rrtype })
			honest.Ns = slices.DeleteFunc(honest.Ns, func(rr dns.RR) bool { return rr.Header().Rrtype == rrtype })
			return pack(honest)
		}
	}
	for name, play := range map[string]script{
		"no SOA":        without(dns.TypeSOA),
		"no NS":         without(dns.TypeNS),
		"SOA of nobody": func(asked, _ *dns.Msg, _ bool) []byte { return pack(empty(asked, dns.RcodeServerFailure)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.martdj.play(play)
			w.second.play(play)
			a, err := w.client(t, hasty).Authorities(t.Context(), owner("www.martdj.nl"))
			var failure *resolver.Failure
			if !errors.As(err, &failure) {
				t.Errorf("%+v, %v; want a Failure", a, err)
			}
		})
	}
	t.Run("the caller gives up", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := newWorld(t).client(t).Authorities(ctx, owner("martdj.nl")); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	})
}

func TestQueryAt(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		how    string
		reason string // "" for an answer
		asked  []string
	}{
		{"", "", []string{"3 TXT in.martdj.nl."}},
		{"truncate", "", []string{"3 TXT in.martdj.nl.", "3 TXT in.martdj.nl. tcp"}},
		{"no-edns", "", []string{"3 TXT in.martdj.nl.", "3 TXT in.martdj.nl."}},
		{"no-udp", "", nil},
		{"lame", "lame", []string{"3 TXT in.martdj.nl."}},
		{"recursor", "lame", []string{"3 TXT in.martdj.nl."}},
		{"refused", "REFUSED", []string{"3 TXT in.martdj.nl."}},
		{"servfail", "SERVFAIL", []string{"3 TXT in.martdj.nl.", "3 TXT in.martdj.nl.", "3 TXT in.martdj.nl. tcp"}},
		{"silent", "no answer in 3 tries", []string{"3 TXT in.martdj.nl.", "3 TXT in.martdj.nl.", "3 TXT in.martdj.nl. tcp"}},
		{"no-tcp", "truncated, and no TCP", nil},
	} {
		t.Run(tt.how, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.martdj.tell(tt.how)
			c := w.client(t)
			if tt.how == "silent" || tt.how == "no-udp" {
				c = w.client(t, hasty)
			}
			at := resolver.Server{Host: owner("ns1.martdj.nl"), Addr: w.martdj.Addr}
			a, err := c.QueryAt(t.Context(), at, owner("in.martdj.nl"), resolver.TXT)
			if tt.reason == "" && (err != nil || len(a.Of(owner("in.martdj.nl"), resolver.TXT)) != 1 || a.Server != at) {
				t.Errorf("%+v, %v", a, err)
			}
			var failure *resolver.Failure
			if tt.reason != "" && (!errors.As(err, &failure) || failure.Reason != tt.reason || failure.Server != at) {
				t.Errorf("%v, want %s", err, tt.reason)
			}
			if failure != nil && failure.Silent() != (tt.how == "silent") {
				t.Errorf("silent: %v", failure.Silent())
			}
			if got := w.asked(); tt.asked != nil && !slices.Equal(got, tt.asked) {
				t.Errorf("asked %q, want %q", got, tt.asked)
			}
		})
	}
}

func TestQueryAtAnAddressWhereNothingListens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at := resolver.Server{Host: owner("ns1.martdj.nl"), Addr: w.martdj.Addr}
	// The next address of the network has no server.
	octets := w.dedyn.Addr.Addr().As4()
	octets[3]++
	at.Addr = addrPort(octets, w.dedyn.Addr.Port())
	_, err := w.client(t, hasty).QueryAt(t.Context(), at, owner("martdj.nl"), resolver.SOA)
	var failure *resolver.Failure
	if !errors.As(err, &failure) || !failure.Silent() {
		t.Errorf("%v, want silence", err)
	}
}

// A look-up that failed is not "it has no address": the host is Unknown, beside what else is known of it.
func TestAuthoritiesKeepsFailedLookUps(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		fails func(qname string, qtype uint16) bool
		want  string
	}{
		{"IPv4 beside IPv6", func(qname string, qtype uint16) bool { return qname == "both.dns.io." && qtype == dns.TypeA },
			"martdj.nl: both.dns.io=[2001:db8::1]:53 ns1.martdj.nl=127.0.0.3:53 both.dns.io A SERVFAIL"},
		{"IPv6 beside IPv4", func(qname string, qtype uint16) bool { return qname == "both.dns.io." && qtype == dns.TypeAAAA },
			"martdj.nl: both.dns.io=127.0.0.4:53 ns1.martdj.nl=127.0.0.3:53 both.dns.io AAAA SERVFAIL"},
		{"both", func(qname string, qtype uint16) bool { return qname == "both.dns.io." },
			"martdj.nl: ns1.martdj.nl=127.0.0.3:53 both.dns.io A SERVFAIL both.dns.io AAAA SERVFAIL"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.nl.zone("nl.", "martdj.nl. 3600 IN NS ns1.martdj.nl.", "ns1.martdj.nl. 3600 IN A "+w.martdj.Addr.Addr().String(), "martdj.nl. 3600 IN NS both.dns.io.")
			w.martdj.zone("martdj.nl.", "martdj.nl. 3600 IN NS ns1.martdj.nl.", "ns1.martdj.nl. 3600 IN A $A", "martdj.nl. 3600 IN NS both.dns.io.")
			w.dedyn.zone("io.", "io. 3600 IN NS ns.dns.io.", "ns.dns.io. 3600 IN A $A",
				"both.dns.io. 3600 IN A "+w.second.Addr.Addr().String(), "both.dns.io. 3600 IN AAAA 2001:db8::1")
			w.dedyn.play(func(asked, honest *dns.Msg, _ bool) []byte {
				if q := asked.Question[0]; tt.fails(strings.ToLower(q.Name), q.Qtype) {
					return pack(empty(asked, dns.RcodeServerFailure))
				}
				return pack(honest)
			})
			c := w.client(t)
			a, err := c.Authorities(t.Context(), owner("www.martdj.nl"))
			if err != nil || w.list(a) != tt.want {
				t.Errorf("%s, %v\nwant %s", w.list(a), err, tt.want)
			}
			w.dedyn.play(nil)
			a, err = c.Authorities(t.Context(), owner("www.martdj.nl"))
			if want := "martdj.nl: both.dns.io=127.0.0.4:53 both.dns.io=[2001:db8::1]:53 ns1.martdj.nl=127.0.0.3:53"; err != nil || w.list(a) != want {
				t.Errorf("the next time: %s, %v\nwant %s", w.list(a), err, want)
			}
		})
	}
}

// A name server whose zone says nothing takes all the time there is, and not the other servers away.
func TestAuthoritiesBesideASilentZone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.nl.zone("nl.", "martdj.nl. 3600 IN NS ns1.martdj.nl.", "ns1.martdj.nl. 3600 IN A "+w.martdj.Addr.Addr().String(), "martdj.nl. 3600 IN NS ns.dead.io.")
	w.martdj.zone("martdj.nl.", "martdj.nl. 3600 IN NS ns1.martdj.nl.", "ns1.martdj.nl. 3600 IN A $A", "martdj.nl. 3600 IN NS ns.dead.io.")
	w.dedyn.tell("silent")
	a, err := w.client(t, hasty).Authorities(t.Context(), owner("www.martdj.nl"))
	if err != nil || len(a.Servers) != 1 || len(a.Silent) != 0 || len(a.Unknown) != 2 {
		t.Fatalf("%s, %v; want ns1.martdj.nl, and two look-ups of ns.dead.io that failed", w.list(a), err)
	}
	for _, l := range a.Unknown {
		if l.Host != owner("ns.dead.io") || !l.Failure.Silent() || l.Failure.Question != l.Host {
			t.Errorf("%s %d: %v", l.Host, l.Type, l.Failure)
		}
	}
}
