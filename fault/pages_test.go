package fault

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// pages is where people read about codes.
const pages = "../docs/faults"

// TestEveryCodeHasAPage: docs/faults has a page for each code and a code for each page; each page begins with its code, shows
// a message and says who; the index links to every page once.
func TestEveryCodeHasAPage(t *testing.T) {
	t.Parallel()
	codes := codesOf(t)
	index, err := os.ReadFile(filepath.Join(pages, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range codes {
		if n := strings.Count(string(index), "]("+code+".md)"); n != 1 {
			t.Errorf("the index has %d links to the page of %s", n, code)
		}
		page, err := os.ReadFile(filepath.Join(pages, code+".md"))
		if err != nil {
			t.Errorf("the code %s has no page: %v", code, err)
			continue
		}
		text := string(page)
		if !strings.HasPrefix(text, "# "+code+"\n") || strings.Count(text, code) < 2 || !strings.Contains(text, "\n**Who:** ") {
			t.Errorf("the page of %s has to begin with the code, show a message with it, and say who", code)
		}
	}
	files, err := os.ReadDir(pages)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		code, isPage := strings.CutSuffix(file.Name(), ".md")
		if code != "README" && (!isPage || !slices.Contains(codes, code)) {
			t.Errorf("%s is no page of a code", file.Name())
		}
	}
}

// codesOf reads the constants of the type Code in code.go.
func codesOf(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "code.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var codes []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); !ok || kind.Name != "Code" {
			t.Errorf("%s is not declared as a Code", spec.Names[0].Name)
			return false
		}
		for _, value := range spec.Values {
			literal, ok := value.(*ast.BasicLit)
			if !ok {
				t.Errorf("%s is not written out", spec.Names[0].Name)
				continue
			}
			code, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Fatal(err)
			}
			if slices.Contains(codes, code) {
				t.Errorf("there are two of the code %s", code)
			}
			codes = append(codes, code)
		}
		return false
	})
	if len(codes) < 40 {
		t.Errorf("only %d codes were found", len(codes))
	}
	return codes
}
