package formula_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"deputy/formula"
)

// TestReads: what a formula takes from outside. "!" marks what is read whatever branch is taken, "?" what is compared
// with "" or asked for.
func TestReads(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`cfg_URL + "/x"`: "cfg_URL!",
		`@If(cfg_DnsZone = ""; cfg_URL + param_X; "")`: "cfg_DnsZone!? cfg_URL param_X",
		`@If("" != a; b; c)`:                           "a!? b c",
		`x := a; x + X`:                                "a!",
		`x + y; x := 1; x`:                             "x! y!",
		`FIELD x := y; x`:                              "y!",
		`DEFAULT x := y; x`:                            "x!? y!",
		`@SetField("x"; 1); x`:                         "",
		`@If(a; @SetField("x"; 1); ""); x`:             "a! x!",
		`@GetField("x") + @GetField(n)`:                "x! n!",
		`@If(@IsAvailable(x); x; "")`:                  "x!?",
		`@Transform(l; "i"; i + j)`:                    "l! j",
		`@For(i := 1; i < n; i := i + 1; s := s + i)`:  "n s",
		`REM "x"; -a[b] : (c)`:                         "a! b! c!",
		`SELECT a = 1 & (b = "")`:                      "a! b!?",
		`@Set("x"; 1); x`:                              "",
		`@Environment("A") + @Environment(n)`:          "environment a!? n!",
		`ENVIRONMENT a := b; @Environment("A") + a`:    "b! a!",
		`@If(n; @SetEnvironment("a"; "1"); @Environment("b"; "2")); @Environment("a")`: "n! environment a!?",
	} {
		f, err := formula.Parse(source)
		if err != nil {
			t.Fatalf("%s: %v", source, err)
		}
		var got []string
		for _, r := range f.Reads() {
			name := r.Name
			if r.Always {
				name += "!"
			}
			if r.Tested {
				name += "?"
			}
			got = append(got, name)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s reads %s, want %s", source, strings.Join(got, " "), want)
		}
	}
}

func TestFieldsAndConstants(t *testing.T) {
	t.Parallel()
	f, err := formula.Parse(`FIELD a := "x"; @If(b; @SetField("C"; 'y'); @SetField(d; "")); e := @GetField(b)`)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(f.Fields(), f.ReadsAny()); got != "[a C] true" {
		t.Error(got)
	}
	e, err := formula.Parse(`ENVIRONMENT A := "x"; @SetEnvironment("b"; "y"); @Environment(c)`)
	if err != nil || fmt.Sprint(e.Fields(), e.ReadsAny()) != "[environment a environment b] true" {
		t.Error(e.Fields(), e.ReadsAny(), err)
	}
	if got := fmt.Sprintf("%q", f.Constants()); got != `["x" "C" "y" ""]` {
		t.Error(got)
	}
}

func TestReadsHaveAPlace(t *testing.T) {
	t.Parallel()
	f, err := formula.Parse("x := 1;\n\"ü\" + Y + x + @GetField( \"z\") + y")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range f.Reads() {
		got = append(got, fmt.Sprintf("%s %d:%d", r.Name, r.Line, r.Column))
	}
	if strings.Join(got, ", ") != "Y 2:7, z 2:26" {
		t.Error(got)
	}
}

func TestEmpty(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]bool{"": true, " ;\n": true, `REM "a";`: true, `""`: false} {
		f, err := formula.Parse(source)
		if err != nil || f.Empty() != want || f.Source() != source {
			t.Errorf("%q: %v, %v", source, f.Empty(), err)
		}
	}
}

func TestValuesInJSON(t *testing.T) {
	t.Parallel()
	day, err := formula.Parse(`@Today`)
	if err != nil {
		t.Fatal(err)
	}
	today, err := day.Eval(document(), formula.Budget{})
	if err != nil {
		t.Fatal(err)
	}
	for want, v := range map[string]formula.Value{
		`{"text":["a","ü\u003c"]}`:          formula.Text("a", "ü<"),
		`{"text":[""]}`:                     {},
		`{"number":[200,0.5]}`:              formula.Number(200, 0.5),
		`{"time":["2026-11-24T22:47:05Z"]}`: formula.Time(document().Now()),
		`{"day":["2026-11-24T00:00:00Z"]}`:  today,
	} {
		stored, err := json.Marshal(v)
		if err != nil || string(stored) != want {
			t.Errorf("%s, %v, want %s", stored, err, want)
		}
		var back formula.Value
		if err := json.Unmarshal(stored, &back); err != nil || formula.Show(back) != formula.Show(v) {
			t.Errorf("%s comes back as %s, %v", want, formula.Show(back), err)
		}
	}
	if _, err := json.Marshal(formula.Failure("lost")); err == nil {
		t.Error("an error value was stored")
	}
	var v formula.Value
	if err := json.Unmarshal([]byte(`[1]`), &v); err == nil {
		t.Error("a list was read as a value")
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	if err := formula.Number(math.Inf(1)).Err(); err == nil {
		t.Error("an infinite number is no error")
	}
	if err := formula.Text().Err(); err != nil {
		t.Error(err)
	}
	for _, c := range []struct {
		value formula.Value
		want  float64
		ok    bool
	}{
		{formula.Number(200, 5), 200, true},
		{formula.Text(" 201 "), 201, true},
		{formula.Text("abc"), 0, false},
		{formula.Text("1e999"), 0, false},
		{formula.Text("NaN"), 0, false},
		{formula.Value{}, 0, false},
		{formula.Time(time.Now()), 0, false},
	} {
		if n, ok := c.value.Number(); ok != c.ok || (ok && n != c.want) {
			t.Errorf("%s as a number: %v, %v", formula.Show(c.value), n, ok)
		}
	}
	if texts := formula.Number(1, 2.5).Texts(); strings.Join(texts, " ") != "1 2.5" {
		t.Error(texts)
	}
}

// TestFromJSON: an integer that a number can't hold exactly is an identifier, so it stays as it is written.
func TestFromJSON(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		`"a"`: `"a"`, `5`: `5`, `-0.5`: `-0.5`, `1e3`: `1000`, `true`: `"true"`, `null`: `""`, `[]`: `""`,
		`["a", 1, false, null]`: `"a" : "1" : "false" : ""`, `9007199254740991`: `9007199254740991`,
		`9007199254740993`: `"9007199254740993"`, `1e999`: `"1e999"`,
	} {
		decoded, err := formula.DecodeJSON([]byte(source))
		if err != nil {
			t.Fatal(err)
		}
		if v, ok := formula.FromJSON(decoded); !ok || formula.Show(v) != want {
			t.Errorf("%s is %s, %v; want %s", source, formula.Show(v), ok, want)
		}
	}
	for _, source := range []string{`{}`, `[[]]`, `[{}]`} {
		decoded, err := formula.DecodeJSON([]byte(source))
		if err != nil {
			t.Fatal(err)
		}
		if v, ok := formula.FromJSON(decoded); ok {
			t.Errorf("%s is %s", source, formula.Show(v))
		}
	}
}

func TestCalls(t *testing.T) {
	t.Parallel()
	f, err := formula.Parse("x := @left(a; \".\"\n + B + @LEFT(c[i]; 2)); FIELD y := (-@If(x : 1 = 1; !@Left(d; (e)); 0)); SELECT @Right(a; b)")
	if err != nil {
		t.Fatal(err)
	}
	want := `[{1 6 @Left(a; "." + B + @Left(c[i]; 2)) [[a] [b c i]]} {2 8 @Left(c[i]; 2) [[c i] []]} {2 54 @Left(d; (e)) [[d] [e]]}]`
	if got := fmt.Sprint(f.Calls("@Left")); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
}
