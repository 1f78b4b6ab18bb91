package resolver_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"deputy/resolver"
)

func TestNameServersWithoutGlueAreFoundFromTheRoot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	far := w.start().zone("far.nl.", "far.nl. 3600 IN NS ns1.martdj.nl.", "www.far.nl. 60 IN TXT found")
	// far.nl's server is named in martdj.nl, and its address there is far's.
	zone := []string{"martdj.nl. 3600 IN NS ns1.martdj.nl.", "dns.martdj.nl. 3600 IN A " + far.Addr.Addr().String()}
	w.martdj.zone("martdj.nl.", zone...)
	w.second.zone("martdj.nl.", zone...)
	w.nl.zone("nl.", "far.nl. 3600 IN NS dns.martdj.nl.",
		"martdj.nl. 3600 IN NS ns1.martdj.nl.", "ns1.martdj.nl. 3600 IN A "+w.martdj.Addr.Addr().String())
	c := w.client(t)
	a, err := c.Query(t.Context(), owner("www.far.nl"), resolver.TXT)
	if err != nil || len(a.Records) != 1 || a.Records[0].Text != "found" || a.Server.Host != owner("dns.martdj.nl") {
		t.Fatalf("%+v, %v", a, err)
	}
	want := []string{"1 TXT www.far.nl.", "2 TXT www.far.nl.", "2 A dns.martdj.nl.", "3 A dns.martdj.nl.", "6 TXT www.far.nl."}
	if got := w.asked(); !slices.Equal(got, want) {
		t.Errorf("asked %q, want %q", got, want)
	}
	w.forget()
	if _, err := c.Query(t.Context(), owner("other.far.nl"), resolver.TXT); err != nil {
		t.Fatal(err)
	}
	if got := w.asked(); !slices.Equal(got, []string{"6 TXT other.far.nl."}) {
		t.Errorf("asked %q again, though the address is known", got)
	}
}

func TestNameServersThatCanNotBeFound(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		lines []string // of nl
		want  string
	}{
		{"each lies in the other's zone", []string{"a.nl. 3600 IN NS ns.b.nl.", "b.nl. 3600 IN NS ns.a.nl."},
			"no name server of a.nl has an address that can be found"},
		{"in its own zone without glue", []string{"a.nl. 3600 IN NS ns.a.nl."}, "ns.a.nl can only be found through itself"},
		{"no such name", []string{"a.nl. 3600 IN NS nowhere.nl."}, "nowhere.nl has no address"},
		{"an alias", []string{"a.nl. 3600 IN NS ns.nl.", "ns.nl. 60 IN CNAME ns.dns.nl.", "ns.dns.nl. 60 IN A 127.0.0.1"}, "ns.nl has no address"},
		{"behind too many others", []string{
			"a.nl. 60 IN NS ns.b.nl.", "b.nl. 60 IN NS ns.c.nl.", "c.nl. 60 IN NS ns.d.nl.", "d.nl. 60 IN NS ns.e.nl.", "e.nl. 60 IN NS ns.f.nl.", "f.nl. 60 IN NS ns.g.nl.", "g.nl. 60 IN NS ns.nl.", "ns.nl. 60 IN A 127.0.0.1",
		}, "lies behind 5 other name servers without addresses"},
		{"in a zone that is not served", []string{"a.nl. 60 IN NS ns.b.nl.", "b.nl. 60 IN NS ns.nl.", "ns.nl. 60 IN A $A"}, "lame"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.nl.zone("nl.", tt.lines...)
			_, err := w.client(t).Query(t.Context(), owner("www.a.nl"), resolver.TXT)
			var failure *resolver.Failure
			if !errors.As(err, &failure) || !strings.Contains(failure.Error(), tt.want) {
				t.Errorf("%v, want a Failure that says %q", err, tt.want)
			}
			if asked := w.asked(); len(asked) > 64 {
				t.Errorf("%d questions", len(asked))
			}
		})
	}
}

// A zone whose many name servers each need many others must not make deputy flood anybody (NXNSAttack).
func TestOneQuestionIsBoundedWhateverReferralsSay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.nl.play(func(asked, _ *dns.Msg, _ bool) []byte {
		m := new(dns.Msg).SetReply(asked)
		labels := dns.SplitDomainName(asked.Question[0].Name)
		zone := labels[len(labels)-2] + ".nl."
		for i := range 30 {
			m.Ns = append(m.Ns, &dns.NS{
				Hdr: dns.RR_Header{Name: zone, Rrtype: dns.TypeNS, Class: dns.ClassINET, Ttl: 60},
				Ns:  fmt.Sprintf("ns.%d-%s.nl.", i, labels[len(labels)-2]),
			})
		}
		return pack(m)
	})
	_, err := w.client(t).Query(t.Context(), owner("www.a.nl"), resolver.TXT)
	var failure *resolver.Failure
	if !errors.As(err, &failure) {
		t.Fatalf("%v, want a Failure", err)
	}
	if asked := w.asked(); len(asked) > 64 {
		t.Errorf("%d messages for one question", len(asked))
	}
}

func TestReferralsThatGoNowhere(t *testing.T) {
	t.Parallel()
	ns := func(zone string) []dns.RR {
		return []dns.RR{&dns.NS{Hdr: dns.RR_Header{Name: zone, Rrtype: dns.TypeNS, Class: dns.ClassINET, Ttl: 60}, Ns: "ns.dns.nl."}}
	}
	for _, zone := range []string{".", "nl.", "martdj.nl.", "other.nl.", "io."} {
		t.Run(zone, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			refer := func(asked, _ *dns.Msg, _ bool) []byte {
				m := new(dns.Msg).SetReply(asked)
				m.Ns = ns(zone)
				return pack(m)
			}
			w.martdj.play(refer)
			w.second.play(refer)
			_, err := w.client(t).Query(t.Context(), owner("www.martdj.nl"), resolver.TXT)
			var failure *resolver.Failure
			if !errors.As(err, &failure) || !strings.HasPrefix(failure.Reason, resolver.Lame) {
				t.Errorf("a referral to %s from martdj.nl's server: %v, want lame", zone, err)
			}
		})
	}
}

// What a server says about names outside its zone is ignored, whichever section it stands in.
func TestRecordsOutsideTheZoneAreIgnored(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	address := func(host, addr string) dns.RR {
		rr, err := dns.NewRR(host + " 3600 IN A " + addr)
		if err != nil {
			t.Fatal(err)
		}
		return rr
	}
	liar := w.start().zone("nl.").zone("io.") // lame for everything below
	w.nl.play(func(asked, honest *dns.Msg, _ bool) []byte {
		honest.Ns = append(honest.Ns, &dns.NS{Hdr: dns.RR_Header{Name: "io.", Rrtype: dns.TypeNS, Class: dns.ClassINET, Ttl: 86400}, Ns: "evil.nl."})
		honest.Extra = append([]dns.RR{address("ns.dns.io.", liar.Addr.Addr().String()), address("evil.nl.", liar.Addr.Addr().String())}, honest.Extra...)
		return pack(honest)
	})
	lie := func(asked, honest *dns.Msg, _ bool) []byte {
		honest.Answer = append(honest.Answer, address("www.io.", "192.0.2.66"))
		return pack(honest)
	}
	w.martdj.play(lie)
	w.second.play(lie)
	w.dedyn.zone("io.", "io. 3600 IN NS ns.dns.io.", "ns.dns.io. 3600 IN A $A", "www.io. 60 IN A 192.0.2.1")
	c := w.client(t)
	a, err := c.Query(t.Context(), owner("www.martdj.nl"), resolver.A)
	if err != nil || len(a.Records) != 1 || a.Records[0].Text != "192.0.2.1" {
		t.Fatalf("%+v, %v", a, err)
	}
	a, err = c.Query(t.Context(), owner("www.io"), resolver.A)
	if err != nil || len(a.Records) != 1 || a.Records[0].Text != "192.0.2.1" || a.Server.Addr != w.dedyn.Addr {
		t.Errorf("%+v, %v; want the answer of io's own server", a, err)
	}
}

// An answer that holds only something else is not "nothing at that name".
func TestAnswersAboutOtherNamesAreFailures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lie := func(asked, honest *dns.Msg, _ bool) []byte {
		honest.Answer[0].Header().Name = "other.martdj.nl."
		return pack(honest)
	}
	w.martdj.play(lie)
	w.second.play(lie)
	_, err := w.client(t).Query(t.Context(), owner("_acme-challenge.demohub.martdj.nl"), resolver.TXT)
	var failure *resolver.Failure
	if !errors.As(err, &failure) || !strings.HasPrefix(failure.Reason, "an answer about other names") {
		t.Errorf("%v, want a Failure", err)
	}
}

// A cut is asked for again when its TTL is over, and when its servers failed.
func TestCutsAreForgotten(t *testing.T) {
	t.Parallel()
	t.Run("TTL 0", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		w.root.zone(".", "nl. 0 IN NS ns.dns.nl.", "ns.dns.nl. 0 IN A "+w.nl.Addr.Addr().String())
		w.nl.zone("nl.", "www.nl. 60 IN TXT x")
		c := w.client(t)
		for range 2 {
			if _, err := c.Query(t.Context(), owner("www.nl"), resolver.TXT); err != nil {
				t.Fatal(err)
			}
		}
		if got := w.asked(); !slices.Equal(got, []string{"1 TXT www.nl.", "2 TXT www.nl.", "1 TXT www.nl.", "2 TXT www.nl."}) {
			t.Errorf("asked %q", got)
		}
	})
	t.Run("moved", func(t *testing.T) {
		t.Parallel()
		w := newWorld(t)
		c := w.client(t)
		if _, err := c.Query(t.Context(), owner("www.martdj.nl"), resolver.A); err != nil {
			t.Fatal(err)
		}
		w.martdj.tell("refused")
		w.second.tell("refused")
		moved := w.start().zone("martdj.nl.", "www.martdj.nl. 60 IN A 192.0.2.2")
		w.nl.zone("nl.", "martdj.nl. 3600 IN NS ns.martdj.nl.", "ns.martdj.nl. 3600 IN A "+moved.Addr.Addr().String())
		if _, err := c.Query(t.Context(), owner("www.martdj.nl"), resolver.A); err == nil {
			t.Fatal("the old servers refuse, but there was an answer")
		}
		a, err := c.Query(t.Context(), owner("www.martdj.nl"), resolver.A)
		if err != nil || a.Server.Addr != moved.Addr {
			t.Errorf("%+v, %v; want the answer of the new server", a, err)
		}
	})
}

func TestDNAME(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 60)
	for _, tt := range []struct {
		name   string
		strip  bool // the server leaves the CNAME that it should make out
		asked  string
		target string // "" when it can't be told
	}{
		{"with its CNAME", false, "_acme-challenge.old.martdj.nl", "_acme-challenge.new.martdj.nl"},
		{"alone", true, "_acme-challenge.old.martdj.nl", "_acme-challenge.new.martdj.nl"},
		{"several labels", true, "a.b.c.old.martdj.nl", "a.b.c.new.martdj.nl"},
		{"no room", true, strings.Join([]string{long, long, long, "old.martdj.nl"}, "."), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			target := "new.martdj.nl."
			if tt.target == "" {
				target = long + ".new.martdj.nl."
			}
			strip := func(asked, honest *dns.Msg, _ bool) []byte {
				if tt.strip {
					honest.Answer = honest.Answer[:1]
				}
				return pack(honest)
			}
			for _, s := range []*server{w.martdj, w.second} {
				s.zone("martdj.nl.", "old.martdj.nl. 120 IN DNAME "+target)
				if tt.strip {
					s.play(strip)
				}
			}
			a, err := w.client(t).Query(t.Context(), owner(tt.asked), resolver.TXT)
			if tt.target == "" {
				var failure *resolver.Failure
				if !errors.As(err, &failure) {
					t.Errorf("%+v, %v; want a Failure", a, err)
				}
				return
			}
			want := resolver.Record{Owner: owner(tt.asked), Type: resolver.CNAME, TTL: 120, Target: owner(tt.target), DNAME: owner("old.martdj.nl")}
			if err != nil || len(a.Records) != 1 || a.Records[0] != want {
				t.Errorf("%+v, %v; want %+v", a.Records, err, want)
			}
		})
	}
}

// A CNAME to a name that deputy has no form for is a Failure: it is not "no CNAME".
func TestTargetsThatAreNoNames(t *testing.T) {
	t.Parallel()
	for _, line := range []string{`_acme-challenge.x.martdj.nl. 60 IN CNAME with\032space.martdj.nl.`, `x.martdj.nl. 60 IN DNAME a\@b.martdj.nl.`} {
		w := newWorld(t)
		for _, s := range []*server{w.martdj, w.second} {
			s.zone("martdj.nl.", line)
		}
		a, err := w.client(t).Query(t.Context(), owner("_acme-challenge.x.martdj.nl"), resolver.TXT)
		var failure *resolver.Failure
		if !errors.As(err, &failure) {
			t.Errorf("%s: %+v, %v; want a Failure", line, a, err)
		}
	}
}
