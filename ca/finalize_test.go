package ca

import (
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	"deputy/fault"
)

// readied opens an order at f and proves its names, and forgets what was asked so far.
func readied(t *testing.T, f *fakeCA, c *Client) Order {
	t.Helper()
	o := ordered(t, f, c, "a.example")
	f.orders[0].told["a.example"] = true
	f.log = nil
	o.Status = "ready"
	return o
}

func TestFinalize(t *testing.T) {
	t.Parallel()
	const lost, again = "finalize order", "finalize order finalize"
	for what, test := range map[string]struct {
		reply    reply
		sequence string
	}{
		"answered":           {reply{}, "finalize"},
		"answer lost":        {reply{lose: true}, lost},
		"500, and committed": {reply{status: 500, commit: true}, lost},
		"cut short":          {reply{status: 200, commit: true, header: map[string]string{"Content-Length": "5000"}, body: "{"}, lost},
		"garbage":            {reply{status: 200, commit: true, body: "{"}, lost},
		"never arrived":      {reply{drop: true}, again},
		"500, and not heard": {reply{status: 500}, again},
		"not ready, it says": {reply{status: 403, body: problem("orderNotReady", "not yet")}, again},
		"busy":               {reply{status: 503, header: map[string]string{"Retry-After": "2"}}, "finalize finalize"},
		"bad nonce":          {reply{status: 400, body: problem("badNonce", "no")}, "finalize finalize"},
	} {
		f := newFake(t, first("finalize", test.reply))
		c, _ := f.client(t)
		o, err := c.Finalize(t.Context(), made(t, f), readied(t, f, c), []byte("csr"))
		if err != nil || o.Status != "processing" || o.URL != f.URL+"/order/1" {
			t.Errorf("%s: %+v, %v", what, o, err)
		}
		if f.sequence() != test.sequence {
			t.Errorf("%s: asked for %s, want %s", what, f.sequence(), test.sequence)
		}
		for _, payload := range f.payloads["finalize"] {
			if payload != `{"csr":"Y3Ny"}` {
				t.Errorf("%s: sent %s", what, payload)
			}
		}
	}
}

func TestFinalizeIsNotSentWhereItIsNotDue(t *testing.T) {
	t.Parallel()
	for status, code := range map[string]fault.Code{"processing": "", "valid": "", "invalid": fault.CAValidation} {
		f := newFake(t, nil)
		c, _ := f.client(t)
		o, err := c.Finalize(t.Context(), made(t, f), Order{URL: f.URL + "/order/1", Finalize: f.URL + "/finalize/1", Status: status}, []byte("csr"))
		if got, _ := fault.From(err); (err == nil) != (code == "") || err != nil && got.Code != code {
			t.Errorf("%s: %v", status, err)
		}
		if f.sequence() != "" || o.Status != status {
			t.Errorf("%s: asked for %s", status, f.sequence())
		}
	}
}

func TestFinalizeFaults(t *testing.T) {
	t.Parallel()
	for what, test := range map[string]struct {
		on   func(resource string, nth int, payload string) reply
		code fault.Code
		lost bool
		most int // requests for finalize
	}{
		"bad CSR": {func(r string, _ int, _ string) reply {
			return map[string]reply{"finalize": {status: 400, body: problem("badCSR", "weak key")}}[r]
		}, fault.CARefused, false, 1},
		"pending after all": {func(r string, _ int, _ string) reply {
			return map[string]reply{"finalize": {status: 403, body: problem("orderNotReady", "no")}, "order": {status: 200, body: `{"status":"pending"}`}}[r]
		}, fault.CARefused, false, 1},
		"never arrives": {func(r string, _ int, _ string) reply {
			return map[string]reply{"finalize": {drop: true}}[r]
		}, fault.CAFailed, true, finalizeTries},
		"lost, and the order can't be read": {func(r string, _ int, _ string) reply {
			return map[string]reply{"finalize": {lose: true}, "order": {drop: true}}[r]
		}, fault.CAFailed, true, 1},
		"invalid in the end": {func(r string, _ int, _ string) reply {
			return map[string]reply{"finalize": {lose: true}, "order": {status: 200, body: `{"status":"invalid"}`}}[r]
		}, fault.CAValidation, false, 1},
	} {
		f := newFake(t, nil)
		c, _ := f.client(t)
		o := readied(t, f, c)
		f.on = test.on
		_, err := c.Finalize(t.Context(), made(t, f), o, []byte("csr"))
		wantFault(t, err, test.code)
		if errors.As(err, new(*Lost)) != test.lost || f.counts()["finalize"] != test.most {
			t.Errorf("%s: %v after %s", what, err, f.sequence())
		}
	}
}

func TestChain(t *testing.T) {
	t.Parallel()
	block := func(kind, content string) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: []byte(content)}))
	}
	cert := block("CERTIFICATE", "x")
	for what, test := range map[string]struct {
		body string
		code fault.Code
	}{
		"one":                {cert, ""},
		"three":              {cert + "\n" + cert + cert, ""},
		"sixteen":            {strings.Repeat(cert, maxChain), ""},
		"seventeen":          {strings.Repeat(cert, maxChain+1), fault.BadCertificate},
		"none":               {"", fault.BadCertificate},
		"HTML":               {"<html>", fault.BadCertificate},
		"a key":              {cert + block("PRIVATE KEY", "x"), fault.BadCertificate},
		"a header alone":     {"-----BEGIN CERTIFICATE-----\n", fault.BadCertificate},
		"headers, many":      {strings.Repeat("-----BEGIN CERTIFICATE-----\n", 30000), fault.BadCertificate},
		"a control sequence": {block("\x1b[2J", "x"), fault.BadCertificate},
		"too long":           {strings.Repeat("x", maxAnswer+1), fault.CAFailed},
	} {
		f := newFake(t, func(resource string, _ int, _ string) reply {
			if resource == "certificate" {
				return reply{status: 200, header: map[string]string{"Content-Type": pemChain, "Link": `<https://ca.example/other>;rel="alternate"`}, body: test.body}
			}
			return reply{}
		})
		c, _ := f.client(t)
		got, err := c.Chain(t.Context(), made(t, f), Order{Status: "valid", Certificate: f.URL + "/certificate/1"})
		if test.code == "" {
			if err != nil || string(got) != test.body || f.sequence() != "certificate" {
				t.Errorf("%s: %v, asked for %s", what, err, f.sequence())
			}
			continue
		}
		if text := wantFault(t, err, test.code).Error(); got != nil || strings.Contains(text, "\x1b") {
			t.Errorf("%s: %q", what, text)
		}
	}
}

func TestChainThatComesAtTheSecondTry(t *testing.T) {
	t.Parallel()
	cert := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")}))
	f := newFake(t, func(resource string, nth int, _ string) reply {
		if resource == "certificate" && nth > 1 {
			return reply{status: 200, header: map[string]string{"Content-Type": pemChain}, body: cert}
		}
		return reply{drop: resource == "certificate"}
	})
	c, _ := f.client(t)
	got, err := c.Chain(t.Context(), made(t, f), Order{Certificate: f.URL + "/certificate/1"})
	if err != nil || string(got) != cert || f.counts()["certificate"] != 2 {
		t.Errorf("%q, %v, %s", got, err, f.sequence())
	}
}
