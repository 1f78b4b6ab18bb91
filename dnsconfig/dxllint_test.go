package dnsconfig

import (
	"slices"
	"strings"
	"testing"
)

func TestLint(t *testing.T) {
	t.Parallel()
	d := httpDXL(t, "ReqDelHttpType", "<text>D</text>", "ReqQryDelUrlFormula", "<text>cfg_URL</text>",
		"ReqAddHeaderFormula", `<text>"X: " + cfg_AuthTokn + cfg_MyOwn + cfg_Extra + parm_host + retJSON_Lookup.a + ret_AddStatuss + made</text>`,
		"cfg_Extra", "<text>1</text>", "ReqLookupCustomFormula", "<text>FIELD Made := 1</text>")
	want := []string{
		"QryDel never runs: ReqQryDelHttpType is empty, and ReqQryDelUrlFormula is not",
		"Del never runs: ReqDelHttpType is set, and ReqDelUrlFormula is empty",
		"StatusFormula is empty: the HTTP status of Add decides",
		"ReqAddHeaderFormula reads cfg_AuthTokn, for which the form has no field: the DNS Provider's account has to give it; did you mean cfg_AuthToken?",
		"ReqAddHeaderFormula reads cfg_MyOwn, for which the form has no field: the DNS Provider's account has to give it",
		"ReqAddHeaderFormula reads parm_host, which nothing sets",
		"ReqAddHeaderFormula reads ret_AddStatuss, which nothing sets; did you mean ret_AddStatus?",
	}
	if got := d.Lint(); !slices.Equal(got, want) {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
	if got := published(t, "hcl_certstore_kapper.dxl").Lint(); !slices.Equal(got, []string{"Lookup never runs: ReqLookupHttpType is set, and ReqLookupUrlFormula is empty"}) {
		t.Errorf("%q", got)
	}
	if got := published(t, "hcl_certstore_desec.dxl").Lint(); len(got) != 0 {
		t.Errorf("%q", got)
	}
}
