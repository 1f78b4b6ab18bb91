package formula_test

import (
	"strings"
	"testing"

	"deputy/formula"
)

// TestBudgets are formulas that would hang or fill a machine. Each is stopped, and no @IsError goes on after that.
func TestBudgets(t *testing.T) {
	t.Parallel()
	big := `x := "0123456789"; x := x+x+x+x+x+x+x+x; x := x+x+x+x+x+x+x+x; x := x+x+x+x+x+x+x+x; x := x+x+x+x+x+x+x+x; `
	many := `x := 1:2:3:4:5:6:7:8:9:10; x := x:x:x:x:x:x:x:x:x:x; x := x:x:x:x:x:x:x:x:x:x; `
	for source, want := range map[string]string{
		`@Repeat("x"; 1000000000)`:                         "a text of more than 1048576 octets",
		`@IsError(@Repeat("x"; 1E9))`:                      "a text of more than 1048576 octets",
		`@IfError(@Repeat("x"; 1E300); "")`:                "a text of more than 1048576 octets",
		`@While(1; 1)`:                                     "its loops take more than 10000 rounds",
		`@DoWhile(1; 1)`:                                   "its loops take more than 10000 rounds",
		`@For(i := 1; 1; i := i + 1; i)`:                   "its loops take more than 10000 rounds",
		`x := "a"; @While(1; x := x + x)`:                  "a text of more than 1048576 octets",
		`x := 1; @While(1; x := x : x)`:                    "a list of more than 10000 elements",
		many + `@Transform(x; "y"; @Transform(x; "z"; 1))`: "its loops take more than 10000 rounds",
		many + `@Transform(x; "y"; x)`:                     "a list of more than 10000 elements",
		many + `x *+ x`:                                    "a list of more than 10000 elements",
		many + `x *> (x + 10)`:                             "it needs more than 500000 steps",
		many + `@IsMember(@Text(x) + "a"; @Text(x)) : @IsNotMember(x + 2000; x)`: "it needs more than 500000 steps",
		many + `@Replace(x; x; x)`:                       "it needs more than 500000 steps",
		big + `@ReplaceSubstring(x; "0"; x)`:             "a text of more than 1048576 octets",
		big + `@Deputy_RegexReplace(x; "0"; x)`:          "a text of more than 1048576 octets",
		big + `@Deputy_RegexReplace(x; ""; "a")`:         "a list of more than 10000 elements",
		big + `@Deputy_RegexMatch(x; "([0-9]{30}){30}")`: "it needs more than 500000 steps",
		big + `@Implode("" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : ""; x)`: "a text of more than 1048576 octets",
		big + `x + ("" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "" : "")`:        "a text of more than 1048576 octets",
		many + `@Transform(x; "y"; @Matches(@Text(x); "{0-9}"))`: "it needs more than 500000 steps",
	} {
		f, err := formula.Parse(source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		_, err = f.Eval(nil, formula.Budget{})
		if err == nil || !strings.Contains(err.Error(), "the formula was stopped: "+want) {
			t.Errorf("%s: %v\nwant %s", source, err, want)
		}
	}
}

func TestBudgetIsTheCallers(t *testing.T) {
	t.Parallel()
	f, err := formula.Parse(`@Repeat("x"; 10)`)
	if err != nil {
		t.Fatal(err)
	}
	for b, fits := range map[formula.Budget]bool{
		{}:          true,
		{Text: 10}:  true,
		{Text: 9}:   false,
		{Steps: 2}:  false,
		{List: 1}:   true,
		{Steps: 50}: true,
		{Loops: 1}:  true,
	} {
		if _, err := f.Eval(nil, b); (err == nil) != fits {
			t.Errorf("%+v: %v", b, err)
		}
	}
}

// TestVariablesCostToo: a value from outside is as large as an answer may be.
func TestVariablesCostToo(t *testing.T) {
	t.Parallel()
	vars := fields{"text": formula.Text(strings.Repeat("x", 2<<20)), "list": formula.Text(make([]string, 10_001)...)}
	for _, source := range []string{"text", "list", `text = ""`, `@GetField("text")`} {
		f, err := formula.Parse(source)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Eval(vars, formula.Budget{}); err == nil || !strings.Contains(err.Error(), "the formula was stopped") {
			t.Errorf("%s: %v", source, err)
		}
	}
}

// TestLoopsAreTheCallers: rounds of all loops of a formula count together.
func TestLoopsAreTheCallers(t *testing.T) {
	t.Parallel()
	f, err := formula.Parse(`@Transform(1 : 2; "x"; x); i := 0; @While(i < 3; i := i + 1); @For(j := 0; j < 2; j := j + 1; j); @DoWhile(k := 1; 0)`)
	if err != nil {
		t.Fatal(err)
	}
	for loops, fits := range map[int]bool{8: true, 7: false} {
		_, err := f.Eval(nil, formula.Budget{Loops: loops})
		if (err == nil) != fits || err != nil && !strings.Contains(err.Error(), "the formula was stopped: its loops take more than 7 rounds") {
			t.Errorf("%d rounds: %v", loops, err)
		}
	}
}
