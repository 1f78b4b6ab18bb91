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
	"encoding/pem"
	"errors"
	"fmt"
	"io"
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
	c := &customer{Client: &acme.Client{Directory: l.Directory(), HTTPClient: &http.Client{Transport: trusting(t, l)}, PollInterval: 50 * time.Millisecond}}
	key := newKey(t)
	var err error
	c.account, err = c.NewAccount(t.Context(), acme.Account{TermsOfServiceAgreed: true, PrivateKey: key})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// trusting is a transport that trusts the lab's HTTPS root.
func trusting(t *testing.T, l *Lab) *http.Transport {
	t.Helper()
	pem, err := os.ReadFile(l.CAFile())
	must(t, err)
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		t.Fatal("no certificate in the CA file")
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}

func decodeJSON(r io.Reader, into any) error { return json.NewDecoder(r).Decode(into) }

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

// TestNonceReject: each lab of a process has its own knobs, though pebble reads them from the process's environment.
func TestNonceReject(t *testing.T) {
	t.Parallel()
	wild, calm := startLab(t, Options{NonceReject: 100}), startLab(t, Options{})
	newCustomer(t, calm).order(t, "demohub.martdj.nl")
	bad := func(e Entry) bool { return e.Kind == "acme" && e.Status == http.StatusBadRequest }
	if found := calm.History().Find(bad); len(found) > 0 {
		t.Errorf("a lab beside one that rejects nonces does too: %+v", found[0])
	}
	client := &acme.Client{Directory: wild.Directory(), HTTPClient: &http.Client{Transport: trusting(t, wild)}}
	_, err := client.NewAccount(t.Context(), acme.Account{TermsOfServiceAgreed: true, PrivateKey: newKey(t)})
	var problem acme.Problem
	if !errors.As(err, &problem) || problem.Type != acme.ProblemTypeBadNonce {
		t.Errorf("with every nonce rejected newAccount gives %v", err)
	}
}

// TestProfileAndRenewalInfo: pebble's profiles, and what it says of renewal, as it stands or as a test wants it.
func TestProfileAndRenewalInfo(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	c := newCustomer(t, l)
	order, err := c.NewOrder(t.Context(), c.account, acme.Order{Profile: "shortlived", Identifiers: []acme.Identifier{{Type: "dns", Value: "v.pebble.lab"}}})
	must(t, err)
	authz, err := c.GetAuthorization(t.Context(), c.account, order.Authorizations[0])
	must(t, err)
	i := slices.IndexFunc(authz.Challenges, func(ch acme.Challenge) bool { return ch.Type == "dns-01" })
	post(t, l.SetTXT().URL(), map[string]string{"host": "_acme-challenge.v.pebble.lab", "value": authz.Challenges[i].DNS01KeyAuthorization()})
	must(t, c.validate(t, order, authz.Challenges[i]))
	chain := c.certificate(t, order, "v.pebble.lab")
	leaf, err := Verify(l.CA().Roots(), chain, "v.pebble.lab")
	must(t, err)
	if days := leaf.NotAfter.Sub(leaf.NotBefore).Round(time.Hour).Hours() / 24; days != 6 {
		t.Errorf("the short-lived profile gives %v days", days)
	}
	info, err := c.GetRenewalInfo(t.Context(), leaf)
	if err != nil || !info.SuggestedWindow.Start.After(leaf.NotBefore) {
		t.Errorf("renewal information %+v, %v", info, err)
	}
	must(t, l.CA().SetRenewalInfo(chain, `{"suggestedWindow":{"start":"2020-01-01T00:00:00Z","end":"2020-01-02T00:00:00Z"}}`))
	if info, err = c.GetRenewalInfo(t.Context(), leaf); err != nil || info.SuggestedWindow.Start.Year() != 2020 {
		t.Errorf("renewal information set is %+v, %v", info, err)
	}
	if err := l.CA().SetRenewalInfo([]byte("no PEM"), "{}"); err == nil {
		t.Error("renewal information was set for no certificate")
	}
}

func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	_, roots, err := httpsCertificate()
	must(t, err)
	leaf, other, err := httpsCertificate()
	must(t, err)
	chain := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Certificate[0]})
	if _, err := Verify(other, chain, "localhost"); err != nil {
		t.Fatalf("a good chain: %v", err)
	}
	for name, test := range map[string]struct {
		roots, chain []byte
		names        []string
	}{
		"another root":       {roots, chain, []string{"localhost"}},
		"no root":            {nil, chain, []string{"localhost"}},
		"another name":       {other, chain, []string{"elsewhere"}},
		"a name too many":    {other, chain, []string{"localhost", "elsewhere"}},
		"no name":            {other, chain, nil},
		"an empty file":      {other, nil, []string{"localhost"}},
		"no PEM":             {other, []byte("certificate"), []string{"localhost"}},
		"a key in it":        {other, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte{1}}), []string{"localhost"}},
		"broken DER":         {other, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte{1}}), []string{"localhost"}},
		"text after the PEM": {other, append(chain[:len(chain):len(chain)], "more"...), []string{"localhost"}},
	} {
		if _, err := Verify(test.roots, test.chain, test.names...); err == nil {
			t.Errorf("%s: verified", name)
		}
	}
}
