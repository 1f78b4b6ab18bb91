package delegation_test

import (
	"strings"
	"testing"

	"deputy/delegation"
	"deputy/fault"
)

// Rules of CAA, each in real zones: who is kept from issuing, where that was found, and the record that mends it.
func TestCAA(t *testing.T) {
	t.Parallel()
	const right = "_acme-challenge.demohub.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io.\n"
	known, _ := delegation.IssuerOf("letsencrypt")
	le := delegation.Expectation{Issuer: known}
	mine := le
	mine.Issuer.Accounts = []string{"https://ca.example/acct/1"}
	nobody := delegation.Expectation{}
	for _, tt := range []struct {
		name, cert, script string
		expect             delegation.Expectation
		code               fault.Code
		at, seen, do       string
		who                fault.Party
	}{
		{name: "none", expect: le},
		{name: "the CA is named", expect: le, script: `martdj.nl. 300 IN CAA 0 issue "letsencrypt.org"`},
		{name: "whatever the case", expect: le, script: `martdj.nl. 300 IN CAA 0 ISSUE " LetsEncrypt.ORG "`},
		{name: "one of several", expect: le, script: "martdj.nl. 300 IN CAA 0 issue \"ca.example\"\nmartdj.nl. 300 IN CAA 0 issue \"letsencrypt.org\""},
		{name: "only where to report", expect: le, script: `martdj.nl. 300 IN CAA 0 iodef "mailto:a@martdj.nl"`},
		{name: "critical, but known", expect: le, script: "martdj.nl. 300 IN CAA 128 issue \"letsencrypt.org\"\nmartdj.nl. 300 IN CAA 128 iodef \"mailto:a@martdj.nl\""},
		{name: "unknown, not critical", expect: le, script: `martdj.nl. 300 IN CAA 0 tbs "x"`},
		{name: "wildcards are another matter", expect: le, script: `martdj.nl. 300 IN CAA 0 issuewild ";"`},
		{name: "the closest set counts", expect: le, script: "nl. 300 IN CAA 0 issue \";\"\nmartdj.nl. 300 IN CAA 0 issue \"letsencrypt.org\""},
		{name: "the target's zone has no say", expect: le, script: `martdj.dedyn.io. 300 IN CAA 0 issue ";"`},
		{name: "no CA known, somebody may", expect: nobody, script: `martdj.nl. 300 IN CAA 0 issue "ca.example"`},
		{name: "dns-01 among the methods", expect: le, script: `martdj.nl. 300 IN CAA 0 issue "letsencrypt.org; validationmethods=http-01,dns-01"`},
		{name: "the account", expect: mine, script: `martdj.nl. 300 IN CAA 0 issue "letsencrypt.org; accounturi=https://ca.example/acct/1"`},
		{name: "above an alias's target nothing counts", expect: le, script: "demohub.martdj.nl. 60 IN CNAME www.dedyn.io.\ndedyn.io. 300 IN CAA 0 issue \";\"\nwww.dedyn.io. 60 IN A 192.0.2.1"},

		{name: "another CA", expect: le, script: `martdj.nl. 300 IN CAA 0 issue "sectigo.com"`, code: fault.CAAForbids, at: "martdj.nl",
			seen: "the CAA records at martdj.nl (the closest above demohub.martdj.nl; at ns1.martdj.nl (127.0.0.3:53)) let only sectigo.com issue, and not Let's Encrypt (letsencrypt.org)",
			do:   "add this record, and keep the others\n    martdj.nl. IN CAA 0 issue \"letsencrypt.org\"\nwhich in the zone martdj.nl is\n    @ IN CAA 0 issue \"letsencrypt.org\"\nit takes effect at the latest 5 minutes (300 s) later\nor order from a CA that they let issue: ZeroSSL (--server zerossl)"},
		{name: "at the host", expect: le, script: `demohub.martdj.nl. 300 IN CAA 0 issue "ca.example"`, code: fault.CAAForbids, at: "demohub.martdj.nl",
			seen: "let only ca.example issue", do: "which in the zone martdj.nl is\n    demohub IN CAA 0 issue \"letsencrypt.org\""},
		{name: "at the top-level domain", expect: le, script: `nl. 300 IN CAA 0 issue "ca.example"`, code: fault.CAAForbids, at: "nl",
			seen: "(the closest above demohub.martdj.nl;", do: "nl. IN CAA 0 issue \"letsencrypt.org\"\nit takes"},
		{name: "behind an alias", expect: le, script: "demohub.martdj.nl. 60 IN CNAME www.dedyn.io.\nwww.dedyn.io. 300 IN CAA 0 issue \"ca.example\"", code: fault.CAAForbids,
			at: "www.dedyn.io", seen: "the CAA records at www.dedyn.io (of which demohub.martdj.nl is an alias;", do: "www.dedyn.io. IN CAA 0 issue \"letsencrypt.org\""},
		{name: "nobody", expect: nobody, script: `martdj.nl. 300 IN CAA 0 issue ";"`, code: fault.CAAForbids, at: "martdj.nl", seen: "let nobody issue",
			do: "if nobody has decided that no certificate may be issued\n    martdj.nl. IN CAA 0 issue \"<your CA>\""},
		{name: "a value that can't be read", expect: le, script: `martdj.nl. 300 IN CAA 0 issue "letsencrypt.org."`, code: fault.CAAForbids, at: "martdj.nl",
			seen: `let nobody issue; 0 issue "letsencrypt.org." lets nobody issue, since "letsencrypt.org." is no domain name of a CA`,
			do:   "change the record 0 issue \"letsencrypt.org.\" to this, and keep the others\n    martdj.nl. IN CAA 0 issue \"letsencrypt.org\""},
		{name: "critical and unknown", expect: le, script: "martdj.nl. 300 IN CAA 0 issue \"letsencrypt.org\"\nmartdj.nl. 300 IN CAA 128 tbs \"x\"", code: fault.CAAForbids,
			at: "martdj.nl", seen: `hold 128 tbs "x", which is marked critical`, do: "remove the record 128 tbs \"x\", or take the mark from it, so that it is\n    martdj.nl. IN CAA 0 tbs \"x\""},
		{name: "a wildcard", cert: "*.demohub.martdj.nl", expect: le, script: "martdj.nl. 300 IN CAA 0 issue \"letsencrypt.org\"\nmartdj.nl. 300 IN CAA 0 issuewild \";\"", code: fault.CAAForbids,
			at: "martdj.nl", seen: "let nobody issue wildcards", do: "martdj.nl. IN CAA 0 issuewild \"letsencrypt.org\""},
		{name: "a wildcard without rules of its own", cert: "*.demohub.martdj.nl", expect: le, script: `martdj.nl. 300 IN CAA 0 issue "ca.example"`, code: fault.CAAForbids,
			at: "martdj.nl", seen: "let only ca.example issue, and", do: "martdj.nl. IN CAA 0 issue \"letsencrypt.org\""},
		{name: "another method", expect: le, script: `martdj.nl. 300 IN CAA 0 issue "letsencrypt.org; validationmethods=http-01"`, code: fault.CAAForbids, at: "martdj.nl",
			seen: "let letsencrypt.org issue only after http-01, and not after dns-01", do: `martdj.nl. IN CAA 0 issue "letsencrypt.org; validationmethods=http-01,dns-01"`},
		{name: "another account", expect: mine, script: `martdj.nl. 300 IN CAA 0 issue "letsencrypt.org; accounturi=https://ca.example/acct/2"`, code: fault.CAAForbids, at: "martdj.nl",
			seen: "only for the account https://ca.example/acct/2, and not for https://ca.example/acct/1", do: `martdj.nl. IN CAA 0 issue "letsencrypt.org; accounturi=https://ca.example/acct/1"`},
		{name: "ours to change", expect: delegation.Expectation{Issuer: le.Issuer, Zones: owners("martdj.nl", "martdj.dedyn.io")}, script: `martdj.nl. 300 IN CAA 0 issue "ca.example"`,
			code: fault.CAAForbids, at: "martdj.nl", seen: "ca.example", do: "add this record", who: fault.Admin},
		{name: "aliases that come back", expect: le, script: "demohub.martdj.nl. 60 IN CNAME a.martdj.nl.\na.martdj.nl. 60 IN CNAME demohub.martdj.nl.", code: fault.CAAUnknown,
			at: "demohub.martdj.nl", seen: "its aliases come back to demohub.martdj.nl", do: "have the records at demohub.martdj.nl mended"},
		{name: "an alias into a zone that fails", expect: le, script: "demohub.martdj.nl. 60 IN CNAME www.broken.io.\nzone broken.io\nserver broken.io servfail", code: fault.CAAUnknown,
			at: "www.broken.io", seen: "says nothing usable about www.broken.io: SERVFAIL", do: "whoever runs the servers of broken.io has to mend them"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := newInternet(t, right+tt.script)
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
					t.Fatalf("nothing forbids it, but\n%s", texts(faults))
				}
				return
			}
			who := tt.who
			if who == "" {
				who = fault.DNSOwner
			}
			got := n.plain(texts(faults))
			if len(faults) != 1 || faults[0].Code != tt.code || faults[0].At != owner(tt.at) || faults[0].Who != who || !strings.Contains(got, tt.seen) || !strings.Contains(got, tt.do) {
				t.Errorf("want %s at %s by %s with\n%s\nand\n%s\ngot\n%s", tt.code, tt.at, who, tt.seen, tt.do, got)
			}
		})
	}
}

// The notes on accounts give the record to change, and never one by which nobody could issue any more.
func TestCAANotes(t *testing.T) {
	t.Parallel()
	hop := delegation.Hop{Owner: owner("_acme-challenge.demohub.martdj.nl"), Target: owner("validation.martdj.dedyn.io"), Zone: owner("martdj.nl")}
	base := delegation.Chain{Cert: owner("demohub.martdj.nl"), Challenge: hop.Owner, Hops: []delegation.Hop{hop}, Target: hop.Target, Zone: owner("martdj.dedyn.io"), OwnerZone: owner("martdj.nl")}
	issuer, _ := delegation.IssuerOf("letsencrypt")
	known := delegation.Expectation{Issuer: issuer}
	known.Issuer.Accounts = []string{"https://ca.example/acct/1"}
	const pinned = "letsencrypt.org; accounturi=https://ca.example/acct/1"
	for _, tt := range []struct {
		name   string
		values []string
		expect delegation.Expectation
		code   string
		text   string // the end of it
	}{
		{name: "no set", expect: known, code: "caa-unpinned", text: "add this record, and one for every other CA in use at demohub.martdj.nl and below it\n    demohub.martdj.nl. IN CAA 0 issue \"" + pinned + "\"\nwhich in the zone martdj.nl is\n    demohub IN CAA 0 issue \"" + pinned + "\""},
		{name: "no account known", expect: delegation.Expectation{Issuer: issuer}, code: "caa-unpinned", text: "an accounturi in the CAA record prevents that (RFC 8657)"},
		{name: "a plain record", values: []string{"letsencrypt.org"}, expect: known, code: "caa-unpinned", text: "@ IN CAA 0 issue \"" + pinned + "\""},
		{name: "one that ends in a ;", values: []string{"letsencrypt.org; "}, expect: known, code: "caa-unpinned", text: "@ IN CAA 0 issue \"" + pinned + "\""},
		{name: "one with parameters", values: []string{"letsencrypt.org;validationmethods=dns-01"}, expect: known, code: "caa-unpinned", text: "@ IN CAA 0 issue \"letsencrypt.org; validationmethods=dns-01; accounturi=https://ca.example/acct/1\""},
		{name: "pinned", values: []string{pinned}, expect: known},
		{name: "pinned, beside one that is not", values: []string{pinned, "letsencrypt.org"}, expect: known, code: "caa-unpinned", text: "@ IN CAA 0 issue \"" + pinned + "\""},
		{name: "pinned, and another CA is not", values: []string{pinned, "ca.example"}, expect: known, code: "caa-unpinned",
			text: `the CAA record 0 issue "ca.example" pins no account: whoever can write at validation.martdj.dedyn.io can get certificates for demohub.martdj.nl from that CA with an account of his own; whoever uses that CA can add his accounturi (RFC 8657), and if nobody does, the record can go`},
		{name: "pinned to an account that may be ours", values: []string{pinned}, expect: delegation.Expectation{Issuer: issuer}, code: "caa-account",
			text: "let Let's Encrypt (letsencrypt.org) issue only for the account https://ca.example/acct/1; whether that is yours was not checked, since no account is known here"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := base
			c.CAA = delegation.CAA{Of: owner("demohub.martdj.nl")}
			for _, v := range tt.values {
				c.CAA.Of, c.CAA.At, c.CAA.Zone = owner("martdj.nl"), owner("martdj.nl"), owner("martdj.nl")
				c.CAA.Records = append(c.CAA.Records, delegation.CAARecord{Tag: "issue", Value: v})
			}
			var found []delegation.Note
			for _, note := range c.Notes(tt.expect) {
				if strings.HasPrefix(note.Code, "caa-") {
					found = append(found, note)
				}
			}
			if tt.code == "" {
				if len(found) > 0 {
					t.Errorf("a note: %+v", found)
				}
				return
			}
			if len(found) != 1 || found[0].Code != tt.code || !strings.HasSuffix(found[0].Text, tt.text) {
				t.Errorf("want %s with\n%s\ngot %+v", tt.code, tt.text, found)
			}
		})
	}
}

// A CA is found by its short name or its directory, and a name that is not certain is said to be so.
func TestIssuerOf(t *testing.T) {
	t.Parallel()
	for server, want := range map[string]string{
		"letsencrypt": "Let's Encrypt", "https://acme-v02.api.letsencrypt.org/directory": "Let's Encrypt", "https://ACME-v02.api.letsencrypt.org:443/directory": "Let's Encrypt",
		"google": "Google Trust Services", "https://acme.zerossl.com/v2/DV90": "ZeroSSL", "sslcom-ecc": "SSL.com", "https://acme-api.actalis.com/acme/directory": "Actalis",
		"https://emea.acme.atlas.globalsign.com/directory": "GlobalSign", "https://cm.harica.gr/acme/1/directory": "HARICA",
		"https://ca.example/directory": "", "https://notharica.gr/": "", "": "",
	} {
		issuer, ok := delegation.IssuerOf(server)
		if issuer.Name != want || ok != (want != "") || ok && len(issuer.Identities) == 0 {
			t.Errorf("%q: %+v, %v; want %q", server, issuer, ok, want)
		}
	}
}
