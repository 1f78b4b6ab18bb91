package delegation_test

import (
	"strings"
	"testing"

	"deputy/delegation"
	"deputy/fault"
)

// A chain into another company's validation service is named with the company; one that ends where it should is not.
func TestOtherVendor(t *testing.T) {
	t.Parallel()
	ours := delegation.Expectation{Zones: owners("martdj.dedyn.io")}
	for _, tt := range []struct {
		target, company string
		expect          delegation.Expectation
	}{
		{target: "demohub.martdj.nl.0123456789abcdef.dcv.cloudflare.com", company: "Cloudflare"},
		{target: "0e40fc77.3.authorize.certificatemanager.goog", company: "Google Cloud"},
		{target: "9ju9qpopwm9fbqid5n.fastly-validations.com", company: "Fastly"},
		{target: "_54314bc5.xlfgrmvvlj.acm-validations.aws", company: "AWS Certificate Manager"},
		{target: "ac.afae21b9.demohub.martdj.nl.validate-akdv.net", company: "Akamai"},
		{target: "demohub.martdj.nl.123456.dcv.aliyun-esa.com", company: "Alibaba Cloud ESA"},
		{target: "martdj.nl.kinstavalidation.app", company: "Kinsta"},
		{target: "d420c923.auth.acme-dns.io", company: "acme-dns", expect: ours},
		{target: "d420c923.auth.acme-dns.io"}, // with nothing set up it may be the one that is meant
		{target: "x.notkinstavalidation.app"},
		{target: "x.dcv.cloudflare.com", expect: delegation.Expectation{Target: owner("x.dcv.cloudflare.com")}},
		{target: "x.dcv.cloudflare.com", expect: delegation.Expectation{Zones: owners("dcv.cloudflare.com")}},
	} {
		hop := delegation.Hop{Owner: owner("_acme-challenge.demohub.martdj.nl"), Target: owner(tt.target)}
		zone, _ := owner(tt.target).Parent()
		chain := delegation.Chain{Cert: owner("demohub.martdj.nl"), Challenge: hop.Owner, Hops: []delegation.Hop{hop}, Target: hop.Target, Exists: true, Zone: zone}
		if len(tt.expect.Zones) > 0 && hop.Target.In(tt.expect.Zones[0]) {
			chain.Zone = tt.expect.Zones[0]
		}
		_, code := chain.Verdict(tt.expect)
		if (code == fault.OtherVendor) != (tt.company != "") {
			t.Errorf("%s: %q, want the company %q", tt.target, code, tt.company)
			continue
		}
		if tt.company == "" {
			continue
		}
		f := delegation.Judge(chain, tt.expect)[0]
		if f.At != hop.Owner || !strings.Contains(f.Seen, " of "+tt.company+" (https://") {
			t.Errorf("%s: %s", tt.target, text(f))
		}
		if meant := strings.HasPrefix(f.Do, "if acme-dns is meant"); meant != (tt.company == "acme-dns") {
			t.Errorf("%s: %s", tt.target, f.Do)
		}
	}
}
