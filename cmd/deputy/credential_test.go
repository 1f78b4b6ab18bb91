package main

import (
	"context"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"deputy/internal/lab"
)

// TestCredentialStaysWithItsHost: a changed DNS Configuration that asks another host gets no credential there, the
// certificate is renewed as before, and who agrees says so by adding the DNS Provider again.
func TestCredentialStaysWithItsHost(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1, NoThrottle: true})
	const api = "https://desec.io/api/v1"
	text, err := os.ReadFile(w.published("hcl_certstore_desec.dxl"))
	must(t, err)
	if !strings.Contains(string(text), api) {
		t.Fatalf("the published document does not name %s", api)
	}
	asking := func(base string) string { return w.file("a.dxl", strings.ReplaceAll(string(text), api, base)) }
	other := newListener(t)
	own := strings.TrimSuffix(strings.TrimPrefix(w.lab.DeSEC().URL(), "http://"), "/api/v1")
	w.ok("dnsconfig", "import", asking(w.lab.DeSEC().URL()))
	document := `deputy: dns-provider/1
name: domino
configuration: deSEC
zones: [martdj.dedyn.io]
account: {cfg_AuthToken: {env: LAB_DESEC_TOKEN}}
allow: {plain_http: true, addresses: [127.0.0.0/8]}
wait: {floor: 0s, turn: 0s}
`
	w.setUp(document)
	w.delegate("demohub", "validation.martdj.dedyn.io")
	w.ok("issue", "demohub.martdj.nl")

	said := w.ok("dnsconfig", "import", asking(other.URL)).stderr
	const stays = "DNS Provider domino stays with revision 1, since the new one would send its credential to "
	if !strings.Contains(said, stays+other.host()+"; deputy provider add -f FILE to agree") {
		t.Errorf("the import said\n%s", said)
	}
	for _, args := range [][]string{{"list"}, {"show", "domino"}, {"list", "--json"}, {"show", "domino", "--json"}} {
		r := w.ok(append([]string{"provider"}, args...)...)
		if !strings.Contains(r.stdout, own) || strings.Contains(r.stdout, other.host()) {
			t.Errorf("provider %q: its host is %s\n%s", args, own, r.stdout)
		}
	}
	mark := w.lab.History().Mark()
	w.delegate("mail", "validation.martdj.dedyn.io") // each name once: pebble may offer a valid authorization again
	w.ok("issue", "mail.martdj.nl")
	if len(w.writes(mark)) == 0 || len(other.heard()) != 0 {
		t.Errorf("%d writes; the other host was asked %q", len(w.writes(mark)), other.heard())
	}
	w.verify("mail.martdj.nl", "mail.martdj.nl")

	w.addProvider(document)
	w.delegate("www", "validation.martdj.dedyn.io")
	if r := w.deputy("issue", "www.martdj.nl"); r.code == 0 || len(other.heard()) == 0 {
		t.Errorf("exit %d; after it was agreed to, the other host was asked %q", r.code, other.heard())
	}
}

// TestCredentialGoesThroughTheProxy: with --proxy the requests to the CA, to the DNS host and to a resolver over HTTPS go
// through it, none past it.
func TestCredentialGoesThroughTheProxy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1, NoThrottle: true})
	proxy := newListener(t)
	w.env["DEPUTY_PROXY"] = proxy.URL
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
	w.delegate("demohub", "validation.martdj.dedyn.io")
	mark := w.lab.History().Mark()
	w.ok("issue", "demohub.martdj.nl")
	atHost := w.lab.History().Find(func(e lab.Entry) bool { return e.Seq > mark && e.Kind == "http" })
	forwarded := 0
	for _, asked := range proxy.heard() {
		if strings.HasSuffix(asked, " "+hostOf(t, w.lab.DeSEC().URL())) {
			forwarded++
		}
	}
	if forwarded == 0 || forwarded != len(atHost) {
		t.Errorf("%d of %d requests to the DNS host went through the proxy", forwarded, len(atHost))
	}
	if to := "CONNECT " + hostOf(t, w.lab.Directory()); !slices.Contains(proxy.heard(), to) {
		t.Errorf("the proxy was not asked %s, but %q", to, proxy.heard())
	}
	resolver := w.lab.DoH()[0]
	w.ok("check", "demohub.martdj.nl", "--resolver", resolver)
	if to := "CONNECT " + hostOf(t, resolver); !slices.Contains(proxy.heard(), to) {
		t.Errorf("the proxy was not asked %s, but %q", to, proxy.heard())
	}
}

// TestCredentialsInAddressesAreNotSaid: a password in an address that was given on the command line is neither printed nor
// kept, whether the address is good or not.
func TestCredentialsInAddressesAreNotSaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1, NoThrottle: true})
	const password = "s3cr3tpw"
	for _, c := range []struct{ option, value string }{
		{"--proxy", "user:" + password + "@proxy.example:3128"},
		{"--proxy", "http://user:" + password + "@127.0.0.1:1"},
		{"--proxy", "ftp://user:" + password + "@127.0.0.1:1"},
		{"--resolver", "https://user:" + password + "@dns.example/q"},
		{"--resolver", "gopher://user:" + password + "@dns.example/q"},
		{"--server", "https://user:" + password + "@127.0.0.1:1/dir"},
	} {
		r := w.deputy("init", "--agree-tos", c.option, c.value)
		if r.code == 0 || strings.Contains(r.stdout+r.stderr, password) {
			t.Errorf("%s %s: exit %d\n%s%s", c.option, c.value, r.code, r.stdout, r.stderr)
		}
		must(t, filepath.WalkDir(filepath.Dir(w.state), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			text, err := os.ReadFile(path)
			if err == nil && strings.Contains(string(text), password) {
				t.Errorf("%s %s: the password stands in %s", c.option, c.value, path)
			}
			return err
		}))
	}
}

func hostOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	must(t, err)
	return u.Host
}

// listener is an HTTP server that writes down what it is asked for: a host that nobody agreed to, and a proxy.
type listener struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string // "CONNECT 127.0.0.1:443"
}

func newListener(t *testing.T) *listener {
	t.Helper()
	l := &listener{}
	l.Server = httptest.NewServer(l)
	t.Cleanup(l.Close)
	return l
}

func (l *listener) host() string { return strings.TrimPrefix(l.URL, "http://") }

func (l *listener) heard() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.asked)
}

// ServeHTTP forwards what a proxy is asked for, and finds nothing else.
func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	l.asked = append(l.asked, r.Method+" "+r.Host)
	l.mu.Unlock()
	switch {
	case r.Method == http.MethodConnect:
		tunnel(r.Context(), w, r.Host)
	case r.URL.Host == "":
		http.NotFound(w, r)
	default:
		forward(w, r)
	}
}

func forward(w http.ResponseWriter, r *http.Request) {
	r.RequestURI = ""
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer answer.Body.Close()
	for key, values := range answer.Header {
		w.Header()[key] = values
	}
	w.WriteHeader(answer.StatusCode)
	_, _ = io.Copy(w, answer.Body)
}

// tunnel joins the client to address until one of them hangs up.
func tunnel(ctx context.Context, w http.ResponseWriter, address string) {
	far, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer far.Close()
	w.WriteHeader(http.StatusOK)
	near, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer near.Close()
	done := make(chan struct{}, 2)
	pass := func(to io.Writer, from io.Reader) {
		_, _ = io.Copy(to, from)
		done <- struct{}{}
	}
	go pass(far, buffered)
	go pass(near, far)
	<-done
}
