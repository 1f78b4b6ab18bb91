package dnsconfig

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// TestExportReadsBack: the same formulas, settings, methods and documentation, for every published file; and what is
// exported exports to the same.
func TestExportReadsBack(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../shared/dxl/*.dxl")
	if err != nil || len(files) == 0 {
		t.Skip("the published DNS Configurations are not there: ../shared/dxl")
	}
	formulas := 0
	for _, file := range files {
		d := published(t, filepath.Base(file))
		result, err := ImportDXL(d.Source())
		if err != nil || len(result.Configurations) != 1 || len(result.Left) != 0 {
			t.Fatalf("%s: %v %q", file, err, result.Left)
		}
		again := result.Configurations[0]
		shared, err := ImportDXL(d.Shared())
		if err != nil || len(shared.Configurations) != 1 || len(shared.Left) != 0 || fmt.Sprint(formulasOf(shared.Configurations[0])) != fmt.Sprint(formulasOf(d)) {
			t.Errorf("%s: what is shared is another: %v %q", file, err, shared.Left)
		}
		for _, item := range d.formulaNames() {
			formulas++
			if again.formulas[item] == nil || again.formulas[item].Source() != d.formulas[item].Source() {
				t.Errorf("%s: %s changed", file, item)
			}
		}
		if fmt.Sprintf("%+v", again.About()) != fmt.Sprintf("%+v", d.About()) {
			t.Errorf("%s:\n got %+v\nwant %+v", file, again.About(), d.About())
		}
		if string(again.Source()) != string(d.Source()) || again.FloorSeconds() != d.FloorSeconds() || fmt.Sprint(again.methods) != fmt.Sprint(d.methods) {
			t.Errorf("%s: the export of the export differs", file)
		}
	}
	if formulas != 76 {
		t.Errorf("%d formulas, 76 are published", formulas)
	}
}

// formulasOf gives the texts of all formulas, by item.
func formulasOf(d *DXL) map[string]string {
	texts := map[string]string{}
	for _, item := range d.formulaNames() {
		texts[item] = d.formulas[item].Source()
	}
	return texts
}

func TestSharedHoldsNoSecrets(t *testing.T) {
	t.Parallel()
	d := httpDXL(t, "cfg_AuthToken", "<text>t0k3n-in-a-document</text>", "cfg_Custom", "<text>perhaps-a-secret</text>", "cfg_DnsZone", "<text>zone.example</text>")
	shared := string(d.Shared())
	if strings.Contains(shared, "t0k3n") || strings.Contains(shared, "perhaps") || !strings.Contains(shared, "zone.example") {
		t.Error(shared)
	}
	if source := string(d.Source()); !strings.Contains(source, "t0k3n-in-a-document") || !strings.Contains(source, "perhaps-a-secret") {
		t.Error(source)
	}
}

// TestExportKeepsTypes: lists, numbers, attributes, and characters that XML escapes.
func TestExportKeepsTypes(t *testing.T) {
	t.Parallel()
	d := httpDXL(t,
		"cfg_List", "<textlist><text>a&lt;b</text><text>'c'<break/>d</text></textlist>", "cfg_Numbers", "<numberlist><number>1</number><number>2.5</number></numberlist>",
		"cfg_DnsProviderDelay", "<number>30</number>", "When", "<datetime>20260101T000000,00+00</datetime>", "Odd", "<rawitemdata>AAAA</rawitemdata>", "None", "",
		"AdminAccess' names='true' authors='true", "<text>[Administrator]</text>", "ReqAddHeaderFormula", `<text>"A: "+{&lt;&gt;&amp;"	x}</text>`)
	source := string(d.Source())
	for _, want := range []string{
		"<item name='cfg_List'><textlist><text>a&lt;b</text><text>&#39;c&#39;<break/>d</text></textlist></item>",
		"<item name='cfg_Numbers'><numberlist><number>1</number><number>2.5</number></numberlist></item>",
		"<item name='When'><datetime>20260101T000000,00+00</datetime></item>",
		"<item name='AdminAccess' names='true' authors='true'><text>[Administrator]</text></item>",
		"<item name='Odd'></item>",
	} {
		if !strings.Contains(source, want) {
			t.Errorf("no %s in\n%s", want, source)
		}
	}
	result, err := ImportDXL([]byte(source))
	if err != nil || string(result.Configurations[0].Source()) != source {
		t.Errorf("%v\n%s", err, source)
	}
	if fmt.Sprint(result.Configurations[0].settings) != fmt.Sprint(d.settings) {
		t.Errorf("%v\n%v", result.Configurations[0].settings, d.settings)
	}
}
