package dnsconfig

import (
	"fmt"
	"testing"
)

// TestRunTellsWhatItDid: each formula with its value, in order, and the variables that are left.
func TestRunTellsWhatItDid(t *testing.T) {
	t.Parallel()
	r := httpDXL(t, "ReqAddHeaderFormula", `<text>FIELD Host := @Left(param_DnsTxtName; "."); ("A: " + host) : "B: 2"</text>`).Start(inputs("cfg_AuthKey", "key"))
	if _, _, err := r.Request(Add); err != nil {
		t.Fatal(err)
	}
	want := `[{"ReqAddUrlFormula" ["https://api.example.net/v1/add"]} {"ReqAddHeaderFormula" ["A: _acme-challenge" "B: 2"]} {"ReqAddPostDataFormula" ["evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"]}]`
	if got := fmt.Sprintf("%q", r.Evaluations()); got != want {
		t.Errorf("%s", got)
	}
	want = `map["cfg_authkey":["key"] "cfg_url":["https://api.example.net/v1"] "host":["_acme-challenge"] "param_dnstxtname":["_acme-challenge.www.example.org"] "param_dnstxtvalue":["evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"] "param_registereddomain":["example.org"]]`
	if got := fmt.Sprintf("%q", r.Variables()); got != want {
		t.Errorf("%s", got)
	}
}
