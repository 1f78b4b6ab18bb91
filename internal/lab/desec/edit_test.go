package desec

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestEdit: what the owner changes at the web page shows in the API, and is not published a second time.
func TestEdit(t *testing.T) {
	t.Parallel()
	published := 0
	h := New(Config{
		Accounts: []Account{{Tokens: []Token{{Secret: "token"}}, Zones: []Zone{{Name: "martdj.dedyn.io", MinimumTTL: 60}}}},
		Publish:  func(string, RRset) error { published++; return nil },
	})
	list := func() string {
		r := httptest.NewRequest(http.MethodGet, "/api/v1/domains/martdj.dedyn.io/rrsets/", nil)
		r.Header.Set("Authorization", "Token token")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Body.String()
	}
	for _, test := range []struct {
		set       RRset
		has, lack string
	}{
		{RRset{"validation.martdj.dedyn.io.", "TXT", 60, []string{`"one"`, `"ä"`}}, `"records":["\"one\"","\"\\195\\164\""],"ttl":60`, ""},
		{RRset{"validation.martdj.dedyn.io.", "TXT", 30, []string{`"two"`}}, `"records":["\"two\""],"ttl":30`, "one"},
		{RRset{"validation.martdj.dedyn.io.", "CNAME", 60, []string{"x.example."}}, `"type":"CNAME"`, ""},
		{RRset{"martdj.dedyn.io.", "TXT", 60, []string{`"apex"`}}, `"subname":"","name":"martdj.dedyn.io."`, ""},
		{RRset{"validation.martdj.dedyn.io.", "TXT", 60, nil}, "apex", "two"},
		{RRset{"nothing.martdj.dedyn.io.", "TXT", 60, nil}, "apex", "nothing"},
	} {
		if err := h.Edit("martdj.dedyn.io", func() []RRset { return []RRset{test.set} }); err != nil {
			t.Fatal(err)
		}
		if got := list(); !strings.Contains(got, test.has) || test.lack != "" && strings.Contains(got, test.lack) {
			t.Errorf("after %+v: %s", test.set, got)
		}
	}
	if published > 0 {
		t.Errorf("%d RRsets were published", published)
	}
	called := false
	if err := h.Edit("elsewhere.io", func() []RRset { called = true; return nil }); err == nil || called {
		t.Errorf("a zone not here: %v, called %v", err, called)
	}
}
