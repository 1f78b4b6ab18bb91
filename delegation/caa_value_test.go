package delegation

import (
	"slices"
	"strings"
	"testing"
)

// The grammar of issue and issuewild (RFC 8659 §4.2), with the examples of RFC 8659 §4 and RFC 8657 §5.
func TestParseIssue(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ value, issuer, parameters, bad, nobody string }{
		{value: "ca1.example.net", issuer: "ca1.example.net"},
		{value: " \tCA1.Example.NET\t ", issuer: "ca1.example.net"},
		{value: "ca1.example.net; account=230123", issuer: "ca1.example.net", parameters: "account=230123"},
		{value: "ca1.example.net; policy=ev", issuer: "ca1.example.net", parameters: "policy=ev"},
		{value: "example.com;", issuer: "example.com"},
		{value: "example.com ;  ", issuer: "example.com"},
		{value: "example.com ; A = b ;c=d=e", issuer: "example.com", parameters: "a=b c=d=e"},
		{value: "example.com; a=", issuer: "example.com", parameters: "a="},
		{value: "example.net; accounturi=https://example.net/account/1234", issuer: "example.net", parameters: "accounturi=https://example.net/account/1234"},
		{value: "example.com; validationmethods=dns-01,ca-foo", issuer: "example.com", parameters: "validationmethods=dns-01,ca-foo"},
		{value: ";", nobody: "names no CA"},
		{value: "", nobody: "names no CA"},
		{value: " ; a=b", parameters: "a=b", nobody: "names no CA"},
		{value: "%%%%%", bad: "no domain name of a CA"},
		{value: "example.com.", bad: "no domain name of a CA"},
		{value: "exa_mple.com", bad: "no domain name of a CA"},
		{value: "-example.com", bad: "no domain name of a CA"},
		{value: "ca1.example.net account=1", bad: "no domain name of a CA"},
		{value: "example.com; a=b;", bad: "a ; stands where a parameter should follow it"},
		{value: "example.com; ; a=b", bad: "a ; stands where a parameter should follow it"},
		{value: "example.com; policy", bad: `the parameter "policy" has no =`},
		{value: "example.com; =b", bad: "no name of a parameter"},
		{value: "example.com; a_b=c", bad: "no name of a parameter"},
		{value: "example.com; a=b c", bad: "a value with a blank"},
		{value: "example.com; a=bü", bad: "a value with a blank or another character"},
		{value: "example.com; accounturi=https://a/1; accounturi=https://a/2", issuer: "example.com", parameters: "accounturi=https://a/1 accounturi=https://a/2", nobody: "more than one accounturi"},
		{value: "example.com; accounturi=1234", issuer: "example.com", parameters: "accounturi=1234", nobody: "no URI"},
		{value: "example.com; validationmethods=dns-01; validationmethods=http-01", issuer: "example.com",
			parameters: "validationmethods=dns-01 validationmethods=http-01", nobody: "more than one validationmethods"},
		{value: "example.com; validationmethods=dns-01,,http-01", issuer: "example.com", parameters: "validationmethods=dns-01,,http-01", nobody: "no list of methods"},
		{value: "example.com; validationmethods=", issuer: "example.com", parameters: "validationmethods="},
	} {
		issue, err := parseIssue(tt.value)
		if tt.bad != "" {
			if err == nil || !strings.Contains(err.Error(), tt.bad) {
				t.Errorf("%q: %+v, %v; want an error with %q", tt.value, issue, err, tt.bad)
			}
			continue
		}
		var parameters []string
		for _, p := range issue.parameters {
			parameters = append(parameters, p.tag+"="+p.value)
		}
		if err != nil || issue.issuer != tt.issuer || strings.Join(parameters, " ") != tt.parameters {
			t.Errorf("%q: %+v, %v", tt.value, issue, err)
		}
		if why := issue.unsatisfiable(); (why == "") != (tt.nobody == "") || !strings.Contains(why, tt.nobody) {
			t.Errorf("%q: nobody can issue by it since %q, want %q", tt.value, why, tt.nobody)
		}
	}
}

// FuzzParseIssue: what parses is written to what parses to the same; a value with another parameter keeps the rest.
func FuzzParseIssue(f *testing.F) {
	for _, s := range []string{"ca.example; a=b", ";", "", " x ; y = z ", "a;b=c;", "a..b", "\x00;\xff=1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		issue, err := parseIssue(s)
		if err != nil {
			return
		}
		e := caaEntry{CAARecord: CAARecord{Tag: "issue", Value: s}, caaIssue: issue}
		again, err := parseIssue(e.written().Value)
		if err != nil || again.issuer != issue.issuer || !slices.Equal(again.parameters, issue.parameters) {
			t.Errorf("%q is written %q, which is %+v, %v", s, e.written().Value, again, err)
		}
		pinned, err := parseIssue(withAccount(e, "https://ca.example/1").Value)
		if err != nil || pinned.issuer != issue.issuer || len(pinned.parameters) != len(issue.parameters)+1 {
			t.Errorf("%q with an account is %+v, %v", s, pinned, err)
		}
	})
}
