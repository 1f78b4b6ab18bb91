package session

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// Stand is a DNS host on loopback: a TLS server for every host name of its session, behind a proxy that leads there.
type Stand struct {
	Proxy *url.URL // an HTTP proxy with CONNECT; names are not resolved
	CA    []byte   // PEM of the certificate that the server's chains to

	desk   *desk
	hosts  []string // host:port
	server *http.Server
	proxy  *http.Server
	inner  net.Listener
	stop   context.CancelFunc
	ended  sync.WaitGroup
}

// maxBody bounds a request's body, in octets.
const maxBody = 1 << 20

// Serve begins to play the session, in its state at the start. Close ends it.
func (s *Session) Serve() (*Stand, error) {
	var names []string
	stand := &Stand{desk: &desk{session: s, state: s.begin()}}
	for _, host := range s.hosts() {
		bare, _, err := net.SplitHostPort(host)
		if err != nil {
			bare, host = host, net.JoinHostPort(host, "443")
		}
		names, stand.hosts = append(names, bare), append(stand.hosts, host)
	}
	certificate, ca, err := issue(names)
	if err != nil {
		return nil, fmt.Errorf("certificate of the stand-in: %w", err)
	}
	stand.CA = ca
	if stand.inner, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	outer, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		stand.inner.Close()
		return nil, err
	}
	stand.Proxy = &url.URL{Scheme: "http", Host: outer.Addr().String()}
	quiet := log.New(io.Discard, "", 0)
	ctx, cancel := context.WithCancel(context.Background())
	stand.stop = cancel
	stand.server = &http.Server{Handler: http.HandlerFunc(stand.serve), ErrorLog: quiet, ReadHeaderTimeout: 10 * time.Second}
	stand.proxy = &http.Server{
		Handler: http.HandlerFunc(stand.connect), ErrorLog: quiet, ReadHeaderTimeout: 10 * time.Second,
		BaseContext: func(net.Listener) context.Context { return ctx },
	}
	secure := tls.NewListener(stand.inner, &tls.Config{Certificates: []tls.Certificate{certificate}, NextProtos: []string{"http/1.1"}})
	stand.ended.Go(func() { stand.server.Serve(secure) })
	stand.ended.Go(func() { stand.proxy.Serve(outer) })
	return stand, nil
}

// Close ends the stand-in with all its connections.
func (s *Stand) Close() {
	s.stop()
	s.proxy.Close()
	s.server.Close()
	s.ended.Wait()
}

// connect leads CONNECT to the TLS server where the session knows the host; nothing else leaves.
func (s *Stand) connect(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect || !slices.Contains(s.hosts, strings.ToLower(r.Host)) {
		s.desk.note(Exchange{
			Method: r.Method, URL: r.RequestURI, Error: "unknown", Status: http.StatusForbidden,
			Reasons: []string{"no request of the session goes there; its hosts are " + strings.Join(s.hosts, ", ")},
		})
		http.Error(w, "the session does not know this host", http.StatusForbidden)
		return
	}
	var d net.Dialer
	to, err := d.DialContext(r.Context(), "tcp", s.inner.Addr().String())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	from, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		to.Close()
		return
	}
	ended := context.AfterFunc(r.Context(), func() { from.Close(); to.Close() })
	io.WriteString(from, "HTTP/1.1 200 Connection established\r\n\r\n")
	var both sync.WaitGroup
	both.Go(func() { io.Copy(to, from); to.Close() })
	both.Go(func() { io.Copy(from, to); from.Close() })
	both.Wait()
	ended()
}

// serve hands a request to the desk.
func (s *Stand) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		return
	}
	answered := s.desk.take(&incoming{
		method: r.Method,
		host:   strings.TrimSuffix(strings.ToLower(r.Host), ":443"),
		path:   strings.TrimPrefix(r.URL.EscapedPath(), "/"),
		query:  r.URL.RawQuery,
		header: r.Header,
		body:   body,
	})
	w.Header()["Content-Type"] = nil // the session says it, or nobody
	for _, h := range answered.headers {
		w.Header().Add(h[0], h[1])
	}
	w.WriteHeader(answered.status)
	w.Write(answered.body)
}

// note writes an exchange down that came to no accept.
func (d *desk) note(e Exchange) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.exchanges = append(d.exchanges, e)
}

// Exchanges are all so far, in order.
func (s *Stand) Exchanges() []Exchange {
	s.desk.mu.Lock()
	defer s.desk.mu.Unlock()
	return slices.Clone(s.desk.exchanges)
}

// Unmatched are the requests that no accept of the session documents.
func (s *Stand) Unmatched() []Exchange {
	return slices.DeleteFunc(s.Exchanges(), func(e Exchange) bool { return !e.Unmatched() })
}

// Values are those at the target.
func (s *Stand) Values() []string {
	s.desk.mu.Lock()
	defer s.desk.mu.Unlock()
	if s.desk.session.Style == "single" {
		return s.desk.state.values("")
	}
	return s.desk.state.values(s.desk.session.Target)
}

// State tells all records, a line each, sorted.
func (s *Stand) State() string {
	s.desk.mu.Lock()
	defer s.desk.mu.Unlock()
	return s.desk.state.String()
}

// Uncommitted says that something was written and not committed, where the host wants that.
func (s *Stand) Uncommitted() bool {
	s.desk.mu.Lock()
	defer s.desk.mu.Unlock()
	return s.desk.state.pending
}

// client reaches the stand-in as any program would: through its proxy, trusting its CA.
func (s *Stand) client() *http.Client {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(s.CA)
	return &http.Client{
		Transport:     &http.Transport{Proxy: http.ProxyURL(s.Proxy), TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
