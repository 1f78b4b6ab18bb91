package dnsconfig

import (
	"strings"
	"testing"

	"github.com/expr-lang/expr/types"
)

// What a person reads when an expression meets another answer than the document thought of.
func TestWordsOfExpressions(t *testing.T) {
	t.Parallel()
	response := map[string]any{"s": "s3cr3t", "n": 5, "l": []any{"a"}, "m": map[string]any{}}
	for source, want := range map[string]string{
		`response.s && true`:           "fails: true or false is wanted, not text (character 12)",
		`filter(response.l, #)`:        "fails: true or false is wanted, not text (character 1)",
		`hasPrefix(response.n, "a")`:   "fails: text is wanted, not a number (character 1)",
		`response.n matches "a"`:       "fails: matches wants text, not a number (character 12)",
		`response.s > 1`:               "fails: text > a number can't be done (character 12)",
		`response.n - response.l`:      "can't be done",
		`response.missing.x`:           "fails: cannot fetch x from nothing; ?. instead of . passes over nothing (character 18)",
		`response.m[response.s]["b"]`:  `fails: cannot fetch b from nothing; ?. instead of . passes over nothing`,
		`response.none[response.s]`:    "fails: cannot fetch that from nothing; ?. instead of . passes over nothing",
		`response.l.x`:                 "fails: a whole number is wanted, not text: lists and texts have no members (character 12)",
		`response.n % 0`:               "fails: division by zero (character 12)",
		`response.l[9]`:                "fails: index out of range: 9 (array length is 1) (character 11)",
		`1..2000000`:                   "fails: memory budget exceeded (character 2)",
		`response.n()`:                 "fails: invalid operation: cannot call non-function of type int",
		`response.s + response.n`:      "fails: text + a number can't be added; text(…) makes text (character 12)",
		`replace(response.s, "", "x")`: "fails: replace wants a text to look for, and it is empty (character 1)",
	} {
		_, err := evaluate(t, source, response)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: %v; want %q", source, err, want)
		}
	}
}

func TestHintOfMappings(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`map([1], {a: #})`:    `unexpected token Operator(":") (character 12); a mapping within a loop stands in ( ), as in map(list, ({key: #}))`,
		`map([1], { "a": #})`: "stands in ( )",
		`map([1], {#`:         "the expression ends too early",
	} {
		_, err := compile(source, types.Map{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", source, err, want)
		}
	}
	if _, err := compile(`map([1], ({a: #}))`, types.Map{}); err != nil {
		t.Error(err)
	}
}
