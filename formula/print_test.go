package formula_test

import (
	"testing"

	"deputy/formula"
)

// TestPrinting: one spelling, with the author's quotes, parentheses and names.
func TestPrinting(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"":                        "",
		"1;;2;":                   "1;\n2",
		`rem "a\"b" ; select x=1`: "REM \"a\\\"b\";\nSELECT x = 1",
		`field A:=1;default b:=2;environment c:=3;d:=4`: "FIELD A := 1;\nDEFAULT b := 2;\nENVIRONMENT c := 3;\nd := 4",
		`@if(a<>b;@newline;@LEFT(c;1))`:                 "@If(a != b; @NewLine; @Left(c; 1))",
		`@Now()`:                                        "@Now",
		`((1+2)*3):-4`:                                  "((1 + 2) * 3) : -4",
		`a.0.B[1][2]`:                                   "a.0.B[1][2]",
		`!a&-b*+c*<>d`:                                  "!a & -b *+ c *!= d",
		`{a\}}+'b\''+"c\n\\"`:                           `{a\}} + 'b\'' + "cn\\"`,
		`@sort(x;[Descending]:[CaseInsensitive])`:       "@Sort(x; [Descending] : [CaseInsensitive])",
		`[ 2026-11-24 ]+[2026-11-24 10:00:00]`:          "[2026-11-24] + [2026-11-24 10:00:00]",
		`a*><b|a*=!b`:                                   "a *!= b | a *!= b",
		`.50+1E02`:                                      ".50 + 1E02",
		`@Do(x:=1;y:=(z:=2))`:                           "@Do(x := 1; y := (z := 2))",
	} {
		f, err := formula.Parse(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		if got := f.String(); got != want {
			t.Errorf("%s\n got %s\nwant %s", source, got, want)
		}
		again, err := formula.Parse(f.String())
		if err != nil || formula.Tree(again) != formula.Tree(f) {
			t.Errorf("%s: %v, the tree changed", source, err)
		}
	}
}
