package dnsconfig

import (
	"slices"
	"strings"
	"testing"
)

func TestLint(t *testing.T) {
	t.Parallel()
	d := httpDXL(t, "ReqDelHttpType", "<text>D</text>", "ReqQryDelUrlFormula", "<text>cfg_URL</text>",
		"ReqAddHeaderFormula", `<text>"X: " + cfg_AuthTokn + cfg_MyOwn + cfg_Extra + parm_host + retJSON_Lookup.a + ret_AddStatuss + made + retJSON_Ad.id + @Environment("A")</text>`,
		"cfg_Extra", "<text>1</text>", "ReqLookupCustomFormula", "<text>FIELD Made := 1</text>")
	wantLines(t, d.Lint(),
		"QryDel never runs: ReqQryDelHttpType is empty, and ReqQryDelUrlFormula is not",
		"Del never runs: ReqDelHttpType is set, and ReqDelUrlFormula is empty",
		"nothing is ever removed: Del has no method or no URL, so values stay at the DNS host",
		"StatusFormula is empty: the HTTP status of Add decides",
		"ReqAddHeaderFormula, line 1, column 9: it reads cfg_AuthTokn, for which the form has no field: the DNS Provider's account has to give it; did you mean cfg_AuthToken?",
		"ReqAddHeaderFormula, line 1, column 24: it reads cfg_MyOwn, for which the form has no field: the DNS Provider's account has to give it",
		"ReqAddHeaderFormula, line 1, column 48: it reads parm_host, which nothing sets",
		"ReqAddHeaderFormula, line 1, column 60: it reads retJSON_Lookup.a, and Lookup never runs",
		"ReqAddHeaderFormula, line 1, column 79: it reads ret_AddStatuss, which nothing sets; did you mean ret_AddStatus?",
		"ReqAddHeaderFormula, line 1, column 103: it reads retJSON_Ad.id, which nothing sets; did you mean retJSON_Add.id?",
		"ReqAddHeaderFormula, line 1, column 132: it reads environment a, which nothing sets: there is no notes.ini here")
	empty, err := ImportDXL(dxl("DnsProviderConfigName", "<text>Test</text>", "DnsProviderType", "<text>H</text>", "StatusFormula", "<text>200</text>"))
	if err != nil {
		t.Fatal(err)
	}
	wantLines(t, empty.Configurations[0].Lint(), "nothing is ever added: Add has no method or no URL",
		"nothing is ever removed: Del has no method or no URL, so values stay at the DNS host")
}

// TestLintOfThePublished: what is odd about each of the eleven, and nothing else.
func TestLintOfThePublished(t *testing.T) {
	t.Parallel()
	const (
		stays   = "nothing is ever removed: Del has no method or no URL, so values stay at the DNS host"
		apex    = ` is "" where the name does not end in that domain, and the record would be written at the zone's own name; deputy refuses that, and CertMgr does not`
		atLeft  = `: @Left(param_DnsTxtName; "." + param_RegisteredDomain)` + apex
		inZone  = `: @Left(param_DnsTxtName; "." + cfg_DnsZone)` + apex
		secrets = "Formula puts cfg_AuthKey and cfg_AuthToken into the URL, which servers and proxies write into their logs; send it in a header or the body, if the DNS host takes it there"
	)
	for file, want := range map[string][]string{
		"hcl_certstore_acmedns.dxl":      {stays},
		"hcl_certstore_cloudflare.dxl":   nil,
		"hcl_certstore_desec.dxl":        {"ReqQryAddUrlFormula, line 1, column 24" + atLeft},
		"hcl_certstore_digitalocean.dxl": nil,
		"hcl_certstore_hetzner.dxl":      {"ReqAddPostDataFormula, line 1, column 19" + atLeft},
		"hcl_certstore_hetzner_dns_cloud.dxl": {"ReqAddUrlFormula, line 2, column 40; ReqAddPostDataFormula, line 1, column 4; " +
			"ReqDelUrlFormula, line 2, column 40; ReqDelPostDataFormula, line 1, column 4" + atLeft},
		"hcl_certstore_ionos_cloud.dxl": {"ReqAddPostDataFormula, line 1, column 4" + atLeft},
		"hcl_certstore_kapper.dxl": {"Lookup never runs: ReqLookupHttpType is set, and ReqLookupUrlFormula is empty", "ReqAddUrl" + secrets, "ReqDelUrl" + secrets,
			"StatusFormula says 200, which is success, of an answer of status 500 with nothing in it; let it look at ret_AddStatus"},
		"hcl_lab_certstore.dxl": {stays, "cfg_URL begins with http://, so what is sent can be read on its way; a DNS Provider has to allow that"},
		"martdj_deSec.dxl":      {"ReqQryAddUrlFormula, line 1, column 51; ReqAddPostDataFormula, line 1, column 25; ReqDelUrlFormula, line 1, column 51" + inZone},
		"martdj_deSec-with-CNAME-delegation.dxl": {"ReqQryAddUrlFormula, line 1, column 74; ReqAddPostDataFormula, line 1, column 48; " +
			"ReqDelUrlFormula, line 1, column 74" + inZone},
	} {
		if got := published(t, file).Lint(); !slices.Equal(got, want) {
			t.Errorf("%s:\n got %s\nwant %s", file, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
		}
	}
}

// TestLintOfSecrets: one that is only asked for is not in the URL; one that comes by way of a field, or of the branch that
// is taken where there is one, is.
func TestLintOfSecrets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ lookup, url, want string }{
		{"", `@If(cfg_AuthToken = ""; cfg_URL; cfg_URL + "/t")`, ""},
		{"", `@If(cfg_AuthToken = ""; cfg_URL; cfg_URL + "/" + cfg_AuthToken)`, "cfg_AuthToken"},
		{`FIELD auth := "?key=" + cfg_Password; ""`, `cfg_URL + auth`, "cfg_Password"},
		{"", `cfg_URL + "/" + retJSON_Add.id + cfg_AuthKey`, "cfg_AuthKey"},
		{"", `cfg_URL + "/" + cfg_UserName + cfg_DnsZone`, ""},
	} {
		d := httpDXL(t, "ReqLookupCustomFormula", "<text>"+c.lookup+"</text>", "ReqAddUrlFormula", "<text>"+c.url+"</text>")
		found := slices.DeleteFunc(d.Lint(), func(s string) bool { return !strings.Contains(s, "into the URL") })
		var want []string
		if c.want != "" {
			want = []string{"ReqAddUrlFormula puts " + c.want + " into the URL, which servers and proxies write into their logs; send it in a header or the body, if the DNS host takes it there"}
		}
		if !slices.Equal(found, want) {
			t.Errorf("%s: %q", c.url, found)
		}
	}
}

func TestUnknownFields(t *testing.T) {
	t.Parallel()
	d := httpDXL(t, "ReqAddHeaderFormula", `<text>"X: " + cfg_AuthToken + cfg_MyOwn</text>`, "ReqDelUrlFormula", "<text>cfg_UserName</text>")
	got := d.UnknownFields([]string{"token", "cfg_authtoken", "cfg_MyOwn", "cfg_AuthTokn", "cfg_UserName", "cfg_DnsZone", "CFG_CustomValue", "cfg_URL", "n"})
	wantLines(t, got,
		"cfg_AuthTokn is not read by any formula of the DNS Configuration Test; did you mean cfg_AuthToken?",
		"cfg_UserName is not read by any formula of the DNS Configuration Test",
		"n is not read by any formula of the DNS Configuration Test",
		"token is not read by any formula of the DNS Configuration Test; did you mean cfg_AuthToken?")
	if got := httpDXL(t, "ReqAddHeaderFormula", `<text>"X: " + @GetField("cfg_" + param_DnsTxtName)</text>`).UnknownFields([]string{"cfg_X"}); got != nil {
		t.Errorf("what it reads can't be told, and %q", got)
	}
}
