package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mholt/acmez/v3/acme"

	"deputy/internal/lab"
)

// BenchmarkIssue measures a whole issue of one name as a ratio to a floor: a client that knows everything beforehand,
// sends the least requests, never looks at DNS, and waits as the CA says.
func BenchmarkIssue(b *testing.B) {
	l, err := lab.Start(b.Context(), lab.Options{SecondaryLag: -1, NoThrottle: true})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	w := benchWorld(b, l)
	floor := newFloor(b, l)
	var deputyTime, floorTime time.Duration
	for b.Loop() {
		began := time.Now()
		w.run("issue", "--force", "demohub.martdj.nl")
		deputyTime += time.Since(began)
		began = time.Now()
		floor.issue(b.Context(), "demohub.martdj.nl")
		floorTime += time.Since(began)
	}
	ratio := deputyTime.Seconds() / floorTime.Seconds()
	b.ReportMetric(ratio, "ratio")
	b.ReportMetric(floorTime.Seconds()/float64(b.N), "floor-s/op")
	if ratio >= 1.5 {
		b.Errorf("ratio %.2f, over 1.5", ratio)
	}
}

// bench is an installation to measure.
type bench struct {
	b   *testing.B
	env map[string]string
}

func benchWorld(b *testing.B, l *lab.Lab) bench {
	w := bench{b, map[string]string{}}
	for _, line := range l.Environment() {
		key, value, _ := strings.Cut(line, "=")
		w.env[key] = value
	}
	w.env["DEPUTY_STATE"] = b.TempDir()
	document := b.TempDir() + "/provider.yaml"
	text := "deputy: dns-provider/1\nname: d\nconfiguration: desec\nzones: [martdj.dedyn.io]\naccount: {token: {env: LAB_DESEC_TOKEN}}\napi_base: " +
		l.DeSEC().URL() + "\nallow: {plain_http: true, addresses: [127.0.0.0/8]}\n"
	if err := os.WriteFile(document, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	if err := l.Zone("martdj.nl").Add("_acme-challenge.demohub 60 IN CNAME validation.martdj.dedyn.io."); err != nil {
		b.Fatal(err)
	}
	w.run("init", "--agree-tos", "--provider", document)
	return w
}

func (w bench) run(args ...string) {
	var said bytes.Buffer
	p := &program{stdin: strings.NewReader(""), stdout: &said, stderr: &said, getenv: func(key string) string { return w.env[key] }}
	if code := p.run(w.b.Context(), args); code != exitDone {
		w.b.Fatalf("exit %d\n%s", code, said.String())
	}
}

// floor is the least client there can be. It edits the zone as its owner, so no API is asked and nothing awaited.
type floor struct {
	b       *testing.B
	lab     *lab.Lab
	client  *acme.Client
	account acme.Account
}

func newFloor(b *testing.B, l *lab.Lab) *floor {
	text, err := os.ReadFile(l.CAFile())
	if err != nil {
		b.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	f := &floor{b: b, lab: l, client: &acme.Client{
		Directory: l.Directory(), PollInterval: 250 * time.Millisecond,
		HTTPClient: &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}},
	}}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	f.account, err = f.client.NewAccount(b.Context(), acme.Account{TermsOfServiceAgreed: true, PrivateKey: key})
	if err != nil {
		b.Fatal(err)
	}
	return f
}

func (f *floor) issue(ctx context.Context, host string) {
	check := func(err error) {
		if err != nil {
			f.b.Fatal(err)
		}
	}
	order, err := f.client.NewOrder(ctx, f.account, acme.Order{Identifiers: []acme.Identifier{{Type: "dns", Value: host}}})
	check(err)
	authorization, err := f.client.GetAuthorization(ctx, f.account, order.Authorizations[0])
	check(err)
	for _, c := range authorization.Challenges {
		if c.Type != acme.ChallengeTypeDNS01 {
			continue
		}
		check(f.lab.Zone("martdj.dedyn.io").Add(`validation 60 IN TXT "` + c.DNS01KeyAuthorization() + `"`))
		_, err = f.client.InitiateChallenge(ctx, f.account, c)
		check(err)
	}
	for order.Status != acme.StatusReady {
		f.wait(ctx)
		order, err = f.client.GetOrder(ctx, f.account, order)
		check(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: []string{host}}, key)
	check(err)
	order, err = f.client.FinalizeOrder(ctx, f.account, order, csr) // polls as Retry-After says
	check(err)
	_, err = f.client.GetCertificateChain(ctx, f.account, order.Certificate)
	check(err)
	check(f.lab.Zone("martdj.dedyn.io").Remove("validation", "TXT"))
}

// wait is the same first look that deputy takes.
func (f *floor) wait(ctx context.Context) {
	timer := time.NewTimer(250 * time.Millisecond)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
