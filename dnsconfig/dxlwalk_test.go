package dnsconfig

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"deputy/fault"
)

// TestWalkIsARun: every script of the published configurations, walked, asks what the script says, in order, and comes
// to its status. The headers and the body are those that the formulas gave.
func TestWalkIsARun(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("testdata/dxl/*.txt")
	if err != nil || len(scripts) < 11 {
		t.Fatalf("%d scripts, %v", len(scripts), err)
	}
	for _, path := range scripts {
		s := readScript(t, path)
		file, in := s.inputs()
		var seen []Op
		err := published(t, file).Walk(in, func(r Request) Response { return s.answer(r.Op) }, func(step Step) {
			seen = append(seen, step.Op)
			want, _ := s.get(string(step.Op))
			switch step.Op {
			case LookupCustom:
			case Status:
				if fmt.Sprint(step.Status) != want {
					t.Errorf("%s: Status is %d, want %s", path, step.Status, want)
				}
			default:
				if got := printed(step.Request, step.Skipped); got != want {
					t.Errorf("%s: %s is\n%s\nwant\n%s", path, step.Op, got, want)
				}
			}
		})
		if want := "[Lookup LookupCustom QryAdd Add Status QryDel Del]"; err != nil || fmt.Sprint(seen) != want {
			t.Errorf("%s: %v, %v", path, seen, err)
		}
	}
}

// walked writes the steps of a walk over answers by operation, 200 and an empty body where there is none, a line each.
func walked(t *testing.T, d *DXL, answers map[Op]Response) (lines []string, err error) {
	t.Helper()
	answer := func(r Request) Response {
		if a, ok := answers[r.Op]; ok {
			return a
		}
		return Response{Status: 200}
	}
	err = d.Walk(inputs("cfg_AuthToken", "t0k3n"), answer, func(s Step) {
		line := fmt.Sprintf("%s %s%s%s %d %q %q %q", s.Op, s.Skipped, s.Request.Method, s.Request.Given(), s.Status, s.Evaluations, s.Variables, s.Warnings)
		if s.Err != nil {
			line = fmt.Sprintf("%s: %v", s.Op, s.Err)
		}
		lines = append(lines, line)
	})
	return lines, err
}

func wantLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestWalkShowsEachStep: formulas, variables and warnings stand at the step that they belong to; a refused Add is no
// error, and the removal follows it.
func TestWalkShowsEachStep(t *testing.T) {
	t.Parallel()
	d := httpDXL(t, "ReqLookupHttpType", "<text>G</text>", "ReqLookupUrlFormula", "<text>cfg_URL</text>",
		"ReqLookupCustomFormula", `<text>FIELD zone := retJSON_Lookup.id</text>`,
		"ReqQryAddHttpType", "<text>G</text>", "ReqQryAddUrlFormula", `<text>@If(zone = "z1"; ""; cfg_URL)</text>`,
		"ReqAddHeaderFormula", `<text>"Authorization: " + cfg_AuthToken</text>`,
		"ReqDelHttpType", "<text>D</text>", "ReqDelUrlFormula", `<text>FIELD zone := @DeleteField; cfg_URL</text>`)
	got, err := walked(t, d, map[Op]Response{Lookup: {Status: 404, Body: []byte(`{"id":"z1"}`)}, Add: {Status: 403, Body: []byte("no")}})
	if err != nil {
		t.Error(err)
	}
	wantLines(t, got,
		`Lookup GET[] 404 [{"ReqLookupUrlFormula" ["https://api.example.net/v1"]}] map["ret_lookupstatus":["404"] "ret_lookuptext":["{\"id\":\"z1\"}"] "retjson_lookup.id":["z1"]] []`,
		`LookupCustom [] 0 [{"ReqLookupCustomFormula" ["z1"]}] map["zone":["z1"]] []`,
		`QryAdd empty URL[] 0 [{"ReqQryAddUrlFormula" [""]}] map[] []`,
		`Add POST[Authorization: t0k3n] 403 [{"ReqAddUrlFormula" ["https://api.example.net/v1/add"]} {"ReqAddHeaderFormula" ["Authorization: t0k3n"]} {"ReqAddPostDataFormula" ["evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"]}] map["ret_addstatus":["403"] "ret_addtext":["no"]] ["the answer to Add (status 403) is not JSON, it is of no stated type; only ret_AddStatus and ret_AddText tell of it"]`,
		`Status [] 403 [] map[] []`,
		`QryDel no method[] 0 [] map[] []`,
		`Del DELETE[] 200 [{"ReqDelUrlFormula" ["https://api.example.net/v1"]}] map["ret_delstatus":["200"] "ret_deltext":[""] "zone":[]] []`)
}

// TestWalkGoesOnAfterAnError: what follows in the phase is left out, the removal is not.
func TestWalkGoesOnAfterAnError(t *testing.T) {
	t.Parallel()
	d := httpDXL(t, "ReqAddUrlFormula", `<text>cfg_URL + 1</text>`, "StatusFormula", "<text>200</text>",
		"ReqDelHttpType", "<text>D</text>", "ReqDelUrlFormula", `<text>"ftp://a"</text>`)
	got, err := walked(t, d, nil)
	if len(got) != 6 || !strings.HasPrefix(got[3], "Add: formula; tried to evaluate ReqAddUrlFormula of the DNS Configuration Test; line 1, column 9: incorrect data type for +") ||
		!strings.HasPrefix(got[4], "QryDel no method") || !strings.HasPrefix(got[5], "Del: formula; tried to evaluate ReqDelUrlFormula") {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
	if f, ok := fault.From(err); !ok || f.Code != fault.Formula || !strings.Contains(f.Tried, "ReqAddUrlFormula") {
		t.Errorf("the first error is given: %v", err)
	}
	got, err = walked(t, httpDXL(t, "ReqAddUrlFormula", "<text/>"), nil)
	if err != nil || got[4] != "Status Add did not run[] 0 [] map[] []" {
		t.Errorf("%q, %v", got, err)
	}
	got, err = walked(t, httpDXL(t, "DnsProviderType", "<text>A</text>"), nil)
	var f *fault.Fault
	if !errors.As(err, &f) || len(got) != 0 || !strings.Contains(f.Seen, "which only Domino can") {
		t.Errorf("%q, %v", got, err)
	}
}

// TestWalkOfCommands: the command lines and what is in their environment; what the first one answers is there for the second.
func TestWalkOfCommands(t *testing.T) {
	t.Parallel()
	d := commandDXL(t, "CommandAddFormula", `<text>"dns-add" : param_DnsTxtName : "a b"</text>`, "CommandEnvFormula", `<text>"TOKEN=" + cfg_AuthToken</text>`,
		"CommandDelFormula", `<text>"dns-del" : retJSON_Add.id</text>`)
	got, err := walked(t, d, map[Op]Response{Add: {Body: []byte(`{"id":"r1"}`)}, Del: {Status: 3, Body: []byte("gone")}})
	if err != nil {
		t.Error(err)
	}
	wantLines(t, got,
		`Add RUN[TOKEN: t0k3n] 0 [{"CommandEnvFormula" ["TOKEN=t0k3n"]} {"CommandAddFormula" ["dns-add" "_acme-challenge.www.example.org" "a b"]}] map["ret_addstatus":["0"] "ret_addtext":["{\"id\":\"r1\"}"] "retjson_add.id":["r1"]] []`,
		`Del RUN[TOKEN: t0k3n] 3 [{"CommandEnvFormula" ["TOKEN=t0k3n"]} {"CommandDelFormula" ["dns-del" "r1"]}] map["ret_delstatus":["3"] "ret_deltext":["gone"]] []`)
	var shown []string
	err = d.Walk(inputs(), func(r Request) Response { shown = append(shown, r.URL); return Response{} }, func(Step) {})
	if err != nil || strings.Join(shown, "; ") != `dns-add _acme-challenge.www.example.org "a b"; dns-del ""` {
		t.Errorf("%q, %v", shown, err)
	}
}
