package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"deputy/internal/lab"
)

// step is a command of a document's console block, and what the document says it prints.
type step struct {
	command string
	prints  []string
}

// TestDocuments runs the console blocks of README and docs, each document as one session in a lab of its own, and
// compares what is printed. A line "…" stands for any lines, "…" within a line for anything.
func TestDocuments(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	documents, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	must(t, err)
	ran := 0
	for _, document := range append(documents, filepath.Join(root, "README.md")) {
		text, err := os.ReadFile(document)
		must(t, err)
		steps := consoleSteps(t, string(text))
		if len(steps) == 0 {
			continue
		}
		ran += len(steps)
		t.Run(filepath.Base(document), func(t *testing.T) {
			t.Parallel()
			playDocument(t, steps)
		})
	}
	if ran < 5 {
		t.Errorf("only %d commands were found: is the README's console block gone?", ran)
	}
}

// consoleSteps finds the commands; a here-document belongs to its command.
func consoleSteps(t *testing.T, text string) []step {
	t.Helper()
	var steps []step
	for _, block := range regexp.MustCompile("(?ms)^```console\n(.*?)^```").FindAllStringSubmatch(text, -1) {
		end := ""
		for _, line := range strings.Split(strings.TrimSuffix(block[1], "\n"), "\n") {
			command, is := strings.CutPrefix(line, "$ ")
			switch {
			case end != "":
				steps[len(steps)-1].command += "\n" + line
				if line == end {
					end = ""
				}
			case is:
				steps = append(steps, step{command: command})
				if _, marker, here := strings.Cut(command, "<<"); here {
					end = strings.Trim(strings.Fields(marker)[0], "'")
				}
			case len(steps) == 0:
				t.Fatalf("a console block begins with %q", line)
			default:
				steps[len(steps)-1].prints = append(steps[len(steps)-1].prints, line)
			}
		}
	}
	return steps
}

func playDocument(t *testing.T, steps []step) {
	w := newWorld(t, lab.Options{SecondaryLag: -1})
	bin := filepath.Dir(built(t, "../deputy-lab"))
	var script strings.Builder
	for n, s := range steps {
		fmt.Fprintf(&script, "{ %s\n} 2>&1; printf '@@%d\\n'\n", s.command, n)
	}
	shell := w.process([]string{"PATH=" + bin + string(filepath.ListSeparator) + os.Getenv("PATH")})
	shell.Path, shell.Args = "/bin/bash", []string{"bash", "-c", script.String()}
	shell.Dir = t.TempDir()
	shell.Stdout, shell.Stderr = nil, nil
	text, err := shell.CombinedOutput()
	fmt.Fprintf(w.out, "%s", text)
	if err != nil {
		t.Errorf("the session ended with %v", err)
	}
	rest := string(text)
	for n, s := range steps {
		got, after, found := strings.Cut(rest, fmt.Sprintf("@@%d\n", n))
		if !found {
			t.Fatalf("$ %s\ndid not end\n%s", s.command, rest)
		}
		rest = after
		if !likeness(s.prints).MatchString(got) {
			t.Errorf("$ %s\nprinted\n%s\nthe document says\n%s", s.command, got, strings.Join(s.prints, "\n"))
		}
	}
}

// likeness is the expression that what is printed must match as a whole.
func likeness(prints []string) *regexp.Regexp {
	var expression strings.Builder
	for _, line := range prints {
		if line == "…" {
			expression.WriteString(`(?:.*\n)*?`)
			continue
		}
		parts := strings.Split(line, "…")
		for n := range parts {
			parts[n] = regexp.QuoteMeta(parts[n])
		}
		expression.WriteString(strings.Join(parts, ".*") + `\n`)
	}
	return regexp.MustCompile(`\A` + expression.String() + `\z`)
}
