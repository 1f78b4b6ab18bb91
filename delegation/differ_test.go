package delegation_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"deputy/delegation"
	"deputy/fault"
)

const (
	toTarget    = "_acme-challenge.demohub.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io."
	toOther     = "_acme-challenge.demohub.martdj.nl. 60 IN CNAME abc.martdj.dedyn.io."
	secondNl    = "second martdj.nl honest\n"
	wantDiffers = `servers-differ
tried: follow _acme-challenge.demohub.martdj.nl
seen:  %s has a CNAME at _acme-challenge.demohub.martdj.nl to %s.martdj.dedyn.io, and %s has %s
do:    let every server of the zone show this record; one that was not told of the change has to fetch the zone again
    _acme-challenge.demohub.martdj.nl. IN CNAME %s.martdj.dedyn.io.
which in the zone martdj.nl is
    _acme-challenge.demohub IN CNAME %s.martdj.dedyn.io.
it takes effect at the latest 1 minute (60 s) later
who:   the owner of the DNS`
	first  = "ns1.martdj.nl (127.0.0.3:53)"
	second = "ns2.martdj.nl (127.0.0.103:53)"
)

// One server has the CNAME and another none or another one, whoever answers first; which is told apart from a server
// that gives no usable answer, which is a note.
func TestServersThatDiffer(t *testing.T) {
	t.Parallel()
	ours := delegation.Expectation{Zones: owners("martdj.dedyn.io"), Advice: owner("validation.martdj.dedyn.io")}
	differs := func(has, target, other, says string) string {
		return fmt.Sprintf(wantDiffers, has, target, other, says, target, target)
	}
	for _, tt := range []struct {
		name, script, want string
		notes              []string
	}{
		{name: "both have it", script: toTarget},
		{name: "only the first has it", script: "only1 " + toTarget, want: differs(first, "validation", second, "no CNAME")},
		{name: "only the second has it", script: "only2 " + toTarget, want: differs(second, "validation", first, "no CNAME")},
		{name: "each has another", script: "only1 " + toTarget + "\nonly2 " + toOther, want: strings.ReplaceAll(differs(second, "abc", first, "a CNAME to validation.martdj.dedyn.io"), "CNAME abc.", "CNAME validation.")},
		{name: "the other is in trouble", script: toTarget + "\nserver martdj.nl servfail", notes: []string{"dead-server"}},
		{name: "the other refuses", script: toTarget + "\nserver martdj.nl refused", notes: []string{"dead-server"}},
		{name: "the other is lame", script: toTarget + "\nserver martdj.nl lame", notes: []string{"dead-server"}},
		{name: "a serial alone is nothing", script: toTarget + "\nonly2 martdj.nl. 3600 IN SOA ns2.martdj.nl. admin.martdj.nl. 9 7200 3600 1209600 300"},
		{name: "values of an order are seen by one", script: toTarget + "\nsecond martdj.dedyn.io honest\nonly2 validation.martdj.dedyn.io. 60 IN TXT some-value"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := newInternet(t, secondNl+tt.script)
			c, err := delegation.Follow(t.Context(), n.client(), owner("demohub.martdj.nl"))
			if err != nil {
				t.Fatal(err)
			}
			if got := n.plain(texts(delegation.Judge(c, ours))); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s", got, tt.want)
			}
			var notes []string
			for _, note := range c.Notes(ours) {
				if note.Code != "dnssec" && note.Code != "caa-unpinned" {
					notes = append(notes, note.Code)
				}
			}
			if !slices.Equal(notes, tt.notes) {
				t.Errorf("notes %v, want %v", notes, tt.notes)
			}
		})
	}
}

// Of several CNAMEs the one that all servers should show is the one that leads where values belong, whatever the chain was
// read from; with nothing set up nobody can say which.
func TestWhichRecordServersShouldShow(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, script, do string
		expect           delegation.Expectation
	}{
		{"a target is given, and one shows it", "only1 " + toTarget + "\nonly2 " + toOther, "show this record;", delegation.Expectation{Target: owner("validation.martdj.dedyn.io")}},
		{"a target is given, and none shows it", "only1 _acme-challenge.demohub.martdj.nl. 60 IN CNAME x.martdj.nl.\nonly2 " + toOther, "show this record;", delegation.Expectation{Target: owner("validation.martdj.dedyn.io")}},
		{"a zone is given, and one leads there", "only1 _acme-challenge.demohub.martdj.nl. 60 IN CNAME abc.martdj.nl.\nonly2 " + toTarget, "show this record;", delegation.Expectation{Zones: owners("martdj.dedyn.io")}},
		{"nothing is set up", "only1 " + toTarget + "\nonly2 _acme-challenge.demohub.martdj.nl. 60 IN CNAME x.martdj.nl.", "show the same record, this one if it is the right one;", delegation.Expectation{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, err := delegation.Follow(t.Context(), newInternet(t, secondNl+tt.script).client(), owner("demohub.martdj.nl"))
			if err != nil {
				t.Fatal(err)
			}
			f := delegation.Judge(c, tt.expect)
			if len(f) == 0 || f[0].Code != fault.ServersDiffer || !strings.Contains(f[0].Do, tt.do) || !strings.Contains(f[0].Do, "nl. IN CNAME validation.martdj.dedyn.io.") {
				t.Errorf("%s", texts(f))
			}
		})
	}
}

func TestDrawServersThatDiffer(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, script, want string }{
		{"none", secondNl + "only2 " + toTarget, `
_acme-challenge.demohub.martdj.nl
  └ CNAME validation.martdj.dedyn.io (60 s, ns2.martdj.nl 127.0.0.103)
  ≠ no CNAME (ns1.martdj.nl 127.0.0.3)
    zone martdj.dedyn.io at ns1.martdj.dedyn.io`},
		{"dead", secondNl + toTarget + "\nserver martdj.nl refused", `
_acme-challenge.demohub.martdj.nl
  └ CNAME validation.martdj.dedyn.io (60 s, ns2.martdj.nl 127.0.0.103)
    zone martdj.dedyn.io at ns1.martdj.dedyn.io
    ✗ ns1.martdj.nl (127.0.0.3:53), a server of martdj.nl: REFUSED`},
		{"wildcard", "*.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io.", `
_acme-challenge.demohub.martdj.nl
  └ CNAME validation.martdj.dedyn.io (60 s, ns1.martdj.nl 127.0.0.3) by a wildcard
    zone martdj.dedyn.io at ns1.martdj.dedyn.io`},
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

// Chains of 1 to 3 hops with several servers, wildcards elsewhere, DNAME, mixed case and a dead server have no fault.
func TestHealthyChainsOfManyServers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		script := []string{"*.martdj.nl. 60 IN TXT wild", "*.web.martdj.nl. 60 IN CNAME balancer.martdj.nl.", "demohub.martdj.nl. 60 IN A 192.0.2.1"}
		at := "_acme-challenge.demohub.martdj.nl."
		hops := rapid.IntRange(1, 3).Draw(r, "hops")
		for i := 1; i < hops; i++ {
			next := fmt.Sprintf("h%d.%s", i, rapid.SampledFrom([]string{"martdj.nl.", "dedyn.io.", "martdj.dedyn.io."}).Draw(r, "zone"))
			script = append(script, fmt.Sprintf("%s %d IN CNAME %s", at, rapid.IntRange(0, 86400).Draw(r, "ttl"), next))
			at = next
		}
		last := rapid.SampledFrom([]string{"validation.martdj.dedyn.io.", "Validation.MARTDJ.dedyn.IO.", "other.alias.martdj.nl."}).Draw(r, "last")
		script = append(script, fmt.Sprintf("%s 60 IN CNAME %s", at, last), "alias.martdj.nl. 60 IN DNAME martdj.dedyn.io.")
		for _, origin := range []string{"martdj.nl", "dedyn.io", "martdj.dedyn.io"} {
			if rapid.Bool().Draw(r, "second "+origin) {
				how := rapid.SampledFrom([]string{"honest", "shuffle", "truncate", "servfail", "refused", "lame"}).Draw(r, "how "+origin)
				script = append(script, "second "+origin+" "+how)
			}
		}
		n := newInternet(t, strings.Join(script, "\n"))
		c, err := delegation.Follow(t.Context(), n.client(), owner("demohub.martdj.nl"))
		if err != nil {
			r.Fatal(err)
		}
		expect := delegation.Expectation{Zones: owners("martdj.dedyn.io")}
		for _, e := range []delegation.Expectation{expect, {}} {
			if faults := delegation.Judge(c, e); len(faults) > 0 || !c.Target.In(owner("martdj.dedyn.io")) {
				r.Errorf("%s\nfaults %s\nchain %s", strings.Join(script, "\n"), texts(faults), strings.Join(delegation.Draw(c), "\n"))
			}
		}
	})
}

// In a network that loses or spoils what is sent, the verdict is the true one or that it can't be told.
func TestBrokenNetworksAreNeverWrong(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		script string
		code   fault.Code
	}{
		{toTarget, ""},
		{"", fault.NoDelegation},
		{"only1 " + toTarget, fault.ServersDiffer},
		{"demohub.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io.", fault.CNAMEAtHost},
	} {
		for _, how := range []string{"third", "truncate", "shuffle", "no-tcp", "silent"} {
			t.Run(how+" "+string(tt.code), func(t *testing.T) {
				t.Parallel()
				script := []string{"second martdj.nl honest", "second martdj.dedyn.io honest", tt.script}
				for _, origin := range []string{"nl", "martdj.nl", "dedyn.io", "martdj.dedyn.io"} {
					script = append(script, "server "+origin+" "+how)
				}
				n := newInternet(t, strings.Join(script, "\n"))
				c, err := delegation.Follow(t.Context(), n.patient(400*time.Millisecond), owner("demohub.martdj.nl"))
				if err != nil {
					t.Fatal(err)
				}
				verdict, code := c.Verdict(delegation.Expectation{Zones: owners("martdj.dedyn.io")})
				// What one server says alone, while the other is silent, is what can be seen of the zone.
				seen := code == tt.code || tt.code == fault.ServersDiffer && (code == "" || code == fault.NoDelegation)
				if verdict != delegation.Unknown && !seen {
					t.Errorf("%s %s, want %s or unknown\n%s", verdict, code, tt.code, strings.Join(delegation.Draw(c), "\n"))
				}
			})
		}
	}
}
