package provider

import (
	"testing"
	"time"

	"deputy/dnsconfig"
)

func TestHeld(t *testing.T) {
	t.Parallel()
	const date = "Mon, 02 Nov 2026 15:04:05 GMT"
	p := patience{first: time.Second}
	for _, c := range []struct {
		what       string
		status     int
		retryAfter string
		n          int
		wait       time.Duration
		throttled  bool
	}{
		{"200", 200, "5", 1, 0, false},
		{"429 in seconds", 429, "49", 1, 49 * time.Second, true},
		{"429 by date", 429, "Mon, 02 Nov 2026 15:05:35 GMT", 1, 90 * time.Second, true},
		{"429 by a date of the second form", 429, "Monday, 02-Nov-26 15:04:06 GMT", 1, time.Second, true},
		{"429 by a date that has passed", 429, "Mon, 02 Nov 2026 14:00:00 GMT", 1, 0, true},
		{"429 in negative seconds", 429, "-1", 1, 0, true},
		{"429 in a million years", 429, "31556952000000", 1, 7 * 24 * time.Hour, true},
		{"429 with nonsense", 429, "soon", 1, time.Second, true},
		{"429 alone", 429, "", 1, time.Second, true},
		{"429 alone for the third time", 429, "", 3, 4 * time.Second, true},
		{"503 in seconds", 503, "3", 1, 3 * time.Second, true},
		{"503 alone is a failure", 503, "", 1, 0, false},
		{"500 with a time is a failure", 500, "3", 1, 0, false},
	} {
		header := map[string][]string{"Date": {date}}
		if c.retryAfter != "" {
			header["Retry-After"] = []string{c.retryAfter}
		}
		wait, throttled := p.held(dnsconfig.Response{Status: c.status, Header: header}, c.n)
		if wait != c.wait || throttled != c.throttled {
			t.Errorf("%s: %s, %v; want %s, %v", c.what, wait, throttled, c.wait, c.throttled)
		}
	}
}
