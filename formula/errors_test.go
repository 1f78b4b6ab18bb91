package formula_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"deputy/formula"
)

func readFile(t *testing.T, name string) string {
	t.Helper()
	source, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

// chunk is a formula of a testdata file, and the error that it has to give: on the line that ends in ### COLUMN TEXT.
type chunk struct {
	source string
	line   int // of the file
	want   string
}

// readChunks cuts a file at its --- lines. Lines that begin with # are for the reader.
func readChunks(t *testing.T, name string) []chunk {
	t.Helper()
	var chunks []chunk
	current := chunk{line: 1}
	lines := 0
	for i, line := range strings.Split(readFile(t, name), "\n") {
		switch {
		case line == "---":
			chunks = append(chunks, current)
			current, lines = chunk{line: i + 2}, 0
			continue
		case strings.HasPrefix(line, "#"):
			continue
		}
		lines++
		code, want, marked := strings.Cut(line, "### ")
		if marked {
			column, text, _ := strings.Cut(want, " ")
			current.want = fmt.Sprintf("line %d, column %s: %s", lines, column, text)
		}
		current.source += strings.TrimRight(code, " ") + "\n"
	}
	return append(chunks, current)
}

func checkChunks(t *testing.T, name string, run func(source string) error) {
	t.Helper()
	chunks := readChunks(t, name)
	for _, c := range chunks {
		if c.want == "" {
			t.Errorf("%s:%d: the chunk says no error", name, c.line)
			continue
		}
		err := run(strings.TrimSuffix(c.source, "\n"))
		found, ok := formula.AsError(err)
		if !ok {
			t.Errorf("%s:%d: no error, want %s", name, c.line, c.want)
			continue
		}
		got := strings.TrimSuffix(found.Error(), " (at "+found.Excerpt+")")
		if got != c.want {
			t.Errorf("%s:%d:\n got %s\nwant %s", name, c.line, got, c.want)
		}
	}
	if len(chunks) < 10 {
		t.Errorf("%s has only %d chunks", name, len(chunks))
	}
}

func TestMistakesInSources(t *testing.T) {
	t.Parallel()
	checkChunks(t, "testdata/mistakes.txt", func(source string) error {
		_, err := formula.Parse(source)
		return err
	})
}

func TestFailures(t *testing.T) {
	t.Parallel()
	checkChunks(t, "testdata/failures.txt", func(source string) error {
		f, err := formula.Parse(source)
		if err != nil {
			t.Errorf("%s does not parse: %v", source, err)
			return nil
		}
		_, err = f.Eval(document(), formula.Budget{})
		return err
	})
}

func TestErrorShowsTheSource(t *testing.T) {
	t.Parallel()
	_, err := formula.Parse("x := 1;\n\"ü\" + @Lfet(name; \".\") + \"this goes on and on and on and on\"")
	found, ok := formula.AsError(err)
	if !ok {
		t.Fatalf("%v", err)
	}
	want := formula.Error{
		Line: 2, Column: 7, Excerpt: `@Lfet(name; ".") + "this goes on and on…`,
		Message: "there is no function @Lfet here", Suggestion: "did you mean @Left?",
	}
	if *found != want {
		t.Errorf("got %+v\nwant %+v", *found, want)
	}
}

func TestSourcesThatAreTooLongOrNoText(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		strings.Repeat(" ", 64<<10+1):               "line 1, column 1: a formula has at most 64 KiB",
		"\"\xff\"":                                  "line 1, column 1: a formula is UTF-8 text",
		strings.Repeat("(", 201):                    "line 1, column 201: this is nested more than 200 levels deep (at ()",
		strings.Repeat("-", 300) + "1":              "this is nested more than 200 levels deep",
		strings.Repeat("!", 300) + "1":              "this is nested more than 200 levels deep",
		strings.Repeat("x := ", 300) + "1":          "this is nested more than 200 levels deep",
		strings.Repeat("@If(1;", 300) + "1":         "this is nested more than 200 levels deep",
		"1" + strings.Repeat("+1", 1001):            "these are more than 1000 operators in a row",
		"x" + strings.Repeat("[1]", 1001):           "these are more than 1000 subscripts in a row",
		"1" + strings.Repeat(":-1", 300):            "this is nested more than 200 levels deep",
		"@If(" + strings.Repeat("0;1;", 100) + "2)": "@If takes at most 99 conditions",
	} {
		if _, err := formula.Parse(source); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20s…: %v, want %s", source, err, want)
		}
	}
}
