package provider

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"deputy/fault"
	"deputy/name"
	"deputy/secret"
	"deputy/store"
)

const (
	articleFile = "martdj_deSec-with-CNAME-delegation.dxl"
	hclFile     = "hcl_certstore_desec.dxl"
)

// withDXL adds a DNS Provider "desec" with a published configuration, and gives the installation.
func withDXL(t *testing.T, s *stand, file, zones, tail string) *installation {
	t.Helper()
	source := published(t, file)
	i := newInstallation(t)
	configured := i.configuration(t, "dxl", source)
	i.add(t, s, "name: desec\nconfiguration: "+configured+"\nzones: ["+zones+"]", "account: {cfg_AuthToken: \""+ourToken+"\"}\n"+tail)
	return i
}

func (i *installation) bound(t *testing.T, cert, target string) store.Target {
	t.Helper()
	bound, err := i.Bind(t.Context(), certName(t, cert), name.MustParseOwner(target))
	if err != nil {
		t.Fatal(err)
	}
	return bound
}

// The article's own example: its DXL in custom value mode.
func TestArticleInCustomValueMode(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	i := withDXL(t, s, articleFile, "martdj.dedyn.io", "registered_domains: [martdj.nl]\ncustom_value: validation\n")
	target := i.bound(t, "*.demohub.martdj.nl", "validation.martdj.dedyn.io")
	added, err := i.Change(t.Context(), publications(target, "v1"), nil)
	if err != nil || len(added) != 1 || added[0].Context.IsZero() {
		t.Fatalf("%+v, %v", added, err)
	}
	wantRequests(t, s,
		"DELETE /api/v1/domains/martdj.dedyn.io/rrsets/validation/TXT/",
		`POST /api/v1/domains/martdj.dedyn.io/rrsets/ { "subname": "validation","type": "TXT","ttl": 120,"records":["\"v1\""]}`)
	if got := s.at(t, "martdj.dedyn.io", "validation"); !strings.Contains(got, `\"v1\"`) {
		t.Errorf("at the target: %s", got)
	}
	s.forget()
	if _, err := i.Change(t.Context(), nil, added); err != nil {
		t.Fatal(err)
	}
	wantRequests(t, s, "DELETE /api/v1/domains/martdj.dedyn.io/rrsets/validation/TXT/")
	if seeker := secret.NewRedactor(secret.New(ourToken)); seeker.Find(added[0].Context.Reveal()) {
		t.Errorf("the stored context holds the credential: %s", added[0].Context.Reveal())
	}
	i.silent(t)
}

// With the custom value empty and the host inside the zone it does what the configuration before it did: the same
// requests, byte for byte, as for a custom value that says the same name.
func TestArticleAsDropIn(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	i := withDXL(t, s, articleFile, "martdj.dedyn.io", "registered_domains: [martdj.dedyn.io]\n")
	target := i.bound(t, "demohub.martdj.dedyn.io", "_acme-challenge.demohub.martdj.dedyn.io")
	if _, err := i.Change(t.Context(), publications(target, "v1"), nil); err != nil {
		t.Fatal(err)
	}
	wantRequests(t, s,
		"DELETE /api/v1/domains/martdj.dedyn.io/rrsets/_acme-challenge.demohub/TXT/",
		`POST /api/v1/domains/martdj.dedyn.io/rrsets/ { "subname": "_acme-challenge.demohub","type": "TXT","ttl": 120,"records":["\"v1\""]}`)
}

// With the custom value empty and the host outside the zone it would write at the apex: refused before any request, by
// Bind, and by Change for a Target that came some other way.
func TestArticleWouldWriteAtTheApex(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	i := withDXL(t, s, articleFile, "martdj.dedyn.io", "registered_domains: [martdj.nl]\n")
	_, err := i.Bind(t.Context(), certName(t, "demohub.martdj.nl"), name.MustParseOwner("validation.martdj.dedyn.io"))
	wantFault(t, "bind", err, fault.AtApex, "custom_value is empty")
	forced := validation()
	forced.Domain = name.MustParseOwner("martdj.nl")
	_, err = i.Change(t.Context(), publications(forced, "v1"), nil)
	wantFault(t, "change", err, fault.AtApex, "would be empty")
	_, err = i.Change(t.Context(), nil, publications(forced, "v1"))
	wantFault(t, "removal", err, fault.AtApex, "would be empty")
	wantRequests(t, s)
}

// In follow mode a configuration need not have heard of delegation: it gets the target as its name.
func TestFollowModeWithAnyConfiguration(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file     string
		requests []string
	}{
		{articleFile, []string{
			"DELETE /api/v1/domains/martdj.dedyn.io/rrsets/validation/TXT/",
			`POST /api/v1/domains/martdj.dedyn.io/rrsets/ { "subname": "validation","type": "TXT","ttl": 120,"records":["\"v1\""]}`,
		}},
		{hclFile, []string{
			"GET /api/v1/domains/martdj.dedyn.io/rrsets/validation/TXT/",
			"PUT /api/v1/domains/martdj.dedyn.io/rrsets/",
		}},
		{"martdj_deSec.dxl", []string{
			"DELETE /api/v1/domains/martdj.dedyn.io/rrsets/validation/TXT/",
			"POST /api/v1/domains/martdj.dedyn.io/rrsets/",
		}},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			s := newStand(t)
			i := withDXL(t, s, c.file, "martdj.dedyn.io", "")
			target := i.bound(t, "demohub.martdj.nl", "validation.martdj.dedyn.io")
			added, err := i.Change(t.Context(), publications(target, "v1"), nil)
			got := s.requests()
			if len(got) != len(c.requests) {
				t.Fatalf("requests %q, %v", got, err)
			}
			for n := range got {
				if !strings.HasPrefix(got[n], c.requests[n]) {
					t.Errorf("request %d is %q, want %q", n+1, got[n], c.requests[n])
				}
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := i.Change(t.Context(), nil, added); err != nil {
				t.Fatal(err)
			}
			if got := s.at(t, "martdj.dedyn.io", "validation"); !strings.Contains(got, "No RRset") {
				t.Errorf("left at the target: %s", got)
			}
		})
	}
}

// HCL's configuration reads the set and merges: a foreign value stays, in both phases.
func TestAdditiveConfigurationKeepsForeignValues(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	i := withDXL(t, s, hclFile, "martdj.dedyn.io", "")
	s.put(t, "martdj.dedyn.io", "validation", `"foreign"`)
	target := i.bound(t, "demohub.martdj.nl", "validation.martdj.dedyn.io")
	added, err := i.Change(t.Context(), publications(target, "v1", "v2"), nil)
	if err != nil || len(added) != 2 {
		t.Fatalf("%v, %v", added, err)
	}
	got := s.at(t, "martdj.dedyn.io", "validation")
	for _, want := range []string{"foreign", "v1", "v2"} {
		if !strings.Contains(got, want) {
			t.Errorf("%s lacks %s", got, want)
		}
	}
	if _, err := i.Change(t.Context(), nil, added); err != nil {
		t.Fatal(err)
	}
	if got := s.at(t, "martdj.dedyn.io", "validation"); !strings.Contains(got, "foreign") || strings.Contains(got, "v1") || strings.Contains(got, "v2") {
		t.Errorf("after the removal: %s", got)
	}
}

// A query that fails says nothing about what is there: no Add follows, which could overwrite it.
func TestNoAddAfterAFailedQuery(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what string
		hand func(http.ResponseWriter, func()) bool
		seen string
	}{
		{"500", answer(500, jsonHeader(), `{}`, false), "status 500"},
		{"a page", answer(200, http.Header{"Content-Type": {"text/html"}}, "<html>log in", false), "HTML"},
		{"no answer", lose(false), "no usable answer"},
		{"throttled for an hour", answer(429, jsonHeader("Retry-After", "3600"), `{}`, false), "1h0m0s"},
	} {
		s := newStand(t)
		i := withDXL(t, s, hclFile, "martdj.dedyn.io", "")
		s.put(t, "martdj.dedyn.io", "validation", `"foreign"`)
		s.interfere("GET", c.hand)
		_, err := i.Change(t.Context(), publications(i.bound(t, "demohub.martdj.nl", "validation.martdj.dedyn.io"), "v1"), nil)
		f, ok := fault.From(err)
		if !ok || !strings.Contains(f.Seen, c.seen) {
			t.Errorf("%s: %v", c.what, err)
		}
		if got := s.count("PUT"); got != 0 {
			t.Errorf("%s: %d writes", c.what, got)
		}
	}
}

func TestAddVerdicts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what  string
		hand  func(http.ResponseWriter, func()) bool
		posts int
		code  fault.Code
		seen  string
		doubt bool
	}{
		{"200", answer(200, jsonHeader(), `{}`, false), 1, "", "", false},
		{"201 without a body", answer(201, nil, ``, true), 1, "", "", false},
		{"400", answer(400, jsonHeader(), `{"non_field_errors":["no"]}`, false), 1, fault.HostRefused, `Add (POST)`, false},
		{"401", answer(401, jsonHeader(), `{"detail":"`+ourToken+`"}`, false), 1, fault.HostRefused, "[secret]", false},
		{"301", answer(301, http.Header{"Location": {"https://elsewhere.example/"}}, ``, false), 1, fault.HostRedirected, "elsewhere.example", false},
		{"500", answer(500, jsonHeader(), `{}`, true), 1, fault.HostFailed, "status 500", true},
		{"a page", answer(200, http.Header{"Content-Type": {"text/html"}}, "<!DOCTYPE html>", false), 1, fault.HostFailed, "HTML", true},
		{"lost", lose(true), 1, fault.HostFailed, "no usable answer", true},
		{"429, then free", once(answer(429, jsonHeader("Retry-After", "0"), `{}`, false)), 2, "", "", false},
		{"429 for an hour", answer(429, jsonHeader("Retry-After", "3600"), `{}`, false), 1, fault.HostThrottled, "1h0m0s", false},
	} {
		s := newStand(t)
		i := withDXL(t, s, articleFile, "martdj.dedyn.io", "")
		target := i.bound(t, "demohub.martdj.nl", "validation.martdj.dedyn.io")
		s.interfere("POST", c.hand)
		added, err := i.Change(t.Context(), publications(target, "v1"), nil)
		if got := s.count("POST"); got != c.posts {
			t.Errorf("%s: %d writes, want %d", c.what, got, c.posts)
		}
		if errors.Is(err, store.ErrDoubt) != c.doubt {
			t.Errorf("%s: doubt is %v: %v", c.what, !c.doubt, err)
		}
		if len(added) != 1 || added[0].Context.IsZero() {
			t.Errorf("%s: nothing is remembered for the removal: %+v", c.what, added)
		}
		i.silent(t, err)
		if c.code == "" {
			if err != nil {
				t.Errorf("%s: %v", c.what, err)
			}
			continue
		}
		f, _ := fault.From(err)
		if f == nil || f.Code != c.code || !strings.Contains(f.Tried+" "+f.Seen, c.seen) {
			t.Errorf("%s: %v", c.what, err)
		}
	}
}

func TestDelVerdicts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what string
		hand func(http.ResponseWriter, func()) bool
		code fault.Code
	}{
		{"204", answer(204, nil, ``, true), ""},
		{"404: it is gone", answer(404, jsonHeader(), `{}`, false), ""},
		{"403", answer(403, jsonHeader(), `{}`, false), fault.HostRefused},
		{"500", answer(500, jsonHeader(), `{}`, false), fault.HostFailed},
	} {
		s := newStand(t)
		i := withDXL(t, s, articleFile, "martdj.dedyn.io", "")
		target := i.bound(t, "demohub.martdj.nl", "validation.martdj.dedyn.io")
		added, err := i.Change(t.Context(), publications(target, "v1"), nil)
		if err != nil {
			t.Fatal(err)
		}
		s.interfere("DELETE", c.hand)
		_, err = i.Change(t.Context(), nil, added)
		if c.code == "" && err != nil {
			t.Errorf("%s: %v", c.what, err)
		}
		if c.code != "" {
			wantFault(t, c.what, err, c.code, "")
		}
	}
}

// A run that died before its context was stored is withdrawn all the same, where the document can.
func TestRemovalWithoutContext(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	i := withDXL(t, s, articleFile, "martdj.dedyn.io", "")
	target := i.bound(t, "demohub.martdj.nl", "validation.martdj.dedyn.io")
	s.put(t, "martdj.dedyn.io", "validation", `"v1"`)
	if _, err := i.Change(t.Context(), nil, publications(target, "v1")); err != nil {
		t.Fatal(err)
	}
	if got := s.at(t, "martdj.dedyn.io", "validation"); !strings.Contains(got, "No RRset") {
		t.Errorf("left at the target: %s", got)
	}
}

// A configuration that writes the certificate's own challenge name can't be used in custom value mode for a name outside
// the zone; it is refused before anything is written.
func TestConfigurationThatKnowsNoCustomValue(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ file, account string }{
		{"hcl_certstore_desec.dxl", "cfg_AuthToken: \"" + ourToken + "\""},
		{"martdj_deSec.dxl", "cfg_AuthToken: \"" + ourToken + "\""},
		{"hcl_certstore_digitalocean.dxl", "cfg_AuthToken: \"" + ourToken + "\""},
		{"hcl_certstore_hetzner_dns_cloud.dxl", "cfg_AuthToken: \"" + ourToken + "\""},
		{"hcl_certstore_cloudflare.dxl", "cfg_AuthToken: \"" + ourToken + "\", cfg_DnsZone: 0123456789abcdef"},
		{"hcl_lab_certstore.dxl", ""},
	} {
		s := newStand(t)
		source := published(t, c.file)
		i := newInstallation(t)
		configured := i.configuration(t, "dxl", source)
		i.add(t, s, "name: desec\nconfiguration: "+configured+"\nzones: [martdj.dedyn.io]",
			"account: {"+c.account+"}\nregistered_domains: [martdj.nl]\ncustom_value: validation\n")
		target := i.bound(t, "demohub.martdj.nl", "validation.martdj.dedyn.io")
		_, err := i.Change(t.Context(), publications(target, "v1"), nil)
		f, ok := fault.From(err)
		if !ok || f.Code != fault.BadDocument {
			t.Errorf("%s: %v", c.file, err)
		}
		for _, r := range s.requests() {
			if !strings.HasPrefix(r, "GET ") {
				t.Errorf("%s was let do %s", c.file, r)
			}
		}
	}
}

func TestTraits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		file, tail string
		want       store.Traits
	}{
		{"", "", store.Traits{Removable: true, TurnWait: -1}},
		{"", "wait: {floor: 5s, turn: 0s}\nvalues: replacing\nreplace_foreign: true\n", store.Traits{Capacity: 1, Replacing: true, ReplaceForeign: true, Removable: true, Floor: 5 * time.Second}},
		{articleFile, "", store.Traits{Capacity: 1, Replacing: true, Removable: true, Floor: time.Minute, TurnWait: -1}},
		{articleFile, "wait: {floor: 0s, turn: 2s}\n", store.Traits{Capacity: 1, Replacing: true, Removable: true, TurnWait: 2 * time.Second}},
		{hclFile, "", store.Traits{Removable: true, Floor: 80 * time.Second, TurnWait: -1}},
		{"hcl_lab_certstore.dxl", "", store.Traits{Capacity: 1, Replacing: true, Floor: 10 * time.Second, TurnWait: -1}},
		{"hcl_lab_certstore.dxl", "values: additive\n", store.Traits{Floor: 10 * time.Second, TurnWait: -1}},
	} {
		s := newStand(t)
		var i *installation
		if c.file == "" {
			i = newInstallation(t)
			i.add(t, s, "name: desec\nconfiguration: desec\nzones: [martdj.dedyn.io]", "account: {token: x}\n"+c.tail)
		} else {
			i = withDXL(t, s, c.file, "martdj.dedyn.io", c.tail)
		}
		got, err := i.Traits(validation())
		if err != nil || got != c.want {
			t.Errorf("%s %q: %+v, %v; want %+v", c.file, c.tail, got, err, c.want)
		}
	}
}

func TestDXLValuesAreUnreadable(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	i := withDXL(t, s, hclFile, "martdj.dedyn.io", "")
	if values, err := i.Values(t.Context(), validation()); !errors.Is(err, store.ErrUnreadable) {
		t.Errorf("%q, %v", values, err)
	}
	wantRequests(t, s)
}

// What a DXL document's variables are made from, in both modes.
func TestDXLInputs(t *testing.T) {
	t.Parallel()
	follow := validation()
	byDomain := validation()
	byDomain.Domain = name.MustParseOwner("martdj.nl")
	for _, c := range []struct {
		what, file, account string
		custom              string
		target              store.Target
		txtName, domain     string
		zone, value         string
	}{
		{"custom value mode", articleFile, "", "validation", byDomain, "_acme-challenge.demohub.martdj.nl", "martdj.nl", "martdj.dedyn.io", "validation"},
		{"custom value mode with a zone id", articleFile, "cfg_dnszone: id-1", "validation", byDomain, "_acme-challenge.demohub.martdj.nl", "martdj.nl", "id-1", "validation"},
		{"follow mode", articleFile, "", "", follow, "validation.martdj.dedyn.io", "martdj.dedyn.io", "martdj.dedyn.io", ""},
		{"follow mode with a zone id", articleFile, "CFG_DNSZONE: id-1", "", follow, "validation.martdj.dedyn.io", "martdj.dedyn.io", "id-1", ""},
		{"follow mode, it finds the zone itself", "hcl_certstore_cloudflare.dxl", "", "", follow, "validation.martdj.dedyn.io", "martdj.dedyn.io", "", ""},
	} {
		s := newStand(t)
		source := published(t, c.file)
		i := newInstallation(t)
		configured := i.configuration(t, "dxl", source)
		tail := "account: {cfg_AuthToken: x"
		if c.account != "" {
			tail += ", " + c.account
		}
		tail += "}\n"
		if c.custom != "" {
			tail += "registered_domains: [martdj.nl]\ncustom_value: " + c.custom + "\n"
		}
		i.add(t, s, "name: desec\nconfiguration: "+configured+"\nzones: [martdj.dedyn.io]", tail)
		a, err := i.account(t.Context(), c.target)
		if err != nil {
			t.Fatal(err)
		}
		in := a.inputs(c.target, "v")
		if in.TXTName != c.txtName || in.RegisteredDomain != c.domain || in.TXTValue != "v" ||
			lookUp(in.Account, cfgZone).Reveal() != c.zone || lookUp(in.Account, cfgCustomValue).Reveal() != c.value {
			t.Errorf("%s: %+v, zone %q, custom value %q", c.what, in, lookUp(in.Account, cfgZone).Reveal(), lookUp(in.Account, cfgCustomValue).Reveal())
		}
		if got := lookUp(in.Account, cfgURL).Reveal(); got != s.URL+"/api/v1" {
			t.Errorf("%s: cfg_URL is %q", c.what, got)
		}
	}
}

// A document that names another host than its provider gets no further: no request, and no credential, leaves.
func TestCredentialStaysAtItsHost(t *testing.T) {
	t.Parallel()
	elsewhere := newStand(t)
	item := func(name, text string) string { return "<item name='" + name + "'><text>" + text + "</text></item>" }
	source := "<?xml version='1.0' encoding='utf-8'?><database xmlns='http://www.lotus.com/dxl'><document form='DnsProviderConfig'>" +
		item("DnsProviderConfigName", "stranger") + item("DnsProviderType", "H") + item("ReqAddHttpType", "P") +
		item("ReqAddUrlFormula", "\"http://localhost:"+strings.Split(elsewhere.URL, ":")[2]+"/\" + param_DnsTxtName") +
		item("ReqAddHeaderFormula", "\"Authorization: Token \" + cfg_AuthToken") +
		item("ReqAddPostDataFormula", "param_DnsTxtValue") + "</document></database>"
	s, i := newStand(t), newInstallation(t)
	configured := i.configuration(t, "dxl", []byte(source))
	i.add(t, s, "name: desec\nconfiguration: "+configured+"\nzones: [martdj.dedyn.io]", "account: {cfg_AuthToken: \""+ourToken+"\"}\n")
	_, err := i.Change(t.Context(), publications(validation(), "v1"), nil)
	wantFault(t, "another host", err, fault.Egress, "")
	i.silent(t, err)
	wantRequests(t, elsewhere)
	wantRequests(t, s)
}
