package formula_test

import (
	"slices"
	"testing"
	"time"

	"deputy/formula"
)

// BenchmarkPublishedMedian gives the median, over the published formulas, of the time of one evaluation, as
// "median-ns", and fails where it is over 5 µs.
func BenchmarkPublishedMedian(b *testing.B) {
	var parsed []*formula.Formula
	for where, source := range publishedFormulas(b) {
		f, err := formula.Parse(source)
		if err != nil {
			b.Fatalf("%s: %v", where, err)
		}
		parsed = append(parsed, f)
	}
	vars := fields{}
	for _, name := range []string{"cfg_url", "cfg_dnszone", "cfg_authtoken", "param_registereddomain", "param_dnstxtname", "param_dnstxtvalue"} {
		vars[name] = formula.Text("some.value.of.ordinary.length")
	}
	took := make([]time.Duration, len(parsed))
	for b.Loop() {
		for i, f := range parsed {
			start := time.Now()
			if _, err := f.Eval(vars, formula.Budget{}); err != nil {
				b.Fatalf("%s: %v", f, err)
			}
			took[i] += time.Since(start)
		}
	}
	slices.Sort(took)
	median := float64(took[len(took)/2].Nanoseconds()) / float64(b.N)
	b.ReportMetric(median, "median-ns")
	if median > 5000 {
		b.Errorf("the median of one evaluation is %.0f ns, over 5 µs", median)
	}
}

// BenchmarkParse parses the longest published kind of formula.
func BenchmarkParse(b *testing.B) {
	const source = `FIELD c := @ReplaceSubString(retJSON_QryAdd.records; {"};{}); L := @Trim(v : c); X := @If(L = ""; ""; @Implode({"\\"} + L + {\\""}; ", ")); '[{"subname":"' + s + '","records": [' + X + ']}]'`
	for b.Loop() {
		if _, err := formula.Parse(source); err != nil {
			b.Fatal(err)
		}
	}
}
