package deputy

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// imports is the table of rooms: what each may import of this module. It is a statement of policy: a new edge needs a
// line in docs/decisions.md in the same commit. Every room may import name, fault and secret besides.
func imports() map[string][]string {
	return map[string][]string{
		"name":                 {},
		"fault":                {"name"},
		"secret":               {},
		"egress":               {},
		"resolver":             {"egress"},
		"delegation":           {"resolver"},
		"formula":              {},
		"dnsconfig":            {"formula"},
		"store":                {},
		"provider":             {"dnsconfig", "egress", "store"},
		"publish":              {"resolver", "store"},
		"ca":                   {"egress", "store"},
		"issuance":             {"delegation", "publish", "ca", "store"},
		"plan":                 {"delegation", "store"},
		"deploy":               {"store", "egress"},
		"schedule":             {"store"},
		"handbook":             {"store", "delegation"},
		"internal/lab":         {"internal/lab/desec"},
		"internal/lab/desec":   {},
		"internal/lab/session": {},
		"cmd/deputy": {
			"egress", "resolver", "delegation", "dnsconfig", "store", "provider", "publish", "ca", "issuance", "plan", "deploy", "schedule", "handbook",
		},
		"cmd/deputy-lab": {"internal/lab"},
	}
}

// everybody are the rooms that any room may import, but for those that stand below them.
func everybody(room string) []string {
	switch room {
	case "name", "fault", "internal/lab/desec", "cmd/deputy-lab":
		return nil
	case "secret":
		return []string{"name", "fault"}
	case "internal/lab", "internal/lab/session":
		return []string{"name"}
	}
	return []string{"name", "fault", "secret"}
}

func TestImportTable(t *testing.T) {
	t.Parallel()
	table := imports()
	for file, list := range goImports(t) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		room := path.Dir(file)
		allowed, known := table[room]
		if !known && room != "." {
			t.Errorf("%s is in a room that the table does not know", file)
			continue
		}
		for _, imported := range list {
			other, ours := strings.CutPrefix(imported, "deputy/")
			if ours && !slices.Contains(allowed, other) && !slices.Contains(everybody(room), other) {
				t.Errorf("%s imports %s, which is not in the table", file, imported)
			}
		}
	}
}

// TestLibrariesStayInTheirRooms keeps the libraries that may be replaced some day behind few files.
func TestLibrariesStayInTheirRooms(t *testing.T) {
	t.Parallel()
	homes := map[string][]string{
		"github.com/miekg/dns":            {"resolver", "internal/lab", "internal/lab/desec"},
		"github.com/mholt/acmez":          {"ca"},
		"github.com/letsencrypt/pebble":   {"internal/lab"},
		"modernc.org/sqlite":              {"store"},
		"github.com/expr-lang/expr":       {"dnsconfig"},
		"github.com/aws/aws-sdk-go-v2":    {"dnsconfig"},
		"github.com/spf13/cobra":          {"cmd/deputy", "cmd/deputy-lab"},
		"golang.org/x/net/idna":           {"name"},
		"golang.org/x/net/publicsuffix":   {"name", "internal/lab/desec"},
		"github.com/rogpeppe/go-internal": {"cmd/deputy"},
	}
	for file, list := range goImports(t) {
		for _, imported := range list {
			for library, rooms := range homes {
				if strings.HasPrefix(imported, library) && !slices.Contains(rooms, path.Dir(file)) && !strings.HasSuffix(file, "_test.go") {
					t.Errorf("%s imports %s, which stays in %v", file, imported, rooms)
				}
			}
		}
	}
}

// goImports reads the imports of every Go file of the module.
func goImports(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, file := range goFiles(t) {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		found[filepath.ToSlash(file)] = nil
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			found[filepath.ToSlash(file)] = append(found[filepath.ToSlash(file)], imported)
		}
	}
	return found
}

// goFiles lists the Go files of the module; tools is a module of its own.
func goFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (file == "tools" || strings.HasPrefix(entry.Name(), ".") && file != "." || entry.Name() == "testdata") {
			return fs.SkipDir
		}
		if strings.HasSuffix(file, ".go") {
			files = append(files, file)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
