package dnsconfig

import (
	"fmt"
	"slices"
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

// TestRunTellsWhatItAwaits: a formula that reads an answer before it has come runs ahead; so does what a status formula
// that sets fields would leave; and the answers are told once they are there.
func TestRunTellsWhatItAwaits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what, item, formula string
		ahead               bool
	}{
		{"no answer needed", "ReqAddUrlFormula", `cfg_URL + "/" + param_DnsTxtName`, false},
		{"an answer", "ReqAddUrlFormula", `cfg_URL + "/" + retJSON_QryAdd.id`, true},
		{"a status", "ReqAddUrlFormula", `@If(ret_QryAddStatus = 200; cfg_URL; cfg_URL + "/new")`, true},
		{"a status formula that only looks", "StatusFormula", `ret_AddStatus`, false},
		{"a status formula that remembers", "StatusFormula", `FIELD id := retJSON_Add.id; 200`, true},
	} {
		r := httpDXL(t, c.item, "<text>"+c.formula+"</text>").Start(inputs())
		if _, _, err := r.Request(Add); err != nil {
			t.Fatal(err)
		}
		r.SkipStatus()
		if r.Ahead() != c.ahead {
			t.Errorf("%s: ahead is %v", c.what, r.Ahead())
		}
	}
	r := httpDXL(t, "ReqAddUrlFormula", `<text>cfg_URL + "/" + @Text(retJSON_QryAdd.id)</text>`).Start(inputs())
	if err := r.Read(QryAdd, Response{Status: 200, Body: []byte(`{"id":1781234567,"zone":"","name":"a"}`)}); err != nil {
		t.Fatal(err)
	}
	answers := r.Answers()
	slices.Sort(answers)
	if want := []string{"1781234567", "a"}; !slices.Equal(answers, want) {
		t.Errorf("answers %q, want %q", answers, want)
	}
	if _, _, err := r.Request(Add); err != nil || r.Ahead() {
		t.Errorf("with the answer there: ahead is %v, %v", r.Ahead(), err)
	}
}
