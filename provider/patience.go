package provider

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"deputy/dnsconfig"
)

// patience says how often and how long a DNS host is asked again. The zero value is defaultPatience.
type patience struct {
	rounds  int           // writes of one change; a host that fails is asked again
	waits   int           // how often one request is held back because the host is throttling
	first   time.Duration // before the second round; each further pause is twice as long
	longest time.Duration // of one wait that a host asks for
	polls   int           // of one asynchronous change; its context ends them before
	hurried bool          // no pause between polls, where no host is asked
}

// defaultPatience fits a claim's lease: with its pauses a change that fails for good ends well within 30 s.
func defaultPatience() patience {
	return patience{rounds: 3, waits: 4, first: time.Second, longest: 2 * time.Minute, polls: 600}
}

func (p patience) orDefault() patience {
	if p.rounds == 0 {
		return defaultPatience()
	}
	if p.polls == 0 {
		p.polls = defaultPatience().polls
	}
	return p
}

// backoff is the pause before round n+1.
func (p patience) backoff(n int) time.Duration { return p.first << (n - 1) }

// between is the pause between two polls.
func (p patience) between(every time.Duration) time.Duration {
	if p.hurried {
		return 0
	}
	return every
}

// held says whether an answer means "not now", and how long the host wants to be left alone: 429, and 503 where it says
// until when (RFC 9110 §10.2.3, RFC 6585 §4). Without a Retry-After the pause grows with n.
func (p patience) held(a dnsconfig.Response, n int) (wait time.Duration, throttled bool) {
	wait, said := retryAfter(a)
	switch {
	case a.Status == http.StatusTooManyRequests && !said:
		return p.backoff(n), true
	case a.Status == http.StatusTooManyRequests, a.Status == http.StatusServiceUnavailable && said:
		return wait, true
	}
	return 0, false
}

// judged says whether an answer to a native document's request means "not now": as the document has it. 503 without a word
// on when to come back is a failure, after which reading tells whether it was done all the same.
func (p patience) judged(j dnsconfig.Judgement, a dnsconfig.Response, n int) (wait time.Duration, throttled bool) {
	if j.Outcome != dnsconfig.Throttled {
		return 0, false
	}
	wait, said := retryAfter(a)
	switch {
	case j.Wait > 0:
		return j.Wait, true
	case said:
		return wait, true
	}
	return p.backoff(n), a.Status != http.StatusServiceUnavailable
}

// retryAfter reads Retry-After in both its forms; a date counts from the answer's own Date where it has one.
func retryAfter(a dnsconfig.Response) (time.Duration, bool) {
	header := http.Header(a.Header)
	text := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.Atoi(text); err == nil {
		const week = 7 * 24 * 3600
		return time.Duration(min(max(seconds, 0), week)) * time.Second, true
	}
	until, err := http.ParseTime(text)
	if err != nil {
		return 0, false
	}
	now, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		now = time.Now()
	}
	return max(until.Sub(now), 0), true
}

// fits says whether a wait ends before ctx does.
func fits(ctx context.Context, wait time.Duration) bool {
	deadline, ok := ctx.Deadline()
	return !ok || time.Until(deadline) > wait
}

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
