package dnsconfig

import (
	"fmt"
	"strings"
	"testing"

	"deputy/fault"
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
		"its own":            {[]string{"ReqAddHeaderFormula", `<text>"content-type: text/plain"</text>`}, "[[content-type text/plain]]", "[content-type: text/plain]"},
		"other headers":      {[]string{"ReqAddHeaderFormula", `<text>"A: b:c " : "" : "D:"</text>`}, "[[A b:c] [D ] [Content-Type application/x-www-form-urlencoded]]", "[A: b:c  D:]"},
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
	_, err := ImportDXL(dxl("DnsProviderConfigName", "<text>Test</text>", "ReqAddHttpType", "<text>P</text>", "ReqAddUrlFormula", "<text>"+strings.Repeat("(", 100_000)+"</text>"))
	if err == nil || !strings.Contains(err.Error(), "a formula has at most 64 KiB") {
		t.Error(err)
	}
}

func TestOtherIntegrationTypesAreRefusedWithAdvice(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{
		"A": `it runs the agents "AddTXT" and "DelTXT" of "dns.nsf", which only Domino can`,
		"Z": `its DnsProviderType is "Z", which is not known`,
	} {
		d := httpDXL(t, "DnsProviderType", "<text>"+code+"</text>", "CommandAddFormula", `<text>"add " + param_DnsTxtName</text>`,
			"AgentDatabase", "<text>dns.nsf</text>", "AgentNameAdd", "<text>AddTXT</text>", "AgentNameDel", "<text/>", "AgentDelName", "<text>DelTXT</text>")
		_, _, err := d.Start(inputs()).Request(Add)
		f, ok := fault.From(err)
		if !ok || f.Code != fault.BadDocument || !strings.Contains(f.Seen, want) || f.Do == "" {
			t.Errorf("%s: %v", code, err)
		}
		if !strings.Contains(f.Do, "DnsProviderType") {
			t.Errorf("%s: no advice in %q", code, f.Do)
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
