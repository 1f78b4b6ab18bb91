package dnsconfig

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/expr-lang/expr/types"
)

// The page of people is run: each row of its tables has an example in the third column and its result, as JSON, in the
// fourth. A result that ends in … is only begun. Every function has a row.
func TestPageOfExpressions(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/expressions.md")
	if err != nil {
		t.Fatal(err)
	}
	variables := map[string]any{
		"account": map[string]any{"key": pkcs8(t, exampleRSA(t))}, "zone_name": "example.net", "ttl": 60,
		"now": 1773043504, "nonce": "0123456789abcdef0123456789abcdef",
	}
	known := types.Map{"account": types.Any, "zone_name": types.String, "ttl": types.Int, "now": types.Int, "nonce": types.String}
	row := regexp.MustCompile("^\\|(.*)\\| `([^`]+)` \\| `([^`]+)` \\|$")
	told, rows := map[string]bool{}, 0
	for line := range strings.SplitSeq(string(page), "\n") {
		m := row.FindStringSubmatch(line)
		if m == nil {
			if strings.HasPrefix(line, "|") && !strings.HasPrefix(line, "|---") && !strings.Contains(line, "| example |") {
				t.Errorf("a row without an example: %s", line)
			}
			continue
		}
		rows++
		for _, name := range regexp.MustCompile("`([a-z0-9_]+)\\(").FindAllStringSubmatch(m[1], -1) {
			told[name[1]] = true
		}
		x, err := compile(m[2], known)
		if err != nil {
			t.Errorf("%s: %v", m[2], err)
			continue
		}
		e := newEvaluation(variables, nil)
		e.now = time.Unix(1773043504, 0)
		v, err := x.give(e)
		if p, ok := v.(pathText); ok {
			v = string(p)
		}
		encoded, jsonErr := encodeJSON(v)
		if start, begun := strings.CutSuffix(m[3], "…"); begun && strings.HasPrefix(string(encoded), start) {
			continue
		}
		if err != nil || jsonErr != nil || string(encoded) != m[3] {
			t.Errorf("%s gives %s, %v, %v; the page says %s", m[2], encoded, err, jsonErr, m[3])
		}
	}
	for name := range (&evaluation{}).functions() {
		if name != "step" && name != "plus" && name != "match" && !told[name] {
			t.Errorf("the page does not tell of %s", name)
		}
	}
	if rows < 60 {
		t.Errorf("%d rows were read", rows)
	}
}
