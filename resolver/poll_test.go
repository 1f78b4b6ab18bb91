package resolver_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"deputy/name"
	"deputy/resolver"
)

// told is one line for each reply of a poll: the server's host, and what it said.
func told(p resolver.Poll) []string {
	var lines []string
	for i, r := range p.Replies {
		what := fmt.Sprintf("exists %v", r.Answer.Exists)
		for _, record := range r.Answer.Records {
			what = record.Type.String() + " " + record.Target.String() + record.Text
		}
		if r.Failure != nil {
			what = r.Failure.Reason
		}
		if r.Server != p.Authority.Servers[i] {
			what += " (not in the authority's order)"
		}
		lines = append(lines, r.Server.Host.String()+": "+what)
	}
	return lines
}

// poll polls, and fails unless first was called once, with the poll's answer.
func poll(t *testing.T, c *resolver.Client, n name.Name) resolver.Poll {
	t.Helper()
	var answers []resolver.Answer
	p, err := c.Poll(t.Context(), n, resolver.TXT, func(a resolver.Answer) { answers = append(answers, a) })
	if err != nil {
		t.Fatal(err)
	}
	if len(answers) != 1 || answers[0].Server != p.Answer.Server || p.Question != n || p.Type != resolver.TXT {
		t.Errorf("first got %+v, the poll %+v", answers, p)
	}
	return p
}

const challengeName = "_acme-challenge.demohub.martdj.nl"

func TestPollAsksAllServersOfTheLastZoneOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := poll(t, w.client(t), owner(challengeName))
	want := []string{"ns1.martdj.nl: CNAME validation.martdj.dedyn.io", "ns2.martdj.nl: CNAME validation.martdj.dedyn.io"}
	if got := told(p); !slices.Equal(got, want) || p.Authority.Zone != owner("martdj.nl") || len(p.Authority.Unknown)+len(p.Authority.Silent) > 0 {
		t.Errorf("%q, %+v; want %q", got, p.Authority, want)
	}
	asked := w.asked()
	slices.Sort(asked)
	if got := eitherOf(asked)[:2]; !slices.Equal(got, []string{"1 TXT " + challengeName + ".", "2 TXT " + challengeName + "."}) {
		t.Errorf("asked %q", asked)
	}
	for _, line := range asked {
		if strings.HasPrefix(line, "5 ") {
			t.Errorf("asked %q: the target's zone is not the poll's", line)
		}
	}
}

// Each server's own word is kept, whatever the others say.
func TestPollKeepsWhatEachServerSaid(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ how, want string }{
		{"servfail", "SERVFAIL"}, {"refused", "REFUSED"}, {"silent", "no answer in 3 tries"}, {"lame", "lame"},
		{"recursor", "lame"}, {"no-tcp", "truncated, and no TCP"}, {"garbage", "an answer that is no DNS message"},
		{"wrong-id", "an answer that does not fit the question"}, {"wrong-question", "an answer that does not fit the question"},
		{"other-names", "an answer about other names"}, {"upper-no-tcp", "an answer that spells the question otherwise"},
		{"truncate", ""}, {"no-udp", ""}, {"shuffle", ""}, {"no-edns", ""}, {"drop", ""}, {"lower", ""}, {"lower-no-tcp", ""}, {"upper", ""},
	} {
		t.Run(tt.how, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.second.tell(tt.how)
			p := poll(t, w.client(t, hasty), owner(challengeName))
			good := "CNAME validation.martdj.dedyn.io"
			want := []string{"ns1.martdj.nl: " + good, "ns2.martdj.nl: " + tt.want}
			if tt.want == "" {
				want[1] = "ns2.martdj.nl: " + good
			}
			if got := told(p); !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
			w.martdj.tell(tt.how)
			_, err := w.client(t, hasty).Poll(t.Context(), owner(challengeName), resolver.TXT, func(resolver.Answer) {})
			var failure *resolver.Failure
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("with both: %v", err)
			case tt.want != "" && (!errors.As(err, &failure) || !strings.HasPrefix(failure.Reason, tt.want) || !strings.Contains(err.Error(), "ns1.martdj.nl") || !strings.Contains(err.Error(), "ns2.martdj.nl")):
				t.Errorf("with both: %v, want a Failure of both servers: %s", err, tt.want)
			}
		})
	}
}

func TestPollSeesThatServersDiffer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.second.zone("martdj.nl.", "martdj.nl. 3600 IN NS ns1.martdj.nl.", "martdj.nl. 3600 IN NS ns2.martdj.nl.")
	p := poll(t, w.client(t), owner(challengeName))
	want := []string{"ns1.martdj.nl: CNAME validation.martdj.dedyn.io", "ns2.martdj.nl: exists false"}
	if got := told(p); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// A server that only the zone names is asked too, and a family of which no address came.
func TestPollAsksWhatOnlyTheZoneKnows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	third := w.start()
	zone := []string{"martdj.nl. 3600 IN NS ns1.martdj.nl.", "martdj.nl. 3600 IN NS ns2.martdj.nl.", "martdj.nl. 3600 IN NS third.martdj.nl.",
		"third.martdj.nl. 60 IN A " + third.Addr.Addr().String(), "ns1.martdj.nl. 60 IN AAAA 100::1", challengeName + ". 60 IN TXT here"}
	for _, s := range []*server{w.martdj, w.second, third} {
		s.zone("martdj.nl.", zone...)
	}
	p := poll(t, w.client(t, hasty), owner(challengeName))
	got := told(p)
	want := []string{"ns1.martdj.nl: TXT here", "ns1.martdj.nl: ", "ns2.martdj.nl: TXT here", "third.martdj.nl: TXT here"}
	if len(got) != 4 || got[0] != want[0] || !p.Replies[1].Failure.Silent() || got[2] != want[2] || got[3] != want[3] {
		t.Errorf("%q, want %q", got, want)
	}
}

// A zone below that the same server holds gives no referral: its SOA shows it, and all of its servers are asked.
func TestPollFindsAZoneThatTheSameServerHolds(t *testing.T) {
	t.Parallel()
	for _, record := range []string{"60 IN CNAME validation.martdj.dedyn.io.", "60 IN TXT value", ""} {
		t.Run(record, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			third := w.start()
			below := []string{"demohub.martdj.nl. 3600 IN NS ns1.martdj.nl.", "demohub.martdj.nl. 3600 IN NS third.martdj.nl."}
			if record != "" {
				below = append(below, challengeName+". "+record)
			}
			third.zone("demohub.martdj.nl.", below...)
			w.martdj.zone("demohub.martdj.nl.", below...)
			for _, s := range []*server{w.martdj, w.second} {
				s.zone("martdj.nl.", "martdj.nl. 3600 IN NS ns1.martdj.nl.", "martdj.nl. 3600 IN NS ns2.martdj.nl.",
					below[0], below[1], "third.martdj.nl. 60 IN A "+third.Addr.Addr().String(), "ns1.martdj.nl. 60 IN A "+w.martdj.Addr.Addr().String())
			}
			p := poll(t, w.client(t), owner(challengeName))
			if p.Authority.Zone != owner("demohub.martdj.nl") || len(p.Replies) != 2 || p.Replies[0].Failure != nil || p.Replies[1].Failure != nil {
				t.Errorf("zone %s, %q", p.Authority.Zone, told(p))
			}
			if hosts := p.Authority.Servers; hosts[0].Host != owner("ns1.martdj.nl") || hosts[1].Host != owner("third.martdj.nl") {
				t.Errorf("servers %v", hosts)
			}
		})
	}
}

// A value at the top of a zone that the parent's server holds too: the zone is not the parent.
func TestPollOfAZonesTop(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, s := range []*server{w.martdj, w.second} {
		s.zone("martdj.nl.", "martdj.nl. 3600 IN NS ns1.martdj.nl.", "martdj.nl. 3600 IN NS ns2.martdj.nl.", "top.martdj.nl. 60 IN NS ns1.martdj.nl.",
			"ns1.martdj.nl. 60 IN A "+w.martdj.Addr.Addr().String(), "ns2.martdj.nl. 60 IN A "+w.second.Addr.Addr().String())
	}
	w.martdj.zone("top.martdj.nl.", "top.martdj.nl. 60 IN NS ns1.martdj.nl.", "top.martdj.nl. 60 IN TXT value")
	p := poll(t, w.client(t), owner("top.martdj.nl"))
	if p.Authority.Zone != owner("top.martdj.nl") || !slices.Equal(told(p), []string{"ns1.martdj.nl: TXT value"}) {
		t.Errorf("zone %s, %q", p.Authority.Zone, told(p))
	}
}

// Through a resolver the answer is its own, beside those of the authorities; where those can't be reached there are none.
func TestPollThroughAResolver(t *testing.T) {
	t.Parallel()
	for _, blocked := range []bool{false, true} {
		t.Run(fmt.Sprint("blocked ", blocked), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			front := w.start()
			zone := w.martdj
			front.play(func(asked, _ *dns.Msg, _ bool) []byte {
				zone.mu.Lock()
				m := zone.answer(asked)
				zone.mu.Unlock()
				m.Authoritative, m.RecursionAvailable = false, true
				return pack(m)
			})
			if blocked {
				w.second.tell("silent")
				w.martdj.tell("silent")
			}
			c := w.client(t, hasty, func(c *resolver.Config) { c.Recursive = "udp://" + front.Addr.String() })
			p := poll(t, c, owner(challengeName))
			if len(p.Answer.Of(owner(challengeName), resolver.CNAME)) != 1 || p.Answer.Server.Addr != front.Addr || p.Authority.Zone != owner("martdj.nl") || len(p.Authority.Servers) != 2 {
				t.Errorf("%+v", p)
			}
			want := []string{"ns1.martdj.nl: CNAME validation.martdj.dedyn.io", "ns2.martdj.nl: CNAME validation.martdj.dedyn.io"}
			if blocked {
				want = nil
			}
			if got := told(p); !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

func TestPollEndsWithItsContext(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	w.second.tell("silent")
	_, err := w.client(t).Poll(ctx, owner(challengeName), resolver.TXT, func(resolver.Answer) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the context's own error, after the first answer", err)
	}
}

// At the deadline the answers that came are kept, with who had not answered: a chain must not be read from one of them
// alone.
func TestPollKeepsWhatCameBeforeTheDeadline(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	third := w.start()
	third.tell("silent")
	zone := []string{"martdj.nl. 3600 IN NS ns1.martdj.nl.", "martdj.nl. 3600 IN NS ns2.martdj.nl.", "martdj.nl. 3600 IN NS third.martdj.nl.",
		"third.martdj.nl. 60 IN A " + third.Addr.Addr().String()}
	w.martdj.zone("martdj.nl.", append(zone, challengeName+". 60 IN TXT here")...)
	w.second.zone("martdj.nl.", zone...)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	p, err := w.client(t).Poll(ctx, owner(challengeName), resolver.TXT, func(resolver.Answer) {})
	want := []string{"ns1.martdj.nl: TXT here", "ns2.martdj.nl: exists false", "third.martdj.nl: no answer"}
	if got := told(p); err != nil || len(got) != 3 || got[0] != want[0] || got[1] != want[1] || !strings.HasPrefix(got[2], want[2]) {
		t.Errorf("%q, %v; want %q", got, err, want)
	}
}
