package dnsconfig

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"deputy/fault"
)

// TestNotesAreReadable: the documentation that stands in the form, as text.
func TestNotesAreReadable(t *testing.T) {
	t.Parallel()
	notes := published(t, "martdj_deSec-with-CNAME-delegation.dxl").About().Notes
	want := `Check the API at https://desec.readthedocs.io/en/latest/
The details about this DNS Configuration can be found in this blog articlehttps://blog.martdj.nl/2023/04/24/how-to-create-a-dns-configuration
https://blog.martdj.nl/2023/04/24/how-to-create-a-dns-configuration

To create a DNS TXT record:
curl -X POST https://desec.io/api/v1/domains/{name}/rrsets/ \
    --header "Authorization: Token {secret}" \
`
	if !strings.HasPrefix(notes, want) {
		t.Errorf("got\n%s", notes[:min(len(notes), len(want))])
	}
	if table := "\nRegistered domain: | mydomain.dedyn.io\n"; !strings.Contains(published(t, "hcl_certstore_desec.dxl").About().Notes, table) {
		t.Errorf("no line %q", table)
	}
}

// TestOtherFormsOfOneFile: the lab file holds a DNS Provider and an ACME account too.
func TestOtherFormsOfOneFile(t *testing.T) {
	t.Parallel()
	result, err := ImportDXL(publishedSource(t, "hcl_lab_certstore.dxl"))
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Configurations) != 1 || len(result.Providers) != 1 || len(result.Accounts) != 1 {
		t.Fatalf("%+v", result)
	}
	if p := result.Providers[0]; p["RegisteredDomain"] != "pebble.lab" || p["DnsProviderConfigName"] != "Pebble" || p["cfg_AuthToken"] != "" {
		t.Errorf("%v", p)
	}
	if a := result.Accounts[0]; a["AcmeDirectoryURL"] != "https://127.0.0.1:14000/dir" || a["ReqKeyCurve"] != "P256" {
		t.Errorf("%v", a)
	}
	want := []string{
		`cfg_Password of the DNS Provider "pebble": Notes keeps it encrypted, so the export has it empty; give it again`,
		`cfg_AuthKey of the DNS Provider "pebble": Notes keeps it encrypted, so the export has it empty; give it again`,
		`cfg_AuthToken of the DNS Provider "pebble": Notes keeps it encrypted, so the export has it empty; give it again`,
	}
	if !slices.Equal(result.Left, want) {
		t.Errorf("%q", result.Left)
	}
}

// TestStaleResultsAreLeft: two files ship what a test run left in them.
func TestStaleResultsAreLeft(t *testing.T) {
	t.Parallel()
	result, err := ImportDXL(publishedSource(t, "hcl_certstore_desec.dxl"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"param_host: left behind by a test run in Notes", "param_subdomain: left behind by a test run in Notes"}
	if !slices.Equal(result.Left, want) {
		t.Errorf("%q", result.Left)
	}
	if _, there := result.Configurations[0].Start(DXLInputs{}).vars.Get("param_subdomain"); there {
		t.Error("param_subdomain leaks into a run")
	}
}

// dxl writes a file with one configuration: pairs of an item's name and its value element.
func dxl(items ...string) []byte {
	var b strings.Builder
	b.WriteString("<?xml version='1.0' encoding='utf-8'?>\n<!DOCTYPE database SYSTEM 'xmlschemas/domino_14_0.dtd'>\n<database xmlns='http://www.lotus.com/dxl'>\n<document form='DnsProviderConfig'>\n")
	for i := 0; i+1 < len(items); i += 2 {
		fmt.Fprintf(&b, "<item name='%s'>%s</item>\n", items[i], items[i+1])
	}
	b.WriteString("</document></database>")
	return []byte(b.String())
}

// httpDXL is a configuration that adds, with items put over its own.
func httpDXL(t *testing.T, items ...string) *DXL {
	t.Helper()
	base := []string{
		"DnsProviderConfigName", "<text>Test</text>", "DnsProviderType", "<text>H</text>", "cfg_URL", "<text>https://api.example.net/v1</text>",
		"ReqAddHttpType", "<text>P</text>", "ReqAddUrlFormula", `<text>cfg_URL + "/add"</text>`, "ReqAddPostDataFormula", "<text>param_DnsTxtValue</text>",
	}
	result, err := ImportDXL(dxl(append(items, base...)...))
	if err != nil {
		t.Fatal(err)
	}
	return result.Configurations[0]
}

func TestItemTypes(t *testing.T) {
	t.Parallel()
	d := httpDXL(t,
		"ReqAddUrlFormula", `<text>"a" +<break/>  {b &lt;&amp;&quot;}</text>`,
		"cfg_List", "<textlist><text>x</text><text>y<break/>z</text></textlist>",
		"cfg_Numbers", "<numberlist><number>1</number><number>2.5</number></numberlist>",
		"cfg_DnsProviderDelay", "<number>41.2</number>",
		"cfg_Empty", "<text/>",
		"CFG_dnszone", "<text>zone</text>",
		"Body", "<richtext><pardef id='1'><code><formula>no</formula></code></pardef><par>One<break/>two  </par><par/><par/><par><run><font name='x'/>see </run><urllink href='https://a.example/'>here</urllink></par><table><tablerow><tablecell><par>k</par></tablecell><tablecell><par>v1</par><par>v2</par></tablecell></tablerow></table><par><picture><gif>R0lGOD</gif></picture></par></richtext>",
	)
	if got := d.formula("ReqAddUrlFormula").Source(); got != "\"a\" +\n  {b <&\"}" {
		t.Errorf("%q", got)
	}
	for name, want := range map[string]string{
		"cfg_list": `["x" "y\nz"]`, "cfg_numbers": `["1" "2.5"]`, "cfg_dnszone": `["zone"]`,
	} {
		if got := fmt.Sprintf("%q", d.settings[name].Texts()); got != want {
			t.Errorf("%s is %s", name, got)
		}
	}
	if _, there := d.settings["cfg_empty"]; there || d.FloorSeconds() != 42 {
		t.Errorf("cfg_Empty %v, floor %d", there, d.FloorSeconds())
	}
	if got := d.About().Notes; got != "One\ntwo\n\nsee here (https://a.example/)\nk | v1 v2" {
		t.Errorf("%q", got)
	}
}

// TestMinimalAndOddFiles are read all the same.
func TestMinimalAndOddFiles(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]string{
		"a document as the root": `<document form='DnsProviderConfig'><item name='DnsProviderConfigName'><text>Test</text></item></document>`,
		"without a namespace":    `<database><document form='dnsproviderconfig'><noteinfo><created/></noteinfo><item name='dnsproviderconfigname'><text>Test</text></item></document></database>`,
		"a licence in front":     "<!-- Copyright -->\n<database><document form='DnsProviderConfig'><item name='DnsProviderConfigName'><text>Test</text></item></document></database>\n<!-- end -->\n",
		"a byte order mark":      "\ufeff<database><document form='DnsProviderConfig'><item name='DnsProviderConfigName'><text>Test</text></item></document></database>",
		"ASCII declared":         `<?xml version='1.0' encoding='us-ascii'?><database><document form='DnsProviderConfig'><item name='DnsProviderConfigName'><text>Test</text></item></document></database>`,
	} {
		result, err := ImportDXL([]byte(source))
		if err != nil || len(result.Configurations) != 1 || result.Configurations[0].About().Name != "Test" {
			t.Errorf("%s: %+v, %v", name, result, err)
		}
	}
}

func TestWhatIsLeftIsSaid(t *testing.T) {
	t.Parallel()
	source := strings.Replace(string(dxl(
		"DnsProviderConfigName", "<text>Test</text>", "DnsProviderType", "<text>c</text>", "Log", "<text>old</text>",
		"cfg_Blob", "<rawitemdata>AAAA</rawitemdata>", "cfg_When", "<datetime>20260101</datetime>", "cfg_x", "<text>1</text>", "CFG_X", "<text>2</text>",
		"Colour", "<text>red</text>", "Size", "<text/>", "$Revisions", "<datetime>20260101</datetime>", "ReqRenameUrlFormula", `<text>"a"</text>`,
	)), "</database>", "<document form='DnsProvider'><item name='AccountName'><text>old</text></item><item name='Status'><text>0</text></item></document>"+
		"<document form='AcmeAccount'><item name='AccountName'><text>le</text></item><item name='AcmeKid'><text>https://a.example/1</text></item><item name='ReqKeyAlg'><text>E</text></item><item name='ReqKeyCurve'><text>P256</text></item></document>"+
		"<document form='KeyFile'/><document form='KeyFile'/></database>", 1)
	result, err := ImportDXL([]byte(source))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"Log: left behind by a test run in Notes",
		"CFG_X: there is more than one of it; the first one counts",
		"Test: it runs commands of its own on this machine (DnsProviderType C); that needs allow: {commands: true} in the DNS Provider, and allow_commands: true in the settings",
		"Test: cfg_When: a value of the type datetime is not read",
		"Test: cfg_Blob: a value of the type rawitemdata is not read",
		"Test: Colour: the form of a DNS Configuration has no such item",
		"Test: ReqRenameUrlFormula: no operation of a DNS Configuration has a formula of this name",
		`Status of the DNS Provider "old": it is not enabled in Notes; deputy uses what is added to it`,
		`AcmeKid of the ACME account "le": its key (ECDSA P256) does not leave Notes, so deputy makes an account of its own at that CA`,
		`2 of the form "KeyFile": deputy reads DnsProviderConfig, DnsProvider and AcmeAccount`,
	}
	if !slices.Equal(result.Left, want) {
		t.Errorf("%s", strings.Join(result.Left, "\n"))
	}
}

// TestRefusedFiles: each with what a person reads.
func TestRefusedFiles(t *testing.T) {
	t.Parallel()
	const in = "<text>Test</text>"
	for name, c := range map[string]struct{ source, want string }{
		"empty":              {"", "line 1: the file is empty"},
		"not XML":            {"deputy: dns-configuration/1\n", "there is no XML element in it"},
		"HTML":               {"<html><body>Not found</body></html>", "line 1: the root element is <html>, not <database>"},
		"cut off":            {"<database>\n<document form='DnsProviderConfig'>\n<item name='a'><text>x", "line 3: the file ends too early"},
		"tags that cross":    {"<database>\n<document></database></document>", "line 2: element <document> closed by </database>"},
		"no document":        {"<database/>", "it holds no document"},
		"other forms":        {"<database><document form='Memo'/><document form='Person'/></database>", `it holds documents of the form "Memo", "Person", and none of DnsProviderConfig, DnsProvider or AcmeAccount`},
		"no name":            {"<database>\n\n<document form='DnsProviderConfig'></document></database>", "line 3: the DNS Configuration has no name: DnsProviderConfigName is empty"},
		"no number":          {string(dxl("DnsProviderConfigName", in, "cfg_DnsProviderDelay", "<number>soon</number>")), "cfg_DnsProviderDelay of Test: it is not a number"},
		"a negative delay":   {string(dxl("DnsProviderConfigName", in, "cfg_DnsProviderDelay", "<number>-1</number>")), "cfg_DnsProviderDelay of Test is not a number of seconds from 0 to 86400"},
		"an unknown method":  {string(dxl("DnsProviderConfigName", in, "ReqAddHttpType", "<text>X</text>")), `ReqAddHttpType of Test is "X"; it is G, P, U, D or empty`},
		"UTF-16":             {"\xff\xfe<\x00a\x00", "line 1: the file is UTF-16, not UTF-8"},
		"UTF-16 declared":    {"<?xml version='1.0' encoding='UTF-16'?><database/>", `"UTF-16", not UTF-8`},
		"Latin-1 declared":   {"<?xml version='1.0' encoding='iso-8859-1'?><database/>", `"iso-8859-1", not UTF-8`},
		"NUL":                {"<database>\n<document\x00/></database>", "line 2: there is a NUL, which no XML file holds"},
		"a control sign":     {"<database>\x01</database>", "illegal character code U+0001"},
		"not UTF-8":          {"<database>\xff</database>", "invalid UTF-8"},
		"an unknown entity":  {"<database>&uuml;</database>", "invalid character entity &uuml;"},
		"two roots":          {"<database><document form='DnsProviderConfig'><item name='DnsProviderConfigName'><text>a</text></item></document></database><x>", "the file ends too early"},
		"many attributes":    {"<database " + strings.Repeat("a='1' ", 65) + "/>", "an element has more than 64 attributes"},
		"a hundred thousand": {strings.Repeat("<a>", 100_000), "the root element is <a>"},
		"very deep":          {"<database>" + strings.Repeat("<a>", 100_000), "elements are nested more than 64 deep"},
		"deep in text":       {"<database><document form='DnsProviderConfig'><item><text>" + strings.Repeat("<a>", 100_000), "elements are nested more than 64 deep"},
		"deep in rich text":  {"<database><document form='DnsProviderConfig'><item><richtext>" + strings.Repeat("<a>", 100_000), "elements are nested more than 64 deep"},
		"many items":         {"<database><document form='DnsProviderConfig'>" + strings.Repeat("<item/>", 20_001), "there are more than 20000 items"},
		"too long":           {strings.Repeat(" ", 4<<20+1), "the file has 4194305 octets; a DXL file here has at most 4194304"},
	} {
		checkFault(t, name, c.source, fault.BadDocument, c.want)
	}
}

// TestHostileXML: what blows up or reads files in other programs (threats of entities and external DTDs).
func TestHostileXML(t *testing.T) {
	t.Parallel()
	laughs := "<!DOCTYPE lolz [<!ENTITY lol \"lol\">"
	for i := range 9 {
		laughs += fmt.Sprintf("<!ENTITY lol%d \"%s\">", i+1, strings.Repeat(fmt.Sprintf("&lol%d;", i), 10))
	}
	for name, source := range map[string]string{
		"billion laughs":   laughs + "]><database>&lol9;</database>",
		"external entity":  "<!DOCTYPE database [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><database>&x;</database>",
		"parameter entity": "<!DOCTYPE database [<!entity % x SYSTEM 'http://127.0.0.1/x.dtd'> %x;]><database/>",
	} {
		checkFault(t, name, source, fault.BadDocument, "the DOCTYPE declares entities, which are refused")
	}
	source := strings.Replace(string(dxl("DnsProviderConfigName", "<text>Test</text>")), "xmlschemas/domino_14_0.dtd", "http://127.0.0.1:1/never-loaded.dtd", 1)
	if _, err := ImportDXL([]byte(source)); err != nil {
		t.Errorf("a DOCTYPE with an external DTD: %v", err)
	}
}

func checkFault(t *testing.T, name, source string, code fault.Code, seen string) {
	t.Helper()
	_, err := ImportDXL([]byte(source))
	f, ok := fault.From(err)
	if !ok {
		t.Errorf("%s: %v", name, err)
		return
	}
	if f.Code != code || !strings.Contains(f.Seen, seen) || f.Tried == "" || f.Do == "" || f.Who != fault.Admin {
		t.Errorf("%s:\n got %v\nwant %s", name, err, seen)
	}
}

// TestRefusedFormulas: a mistake shows at import, with item, line, column and excerpt.
func TestRefusedFormulas(t *testing.T) {
	t.Parallel()
	for item, c := range map[string]struct{ formula, want string }{
		"ReqAddUrlFormula":    {"cfg_URL +<break/>  @Lfet(name; 1)", "line 2, column 3: there is no function @Lfet here; did you mean @Left? (at @Lfet(name; 1))"},
		"StatusFormula":       {"@If(ret_AddStatus = 200; 200", "line 1, column 29: @If( has no closing )"},
		"ReqAddHeaderFormula": {`"X: y<break/>Z: w"`, "a text in it has a line end; each header is one element of a list"},
		"ReqLookupUrlFormula": {`"https://a.example/<break/>b"`, "a text in it has a line end, which no URL holds"},
		"ReqDelUrlFormula":    {`cfg_URL + "/zones/../admin"`, "a text in it has .. as a part of a path"},
	} {
		source := dxl("DnsProviderConfigName", "<text>Test</text>", item, "<text>"+c.formula+"</text>",
			"ReqLookupHttpType", "<text>G</text>", "ReqAddHttpType", "<text>P</text>", "ReqDelHttpType", "<text>D</text>")
		checkFault(t, item, string(source), fault.Formula, c.want)
		_, err := ImportDXL(source)
		if !strings.Contains(err.Error(), item+" of the DNS Configuration Test") {
			t.Errorf("%v does not name %s", err, item)
		}
	}
}

// TestAllMistakesOfAFileAreSaid at once, each with its item and place, those of several configurations too.
func TestAllMistakesOfAFileAreSaid(t *testing.T) {
	t.Parallel()
	source := dxl("DnsProviderConfigName", "<text>One</text>", "ReqAddHttpType", "<text>P</text>",
		"ReqAddUrlFormula", "<text>cfg_URL<break/> + @Lfet(a; 1)</text>", "ReqAddHeaderFormula", `<text>"A: "+"b</text>`, "StatusFormula", "<text>200</text>")
	checkFault(t, "two", string(source), fault.Formula,
		"2 of them have a mistake: ReqAddUrlFormula: line 2, column 4: there is no function @Lfet here; did you mean @Left? (at @Lfet(a; 1)); "+
			`ReqAddHeaderFormula: line 1, column 7: this string has no end; it needs a " (at "b)`)
	second := "<document form='DnsProviderConfig'><item name='DnsProviderConfigName'><text>Two</text></item><item name='StatusFormula'><text>(1</text></item></document></database>"
	_, err := ImportDXL([]byte(strings.Replace(string(source), "</database>", second, 1)))
	f, ok := fault.From(err)
	if !ok || f.Tried != "read the formulas of the DNS Configuration One and Two" || !strings.HasPrefix(f.Seen, "3 of them have a mistake: ReqAddUrlFormula of One: line 2") ||
		!strings.Contains(f.Seen, "; StatusFormula of Two: line 1, column 3: ) is expected here, not the end of the formula") ||
		f.Do != "correct ReqAddUrlFormula of One, ReqAddHeaderFormula of One, StatusFormula of Two and import the file again, or tell its author" {
		t.Errorf("%v", err)
	}
}

// TestMistakesInUnusedFormulas are said, and don't stand in the way.
func TestMistakesInUnusedFormulas(t *testing.T) {
	t.Parallel()
	unused := []string{
		"DnsProviderConfigName", "<text>Test</text>", "DnsProviderType", "<text>H</text>",
		"ReqAddUrlFormula", "<text>@DbName</text>", "CommandAddFormula", `<text>"a" "b"</text>`,
	}
	result, err := ImportDXL(dxl(unused...))
	want := []string{
		"Test: ReqAddUrlFormula, which is not used: line 1, column 1: there is no function @DbName here: it needs a Notes database; put the value into a field of the DNS Provider's account, and read that (at @DbName)",
		`Test: CommandAddFormula, which is not used: line 1, column 5: an operator or ; is expected here, not "b" (at "b")`,
	}
	if err != nil || !slices.Equal(result.Left, want) {
		t.Errorf("%q, %v", result.Left, err)
	}
	unused[3] = "<text>C</text>"
	checkFault(t, "a command", string(dxl(unused...)), fault.Formula, `an operator or ; is expected here, not "b"`)
}

// FuzzImportDXL: no file panics; what is imported exports to what imports to the same formulas.
func FuzzImportDXL(f *testing.F) {
	f.Add(dxl("DnsProviderConfigName", "<text>Test</text>", "ReqAddUrlFormula", `<text>"a"<break/>+ b</text>`, "Body", "<richtext><par>x</par></richtext>"))
	f.Add([]byte(`<database><document form='DnsProvider'><item name='a' seal='true'><textlist><text/></textlist></item></document></database>`))
	if files, err := filepath.Glob("../../shared/dxl/*.dxl"); err == nil {
		for _, file := range files {
			if source, err := os.ReadFile(file); err == nil {
				f.Add(source)
			}
		}
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		result, err := ImportDXL(source)
		if err != nil {
			if _, ok := fault.From(err); !ok {
				t.Fatalf("an error of type %T", err)
			}
			return
		}
		for _, d := range result.Configurations {
			for _, exported := range [][]byte{d.Source(), d.Shared()} {
				again, err := ImportDXL(exported)
				if err != nil || len(again.Configurations) != 1 {
					t.Fatalf("the export does not import: %v\n%s", err, exported)
				}
				if got, want := fmt.Sprintf("%q", formulasOf(again.Configurations[0])), fmt.Sprintf("%q", formulasOf(d)); got != want {
					t.Fatalf("the formulas changed: %s\n%s", got, want)
				}
			}
		}
	})
}

// BenchmarkImportDXL imports the longest published file. It gives the median of the runs as "median-ms", and fails where that
// is over 5 ms.
func BenchmarkImportDXL(b *testing.B) {
	source := publishedSource(b, "hcl_certstore_cloudflare.dxl")
	var took []time.Duration
	for b.Loop() {
		start := time.Now()
		if _, err := ImportDXL(source); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(start))
	}
	slices.Sort(took)
	median := took[len(took)/2]
	b.ReportMetric(float64(median.Microseconds())/1000, "median-ms")
	if median > 5*time.Millisecond {
		b.Errorf("the median of one import is %s, over 5 ms", median)
	}
}
