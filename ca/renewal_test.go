package ca

import (
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"
)

// leafOf is a certificate with the identifiers of RFC 9773 §4.1's example.
func leafOf(t *testing.T, notAfter time.Time) *x509.Certificate {
	t.Helper()
	aki, err := hex.DecodeString("69885B6B87464041E1B37B847BA0AE2CDE01C8D4")
	if err != nil {
		t.Fatal(err)
	}
	return &x509.Certificate{AuthorityKeyId: aki, SerialNumber: big.NewInt(0x87654321), NotAfter: notAfter}
}

func TestRenewalID(t *testing.T) {
	t.Parallel()
	if got := RenewalID(leafOf(t, time.Time{})); got != "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE" {
		t.Error(got)
	}
	for _, leaf := range []*x509.Certificate{nil, {SerialNumber: big.NewInt(1)}, {AuthorityKeyId: []byte{1}}} {
		if got := RenewalID(leaf); got != "" {
			t.Errorf("%+v: %s", leaf, got)
		}
	}
}

func TestRenewalInfo(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	notAfter := now.AddDate(0, 0, 30)
	window := func(start, end string) string {
		return fmt.Sprintf(`{"suggestedWindow":{"start":%q,"end":%q},"explanationURL":"https://ca.example/why"}`, start, end)
	}
	good := window("2026-12-01T00:00:00Z", "2026-12-03T00:00:00Z")
	after := func(value string) map[string]string { return map[string]string{"Retry-After": value} }
	for what, test := range map[string]struct {
		body   string
		status int
		header map[string]string
		ok     bool
		check  time.Duration
	}{
		"a window":                {good, 200, after("21600"), true, 6 * time.Hour},
		"asks too often":          {good, 200, after("0"), true, time.Minute},
		"asks too seldom":         {good, 200, after("315360000"), true, 24 * time.Hour},
		"says nothing of when":    {good, 200, nil, true, 6 * time.Hour},
		"says nonsense of when":   {good, 200, after("later"), true, 6 * time.Hour},
		"in the past (revoked)":   {window("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"), 200, after("60"), true, time.Minute},
		"across the end":          {window("2026-12-20T00:00:00Z", "9999-12-31T00:00:00Z"), 200, after("60"), true, time.Minute},
		"from long ago":           {window("0001-01-02T00:00:00Z", "9999-12-31T00:00:00Z"), 200, after("60"), true, time.Minute},
		"end before start":        {window("2026-12-03T00:00:00Z", "2026-12-01T00:00:00Z"), 200, after("60"), false, 6 * time.Hour},
		"end at start":            {window("2026-12-03T00:00:00Z", "2026-12-03T00:00:00Z"), 200, after("60"), false, 6 * time.Hour},
		"year 9999":               {window("9999-01-01T00:00:00Z", "9999-12-31T00:00:00Z"), 200, after("60"), false, 6 * time.Hour},
		"no window":               {`{}`, 200, after("60"), false, 6 * time.Hour},
		"no JSON":                 {`<html>`, 200, after("60"), false, 6 * time.Hour},
		"no dates":                {window("tomorrow", "next week"), 200, after("60"), false, 6 * time.Hour},
		"not known":               {problem("malformed", "no such certificate"), 404, after("60"), false, 6 * time.Hour},
		"refused":                 {problem("unauthorized", "no"), 403, nil, false, 6 * time.Hour},
		"a list for an object":    {`[]`, 200, after("60"), false, 6 * time.Hour},
		"an explanation in shell": {`{"suggestedWindow":{"start":"2026-12-01T00:00:00Z","end":"2026-12-03T00:00:00Z"},"explanationURL":"javascript:alert(1)"}`, 200, nil, true, 6 * time.Hour},
	} {
		f := newFake(t, func(resource string, _ int, _ string) reply {
			if resource == "renewalInfo" {
				return reply{status: test.status, header: test.header, body: test.body}
			}
			return reply{}
		})
		f.ari = true
		c, _ := f.client(t)
		c.now = func() time.Time { return now }
		info, ok, err := c.RenewalInfo(t.Context(), leafOf(t, notAfter))
		if err != nil || ok != test.ok || !info.CheckAfter.Equal(now.Add(test.check)) {
			t.Errorf("%s: %+v, %v, %v", what, info, ok, err)
		}
		if ok && (info.At.Before(info.Start) || !info.At.Before(info.End) || !info.At.Before(notAfter)) {
			t.Errorf("%s: %s was drawn from %s to %s", what, info.At, info.Start, info.End)
		}
		if ok && info.Explanation != map[bool]string{true: "", false: "https://ca.example/why"}[strings.Contains(test.body, "javascript")] {
			t.Errorf("%s: explanation %q", what, info.Explanation)
		}
		if f.counts()["renewalInfo"] != 1 {
			t.Errorf("%s: asked for %s", what, f.sequence())
		}
	}
}

func TestRenewalInfoOfACAWithoutIt(t *testing.T) {
	t.Parallel()
	f := newFake(t, nil)
	c, _ := f.client(t)
	info, ok, err := c.RenewalInfo(t.Context(), leafOf(t, time.Now().AddDate(0, 1, 0)))
	if ok || err != nil || !info.CheckAfter.After(time.Now().Add(23*time.Hour)) || f.sequence() != "" {
		t.Errorf("%+v, %v, %v", info, ok, err)
	}
	f.ari = true
	c, _ = f.client(t)
	if _, ok, err := c.RenewalInfo(t.Context(), &x509.Certificate{SerialNumber: big.NewInt(1)}); ok || err != nil || f.sequence() != "" {
		t.Errorf("without an authority key identifier: %v, %v", ok, err)
	}
}

func TestRenewalInfoThatFailsForAWhile(t *testing.T) {
	t.Parallel()
	f := newFake(t, func(resource string, nth int, _ string) reply {
		if resource == "renewalInfo" && nth < maxTries {
			return reply{status: 500}
		}
		return reply{status: map[bool]int{true: 200}[resource == "renewalInfo"], body: `{"suggestedWindow":{"start":"2026-12-01T00:00:00Z","end":"2026-12-03T00:00:00Z"}}`}
	})
	f.ari = true
	c, w := f.client(t)
	leaf := leafOf(t, time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))
	if _, ok, err := c.RenewalInfo(t.Context(), leaf); !ok || err != nil || len(w.all) != maxTries-1 {
		t.Errorf("%v, %v, waited %v", ok, err, w.all)
	}
	f.on = func(resource string, _ int, _ string) reply {
		return reply{status: map[bool]int{true: 502}[resource == "renewalInfo"]}
	}
	info, ok, err := c.RenewalInfo(t.Context(), leaf)
	if ok || err == nil || info.CheckAfter.IsZero() || f.counts()["renewalInfo"] != 2*maxTries {
		t.Errorf("%+v, %v, %v, %s", info, ok, err, f.sequence())
	}
}

func TestRenewalTimesAreSpread(t *testing.T) {
	t.Parallel()
	body := answer{body: []byte(`{"suggestedWindow":{"start":"2026-12-01T00:00:00Z","end":"2026-12-03T00:00:00Z"}}`)}
	seen := map[time.Time]bool{}
	for range 50 {
		info, err := parseRenewalInfo(body, time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC))
		if err != nil {
			t.Fatal(err)
		}
		seen[info.At] = true
	}
	if len(seen) < 45 {
		t.Errorf("%d different times of 50", len(seen))
	}
}

// FuzzRenewalInfo: what is usable has a window the right way round, and a time in it while the certificate is valid.
func FuzzRenewalInfo(f *testing.F) {
	f.Add([]byte(`{"suggestedWindow":{"start":"2026-12-01T00:00:00Z","end":"2026-12-03T00:00:00Z"}}`), int64(1_800_000_000))
	f.Add([]byte(`{"suggestedWindow":{"start":"0000-01-01T00:00:00Z","end":"9999-12-31T23:59:59Z"},"explanationURL":"http://x"}`), int64(0))
	f.Fuzz(func(t *testing.T, body []byte, until int64) {
		notAfter := time.Unix(until%(1<<40), 0)
		info, err := parseRenewalInfo(answer{body: body}, notAfter)
		if err != nil {
			return
		}
		if !info.Start.Before(info.End) || info.At.Before(info.Start) || !info.At.Before(info.End) || !info.At.Before(notAfter) {
			t.Errorf("%+v", info)
		}
		if info.Explanation != "" && !strings.HasPrefix(strings.ToLower(info.Explanation), "https://") {
			t.Errorf("%q", info.Explanation)
		}
	})
}
