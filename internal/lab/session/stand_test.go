package session

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// Over real HTTPS: a request of the session comes through the proxy, one to another host does not, and both are written down.
func TestStandIsReachedThroughItsProxyAlone(t *testing.T) {
	t.Parallel()
	stand, err := load(t, plain).Serve()
	if err != nil {
		t.Fatal(err)
	}
	defer stand.Close()
	request, err := http.NewRequestWithContext(t.Context(), "GET", "https://api.example.com/zones/17/records?name=a.example.net", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth("me", "tok-1234567890")
	answered, err := stand.client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answered.Body.Close()
	body, err := io.ReadAll(answered.Body)
	if err != nil || string(body) != `{"total":0,"next":null,"records":[]}`+"\n" || answered.Header.Get("Content-Type") != "application/json" {
		t.Errorf("answered %q %q, %v", body, answered.Header, err)
	}
	for _, elsewhere := range []string{"https://api.example.org/", "https://api.example.com:8443/", "http://api.example.com/"} {
		request, err := http.NewRequestWithContext(t.Context(), "GET", elsewhere, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := stand.client().Do(request); err == nil {
			got.Body.Close()
			if got.StatusCode != http.StatusForbidden {
				t.Errorf("%s is answered %d", elsewhere, got.StatusCode)
			}
		}
	}
	if got := len(stand.Unmatched()); got != 3 {
		t.Errorf("%d requests are written down as unmatched, want 3: %v", got, stand.Exchanges())
	}
	want := "no request of the session goes there; its hosts are api.example.com:443"
	if got := stand.Unmatched()[0]; !strings.Contains(got.String(), want) || got.Accept != "" {
		t.Errorf("told: %s", got)
	}
	if got := stand.Exchanges()[0]; got.Unmatched() || got.Accept != "accept/list.yaml" {
		t.Errorf("the first exchange is %s", got)
	}
}

// A refusal that the session's own accepts take is an error that shows what took it.
func TestRefusalThatIsAccepted(t *testing.T) {
	t.Parallel()
	s := load(t, edited(t, "json: {name: a, data: b, ttl: 10}", "json: {name: a, data: b, ttl: 60}"))
	var said []string
	for _, r := range s.Refusals() {
		if err := s.Try(t.Context(), r); err != nil {
			said = append(said, err.Error())
		}
	}
	want := "session.txtar:43: refuse/two.yaml has to be refused as invalid, with 422:\nPOST https://api.example.com/zones/17/records\n    body: "
	if len(said) != 1 || !strings.HasPrefix(said[0], want) || !strings.HasSuffix(said[0], "answered 201 by accept/create.yaml") {
		t.Errorf("said %q, want %q", said, want)
	}
}
