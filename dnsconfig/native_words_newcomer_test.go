package dnsconfig

import (
	"strings"
	"testing"

	"github.com/expr-lang/expr/types"
)

// TestNewcomersWords: what people write who know other languages is answered with what is right here.
func TestNewcomersWords(t *testing.T) {
	t.Parallel()
	variables := types.Map{"response": types.Any, "zone": types.String}
	for source, want := range map[string]string{
		"${zone}":                              "${…} stands in text, and not after = or within an expression, where the variable's name is enough",
		"'a' + ${zone}":                        "${…} stands in text, and not after = or within an expression, where the variable's name is enough",
		"map(response, z => z.name)":           "there are no arrow functions: # is the element, as in map(list, #.name)",
		"filter(response, (z) => z.name == 1)": "there are no arrow functions: # is the element, as in map(list, #.name)",
	} {
		if _, err := compile(source, variables); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v, want %q", source, err, want)
		}
	}
	x, err := compile("filter(response.records, #.id == 1)", variables)
	if err != nil {
		t.Fatal(err)
	}
	_, err = x.give(newEvaluation(map[string]any{"response": map[string]any{}, "zone": "z"}, nil))
	if err == nil || !strings.Contains(err.Error(), "fails: the list is nothing; list(…) makes an empty one of it") {
		t.Errorf("over a missing member: %v", err)
	}
}

// TestLongIDs: a whole number beyond 2^63 keeps its digits, as text.
func TestLongIDs(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]any{
		"12345678901234567890": "12345678901234567890", "-9223372036854775809": "-9223372036854775809",
		"9223372036854775807": 9223372036854775807, "1.5": 1.5, "1e3": 1000.0,
	} {
		if got, err := decodeJSON([]byte(given)); err != nil || got != want {
			t.Errorf("%s is read as %v, want %v; %v", given, got, want, err)
		}
	}
}
