package delegation_test

import (
	"slices"
	"testing"

	"deputy/delegation"
	"deputy/fault"
	"deputy/name"
	"deputy/resolver"
)

// Where a chain has several faults, all are listed, and the first by precedence is the verdict's.
func TestVerdictIsTheFirstByPrecedence(t *testing.T) {
	t.Parallel()
	challenge, target := owner("_acme-challenge.demohub.martdj.nl"), owner("validation.martdj.dedyn.io")
	hop := delegation.Hop{Owner: challenge, Target: target, Beside: []string{"TXT"}}
	followed := delegation.Chain{Challenge: challenge, Hops: []delegation.Hop{hop}, Target: target, Zone: owner("martdj.dedyn.io")}
	change := func(f func(*delegation.Chain)) delegation.Chain {
		c := followed
		f(&c)
		return c
	}
	ours := delegation.Expectation{Zones: owners("dedyn.io")}
	for _, tt := range []struct {
		name    string
		chain   delegation.Chain
		expect  delegation.Expectation
		verdict delegation.Verdict
		codes   []fault.Code
	}{
		{"failure before other data", change(func(c *delegation.Chain) {
			c.Target, c.Failure = name.Name{}, &resolver.Failure{Question: target, Reason: "SERVFAIL"}
		}), ours, delegation.Unknown, []fault.Code{fault.NoAnswer, fault.OtherData}},
		{"loop before other data", change(func(c *delegation.Chain) { c.Target, c.Loop = name.Name{}, challenge }), ours,
			delegation.Broken, []fault.Code{fault.Loop, fault.OtherData}},
		{"too long before other data", change(func(c *delegation.Chain) { c.Target, c.TooLong = name.Name{}, true }), ours,
			delegation.Broken, []fault.Code{fault.TooLong, fault.OtherData}},
		{"other data before wrong target, that before a cut", followed, delegation.Expectation{Zones: owners("dedyn.io"), Target: owner("x.dedyn.io")},
			delegation.Broken, []fault.Code{fault.OtherData, fault.WrongTarget, fault.HiddenByCut}},
		{"other data before unmanaged", followed, delegation.Expectation{Zones: owners("example.org")},
			delegation.Broken, []fault.Code{fault.OtherData, fault.Unmanaged}},
		{"dangling before unmanaged", change(func(c *delegation.Chain) {
			c.Zone, c.Hops = owner("dedyn.io"), []delegation.Hop{{Owner: challenge, Target: target}}
		}), delegation.Expectation{Zones: owners("example.org")}, delegation.Broken, []fault.Code{fault.DanglingTarget, fault.Unmanaged}},
		{"other data without set-up", followed, delegation.Expectation{}, delegation.Broken, []fault.Code{fault.OtherData}},
		{"a target at the zone's own name", change(func(c *delegation.Chain) {
			c.Hops, c.Target = []delegation.Hop{{Owner: challenge, Target: owner("martdj.dedyn.io")}}, owner("martdj.dedyn.io")
		}), delegation.Expectation{Zones: owners("martdj.dedyn.io")}, delegation.Broken, []fault.Code{fault.AtApex}},
		{"a target in the zone", change(func(c *delegation.Chain) {
			c.Hops = []delegation.Hop{{Owner: challenge, Target: target}}
		}), delegation.Expectation{Zones: owners("martdj.dedyn.io")}, delegation.Good, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var codes []fault.Code
			for _, f := range delegation.Judge(tt.chain, tt.expect) {
				codes = append(codes, f.Code)
			}
			verdict, code := tt.chain.Verdict(tt.expect)
			if !slices.Equal(codes, tt.codes) || verdict != tt.verdict {
				t.Errorf("%v %v, want %v %v", verdict, codes, tt.verdict, tt.codes)
			}
			if len(codes) > 0 && code != codes[0] {
				t.Errorf("verdict's code %s, want %s", code, codes[0])
			}
		})
	}
}

func TestNotes(t *testing.T) {
	t.Parallel()
	challenge := owner("_acme-challenge.martdj.dedyn.io")
	direct := delegation.Chain{Challenge: challenge, Target: challenge}
	two := delegation.Chain{Challenge: challenge, Target: owner("c.nl"), Hops: []delegation.Hop{{}, {}}}
	for _, tt := range []struct {
		chain  delegation.Chain
		expect delegation.Expectation
		want   []string
	}{
		{direct, delegation.Expectation{Zones: owners("martdj.dedyn.io")}, []string{"direct"}},
		{direct, delegation.Expectation{}, nil},
		{two, delegation.Expectation{}, []string{"more-hops"}},
	} {
		var codes []string
		for _, note := range tt.chain.Notes(tt.expect) {
			codes = append(codes, note.Code)
		}
		if !slices.Equal(codes, tt.want) {
			t.Errorf("notes %v, want %v", codes, tt.want)
		}
	}
}

// What a resolver says by itself is nothing that the owner of the DNS could mend; SERVFAIL is what it makes of his servers.
func TestWhoMendsWhatAResolverSays(t *testing.T) {
	t.Parallel()
	for reason, who := range map[string]fault.Party{
		"REFUSED": fault.Admin, "tls: first record does not look like a TLS handshake": fault.Admin, "HTTP status 404": fault.Admin,
		"it offers no recursion": fault.Admin, resolver.NoReply + " in 3 tries": fault.Admin, "SERVFAIL": fault.DNSOwner,
	} {
		failure := &resolver.Failure{Question: owner("_acme-challenge.martdj.nl"), Server: resolver.Server{URL: "tls://192.0.2.1"}, Reason: reason}
		f := delegation.Judge(delegation.Chain{Challenge: failure.Question, Failure: failure}, delegation.Expectation{})
		if len(f) != 1 || f[0].Code != fault.NoAnswer || f[0].Who != who {
			t.Errorf("%s: %s", reason, texts(f))
		}
	}
}
