// Command vulncheck runs govulncheck over deputy without a network service: the Go vulnerability database is taken
// from the module golang.org/x/vulndb, laid out as govulncheck wants it (go.dev/doc/security/vuln/database).
//
// A known vulnerability that deputy's code reaches fails the run. One in the Go release itself is advice: it is
// mended by building with a newer Go, not by a change here.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// database is the version of the vulnerability database that is checked against.
const database = "golang.org/x/vulndb@v0.0.0-20261105234957-e22db6528018"

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: vulncheck DIR (the module to check)")
		os.Exit(2)
	}
	bad, err := check(os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "vulncheck:", err)
		os.Exit(1)
	}
	if bad > 0 {
		os.Exit(1)
	}
}

func check(module string) (bad int, err error) {
	source, err := download()
	if err != nil {
		return 0, err
	}
	dir, err := os.MkdirTemp("", "vulndb")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if err := layOut(filepath.Join(source, "data", "osv"), dir); err != nil {
		return 0, err
	}
	command := exec.Command("go", "tool", "govulncheck", "-C", module, "-format", "json", "-db", "file://"+dir, "./...")
	command.Stderr = os.Stderr
	output, err := command.Output()
	if err != nil {
		return 0, fmt.Errorf("govulncheck: %w", err)
	}
	return judge(output)
}

// download gets the database's module and gives its folder.
func download() (string, error) {
	output, err := exec.Command("go", "mod", "download", "-json", database).Output()
	if err != nil {
		return "", fmt.Errorf("download %s: %w", database, err)
	}
	var module struct{ Dir string }
	return module.Dir, json.Unmarshal(output, &module)
}

// entry is what the indices need of a report in OSV form.
type entry struct {
	ID       string    `json:"id"`
	Modified time.Time `json:"modified"`
	Aliases  []string  `json:"aliases,omitempty"`
	Affected []struct {
		Package struct {
			Name string `json:"name"`
		} `json:"package"`
	} `json:"affected"`
}

type moduleVuln struct {
	ID       string    `json:"id"`
	Modified time.Time `json:"modified"`
}

type moduleIndex struct {
	Path  string       `json:"path"`
	Vulns []moduleVuln `json:"vulns"`
}

// layOut copies the reports and writes the indices.
func layOut(osv, dir string) error {
	files, err := filepath.Glob(filepath.Join(osv, "*.json"))
	if err != nil || len(files) == 0 {
		return errors.Join(err, fmt.Errorf("%s has no reports", osv))
	}
	var latest time.Time
	var vulns []entry
	modules := map[string]*moduleIndex{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		var e entry
		if err := json.Unmarshal(text, &e); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if err := write(dir, "ID/"+filepath.Base(file), json.RawMessage(text)); err != nil {
			return err
		}
		if e.Modified.After(latest) {
			latest = e.Modified
		}
		for _, a := range e.Affected {
			m := modules[a.Package.Name]
			if m == nil {
				m = &moduleIndex{Path: a.Package.Name}
				modules[a.Package.Name] = m
			}
			m.Vulns = append(m.Vulns, moduleVuln{e.ID, e.Modified})
		}
		e.Affected = nil
		vulns = append(vulns, e)
	}
	list := make([]*moduleIndex, 0, len(modules))
	for _, m := range modules {
		list = append(list, m)
	}
	return errors.Join(
		write(dir, "index/db.json", map[string]time.Time{"modified": latest}),
		write(dir, "index/modules.json", list),
		write(dir, "index/vulns.json", vulns),
	)
}

func write(dir, name string, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o644)
}

// finding is one message of govulncheck's JSON stream. A trace whose first frame names a function is code that
// deputy reaches.
type finding struct {
	Finding *struct {
		OSV   string `json:"osv"`
		Fixed string `json:"fixed_version"`
		Trace []struct {
			Module   string `json:"module"`
			Package  string `json:"package"`
			Function string `json:"function"`
		} `json:"trace"`
	} `json:"finding"`
}

func judge(output []byte) (bad int, err error) {
	seen := map[string]bool{}
	for decoder := json.NewDecoder(strings.NewReader(string(output))); ; {
		var f finding
		if err := decoder.Decode(&f); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return bad, err
		}
		if f.Finding == nil || len(f.Finding.Trace) == 0 || f.Finding.Trace[0].Function == "" || seen[f.Finding.OSV] {
			continue
		}
		seen[f.Finding.OSV] = true
		at := f.Finding.Trace[0]
		if at.Module == "stdlib" {
			fmt.Printf("advice: %s in the Go release (%s.%s), fixed in %s\n", f.Finding.OSV, at.Package, at.Function, f.Finding.Fixed)
			continue
		}
		fmt.Printf("%s reaches deputy through %s.%s; fixed in %s\n", f.Finding.OSV, at.Package, at.Function, f.Finding.Fixed)
		bad++
	}
	fmt.Printf("vulncheck: %d findings, %d of them ours\n", len(seen), bad)
	return bad, nil
}
