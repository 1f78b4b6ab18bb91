package desec

import (
	"fmt"
	"testing"
	"time"
)

// clocked is a host with throttles whose clock stands until it is moved.
func clocked() (h *Host, now *time.Time) {
	at := time.Date(2026, 11, 24, 21, 46, 0, 0, time.UTC)
	return twoAccounts(func(c *Config) {
		c.NoThrottle = false
		c.Clock = func() time.Time { return at }
	}), &at
}

const rrsets = "/domains/martdj.dedyn.io/rrsets/"

// https://desec.readthedocs.io/en/latest/rate-limits.html: dns_api_per_domain_expensive, with its example's arithmetic.
func TestThrottleWrites(t *testing.T) {
	t.Parallel()
	h, now := clocked()
	write := func(domain string) (int, string) {
		got := ask(t, h, "main", "PATCH", "/domains/"+domain+"/rrsets/", "[]")
		return got.Code, got.Header().Get("Retry-After")
	}
	wantWrite := func(domain string, status int, retry string) {
		t.Helper()
		if gotStatus, gotRetry := write(domain); gotStatus != status || gotRetry != retry {
			t.Fatalf("%s: %d, Retry-After %q; want %d, %q", domain, gotStatus, gotRetry, status, retry)
		}
	}
	wantWrite("martdj.dedyn.io", 200, "")
	wantWrite("martdj.dedyn.io", 200, "")
	wantWrite("martdj.dedyn.io", 429, "1") // 2/s
	wantWrite("martdj.dedyn.io", 429, "1") // … and what was refused does not count
	wantWrite("slow.dedyn.io", 200, "")    // domains are counted each by itself
	for range 13 {
		*now = now.Add(time.Second)
		wantWrite("martdj.dedyn.io", 200, "")
	}
	*now = now.Add(time.Second)
	wantWrite("martdj.dedyn.io", 429, "46") // 15/min: the first was 14 s ago
	*now = now.Add(46 * time.Second)
	wantWrite("martdj.dedyn.io", 200, "")
}

// The longer windows: 100 an hour, 300 a day.
func TestThrottleLongWindows(t *testing.T) {
	t.Parallel()
	h, now := clocked()
	start := *now
	admitted := 0
	for now.Sub(start) < 24*time.Hour {
		if ask(t, h, "main", "PATCH", rrsets, "[]").Code == 200 {
			admitted++
		}
		if now.Sub(start) == 59*time.Minute && admitted != 100 {
			t.Errorf("%d writes in the first hour, want 100", admitted)
		}
		*now = now.Add(20 * time.Second)
	}
	if admitted != 300 {
		t.Errorf("%d writes in a day, want 300", admitted)
	}
}

// dns_api_cheap: 10/s and 50/min for all reads of a user together; and the words of the answer.
func TestThrottleReads(t *testing.T) {
	t.Parallel()
	h, now := clocked()
	refused := func(expected string) {
		t.Helper()
		got := ask(t, h, "main", "GET", "/domains/", "")
		want := `{"detail":"Request was throttled. Expected available in ` + expected + `."}`
		if got.Code != 429 || got.Body.String() != want {
			t.Errorf("%d %s, want 429 %s", got.Code, got.Body, want)
		}
	}
	for range 5 {
		for range 10 {
			wantStatus(t, ask(t, h, "main", "GET", rrsets, ""), 200)
		}
		refused("1 second")
		*now = now.Add(time.Second)
	}
	refused("55 seconds")
	wantStatus(t, ask(t, h, "other", "GET", "/domains/", ""), 200)
}

// user: 2000 requests a day, of any kind; what is not logged in or not there does not reach the counter.
func TestThrottleUser(t *testing.T) {
	t.Parallel()
	h, now := clocked()
	for i := range 2000 {
		*now = now.Add(2 * time.Second)
		wantStatus(t, ask(t, h, "main", "GET", "/domains/", ""), 200)
		if i%500 == 0 {
			wantStatus(t, ask(t, h, "main", "GET", "/domains/not-mine.example/rrsets/", ""), 404)
			wantStatus(t, ask(t, h, "nobody", "GET", "/domains/", ""), 401)
		}
	}
	*now = now.Add(2 * time.Second)
	got := ask(t, h, "main", "PATCH", rrsets, "[]")
	if want := fmt.Sprint(24*3600 - 2000*2); got.Code != 429 || got.Header().Get("Retry-After") != want {
		t.Errorf("%d, Retry-After %s; want 429, %s", got.Code, got.Header().Get("Retry-After"), want)
	}
}

// A request that fails its checks is counted: throttles come before the work.
func TestThrottleCountsBadRequests(t *testing.T) {
	t.Parallel()
	h, _ := clocked()
	wantStatus(t, ask(t, h, "main", "POST", rrsets, "not json"), 400)
	wantStatus(t, ask(t, h, "main", "DELETE", rrsets, ""), 405)
	wantStatus(t, ask(t, h, "main", "POST", rrsets, "not json"), 429)
}

// NoThrottle lets everything through.
func TestNoThrottle(t *testing.T) {
	t.Parallel()
	h := twoAccounts(nil)
	for range 400 {
		wantStatus(t, ask(t, h, "main", "PATCH", rrsets, "[]"), 200)
	}
}
