package egress

import (
	"bufio"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"deputy/fault"
)

// raw is a plain server that reads one request's head, answers with these octets and closes.
func raw(t *testing.T, answer string) (base string, heads <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	seen := make(chan string, 16)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			head, r := "", bufio.NewReader(conn)
			for !strings.HasSuffix(head, "\r\n\r\n") {
				line, err := r.ReadString('\n')
				if err != nil {
					break
				}
				head += line
			}
			seen <- head
			_, _ = io.WriteString(conn, answer)
			conn.Close()
		}
	}()
	return "http://" + l.Addr().String(), seen
}

func TestRedirects(t *testing.T) {
	t.Parallel()
	var elsewhere atomic.Int32
	other, _ := serve(t, func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) })
	var mu sync.Mutex
	var seen []string
	base, roots := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		seen = append(seen, r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization"))
		mu.Unlock()
		switch r.URL.Path {
		case "/once":
			http.Redirect(w, r, "/end", http.StatusFound)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusMovedPermanently)
		case "/away":
			http.Redirect(w, r, other+"/?token=hunter2", http.StatusTemporaryRedirect)
		case "/metadata":
			http.Redirect(w, r, "http://169.254.169.254/latest/", http.StatusFound)
		case "/down":
			http.Redirect(w, r, "http://"+r.Host+"/end", http.StatusFound)
		case "/end":
			_, _ = io.WriteString(w, "end")
		}
	})
	// The policy itself would allow the other host and plain HTTP: a redirect must not use what the policy allows.
	c := client(t, Policy{AnyHost: true, AnyAddress: true, PlainHTTP: true, Roots: roots})
	ask := func(method, path string) (Response, error) {
		return c.Do(t.Context(), Request{Method: method, URL: base + path, Header: [][2]string{{"Authorization", "secret"}}})
	}
	if answer, err := ask("GET", "/once"); err != nil || string(answer.Body) != "end" {
		t.Errorf("a redirect within the host: %q, %v", answer.Body, err)
	}
	for _, path := range []string{"/away", "/metadata", "/down", "/loop"} {
		_, err := ask("GET", path)
		f := wantFault(t, err, fault.Egress)
		if strings.Contains(f.Error(), "hunter2") {
			t.Errorf("%v", f)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	loops := 0
	for _, line := range seen {
		if !strings.HasSuffix(line, " secret") {
			t.Errorf("%s came without its credential", line)
		}
		if strings.Contains(line, "/loop") {
			loops++
		}
	}
	if loops != 1+maxRedirects || elsewhere.Load() != 0 {
		t.Errorf("%d requests in the loop, %d elsewhere", loops, elsewhere.Load())
	}
}

func TestWritesAreNeverRedirected(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"POST", "PUT", "PATCH", "DELETE", "GET"} { // GET: an API that writes with it
		for _, status := range []int{300, 301, 302, 303, 304, 307, 308} {
			t.Run(fmt.Sprint(method, status), func(t *testing.T) {
				t.Parallel()
				var reached atomic.Int32
				base, roots := serve(t, func(w http.ResponseWriter, r *http.Request) {
					reached.Add(1)
					w.Header().Set("Location", "/new/place/?token=hunter2")
					w.WriteHeader(status)
				})
				c := client(t, Policy{Hosts: []string{hostOf(base)}, Addresses: loopback(), Roots: roots})
				_, err := c.Do(t.Context(), Request{Method: method, URL: base + "/old", Body: []byte("x"), Write: method == "GET"})
				f := wantFault(t, err, fault.HostRedirected)
				if !strings.Contains(f.Seen, base+"/new/place/") || strings.Contains(f.Seen, "hunter2") {
					t.Errorf("the Location is not named well: %v", f.Seen)
				}
				if reached.Load() != 1 {
					t.Errorf("%d requests", reached.Load())
				}
			})
		}
	}
}

func TestHTTPHoldsTheSamePolicy(t *testing.T) {
	t.Parallel()
	var reached atomic.Int32
	base, roots := serve(t, func(w http.ResponseWriter, r *http.Request) {
		reached.Add(1)
		http.Redirect(w, r, "https://elsewhere.example/", http.StatusTemporaryRedirect)
	})
	c := client(t, Policy{Hosts: []string{hostOf(base)}, Addresses: loopback(), Roots: roots}).HTTP()
	_, err := c.Post(base, "text/plain", strings.NewReader("x"))
	wantFault(t, err, fault.HostRedirected)
	_, err = c.Get(base)
	wantFault(t, err, fault.Egress)
	_, err = c.Get("https://elsewhere.example/")
	wantFault(t, err, fault.Egress)
	if reached.Load() != 2 {
		t.Errorf("%d requests", reached.Load())
	}
}

// unanswered checks that err is a doubt, with the request's name and without its query.
func unanswered(t *testing.T, err error) {
	t.Helper()
	var u *Unanswered
	if !errors.As(err, &u) {
		t.Fatalf("got %v, want an *Unanswered", err)
	}
	if u.Method == "" || u.URL == "" || u.Err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%#v", u)
	}
	if _, isFault := fault.From(err); isFault {
		t.Errorf("a doubt is not a fault of the policy: %v", err)
	}
}

func TestAnswersOverTheBounds(t *testing.T) {
	t.Parallel()
	const limit = 64 << 10
	zeros := make([]byte, 1<<20)
	base, roots := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/exact":
			_, _ = w.Write(zeros[:limit])
		case "/over":
			_, _ = w.Write(zeros[:limit+1])
		case "/endless":
			for r.Context().Err() == nil {
				if _, err := w.Write(zeros); err != nil {
					return
				}
			}
		case "/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			for range 16 {
				if _, err := z.Write(zeros); err != nil {
					return
				}
			}
			z.Close()
		case "/headers":
			for i := range 4096 {
				w.Header().Set(fmt.Sprintf("X-%d", i), strings.Repeat("x", 512))
			}
		}
	})
	c := client(t, Policy{Hosts: []string{hostOf(base)}, Addresses: loopback(), Roots: roots, MaxBody: limit, Timeout: time.Minute})
	if answer, err := c.Do(t.Context(), Request{Method: "GET", URL: base + "/exact"}); err != nil || len(answer.Body) != limit {
		t.Errorf("an answer of exactly the bound: %d octets, %v", len(answer.Body), err)
	}
	for _, path := range []string{"/over", "/endless", "/bomb", "/headers"} {
		_, err := c.Do(t.Context(), Request{Method: "POST", URL: base + path + "?key=hunter2"})
		unanswered(t, err)
	}
	answer, err := c.HTTP().Get(base + "/bomb")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	n, err := io.Copy(io.Discard, answer.Body)
	unanswered(t, err)
	if n != limit {
		t.Errorf("%d octets came through, want %d", n, limit)
	}
}

func TestSlowAnswers(t *testing.T) {
	t.Parallel()
	// Without TLS, so that the time is not used up by the handshake: then nothing would have been sent.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/silent" {
			<-r.Context().Done()
			return
		}
		for r.Context().Err() == nil { // an octet now and then, for ever
			_, _ = io.WriteString(w, "x")
			w.(http.Flusher).Flush()
			select {
			case <-r.Context().Done():
			case <-time.After(10 * time.Millisecond):
			}
		}
	}))
	t.Cleanup(server.Close)
	c := client(t, Policy{Hosts: []string{hostOf(server.URL)}, PlainHTTP: true, Addresses: loopback(), Timeout: 2 * time.Second})
	for _, path := range []string{"/silent", "/drip"} {
		t.Run("Do"+path, func(t *testing.T) {
			t.Parallel()
			_, err := c.Do(t.Context(), Request{Method: "PUT", URL: server.URL + path + "?hunter2"})
			unanswered(t, err)
			if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "2s") {
				t.Error(err)
			}
		})
		t.Run("HTTP"+path, func(t *testing.T) {
			t.Parallel()
			request, err := http.NewRequestWithContext(t.Context(), "PUT", server.URL+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := c.HTTP().Do(request)
			if err == nil {
				_, err = io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
			}
			unanswered(t, err)
		})
	}
}

func TestBrokenAnswersAreDoubts(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{"", "HTTP/1.1 200 OK\r\nContent-Le", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "nonsense\r\n\r\n"} {
		base, _ := raw(t, answer)
		c := client(t, Policy{Hosts: []string{hostOf(base)}, PlainHTTP: true, Addresses: loopback()})
		_, err := c.Do(t.Context(), Request{Method: "POST", URL: base + "/?hunter2", Body: []byte("x")})
		unanswered(t, err)
	}
}

func TestNoConnectionIsNoDoubt(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := "https://" + l.Addr().String()
	l.Close()
	untrusted, _ := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("an untrusted server got a request") })
	c := client(t, Policy{AnyHost: true, Addresses: loopback()})
	c.resolver = answering("127.0.0.1")
	for what, target := range map[string]string{"refused": closed, "untrusted": untrusted} {
		_, err := c.Do(t.Context(), Request{Method: "POST", URL: target, Body: []byte("x")})
		f := wantFault(t, err, fault.HostFailed)
		if errors.As(err, new(*Unanswered)) {
			t.Errorf("%s: %v", what, f)
		}
	}
}

// TestTLSVersions: the servers are trusted, so that nothing but the version can be the reason.
func TestTLSVersions(t *testing.T) {
	t.Parallel()
	for version, ok := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		var reached atomic.Int32
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.TLS = &tls.Config{MinVersion: version, MaxVersion: version}
		server.StartTLS()
		t.Cleanup(server.Close)
		roots := x509.NewCertPool()
		roots.AddCert(server.Certificate())
		c := client(t, Policy{AnyHost: true, Addresses: loopback(), Roots: roots})
		_, err := c.Do(t.Context(), Request{Method: "POST", URL: server.URL})
		if ok != (err == nil) || ok != (reached.Load() == 1) {
			t.Errorf("%s: %v, reached %d times", tls.VersionName(version), err, reached.Load())
		}
		if !ok {
			wantFault(t, err, fault.HostFailed)
		}
	}
}

func TestSlowConnectionIsNoDoubt(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0") // accepts in the kernel, and never speaks TLS
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	c := client(t, Policy{AnyHost: true, Addresses: loopback(), Timeout: 300 * time.Millisecond})
	_, err = c.Do(t.Context(), Request{Method: "POST", URL: "https://" + l.Addr().String(), Body: []byte("x")})
	f := wantFault(t, err, fault.HostFailed)
	// Whichever of the two clocks, the request's or the handshake's, ran out first.
	if errors.As(err, new(*Unanswered)) || !strings.Contains(f.Seen, "300ms") && !strings.Contains(f.Seen, "timeout") {
		t.Errorf("%v", f)
	}
}
