package dnsconfig

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deputy/secret"
)

// script is a testdata file: sections that begin with a line "-- NAME --". What the requests have to be was written by
// hand, from the formulas and the rules of the formula language, not by running this code.
type script struct {
	sections []section
}

type section struct{ name, text string }

func readScript(t *testing.T, path string) script {
	t.Helper()
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var s script
	for line := range strings.Lines(string(source)) {
		inner, ok := strings.CutPrefix(strings.TrimRight(line, "\n"), "-- ")
		name, ends := strings.CutSuffix(inner, " --")
		switch {
		case ok && ends:
			s.sections = append(s.sections, section{name: name})
		case len(s.sections) > 0:
			s.sections[len(s.sections)-1].text += line
		}
	}
	return s
}

// get gives the text of a section without its last line end.
func (s script) get(name string) (string, bool) {
	for _, section := range s.sections {
		if section.name == name {
			return strings.TrimSuffix(section.text, "\n"), true
		}
	}
	return "", false
}

// inputs reads the lines "name = value" of the section inputs.
func (s script) inputs() (file string, in DXLInputs) {
	in.Account = map[string]secret.Value{}
	text, _ := s.get("inputs")
	for line := range strings.SplitSeq(text, "\n") {
		name, value, _ := strings.Cut(line, " = ")
		switch {
		case name == "file":
			file = value
		case name == "param_RegisteredDomain":
			in.RegisteredDomain = value
		case name == "param_DnsTxtName":
			in.TXTName = value
		case name == "param_DnsTxtValue":
			in.TXTValue = value
		case strings.HasPrefix(name, "cfg_"):
			in.Account[name] = secret.New(value)
		}
	}
	return file, in
}

// answer reads the section "OP answer": a line with the status, then the body.
func (s script) answer(op Op) Response {
	text, ok := s.get(string(op) + " answer")
	if !ok {
		return Response{Status: 200}
	}
	var status int
	line, body, _ := strings.Cut(text, "\n")
	if _, err := fmt.Sscan(line, &status); err != nil {
		panic(err)
	}
	return Response{Status: status, Body: []byte(body)}
}

// printed writes a request as the sections have it.
func printed(req Request, skipped string) string {
	if skipped != "" {
		return "skipped: " + skipped
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", req.Method, req.URL)
	for _, h := range req.Header {
		fmt.Fprintf(&b, "%s: %s\n", h[0], h[1])
	}
	if len(req.Body) > 0 {
		fmt.Fprintf(&b, "\n%s", req.Body)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func TestPublishedConfigurationsRun(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("testdata/dxl/*.txt")
	if err != nil || len(scripts) < 11 {
		t.Fatalf("%d scripts, %v", len(scripts), err)
	}
	for _, path := range scripts {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			play(t, readScript(t, path))
		})
	}
}

// play runs a script once straight through and once with the delete phase in another process.
func play(t *testing.T, s script) {
	file, in := s.inputs()
	config := published(t, file)
	run := config.Start(in)
	for _, op := range []Op{Lookup, QryAdd, Add} {
		step(t, s, run, op)
		if op == Lookup {
			if err := run.LookupCustom(); err != nil {
				t.Fatal(err)
			}
		}
	}
	status, err := run.Status()
	if err != nil {
		t.Fatal(err)
	}
	if want, _ := s.get("Status"); fmt.Sprint(status) != want {
		t.Errorf("Status is %d, want %s", status, want)
	}
	stored, err := run.Context()
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range in.Account {
		if secretField(strings.ToLower(name)) && strings.Contains(string(stored), value.Reveal()) {
			t.Errorf("the context holds %s: %s", name, stored)
		}
	}
	resumed, err := config.Resume(in, stored)
	if err != nil {
		t.Fatal(err)
	}
	for _, op := range []Op{QryDel, Del} {
		step(t, s, run, op)
		step(t, s, resumed, op)
	}
}

func step(t *testing.T, s script, run *Run, op Op) {
	t.Helper()
	want, ok := s.get(string(op))
	if !ok {
		t.Fatalf("the script has no section %s", op)
	}
	req, skipped, err := run.Request(op)
	if err != nil {
		t.Fatalf("%s: %v", op, err)
	}
	if got := printed(req, skipped); got != want {
		t.Errorf("%s is\n%s\nwant\n%s", op, got, want)
	}
	if skipped != "" {
		return
	}
	if err := run.Read(op, s.answer(op)); err != nil {
		t.Fatalf("%s: %v", op, err)
	}
}

// published reads the first configuration of a published file.
func published(tb testing.TB, file string) *DXL {
	tb.Helper()
	result, err := ImportDXL(publishedSource(tb, file))
	if err != nil {
		tb.Fatal(err)
	}
	return result.Configurations[0]
}

func publishedSource(tb testing.TB, file string) []byte {
	tb.Helper()
	source, err := os.ReadFile(filepath.Join("../../shared/dxl", file))
	if os.IsNotExist(err) {
		tb.Skip("the published DNS Configurations are not there: ../shared/dxl")
	}
	if err != nil {
		tb.Fatal(err)
	}
	return source
}
