package resolver_test

import (
	"bytes"
	"context"
	"crypto"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"deputy/name"
	"deputy/resolver"
)

// signedZone is a zone that is signed with one key.
type signedZone struct {
	origin  string
	key     *dns.DNSKEY
	private crypto.Signer
	records []dns.RR
}

// newSigned reads a zone's records and makes its key.
func newSigned(t *testing.T, origin, text string) *signedZone {
	t.Helper()
	z := &signedZone{origin: origin, key: &dns.DNSKEY{
		Hdr:   dns.RR_Header{Name: origin, Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET, Ttl: 60},
		Flags: 257, Protocol: 3, Algorithm: dns.ECDSAP256SHA256,
	}}
	private, err := z.key.Generate(256)
	if err != nil {
		t.Fatal(err)
	}
	z.private = private.(crypto.Signer)
	parser := dns.NewZoneParser(strings.NewReader("@ 60 IN SOA ns."+origin+" admin."+origin+" 1 3600 600 604800 60\n@ 60 IN NS ns."+origin+"\nns 60 IN A 127.0.0.1\n"+text), origin, "")
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		z.records = append(z.records, rr)
	}
	if err := parser.Err(); err != nil {
		t.Fatal(err)
	}
	return z
}

// write signs the zone so that the signatures end at a time, and writes it to a file of dir.
func (z *signedZone) write(t *testing.T, dir string, ends time.Time) string {
	t.Helper()
	sets := map[string][]dns.RR{}
	names := map[string]map[uint16]bool{}
	cuts := map[string]bool{}
	for _, rr := range append(z.records, z.key) {
		h := rr.Header()
		sets[h.Name+" "+dns.TypeToString[h.Rrtype]] = append(sets[h.Name+" "+dns.TypeToString[h.Rrtype]], rr)
		if names[h.Name] == nil {
			names[h.Name] = map[uint16]bool{}
		}
		names[h.Name][h.Rrtype] = true
		cuts[h.Name] = cuts[h.Name] || h.Rrtype == dns.TypeNS && h.Name != z.origin
	}
	var order []string
	for n := range names {
		order = append(order, n)
	}
	slices.SortFunc(order, func(a, b string) int { return slices.Compare(backwards(a), backwards(b)) })
	for i, n := range order {
		nsec := &dns.NSEC{Hdr: dns.RR_Header{Name: n, Rrtype: dns.TypeNSEC, Class: dns.ClassINET, Ttl: 60}, NextDomain: order[(i+1)%len(order)]}
		for kind := range names[n] {
			nsec.TypeBitMap = append(nsec.TypeBitMap, kind)
		}
		nsec.TypeBitMap = append(nsec.TypeBitMap, dns.TypeNSEC, dns.TypeRRSIG)
		slices.Sort(nsec.TypeBitMap)
		sets[n+" NSEC"] = []dns.RR{nsec}
	}
	var text strings.Builder
	for title, set := range sets {
		n, kind, _ := strings.Cut(title, " ")
		for _, rr := range set {
			fmt.Fprintln(&text, rr)
		}
		if cuts[n] && kind != "DS" && kind != "NSEC" {
			continue
		}
		signature := &dns.RRSIG{
			Inception: uint32(ends.Add(-30 * 24 * time.Hour).Unix()), Expiration: uint32(ends.Unix()),
			KeyTag: z.key.KeyTag(), SignerName: z.origin, Algorithm: z.key.Algorithm,
		}
		if err := signature.Sign(z.private, set); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&text, signature)
	}
	file := filepath.Join(dir, strings.TrimSuffix(z.origin, ".")+".zone")
	if err := os.WriteFile(file, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// backwards are the labels of n from the last on: the canonical order of names (RFC 4034 §6.1).
func backwards(n string) []string {
	labels := dns.SplitDomainName(strings.ToLower(n))
	slices.Reverse(labels)
	return labels
}

// startUnbound runs Debian's unbound on loopback with zones from files, and gives its URL.
func startUnbound(t *testing.T, config string, zones map[string]string) string {
	t.Helper()
	program, err := exec.LookPath("/usr/sbin/unbound")
	if err != nil {
		t.Skip("needs unbound: apt-get install --no-install-recommends unbound")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	_ = listener.Close()
	dir := t.TempDir()
	text := fmt.Sprintf("server:\n interface: 127.0.0.1@%s\n username: \"\"\n chroot: \"\"\n directory: %q\n pidfile: \"\"\n use-syslog: no\n do-ip6: no\n do-not-query-localhost: no\n module-config: \"validator iterator\"\n ede: yes\n num-threads: 1\n local-zone: \"test.\" nodefault\n%sremote-control:\n control-enable: no\n", port, dir, config)
	for zone, file := range zones {
		text += fmt.Sprintf("auth-zone:\n name: %q\n zonefile: %q\n for-downstream: no\n for-upstream: yes\n", zone, file)
	}
	file := filepath.Join(dir, "unbound.conf")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	server := exec.Command(program, "-d", "-c", file)
	server.Stdout, server.Stderr = &said, &said
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
		if t.Failed() {
			t.Log(said.String())
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for ticker := time.NewTicker(50 * time.Millisecond); ; {
		if conn, err := new(net.Dialer).DialContext(ctx, "tcp", address); err == nil {
			_ = conn.Close()
			ticker.Stop()
			return "udp://" + address
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatalf("unbound did not start:\n%s", said.String())
		}
	}
}

// Debian's unbound, with a trust anchor of the test's, tells secure, insecure and bogus apart, and deputy says so: by
// which zone, and why. A resolver without an anchor checks nothing.
func TestSecurityThroughUnbound(t *testing.T) {
	t.Parallel()
	dir, soon := t.TempDir(), time.Now().Add(10*24*time.Hour)
	body := "a 60 IN TXT \"there\"\n_acme-challenge 60 IN CNAME x.other.test.\n"
	good, expired, odd := newSigned(t, "good.test.", body), newSigned(t, "expired.test.", body), newSigned(t, "odd.test.", body)
	stranger := newSigned(t, "odd.test.", "")
	parent := newSigned(t, "test.", "good 60 IN NS ns.good\nns.good 60 IN A 127.0.0.1\nexpired 60 IN NS ns.expired\nns.expired 60 IN A 127.0.0.1\n"+
		"odd 60 IN NS ns.odd\nns.odd 60 IN A 127.0.0.1\nplain 60 IN NS ns.plain\nns.plain 60 IN A 127.0.0.1\n")
	for _, z := range []*signedZone{good, expired, stranger} {
		ds := z.key.ToDS(dns.SHA256)
		ds.Hdr = dns.RR_Header{Name: z.origin, Rrtype: dns.TypeDS, Class: dns.ClassINET, Ttl: 60}
		parent.records = append(parent.records, ds)
	}
	plain := filepath.Join(dir, "plain")
	must(t, os.WriteFile(plain, []byte("plain.test. 60 IN SOA ns.plain.test. admin.plain.test. 1 3600 600 604800 60\nplain.test. 60 IN NS ns.plain.test.\nns.plain.test. 60 IN A 127.0.0.1\na.plain.test. 60 IN TXT \"there\"\n"), 0o644))
	anchor := filepath.Join(dir, "anchor")
	must(t, os.WriteFile(anchor, []byte(parent.key.String()+"\n"), 0o644))
	zones := map[string]string{
		"test.": parent.write(t, dir, soon), "good.test.": good.write(t, dir, soon), "odd.test.": odd.write(t, dir, soon),
		// unbound takes a signature up to a day longer, for the sake of clocks that are wrong
		"expired.test.": expired.write(t, dir, time.Now().Add(-72*time.Hour)), "plain.test.": plain,
	}
	client, err := resolver.New(resolver.Config{Recursive: startUnbound(t, fmt.Sprintf(" trust-anchor-file: %q\n", anchor), zones)})
	must(t, err)
	careless, err := resolver.New(resolver.Config{Recursive: startUnbound(t, "", zones)})
	must(t, err)
	for _, tt := range []struct {
		name, zone, why string
		state           resolver.State
	}{
		{"a.good.test", "", "", resolver.Secure},
		{"none.good.test", "", "", resolver.Secure},
		{"a.plain.test", "plain.test", "", resolver.Insecure},
		{"a.expired.test", "expired.test", "expired on " + time.Now().Add(-72*time.Hour).UTC().Format(time.DateOnly), resolver.Bogus},
		{"a.odd.test", "odd.test", "", resolver.Bogus},
	} {
		s, err := client.Security(t.Context(), name.MustParseOwner(tt.name), resolver.TXT)
		if err != nil || s.State != tt.state || s.By == "" || !strings.Contains(s.Why, tt.why) || (s.State == resolver.Bogus) != (s.Why != "") {
			t.Errorf("%s: %+v, %v; want %s", tt.name, s, err, tt.state)
		}
		if tt.zone != "" && s.Zone != name.MustParseOwner(tt.zone) {
			t.Errorf("%s: in the zone %s, want %s", tt.name, s.Zone, tt.zone)
		}
		s, err = careless.Security(t.Context(), name.MustParseOwner(tt.name), resolver.TXT)
		if err != nil || s.State != resolver.Unchecked || s.Why == "" {
			t.Errorf("%s, without an anchor: %+v, %v", tt.name, s, err)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// stubs is unbound's configuration for the signed internet: each zone at its server, and the root's key as anchor.
func (w *secured) stubs(t *testing.T) string {
	t.Helper()
	anchor := filepath.Join(t.TempDir(), "anchor")
	must(t, os.WriteFile(anchor, []byte(w.anchor), 0o644))
	text := fmt.Sprintf(" trust-anchor-file: %q\n val-log-level: 2\n verbosity: 1\n local-zone: \"nl.\" nodefault\n", anchor)
	for origin, server := range w.zones {
		text += fmt.Sprintf("stub-zone:\n name: %q\n stub-addr: %s@%d\n", origin, server.Addr.Addr(), server.Addr.Port())
	}
	return text
}

// TestUnboundAgrees has Debian's unbound judge every name of the signed internet: it has to call it what deputy's own
// validation calls it, and deputy has to find the same zone and reason in what unbound says; and deputy's own
// validation has to say the same when it gets the records through unbound.
func TestUnboundAgrees(t *testing.T) {
	t.Parallel()
	w := newSecured(t)
	url := startUnbound(t, w.stubs(t), nil)
	through := func(anchor string) *resolver.Client {
		c, err := resolver.New(resolver.Config{Recursive: url, Anchor: anchor})
		must(t, err)
		return c
	}
	asked, own := through(""), through(w.anchor)
	for _, v := range verdicts() {
		t.Run(v.typ+" "+v.name, func(t *testing.T) {
			n, typ := v.question()
			for by, c := range map[string]*resolver.Client{url: asked, "deputy, from the trust anchor for .": own} {
				got, err := c.Security(t.Context(), n, typ)
				if err != nil || shown(got) != v.want() {
					t.Errorf("DNSSEC of %s %s through unbound\nsays   %s (%v)\nwanted %s", v.name, v.typ, shown(got), err, v.want())
				}
				if got.By != by {
					t.Errorf("the verdict is by %q, wanted %q", got.By, by)
				}
			}
		})
	}
}
