package resolver_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"deputy/fault"
	"deputy/resolver"
)

func addrPort(octets [4]byte, port uint16) netip.AddrPort {
	return netip.AddrPortFrom(netip.AddrFrom4(octets), port)
}

// recursorAnswer is what a recursive resolver says: the whole chain, in an order of its own, among things that nobody
// asked for; NXDOMAIN with a SOA, or without one, for everything else.
func recursorAnswer(asked *dns.Msg) *dns.Msg {
	m := new(dns.Msg).SetReply(asked)
	m.RecursionAvailable = true
	q := asked.Question[0]
	if !strings.EqualFold(q.Name, "_acme-challenge.demohub.martdj.nl.") || q.Qtype != dns.TypeTXT {
		m.Rcode = dns.RcodeNameError
		return m
	}
	for _, line := range []string{
		"end.dedyn.io. 60 IN TXT value", "validation.martdj.dedyn.io. 60 IN CNAME end.dedyn.io.", "foreign.example. 60 IN TXT unasked",
		"_acme-challenge.demohub.martdj.nl. 60 IN CNAME validation.martdj.dedyn.io.",
	} {
		rr, err := dns.NewRR(line)
		if err != nil {
			panic(err)
		}
		m.Answer = append(m.Answer, rr)
	}
	rand.Shuffle(len(m.Answer), func(i, j int) { m.Answer[i], m.Answer[j] = m.Answer[j], m.Answer[i] })
	return m
}

// recursor is a resolver for each way to reach one, and the trust that TLS needs.
func recursor(t *testing.T) (urls map[string]string, trust *x509.CertPool) {
	t.Helper()
	n := newNetwork(t)
	plain := n.start().play(func(asked, _ *dns.Msg, _ bool) []byte { return pack(recursorAnswer(asked)) })
	doh := quietTLS(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		asked := new(dns.Msg)
		proper := r.Method == http.MethodPost && r.Header.Get("Content-Type") == "application/dns-message"
		if err != nil || !proper || asked.Unpack(body) != nil || asked.Id != 0 {
			http.Error(w, "no DNS message", http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/dns-message")
		_, _ = w.Write(pack(recursorAnswer(asked)))
	}))
	t.Cleanup(doh.Close)
	trust = x509.NewCertPool()
	trust.AddCert(doh.Certificate())
	return map[string]string{
		"udp": "udp://" + plain.Addr.String(), "tcp": "tcp://" + plain.Addr.String(),
		"tls":   "tls://" + serveDoT(t, doh.TLS.Certificates),
		"https": doh.URL + "/dns-query",
	}, trust
}

// quietTLS is an HTTPS server that does not report clients who distrust it.
func quietTLS(h http.Handler) *httptest.Server {
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	return s
}

// serveDoT answers DNS over TLS with the certificates of an HTTPS server, and gives its address.
func serveDoT(t *testing.T, certificates []tls.Certificate) string {
	t.Helper()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: certificates})
	if err != nil {
		t.Fatal(err)
	}
	server := &dns.Server{Listener: listener, Handler: dns.HandlerFunc(func(w dns.ResponseWriter, asked *dns.Msg) {
		_ = w.WriteMsg(recursorAnswer(asked))
	})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.ActivateAndServe()
	}()
	t.Cleanup(func() {
		_ = listener.Close()
		<-done
	})
	return listener.Addr().String()
}

func TestRecursiveAnswersComeInTheOrderOfTheChain(t *testing.T) {
	t.Parallel()
	urls, trust := recursor(t)
	for scheme, u := range urls {
		t.Run(scheme, func(t *testing.T) {
			t.Parallel()
			c, err := resolver.New(resolver.Config{Recursive: u, Roots: trust})
			if err != nil {
				t.Fatal(err)
			}
			a, err := c.Query(t.Context(), owner("_acme-challenge.demohub.martdj.nl"), resolver.TXT)
			if err != nil {
				t.Fatal(err)
			}
			var owners []string
			for _, r := range a.Records {
				owners = append(owners, r.Type.String()+" "+r.Owner.String())
			}
			want := []string{"CNAME _acme-challenge.demohub.martdj.nl", "CNAME validation.martdj.dedyn.io", "TXT end.dedyn.io"}
			if !slices.Equal(owners, want) || !a.Exists {
				t.Errorf("records %q, want %q", owners, want)
			}
			if c.View() != "through "+u {
				t.Errorf("view %q", c.View())
			}
			a, err = c.Query(t.Context(), owner("nowhere.nl"), resolver.TXT)
			if err != nil || a.Exists || len(a.Records) != 0 {
				t.Errorf("%+v, %v; want NXDOMAIN", a, err)
			}
		})
	}
}

func TestRecursiveTruncationIsCompletedOverTCP(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	s := n.start().play(func(asked, _ *dns.Msg, tcp bool) []byte {
		m := recursorAnswer(asked)
		if !tcp {
			m.Answer, m.Truncated = m.Answer[:1], true
		}
		return pack(m)
	})
	c, err := resolver.New(resolver.Config{Recursive: "udp://" + s.Addr.String()})
	if err != nil {
		t.Fatal(err)
	}
	a, err := c.Query(t.Context(), owner("_acme-challenge.demohub.martdj.nl"), resolver.TXT)
	if err != nil || len(a.Records) != 3 {
		t.Errorf("%+v, %v", a, err)
	}
	if got := n.asked(); len(got) != 2 || !strings.HasSuffix(got[0], " rd") || !strings.HasSuffix(got[1], " tcp rd") {
		t.Errorf("asked %q", got)
	}
}

// A resolver that is something else, or that can't be trusted, is a Failure that says so.
func TestResolversThatAreNone(t *testing.T) {
	t.Parallel()
	urls, _ := recursor(t)
	web := quietTLS(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/html":
			_, _ = io.WriteString(w, "<html>hello</html>")
		case "/garbage":
			w.Header().Set("Content-Type", "application/dns-message")
			wire, _ := base64.StdEncoding.DecodeString("AAAA")
			_, _ = w.Write(wire)
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(web.Close)
	trust := x509.NewCertPool()
	trust.AddCert(web.Certificate())
	n := newNetwork(t)
	notRecursive := n.start().tell("lame")
	closed := n.start().tell("silent")
	for _, tt := range []struct {
		name, url string
		trust     *x509.CertPool
		want      string
		timeout   time.Duration
	}{
		{"a web page", web.URL + "/html", trust, "is it a DoH resolver?", time.Minute},
		{"no such page", web.URL + "/none", trust, "HTTP status 404", time.Minute},
		{"octets that are no message", web.URL + "/garbage", trust, "does not fit the question", time.Minute},
		{"no trust over HTTPS", urls["https"], nil, "certificate", time.Minute},
		{"no trust over TLS", urls["tls"], x509.NewCertPool(), "certificate", time.Minute},
		{"a web server where DNS over TLS should be", "tls://" + strings.TrimPrefix(web.URL, "https://"), trust, "", 200 * time.Millisecond},
		{"an authoritative server", "udp://" + notRecursive.Addr.String(), nil, "it offers no recursion", time.Minute},
		{"it closes connections", "tcp://" + closed.Addr.String(), nil, "no answer in 3 tries", time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			config := resolver.Config{Recursive: tt.url, Roots: tt.trust, Timeout: tt.timeout}
			c, err := resolver.New(config)
			if err != nil {
				t.Fatal(err)
			}
			a, err := c.Query(t.Context(), owner("martdj.nl"), resolver.TXT)
			var failure *resolver.Failure
			if !errors.As(err, &failure) || !strings.Contains(failure.Error(), tt.want) {
				t.Errorf("%+v, %v; want a Failure that says %q", a, err, tt.want)
			}
		})
	}
}

// Behind a recursive resolver zones are found by climbing, and their servers are at the port of Root.
func TestAuthoritiesThroughAResolver(t *testing.T) {
	t.Parallel()
	for _, strip := range []bool{false, true} {
		w := newWorld(t)
		walker := w.client(t)
		front := w.start().play(func(asked, _ *dns.Msg, _ bool) []byte {
			return pack(resolveFor(t, walker, asked, strip))
		})
		c := w.client(t, func(c *resolver.Config) { c.Recursive = "udp://" + front.Addr.String() })
		for _, asked := range []string{"_acme-challenge.demohub.martdj.nl", "no.martdj.nl", "martdj.nl"} {
			a, err := c.Authorities(t.Context(), owner(asked))
			want := "martdj.nl: ns1.martdj.nl=127.0.0.3:53 ns2.martdj.nl=127.0.0.4:53"
			if err != nil || w.list(a) != want {
				t.Errorf("%s, authority section left out: %v: %s, %v; want %s", asked, strip, w.list(a), err, want)
			}
		}
	}
}

// resolveFor answers as a recursive resolver by asking walker; with strip it leaves the authority section out.
func resolveFor(t *testing.T, walker *resolver.Client, asked *dns.Msg, strip bool) *dns.Msg {
	m := new(dns.Msg).SetReply(asked)
	m.RecursionAvailable = true
	q := asked.Question[0]
	a, err := walker.Query(t.Context(), owner(q.Name), resolver.Type(q.Qtype))
	if err != nil {
		m.Rcode = dns.RcodeServerFailure
		return m
	}
	if !a.Exists {
		m.Rcode = dns.RcodeNameError
	}
	if a.SOA != nil && !strip {
		head := dns.RR_Header{Name: a.SOA.Owner.FQDN(), Rrtype: dns.TypeSOA, Class: dns.ClassINET, Ttl: 300}
		m.Ns = []dns.RR{&dns.SOA{Hdr: head, Ns: "ns.", Mbox: "admin.", Minttl: 300}}
	}
	for _, r := range a.Records {
		head := dns.RR_Header{Name: r.Owner.FQDN(), Rrtype: uint16(r.Type), Class: dns.ClassINET, Ttl: r.TTL}
		switch r.Type {
		case resolver.NS:
			m.Answer = append(m.Answer, &dns.NS{Hdr: head, Ns: r.Target.FQDN()})
		case resolver.CNAME:
			m.Answer = append(m.Answer, &dns.CNAME{Hdr: head, Target: r.Target.FQDN()})
		case resolver.A:
			m.Answer = append(m.Answer, &dns.A{Hdr: head, A: net.ParseIP(r.Text)})
		case resolver.SOA:
			m.Answer = append(m.Answer, &dns.SOA{Hdr: head, Ns: "ns.", Mbox: "admin.", Minttl: 300})
		}
	}
	return m
}

func TestViews(t *testing.T) {
	t.Parallel()
	urls, trust := recursor(t)
	broken := quietTLS(http.NotFoundHandler())
	t.Cleanup(broken.Close)
	challenge := owner("_acme-challenge.demohub.martdj.nl")
	for _, tt := range []struct {
		public  []string
		answers int
		fails   bool
	}{
		{[]string{urls["https"], urls["https"] + "?second"}, 2, false},
		{[]string{broken.URL + "/dns-query", urls["https"]}, 1, true},
		{[]string{broken.URL + "/dns-query", broken.URL + "/"}, 0, true},
	} {
		c, err := resolver.New(resolver.Config{Public: tt.public, Roots: trust})
		if err != nil {
			t.Fatal(err)
		}
		answers, err := c.Views(t.Context(), challenge, resolver.TXT)
		if len(answers) != tt.answers || (err != nil) != tt.fails {
			t.Errorf("%d answers, %v; want %d", len(answers), err, tt.answers)
		}
		for _, a := range answers {
			if len(a.Records) != 3 || a.Server.URL == "" {
				t.Errorf("answer %+v", a)
			}
		}
	}
}

func TestBadSettings(t *testing.T) {
	t.Parallel()
	for _, config := range []resolver.Config{
		{Recursive: "192.0.2.1"}, {Recursive: "ftp://192.0.2.1"}, {Recursive: "udp://"}, {Recursive: "udp://resolver.example"},
		{Recursive: "tcp://192.0.2.1:99999"}, {Recursive: "udp://192.0.2.1:0"}, {Recursive: "https://user:secret@192.0.2.1/dns-query"}, {Recursive: "://"},
		{Public: []string{"http://192.0.2.1/dns-query"}}, {Public: []string{"https://"}},
		{Root: []netip.AddrPort{{}}}, {Root: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:0")}},
	} {
		_, err := resolver.New(config)
		f, ok := fault.From(err)
		if !ok || f.Code != fault.BadSettings || f.Seen == "" || f.Do == "" || f.Who != fault.Admin {
			t.Errorf("%+v: %v, want a fault bad-settings", config, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the fault shows the password: %v", err)
		}
	}
}
