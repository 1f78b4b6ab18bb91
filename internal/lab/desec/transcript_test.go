package desec

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// exchange is one request of the transcript with its answer.
type exchange struct {
	line    string // its heading
	status  string // "201 Created"
	headers map[string]string
	body    string
}

// TestTranscript replays what was asked of deSEC's own server, with the throttles on, and wants the same answers. All 79
// headed exchanges of the transcript's first part are compared; its later parts (parallel writes, servers down, throttles,
// a scoped token, DNS) are summaries, which write_test.go and throttle_test.go act out.
func TestTranscript(t *testing.T) {
	t.Parallel()
	exchanges := readTranscript(t)
	now := time.Date(2026, 11, 24, 21, 46, 0, 0, time.UTC)
	h := New(Config{
		Accounts: []Account{
			{Tokens: []Token{{Secret: "main"}}, Zones: []Zone{{Name: "martdj.dedyn.io", MinimumTTL: 3600}, {Name: "martdj.nl"}}},
			{Tokens: []Token{{Secret: "other"}}, Zones: []Zone{{Name: "not-mine.dedyn.io"}}},
		},
		Clock: func() time.Time { now = now.Add(5 * time.Second); return now },
	})
	// One write gives martdj.nl the publication time that it has in the transcript.
	ask(t, h, "main", "POST", "/domains/martdj.nl/rrsets/", `{"type":"A","ttl":3600,"records":["192.0.2.1"]}`)
	compared := 0
	for _, e := range exchanges {
		compare(t, e, answerTo(t, h, e.line))
		compared++
	}
	if compared != 79 {
		t.Errorf("%d exchanges were compared, want 79", compared)
	}
}

func readTranscript(t *testing.T) []exchange {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "shared", "reference", "desec-transcript.txt"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("no ../shared/reference/desec-transcript.txt beside the repository")
	}
	if err != nil {
		t.Fatal(err)
	}
	plain, _, _ := strings.Cut(string(text), "\n# parallel writes")
	var found []exchange
	for _, part := range strings.Split(plain, "\n### ")[1:] {
		lines := strings.Split(strings.TrimSpace(part), "\n")
		e := exchange{line: strings.TrimSpace(lines[0]), status: strings.TrimPrefix(lines[1], "HTTP/1.1 "), headers: map[string]string{}}
		for i, line := range lines[2:] {
			name, value, ok := strings.Cut(line, ": ")
			if !ok || strings.ContainsAny(name, "{[") {
				e.body = strings.Join(lines[2+i:], "\n")
				break
			}
			e.headers[name] = value
		}
		found = append(found, e)
	}
	return found
}

// answerTo sends what a heading says. Three headings are words instead of a request.
func answerTo(t *testing.T, h http.Handler, line string) *httptest.ResponseRecorder {
	t.Helper()
	rrsets := "/domains/martdj.dedyn.io/rrsets/"
	switch line {
	case "GET /domains/":
		return send(t, h, "GET", "/domains/", "", "Authorization", "Token wrong")
	case "no Authorization header":
		return send(t, h, "GET", rrsets, "")
	case "Bearer instead of Token":
		return send(t, h, "GET", rrsets, "", "Authorization", "Bearer main")
	case "form-encoded POST":
		return send(t, h, "POST", rrsets, "type=TXT", "Authorization", "Token main", "Content-Type", "application/x-www-form-urlencoded")
	}
	method, rest, _ := strings.Cut(line, " ")
	path, body, _ := strings.Cut(rest, " ")
	return ask(t, h, "main", method, path, strings.TrimSpace(body))
}

func compare(t *testing.T, want exchange, got *httptest.ResponseRecorder) {
	t.Helper()
	if status := strings.TrimPrefix(got.Result().Status, "HTTP/1.1 "); status != want.status {
		t.Errorf("%s\n got %s\nwant %s\n%s", want.line, status, want.status, got.Body)
		return
	}
	for name, value := range want.headers {
		if name != "Transfer-Encoding" && got.Header().Get(name) != value {
			t.Errorf("%s\n%s: %q, want %q", want.line, name, got.Header().Get(name), value)
		}
	}
	if _, typed := want.headers["Content-Type"]; !typed && got.Code == http.StatusNoContent && got.Header().Get("Content-Type") != "" {
		t.Errorf("%s\nan answer without a body has a Content-Type", want.line)
	}
	if strings.HasPrefix(want.line, "OPTIONS ") { // the transcript cuts it off
		if !strings.HasPrefix(got.Body.String(), want.body) {
			t.Errorf("%s\n got %s\nwant %s…", want.line, got.Body, want.body)
		}
		return
	}
	if g, w := normal(t, got.Body.String()), normal(t, want.body); !reflect.DeepEqual(g, w) {
		t.Errorf("%s\n got %s\nwant %s", want.line, got.Body, want.body)
	}
}

// normal parses JSON and takes out what differs by nature: times (their form is checked) and keys (their number is kept).
func normal(t *testing.T, text string) any {
	t.Helper()
	if text == "" {
		return nil
	}
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	normalise(t, v)
	return v
}

func normalise(t *testing.T, v any) {
	t.Helper()
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			normalise(t, e)
		}
	case map[string]any:
		for _, field := range []string{"created", "touched", "published"} {
			text, ok := v[field].(string)
			if !ok {
				continue
			}
			if _, err := time.Parse("2006-01-02T15:04:05.000000Z", text); err != nil {
				t.Errorf("%s: %v", field, err)
			}
			v[field] = "a time"
		}
		keys, _ := v["keys"].([]any)
		for _, k := range keys {
			key := k.(map[string]any)
			key["dnskey"], _, _ = strings.Cut(key["dnskey"].(string), "13 ")
			key["ds"] = len(key["ds"].([]any))
		}
	}
}

// ask sends a JSON request below /api/v1 with a token.
func ask(t *testing.T, h http.Handler, token, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	return send(t, h, method, path, body, "Authorization", "Token "+token, "Content-Type", "application/json")
}

func send(t *testing.T, h http.Handler, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, "/api/v1"+path, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
