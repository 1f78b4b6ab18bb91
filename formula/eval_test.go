package formula_test

import (
	"runtime"
	"strings"
	"testing"
	"time"

	"deputy/formula"
)

// fields is a document in memory, with a clock that stands still.
type fields map[string]formula.Value

func (f fields) Get(name string) (formula.Value, bool) { v, ok := f[name]; return v, ok }
func (f fields) Set(name string, v formula.Value)      { f[name] = v }
func (f fields) Delete(name string)                    { delete(f, name) }
func (f fields) Now() time.Time                        { return time.Date(2026, 11, 24, 22, 47, 5, 0, time.UTC) }

// document is what the tables below run on.
func document() fields {
	return fields{
		"name":                       formula.Text("_acme-challenge.www.example.org"),
		"domain":                     formula.Text("example.org"),
		"empty":                      formula.Text(""),
		"zero":                       formula.Value{},
		"list":                       formula.Text("a", "b", "c"),
		"spaced":                     formula.Text(" a  b ", "", "c"),
		"n":                          formula.Number(12),
		"numbers":                    formula.Number(3, 1, 2),
		"retjson_lookup.result.0.id": formula.Text("023e"),
		"broken":                     formula.Failure("it was not kept"),
	}
}

type row struct{ in, want string }

func evaluate(t *testing.T, source string, vars formula.Variables) string {
	t.Helper()
	f, err := formula.Parse(source)
	if err != nil {
		return "parse error: " + err.Error()
	}
	v, err := f.Eval(vars, formula.Budget{})
	if err != nil {
		return "error: " + err.Error()
	}
	return formula.Show(v)
}

func check(t *testing.T, rows []row) {
	t.Helper()
	for _, r := range rows {
		if got := evaluate(t, r.in, document()); got != r.want {
			t.Errorf("%s\n got %s\nwant %s", r.in, got, r.want)
		}
	}
}

func TestConstantsAndNames(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{`"a"`, `"a"`},
		{`'a'`, `"a"`},
		{`{a}`, `"a"`},
		{`"a\"b"`, `"a\"b"`},
		{`'it\'s'`, `"it's"`},
		{`{a\}b}`, `"a}b"`},
		{`{"\\"}`, `"\"\\\""`},
		{`'\\"'`, `"\\\""`},
		{`"\n"`, `"n"`},
		{`{'}+'"'+"'"`, `"'\"'"`},
		{"\"two\nlines\"", `"two\nlines"`},
		{`200`, `200`},
		{`.5`, `0.5`},
		{`1E2`, `100`},
		{`1.5e-3`, `0.0015`},
		{`name`, `"_acme-challenge.www.example.org"`},
		{`NAME`, `"_acme-challenge.www.example.org"`},
		{`retJSON_Lookup.result.0.ID`, `"023e"`},
		{`missing`, `""`},
		{`zero`, `""`},
		{`$x := 1; ~y := 2; _z := 3; Größe := 4; $x : ~y : _z : GRÖßE`, `1 : 2 : 3 : 4`},
	})
}

func TestStatements(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{``, `""`},
		{` ; ;`, `""`},
		{`1; 2; 3`, `3`},
		{`1; 2;`, `2`},
		{`REM "a \"remark\""; 1`, `1`},
		{`1; REM {a remark}`, `1`},
		{`rem 'x'; field f := 2; F + 1`, `3`},
		{`x := 1; X + x`, `2`},
		{`x := y := 3; x + y`, `6`},
		{`x := 5`, `5`},
		{`FIELD f := "v"`, `"v"`},
		{`DEFAULT name := "other"; name`, `"_acme-challenge.www.example.org"`},
		{`DEFAULT other := "made"; other`, `"made"`},
		{`DEFAULT other := "made"; @GetField("other")`, `"made"`},
		{`SELECT n = 12`, `1`},
		{`name := "hidden"; name`, `"hidden"`},
		{`name := "hidden"; FIELD name := "field"; name`, `"field"`},
	})
}

// TestPrecedence goes from the tightest to the loosest: [], :, sign, * /, + -, comparison, !, & |.
func TestPrecedence(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{`1:2:3[2]`, `error: line 1, column 6: array index out of bounds: the first element is 1 (at [2])`},
		{`(1:2:3)[2]`, `2`},
		{`list[3]`, `"c"`},
		{`list[1.6]`, `"b"`},
		{`@IsError(list[1/0]) : @IsError((1/0)[1]) : @IsError(list[0])`, `1 : 1 : 1`},
		{`+5 : -5 : 5`, `5 : -5 : -5`},
		{`1:2 + 10`, `11 : 12`},
		{`"a"+"b":"c"`, `"ab" : "ac"`},
		{`("a"+"b"):"c"`, `"ab" : "c"`},
		{`-1:2`, `-1 : -2`},
		{`1:2:3:4 + 1:2:-3:4`, `2 : 4 : 0 : 0`},
		{`1:2:3:4 + 1:2:(-3):4`, `2 : 4 : 0 : 8`},
		{`2 + 3 * 4`, `14`},
		{`-2 * -3`, `6`},
		{`10 - 2 - 3`, `5`},
		{`12 / 3 / 2`, `2`},
		{`1 + 1 = 2`, `1`},
		{`"a" + "b" = "ab"`, `1`},
		{`!1 = 2`, `1`},
		{`!!5`, `1`},
		{`1 | 0 & 0`, `0`},
		{`0 & 0 | 1`, `1`},
		{`1 & !0`, `1`},
		{`n >= 200 & n < 300`, `0`},
		{`n >= 10 & n < 20`, `1`},
	})
}

func TestListOperators(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{`"A":"B":"C"+"1":"2"`, `"A1" : "B2" : "C2"`},
		{`1:2:3*+10:20`, `11 : 21 : 12 : 22 : 13 : 23`},
		{`"A":"B":"C"="B":"C":"A"`, `0`},
		{`"A":"B":"C"="B":"C"`, `1`},
		{`"A":"B":"C"*="B":"C":"A"`, `1`},
		{`"A":"B" != "A":"B"`, `0`},
		{`"A":"B" = "A":"C"`, `1`},
		{`"A":"B" != "A":"C"`, `1`},
		{`"A":"B" *<> "A":"B"`, `1`},
		{`"A":"B" *!= "A":"B"`, `1`},
		{`1:2 ** 10:20`, `10 : 20 : 20 : 40`},
		{`10:20 */ 1:2`, `10 : 5 : 20 : 10`},
		{`1:2 *- 10:20`, `-9 : -19 : -8 : -18`},
		{`1:2 *> 2`, `0`},
		{`1:2 *>= 2`, `1`},
		{`1:2 *< 2`, `1`},
		{`1:2 *<= 0`, `0`},
		{`{"} + list + {"}`, `"\"a\"" : "\"b\"" : "\"c\""`},
		{`("Blue":"Red") + " " *+ ("Sedan":"Van")`, `"Blue Sedan" : "Blue Van" : "Red Sedan" : "Red Van"`},
	})
}

func TestTypes(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{`missing = ""`, `1`},
		{`empty = ""`, `1`},
		{`n = ""`, `0`},
		{`n != ""`, `1`},
		{`n < ""`, `0`},
		{`n >= "1"`, `0`},
		{`"a" = "A"`, `0`},
		{`"a" < "b"`, `1`},
		{`"b" > "a" & 2 <> 3 & 2 =! 3 & 2 >< 3`, `1`},
		{`"id " + n`, `error: line 1, column 7: incorrect data type for +: text on its left, a number on its right; make the right side text with @Text (at + n)`},
		{`n + "1"`, `error: line 1, column 3: incorrect data type for +: a number on its left, text on its right; make the left side text with @Text (at + "1")`},
		{`"a" - "b"`, `error: line 1, column 5: incorrect data type for -: text on its left, text on its right (at - "b")`},
		{`"a" : 1`, `error: line 1, column 1: a list holds values of one type, not text and a number; make them text with @Text (at "a" : 1)`},
		{`1 / 0`, `error: line 1, column 3: division by zero (at / 0)`},
		{`1E308 * 10`, `error: line 1, column 7: the result is too large for a number, or none (at * 10)`},
		{`-"a"`, `error: line 1, column 1: incorrect data type for -: a number is expected, not text (at -"a")`},
		{`"a" & 1`, `error: line 1, column 5: incorrect data type for &: text on its left, a number on its right; compare text first, as in x != "" (at & 1)`},
	})
}

// TestErrorsAreValues: an error goes through everything until somebody asks for it.
func TestErrorsAreValues(t *testing.T) {
	t.Parallel()
	check(t, []row{
		{`@IsError(1/0)`, `1`},
		{`@IsError(1)`, `0`},
		{`x := @TextToNumber("ABC"); @If(@IsError(x); "no"; x)`, `"no"`},
		{`@IsError("a" + @Left(@Text(1/0); 1) : "b")`, `1`},
		{`@IfError(1/0; "none")`, `"none"`},
		{`@IfError(1/0)`, `""`},
		{`@IfError(7; "none")`, `7`},
		{`x := 1/0; 5`, `5`},
		{`1/0; 5`, `error: line 1, column 2: division by zero (at /0; 5)`},
		{`FIELD f := 1/0; 5`, `error: line 1, column 13: division by zero (at /0; 5)`},
		{`@Do(1/0; 5)`, `error: line 1, column 6: division by zero (at /0; 5))`},
		{`@If(1/0; "a"; "b")`, `error: line 1, column 6: division by zero (at /0; "a"; "b"))`},
		{`broken + "x"`, `error: line 1, column 1: it was not kept (at broken + "x")`},
		{`@IsError(broken)`, `1`},
		{`@Error`, `error: line 1, column 1: @Error: the formula says so (at @Error)`},
	})
}

// TestConditionsAreLazy: only the chosen branch runs, since branches have side effects.
func TestConditionsAreLazy(t *testing.T) {
	t.Parallel()
	doc := document()
	got := evaluate(t, `@If(n = 12; @SetField("Seen"; "yes"); @SetField("Other"; "no")); @If(0; @SetField("Other"; "no"); seen)`, doc)
	if _, there := doc["other"]; got != `"yes"` || there || doc["seen"].Text() != "yes" {
		t.Errorf("got %s, document %v", got, doc)
	}
}

func TestFieldsLiveOnAndTemporariesDoNot(t *testing.T) {
	t.Parallel()
	doc := document()
	evaluate(t, `FIELD Param_Host := "h"; temp := "t"; @Set("temp2"; "t"); @SetField("PARAM_SUB"; "s")`, doc)
	if got := evaluate(t, `param_host + param_sub + temp + temp2`, doc); got != `"hs"` {
		t.Errorf("got %s", got)
	}
	evaluate(t, `FIELD Param_Host := @DeleteField; @SetField("param_sub"; @Unavailable)`, doc)
	if got := evaluate(t, `@IsAvailable(param_host) : @IsUnavailable(param_sub)`, doc); got != `0 : 1` {
		t.Errorf("got %s", got)
	}
}

func TestEvalWithoutVariables(t *testing.T) {
	t.Parallel()
	if got := evaluate(t, `FIELD x := 1; @SetField("y"; 2); x + "a"`, nil); got != `"a"` {
		t.Errorf("got %s", got)
	}
}

// TestErrorsNeverQuoteVariables: what a variable holds may be a secret.
func TestErrorsNeverQuoteVariables(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t-v4lue"
	sources := []string{
		`secret + 1`, `secret : 1`, `secret & 1`, `-secret`, `secret[9]`, `@If(secret; 1; 2)`, `@TextToNumber(secret)`,
		`@ToNumber(secret)`, `@TextToTime(secret)`, `@Subset(secret; 0)`, `@URLEncode(secret; "x")`, `@URLDecode("UTF-8"; "%" + secret)`,
		`@Deputy_JSONGet(secret; "a")`, `@Deputy_Base64Decode("*" + secret)`, `@Deputy_RegexMatch("a"; "(" + secret)`,
		`@Deputy_SHA256("a"; secret)`, `@Deputy_HMACSHA256(secret; "a"; "hex"; "hex")`, `@Text(1; secret)`, `@Sort("a"; secret)`, `@Abs(secret)`,
	}
	for _, source := range sources {
		got := evaluate(t, source, fields{"secret": formula.Text(secret)})
		if !strings.HasPrefix(got, "error: ") || strings.Contains(got, secret) {
			t.Errorf("%s: %s", source, got)
		}
	}
}

// broken is a neighbour with a bug.
type broken struct{ fields }

func (broken) Get(string) (formula.Value, bool) {
	var none []formula.Value
	return none[0], false // panics with a runtime.Error
}

// TestBugsStayBugs: a runtime error is never taken for a mistake in a document.
func TestBugsStayBugs(t *testing.T) {
	t.Parallel()
	f, err := formula.Parse(`x`)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if _, ok := recover().(runtime.Error); !ok {
			t.Error("the runtime error was swallowed")
		}
	}()
	_, err = f.Eval(broken{}, formula.Budget{})
	t.Errorf("Eval came back with %v", err)
}

// TestTheMachinesClock is asked where variables have none.
func TestTheMachinesClock(t *testing.T) {
	t.Parallel()
	before := time.Now().UTC().Truncate(time.Second)
	got := evaluate(t, `@Now`, nil)
	now, err := time.Parse(time.DateTime, got)
	if err != nil || now.Before(before) || now.After(time.Now().UTC()) {
		t.Errorf("%s, %v; it was %s before", got, err, before)
	}
}
