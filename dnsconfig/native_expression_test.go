package dnsconfig

import (
	"errors"
	"strings"
	"testing"

	"github.com/expr-lang/expr/types"
)

func evaluate(t *testing.T, source string, response any) (any, error) {
	t.Helper()
	x, err := compile(source, types.Map{"response": types.Any})
	if err != nil {
		t.Fatalf("%s: %v", source, err)
	}
	return x.give(newEvaluation(map[string]any{"response": response}, nil))
}

func TestExpressions(t *testing.T) {
	t.Parallel()
	response := map[string]any{"n": 5, "f": 1.5, "s": "Text", "list": []any{"a", "b"}, "none": nil, "yes": true}
	for _, c := range []struct{ source, want string }{
		{`text(response.n)`, "5"},
		{`text(response.f)`, "1.5"},
		{`text(response.yes)`, "true"},
		{`text(response.n + 1)`, "6"},
		{`"a" + response.s`, "aText"},
		{`lower(response.s)`, "text"},
		{`join(response.list, "-")`, "a-b"},
		{`join(split("x.y", "."), "+")`, "x+y"},
		{`base64("a")`, "YQ=="},
		{`text(number("12") + 1)`, "13"},
		{`trimSuffix("a.", ".")`, "a"},
		{`response.none?.deep ?? "else"`, "else"},
		{`first(response.list)`, "a"},
		{`text(len(filter(response.list, # == "b")))`, "1"},
		{`response.s matches "^T" ? "yes" : "no"`, "yes"},
	} {
		got, err := evaluate(t, c.source, response)
		if err != nil || got != c.want {
			t.Errorf("%s = %v, %v; want %s", c.source, got, err, c.want)
		}
	}
}

func TestExpressionsFail(t *testing.T) {
	t.Parallel()
	response := map[string]any{"n": 5, "s": "s3cr3t", "list": []any{"a"}, "none": nil}
	for _, c := range []struct{ source, want string }{
		{`response.s + 1`, "text + a number can't be added"},
		{`response.none + "a"`, "nothing + text can't be added"},
		{`quote(response.n)`, "quote wants text, not a number"},
		{`quote(response.none)`, "quote wants text, not nothing"},
		{`lower(response.list)`, "lower wants text, not a list"},
		{`number(response.s)`, "no whole number"},
		{`number(1.5)`, "no whole number"},
		{`text(response.list)`, "text is wanted, not a list"},
		{`join(response.n, "")`, "a list is wanted, not a number"},
		{`split("a", "")`, "wants a separator"},
		{`response.list[3]`, "out of range"},
		{`base64(response.none)`, "base64 wants text"},
	} {
		_, err := evaluate(t, c.source, response)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", c.source, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: the message holds a value: %v", c.source, err)
		}
	}
}

// Faults D14 and D15: what would run or grow without end is stopped by a budget.
func TestExpressionBudgets(t *testing.T) {
	t.Parallel()
	many := make([]any, 2000)
	for i := range many {
		many[i] = strings.Repeat("x", 2000)
	}
	big := strings.Repeat("y", 1<<20)
	for _, source := range []string{
		`all(response.many, all(response.many, all(response.many, true)))`,
		`count(1..100000, count(1..100000, true) > 0) > 0`,
		`map(1..1000000, #)`,
		`map(response.many, response.big + response.big)`,
		`map(response.many, quote(response.big))`,
		`map(response.many, lower(response.big))`,
		`map(response.many, split(response.big, "y"))`,
		`map(response.many, join(response.many, response.big))`,
		`map(response.many, base64(response.big))`,
		`map(map(map([response.big], # + #), # + #), # + #)`,
	} {
		_, err := evaluate(t, source, map[string]any{"many": many, "big": big})
		if err == nil {
			t.Errorf("%s ran to its end", source)
			continue
		}
		if !strings.Contains(err.Error(), errBudget.Error()) && !strings.Contains(err.Error(), "memory budget exceeded") {
			t.Errorf("%s: %v; want a budget", source, err)
		}
	}
}

// The text of a body is bounded where shared parts would multiply.
func TestBodyIsBounded(t *testing.T) {
	t.Parallel()
	shared := any(strings.Repeat("z", 1000))
	for range 20 {
		shared = []any{shared, shared}
	}
	if _, err := encodeJSON(shared); err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("%v", err)
	}
	if _, err := encodeForm(fields{{"a", strings.Repeat("z", maxBody)}}); err == nil {
		t.Error("a form of any length was made")
	}
	if _, err := encodeJSON("\xff"); err == nil || !strings.Contains(err.Error(), "UTF-8") {
		t.Errorf("octets that are no UTF-8: %v", err)
	}
	if _, err := encodeForm([]any{"a"}); err == nil {
		t.Error("a list was made a form")
	}
	if got, err := encodeForm(fields{{"a", nil}, {"b", []any{"1", 2}}}); err != nil || string(got) != "b=1&b=2" {
		t.Errorf("a form with nothing, and a list: %s, %v", got, err)
	}
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	vars := types.Map{"a": types.String}
	e := newEvaluation(map[string]any{"a": "x/y"}, nil)
	for _, c := range []struct{ source, want string }{
		{"", ""},
		{"plain $ text }", "plain $ text }"},
		{"${a}", "x/y"},
		{"<${a}>${a}", "<x/y>x/y"},
		{"$${a}", "${a}"},
		{"$${${a}}", "${x/y}"},
		{`${"}" + a}`, "}x/y"},
		{`${"\"}" + a}`, `"}x/y`},
		{"${`}` + a}", "}x/y"},
		{`${ {"k": a}["k"] }`, "x/y"},
	} {
		tmpl, err := parseTemplate(c.source, vars)
		if err != nil {
			t.Errorf("%s: %v", c.source, err)
			continue
		}
		if got, err := tmpl.text(e, asIs); err != nil || got != c.want {
			t.Errorf("%s = %q, %v; want %q", c.source, got, err, c.want)
		}
	}
	for _, bad := range []string{"${", "${a", "${b}", "${}", "${[a]}"} {
		if _, err := parseTemplate(bad, vars); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
	if tmpl, err := parseTemplate("${first([])}", vars); err == nil {
		if got, err := tmpl.text(e, asIs); err == nil {
			t.Errorf("nothing became the text %q", got)
		}
	}
}

func TestQuoteTXT(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 300)
	for _, c := range []struct{ octets, form string }{
		{"", `""`},
		{"a b", `"a b"`},
		{`q" b\`, `"q\" b\\"`},
		{"\x00\x1f\x7f\xff", `"\000\031\127\255"`},
		{"ä;", `"\195\164;"`},
		{long, `"` + long[:255] + `" "` + long[255:] + `"`},
		{long[:255], `"` + long[:255] + `"`},
	} {
		if got := quoteTXT(c.octets); got != c.form {
			t.Errorf("quote(%q) = %s, want %s", c.octets, got, c.form)
		}
		if got, err := unquoteTXT(c.form); err != nil || got != c.octets {
			t.Errorf("unquote(%s) = %q, %v", c.form, got, err)
		}
	}
	for _, c := range []struct{ form, want string }{
		{`bare \ "text"`, `bare \ "text"`},
		{`  "a"	"b"  `, "ab"},
		{`"\a\.\"\\"`, `a."\`},
		{`"ä"`, "ä"},
		{"", ""},
	} {
		if got, err := unquoteTXT(c.form); err != nil || got != c.want {
			t.Errorf("unquote(%s) = %q, %v; want %q", c.form, got, err, c.want)
		}
	}
	for _, bad := range []string{`"`, `"a`, `"a" b`, `"a""b"`, `"\`, `"\25"`, `"\256"`, `"\2x5"`} {
		if got, err := unquoteTXT(bad); err == nil {
			t.Errorf("unquote(%s) = %q", bad, got)
		}
	}
}

// FuzzTXT: quote is undone by unquote for all octets, and makes printable ASCII in strings of at most 255 octets.
func FuzzTXT(f *testing.F) {
	f.Add("a", `"b" "c\"\255"`)
	f.Add(strings.Repeat("\xff", 600), `"`)
	f.Fuzz(func(t *testing.T, octets, form string) {
		quoted := quoteTXT(octets)
		if back, err := unquoteTXT(quoted); err != nil || back != octets {
			t.Errorf("%q became %s became %q, %v", octets, quoted, back, err)
		}
		if strings.ContainsFunc(quoted, func(r rune) bool { return r < 0x20 || r > 0x7e }) {
			t.Errorf("%q became %q", octets, quoted)
		}
		if decoded, err := unquoteTXT(form); err == nil && strings.HasPrefix(strings.TrimSpace(form), `"`) {
			if again, err := unquoteTXT(quoteTXT(decoded)); err != nil || again != decoded {
				t.Errorf("%q was read as %q, and that as %q, %v", form, decoded, again, err)
			}
		}
	})
}

func TestBudgetIsAnError(t *testing.T) {
	t.Parallel()
	e := newEvaluation(nil, nil)
	e.steps = 0
	if ok, err := e.step(); ok || !errors.Is(err, errBudget) {
		t.Errorf("%v, %v", ok, err)
	}
}
