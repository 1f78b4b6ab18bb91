package deputy

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strings"
	"testing"
)

// Bounds of the house, in lines, levels and parameters. CONTRIBUTING.md says why.
const (
	maxFunction   = 60
	maxFile       = 400
	maxNesting    = 3
	maxParameters = 5
)

// measured is a function or file with the size that counts.
type measured struct {
	where string
	size  int
}

// TestSizes prints the ten worst of each kind, and fails on what is over a bound. Test files are free.
func TestSizes(t *testing.T) {
	t.Parallel()
	kinds := map[string][]measured{}
	bounds := map[string]int{"function": maxFunction, "file": maxFile, "nesting": maxNesting, "parameters": maxParameters}
	for _, file := range goFiles(t) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		kinds["file"] = append(kinds["file"], measured{file, strings.Count(string(source), "\n")})
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, file, source, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range parsed.Decls {
			f, ok := declaration.(*ast.FuncDecl)
			if !ok {
				continue
			}
			where := fmt.Sprintf("%s %s", set.Position(f.Pos()), f.Name.Name)
			lines := set.Position(f.End()).Line - set.Position(f.Pos()).Line + 1
			kinds["function"] = append(kinds["function"], measured{where, lines})
			kinds["nesting"] = append(kinds["nesting"], measured{where, nesting(f)})
			kinds["parameters"] = append(kinds["parameters"], measured{where, f.Type.Params.NumFields()})
		}
	}
	for kind, list := range kinds {
		slices.SortFunc(list, func(a, b measured) int { return cmp.Compare(b.size, a.size) })
		for n, m := range list {
			if n < 10 {
				t.Logf("%-10s %4d  %s", kind, m.size, m.where)
			}
			if m.size > bounds[kind] {
				t.Errorf("%s of %d, over %d: %s", kind, m.size, bounds[kind], m.where)
			}
		}
	}
}

// nesting is how deep if, for, switch and select stand in one another; an else-if stands beside its if.
func nesting(f *ast.FuncDecl) int {
	if f.Body == nil {
		return 0
	}
	deepest := 0
	var walk func(n ast.Node, depth int)
	walk = func(n ast.Node, depth int) {
		ast.Inspect(n, func(child ast.Node) bool {
			if child == nil || child == n {
				return true
			}
			switch s := child.(type) {
			case *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt:
				next := depth + 1
				if outer, ok := n.(*ast.IfStmt); ok && outer.Else == s {
					next = depth
				}
				deepest = max(deepest, next)
				walk(child, next)
				return false
			case *ast.FuncLit:
				walk(s.Body, depth)
				return false
			}
			return true
		})
	}
	walk(f.Body, 0)
	return deepest
}

// TestHabits looks for what deputy does without: init functions, sleeping (but in the virtual time of testing/synctest),
// things left for later.
func TestHabits(t *testing.T) {
	t.Parallel()
	sleep, later := "time."+"Sleep(", []string{"TO" + "DO", "FIX" + "ME", "panic(\"se" + "am\")"}
	for _, file := range goFiles(t) {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		virtual := strings.HasSuffix(file, "_test.go") && strings.Contains(string(source), `"testing/synctest"`)
		for n, line := range strings.Split(string(source), "\n") {
			if strings.Contains(line, sleep) && !virtual || strings.HasPrefix(line, "func init()") {
				t.Errorf("%s:%d: %s", file, n+1, strings.TrimSpace(line))
			}
			for _, word := range later {
				if strings.Contains(line, word) {
					t.Errorf("%s:%d is left for later: %s", file, n+1, strings.TrimSpace(line))
				}
			}
		}
	}
}

// TestNoPackageState fails on package variables that could change: only sentinels, tables by nature (regular
// expressions, embedded files) and interface assertions may stand there.
func TestNoPackageState(t *testing.T) {
	t.Parallel()
	for _, file := range goFiles(t) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, file, nil, parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range parsed.Decls {
			d, ok := declaration.(*ast.GenDecl)
			if !ok || d.Tok != token.VAR {
				continue
			}
			for _, spec := range d.Specs {
				v := spec.(*ast.ValueSpec)
				if !constantByNature(v, d) {
					t.Errorf("%s: package variable %s", set.Position(v.Pos()), v.Names[0].Name)
				}
			}
		}
	}
}

// constantByNature says whether a package variable never changes: an error made once, a compiled expression, embedded
// files, an assertion that a type fits an interface.
func constantByNature(v *ast.ValueSpec, d *ast.GenDecl) bool {
	if v.Names[0].Name == "_" {
		return true
	}
	if lock, ok := v.Type.(*ast.SelectorExpr); ok && lock.Sel.Name == "Mutex" {
		return true // guards what is the process's own: pebble's environment in the lab
	}
	if d.Doc != nil {
		for _, c := range d.Doc.List {
			if strings.HasPrefix(c.Text, "//go:embed") {
				return true
			}
		}
	}
	for _, value := range v.Values {
		call, ok := value.(*ast.CallExpr)
		if !ok {
			return false
		}
		f, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || !slices.Contains([]string{"New", "MustCompile", "MustParse", "MustParsePrefix"}, f.Sel.Name) {
			return false
		}
	}
	return len(v.Values) > 0
}
