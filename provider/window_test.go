package provider

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"deputy/dnsconfig"
	"deputy/fault"
	"deputy/name"
	"deputy/store"
)

func TestWindows(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	three := []dnsconfig.Window{{Count: 3, Per: time.Minute, By: "account"}}
	for _, c := range []struct {
		what   string
		bounds []dnsconfig.Window
		before []sent // of each: at is seconds after start
		next   sent
		want   time.Duration
	}{
		{"room", three, []sent{{}, {}}, sent{}, 0},
		{"full", three, []sent{{}, {}, {}}, sent{}, time.Minute},
		{"full, a while ago", three, []sent{{}, {}, {}}, sent{at: start.Add(20 * time.Second)}, 40 * time.Second},
		{"full, long ago", three, []sent{{}, {}, {}}, sent{at: start.Add(time.Minute)}, 0},
		{"reads don't count", []dnsconfig.Window{{Count: 1, Per: time.Minute, Writes: true}}, []sent{{write: true}}, sent{}, 0},
		{"writes do", []dnsconfig.Window{{Count: 1, Per: time.Minute, Writes: true}}, []sent{{}, {write: true}}, sent{write: true}, time.Minute},
		{"another zone", []dnsconfig.Window{{Count: 1, Per: time.Minute, By: "zone"}}, []sent{{zone: "a.org"}}, sent{zone: "b.org"}, 0},
		{"the same zone", []dnsconfig.Window{{Count: 1, Per: time.Minute, By: "zone"}}, []sent{{zone: "a.org", name: "x.a.org"}}, sent{zone: "a.org", name: "y.a.org"}, time.Minute},
		{"no zone", []dnsconfig.Window{{Count: 1, Per: time.Minute, By: "zone"}}, []sent{{}}, sent{}, 0},
		{"another name", []dnsconfig.Window{{Count: 1, Per: time.Minute, By: "name"}}, []sent{{zone: "a.org", name: "x.a.org"}}, sent{zone: "a.org", name: "y.a.org"}, 0},
		{"the same name", []dnsconfig.Window{{Count: 1, Per: time.Minute, By: "name"}}, []sent{{zone: "a.org", name: "x.a.org"}}, sent{zone: "a.org", name: "x.a.org"}, time.Minute},
		{"the longer of two", append([]dnsconfig.Window{{Count: 3, Per: time.Hour}}, three...), []sent{{}, {}, {}}, sent{}, time.Hour},
	} {
		w := &windows{}
		for _, s := range c.before {
			s.at = start
			if wait := w.take(c.bounds, s); wait != 0 && c.what != "the longer of two" {
				t.Errorf("%s: a request before waits %s", c.what, wait)
			}
		}
		if c.next.at.IsZero() {
			c.next.at = start
		}
		if got := w.take(c.bounds, c.next); got != c.want {
			t.Errorf("%s: waits %s, want %s", c.what, got, c.want)
		}
	}
}

// What is long past is not kept.
func TestWindowsForget(t *testing.T) {
	t.Parallel()
	w := &windows{}
	start := time.Now()
	for n := range 1000 {
		if wait := w.take([]dnsconfig.Window{{Count: 5, Per: 10 * time.Second}}, sent{at: start.Add(time.Duration(n) * 2 * time.Second)}); wait != 0 {
			t.Fatalf("request %d waits %s", n, wait)
		}
	}
	if len(w.log) > 5 {
		t.Errorf("%d requests are kept", len(w.log))
	}
}

// All goroutines and all revisions of one DNS Provider share its windows: of 12 requests in the smallest window that can be
// written, none are sent too early, and none is lost.
func TestWindowsAreShared(t *testing.T) {
	t.Parallel()
	s, i := newScript(t), newInstallation(t)
	var mu sync.Mutex
	var times []time.Time
	h := newSets()
	s.on("/zones/{zone}/{label}", func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		times = append(times, time.Now())
		mu.Unlock()
		h.serve(w, r)
	})
	document := nativeHead("limits: {requests: [{count: 4, per: 1s}]}\n" + setDocument)
	i.script(t, s, document, "")
	i.script(t, s, document, "contact: another revision\n")
	var all sync.WaitGroup
	for n := range 4 {
		all.Go(func() {
			target := scripted(fmt.Sprint("a", n))
			target.Revision = int64(1 + n%2)
			if err := i.addValue(t, target, "v"); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(times) != 12 {
		t.Errorf("%d requests", len(times))
	}
	for n := 4; n < len(times); n++ {
		// A request is noted before it leaves, so that it may arrive a little nearer to the one before.
		if apart := times[n].Sub(times[n-4]); apart < 700*time.Millisecond {
			t.Errorf("request %d came %s after the fourth before it", n, apart)
		}
	}
}

// A window that is full for longer than can be waited is told at once, with how long; a wait is told before it is begun.
func TestFullWindows(t *testing.T) {
	t.Parallel()
	s, i := newScript(t), newInstallation(t)
	s.rrsets()
	i.script(t, s, nativeHead("limits: {requests: [{count: 1, per: 1h, by: name, writes: true}, {count: 7, per: 1m}]}\n"+setDocument), "")
	if err := i.addValue(t, scripted("a"), "v"); err != nil {
		t.Fatal(err)
	}
	err := i.addValue(t, scripted("a"), "w")
	wantFault(t, "the second write at a name", err, fault.HostThrottled, "allow no more requests for 1h0m0s")
	var alone interface{ RetryAfter() time.Duration }
	if !errors.As(err, &alone) || alone.RetryAfter() < 59*time.Minute || !errors.Is(err, store.ErrNothingSent) {
		t.Errorf("%v: what publish needs to know is not there", err)
	}
	if err := i.addValue(t, scripted("b"), "v"); err != nil {
		t.Errorf("another name: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	go func() {
		for len(i.told("provider.wait")) == 0 {
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Millisecond):
			}
		}
		cancel()
	}()
	target := scripted("a")
	target.Zone, target.Owner = name.MustParseOwner("example.net"), name.MustParseOwner("a.example.net")
	_, err = i.Values(ctx, target)
	wantFault(t, "the eighth request", err, fault.HostThrottled, "the limits of the DNS host, as the document names them")
	if told := i.told("provider.wait"); len(told) != 1 || !strings.HasPrefix(told[0], "host allows no more requests for now, as its limits say; waiting ") {
		t.Errorf("told: %q", told)
	}
	if got := len(s.requests()); got != 7 {
		t.Errorf("%d requests", got)
	}
}

// A document can say how "not now" reads at a host, and where it tells for how long.
func TestThrottlingInTheBody(t *testing.T) {
	t.Parallel()
	document := nativeHead(strings.Replace(setDocument, "values: =values}}", `values: =values}, throttled: "=response.code == 2502", wait: =response.seconds, ok: "=response.code == 0"}`, 1))
	s, i := newScript(t), newInstallation(t)
	h := newSets()
	first := true
	s.on("/zones/{zone}/{label}", func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method != "PUT":
			h.serve(w, r)
		case first:
			first = false
			_, _ = fmt.Fprint(w, `{"code":2502}`)
		default:
			h.serve(nowhere{}, r)
			_, _ = fmt.Fprint(w, `{"code":0}`)
		}
	})
	i.script(t, s, document, "")
	if err := i.addValue(t, scripted("a"), "v"); err != nil {
		t.Error(err)
	}
	if told := i.told("provider.wait"); len(told) != 1 || s.count("PUT") != 2 {
		t.Errorf("told %q, %d PUTs", told, s.count("PUT"))
	}
	long, j := newScript(t), newInstallation(t)
	long.say("GET /", 404, `{}`)
	long.say("PUT /", 200, `{"code":2502,"seconds":600}`)
	j.script(t, long, document, "")
	err := j.addValue(t, scripted("a"), "v")
	wantFault(t, "ten minutes", err, fault.HostThrottled, "it wants to be left alone for 10m0s")
}
