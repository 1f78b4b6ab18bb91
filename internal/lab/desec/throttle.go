package desec

import (
	"math"
	"net/http"
	"strconv"
	"time"
)

// rate allows n requests in any window of that length.
type rate struct {
	n   int
	per time.Duration
}

const day = 24 * time.Hour

// The rates that concern DNS (https://desec.readthedocs.io/en/latest/rate-limits.html).
func cheap() []rate { return []rate{{10, time.Second}, {50, time.Minute}} }

func expensive() []rate {
	return []rate{{10, time.Second}, {300, time.Minute}, {1000, time.Hour}}
}

func perDomainExpensive() []rate {
	return []rate{{2, time.Second}, {15, time.Minute}, {100, time.Hour}, {300, day}}
}

func perUser() []rate { return []rate{{2000, day}} }

// bucket is what one kind of request of one user is counted in.
type bucket struct {
	key   string
	rates []rate
}

// limiter remembers when requests were admitted, by bucket, oldest first. Windows slide: each request falls out by itself.
type limiter map[string][]time.Time

// admit counts a request in every bucket, or in none and says how long to wait: what is refused does not count.
func (l limiter) admit(now time.Time, buckets ...bucket) (wait time.Duration, ok bool) {
	for _, b := range buckets {
		wait = max(wait, l.wait(now, b))
	}
	if wait > 0 {
		return wait, false
	}
	for _, b := range buckets {
		l[b.key] = append(l[b.key], now)
	}
	return 0, true
}

// wait is the time until the first rate of b that is used up has room; 0 if none is.
func (l limiter) wait(now time.Time, b bucket) time.Duration {
	longest := b.rates[len(b.rates)-1].per
	l[b.key] = within(l[b.key], now, longest)
	for _, r := range b.rates {
		if window := within(l[b.key], now, r.per); len(window) >= r.n {
			return r.per - now.Sub(window[len(window)-r.n])
		}
	}
	return 0
}

// within gives the times that are younger than per.
func within(times []time.Time, now time.Time, per time.Duration) []time.Time {
	for i, t := range times {
		if now.Sub(t) < per {
			return times[i:]
		}
	}
	return nil
}

// throttle refuses a request that is over a limit. Reads are counted for the user, writes of RRsets for the user and
// domain, writes of domains for the user, and all of them against the user's day.
func (c *call) throttle() error {
	if c.host.noThrottle {
		return nil
	}
	user := c.login.key()
	b := bucket{user + " writes domains", expensive()}
	switch {
	case safe(c.method):
		b = bucket{user + " reads", cheap()}
	case c.route.resource == rrsetList || c.route.resource == rrsetDetail:
		b = bucket{user + " writes " + c.route.domain, perDomainExpensive()}
	}
	wait, ok := c.host.limiter.admit(c.now, b, bucket{user, perUser()})
	if ok {
		return nil
	}
	seconds := int(math.Ceil(wait.Seconds()))
	unit := "seconds"
	if seconds == 1 {
		unit = "second"
	}
	a := answer{
		status: http.StatusTooManyRequests,
		body:   detail("Request was throttled. Expected available in %d %s.", seconds, unit),
	}
	return &refusal{a.with("Retry-After", strconv.Itoa(seconds))}
}
