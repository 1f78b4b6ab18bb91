package ca

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"deputy/egress"
	"deputy/fault"
	"deputy/internal/lab"
	"deputy/name"
	"deputy/secret"
	"deputy/store"
)

// pebble is the lab's CA, and what it was asked.
type pebble struct {
	*lab.Lab
	mark int
}

func startPebble(t *testing.T, o lab.Options) *pebble {
	t.Helper()
	l, err := lab.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return &pebble{Lab: l}
}

func (p *pebble) client(t *testing.T) *Client {
	t.Helper()
	text, err := os.ReadFile(p.CAFile())
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	e, err := egress.New(egress.Policy{AnyHost: true, AnyAddress: true, Roots: roots, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	c, err := New(Config{Directory: p.Directory(), Egress: e})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// account makes an account at the CA.
func (p *pebble) account(t *testing.T, c *Client) store.Account {
	t.Helper()
	d, err := c.Directory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	a, err := c.Account(t.Context(), p.unmade(t, d))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (p *pebble) unmade(t *testing.T, d Directory) store.Account {
	t.Helper()
	key, err := NewKey("ec256")
	if err != nil {
		t.Fatal(err)
	}
	text, err := MarshalKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return store.Account{Name: "default", Directory: p.Directory(), Key: text, Terms: d.Terms}
}

// publish puts the values of challenges where the CA looks, in the zone martdj.nl.
func (p *pebble) publish(t *testing.T, challenges []Challenge) {
	t.Helper()
	if len(challenges) == 0 {
		return
	}
	var lines []string
	for _, ch := range challenges {
		owner, _ := ch.Name.Challenge()
		lines = append(lines, fmt.Sprintf("%s 1 IN TXT %q", owner.FQDN(), ch.Value))
	}
	if err := p.Zone("martdj.nl").Add(lines...); err != nil {
		t.Fatal(err)
	}
}

// asked are the ACME requests since the last call, by resource; nonces and the directory are apart.
func (p *pebble) asked() map[string]int {
	all := map[string]int{}
	for _, e := range p.History().Since(p.mark) {
		if e.Kind == "acme" && e.Resource != "newNonce" && e.Resource != "directory" {
			all[e.Resource]++
		}
	}
	p.mark = p.History().Mark()
	return all
}

func csrFor(t *testing.T, key crypto.Signer, of []name.Name) []byte {
	t.Helper()
	template := &x509.CertificateRequest{}
	for _, n := range of {
		template.DNSNames = append(template.DNSNames, n.String())
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, template, key)
	if err != nil {
		t.Fatal(err)
	}
	return csr
}

// issue goes the whole way of an order, and gives the leaf and the chain.
func (p *pebble) issue(t *testing.T, c *Client, a store.Account, w Wanted, keyType string) (*x509.Certificate, []byte) {
	t.Helper()
	o, err := c.NewOrder(t.Context(), a, w)
	if err != nil {
		t.Fatal(err)
	}
	return p.complete(t, c, a, o, w, keyType)
}

func (p *pebble) complete(t *testing.T, c *Client, a store.Account, o Order, w Wanted, keyType string) (*x509.Certificate, []byte) {
	t.Helper()
	challenges, err := c.Challenges(t.Context(), a, o)
	if err != nil {
		t.Fatal(err)
	}
	p.publish(t, challenges)
	if err := c.Respond(t.Context(), a, challenges); err != nil {
		t.Fatal(err)
	}
	if o, err = c.AwaitReady(t.Context(), a, o, challenges); err != nil {
		t.Fatal(err)
	}
	key, err := NewKey(keyType)
	if err != nil {
		t.Fatal(err)
	}
	if o, err = c.Finalize(t.Context(), a, o, csrFor(t, key, w.Names)); err != nil {
		t.Fatal(err)
	}
	if o, err = c.AwaitIssued(t.Context(), a, o); err != nil {
		t.Fatal(err)
	}
	chain, err := c.Chain(t.Context(), a, o)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(chain)
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if got := leaf.PublicKey.(interface{ Equal(crypto.PublicKey) bool }); !got.Equal(key.Public()) {
		t.Error("the certificate is of another key")
	}
	return leaf, chain
}

func hosts(t *testing.T, n int) []name.Name {
	t.Helper()
	var texts []string
	for i := range n {
		texts = append(texts, fmt.Sprintf("h%d.martdj.nl", i))
	}
	return names(t, texts...)
}

// settled makes c's waits last until the CA has got as far as it will by itself, so that one poll suffices each time.
// It looks with a client of its own, whose requests are marked and not counted.
func (p *pebble) settled(t *testing.T, c *Client, a store.Account) (counted func() map[string]int) {
	t.Helper()
	spy := p.client(t)
	if _, err := spy.Directory(t.Context()); err != nil {
		t.Fatal(err)
	}
	spy.library.UserAgent = "spy"
	var mu sync.Mutex
	all, order := map[string]int{}, ""
	p.CA().Intercept(func(r *http.Request) lab.Intervention {
		mu.Lock()
		defer mu.Unlock()
		if !strings.Contains(r.UserAgent(), "spy") {
			all[strings.Split(r.URL.Path, "/")[1]]++
		}
		return lab.Intervention{}
	})
	c.wait = func(ctx context.Context, _ time.Duration) error {
		for {
			list, err := spy.listOrders(ctx, a)
			if err != nil {
				return err
			}
			order = list[len(list)-1]
			o, err := spy.Order(ctx, a, order)
			if err != nil || o.Status != "pending" && o.Status != "processing" {
				return err
			}
			if err := pause(ctx, 50*time.Millisecond); err != nil {
				return err
			}
		}
	}
	return func() map[string]int {
		mu.Lock()
		defer mu.Unlock()
		delete(all, "dir")
		delete(all, "nonce-plz")
		got := all
		all = map[string]int{}
		return got
	}
}

func TestRequestsOfACertificate(t *testing.T) {
	t.Parallel()
	p := startPebble(t, lab.Options{OrderRetry: -1})
	c := p.client(t)
	a := p.account(t, c)
	counted := p.settled(t, c, a)
	fresh := hosts(t, 13)
	for _, n := range []int{1, 2, 10} {
		// No name is used twice: pebble offers a valid authorization again one time in a hundred even where it is told
		// never to.
		w := Wanted{Names: fresh[:n]}
		fresh = fresh[n:]
		counted()
		p.issue(t, c, a, w, "ec256")
		got, total := counted(), 0
		for _, count := range got {
			total += count
		}
		want := map[string]int{"order-plz": 1, "authZ": n, "chalZ": n, "my-order": 2, "finalize-order": 1, "certZ": 1}
		for path, count := range want {
			if got[path] != count {
				t.Errorf("%d names: %s was asked %d times, want %d", n, path, got[path], count)
			}
		}
		if total != 2*n+5 {
			t.Errorf("%d names: %d requests, want %d: %v", n, total, 2*n+5, got)
		}
	}
}

func TestCertificateOfEachKeyType(t *testing.T) {
	t.Parallel()
	p := startPebble(t, lab.Options{OrderRetry: -1})
	c := p.client(t)
	a := p.account(t, c)
	rootsFile, err := p.RootsFile()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(rootsFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(text)
	for keyType, want := range map[string]x509.PublicKeyAlgorithm{"ec256": x509.ECDSA, "ec384": x509.ECDSA, "rsa2048": x509.RSA} {
		leaf, chain := p.issue(t, c, a, Wanted{Names: names(t, "martdj.nl", "*.martdj.nl")}, keyType)
		if leaf.PublicKeyAlgorithm != want || !slices.Contains(leaf.DNSNames, "*.martdj.nl") || !slices.Contains(leaf.DNSNames, "martdj.nl") {
			t.Errorf("%s: %s, %v", keyType, leaf.PublicKeyAlgorithm, leaf.DNSNames)
		}
		others := x509.NewCertPool()
		others.AppendCertsFromPEM(chain)
		if _, err := leaf.Verify(x509.VerifyOptions{Roots: roots, Intermediates: others, DNSName: "any.martdj.nl"}); err != nil {
			t.Errorf("%s: %v", keyType, err)
		}
	}
}

func TestNonceRejection(t *testing.T) {
	t.Parallel()
	p := startPebble(t, lab.Options{OrderRetry: -1, NonceReject: 40})
	c := p.client(t)
	a := p.account(t, c)
	leaf, _ := p.issue(t, c, a, Wanted{Names: hosts(t, 2)}, "ec256")
	if len(leaf.DNSNames) != 2 {
		t.Error(leaf.DNSNames)
	}
	made := p.History().Find(func(e lab.Entry) bool { return e.Resource == "newOrder" && e.Status == http.StatusCreated })
	if len(made) != 1 {
		t.Errorf("%d orders", len(made))
	}
}

func TestValidAuthorizationsAreNotProvedAgain(t *testing.T) {
	t.Parallel()
	p := startPebble(t, lab.Options{OrderRetry: -1, AuthzReuse: 100})
	c := p.client(t)
	a := p.account(t, c)
	p.issue(t, c, a, Wanted{Names: hosts(t, 2)}, "ec256")
	p.asked()
	p.issue(t, c, a, Wanted{Names: hosts(t, 2)}, "ec256")
	if got := p.asked(); got["challenge"] != 0 || got["authorization"] != 2 || got["finalize"] != 1 {
		t.Errorf("asked for %v", got)
	}
}

// loseOnce loses the answer to the first request below path.
func (p *pebble) loseOnce(path string) {
	var once sync.Once
	p.CA().Intercept(func(r *http.Request) lab.Intervention {
		var does lab.Intervention
		if strings.HasPrefix(r.URL.Path, path) {
			once.Do(func() { does.Lose = true })
		}
		return does
	})
}

func TestLostAnswersOfPebble(t *testing.T) {
	t.Parallel()
	p := startPebble(t, lab.Options{OrderRetry: -1})
	c := p.client(t)
	d, err := c.Directory(t.Context())
	if err != nil {
		t.Fatal(err)
	}

	p.loseOnce("/sign-me-up")
	a, err := c.Account(t.Context(), p.unmade(t, d))
	if err != nil {
		t.Fatal(err)
	}
	if got := p.asked(); got["newAccount"] != 2 {
		t.Errorf("account: asked for %v", got)
	}

	w := Wanted{Names: hosts(t, 2)}
	p.loseOnce("/order-plz")
	var lost *Lost
	if _, err := c.NewOrder(t.Context(), a, w); !errors.As(err, &lost) {
		t.Fatalf("%v, want a *Lost", err)
	}
	o, ok, err := c.FindOrder(t.Context(), a, w)
	if err != nil || !ok || !w.same(o.Names) {
		t.Fatalf("%+v, %v, %v", o, ok, err)
	}
	if got := p.asked(); got["newOrder"] != 1 || got["orders"] != 1 || got["order"] != 1 {
		t.Errorf("order: asked for %v", got)
	}

	p.loseOnce("/finalize-order/")
	leaf, _ := p.complete(t, c, a, o, w, "ec256")
	if got := p.asked(); got["finalize"] != 1 || got["newOrder"] != 0 || len(leaf.DNSNames) != 2 {
		t.Errorf("finalize: asked for %v", got)
	}
}

func TestFailedProofAtPebble(t *testing.T) {
	t.Parallel()
	p := startPebble(t, lab.Options{OrderRetry: -1})
	c := p.client(t)
	a := p.account(t, c)
	o, err := c.NewOrder(t.Context(), a, Wanted{Names: names(t, "good.martdj.nl", "bad.martdj.nl")})
	if err != nil {
		t.Fatal(err)
	}
	challenges, err := c.Challenges(t.Context(), a, o)
	if err != nil {
		t.Fatal(err)
	}
	for i, ch := range challenges {
		if ch.Name.String() == "good.martdj.nl" {
			p.publish(t, challenges[i:i+1])
		}
	}
	if err := c.Respond(t.Context(), a, challenges); err != nil {
		t.Fatal(err)
	}
	_, err = c.AwaitReady(t.Context(), a, o, challenges)
	f := wantFault(t, err, fault.CAValidation)
	if !strings.Contains(f.Seen, "bad.martdj.nl") || strings.Contains(f.Seen, "good.martdj.nl") {
		t.Error(f)
	}
}

func TestExternalAccountBindingAtPebble(t *testing.T) {
	t.Parallel()
	const mac = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"
	p := startPebble(t, lab.Options{EAB: map[string]string{"kid-1": mac}})
	c := p.client(t)
	d, err := c.Directory(t.Context())
	if err != nil || !d.NeedsEAB {
		t.Fatalf("%+v, %v", d, err)
	}
	a := p.unmade(t, d)
	_, err = c.Account(t.Context(), a)
	wantFault(t, err, fault.CAAccount)
	a.EABKeyID, a.EABKey = "kid-1", secret.New("d3Jvbmc")
	_, err = c.Account(t.Context(), a)
	if f := wantFault(t, err, fault.CAAccount); strings.Contains(f.Error(), "d3Jvbmc") {
		t.Error(f)
	}
	a.EABKey = secret.New(mac)
	p.loseOnce("/sign-me-up")
	got, err := c.Account(t.Context(), a)
	if err != nil || got.URL == "" {
		t.Fatalf("%+v, %v", got, err)
	}
	made := p.History().Find(func(e lab.Entry) bool { return e.Resource == "newAccount" && e.Status == http.StatusCreated })
	if again, err := c.Account(t.Context(), a); err != nil || again.URL != got.URL || len(made) > 1 {
		t.Errorf("%s, %v; %d accounts", again.URL, err, len(made))
	}
}

func TestRenewalAtPebble(t *testing.T) {
	t.Parallel()
	p := startPebble(t, lab.Options{OrderRetry: -1})
	c := p.client(t)
	a := p.account(t, c)
	w := Wanted{Names: hosts(t, 1), Profile: "shortlived"}
	leaf, chain := p.issue(t, c, a, w, "ec256")
	info, ok, err := c.RenewalInfo(t.Context(), leaf)
	if err != nil || !ok || info.At.Before(info.Start) || !info.At.Before(info.End) || !info.CheckAfter.After(time.Now()) {
		t.Errorf("%+v, %v, %v", info, ok, err)
	}
	if err := p.CA().SetRenewalInfo(bytes.SplitAfter(chain, []byte("-----END CERTIFICATE-----\n"))[0], `{"suggestedWindow":{"start":"2026-12-03T00:00:00Z","end":"2026-12-01T00:00:00Z"}}`); err != nil {
		t.Fatal(err)
	}
	if info, ok, err := c.RenewalInfo(t.Context(), leaf); err != nil || ok {
		t.Errorf("a window that ends before it begins: %+v, %v, %v", info, ok, err)
	}
	w.Replaces = RenewalID(leaf)
	p.asked()
	p.issue(t, c, a, w, "ec256")
	if got := p.asked(); got["newOrder"] != 1 { // a CA that refuses the predecessor is in order_test.go; pebble races with itself there
		t.Errorf("asked for %v", got)
	}
}

func TestForgottenOrderAtPebble(t *testing.T) {
	t.Parallel()
	p := startPebble(t, lab.Options{})
	c := p.client(t)
	a := p.account(t, c)
	o, err := c.NewOrder(t.Context(), a, Wanted{Names: hosts(t, 1)})
	if err != nil {
		t.Fatal(err)
	}
	if again, err := c.Order(t.Context(), a, o.URL); err != nil || again.Status != "pending" || !slices.Equal(again.Names, o.Names) {
		t.Errorf("%+v, %v", again, err)
	}
	if _, err := c.Order(t.Context(), a, o.URL+"x"); !errors.Is(err, ErrGone) {
		t.Errorf("%v, want ErrGone", err)
	}
}
