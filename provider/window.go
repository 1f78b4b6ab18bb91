package provider

import (
	"context"
	"fmt"
	"sync"
	"time"

	"deputy/dnsconfig"
	"deputy/fault"
)

// toldWait is how long a wait may be without being told.
const toldWait = 2 * time.Second

// sent is one request as the host's limits count it.
type sent struct {
	at         time.Time
	zone, name string // "" where it is for none
	write      bool
}

// within says that b counts s, as another of the same account, zone or name as like.
func (s sent) within(b dnsconfig.Window, like sent) bool {
	if b.Writes && !s.write {
		return false
	}
	switch b.By {
	case "zone":
		return s.zone != "" && s.zone == like.zone
	case "name":
		return s.name != "" && s.name == like.name && s.zone == like.zone
	}
	return true
}

// windows are the requests of the last time to one DNS Provider, whatever its revision.
type windows struct {
	mu  sync.Mutex
	log []sent // oldest first
}

// take notes s as sent where the bounds allow it now, and gives zero; else how long it has to wait at least.
func (w *windows) take(bounds []dnsconfig.Window, s sent) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	var longest, wait time.Duration
	for _, b := range bounds {
		longest = max(longest, b.Per)
		if s.within(b, s) {
			wait = max(wait, w.full(b, s))
		}
	}
	if wait > 0 {
		return wait
	}
	old := 0
	for old < len(w.log) && s.at.Sub(w.log[old].at) >= longest {
		old++
	}
	w.log = append(w.log[old:], s)
	return 0
}

// full says for how long the window has no room for s.
func (w *windows) full(b dnsconfig.Window, s sent) time.Duration {
	count := 0
	for i := len(w.log) - 1; i >= 0; i-- {
		left := b.Per - s.at.Sub(w.log[i].at)
		if left <= 0 {
			return 0
		}
		if w.log[i].within(b, s) {
			count++
		}
		if count >= b.Count {
			return left
		}
	}
	return 0
}

// inWindow holds a request back until the limits that the document names allow it.
func (a *account) inWindow(ctx context.Context, r dnsconfig.Request, q question) (waited bool, err error) {
	if a.native == nil || a.pretended != nil || len(a.native.Limits().Requests) == 0 {
		return false, nil
	}
	s := q.place
	s.write = writes(r)
	told := false
	for ; ; waited = true {
		s.at = time.Now()
		wait := a.windows.take(a.native.Limits().Requests, s)
		if wait == 0 {
			return waited, nil
		}
		if wait > a.patience.longest || !fits(ctx, wait) {
			return waited, a.full(r, wait)
		}
		if wait > toldWait && !told {
			told = true
			a.event(ctx, "provider.wait", q.owner, fmt.Sprintf("%s allows no more requests for now, as its limits say; waiting %s", a.Name, wait.Round(time.Second)))
		}
		if err := pause(ctx, wait); err != nil {
			return waited, a.full(r, wait)
		}
	}
}

func (a *account) full(r dnsconfig.Request, wait time.Duration) error {
	return &fault.Fault{
		Code:  fault.HostThrottled,
		Tried: a.tried(r),
		Seen:  fmt.Sprintf("the limits of the DNS host, as the document names them, allow no more requests for %s", wait.Round(time.Second)),
		Do:    fmt.Sprintf("try again after %s", wait.Round(time.Second)),
		Who:   fault.Nobody,
		Err:   leftAlone(wait),
	}
}
