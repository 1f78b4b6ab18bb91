package handbook

import (
	"encoding/xml"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

func installations(t *testing.T) map[string]Facts {
	only, ok := several(t).Only("*.shop.example.org")
	if !ok {
		t.Fatal("Only does not find the wildcard by its name")
	}
	return map[string]Facts{"story": story(t), "several": several(t), "nothing-yet": nothingYet(t), "broken": broken(t), "hostile": hostile(t), "only": only, "empty": {}}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for called, facts := range installations(t) {
		for ending, text := range map[string]string{".md": Markdown(facts), ".html": HTML(facts)} {
			file := filepath.Join("testdata", called+ending)
			if *update {
				if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if text != string(want) {
				t.Errorf("%s is another now; see go test ./handbook -update, and read it", file)
			}
		}
	}
}

// TestWellFormed reads every page as XML, which no unescaped text survives, and looks for scripts and for anything from
// elsewhere.
func TestWellFormed(t *testing.T) {
	t.Parallel()
	for called, facts := range installations(t) {
		page := HTML(facts)
		decoder := xml.NewDecoder(strings.NewReader(strings.TrimPrefix(page, "<!DOCTYPE html>")))
		ids, links := map[string]int{}, map[string]bool{}
		for {
			token, err := decoder.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%s: the page is not well-formed: %v", called, err)
			}
			element, ok := token.(xml.StartElement)
			if !ok {
				continue
			}
			switch element.Name.Local {
			case "script", "link", "img", "iframe", "object", "embed", "base", "form", "use", "image", "foreignObject":
				t.Errorf("%s: there is a %s element", called, element.Name.Local)
			}
			for _, a := range element.Attr {
				look(t, called, a, ids, links)
			}
		}
		for to := range links {
			if ids[to] == 0 {
				t.Errorf("%s: a link leads to #%s, which is nowhere", called, to)
			}
		}
		for id, times := range ids {
			if times > 1 {
				t.Errorf("%s: the id %s is there %d times", called, id, times)
			}
		}
		if regexp.MustCompile(`(?i)url\(|@import`).MatchString(page) {
			t.Errorf("%s: the style sheet loads something", called)
		}
	}
}

func look(t *testing.T, called string, a xml.Attr, ids map[string]int, links map[string]bool) {
	t.Helper()
	switch {
	case a.Name.Local == "id":
		ids[a.Value]++
	case a.Name.Local == "href":
		to, within := strings.CutPrefix(a.Value, "#")
		if !within {
			t.Errorf("%s: a link leads out of the page: %s", called, a.Value)
		}
		links[to] = true
	case a.Name.Local == "src", strings.HasPrefix(a.Name.Local, "on"), a.Name.Local == "style":
		t.Errorf("%s: there is an attribute %s", called, a.Name.Local)
	}
}
