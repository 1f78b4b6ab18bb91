package formula_test

import (
	"encoding/xml"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deputy/formula"
)

// publishedFormulas reads every formula that is not empty out of the published DNS Configurations, in a way of its
// own: dnsconfig's reader is not asked here.
func publishedFormulas(tb testing.TB) map[string]string {
	tb.Helper()
	files, err := filepath.Glob("../../shared/dxl/*.dxl")
	if err != nil {
		tb.Fatal(err)
	}
	if len(files) == 0 {
		tb.Skip("the published DNS Configurations are not there: ../shared/dxl")
	}
	type item struct {
		Name string `xml:"name,attr"`
		Text struct {
			Inner string `xml:",innerxml"`
		} `xml:"text"`
	}
	type file struct {
		Documents []struct {
			Items []item `xml:"item"`
		} `xml:"document"`
	}
	unescape := strings.NewReplacer("<break/>", "\n", "<break\n/>", "\n", "&lt;", "<", "&gt;", ">", "&quot;", `"`, "&amp;", "&")
	found := map[string]string{}
	for _, name := range files {
		source, err := os.ReadFile(name)
		if err != nil {
			tb.Fatal(err)
		}
		var f file
		if err := xml.Unmarshal(source, &f); err != nil {
			tb.Fatal(err)
		}
		for _, d := range f.Documents {
			for _, i := range d.Items {
				if strings.HasSuffix(i.Name, "Formula") && i.Text.Inner != "" {
					found[filepath.Base(name)+" "+i.Name] = unescape.Replace(i.Text.Inner)
				}
			}
		}
	}
	return found
}

func TestPublishedFormulasParseAndPrintBack(t *testing.T) {
	t.Parallel()
	published := publishedFormulas(t)
	if len(published) != 76 {
		t.Errorf("%d formulas found, 76 are published", len(published))
	}
	for where, source := range published {
		f, err := formula.Parse(source)
		if err != nil {
			t.Errorf("%s: %v", where, err)
			continue
		}
		again, err := formula.Parse(f.String())
		if err != nil {
			t.Errorf("%s: printed as %q: %v", where, f, err)
			continue
		}
		if formula.Tree(f) != formula.Tree(again) {
			t.Errorf("%s: the tree changed\n%s\n%s", where, formula.Tree(f), formula.Tree(again))
		}
	}
}
