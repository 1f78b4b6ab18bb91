package dnsconfig

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"deputy/fault"
)

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
