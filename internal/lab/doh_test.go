package lab

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

func TestDoH(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	must(t, l.Zone("martdj.nl").Add("_acme-challenge.demohub 60 IN CNAME v.pebble.lab."))
	must(t, l.Zone("pebble.lab").Add("v 60 IN TXT here"))
	client := &http.Client{Transport: trusting(t, l)}
	wire, err := new(dns.Msg).SetQuestion("_acme-challenge.demohub.martdj.nl.", dns.TypeTXT).Pack()
	must(t, err)
	want := `NOERROR ra | _acme-challenge.demohub.martdj.nl. CNAME v.pebble.lab.; v.pebble.lab. TXT "here" | `
	for i, url := range l.DoH() {
		get, err := client.Get(url + "?dns=" + base64.RawURLEncoding.EncodeToString(wire))
		must(t, err)
		post, err := client.Post(url, dnsMessage, bytes.NewReader(wire))
		must(t, err)
		for _, resp := range []*http.Response{get, post} {
			if got := brief(unpack(t, resp)); got != want || resp.Header.Get("Content-Type") != dnsMessage {
				t.Errorf("%s: %s", url, got)
			}
		}
		host := []string{"resolver", "resolver-2"}[i]
		if n := l.DNS(host).Queries("TXT _acme-challenge.demohub.martdj.nl."); n != 2 {
			t.Errorf("%s was asked %d times, want 2", host, n)
		}
	}
}

func unpack(t *testing.T, resp *http.Response) *dns.Msg {
	t.Helper()
	defer resp.Body.Close()
	wire, err := io.ReadAll(resp.Body)
	must(t, err)
	m := new(dns.Msg)
	must(t, m.Unpack(wire))
	return m
}

func TestDoHMisbehaves(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	client := &http.Client{Transport: trusting(t, l)}
	wire, err := new(dns.Msg).SetQuestion("demohub.martdj.nl.", dns.TypeA).Pack()
	must(t, err)
	url := l.DoH()[0] + "?dns=" + base64.RawURLEncoding.EncodeToString(wire)
	l.DNS("resolver").Behave(servfail)
	resp, err := client.Get(url)
	must(t, err)
	if m := unpack(t, resp); m.Rcode != dns.RcodeServerFailure {
		t.Errorf("servfail: %s", brief(m))
	}
	l.DNS("resolver").Behave(cutOff)
	if resp, err := client.Get(url); err == nil {
		t.Errorf("cut off: %s", resp.Status)
	}
	l.DNS("resolver").Behave(silent)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	must(t, err)
	if _, err := client.Do(request); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("silent: %v", err)
	}
}

func TestDoHRefuses(t *testing.T) {
	t.Parallel()
	l := startLab(t, Options{})
	client := &http.Client{Transport: trusting(t, l)}
	empty, err := new(dns.Msg).Pack()
	must(t, err)
	for name, request := range map[string]func() (*http.Response, error){
		"no message":         func() (*http.Response, error) { return client.Get(l.DoH()[0]) },
		"no base64url":       func() (*http.Response, error) { return client.Get(l.DoH()[0] + "?dns=%2B%2F") },
		"no DNS message":     func() (*http.Response, error) { return client.Get(l.DoH()[0] + "?dns=AAAA") },
		"no question":        func() (*http.Response, error) { return client.Post(l.DoH()[0], dnsMessage, bytes.NewReader(empty)) },
		"another media type": func() (*http.Response, error) { return client.Post(l.DoH()[0], "text/plain", strings.NewReader("x")) },
	} {
		resp, err := request()
		must(t, err)
		resp.Body.Close()
		if resp.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s", name, resp.Status)
		}
	}
}
