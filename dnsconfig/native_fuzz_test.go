package dnsconfig

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"deputy/name"
	"deputy/secret"
)

// fuzzInputs are inputs with everything in them, for whatever a document asks.
func fuzzInputs(n *Native, given string) Inputs {
	in := Inputs{
		Account: map[string]secret.Value{}, Session: map[string]secret.Value{},
		Name: name.MustParseOwner("a.example.org"), Zone: name.MustParseOwner("example.org"), ZoneID: given,
		Values: []string{given, "v"}, Value: given, ID: given, Job: given, Found: map[string]any{"id": given}, Record: map[string]any{"id": given},
		Now: time.Unix(1_700_000_000, 0), Nonce: "00112233445566778899aabbccddeeff",
	}
	for _, f := range n.About().Fields {
		in.Account[f.Name] = secret.New(given)
	}
	if login := n.calls[Login]; login != nil {
		for _, kept := range login.session {
			in.Session[kept.name] = secret.New("s")
		}
	}
	return in
}

// FuzzNative: no document panics, and whatever its expressions are given, its requests go to the hosts that HostsFor names,
// with methods, paths and headers that are well-formed.
func FuzzNative(f *testing.F) {
	for _, source := range []string{nativeDocument, recordDocument, singleDocument, addingDocument} {
		f.Add(source, "x")
		f.Add(source, "../a b?c#d@e:f/\r\n%2e")
	}
	documents, err := Library()
	if err != nil {
		f.Fatal(err)
	}
	for _, n := range documents {
		f.Add(string(n.Source()), "eu")
	}
	f.Fuzz(func(t *testing.T, source, given string) {
		n, err := ParseNative([]byte(source))
		if err != nil {
			return
		}
		n.Lint()
		in := fuzzInputs(n, given)
		hosts, err := n.HostsFor(in.Account, "")
		if err != nil {
			in.Base = "https://given.example/api"
			hosts, err = n.HostsFor(in.Account, in.Base)
		}
		if err != nil {
			t.Fatalf("a document with an address has no hosts: %v", err)
		}
		for _, op := range nativeOps() {
			if r, err := n.Request(op, in); err == nil {
				wellFormed(t, r, hosts, in.Base == "" && n.address != nil && n.address.whole != nil)
			}
		}
	})
}

func wellFormed(t *testing.T, r Request, hosts []string, madeOfSession bool) {
	t.Helper()
	u, err := url.Parse(r.URL)
	if err != nil {
		t.Fatalf("%s: %v", r.Op, err)
	}
	if !slices.Contains(hosts, strings.ToLower(u.Host)) && !madeOfSession {
		t.Errorf("%s goes to %s, which is none of %q", r.Op, u.Host, hosts)
	}
	if u.User != nil || u.Fragment != "" || u.Scheme != "https" {
		t.Errorf("%s has the address %s", r.Op, r.URL)
	}
	for part := range strings.SplitSeq(u.EscapedPath(), "/") {
		if plain, _ := url.PathUnescape(part); plain == "." || plain == ".." {
			t.Errorf("%s goes up or nowhere in %s", r.Op, r.URL)
		}
	}
	for _, h := range r.Header {
		if strings.ContainsAny(h[0]+h[1], "\r\n\x00") {
			t.Errorf("%s has the header %q", r.Op, h)
		}
	}
	if len(r.Body) > 2*maxBody {
		t.Errorf("%s has a body of %d octets", r.Op, len(r.Body))
	}
}

// FuzzNativeAnswer: no answer panics, or costs more than the budget; what can be read was judged so, and the next page is at
// the same host.
func FuzzNativeAnswer(f *testing.F) {
	f.Add(200, "next", `{"zones":[{"id":1,"name":"a."}],"records":[{"id":7}],"values":["\"a\""],"next":"?page=2","token":"t","ok":true,"job":5,"value":"v"}`)
	f.Add(202, "a=b; Path=/", `<Job><State>done</State></Job>`)
	f.Add(404, "", `<!doctype html>`)
	f.Add(500, "\x00", `[[[[{}]]]]`)
	documents := []*Native{}
	for _, source := range []string{nativeDocument, recordDocument, singleDocument, addingDocument} {
		n, err := ParseNative([]byte(source))
		if err != nil {
			f.Fatal(err)
		}
		documents = append(documents, n)
	}
	f.Fuzz(func(t *testing.T, status int, header, body string) {
		answer := Response{Status: status, Header: map[string][]string{"Set-Cookie": {header}, "Etag": {header}}, Body: []byte(body)}
		for _, n := range documents {
			in := fuzzInputs(n, "x")
			for _, op := range nativeOps() {
				outcome := n.Judge(op, in, answer).Outcome
				result, err := n.Read(op, in, answer)
				if err == nil && outcome != Accepted && outcome != Absent {
					t.Errorf("%s is %s, and was read", op, outcome)
				}
				if next, _ := url.Parse(result.NextURL); result.NextURL != "" && (next == nil || next.Host != "x.example.org") {
					t.Errorf("%s: the next page is at %s", op, result.NextURL)
				}
				keepsBudget(t, n, op, in, answer)
			}
		}
	})
}

// keepsBudget reads an answer, and looks at what is left: no more is overspent than each expression's last step.
func keepsBudget(t *testing.T, n *Native, op Op, in Inputs, answer Response) {
	t.Helper()
	c := n.calls[op]
	if c == nil {
		return
	}
	r, err := n.reading(c, in, answer)
	if err != nil {
		return
	}
	if outcome, err := r.outcome(); err == nil && outcome == Accepted {
		_, _ = r.result()
	}
	if r.e.steps < -100 || r.e.text < -100*maxBody {
		t.Errorf("%s leaves %d steps and %d octets", op, r.e.steps, r.e.text)
	}
}
