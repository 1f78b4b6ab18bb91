package lab

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
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
