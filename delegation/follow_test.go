package delegation_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"deputy/delegation"
	"deputy/fault"
	"deputy/name"
	"deputy/resolver"
)

// What is asked for a healthy one-hop name from the root: one question for each delegation crossed, and at the zones of
// the challenge name and of the target TXT, NS and the addresses that did not come with the referral, each of every
// server; beside these CAA at each name from the certificate's up, and a name that nobody made. How many walk down the
// first delegations side by side is chance, so each question counts once.
func TestFollowAsksNoMoreThanItNeeds(t *testing.T) {
	t.Parallel()
	n := newInternet(t, "_acme-challenge.demohub.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io.")
	chain, err := delegation.Follow(t.Context(), n.client(), owner("demohub.martdj.nl"))
	if err != nil || chain.Target != owner("validation.martdj.dedyn.io") {
		t.Fatalf("%+v, %v", chain, err)
	}
	want := []string{
		".: TXT validation.martdj.dedyn.io.",
		"dedyn.io.: TXT validation.martdj.dedyn.io.",
		"io.: TXT validation.martdj.dedyn.io.",
		"martdj.dedyn.io.: AAAA ns1.martdj.dedyn.io.",
		"martdj.dedyn.io.: NS martdj.dedyn.io.",
		"martdj.dedyn.io.: TXT validation.martdj.dedyn.io.",
		"martdj.nl.: AAAA ns1.martdj.nl.",
		"martdj.nl.: CAA demohub.martdj.nl.",
		"martdj.nl.: CAA martdj.nl.",
		"martdj.nl.: NS martdj.nl.",
		"martdj.nl.: SOA demohub.martdj.nl.", // the zone of an alias is that of the name above it
		"martdj.nl.: TXT _acme-challenge.demohub.martdj.nl.",
		"martdj.nl.: TXT _acme-….demohub.martdj.nl.",
		"nl.: CAA nl.",
	}
	var got []string
	for _, asked := range n.asked() {
		zone, question, _ := strings.Cut(asked, ": ")
		if kind, name, _ := strings.Cut(question, " "); strings.HasPrefix(name, "_acme-") && !strings.HasPrefix(name, "_acme-challenge.") {
			_, host, _ := strings.Cut(name, ".")
			asked = zone + ": " + kind + " _acme-…." + host
		}
		if strings.HasSuffix(question, "nl.") && (zone == "." || zone == "nl." && question != "CAA nl.") {
			continue // on the way down
		}
		got = append(got, asked)
	}
	slices.Sort(got)
	if got = slices.Compact(got); !slices.Equal(got, want) {
		t.Errorf("asked\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestFollowKeepsWhatItSaw(t *testing.T) {
	t.Parallel()
	n := newInternet(t, `
		_acme-challenge.demohub.martdj.nl. 60 IN CNAME alias.martdj.nl.
		alias.martdj.nl. 3600 IN CNAME validation.martdj.dedyn.io.
		validation.martdj.dedyn.io. 60 IN TXT "first " "value"
		validation.martdj.dedyn.io. 60 IN TXT second`)
	c, err := delegation.Follow(t.Context(), n.client(), owner("*.demohub.martdj.nl"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Cert != owner("*.demohub.martdj.nl") || c.Challenge != owner("_acme-challenge.demohub.martdj.nl") || len(c.Hops) != 2 {
		t.Fatalf("chain %+v", c)
	}
	second := c.Hops[1]
	if second.Owner != owner("alias.martdj.nl") || second.Target != c.Target || second.TTL != 3600 || second.Server.Host != owner("ns1.martdj.nl") {
		t.Errorf("second hop %+v", second)
	}
	if !c.Exists || !slices.Equal(c.Texts, []string{"first value", "second"}) || c.NegTTL != 0 {
		t.Errorf("at the target: %v, %q, negative TTL %d", c.Exists, c.Texts, c.NegTTL)
	}
	if c.Zone != owner("martdj.dedyn.io") || c.OwnerZone != owner("martdj.nl") || c.Authority.Zone != c.Zone || len(c.Authority.Servers) != 1 {
		t.Errorf("zones %s and %s, authority %+v", c.Zone, c.OwnerZone, c.Authority)
	}
	if c.After() != time.Hour {
		t.Errorf("after %s, want the longest TTL", c.After())
	}
}

func TestFollowRefusesANameWhoseChallengeCanNotExist(t *testing.T) {
	t.Parallel()
	label := strings.Repeat("a", 59)
	long := owner(strings.Join([]string{label, label, label, label, "nl"}, "."))
	_, err := delegation.Follow(t.Context(), nobody{}, long)
	if f, ok := fault.From(err); !ok || f.Code != fault.BadName {
		t.Errorf("%v, want a fault bad-name", err)
	}
}

// nobody is a resolver that must not be asked.
type nobody struct{}

func (nobody) Query(context.Context, name.Name, resolver.Type) (resolver.Answer, error) {
	panic("asked")
}
func (nobody) Poll(context.Context, name.Name, resolver.Type, func(resolver.Answer)) (resolver.Poll, error) {
	panic("asked")
}
func (nobody) Security(context.Context, name.Name, resolver.Type) (resolver.Security, error) {
	panic("asked")
}

// gone is a resolver whose caller gave up.
type gone struct{}

func (gone) Query(ctx context.Context, _ name.Name, _ resolver.Type) (resolver.Answer, error) {
	return resolver.Answer{}, ctx.Err()
}
func (gone) Poll(ctx context.Context, _ name.Name, _ resolver.Type, _ func(resolver.Answer)) (resolver.Poll, error) {
	return resolver.Poll{}, ctx.Err()
}
func (gone) Security(ctx context.Context, _ name.Name, _ resolver.Type) (resolver.Security, error) {
	return resolver.Security{}, ctx.Err()
}

func TestFollowEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if c, err := delegation.Follow(ctx, gone{}, owner("martdj.nl")); !errors.Is(err, context.Canceled) || c.Failure != nil {
		t.Errorf("%+v, %v; want the context's error and no fact", c, err)
	}
}

func TestDraw(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, script, want string }{
		{"healthy", "_acme-challenge.demohub.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io.", `
_acme-challenge.demohub.martdj.nl
  └ CNAME validation.martdj.dedyn.io (60 s, ns1.martdj.nl 127.0.0.3)
    zone martdj.dedyn.io at ns1.martdj.dedyn.io`},
		{"two hops", `
			_acme-challenge.demohub.martdj.nl. 60 IN CNAME alias.martdj.nl.
			alias.martdj.nl. 3600 IN CNAME validation.martdj.dedyn.io.`, `
_acme-challenge.demohub.martdj.nl
  └ CNAME alias.martdj.nl (60 s, ns1.martdj.nl 127.0.0.3)
    └ CNAME validation.martdj.dedyn.io (3600 s, ns1.martdj.nl 127.0.0.3)
      zone martdj.dedyn.io at ns1.martdj.dedyn.io`},
		{"none", "", `
_acme-challenge.demohub.martdj.nl
  └ no such name (300 s, ns1.martdj.nl 127.0.0.3)
  zone martdj.nl at ns1.martdj.nl`},
		{"at the host", "demohub.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io.", `
_acme-challenge.demohub.martdj.nl
  └ no such name (300 s, ns1.martdj.nl 127.0.0.3)
  but demohub.martdj.nl CNAME validation.martdj.dedyn.io
  zone martdj.nl at ns1.martdj.nl`},
		{"TXT beside", besideTXT, `
_acme-challenge.demohub.martdj.nl
  └ CNAME validation.martdj.dedyn.io (60 s, ns1.martdj.nl 127.0.0.3) beside TXT
    zone martdj.dedyn.io at ns1.martdj.dedyn.io`},
		{"loop", `
			_acme-challenge.demohub.martdj.nl. 60 IN CNAME a.martdj.nl.
			a.martdj.nl. 60 IN CNAME a.martdj.nl.`, `
_acme-challenge.demohub.martdj.nl
  └ CNAME a.martdj.nl (60 s, ns1.martdj.nl 127.0.0.3)
    └ CNAME a.martdj.nl (60 s, ns1.martdj.nl 127.0.0.3)
      ↺ back to a.martdj.nl`},
		{"failure", `
			_acme-challenge.demohub.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io.
			server dedyn.io refused`, `
_acme-challenge.demohub.martdj.nl
  └ CNAME validation.martdj.dedyn.io (60 s, ns1.martdj.nl 127.0.0.3)
    ? ns1.dedyn.io (127.0.0.5:53) says nothing usable about validation.martdj.dedyn.io: REFUSED`},
		{"a server without address", `
			_acme-challenge.demohub.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io.
			martdj.dedyn.io. 60 IN NS nowhere.martdj.nl.`, `
_acme-challenge.demohub.martdj.nl
  └ CNAME validation.martdj.dedyn.io (60 s, ns1.martdj.nl 127.0.0.3)
    zone martdj.dedyn.io at ns1.martdj.dedyn.io, nowhere.martdj.nl (no address)`},
		{"too long", hops(9, "martdj.nl", "validation.martdj.dedyn.io."), `
_acme-challenge.demohub.martdj.nl
  └ CNAME h1.martdj.nl (60 s, ns1.martdj.nl 127.0.0.3)
    └ CNAME h2.martdj.nl (60 s, ns1.martdj.nl 127.0.0.3)
      └ CNAME h3.martdj.nl (60 s, ns1.martdj.nl 127.0.0.3)
        └ CNAME h4.martdj.nl (60 s, ns1.martdj.nl 127.0.0.3)
          └ CNAME h5.martdj.nl (60 s, ns1.martdj.nl 127.0.0.3)
            └ CNAME h6.martdj.nl (60 s, ns1.martdj.nl 127.0.0.3)
              └ CNAME h7.martdj.nl (60 s, ns1.martdj.nl 127.0.0.3)
                └ CNAME h8.martdj.nl (60 s, ns1.martdj.nl 127.0.0.3)
                  └ CNAME validation.martdj.dedyn.io (60 s, ns1.martdj.nl 127.0.0.3)
                    … more than 8 CNAMEs`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := newInternet(t, tt.script)
			c, err := delegation.Follow(t.Context(), n.client(), owner("demohub.martdj.nl"))
			if err != nil {
				t.Fatal(err)
			}
			if got := n.plain(strings.Join(delegation.Draw(c), "\n")); "\n"+got != tt.want {
				t.Errorf("got\n%s\nwant%s", got, tt.want)
			}
		})
	}
}

// A name server whose address look-up failed is drawn once, with the reason, unless another of its addresses is known.
func TestDrawUnknownAddress(t *testing.T) {
	t.Parallel()
	failed := func(host string, family resolver.Type) resolver.AddressLookup {
		return resolver.AddressLookup{Host: owner(host), Type: family, Failure: &resolver.Failure{Reason: "SERVFAIL"}}
	}
	c := delegation.Chain{
		Challenge: owner("_acme-challenge.martdj.nl"), Hops: []delegation.Hop{{Target: owner("a.martdj.nl")}}, Zone: owner("martdj.nl"),
		Authority: resolver.Authority{
			Servers: []resolver.Server{{Host: owner("ns1.martdj.nl")}},
			Unknown: []resolver.AddressLookup{failed("ns1.martdj.nl", resolver.AAAA), failed("ns2.martdj.nl", resolver.A), failed("ns2.martdj.nl", resolver.AAAA)},
		},
	}
	lines := delegation.Draw(c)
	if got, want := strings.TrimSpace(lines[len(lines)-1]), "zone martdj.nl at ns1.martdj.nl, ns2.martdj.nl (address not known: SERVFAIL)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
