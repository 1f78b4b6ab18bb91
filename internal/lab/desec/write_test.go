package desec

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"sync"
	"testing"
)

// publications records what a host publishes, and fails on demand.
type publications struct {
	mu   sync.Mutex
	sets []RRset
	fail error
}

func (p *publications) publish(zone string, set RRset) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fail != nil {
		return p.fail
	}
	p.sets = append(p.sets, set)
	return nil
}

func publishing() (*Host, *publications) {
	p := &publications{}
	return twoAccounts(func(c *Config) { c.Publish = p.publish }), p
}

// https://desec.readthedocs.io/en/latest/dns/rrsets.html#atomicity: all of a list, in its order, or nothing.
func TestBulk(t *testing.T) {
	t.Parallel()
	h, p := publishing()
	wantStatus(t, ask(t, h, "main", "PUT", rrsets, `[
		{"subname":"a","type":"TXT","ttl":60,"records":["\"1\"","\"2\""]},
		{"subname":"","type":"TXT","ttl":60,"records":["\"apex\""]}]`), 200)
	wantStatus(t, ask(t, h, "main", "PATCH", rrsets, `[
		{"subname":"a","type":"TXT","records":[]},
		{"subname":"b","type":"TXT","ttl":59,"records":["\"x\""]}]`), 400)
	wantStatus(t, ask(t, h, "main", "PATCH", rrsets, `[
		{"subname":"a","type":"TXT","records":[]},
		{"subname":"a","type":"CNAME","ttl":60,"records":["x.example."]},
		{"subname":"","type":"TXT","ttl":61}]`), 200)
	want := []RRset{
		{"a.martdj.dedyn.io.", "TXT", 60, []string{`"1"`, `"2"`}},
		{"martdj.dedyn.io.", "TXT", 60, []string{`"apex"`}},
		{"a.martdj.dedyn.io.", "TXT", 60, nil},
		{"a.martdj.dedyn.io.", "CNAME", 60, []string{"x.example."}},
		{"martdj.dedyn.io.", "TXT", 61, []string{`"apex"`}},
	}
	compareSets(t, p.sets, want)
}

// Writing what is there already is answered like a change, and published no second time
// (https://desec.readthedocs.io/en/latest/dns/domains.html#domain-field-reference, "touched").
func TestTouch(t *testing.T) {
	t.Parallel()
	h, p := publishing()
	set := `[{"subname":"a","type":"TXT","ttl":60,"records":["\"1\"","\"2\""]}]`
	wantStatus(t, ask(t, h, "main", "PUT", rrsets, set), 200)
	wantStatus(t, ask(t, h, "main", "PUT", rrsets, set), 200)
	wantStatus(t, ask(t, h, "main", "PATCH", rrsets+"a/TXT/", `{"records":["\"2\"","\"1\""]}`), 200)
	wantStatus(t, ask(t, h, "main", "DELETE", rrsets+"b/TXT/", ""), 204)
	compareSets(t, p.sets, []RRset{{"a.martdj.dedyn.io.", "TXT", 60, []string{`"1"`, `"2"`}}})
}

// nsmaster down: 500 with JSON, and the change is committed, as the transcript's last part shows.
func TestNameServerDown(t *testing.T) {
	t.Parallel()
	h, p := publishing()
	p.fail = errors.New("connection refused")
	got := ask(t, h, "main", "POST", rrsets, `{"subname":"halfdown","type":"TXT","ttl":60,"records":["\"x\""]}`)
	if want := `{"detail":"Internal Server Error. We're on it!"}`; got.Code != 500 || got.Body.String() != want {
		t.Errorf("%d %s, want 500 %s", got.Code, got.Body, want)
	}
	if kind := got.Header().Get("Content-Type"); kind != "application/json" {
		t.Errorf("Content-Type: %s", kind)
	}
	wantStatus(t, ask(t, h, "main", "GET", rrsets+"halfdown/TXT/", ""), 200)
	p.fail = nil
	wantStatus(t, ask(t, h, "main", "DELETE", rrsets+"halfdown/TXT/", ""), 204)
	compareSets(t, p.sets, []RRset{{"halfdown.martdj.dedyn.io.", "TXT", 60, nil}})
}

// PowerDNS down: 500 with HTML, and nothing is changed.
func TestPowerDNSDown(t *testing.T) {
	t.Parallel()
	h, p := publishing()
	h.SetPowerDNSDown(true)
	got := ask(t, h, "main", "POST", rrsets, `{"subname":"a","type":"TXT","ttl":60,"records":["\"x\""]}`)
	wantStatus(t, got, 500)
	if kind := got.Header().Get("Content-Type"); kind != "text/html; charset=utf-8" || !strings.Contains(got.Body.String(), "<h1>Server Error (500)</h1>") {
		t.Errorf("Content-Type: %s\n%s", kind, got.Body)
	}
	wantStatus(t, ask(t, h, "main", "GET", rrsets+"a/TXT/", ""), 404)
	wantStatus(t, ask(t, h, "main", "PATCH", rrsets, `[]`), 200)
	h.SetPowerDNSDown(false)
	wantStatus(t, ask(t, h, "main", "POST", rrsets, `{"subname":"a","type":"TXT","ttl":60,"records":["\"x\""]}`), 201)
	compareSets(t, p.sets, []RRset{{"a.martdj.dedyn.io.", "TXT", 60, []string{`"x"`}}})
}

// https://desec.readthedocs.io/en/latest/auth/tokens.html#token-scoping-policies: reading is free, and what a policy
// allows works.
func TestScopedToken(t *testing.T) {
	t.Parallel()
	h, p := publishing()
	wantStatus(t, ask(t, h, "scoped", "PUT", rrsets, `[{"subname":"validation","type":"TXT","ttl":60,"records":["\"s\""]}]`), 200)
	wantStatus(t, ask(t, h, "scoped", "GET", "/domains/slow.dedyn.io/rrsets/", ""), 200)
	wantStatus(t, ask(t, h, "scoped", "DELETE", rrsets+"nothing/TXT/", ""), 204)
	wantStatus(t, ask(t, h, "scoped", "PATCH", rrsets+"validation/TXT/", `{"records":[]}`), 204)
	if len(p.sets) != 2 {
		t.Errorf("published %v, want two changes", p.sets)
	}
}

// https://desec.readthedocs.io/en/latest/auth/tokens.html#token-scoping-policies: the table of priorities.
func TestPolicyPriority(t *testing.T) {
	t.Parallel()
	d, s, y := new("d"), new("s"), new("TXT")
	order := []Policy{
		{Domain: d, Subname: s, Type: y}, {Domain: d, Subname: s}, {Domain: d, Type: y}, {Domain: d},
		{Subname: s, Type: y}, {Subname: s}, {Type: y}, {},
	}
	for i := range order {
		policies := []Policy{{Domain: new("other")}}
		for j := len(order) - 1; j >= i; j-- {
			p := order[j]
			p.Write = j == i
			policies = append(policies, p)
		}
		if l := (&login{policies: policies}); !l.mayWrite("d", "s", "TXT") {
			t.Errorf("priority %d lost to a lower one", i+1)
		}
	}
}

// https://desec.readthedocs.io/en/latest/dns/domains.html#identifying-the-responsible-domain-for-a-dns-name
func TestOwnsQname(t *testing.T) {
	t.Parallel()
	h := twoAccounts(nil)
	for _, c := range []struct{ qname, want string }{
		{"martdj.dedyn.io", "martdj.dedyn.io"},
		{"validation.martdj.dedyn.io", "martdj.dedyn.io"},
		{"*.sub.martdj.dedyn.io", "sub.martdj.dedyn.io"},
		{"_acme-challenge.x.sub.martdj.dedyn.io", "sub.martdj.dedyn.io"},
		{"notmartdj.dedyn.io", ""},
		{"martdj.dedyn.io.", ""}, // a final dot makes it no domain name
		{"a.not-mine.example", ""},
		{"dedyn.io", ""},
	} {
		got := ask(t, h, "main", "GET", "/domains/?owns_qname="+c.qname, "")
		wantStatus(t, got, 200)
		var found []struct {
			Name string
			Keys []any
		}
		if err := json.Unmarshal(got.Body.Bytes(), &found); err != nil {
			t.Fatal(err)
		}
		name := ""
		for _, d := range found {
			name += d.Name
			if d.Keys != nil {
				t.Error("a list shows keys")
			}
		}
		if name != c.want {
			t.Errorf("%s belongs to %q, want %q", c.qname, name, c.want)
		}
	}
}

// Deleting a domain takes its RRsets out of DNS (https://desec.readthedocs.io/en/latest/dns/domains.html#deleting-a-domain).
func TestDeleteDomain(t *testing.T) {
	t.Parallel()
	h, p := publishing()
	wantStatus(t, ask(t, h, "main", "POST", rrsets, `{"subname":"a","type":"TXT","ttl":60,"records":["\"x\""]}`), 201)
	wantStatus(t, ask(t, h, "main", "DELETE", "/domains/martdj.dedyn.io/", ""), 204)
	wantStatus(t, ask(t, h, "main", "DELETE", "/domains/not-mine.example/", ""), 204)
	wantStatus(t, ask(t, h, "main", "GET", rrsets, ""), 404)
	wantStatus(t, ask(t, h, "other", "GET", "/domains/not-mine.example/", ""), 200)
	compareSets(t, p.sets, []RRset{{"a.martdj.dedyn.io.", "TXT", 60, []string{`"x"`}}, {"a.martdj.dedyn.io.", "TXT", 60, nil}})
}

// Parallel writes of one RRset: all are answered with 200, and one of them has the last word.
func TestParallelWrites(t *testing.T) {
	t.Parallel()
	h, p := publishing()
	var wg sync.WaitGroup
	for _, v := range strings.Split("abcdefgh", "") {
		wg.Go(func() {
			got := ask(t, h, "main", "PUT", rrsets, `[{"subname":"p","type":"TXT","ttl":60,"records":["\"`+v+`\""]}]`)
			if got.Code != 200 {
				t.Errorf("%d %s", got.Code, got.Body)
			}
		})
	}
	wg.Wait()
	var now struct{ Records []string }
	if err := json.Unmarshal(ask(t, h, "main", "GET", rrsets+"p/TXT/", "").Body.Bytes(), &now); err != nil {
		t.Fatal(err)
	}
	if last := p.sets[len(p.sets)-1]; len(p.sets) != 8 || !reflect.DeepEqual(last.Records, now.Records) {
		t.Errorf("%d were published, the last %v; the API shows %v", len(p.sets), last, now.Records)
	}
}

func compareSets(t *testing.T, got, want []RRset) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("published %v\nwant %v", got, want)
	}
	for i := range want {
		if len(got[i].Records) == 0 && len(want[i].Records) == 0 {
			got[i].Records, want[i].Records = nil, nil
		}
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("published %v, want %v", got[i], want[i])
		}
	}
}

// FuzzCanonicalText: canonical form is stable, and holds no string over 255 octets.
func FuzzCanonicalText(f *testing.F) {
	for _, s := range []string{`"a"`, `"a" "b"`, `"\195\164\""`, `"ä"`, `"` + strings.Repeat("x", 600) + `"`, `""`, `"a`, "\"\n\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once, err := canonicalText("TXT", s)
		if err != nil {
			return
		}
		twice, err := canonicalText("TXT", once)
		if err != nil || twice != once {
			t.Errorf("%q is %q, and that is %q, %v", s, once, twice, err)
		}
		for rest := once; rest != ""; rest = strings.TrimPrefix(rest, " ") {
			octets, after, err := readString(strings.TrimPrefix(rest, `"`))
			if err != nil || len(octets) > longestString {
				t.Fatalf("%q holds a string of %d octets, %v", once, len(octets), err)
			}
			rest = after
		}
	})
}
