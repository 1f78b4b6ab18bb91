package dnsconfig

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"deputy/fault"
	"deputy/formula"
	"deputy/secret"
)

// inputs is what the runs of this file start from.
func inputs(account ...string) DXLInputs {
	in := DXLInputs{
		Account:          map[string]secret.Value{},
		RegisteredDomain: "example.org",
		TXTName:          "_acme-challenge.www.example.org",
		TXTValue:         "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA",
	}
	for i := 0; i+1 < len(account); i += 2 {
		in.Account[account[i]] = secret.New(account[i+1])
	}
	return in
}

// TestMethods: the codes, and deputy's own additions.
func TestMethods(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"G": "GET", "P": "POST", "U": "PUT", "D": "DELETE", "A": "PATCH", "get": "GET", "Post": "POST", "PUT": "PUT", "DELETE": "DELETE", " patch ": "PATCH",
	} {
		req, skipped, err := httpDXL(t, "ReqAddHttpType", "<text>"+code+"</text>").Start(inputs()).Request(Add)
		if err != nil || skipped != "" || req.Method != want || req.Op != Add {
			t.Errorf("%q: %+v, %q, %v", code, req, skipped, err)
		}
	}
}

// TestContentType: libcurl's default stands in Header, and Given leaves it out.
func TestContentType(t *testing.T) {
	t.Parallel()
	const implied = "[[Content-Type application/x-www-form-urlencoded]]"
	for name, c := range map[string]struct {
		items         []string
		header, given string
	}{
		"POST with a body":   {nil, implied, "[]"},
		"PUT with a body":    {[]string{"ReqAddHttpType", "<text>U</text>"}, implied, "[]"},
		"PATCH with a body":  {[]string{"ReqAddHttpType", "<text>A</text>"}, implied, "[]"},
		"no body":            {[]string{"ReqAddPostDataFormula", "<text/>"}, "[]", "[]"},
		"DELETE with a body": {[]string{"ReqAddHttpType", "<text>D</text>"}, "[]", "[]"},
		"its own":            {[]string{"ReqAddHeaderFormula", `<text>"content-type: text/plain"</text>`}, "[[content-type text/plain]]", "[[content-type text/plain]]"},
		"other headers":      {[]string{"ReqAddHeaderFormula", `<text>"A: b:c " : "" : "D:"</text>`}, "[[A b:c] [D ] [Content-Type application/x-www-form-urlencoded]]", "[[A b:c] [D ]]"},
	} {
		req, _, err := httpDXL(t, c.items...).Start(inputs()).Request(Add)
		if err != nil || fmt.Sprint(req.Header) != c.header || fmt.Sprint(req.Given()) != c.given {
			t.Errorf("%s: %v, given %v, %v", name, req.Header, req.Given(), err)
		}
	}
}

// TestRefusedRequests: values can bend a request. The fault names the item and never the value.
func TestRefusedRequests(t *testing.T) {
	t.Parallel()
	const value = "s3cr3t-v4lue"
	for formula, want := range map[string]string{
		`cfg_URL + "/" + cfg_AuthToken + " x"`:           "the URL has a space at position",
		`cfg_URL + "/" + cfg_AuthToken + @NewLine + "x"`: "the URL has a line end at position",
		`cfg_URL + "/" + cfg_AuthToken + @Char(1)`:       "the URL has a control character at position",
		`"/" + cfg_AuthToken`:                            "is cfg_URL empty?",
		`"ftp://a.example/" + cfg_AuthToken`:             "the result is not an address that begins with https:// and a host",
		`"https:///" + cfg_AuthToken`:                    "the result is not an address that begins with https:// and a host",
		`"https://" + cfg_AuthToken + "@evil.example/"`:  "the URL has a user name in front of the host",
		`cfg_URL + "/" + cfg_AuthToken + "/." + "./x"`:   "the URL has .. as a part of its path",
		`cfg_URL + "/" + cfg_AuthToken + "/%2e%2E/x"`:    "the URL has .. as a part of its path",
		`"https://a.example:port/" + cfg_AuthToken`:      "the result is not a URL",
		`cfg_URL : cfg_AuthToken`:                        "it gives a list of 2 elements where one text is needed; join them with @Implode",
		`cfg_AuthToken + 1`:                              "line 1, column 15: incorrect data type for +: text on its left, a number on its right; make the right side text with @Text (at + 1)",
	} {
		refused(t, "ReqAddUrlFormula", formula, want, value)
	}
	for formula, want := range map[string]string{
		`"A: b" : ("X: " + cfg_AuthToken + @NewLine + "Evil: 1")`: "header 2: it has a line end",
		`"X: " + cfg_AuthToken + @Char(0)`:                        "header 1: it has a control character",
		`cfg_AuthToken`:                                           `header 1: it is not of the form "Name: value"`,
		`"X Y: " + cfg_AuthToken`:                                 `header 1: it is not of the form "Name: value"`,
		`": " + cfg_AuthToken`:                                    `header 1: it is not of the form "Name: value"`,
		`"Host: " + cfg_AuthToken`:                                "header 1: Host is not for a document to set",
		`"transfer-encoding: " + cfg_AuthToken`:                   "header 1: transfer-encoding is not for a document to set",
	} {
		refused(t, "ReqAddHeaderFormula", formula, want, value)
	}
	refused(t, "ReqAddPostDataFormula", `cfg_AuthToken : "b"`, "it gives a list of 2 elements", value)
}

func refused(t *testing.T, item, source, want, value string) {
	t.Helper()
	escaped := strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(source)
	_, _, err := httpDXL(t, item, "<text>"+escaped+"</text>").Start(inputs("cfg_AuthToken", value)).Request(Add)
	f, ok := fault.From(err)
	if !ok || f.Code != fault.Formula || !strings.Contains(f.Seen, want) || !strings.Contains(f.Tried, item+" of the DNS Configuration Test") {
		t.Errorf("%s:\n got %v\nwant %s", source, err, want)
		return
	}
	if strings.Contains(err.Error(), value) {
		t.Errorf("%s: the fault shows the value: %v", source, err)
	}
}

// TestHostileFormulaIsStopped (faults: a formula that loops, repeats 1e9 times or nests deeply).
func TestHostileFormulaIsStopped(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`@While(1; 1)`:                           "line 1, column 1: the formula was stopped: its loops take more than 10000 rounds",
		`@Repeat("x"; 1E9)`:                      "line 1, column 1: the formula was stopped: a text of more than 1048576 octets",
		`x := "a";<break/>@While(1; x := x + x)`: "line 2, column 18: the formula was stopped: a text of more than 1048576 octets",
	} {
		_, _, err := httpDXL(t, "ReqAddUrlFormula", "<text>"+source+"</text>").Start(inputs()).Request(Add)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "ReqAddUrlFormula of the DNS Configuration Test") {
			t.Errorf("%s: %v", source, err)
		}
	}
	_, err := ImportDXL(dxl("DnsProviderConfigName", "<text>Test</text>", "ReqAddUrlFormula", "<text>"+strings.Repeat("(", 100_000)+"</text>"))
	if err == nil || !strings.Contains(err.Error(), "a formula has at most 64 KiB") {
		t.Error(err)
	}
}

func TestOtherIntegrationTypesAreRefusedWithAdvice(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"C": "it runs commands of its own on this machine",
		"A": "it runs agents in a Notes database, which only Domino can",
		"Z": `its DnsProviderType is "Z", which is not known`,
	} {
		d := httpDXL(t, "DnsProviderType", "<text>"+code+"</text>", "CommandAddFormula", `<text>"add " + param_DnsTxtName</text>`)
		_, _, err := d.Start(inputs()).Request(Add)
		f, ok := fault.From(err)
		if !ok || f.Code != fault.BadDocument || !strings.Contains(f.Seen, want) || f.Do == "" {
			t.Errorf("%s: %v", code, err)
		}
		if lint := d.Lint(); len(lint) != 1 || !strings.Contains(lint[0], want) {
			t.Errorf("%s: %q", code, lint)
		}
	}
}

// TestOrderOfEvaluation: URL, then headers, then body; each sees what the one before has set.
func TestOrderOfEvaluation(t *testing.T) {
	t.Parallel()
	r := httpDXL(t,
		"ReqAddUrlFormula", `<text>FIELD order := order + "u"; temp := "t"; cfg_URL</text>`,
		"ReqAddHeaderFormula", `<text>FIELD order := order + "h" + temp; ""</text>`,
		"ReqAddPostDataFormula", `<text>FIELD order := order + "b"; order</text>`,
	).Start(inputs())
	req, _, err := r.Request(Add)
	if err != nil || string(req.Body) != "uhb" {
		t.Errorf("%q, %v", req.Body, err)
	}
}

// TestVariables: the account's fields over the document's, an empty one hiding nothing, and no param_* of either.
func TestVariables(t *testing.T) {
	t.Parallel()
	d := httpDXL(t, "cfg_DnsZone", "<text>of the document</text>", "cfg_UserName", "<text>of the document</text>", "param_DnsTxtName", "<text>stale</text>",
		"ReqAddPostDataFormula", `<text>@Implode(cfg_DnsZone : cfg_UserName : cfg_AuthKey : cfg_None : param_RegisteredDomain : param_DnsTxtName : param_DnsTxtValue; "|")</text>`)
	req, _, err := d.Start(inputs("CFG_dnszone", "of the account", "cfg_UserName", "", "cfg_AuthKey", "key", "param_DnsTxtValue", "no", "token", "no")).Request(Add)
	if want := "of the account|of the document|key||example.org|_acme-challenge.www.example.org|evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"; err != nil || string(req.Body) != want {
		t.Errorf("%s, %v", req.Body, err)
	}
}

// TestFlattening follows certificate managers' rule of 0-based positions and lists of scalars.
func TestFlattening(t *testing.T) {
	t.Parallel()
	r := httpDXL(t).Start(inputs())
	body := `{"Result":[{"ID":"a","n":5,"f":1.50,"big":12345678901234567890,"ok":true,"no":false,"nil":null,"deep":{"x.y":"z"}}],"list":["\"q\"",2],"none":[],"empty":{}}`
	if err := r.Read(QryAdd, Response{Status: 200, Body: []byte("\ufeff" + body)}); err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for name, value := range r.vars.values {
		if rest, ok := strings.CutPrefix(name, "retjson_qryadd."); ok {
			got[rest] = fmt.Sprintf("%q %v", value.Texts(), value.IsText())
		}
	}
	want := map[string]string{
		"result.0.id": `["a"] true`, "result.0.n": `["5"] false`, "result.0.f": `["1.5"] false`, "result.0.big": `["12345678901234567890"] true`,
		"result.0.ok": `["true"] true`, "result.0.no": `["false"] true`, "result.0.nil": `[""] true`, "result.0.deep.x.y": `["z"] true`,
		"list": `["\"q\"" "2"] true`, "list.0": `["\"q\""] true`, "list.1": `["2"] false`, "none": `[""] true`,
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if status, _ := r.vars.Get("ret_qryaddstatus"); status.IsText() || status.Text() != "200" {
		t.Errorf("ret_QryAddStatus is %v", status)
	}
	if text, _ := r.vars.Get("ret_qryaddtext"); text.Text() != body {
		t.Errorf("ret_QryAddText is %v", text)
	}
}

func TestTopLevelArraysAndScalars(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{`[{"x":1}]`: "retjson_add.0.x", `["a"]`: "retjson_add", `"a"`: "retjson_add", `5`: "retjson_add"} {
		r := httpDXL(t).Start(inputs())
		if err := r.Read(Add, Response{Body: []byte(body)}); err != nil {
			t.Fatal(err)
		}
		if _, there := r.vars.Get(want); !there {
			t.Errorf("%s: no %s in %v", body, want, r.vars.values)
		}
	}
}

// TestASecondAnswerReplacesTheFirst: nothing of an earlier answer to the same operation is left.
func TestASecondAnswerReplacesTheFirst(t *testing.T) {
	t.Parallel()
	r := httpDXL(t).Start(inputs())
	for _, body := range []string{`{"id":"old","only":"old"}`, `{"id":"new"}`} {
		if err := r.Read(Add, Response{Status: 200, Body: []byte(body)}); err != nil {
			t.Fatal(err)
		}
	}
	id, _ := r.vars.Get("retjson_add.id")
	if _, there := r.vars.Get("retjson_add.only"); there || id.Text() != "new" {
		t.Errorf("%v", r.vars.values)
	}
}

// TestAnswersThatAreNotJSON are kept as text, and warned of by status and type, without their content.
func TestAnswersThatAreNotJSON(t *testing.T) {
	t.Parallel()
	for body, warned := range map[string]bool{"": false, " \n": false, "<html>login</html>": true, "{\"a\":1} trailing": true, "OK": true, "\xff": true} {
		r := httpDXL(t).Start(inputs())
		answer := Response{Status: 500, Header: map[string][]string{"Content-Type": {"text/html; charset=utf-8"}}, Body: []byte(body)}
		if err := r.Read(Add, answer); err != nil {
			t.Fatal(err)
		}
		var want []string
		if warned {
			want = []string{"the answer to Add (status 500) is not JSON, it is text/html; only ret_AddStatus and ret_AddText tell of it"}
		}
		if got := r.Warnings(); !slices.Equal(got, want) {
			t.Errorf("%q: %q", body, got)
		}
		if status, err := r.Status(); status != 500 || err != nil {
			t.Errorf("%q: %d, %v", body, status, err)
		}
	}
}

// TestHugeAnswers are refused with advice, not cut.
func TestHugeAnswers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ body, want string }{
		"many": {"[" + strings.Repeat(`1,`, 100_000) + "1]", "it holds more than 100000 values"},
		"deep": {strings.Repeat(`{"a":`, 65) + "1" + strings.Repeat("}", 65), "its objects and arrays are nested more than 64 deep"},
	} {
		err := httpDXL(t).Start(inputs()).Read(Lookup, Response{Status: 200, Body: []byte(c.body)})
		f, ok := fault.From(err)
		if !ok || f.Code != fault.HostFailed || f.Seen != c.want || !strings.Contains(f.Do, "ReqLookupUrlFormula") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestStatus: a number; text that is one; the first of a list; the HTTP status where there is no formula.
func TestStatus(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]int{
		"": 201, "ret_AddStatus": 201, "@If(ret_AddStatus = 201; 200; 400)": 200, `"204"`: 204, "404 : 200": 404, `" 200 "`: 200, "400": 400,
	} {
		r := httpDXL(t, "StatusFormula", "<text>"+source+"</text>").Start(inputs())
		if err := r.Read(Add, Response{Status: 201}); err != nil {
			t.Fatal(err)
		}
		if got, err := r.Status(); got != want || err != nil || len(r.Warnings()) != 0 {
			t.Errorf("%q: %d, %v, %q", source, got, err, r.Warnings())
		}
	}
	for _, source := range []string{`"fine"`, `200.5`, `""`, `1E9`, `missing`, `@Now`} {
		r := httpDXL(t, "StatusFormula", "<text>"+source+"</text>").Start(inputs())
		if err := r.Read(Add, Response{Status: 201}); err != nil {
			t.Fatal(err)
		}
		if got, err := r.Status(); err == nil || !strings.Contains(err.Error(), "StatusFormula of the DNS Configuration Test; its result is not a status") {
			t.Errorf("%q: %d, %v", source, got, err)
		}
	}
	if _, err := httpDXL(t).Start(inputs()).Status(); err == nil {
		t.Error("a status before any answer")
	}
}

// TestSuccessAgainstTheHTTPStatusIsWarnedOf: Kapper's formula says success whatever the status is.
func TestSuccessAgainstTheHTTPStatusIsWarnedOf(t *testing.T) {
	t.Parallel()
	r := published(t, "hcl_certstore_kapper.dxl").Start(inputs())
	if err := r.Read(Add, Response{Status: 500, Body: []byte(`{}`)}); err != nil {
		t.Fatal(err)
	}
	status, err := r.Status()
	if err != nil || status != 200 || !slices.Equal(r.Warnings(), []string{"StatusFormula says success although Add was answered with status 500"}) {
		t.Errorf("%d, %v, %q", status, err, r.Warnings())
	}
}

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
	if resumed, err = d.Resume(in, stored); err != nil {
		t.Fatal(err)
	}
	if _, _, err = resumed.Request(Del); err == nil || !strings.Contains(err.Error(), "retjson_add.echo came with an answer that held a secret of the account, so it was not kept for removing the record") {
		t.Errorf("%v", err)
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

// FuzzRead: no answer panics, whatever formulas make of it afterwards.
func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"result":[{"id":"a","n":1e5}],"list":[1,"b",null]}`), 200)
	f.Add([]byte("<html>"), -1)
	f.Fuzz(func(t *testing.T, body []byte, status int) {
		d := httpDXL(t, "StatusFormula", "<text>@If(retJSON_Add.result.0.id = retJSON_Add.list; ret_AddStatus; @ToNumber(ret_AddText))</text>",
			"ReqDelHttpType", "<text>D</text>", "ReqDelUrlFormula", `<text>cfg_URL + "/" + @Text(retJSON_Add.result.0.id) + ret_AddText</text>`)
		r := d.Start(inputs())
		if err := r.Read(Add, Response{Status: status, Body: body}); err != nil {
			return
		}
		if n, err := r.Status(); err == nil && (n > 1e6 || n < -1e6) {
			t.Fatalf("status %d", n)
		}
		stored, err := r.Context()
		if err != nil {
			t.Fatal(err)
		}
		resumed, err := d.Resume(inputs(), stored)
		if err != nil {
			t.Fatal(err)
		}
		a, _, errA := r.Request(Del)
		b, _, errB := resumed.Request(Del)
		if a.URL != b.URL || (errA == nil) != (errB == nil) {
			t.Fatalf("%q, %v; resumed %q, %v", a.URL, errA, b.URL, errB)
		}
		if errA == nil && strings.ContainsAny(a.URL, " \r\n\x00") {
			t.Fatalf("URL %q", a.URL)
		}
	})
}

var _ formula.Variables = (*dxlVariables)(nil)
