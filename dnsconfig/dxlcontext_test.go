package dnsconfig

import (
	"strings"
	"testing"

	"deputy/secret"
)

// TestContextKeepsWhatTheDeletePhaseReads, and nothing else.
func TestContextKeepsWhatTheDeletePhaseReads(t *testing.T) {
	t.Parallel()
	r := published(t, "hcl_certstore_cloudflare.dxl").Start(inputs("cfg_AuthToken", "v1.0-cloudflare-token"))
	if err := r.Read(Lookup, Response{Status: 200, Body: []byte(`{"result":[{"id":"zone1"},{"id":"zone2"}],"success":true}`)}); err != nil {
		t.Fatal(err)
	}
	if err := r.LookupCustom(); err != nil {
		t.Fatal(err)
	}
	if err := r.Read(Add, Response{Status: 200, Body: []byte(`{"result":{"id":"record1","name":"x"},"success":true}`)}); err != nil {
		t.Fatal(err)
	}
	stored, err := r.Context()
	want := `{"version":1,"challenge":"example.org _acme-challenge.www.example.org evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA","variables":{"cfg_dnszone":{"text":["zone1"]},"retjson_add.result.id":{"text":["record1"]},"retjson_lookup.result.0.id":{"text":["zone1"]}}}`
	if err != nil || string(stored) != want {
		t.Errorf("%s, %v", stored, err)
	}
}

// TestContextHoldsNoSecret: what a formula made of a secret is made again; what came with an answer fails loudly.
func TestContextHoldsNoSecret(t *testing.T) {
	t.Parallel()
	const token = "t0k3n/with+signs=="
	d := httpDXL(t,
		"ReqAddHeaderFormula", `<text>FIELD auth := "Basic " + @Deputy_Base64("user:" + cfg_AuthToken); FIELD quoted := @URLEncode("UTF-8"; cfg_AuthToken); FIELD plain := "p"; "Authorization: " + auth</text>`,
		"ReqDelHttpType", "<text>D</text>",
		"ReqDelUrlFormula", `<text>cfg_URL + "?q=" + quoted + plain + retJSON_Add.id + @Text(retJSON_Add.n)</text>`,
		"ReqDelHeaderFormula", `<text>"Authorization: " + auth</text>`,
		"ReqDelPostDataFormula", `<text>@If(retJSON_Add.ask = "yes"; retJSON_Add.echo; "")</text>`,
	)
	in := inputs("cfg_AuthToken", token)
	run := func(ask string) *Run {
		r := d.Start(in)
		if _, _, err := r.Request(Add); err != nil {
			t.Fatal(err)
		}
		if err := r.Read(Add, Response{Status: 200, Body: []byte(`{"id":"r1","n":7,"ask":"` + ask + `","echo":"token is ` + token + `"}`)}); err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := run("no")
	stored, err := r.Context()
	if err != nil {
		t.Fatal(err)
	}
	if secret.NewRedactor(in.Account["cfg_AuthToken"]).Find(string(stored)) {
		t.Errorf("the context holds the token: %s", stored)
	}
	resumed, err := d.Resume(in, stored)
	if err != nil {
		t.Fatal(err)
	}
	want, _, err := r.Request(Del)
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := resumed.Request(Del)
	if err != nil || printed(got, "") != printed(want, "") {
		t.Errorf("got %s, %v\nwant %s", printed(got, ""), err, printed(want, ""))
	}
	if stored, err = run("yes").Context(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // resuming a resumed run is no different
		if resumed, err = d.Resume(in, stored); err != nil {
			t.Fatal(err)
		}
		if _, _, err = resumed.Request(Del); err == nil || !strings.Contains(err.Error(), "retjson_add.echo came with an answer that held a secret of the account, so it was not kept for removing the record") {
			t.Errorf("%v", err)
		}
		if stored, err = resumed.Context(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestContextKeepsRemovals, types and computed names.
func TestContextKeepsRemovals(t *testing.T) {
	t.Parallel()
	d := httpDXL(t, "cfg_UserName", "<text>of the document</text>",
		"ReqAddUrlFormula", `<text>FIELD cfg_UserName := @DeleteField; FIELD list := "a" : "b"; FIELD n := 5; cfg_URL</text>`,
		"ReqDelHttpType", "<text>D</text>",
		"ReqDelUrlFormula", `<text>cfg_URL + "/" + cfg_UserName + @Implode(@GetField("li" + "st"); ",") + @Text(n + 1)</text>`)
	r := d.Start(inputs())
	if _, _, err := r.Request(Add); err != nil {
		t.Fatal(err)
	}
	stored, err := r.Context()
	if err != nil {
		t.Fatal(err)
	}
	resumed, err := d.Resume(inputs(), stored)
	if err != nil {
		t.Fatal(err)
	}
	again, err := resumed.Context()
	if err != nil || string(again) != string(stored) {
		t.Errorf("the context of the resumed run is %s, %v\nwant %s", again, err, stored)
	}
	if req, _, err := resumed.Request(Del); err != nil || req.URL != "https://api.example.net/v1/a,b6" {
		t.Errorf("%s, %v", req.URL, err)
	}
}

func TestResumeRefuses(t *testing.T) {
	t.Parallel()
	d := httpDXL(t)
	stored, err := d.Start(inputs()).Context()
	if err != nil {
		t.Fatal(err)
	}
	other := inputs()
	other.TXTValue = "another-value"
	for name, c := range map[string]struct {
		in     DXLInputs
		stored string
		want   string
	}{
		"another challenge": {other, string(stored), "they belong to another challenge"},
		"no JSON":           {inputs(), "{", "unexpected end of JSON input"},
		"another version":   {inputs(), `{"version":2}`, "they are of version 2, not 1"},
	} {
		if _, err := d.Resume(c.in, []byte(c.stored)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestResumeFailsWhereAFormulaCannotRunAgain: what it needs came with an answer that is not there any more.
func TestResumeFailsWhereAFormulaCannotRunAgain(t *testing.T) {
	t.Parallel()
	d := httpDXL(t, "ReqAddHeaderFormula", `<text>FIELD auth := cfg_AuthToken + retJSON_Lookup.session; ""</text>`,
		"ReqDelHttpType", "<text>D</text>", "ReqDelUrlFormula", `<text>cfg_URL</text>`, "ReqDelHeaderFormula", `<text>"A: " + auth</text>`)
	in := inputs("cfg_AuthToken", "t0k3n-v4lue")
	r := d.Start(in)
	if err := r.Read(Lookup, Response{Status: 200, Body: []byte(`{"session":"t0k3n-v4lue/1"}`)}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Request(Add); err != nil {
		t.Fatal(err)
	}
	stored, err := r.Context()
	if err != nil || strings.Contains(string(stored), "t0k3n") {
		t.Fatalf("%s, %v", stored, err)
	}
	if _, err := d.Resume(in, stored); err == nil || !strings.Contains(err.Error(), "retjson_lookup.session came with an answer that held a secret") {
		t.Errorf("%v", err)
	}
}
