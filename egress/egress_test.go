package egress

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"deputy/fault"
)

// loopback lets tests reach their own servers.
func loopback() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")} }

// serve starts a TLS server and gives its URL and the roots that trust it.
func serve(t *testing.T, h http.HandlerFunc) (base string, roots *x509.CertPool) {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	roots = x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return server.URL, roots
}

// hostOf is the host:port of a test server's URL.
func hostOf(base string) string {
	return strings.TrimPrefix(strings.TrimPrefix(base, "https://"), "http://")
}

func client(t *testing.T, p Policy) *Client {
	t.Helper()
	c, err := New(p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// wantFault checks the code of err and that people can read it.
func wantFault(t *testing.T, err error, code fault.Code) *fault.Fault {
	t.Helper()
	f, ok := fault.From(err)
	if !ok {
		t.Fatalf("got %v, want a fault %s", err, code)
	}
	if f.Code != code || f.Tried == "" || f.Seen == "" || f.Do == "" || f.Who == "" {
		t.Fatalf("got %#v, want %s with all four parts", f, code)
	}
	return f
}

func TestDoSendsWhatItIsGiven(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var body string
	base, roots := serve(t, func(w http.ResponseWriter, r *http.Request) {
		octets, _ := io.ReadAll(r.Body)
		got, body = r, string(octets)
		w.Header().Set("X-Answer", "yes")
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte("made"))
	})
	c := client(t, Policy{Hosts: []string{hostOf(base)}, Addresses: loopback(), Roots: roots})
	answer, err := c.Do(t.Context(), Request{
		Method: "POST", URL: base + "/zone/a%2Fb?q=1", Body: []byte(`{"a":1}`),
		Header: [][2]string{{"Authorization", "Token x"}, {"X-Two", "1"}, {"X-Two", "2"}, {"Content-Length", "99"}, {"accept-encoding", "br"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if answer.Status != 201 || string(answer.Body) != "made" || answer.Header.Get("X-Answer") != "yes" {
		t.Errorf("answer: %+v", answer)
	}
	if got.RequestURI != "/zone/a%2Fb?q=1" || body != `{"a":1}` || got.Header.Get("Authorization") != "Token x" {
		t.Errorf("request: %s %q %v", got.RequestURI, body, got.Header)
	}
	if two := got.Header.Values("X-Two"); len(two) != 2 || two[0] != "1" || got.UserAgent() != "deputy" || got.Header.Get("Accept-Encoding") != "gzip" {
		t.Errorf("headers: %v", got.Header)
	}
}

func TestZeroPolicyAllowsNothing(t *testing.T) {
	t.Parallel()
	c := client(t, Policy{})
	_, err := c.Do(t.Context(), Request{Method: "GET", URL: "https://example.org/"})
	f := wantFault(t, err, fault.Egress)
	if !strings.Contains(f.Seen, "example.org:443") {
		t.Errorf("the fault does not name the host: %v", f)
	}
}

func TestNewRefusesContradictions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		what   string
		policy Policy
	}{
		{"hosts and any host", Policy{AnyHost: true, Hosts: []string{"a.example"}}},
		{"addresses and any address", Policy{AnyAddress: true, Addresses: loopback()}},
		{"negative size", Policy{MaxBody: -1}},
		{"negative time", Policy{Timeout: -time.Second}},
		{"invalid prefix", Policy{Addresses: []netip.Prefix{{}}}},
		{"proxy by ftp", Policy{Proxy: &url.URL{Scheme: "ftp", Host: "p.example"}}},
		{"proxy without a host", Policy{Proxy: &url.URL{Scheme: "http"}}},
		{"a URL as host", Policy{Hosts: []string{"https://a.example"}}},
		{"a path as host", Policy{Hosts: []string{"a.example/x"}}},
		{"a wildcard as host", Policy{Hosts: []string{"*.example"}}},
		{"an empty host", Policy{Hosts: []string{""}}},
		{"a host with an empty port", Policy{Hosts: []string{"a.example:"}}},
		{"a host with port 0", Policy{Hosts: []string{"a.example:0"}}},
		{"a host with a big port", Policy{Hosts: []string{"a.example:65536"}}},
		{"a host in Unicode", Policy{Hosts: []string{"bücher.example"}}},
	} {
		if _, err := New(test.policy); err == nil {
			t.Errorf("%s: accepted", test.what)
		}
	}
}

func TestTheEnvironmentsProxyIsNotUsed(t *testing.T) {
	asked := false
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer proxy.Close()
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("HTTPS_PROXY", proxy.URL)
	t.Setenv("NO_PROXY", "")
	c := client(t, Policy{AnyHost: true, PlainHTTP: true, AnyAddress: true})
	c.resolver = answering("127.0.0.1")
	_, err := c.Do(t.Context(), Request{Method: "GET", URL: "http://host.test:1/"})
	if err == nil || asked {
		t.Fatalf("the environment's proxy was asked (%v); error %v", asked, err)
	}
}

func TestProxyIsUsedAndOnlyTheHostListHolds(t *testing.T) {
	t.Parallel()
	var asked []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.Method+" "+r.RequestURI)
	}))
	t.Cleanup(proxy.Close)
	u, _ := url.Parse(proxy.URL)
	// The proxy stands at a forbidden address itself: that is its administrator's choice.
	c := client(t, Policy{Hosts: []string{"inside.test:80", "10.0.0.1:80"}, PlainHTTP: true, Proxy: u})
	if _, err := c.Do(t.Context(), Request{Method: "GET", URL: "http://inside.test/x"}); err != nil {
		t.Fatal(err)
	}
	_, err := c.Do(t.Context(), Request{Method: "GET", URL: "http://elsewhere.test/x"})
	wantFault(t, err, fault.Egress)
	_, err = c.Do(t.Context(), Request{Method: "GET", URL: "http://10.0.0.1/x"})
	wantFault(t, err, fault.Egress) // a literal address needs no resolution, so it is checked even here
	if len(asked) != 1 || asked[0] != "GET http://inside.test/x" {
		t.Errorf("the proxy saw %q", asked)
	}
}

func TestCallersEndIsNotAFaultOfTheHost(t *testing.T) {
	t.Parallel()
	c := client(t, Policy{AnyHost: true, AnyAddress: true})
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("the caller went home")
	cancel(why)
	_, err := c.Do(ctx, Request{Method: "POST", URL: "https://127.0.0.1:1/"})
	if !errors.Is(err, why) {
		t.Errorf("got %v, want the cause", err)
	}
	if _, isFault := fault.From(err); isFault || errors.As(err, new(*Unanswered)) {
		t.Errorf("got %v: nothing was sent, and no host is at fault", err)
	}
}
