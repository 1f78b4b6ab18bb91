package lab

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/miekg/dns"
)

func TestSetTXT(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	base := strings.TrimSuffix(l.SetTXT().URL(), "/set-txt")
	for _, test := range []struct {
		path, body string
		status     int
		answer     string
		texts      []string // at v.pebble.lab afterwards
	}{
		{"/set-txt", `{"host":"v.pebble.lab.","value":"one"}`, 200, "", []string{"one"}},
		{"/set-txt", `{"Host":"V.pebble.lab","VALUE":"two","more":1}`, 200, "", []string{"one", "two"}},
		{"/set-txt", `{"host":"v.pebble.lab."}`, 400, "", []string{"one", "two"}},
		{"/set-txt", `{"value":"x"}`, 400, "", []string{"one", "two"}},
		{"/set-txt", ``, 400, "expected JSON POST body, was empty\n", []string{"one", "two"}},
		{"/set-txt", `{"host":`, 400, "unexpected end of JSON input\n", []string{"one", "two"}},
		{"/set-txt", `{"host":"elsewhere.example.","value":"x"}`, 200, "", []string{"one", "two"}},
		{"/clear-txt", `{"host":"elsewhere.example."}`, 200, "", []string{"one", "two"}},
		{"/clear-txt", `{}`, 400, "", []string{"one", "two"}},
		{"/clear-txt", `nonsense`, 400, "invalid character 'o' in literal null (expecting 'u')\n", []string{"one", "two"}},
		{"/clear-txt", `{"host":"v.pebble.lab."}`, 200, "", nil},
		{"/set-txt", `{"host":"v.pebble.lab.","value":"` + strings.Repeat("long", 100) + `"}`, 200, "", []string{strings.Repeat("long", 100)}},
		{"/else", `{}`, 404, "404 page not found\n", []string{strings.Repeat("long", 100)}},
	} {
		resp, err := http.Post(base+test.path, "application/json", strings.NewReader(test.body))
		must(t, err)
		body, err := io.ReadAll(resp.Body)
		must(t, err)
		resp.Body.Close()
		if resp.StatusCode != test.status || string(body) != test.answer {
			t.Errorf("%s %s: %d %q, want %d %q", test.path, test.body, resp.StatusCode, body, test.status, test.answer)
		}
		if got := l.Zone("pebble.lab").Texts("v"); !slices.Equal(got, test.texts) {
			t.Errorf("%s %s leaves %q, want %q", test.path, test.body, got, test.texts)
		}
	}
	m := ask(t, l.DNS("ns1.pebble.lab"), "udp", "v.pebble.lab.", dns.TypeTXT)
	if len(m.Answer) != 1 || m.Answer[0].Header().Ttl != 0 || joined(m.Answer[0].(*dns.TXT)) != strings.Repeat("long", 100) {
		t.Errorf("DNS says %v", m.Answer)
	}
}

// desecCall calls the deSEC-like host.
func desecCall(t *testing.T, l *Lab, token, method, path, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, l.DeSEC().URL()+path, strings.NewReader(body))
	must(t, err)
	r.Header.Set("Authorization", "Token "+token)
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	must(t, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	must(t, err)
	return resp.StatusCode, string(answer)
}

func rrset(subname string, ttl int, texts ...string) string {
	records := make([]string, len(texts))
	for i, text := range texts {
		records[i] = fmt.Sprintf("%q", text)
	}
	body, err := json.Marshal([]any{map[string]any{"subname": subname, "type": "TXT", "ttl": ttl, "records": records}})
	if err != nil {
		panic(err)
	}
	return string(body)
}

func TestDeSECPublishes(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{SecondaryLag: -1})
	path := "/domains/martdj.dedyn.io/rrsets/"
	for _, test := range []struct {
		texts []string
		rcode int
	}{{[]string{"one"}, dns.RcodeSuccess}, {[]string{"one", "two ä"}, dns.RcodeSuccess}, {nil, dns.RcodeNameError}} {
		if status, body := desecCall(t, l, l.DeSEC().Token(), "PUT", path, rrset("validation", 60, test.texts...)); status != 200 {
			t.Fatalf("PUT %q: %d %s", test.texts, status, body)
		}
		for _, host := range []string{"ns1.desec.lab", "ns2.desec.lab"} {
			m := ask(t, l.DNS(host), "udp", "validation.martdj.dedyn.io.", dns.TypeTXT)
			var got []string
			for _, rr := range m.Answer {
				got = append(got, joined(rr.(*dns.TXT)))
			}
			if m.Rcode != test.rcode || !slices.Equal(got, test.texts) {
				t.Errorf("%s shows %q %s, want %q", host, got, dns.RcodeToString[m.Rcode], test.texts)
			}
		}
		if got := l.Zone("martdj.dedyn.io").Texts("validation"); !slices.Equal(got, test.texts) {
			t.Errorf("the zone has %q, want %q", got, test.texts)
		}
	}
}

// TestDeSECShowsOwnersEdits: a value that somebody else put there is in the API's answer, and survives a client that
// keeps what it read.
func TestDeSECShowsOwnersEdits(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{SecondaryLag: -1})
	zone, path := l.Zone("martdj.dedyn.io"), "/domains/martdj.dedyn.io/rrsets/validation/TXT/"
	must(t, zone.Add(`validation 60 IN TXT "somebody \"else\""`, `validation 60 IN TXT "x" "y"`, "host 60 IN A 192.0.2.9"))
	status, body := desecCall(t, l, l.DeSEC().Token(), "GET", path, "")
	if want := `"records":["\"somebody \\\"else\\\"\"","\"x\" \"y\""],"ttl":60`; status != 200 || !strings.Contains(body, want) {
		t.Errorf("%d %s, want %s in it", status, body, want)
	}
	status, body = desecCall(t, l, l.DeSEC().Token(), "PATCH", path, `{"records":["\"mine\"","\"somebody \\\"else\\\"\""]}`)
	if got := zone.Texts("validation"); status != 200 || !slices.Equal(got, []string{"mine", `somebody "else"`}) {
		t.Errorf("%d %s leaves %q", status, body, got)
	}
	must(t, zone.Remove("validation", ""))
	if status, body = desecCall(t, l, l.DeSEC().Token(), "GET", path, ""); status != 404 {
		t.Errorf("removed by its owner, the API says %d %s", status, body)
	}
	if status, body = desecCall(t, l, l.DeSEC().Token(), "DELETE", "/domains/martdj.dedyn.io/", ""); status != 204 {
		t.Fatalf("%d %s", status, body)
	}
	must(t, zone.Add("validation 60 IN TXT dns-alone"))
	if got := zone.Texts("validation"); !slices.Equal(got, []string{"dns-alone"}) {
		t.Errorf("a zone that the API forgot has %q", got)
	}
}

// TestDeSECEditsDoNotDeadlock: requests and owners' edits at once; each request's change is published.
func TestDeSECEditsDoNotDeadlock(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{SecondaryLag: -1})
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for range 10 {
				if err := l.Zone("martdj.dedyn.io").Add(fmt.Sprintf("owner%d 60 IN TXT x", i)); err != nil {
					t.Error(err)
				}
			}
		})
		all.Go(func() {
			for range 10 {
				if status, body := desecCall(t, l, l.DeSEC().Token(), "PUT", "/domains/martdj.dedyn.io/rrsets/", rrset(fmt.Sprint("api", i), 60, "x")); status != 200 {
					t.Errorf("%d %s", status, body)
				}
			}
		})
	}
	all.Wait()
	for i := range 4 {
		for _, owner := range []string{"owner", "api"} {
			if got := l.Zone("martdj.dedyn.io").Texts(fmt.Sprint(owner, i)); len(got) != 1 {
				t.Errorf("%s%d has %q", owner, i, got)
			}
		}
	}
}

func TestDeSECTokens(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	d := l.DeSEC()
	for _, test := range []struct {
		token, zone string
		ttl, status int
	}{
		{d.Token(), "martdj.dedyn.io", 60, 200},
		{d.Token(), "martdj.dedyn.io", 59, 400},
		{d.Token(), "slow.dedyn.io", 3600, 200},
		{d.Token(), "slow.dedyn.io", 3599, 400},
		{d.Token(), "other.dedyn.io", 60, 404},
		{d.TXTToken(), "martdj.dedyn.io", 60, 200},
		{d.TXTToken(), "slow.dedyn.io", 3600, 403},
		{d.OtherToken(), "other.dedyn.io", 60, 200},
		{d.OtherToken(), "martdj.dedyn.io", 60, 404},
		{"wrong", "martdj.dedyn.io", 60, 401},
	} {
		status, body := desecCall(t, l, test.token, "PUT", "/domains/"+test.zone+"/rrsets/", rrset("validation", test.ttl, "x"))
		if status != test.status {
			t.Errorf("%+v: %d %s", test, status, body)
		}
	}
	puts := l.History().Find(func(e Entry) bool { return e.Server == "desec" && strings.HasPrefix(e.What, "PUT /api/v1/domains/") })
	if len(puts) != 10 || !strings.Contains(puts[0].Body, `"validation"`) || !strings.Contains(puts[0].Answer, `"touched"`) {
		t.Errorf("history: %d PUTs, the first %+v", len(puts), puts[0])
	}
	for _, e := range l.History().All() {
		if text := fmt.Sprint(e); strings.Contains(text, d.Token()) {
			t.Errorf("the history holds the token: %s", text)
		}
	}
}

func TestDeSECThrottle(t *testing.T) {
	t.Parallel()
	l, err := Start(t.Context(), Options{})
	must(t, err)
	t.Cleanup(func() { l.Close() })
	for i := range 5 {
		status, body := desecCall(t, l, l.DeSEC().Token(), "PUT", "/domains/martdj.dedyn.io/rrsets/", rrset(fmt.Sprint("n", i), 60, "x"))
		if status == http.StatusTooManyRequests {
			return
		}
		if status != 200 {
			t.Fatalf("%d %s", status, body)
		}
	}
	t.Error("five writes at once were not throttled")
}

// TestDeSECInterceptedAfterCommit plays deSEC's name server being down: 500, and the change stays committed.
func TestDeSECInterceptedAfterCommit(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{SecondaryLag: -1})
	l.DeSEC().Intercept(func(r *http.Request) Intervention {
		return Intervention{Status: 500, Commit: true, Body: `{"detail":"Internal Server Error. We're on it!"}`}
	})
	status, body := desecCall(t, l, l.DeSEC().Token(), "PUT", "/domains/martdj.dedyn.io/rrsets/", rrset("validation", 60, "x"))
	if status != 500 || !strings.Contains(body, "on it") {
		t.Errorf("%d %s", status, body)
	}
	if got := l.Zone("martdj.dedyn.io").Texts("validation"); !slices.Equal(got, []string{"x"}) {
		t.Errorf("committed: %q", got)
	}
}
