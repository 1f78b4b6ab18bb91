package formula_test

import (
	"testing"
	"time"

	"deputy/formula"
)

// seeds gives a fuzz target formulas of every kind.
func seeds(f *testing.F) {
	for _, source := range []string{
		`@If(a = ""; "x" + @Left(b; "."); {y\}} : 'z\'')`, `FIELD a := 1; REM "r"; DEFAULT b := 2; a.0.b[1] *+ -b`,
		`@For(i := 1; i < 3; i := i + 1; @SetField("x"; i))`, `@Transform(a : b; "x"; @If(x = "b"; @Nothing; x))`,
		`!(1 & 0) | 2 *<> 3:-4:5`, `@Sort("b" : "a"; [DESCENDING])`, `@Deputy_JSONGet(a; "b.0") + @Text(@Now; "S0")`,
		`@Matches(a; "{!a-z}+?*|b&!c")`, `@Explode(a; b; 1; 0) = @Repeat(a; 9; 3)`, `1.5E-3 ** .5 */ 2`,
		`[2026-11-24] - [2026-11-24 10:00:00]; ENVIRONMENT a := b; @Environment("a") + @Unique`,
	} {
		f.Add(source)
	}
}

// FuzzPrintParsesBack: what parses prints to what parses to the same tree.
func FuzzPrintParsesBack(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, source string) {
		parsed, err := formula.Parse(source)
		if err != nil {
			if _, ok := formula.AsError(err); !ok {
				t.Fatalf("%q: an error of type %T", source, err)
			}
			return
		}
		again, err := formula.Parse(parsed.String())
		if err != nil {
			if len(parsed.String()) > 64<<10 {
				return // printing adds spaces; the source was near the limit
			}
			t.Fatalf("%q printed as %q: %v", source, parsed, err)
		}
		if formula.Tree(parsed) != formula.Tree(again) {
			t.Fatalf("%q printed as %q:\n%s\n%s", source, parsed, formula.Tree(parsed), formula.Tree(again))
		}
	})
}

// FuzzEvalKeepsItsBudget: no formula panics, gives more than its budget allows, or an error that is not an *Error with
// a place. Variables hold the source itself, so that functions get strange texts.
func FuzzEvalKeepsItsBudget(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, source string) {
		parsed, err := formula.Parse(source)
		if err != nil {
			return
		}
		vars := fields{"a": formula.Text(source), "b": formula.Text("b", "."), "n": formula.Number(3), "t": formula.Time(time.Unix(0, 0))}
		b := formula.Budget{Steps: 20_000, Loops: 200, List: 500, Text: 20_000}
		v, err := parsed.Eval(vars, b)
		if err != nil {
			if found, ok := formula.AsError(err); !ok || found.Line < 1 || found.Column < 1 || found.Message == "" {
				t.Fatalf("%q: %#v", source, err)
			}
			return
		}
		octets := 0
		for _, text := range v.Texts() {
			octets += len(text)
		}
		if v.Len() > b.List || (v.IsText() && octets > b.Text) {
			t.Fatalf("%q gives %d elements, %d octets", source, v.Len(), octets)
		}
	})
}
