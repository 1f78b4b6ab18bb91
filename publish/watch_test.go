package publish

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"deputy/fault"
	"deputy/resolver"
	"deputy/store"
)

// TestWatch runs in virtual time: who counts, who is left out when, and who is waited for.
func TestWatch(t *testing.T) {
	const never = time.Hour
	const always = 1 << 30
	for _, c := range []struct {
		name    string
		servers func(now time.Time) []*server
		blocked bool
		late    int // searches that find nothing
		views   int
		at      time.Duration // when the watch is over
		says    []string      // kinds of events with words in their text, in order
		refused []string      // words of the fault, when it ends in one
	}{
		{name: "all show it at once", servers: func(time.Time) []*server {
			return []*server{{host: "ns1.io", addr: "192.0.2.1"}, {host: "ns2.io", addr: "192.0.2.2"}}
		}, at: 0, says: []string{"await asking 2 servers", "seen every server"}},

		{name: "a secondary is 3 s late", servers: func(now time.Time) []*server {
			return []*server{{host: "ns1.io", addr: "192.0.2.1"}, {host: "ns2.io", addr: "192.0.2.2", from: now.Add(3 * time.Second)}}
		}, at: 3 * time.Second, says: []string{"await 1 of 2 servers show the value; not yet: ns2.io (192.0.2.2:53) (serial 17)", "await 2 of 2", "seen"}},

		{name: "a secondary is minutes late", servers: func(now time.Time) []*server {
			return []*server{{host: "ns1.io", addr: "192.0.2.1"}, {host: "ns2.io", addr: "192.0.2.2", from: now.Add(5 * time.Minute)}}
		}, at: 5 * time.Minute, says: []string{"await 1 of 2", "seen"}},

		{name: "a dead server is named and left out after the grace", servers: func(time.Time) []*server {
			return []*server{{host: "ns1.io", addr: "192.0.2.1"}, {host: "ns2.io", addr: "192.0.2.2", failure: "no answer in 3 tries"}}
		}, at: 10 * time.Second, says: []string{"silent left out: ns2.io (192.0.2.2:53): no answer in 3 tries; no address of this name server is left", "seen"}},

		{name: "of a dead server with two addresses the last one tells", servers: func(time.Time) []*server {
			return []*server{{host: "ns1.io", addr: "192.0.2.1"}, {host: "ns2.io", addr: "192.0.2.2", failure: "no answer in 3 tries"}, {host: "ns2.io", addr: "2001:db8::2", failure: "no route"}}
		}, at: 10 * time.Second, says: []string{"silent left out: ns2.io (192.0.2.2:53): no answer in 3 tries$", "silent left out: ns2.io ([2001:db8::2]:53): no route; no address of this name server is left, so it is left out as a whole$", "seen"}},

		{name: "so is one address of two, without a route", servers: func(time.Time) []*server {
			return []*server{{host: "ns1.io", addr: "192.0.2.1"}, {host: "ns1.io", addr: "2001:db8::1", failure: "no route"}}
		}, at: 10 * time.Second, says: []string{"silent left out: ns1.io ([2001:db8::1]:53): no route$", "seen"}},

		{name: "and one that is lame", servers: func(time.Time) []*server {
			return []*server{{host: "ns1.io", addr: "192.0.2.1"}, {host: "ns2.io", addr: "192.0.2.2", failure: "REFUSED"}}
		}, at: 10 * time.Second, says: []string{"silent left out: ns2.io (192.0.2.2:53): REFUSED", "seen"}},

		{name: "a server whose address can't be looked up is left out after the grace", servers: func(time.Time) []*server {
			return []*server{{host: "ns1.io", addr: "192.0.2.1"}, {host: "ns2.io", addr: "192.0.2.2", hidden: always}}
		}, at: 10 * time.Second, says: []string{
			"await asking 2 servers", "await 1 of 2 servers show the value; not yet: ns2.io (its IPv4 address can't be looked up: SERVFAIL)",
			"silent left out: ns2.io: its IPv4 address can't be looked up: SERVFAIL; no address of this name server is left", "seen"}},

		{name: "so is one address of two", servers: func(time.Time) []*server {
			return []*server{{host: "ns1.io", addr: "192.0.2.1", hidden: always}, {host: "ns1.io", addr: "2001:db8::1"}}
		}, at: 10 * time.Second, says: []string{"silent left out: ns1.io: its IPv4 address can't be looked up: SERVFAIL$", "seen"}},

		{name: "an address that turns up is asked like the others", servers: func(now time.Time) []*server {
			return []*server{{host: "ns1.io", addr: "192.0.2.1"}, {host: "ns2.io", addr: "192.0.2.2", hidden: 3, from: now.Add(40 * time.Second)}}
		}, at: 40 * time.Second, says: []string{"await 1 of 2 servers show the value; not yet: ns2.io (192.0.2.2:53) (serial 17)", "await 2 of 2", "seen"}},

		{name: "so is one that turns up when the grace is over", servers: func(now time.Time) []*server {
			return []*server{{host: "ns1.io", addr: "192.0.2.1", from: now.Add(never)}, {host: "ns2.io", addr: "192.0.2.2", hidden: 60}, {host: "ns3.io", addr: "192.0.2.3", from: now.Add(never)}}
		}, at: 15 * time.Minute, says: []string{"silent left out: ns2.io", "await 1 of 3 servers"}, refused: []string{"ns1.io", "ns3.io"}},

		{name: "one that turns up and is silent is left out after a grace of its own", servers: func(time.Time) []*server {
			return []*server{{host: "ns1.io", addr: "192.0.2.1"}, {host: "ns2.io", addr: "192.0.2.2", hidden: 4, failure: "no answer in 3 tries"}}
		}, at: 10750 * time.Millisecond, says: []string{"silent left out: ns2.io (192.0.2.2:53): no answer in 3 tries; no address", "seen"}},

		{name: "a server without an address is named at once, and not waited for", servers: func(time.Time) []*server {
			return []*server{{host: "ns1.io", addr: "192.0.2.1"}, {host: "ns2.io", addr: "192.0.2.2", without: true}}
		}, at: 0, says: []string{"silent left out: the name server ns2.io, which has no address$", "await asking 1 server ", "seen"}},

		{name: "servers that are found later are asked", late: 3, servers: func(now time.Time) []*server {
			return []*server{{host: "ns1.io", addr: "192.0.2.1", from: now.Add(5 * time.Second)}}
		}, views: 2, at: 5 * time.Second, says: []string{"await asking 0 servers", "await 0 of 1 servers show the value; not yet: ns1.io (192.0.2.1:53) (serial 17)", "seen"}},

		{name: "one that answers again outweighs the public resolvers", servers: func(now time.Time) []*server {
			return []*server{{host: "ns1.io", addr: "192.0.2.1", hidden: 60, from: now.Add(never)}}
		}, views: 1, at: 15 * time.Minute, says: []string{"weaker weaker:"}, refused: []string{"ns1.io (192.0.2.1:53) (serial 17)"}},

		{name: "a server that answers without it is never left out", servers: func(now time.Time) []*server {
			return []*server{{host: "ns1.io", addr: "192.0.2.1"}, {host: "ns2.io", addr: "192.0.2.2", from: now.Add(never)}}
		}, at: 15 * time.Minute, refused: []string{"ns2.io (192.0.2.2:53) (serial 17)", "15m0s", "validation.martdj.dedyn.io"}},

		{name: "when nobody answers, two public resolvers", servers: func(time.Time) []*server {
			return []*server{{host: "ns1.io", addr: "192.0.2.1", failure: "no answer in 3 tries"}}
		}, views: 2, at: 10 * time.Second, says: []string{"silent left out: ns1.io", "weaker weaker:", "seen"}},

		{name: "the same when the servers can't be found", blocked: true, servers: func(time.Time) []*server { return nil },
			views: 2, at: 10 * time.Second, says: []string{"silent the servers of the zone can't be found", "weaker weaker:", "seen"}},

		{name: "one public resolver is not enough", servers: func(time.Time) []*server {
			return []*server{{host: "ns1.io", addr: "192.0.2.1", failure: "no answer in 3 tries"}}
		}, views: 1, at: 15 * time.Minute, refused: []string{"a public resolver"}},

		{name: "nobody at all", blocked: true, servers: func(time.Time) []*server { return nil },
			at: 15 * time.Minute, refused: []string{"no server of the zone answers", "port 53"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				w := newWorld(additive)
				w.write(validation, "value", "foreign")
				dns := serve(w, c.servers(began)...)
				dns.list = c.servers(began)
				dns.blocked, dns.late, dns.views = c.blocked, c.late, c.views
				r := &recorder{}
				k := &Keeper{Host: w, DNS: dns, Tell: r.tell}
				h := &Held{sites: []*site{{owner: validation, traits: additive, publications: []store.Publication{{Target: target(validation, "a.nl"), Value: "value"}}}}}
				watch, err := k.watch(t.Context(), h)
				if err != nil {
					t.Fatal(err)
				}
				err = k.untilShown(t.Context(), h, watch)
				if took := time.Since(began); took < c.at || took > c.at+pace(c.at)+250*time.Millisecond {
					t.Errorf("it took %s, want %s and at most one pause more", took, c.at)
				}
				mustSay(t, r.events, c.says)
				if c.refused != nil {
					mustFault(t, err, fault.NotPropagated, c.refused...)
				} else if err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}

// mustSay looks for events, "kind words of the text", in this order; with "$" behind, the text ends there.
func mustSay(t *testing.T, events []store.Event, want []string) {
	t.Helper()
	i := 0
	for _, e := range events {
		if i == len(want) {
			return
		}
		kind, words, _ := strings.Cut(want[i], " ")
		whole, ends := strings.CutSuffix(words, "$")
		if e.Kind == "publish."+kind && strings.Contains(e.Text, whole) && (!ends || strings.HasSuffix(e.Text, whole)) {
			i++
		}
	}
	if i == len(want) {
		return
	}
	t.Errorf("no event %q after those before it, in %v", want[i], events)
}

// TestAnsweredOnce: a server that answered without the value and then falls silent is waited for: it may answer the CA.
func TestAnsweredOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(additive)
		w.write(validation, "value")
		dns := serve(w)
		dns.list[1].catches = 1 << 30
		k := &Keeper{Host: w, DNS: dns}
		h := &Held{sites: []*site{{owner: validation, traits: additive, publications: []store.Publication{{Target: target(validation, "a.nl"), Value: "value"}}}}}
		watch, err := k.watch(t.Context(), h)
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			time.Sleep(2 * time.Second) // virtual
			dns.change(func() { dns.list[1].failure = "no answer in 3 tries" })
		}()
		mustFault(t, k.untilShown(t.Context(), h, watch), fault.NotPropagated, "ns2.desec.org", "answered before")
	})
}

func TestPace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ waited, want time.Duration }{
		{0, 250 * time.Millisecond}, {2 * time.Second, 250 * time.Millisecond}, {20 * time.Second, 2 * time.Second}, {10 * time.Minute, 5 * time.Second},
	} {
		if got := pace(c.waited); got != c.want {
			t.Errorf("pace(%s) = %s, want %s", c.waited, got, c.want)
		}
	}
}

// TestShows: octet for octet, at this owner, and all of them.
func TestShows(t *testing.T) {
	t.Parallel()
	answer := func(texts ...string) resolver.Answer {
		a := resolver.Answer{Exists: true, Records: []resolver.Record{{Owner: testZone, Type: resolver.TXT, Text: "elsewhere"}}}
		for _, text := range texts {
			a.Records = append(a.Records, resolver.Record{Owner: validation, Type: resolver.TXT, Text: text})
		}
		return a
	}
	for _, c := range []struct {
		answer resolver.Answer
		want   []string
		shows  bool
	}{
		{answer("Value"), []string{"Value"}, true},
		{answer("foreign", "Value", "Other"), []string{"Value", "Other"}, true},
		{answer("Value"), []string{"Value", "Other"}, false},
		{answer("value"), []string{"Value"}, false},
		{answer(`"Value"`), []string{"Value"}, false},
		{answer(), []string{"elsewhere"}, false},
	} {
		if got := shows(c.answer, want{owner: validation, values: c.want}); got != c.shows {
			t.Errorf("shows(%v, %q) = %v", c.answer.Records, c.want, got)
		}
	}
}
