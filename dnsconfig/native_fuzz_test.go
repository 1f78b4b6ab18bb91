package dnsconfig

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/expr-lang/expr/types"
)

// FuzzExpression: no expression over any variables panics, outlives its budget, or gives text that was not paid for.
func FuzzExpression(f *testing.F) {
	for _, seed := range []string{
		`map(response.a, quote(#))`, `capture(response.s, "(a+)b")`, `hex(hmac("sha256", response.s, nonce + text(now)))`,
		`jwt("HS256", response.s, {iat: now}, {kid: "x"})`, `form(response)`, `sorted_query(response.s)`, `entries(response)[0].value`,
		`link(response.s, "next")`, `unicode(relative(response.s, "b"))`, `json(unjson(json(response)))`, `totp(response.s)`,
		`rsa_sign("sha256", response.s, response.s)`, `time("compact") + unhex(hex(response.s))`, `path(response.s) + path("b")`,
		`list(response.a)`, `sort(list(response.a))`, `replace(response.s, "a", response.s)`, `unbase64(base64(response.s))`,
		`all(1..9, all(1..9, # > 0))`, `[capture, step, plus]`, `step()`, `plus(path("a"), nil)`, `response?.a?.b ?? 1 % 0`, `filter(response, true)`,
	} {
		f.Add(seed, []byte(`{"s": "aab<c>; rel=next", "a": ["x", {"b": 1}], "n": 1e300}`))
	}
	f.Add(`unquote(response)`, []byte(`"\"a\" \"b\\300\""`))
	f.Fuzz(func(t *testing.T, source string, body []byte) {
		response, err := decodeJSON(body)
		if err != nil {
			return
		}
		x, err := compile(source, types.Map{"response": types.Any, "now": types.Int, "nonce": types.String})
		if err != nil {
			return
		}
		e := newEvaluation(map[string]any{"response": response, "now": 1773043504, "nonce": "n"}, nil)
		e.now = time.Unix(1773043504, 0)
		started := time.Now()
		v, err := x.give(e)
		if spent := time.Since(started); spent > 10*maxTime {
			t.Errorf("%q over %d octets took %s", source, len(body), spent)
		}
		if err != nil {
			if strings.Contains(err.Error(), "runtime error") || strings.Contains(err.Error(), "nil pointer") {
				t.Errorf("%q: %v", source, err)
			}
			return
		}
		if s, ok := v.(string); ok && len(s) > maxText+len(source)+len(body) {
			t.Errorf("%q gives %d octets", source, len(s))
		}
	})
}

// A budget that ends within a function is told as one.
func TestBudgetInsideAFunction(t *testing.T) {
	t.Parallel()
	e := newEvaluation(nil, nil)
	e.text = 10
	if _, err := e.hex("123456"); !errors.Is(err, errBudget) {
		t.Errorf("%v", err)
	}
}
