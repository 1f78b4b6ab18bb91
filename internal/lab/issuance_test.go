package lab

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/mholt/acmez/v3/acme"
)

// testTime bounds one test's waiting; it is never what a test measures.
const testTime = 30 * time.Second

// startLab starts a lab for one test.
func startLab(t *testing.T, o Options) *Lab {
	t.Helper()
	o.NoThrottle = true
	l, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return l
}

// customer is an ACME client with an account, for tests.
type customer struct {
	*acme.Client
	account acme.Account
}

func newCustomer(t *testing.T, l *Lab) *customer {
	t.Helper()
	pem, err := os.ReadFile(l.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		t.Fatal("no certificate in the CA file")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(transport.CloseIdleConnections)
	c := &customer{Client: &acme.Client{Directory: l.Directory(), HTTPClient: &http.Client{Transport: transport}, PollInterval: 50 * time.Millisecond}}
	key := newKey(t)
	c.account, err = c.NewAccount(t.Context(), acme.Account{TermsOfServiceAgreed: true, PrivateKey: key})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// order opens an order for name and gives its dns-01 challenge.
func (c *customer) order(t *testing.T, name string) (acme.Order, acme.Challenge) {
	t.Helper()
	order, err := c.NewOrder(t.Context(), c.account, acme.Order{Identifiers: []acme.Identifier{{Type: "dns", Value: name}}})
	if err != nil {
		t.Fatal(err)
	}
	authz, err := c.GetAuthorization(t.Context(), c.account, order.Authorizations[0])
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(authz.Challenges, func(ch acme.Challenge) bool { return ch.Type == "dns-01" })
	if i < 0 {
		t.Fatalf("no dns-01 challenge in %+v", authz.Challenges)
	}
	return order, authz.Challenges[i]
}

// validate tells the CA that the challenge is in place, and waits for its verdict.
func (c *customer) validate(t *testing.T, order acme.Order, challenge acme.Challenge) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testTime)
	defer cancel()
	if _, err := c.InitiateChallenge(ctx, c.account, challenge); err != nil {
		return err
	}
	authz, err := c.GetAuthorization(ctx, c.account, order.Authorizations[0])
	if err != nil {
		return err
	}
	_, err = c.PollAuthorization(ctx, c.account, authz)
	return err
}

// certificate finalizes the order for name and gives the chain, PEM.
func (c *customer) certificate(t *testing.T, order acme.Order, name string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testTime)
	defer cancel()
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: []string{name}}, newKey(t))
	if err != nil {
		t.Fatal(err)
	}
	order, err = c.FinalizeOrder(ctx, c.account, order, csr)
	if err != nil {
		t.Fatal(err)
	}
	chains, err := c.GetCertificateChain(ctx, c.account, order.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	return chains[0].ChainPEM
}

// post sends JSON to a DNS host's API and gives the status.
func post(t *testing.T, url string, body any) int {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(url, "application/json", bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

func TestIssuanceThroughCNAME(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	if err := l.Zone("martdj.nl").Add("_acme-challenge.demohub 60 IN CNAME validation.pebble.lab."); err != nil {
		t.Fatal(err)
	}
	c := newCustomer(t, l)
	order, challenge := c.order(t, "demohub.martdj.nl")
	if status := post(t, l.SetTXT().URL(), map[string]string{"host": "validation.pebble.lab.", "value": challenge.DNS01KeyAuthorization()}); status != http.StatusOK {
		t.Fatalf("set-txt answers %d", status)
	}
	if err := c.validate(t, order, challenge); err != nil {
		t.Fatal(err)
	}
	chain := c.certificate(t, order, "demohub.martdj.nl")
	if _, err := Verify(l.CA().Roots(), chain, "demohub.martdj.nl"); err != nil {
		t.Error(err)
	}
	if _, err := Verify(l.CA().Roots(), chain, "other.martdj.nl"); err == nil {
		t.Error("the certificate is good for a name that nobody asked for")
	}
	asked := l.DNS("ca-resolver").Queries("TXT _acme-challenge.demohub.martdj.nl.")
	if asked != 3 {
		t.Errorf("pebble asked %d times, want 3", asked)
	}
	if n := l.DNS("resolver").Queries(""); n != 0 {
		t.Errorf("the public resolver was asked %d times, want 0", n)
	}
}

func TestIssuanceRefusedWithoutTXT(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	if err := l.Zone("martdj.nl").Add("_acme-challenge.demohub 60 IN CNAME validation.pebble.lab."); err != nil {
		t.Fatal(err)
	}
	c := newCustomer(t, l)
	for _, wrong := range []string{"", "not-the-value"} {
		t.Run(fmt.Sprintf("value %q", wrong), func(t *testing.T) {
			order, challenge := c.order(t, "demohub.martdj.nl")
			if wrong != "" {
				post(t, l.SetTXT().URL(), map[string]string{"host": "validation.pebble.lab.", "value": wrong})
			}
			err := c.validate(t, order, challenge)
			var problem acme.Problem
			if !errors.As(err, &problem) {
				t.Fatalf("the CA says %v, want a problem", err)
			}
		})
	}
}

func TestNonceReject(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{NonceReject: 60})
	c := newCustomer(t, l)
	for range 10 {
		c.order(t, "demohub.martdj.nl")
	}
	if len(l.History().Find(func(e Entry) bool { return e.Kind == "acme" && e.Status == http.StatusBadRequest })) == 0 {
		t.Error("no nonce was rejected in 20 requests at 60 %")
	}
	calm := startLab(t, Options{})
	c = newCustomer(t, calm)
	for range 10 {
		c.order(t, "demohub.martdj.nl")
	}
	if bad := calm.History().Find(func(e Entry) bool { return e.Kind == "acme" && e.Status == http.StatusBadRequest }); len(bad) > 0 {
		t.Errorf("a lab beside it rejects nonces too: %+v", bad[0])
	}
}
