package resolver_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"deputy/name"
	"deputy/resolver"
)

// world is a root (1), nl (2), martdj.nl at two servers (3, 4), and io with dedyn.io at one (5).
type world struct {
	*network
	root, nl, martdj, second, dedyn *server
}

func newWorld(t *testing.T) *world {
	t.Helper()
	net := newNetwork(t)
	w := &world{network: net, root: net.start(), nl: net.start(), martdj: net.start(), second: net.start(), dedyn: net.start()}
	address := func(s *server) string { return s.Addr.Addr().String() }
	w.root.zone(".",
		"nl. 3600 IN NS ns.dns.nl.", "ns.dns.nl. 3600 IN A "+address(w.nl),
		"io. 3600 IN NS ns.dns.io.", "ns.dns.io. 3600 IN A "+address(w.dedyn))
	w.nl.zone("nl.", "nl. 3600 IN NS ns.dns.nl.", "ns.dns.nl. 3600 IN A $A",
		"martdj.nl. 3600 IN NS ns1.martdj.nl.", "ns1.martdj.nl. 3600 IN A "+address(w.martdj),
		"martdj.nl. 3600 IN NS ns2.martdj.nl.", "ns2.martdj.nl. 3600 IN A "+address(w.second))
	zone := []string{
		"martdj.nl. 3600 IN NS ns1.martdj.nl.", "ns1.martdj.nl. 3600 IN A " + address(w.martdj),
		"martdj.nl. 3600 IN NS ns2.martdj.nl.", "ns2.martdj.nl. 3600 IN A " + address(w.second),
		"www.martdj.nl. 60 IN A 192.0.2.1",
		"_acme-challenge.demohub.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io.",
		"_acme-challenge.martdj.nl. 60 IN CNAME in.martdj.nl.", "in.martdj.nl. 60 IN TXT inside",
		`odd.martdj.nl. 60 IN TXT "a\"b" "c\\d\200" "e"`,
	}
	w.martdj.zone("martdj.nl.", zone...)
	w.second.zone("martdj.nl.", zone...)
	w.dedyn.zone("io.", "io. 3600 IN NS ns.dns.io.", "ns.dns.io. 3600 IN A $A")
	return w
}

func (w *world) client(t *testing.T, change ...func(*resolver.Config)) *resolver.Client {
	t.Helper()
	// A quarter of this passes before a second server is asked: long, so that a slow machine does not change counts.
	config := resolver.Config{Root: []netip.AddrPort{w.root.Addr}, Timeout: time.Minute}
	for _, f := range change {
		f(&config)
	}
	c, err := resolver.New(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// hasty makes silence short.
func hasty(c *resolver.Config) { c.Timeout = 500 * time.Millisecond }

func owner(s string) name.Name { return name.MustParseOwner(s) }

// eitherOf maps the two servers of martdj.nl to one, since their order is random.
func eitherOf(lines []string) []string {
	var out []string
	for _, line := range lines {
		if rest, ok := strings.CutPrefix(line, "4 "); ok {
			line = "3 " + rest
		}
		out = append(out, line)
	}
	return out
}

func TestQueryWalksFromTheRootAndRemembersTheWay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client(t)
	a, err := c.Query(t.Context(), owner("_acme-challenge.demohub.martdj.nl"), resolver.TXT)
	if err != nil {
		t.Fatal(err)
	}
	cnames := a.Of(owner("_acme-challenge.demohub.martdj.nl"), resolver.CNAME)
	if len(a.Records) != 1 || len(cnames) != 1 || cnames[0].Target != owner("validation.martdj.dedyn.io") || cnames[0].TTL != 60 || !a.Exists {
		t.Errorf("answer %+v", a)
	}
	if host := a.Server.Host.String(); host != "ns1.martdj.nl" && host != "ns2.martdj.nl" {
		t.Errorf("answered by %s", a.Server)
	}
	want := []string{"1 TXT _acme-challenge.demohub.martdj.nl.", "2 TXT _acme-challenge.demohub.martdj.nl.", "3 TXT _acme-challenge.demohub.martdj.nl."}
	if got := eitherOf(w.asked()); !slices.Equal(got, want) {
		t.Errorf("asked %q, want %q", got, want)
	}
	w.forget()
	if _, err := c.Query(t.Context(), owner("www.martdj.nl"), resolver.TXT); err != nil {
		t.Fatal(err)
	}
	if got, want := eitherOf(w.asked()), []string{"3 TXT www.martdj.nl."}; !slices.Equal(got, want) {
		t.Errorf("asked %q the second time, want %q", got, want)
	}
	if got, want := c.View(), "from the root "+w.root.Addr.String(); got != want {
		t.Errorf("view %q, want %q", got, want)
	}
}

func TestQueryGivesRecordsAtTheNameOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, err := w.client(t).Query(t.Context(), owner("_acme-challenge.martdj.nl"), resolver.TXT)
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Records) != 1 || a.Records[0].Target != owner("in.martdj.nl") {
		t.Errorf("the server follows the CNAME in its zone, but Query must not: %+v", a.Records)
	}
}

func TestQueryNegativeAnswers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		exists bool
	}{
		{"www.martdj.nl", true}, {"demohub.martdj.nl", true}, {"no.martdj.nl", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, err := newWorld(t).client(t).Query(t.Context(), owner(tt.name), resolver.TXT)
			if err != nil {
				t.Fatal(err)
			}
			if a.Exists != tt.exists || len(a.Records) != 0 || a.SOA == nil {
				t.Fatalf("answer %+v", a)
			}
			if a.SOA.Owner != owner("martdj.nl") || a.SOA.NegTTL != 300 || a.SOA.Serial != 1 {
				t.Errorf("SOA %+v", a.SOA)
			}
		})
	}
}

func TestQueryJoinsTheStringsOfATXT(t *testing.T) {
	t.Parallel()
	a, err := newWorld(t).client(t).Query(t.Context(), owner("odd.martdj.nl"), resolver.TXT)
	if err != nil {
		t.Fatal(err)
	}
	if want := "a\"bc\\d\xc8e"; len(a.Records) != 1 || a.Records[0].Text != want {
		t.Errorf("records %+v, want %q", a.Records, want)
	}
}

// Whatever one server does, the other's answer counts; where both do it, the question fails and nothing is concluded.
func TestQueryWithServersThatMisbehave(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		how    string
		reason string // when both servers do it; "" when the answer can be had even so
	}{
		{"servfail", "SERVFAIL"}, {"refused", "REFUSED"}, {"notimp", "NOTIMP"}, {"silent", "no answer in 2 tries"},
		{"lame", "lame"}, {"recursor", "lame"}, {"no-tcp", "truncated, and no TCP"}, {"garbage", "an answer that is no DNS message"},
		{"bare", "an answer that is no DNS message"}, {"wrong-id", "an answer that does not fit the question"},
		{"wrong-question", "an answer that does not fit the question"},
		{"truncate", ""}, {"no-udp", ""}, {"shuffle", ""}, {"no-edns", ""}, {"drop", ""},
	} {
		t.Run(tt.how, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.martdj.tell(tt.how)
			challenge := owner("_acme-challenge.demohub.martdj.nl")
			a, err := w.client(t, hasty).Query(t.Context(), challenge, resolver.TXT)
			if err != nil || len(a.Of(challenge, resolver.CNAME)) != 1 {
				t.Errorf("with one server that does: %+v, %v", a, err)
			}
			w.second.tell(tt.how)
			a, err = w.client(t, hasty).Query(t.Context(), challenge, resolver.TXT)
			if tt.reason == "" {
				if err != nil || len(a.Of(challenge, resolver.CNAME)) != 1 {
					t.Errorf("with both: %+v, %v", a, err)
				}
				return
			}
			var failure *resolver.Failure
			if !errors.As(err, &failure) {
				t.Fatalf("with both: %+v, %v; want a Failure", a, err)
			}
			if first, _, _ := strings.Cut(failure.Reason, ";"); first != tt.reason || failure.Question != challenge || failure.Zone != owner("martdj.nl") {
				t.Errorf("failure %+v, want %s", failure, tt.reason)
			}
			for _, host := range []string{"ns1.martdj.nl", "ns2.martdj.nl"} {
				if !strings.Contains(failure.Error(), host) {
					t.Errorf("%q does not name %s", failure.Error(), host)
				}
			}
		})
	}
}

func TestPrivateRootThatDoesNotAnswerIsAFailure(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.root.tell("refused")
	_, err := w.client(t).Query(t.Context(), owner("martdj.nl"), resolver.TXT)
	want := fmt.Sprintf("%s says nothing usable about martdj.nl: REFUSED", w.root.Addr)
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	if asked := w.asked(); len(asked) != 1 {
		t.Errorf("asked %q, want the root once", asked)
	}
}

func TestQueryEndsWithItsContext(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	w.nl.play(func(_, _ *dns.Msg, _ bool) []byte {
		cancel()
		return nil
	})
	_, err := w.client(t).Query(ctx, owner("www.martdj.nl"), resolver.TXT)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the context's own error", err)
	}
}
