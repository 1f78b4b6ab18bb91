package delegation_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"deputy/delegation"
	"deputy/fault"
	"deputy/name"
)

func owner(s string) name.Name { return name.MustParseOwner(s) }

func owners(list ...string) []name.Name {
	var names []name.Name
	for _, s := range list {
		names = append(names, owner(s))
	}
	return names
}

// text is a fault as a person reads it.
func text(f *fault.Fault) string {
	return fmt.Sprintf("%s\ntried: %s\nseen:  %s\ndo:    %s\nwho:   %s", f.Code, f.Tried, f.Seen, f.Do, f.Who)
}

func texts(faults []*fault.Fault) string {
	var all []string
	for _, f := range faults {
		all = append(all, text(f))
	}
	return strings.Join(all, "\n--\n")
}

// The faults, each built in real zones and read from the root, with the whole of what a person is told.
func TestFaults(t *testing.T) {
	t.Parallel()
	ours := delegation.Expectation{Zones: owners("martdj.dedyn.io"), Advice: owner("abc.martdj.dedyn.io")}
	custom := delegation.Expectation{Zones: owners("martdj.dedyn.io"), Target: owner("validation.martdj.dedyn.io"), Advice: owner("validation.martdj.dedyn.io")}
	for _, tt := range []struct {
		name   string
		script string
		cert   string // demohub.martdj.nl if empty
		expect delegation.Expectation
		hasty  bool // silence is part of it
		want   string
	}{
		{name: "healthy", expect: ours, script: `
			_acme-challenge.demohub.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io.`},
		{name: "healthy custom value", expect: custom, script: `
			_acme-challenge.demohub.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io.`},
		{name: "healthy with nothing set up", script: `
			_acme-challenge.demohub.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io.`},
		{name: "healthy wildcard", cert: "*.demohub.martdj.nl", expect: ours, script: `
			_acme-challenge.demohub.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io.`},
		{name: "healthy whatever the case", expect: ours, script: `
			_ACME-Challenge.DemoHub.MARTDJ.nl. 60 IN CNAME Validation.martdj.DEDYN.io.`},
		{name: "a target that means something else in a URL", expect: ours, script: `
			_acme-challenge.demohub.martdj.nl. 60 IN CNAME victim%2fTXT%2f?x.martdj.dedyn.io.`, want: `bad-target
tried: follow _acme-challenge.demohub.martdj.nl
seen:  the chain ends at victim%2ftxt%2f?x.martdj.dedyn.io, and deputy writes only at names of letters, digits, hyphens and underscores
do:    change the CNAME at _acme-challenge.demohub.martdj.nl to this
    _acme-challenge.demohub.martdj.nl. IN CNAME abc.martdj.dedyn.io.
which in the zone martdj.nl is
    _acme-challenge.demohub IN CNAME abc.martdj.dedyn.io.
it takes effect at the latest 1 minute (60 s) later
who:   the owner of the DNS`},
		{name: "direct", cert: "host.martdj.dedyn.io", expect: ours},
		{name: "direct custom value", cert: "martdj.dedyn.io", expect: delegation.Expectation{Target: owner("_acme-challenge.martdj.dedyn.io")}},
		{name: "an ordinary alias at the host", expect: ours, script: `
			_acme-challenge.demohub.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io.
			demohub.martdj.nl. 60 IN CNAME web.martdj.nl.
			web.martdj.nl. 60 IN A 192.0.2.1`},
		{name: "servfail", expect: ours, script: `
			server martdj.nl servfail`, want: `no-answer
tried: follow _acme-challenge.demohub.martdj.nl
seen:  ns1.martdj.nl (127.0.0.3:53) says nothing usable about _acme-challenge.demohub.martdj.nl: SERVFAIL
do:    try again; if it stays so, whoever runs the servers of martdj.nl has to mend them
who:   the owner of the DNS`},
		{name: "lame", script: `
			server martdj.nl lame`, want: `no-answer
tried: follow _acme-challenge.demohub.martdj.nl
seen:  ns1.martdj.nl (127.0.0.3:53) says nothing usable about _acme-challenge.demohub.martdj.nl: lame
do:    try again; if it stays so, whoever runs the servers of martdj.nl has to mend them
who:   the owner of the DNS`},
		{name: "truncated without TCP", script: `
			server martdj.nl no-tcp`, want: `no-answer
tried: follow _acme-challenge.demohub.martdj.nl
seen:  ns1.martdj.nl (127.0.0.3:53) says nothing usable about _acme-challenge.demohub.martdj.nl: truncated, and no TCP
do:    try again; if it stays so, whoever runs the servers of martdj.nl has to mend them
who:   the owner of the DNS`},
		{name: "silent", hasty: true, script: `
			server martdj.nl silent`, want: `no-answer
tried: follow _acme-challenge.demohub.martdj.nl
seen:  ns1.martdj.nl (127.0.0.3:53) says nothing usable about _acme-challenge.demohub.martdj.nl: no answer in 3 tries
do:    try again; if it stays so, see whether this machine may ask port 53 of that server, or ask through another resolver with --resolver
who:   you`},
		{name: "the target's zone refuses", expect: ours, script: `
			_acme-challenge.demohub.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io.
			server martdj.dedyn.io refused`, want: `no-answer
tried: follow _acme-challenge.demohub.martdj.nl
seen:  ns1.martdj.dedyn.io (127.0.0.6:53) says nothing usable about validation.martdj.dedyn.io: REFUSED
do:    try again; if it stays so, whoever runs the servers of martdj.dedyn.io has to mend them
who:   the DNS host`},
		{name: "loop", expect: ours, script: `
			_acme-challenge.demohub.martdj.nl. 60 IN CNAME a.martdj.nl.
			a.martdj.nl. 3600 IN CNAME b.martdj.nl.
			b.martdj.nl. 60 IN CNAME a.martdj.nl.`, want: `loop
tried: follow _acme-challenge.demohub.martdj.nl
seen:  ns1.martdj.nl (127.0.0.3:53) has a CNAME at b.martdj.nl that leads back to a.martdj.nl
do:    change the CNAME at _acme-challenge.demohub.martdj.nl to this
    _acme-challenge.demohub.martdj.nl. IN CNAME abc.martdj.dedyn.io.
which in the zone martdj.nl is
    _acme-challenge.demohub IN CNAME abc.martdj.dedyn.io.
it takes effect at the latest 1 minute (60 s) later
who:   the owner of the DNS`},
		{name: "a CNAME to itself at a server that follows it till it fails", script: `
			_acme-challenge.demohub.martdj.nl. 90 IN CNAME _acme-challenge.demohub.martdj.nl.
			server martdj.nl bind`, want: selfLoop},
		{name: "nine hops at a server that follows them till it fails", script: hops(9, "martdj.nl", "validation.martdj.dedyn.io.") + `
			server martdj.nl bind`, want: nineHops},
		{name: "a CNAME to itself", script: `
			_acme-challenge.demohub.martdj.nl. 90 IN CNAME _acme-challenge.demohub.martdj.nl.`, want: selfLoop},
		{name: "nine hops", script: hops(9, "martdj.nl", "validation.martdj.dedyn.io."), want: nineHops},
		{name: "CNAME at the host", expect: ours, script: `
			demohub.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io.`, want: `cname-at-host
tried: follow _acme-challenge.demohub.martdj.nl
seen:  demohub.martdj.nl is an alias of validation.martdj.dedyn.io, which has no address, and _acme-challenge.demohub.martdj.nl has no CNAME: it was made at the wrong name
do:    remove the CNAME at demohub.martdj.nl, and add this record
    _acme-challenge.demohub.martdj.nl. IN CNAME validation.martdj.dedyn.io.
which in the zone martdj.nl is
    _acme-challenge.demohub IN CNAME validation.martdj.dedyn.io.
it takes effect at the latest 5 minutes (300 s) later
who:   the owner of the DNS`},
		{name: "CNAME at the host, with nothing set up", script: `
			demohub.martdj.nl. 60 IN CNAME _acme-challenge.demohub.martdj.dedyn.io.`, want: `cname-at-host
tried: follow _acme-challenge.demohub.martdj.nl
seen:  demohub.martdj.nl is an alias of _acme-challenge.demohub.martdj.dedyn.io, which has no address, and _acme-challenge.demohub.martdj.nl has no CNAME: it was made at the wrong name
do:    remove the CNAME at demohub.martdj.nl, and add this record
    _acme-challenge.demohub.martdj.nl. IN CNAME _acme-challenge.demohub.martdj.dedyn.io.
which in the zone martdj.nl is
    _acme-challenge.demohub IN CNAME _acme-challenge.demohub.martdj.dedyn.io.
it takes effect at the latest 5 minutes (300 s) later
who:   the owner of the DNS`},
		{name: "an alias of nothing at the host, with nothing set up", script: `
			demohub.martdj.nl. 60 IN CNAME gone.martdj.dedyn.io.`, want: `cname-at-host
tried: follow _acme-challenge.demohub.martdj.nl
seen:  demohub.martdj.nl is an alias of gone.martdj.dedyn.io, which has no address, and _acme-challenge.demohub.martdj.nl has no CNAME: it looks as if it was made at the wrong name
do:    if it was meant for _acme-challenge.demohub.martdj.nl, remove the CNAME at demohub.martdj.nl, and add this record
    _acme-challenge.demohub.martdj.nl. IN CNAME gone.martdj.dedyn.io.
which in the zone martdj.nl is
    _acme-challenge.demohub IN CNAME gone.martdj.dedyn.io.
it takes effect at the latest 5 minutes (300 s) later
who:   the owner of the DNS`},
		{name: "an alias of nothing at the host that leads elsewhere than it should", expect: ours, script: `
			demohub.martdj.nl. 60 IN CNAME gone.martdj.nl.`, want: noDelegation("abc.martdj.dedyn.io.")},
		{name: "an ordinary alias at the host and no delegation", expect: ours, script: `
			demohub.martdj.nl. 60 IN CNAME web.martdj.dedyn.io.
			web.martdj.dedyn.io. 60 IN CNAME web2.martdj.dedyn.io.
			web2.martdj.dedyn.io. 60 IN AAAA 2001:db8::1`, want: noDelegation("abc.martdj.dedyn.io.")},
		{name: "no delegation", expect: ours, want: noDelegation("abc.martdj.dedyn.io.")},
		{name: "no delegation, custom value", expect: custom, want: noDelegation("validation.martdj.dedyn.io.")},
		{name: "no delegation, nothing set up", want: noDelegation("<your target>")},
		{name: "no delegation at a name that exists", cert: "martdj.nl", script: `
			www._acme-challenge.martdj.nl. 60 IN A 192.0.2.1`, want: `no-delegation
tried: follow _acme-challenge.martdj.nl
seen:  ns1.martdj.nl (127.0.0.3:53) says that _acme-challenge.martdj.nl has no CNAME
do:    add this record
    _acme-challenge.martdj.nl. IN CNAME <your target>
which in the zone martdj.nl is
    _acme-challenge IN CNAME <your target>
it takes effect at the latest 5 minutes (300 s) later
who:   the owner of the DNS`},
		{name: "TXT where the CNAME should be", script: `
			_acme-challenge.demohub.martdj.nl. 3600 IN TXT old`, want: `no-delegation
tried: follow _acme-challenge.demohub.martdj.nl
seen:  ns1.martdj.nl (127.0.0.3:53) says that _acme-challenge.demohub.martdj.nl has TXT records and no CNAME
do:    remove the TXT records at _acme-challenge.demohub.martdj.nl, beside which no CNAME may stand, and add this record
    _acme-challenge.demohub.martdj.nl. IN CNAME <your target>
which in the zone martdj.nl is
    _acme-challenge.demohub IN CNAME <your target>
it takes effect at the latest 1 hour (3600 s) later
who:   the owner of the DNS`},
		{name: "no domain", cert: "www.nowhere.nl", want: `no-delegation
tried: follow _acme-challenge.www.nowhere.nl
seen:  ns1.nl (127.0.0.2:53) says that _acme-challenge.www.nowhere.nl does not exist, nor does the domain nowhere.nl
do:    see that the name is right and that nowhere.nl is registered, and add this record
    _acme-challenge.www.nowhere.nl. IN CNAME <your target>
which in the zone nowhere.nl is
    _acme-challenge.www IN CNAME <your target>
it takes effect at the latest 5 minutes (300 s) later
who:   the owner of the DNS`},
		{name: "TXT beside the CNAME, shown one at a time", expect: ours, script: besideTXT, want: wantBesideTXT},
		{name: "TXT beside the CNAME, shown together", expect: ours, script: besideTXT + `
			server martdj.nl both`, want: wantBesideTXT},
		{name: "two CNAMEs", expect: ours, script: `
			_acme-challenge.demohub.martdj.nl. 60 IN CNAME a.martdj.dedyn.io.
			_acme-challenge.demohub.martdj.nl. 60 IN CNAME b.martdj.dedyn.io.
			server martdj.nl shuffle`, want: `other-data
tried: follow _acme-challenge.demohub.martdj.nl
seen:  ns1.martdj.nl (127.0.0.3:53) has more than one CNAME at _acme-challenge.demohub.martdj.nl
do:    keep one record at _acme-challenge.demohub.martdj.nl, this one if it is the right one
    _acme-challenge.demohub.martdj.nl. IN CNAME a.martdj.dedyn.io.
which in the zone martdj.nl is
    _acme-challenge.demohub IN CNAME a.martdj.dedyn.io.
it takes effect at the latest 1 minute (60 s) later
who:   the owner of the DNS`},
		{name: "wrong target", expect: custom, script: `
			_acme-challenge.demohub.martdj.nl. 86400 IN CNAME validate.martdj.dedyn.io.`, want: `wrong-target
tried: follow _acme-challenge.demohub.martdj.nl
seen:  the chain ends at validate.martdj.dedyn.io instead of validation.martdj.dedyn.io, says ns1.martdj.nl (127.0.0.3:53)
do:    change the CNAME at _acme-challenge.demohub.martdj.nl to this
    _acme-challenge.demohub.martdj.nl. IN CNAME validation.martdj.dedyn.io.
which in the zone martdj.nl is
    _acme-challenge.demohub IN CNAME validation.martdj.dedyn.io.
it takes effect at the latest 1 day (86400 s) later
who:   the owner of the DNS`},
		{name: "a domain that nobody has", script: `
			_acme-challenge.demohub.martdj.nl. 60 IN CNAME validation.martdjj.dedyn.io.`, want: `dangling-target
tried: follow _acme-challenge.demohub.martdj.nl
seen:  the chain ends at validation.martdjj.dedyn.io, but the servers of dedyn.io say that there is no martdjj.dedyn.io
do:    change the CNAME at _acme-challenge.demohub.martdj.nl to this
    _acme-challenge.demohub.martdj.nl. IN CNAME <your target>
which in the zone martdj.nl is
    _acme-challenge.demohub IN CNAME <your target>
it takes effect at the latest 1 minute (60 s) later
who:   the owner of the DNS`},
		{name: "our zone is not delegated", expect: delegation.Expectation{Zones: owners("new.dedyn.io")}, script: `
			_acme-challenge.demohub.martdj.nl. 60 IN CNAME validation.new.dedyn.io.`, want: `dangling-target
tried: follow _acme-challenge.demohub.martdj.nl
seen:  the zone new.dedyn.io, which should hold validation.new.dedyn.io, does not exist: the servers of dedyn.io know of no delegation
do:    make the zone new.dedyn.io at its DNS host, and have NS records for it added to dedyn.io
who:   you`},
		{name: "a cut above the target", expect: ours, script: `
			_acme-challenge.demohub.martdj.nl. 60 IN CNAME validation.sub.martdj.dedyn.io.
			zone sub.martdj.dedyn.io`, want: `hidden-by-cut
tried: follow _acme-challenge.demohub.martdj.nl
seen:  validation.sub.martdj.dedyn.io lies in the zone sub.martdj.dedyn.io, which is delegated away from martdj.dedyn.io: what is written there is not seen
do:    add a DNS Provider that holds the zone sub.martdj.dedyn.io, or remove its NS records from martdj.dedyn.io
who:   you`},
		{name: "a cut at the challenge name itself", cert: "martdj.dedyn.io", expect: ours, script: `
			zone _acme-challenge.martdj.dedyn.io`, want: `hidden-by-cut
tried: follow _acme-challenge.martdj.dedyn.io
seen:  _acme-challenge.martdj.dedyn.io lies in the zone _acme-challenge.martdj.dedyn.io, which is delegated away from martdj.dedyn.io: what is written there is not seen
do:    add a DNS Provider that holds the zone _acme-challenge.martdj.dedyn.io, or remove its NS records from martdj.dedyn.io
who:   you`},
		{name: "target in no zone of ours", expect: delegation.Expectation{Zones: owners("acme.example.org", "other.dedyn.io"), Advice: owner("abc.other.dedyn.io")}, script: `
			_acme-challenge.demohub.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io.`, want: `unmanaged-target
tried: follow _acme-challenge.demohub.martdj.nl
seen:  the chain ends at validation.martdj.dedyn.io in the zone martdj.dedyn.io, which no DNS Provider holds; they hold acme.example.org, other.dedyn.io
do:    change the CNAME at _acme-challenge.demohub.martdj.nl to this
    _acme-challenge.demohub.martdj.nl. IN CNAME abc.other.dedyn.io.
which in the zone martdj.nl is
    _acme-challenge.demohub IN CNAME abc.other.dedyn.io.
it takes effect at the latest 1 minute (60 s) later
or, if martdj.dedyn.io is yours, add a DNS Provider that holds it
who:   the owner of the DNS`},
		{name: "the zone's own name", expect: ours, script: `
			_acme-challenge.demohub.martdj.nl. 60 IN CNAME martdj.dedyn.io.`, want: `at-apex
tried: follow _acme-challenge.demohub.martdj.nl
seen:  the chain ends at martdj.dedyn.io, the zone's own name, instead of at a name in it
do:    change the CNAME at _acme-challenge.demohub.martdj.nl to this
    _acme-challenge.demohub.martdj.nl. IN CNAME abc.martdj.dedyn.io.
which in the zone martdj.nl is
    _acme-challenge.demohub IN CNAME abc.martdj.dedyn.io.
it takes effect at the latest 1 minute (60 s) later
who:   the owner of the DNS`},
		{name: "the middle of the chain is ours and the end is not", expect: ours, script: `
			_acme-challenge.demohub.martdj.nl. 60 IN CNAME middle.martdj.dedyn.io.
			middle.martdj.dedyn.io. 120 IN CNAME elsewhere.martdj.nl.`, want: `unmanaged-target
tried: follow _acme-challenge.demohub.martdj.nl
seen:  the chain ends at elsewhere.martdj.nl in the zone martdj.nl, which no DNS Provider holds; they hold martdj.dedyn.io
do:    remove this record, so that the chain ends in your zone martdj.dedyn.io
    middle.martdj.dedyn.io. IN CNAME elsewhere.martdj.nl.
which in the zone martdj.dedyn.io is
    middle IN CNAME elsewhere.martdj.nl.
it takes effect at the latest 2 minutes (120 s) later
or, if martdj.nl is yours, add a DNS Provider that holds it
who:   you`},
		{name: "a DNAME leads astray", expect: ours, script: `
			zone validation.nl
			demohub.martdj.nl. 60 IN DNAME validation.nl.`, want: `unmanaged-target
tried: follow _acme-challenge.demohub.martdj.nl
seen:  the chain ends at _acme-challenge.validation.nl in the zone validation.nl, which no DNS Provider holds; they hold martdj.dedyn.io
do:    replace the DNAME at demohub.martdj.nl, below which nothing else may stand, by single records; for this name that is
    _acme-challenge.demohub.martdj.nl. IN CNAME abc.martdj.dedyn.io.
which in the zone martdj.nl is
    _acme-challenge.demohub IN CNAME abc.martdj.dedyn.io.
it takes effect at the latest 1 minute (60 s) later
or, if validation.nl is yours, add a DNS Provider that holds it
who:   the owner of the DNS`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := newInternet(t, tt.script)
			dns := n.client()
			if tt.hasty {
				dns = n.patient(500 * time.Millisecond)
			}
			if tt.cert == "" {
				tt.cert = "demohub.martdj.nl"
			}
			chain, err := delegation.Follow(t.Context(), dns, owner(tt.cert))
			if err != nil {
				t.Fatal(err)
			}
			if got := n.plain(texts(delegation.Judge(chain, tt.expect))); got != tt.want {
				t.Errorf("got\n%s\nwant\n%s\nchain\n%s", got, tt.want, n.plain(strings.Join(delegation.Draw(chain), "\n")))
			}
		})
	}
}

const selfLoop = `loop
tried: follow _acme-challenge.demohub.martdj.nl
seen:  ns1.martdj.nl (127.0.0.3:53) has a CNAME at _acme-challenge.demohub.martdj.nl that leads back to _acme-challenge.demohub.martdj.nl
do:    change the CNAME at _acme-challenge.demohub.martdj.nl to this
    _acme-challenge.demohub.martdj.nl. IN CNAME <your target>
which in the zone martdj.nl is
    _acme-challenge.demohub IN CNAME <your target>
it takes effect at the latest 1 minute 30 seconds (90 s) later
who:   the owner of the DNS`

const nineHops = `too-long
tried: follow _acme-challenge.demohub.martdj.nl
seen:  h8.martdj.nl is the 9th CNAME in a row, at ns1.martdj.nl (127.0.0.3:53), and resolvers give up at about that many
do:    change the CNAME at _acme-challenge.demohub.martdj.nl to this
    _acme-challenge.demohub.martdj.nl. IN CNAME <your target>
which in the zone martdj.nl is
    _acme-challenge.demohub IN CNAME <your target>
it takes effect at the latest 1 minute (60 s) later
who:   the owner of the DNS`

const besideTXT = `
	_acme-challenge.demohub.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io.
	_acme-challenge.demohub.martdj.nl. 60 IN TXT left-over`

const wantBesideTXT = `other-data
tried: follow _acme-challenge.demohub.martdj.nl
seen:  ns1.martdj.nl (127.0.0.3:53) has TXT beside the CNAME at _acme-challenge.demohub.martdj.nl, where nothing else may stand (RFC 1034 §3.6.2)
do:    remove the TXT records at _acme-challenge.demohub.martdj.nl, and keep only this one
    _acme-challenge.demohub.martdj.nl. IN CNAME validation.martdj.dedyn.io.
which in the zone martdj.nl is
    _acme-challenge.demohub IN CNAME validation.martdj.dedyn.io.
it takes effect at the latest 1 minute (60 s) later
who:   the owner of the DNS`

func noDelegation(target string) string {
	return strings.ReplaceAll(`no-delegation
tried: follow _acme-challenge.demohub.martdj.nl
seen:  ns1.martdj.nl (127.0.0.3:53) says that _acme-challenge.demohub.martdj.nl does not exist
do:    add this record
    _acme-challenge.demohub.martdj.nl. IN CNAME TARGET
which in the zone martdj.nl is
    _acme-challenge.demohub IN CNAME TARGET
it takes effect at the latest 5 minutes (300 s) later
who:   the owner of the DNS`, "TARGET", target)
}

// hops is a chain of that many CNAMEs in zone, from the challenge name of demohub.martdj.nl to target.
func hops(count int, zone, target string) string {
	var lines []string
	at := "_acme-challenge.demohub.martdj.nl."
	for i := 1; i < count; i++ {
		next := fmt.Sprintf("h%d.%s.", i, zone)
		lines = append(lines, fmt.Sprintf("%s 60 IN CNAME %s", at, next))
		at = next
	}
	return strings.Join(append(lines, fmt.Sprintf("%s 60 IN CNAME %s", at, target)), "\n")
}
