package egress

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"deputy/fault"
)

func TestMalformedRequestsAreNotSent(t *testing.T) {
	t.Parallel()
	var reached atomic.Int32
	base, roots := serve(t, func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	c := client(t, Policy{Hosts: []string{hostOf(base)}, Addresses: loopback(), Roots: roots})
	for _, test := range []struct {
		what    string
		request Request
	}{
		{"CR LF in a value", Request{Method: "GET", URL: base, Header: [][2]string{{"Authorization", "hunter2\r\nX-Evil: 1"}}}},
		{"LF in a value", Request{Method: "GET", URL: base, Header: [][2]string{{"Authorization", "hunter2\nX-Evil: 1"}}}},
		{"NUL in a value", Request{Method: "GET", URL: base, Header: [][2]string{{"Authorization", "hunter2\x00"}}}},
		{"CR LF in a name", Request{Method: "GET", URL: base, Header: [][2]string{{"X: y\r\nEvil", "1"}}}},
		{"an empty name", Request{Method: "GET", URL: base, Header: [][2]string{{"", "1"}}}},
		{"a colon in a name", Request{Method: "GET", URL: base, Header: [][2]string{{"A:", "1"}}}},
		{"another Host", Request{Method: "GET", URL: base, Header: [][2]string{{"host", "evil.example"}}}},
		{"Transfer-Encoding", Request{Method: "POST", URL: base, Header: [][2]string{{"transfer-encoding", "chunked"}}}},
		{"Expect", Request{Method: "POST", URL: base, Header: [][2]string{{"Expect", "100-continue"}}}},
		{"CR LF in the URL", Request{Method: "GET", URL: base + "/x\r\nX: y"}},
		{"a space in the URL", Request{Method: "GET", URL: base + "/x HTTP/1.1"}},
		{"CONNECT", Request{Method: "CONNECT", URL: base}},
		{"TRACE", Request{Method: "TRACE", URL: base}},
		{"no method", Request{URL: base}},
		{"a method of two lines", Request{Method: "GET / HTTP/1.1\r\nX: y", URL: base}},
	} {
		_, err := c.Do(t.Context(), test.request)
		f, ok := fault.From(err)
		if !ok || f.Code != fault.Egress {
			t.Errorf("%s: %v", test.what, err)
			continue
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the fault shows the value", test.what)
		}
	}
	if reached.Load() != 0 {
		t.Errorf("the server was reached %d times", reached.Load())
	}
}

func TestHeadersKeepTheirSpelling(t *testing.T) {
	t.Parallel()
	base, seen := raw(t, "HTTP/1.1 204 No Content\r\n\r\n")
	c := client(t, Policy{Hosts: []string{hostOf(base)}, PlainHTTP: true, Addresses: loopback()})
	_, err := c.Do(t.Context(), Request{Method: "GET", URL: base + "/", Header: [][2]string{
		{"auth-API-token", "x"}, {"Host", hostOf(base)}, {"user-agent", "mine"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	head := <-seen
	for _, line := range []string{"\r\nauth-API-token: x\r\n", "\r\nUser-Agent: mine\r\n"} {
		if strings.Count(head, line) != 1 {
			t.Errorf("%q is not there once:\n%s", line, head)
		}
	}
	if strings.Count(strings.ToLower(head), "\nhost:") != 1 || strings.Count(strings.ToLower(head), "user-agent") != 1 {
		t.Errorf("a header came twice:\n%s", head)
	}
}
