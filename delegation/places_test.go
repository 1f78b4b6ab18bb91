package delegation_test

import (
	"strings"
	"testing"

	"deputy/delegation"
	"deputy/fault"
)

// Records at the wrong place, or that nobody made: the code, where, and the record that mends it.
func TestPlaces(t *testing.T) {
	t.Parallel()
	ours := delegation.Expectation{Zones: owners("martdj.dedyn.io"), Advice: owner("abc.martdj.dedyn.io")}
	nothing := delegation.Expectation{}
	longest := strings.Repeat(strings.Repeat("a", 63)+".", 3) + strings.Repeat("b", 35) + ".martdj.nl"
	const right = "_acme-challenge.demohub.martdj.nl. IN CNAME validation.martdj.dedyn.io."
	for _, tt := range []struct {
		name, script, cert string
		expect             delegation.Expectation
		code               fault.Code
		at, do             string
	}{
		{name: "star label", cert: "*.demohub.martdj.nl", script: `_acme-challenge.*.demohub.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io.`,
			expect: ours, code: fault.StarLabel, at: "_acme-challenge.demohub.martdj.nl", do: right},
		{name: "zone doubled", script: `_acme-challenge.demohub.martdj.nl.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io.`,
			expect: ours, code: fault.ZoneDoubled, at: "_acme-challenge.demohub.martdj.nl", do: right},
		{name: "zone doubled, nothing set up", script: `_acme-challenge.demohub.martdj.nl.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io.`,
			expect: nothing, code: fault.ZoneDoubled, at: "_acme-challenge.demohub.martdj.nl", do: right},
		{name: "missing dot", script: `_acme-challenge.demohub.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io.martdj.nl.`,
			expect: ours, code: fault.MissingDot, at: "_acme-challenge.demohub.martdj.nl", do: right},
		{name: "missing dot, nothing set up", script: `_acme-challenge.demohub.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io.martdj.nl.`,
			expect: nothing, code: fault.MissingDot, at: "_acme-challenge.demohub.martdj.nl", do: right},
		{name: "missing dot at the second hop", script: `_acme-challenge.demohub.martdj.nl. 60 IN CNAME a.sub.martdj.nl.
			zone sub.martdj.nl
			a.sub.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io.sub.martdj.nl.`, expect: ours, code: fault.MissingDot, at: "a.sub.martdj.nl",
			do: "which in the zone sub.martdj.nl is\n    a IN CNAME validation.martdj.dedyn.io."},
		{name: "missing dot, and a wildcard answers for what came of it", script: `_acme-challenge.demohub.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io.martdj.nl.
			*.martdj.nl. 60 IN A 192.0.2.7`, expect: ours, code: fault.MissingDot, at: "_acme-challenge.demohub.martdj.nl", do: right},
		{name: "missing dot and wildcard, nothing set up", script: `_acme-challenge.demohub.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io.martdj.nl.
			*.martdj.nl. 60 IN A 192.0.2.7`, expect: nothing, code: fault.MissingDot, at: "_acme-challenge.demohub.martdj.nl", do: right},
		{name: "missing dot to a zone whose servers fail, nothing set up", script: `_acme-challenge.demohub.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io.martdj.nl.
			server martdj.dedyn.io servfail`, expect: nothing, code: fault.MissingDot, at: "_acme-challenge.demohub.martdj.nl", do: right},
		{name: "a target that was made, in a zone with a wildcard", script: `_acme-challenge.demohub.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io.martdj.nl.
			*.martdj.nl. 60 IN A 192.0.2.7
			validation.martdj.dedyn.io.martdj.nl. 60 IN TXT made`, expect: nothing},
		{name: "a host in the zone under which others register", cert: "there.dedyn.io", script: `there.dedyn.io. 60 IN A 192.0.2.7`, expect: nothing,
			code: fault.NoDelegation, at: "_acme-challenge.there.dedyn.io", do: "which in the zone dedyn.io is\n    _acme-challenge.there IN CNAME <your target>"},
		{name: "a target below a host in the zone under which others register", script: `there.dedyn.io. 60 IN A 192.0.2.7
			_acme-challenge.demohub.martdj.nl. 60 IN CNAME x.there.dedyn.io.`, expect: nothing},
		{name: "a target of the own zone is no missing dot", script: `_acme-challenge.demohub.martdj.nl. 60 IN CNAME acme.challenges.martdj.nl.`, expect: nothing},
		{name: "wildcard", script: `*.martdj.nl. 60 IN CNAME balancer.martdj.nl.
			balancer.martdj.nl. 60 IN A 192.0.2.7`, expect: ours, cert: "new.martdj.nl", code: fault.WildcardCaught, at: "_acme-challenge.new.martdj.nl",
			do: "_acme-challenge.new.martdj.nl. IN CNAME abc.martdj.dedyn.io."},
		{name: "a host that is a wildcard's itself", script: `*.martdj.nl. 60 IN A 192.0.2.7`, expect: ours, cert: "new.martdj.nl",
			code: fault.NoDelegation, at: "_acme-challenge.new.martdj.nl", do: "and give new.martdj.nl a record of its own first"},
		{name: "wildcard, nothing set up", script: `*.martdj.nl. 60 IN CNAME balancer.martdj.nl.
			balancer.martdj.nl. 60 IN A 192.0.2.7`, expect: nothing, cert: "new.martdj.nl", code: fault.WildcardCaught, at: "_acme-challenge.new.martdj.nl", do: "<your target>"},
		{name: "wildcard, at the longest name", script: "*.martdj.nl. 60 IN CNAME balancer.martdj.nl.\nbalancer.martdj.nl. 60 IN A 192.0.2.7", expect: nothing, cert: longest,
			code: fault.WildcardCaught, at: "_acme-challenge." + longest, do: "<your target>"},
		{name: "a wildcard that leads where it should", script: `*.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io.`, expect: ours, cert: "new.martdj.nl"},
		{name: "a wildcard beside a right record", script: `*.martdj.nl. 60 IN CNAME balancer.martdj.nl.
			_acme-challenge.new.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io.`, expect: nothing, cert: "new.martdj.nl"},
		{name: "a wildcard's TXT need not be removed", script: `*.martdj.nl. 60 IN TXT "v=spf1 -all"`, expect: ours, cert: "new.martdj.nl",
			code: fault.NoDelegation, at: "_acme-challenge.new.martdj.nl", do: "add this record\n    _acme-challenge.new.martdj.nl. IN CNAME abc.martdj.dedyn.io."},
		{name: "the challenge name is a zone", script: `zone _acme-challenge.demohub.martdj.nl`, expect: ours, code: fault.NoDelegation,
			at: "_acme-challenge.demohub.martdj.nl", do: "which in the zone martdj.nl is\n    _acme-challenge.demohub IN CNAME abc.martdj.dedyn.io."},
		{name: "CAA", script: `_acme-challenge.demohub.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io.
			martdj.nl. 300 IN CAA 0 issue ";"`, expect: ours, code: fault.CAAForbids, at: "martdj.nl", do: "martdj.nl. IN CAA 0 issue "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := newInternet(t, tt.script)
			cert := tt.cert
			if cert == "" {
				cert = "demohub.martdj.nl"
			}
			chain, err := delegation.Follow(t.Context(), n.client(), owner(cert))
			if err != nil {
				t.Fatal(err)
			}
			faults := delegation.Judge(chain, tt.expect)
			if tt.code == "" {
				if len(faults) > 0 {
					t.Fatalf("a healthy chain has\n%s\n%s", texts(faults), strings.Join(delegation.Draw(chain), "\n"))
				}
				return
			}
			if len(faults) != 1 || faults[0].Code != tt.code || faults[0].At != owner(tt.at) || !strings.Contains(faults[0].Do, tt.do) {
				t.Errorf("want %s at %s with %q, got\n%s\n%s", tt.code, tt.at, tt.do, texts(faults), strings.Join(delegation.Draw(chain), "\n"))
			}
		})
	}
}
