package schedule

import (
	"strings"
	"testing"
	"time"

	"deputy/store"
)

// noon is when the certificates of these tests begin.
func noon() time.Time { return time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) }

// lasting is a deployed certificate that lives from noon for so long.
func lasting(name string, life time.Duration) store.Certificate {
	return store.Certificate{Name: name, Version: 1, Deployed: true, NotBefore: noon(), NotAfter: noon().Add(life)}
}

func window(c store.Certificate, start, end, at time.Duration) store.Certificate {
	c.ARI = store.RenewalInfo{Start: noon().Add(start), End: noon().Add(end), At: noon().Add(at)}
	return c
}

func TestDue(t *testing.T) {
	t.Parallel()
	explained := window(lasting("a", 90*day), 40*day, 50*day, 45*day)
	explained.ARI.Explanation = "https://ca.example/why"
	for _, c := range []struct {
		name string
		cert store.Certificate
		next time.Duration // after noon
		why  string
	}{
		{"a third of 90 days", lasting("a", 90*day), 60 * day, "a third of its life"},
		{"a third of ten days", lasting("a", 9*day+day), 160 * time.Hour, "a third of its life"},
		{"a half of six days", lasting("a", 160*time.Hour), 80 * time.Hour, "half of its life"},
		{"a half just under ten days", lasting("a", 10*day-2*time.Hour), 5*day - time.Hour, "half of its life"},
		{"the CA's time", explained, 45 * day, "from 2027-01-03T12:00:00Z to 2027-01-13T12:00:00Z, see https://ca.example/why"},
		{"the CA's time before the reserve", window(lasting("a", 90*day), 0, day, time.Hour), time.Hour, "the CA suggests"},
		{"the CA's time after the reserve", window(lasting("a", 90*day), 80*day, 81*day, 80*day), 80 * day, "the CA suggests"},
		{"a window that is past", window(lasting("a", 90*day), -2*day, -day, -30*time.Hour), -30 * time.Hour, "the CA suggests"},
		{"the CA's time at the end of life", window(lasting("a", 90*day), 89*day, 91*day, 90*day), 60 * day, "a third"},
	} {
		next := noon().Add(c.next)
		for _, at := range []struct {
			now time.Time
			due bool
		}{{next.Add(-time.Second), false}, {next, true}, {next.Add(time.Second), true}} {
			due, why, got := Due(c.cert, at.now)
			if due != at.due || !got.Equal(next) || !strings.Contains(why, c.why) {
				t.Errorf("%s, at %s: %v, %q, %s; want %v, %q, %s", c.name, at.now, due, why, got, at.due, c.why, next)
			}
		}
	}
}

func TestDueNeverIssued(t *testing.T) {
	t.Parallel()
	due, why, next := Due(store.Certificate{Name: "a", RetryAt: noon().Add(day)}, noon())
	if !due || why != "it was not issued yet" || !next.Equal(noon()) {
		t.Errorf("%v, %q, %s", due, why, next)
	}
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	at := func(hours time.Duration) time.Time { return noon().Add(hours * time.Hour) }
	kept := store.RenewalInfo{Start: at(10), End: at(20), At: at(15), Explanation: "https://ca.example/1"}
	for _, c := range []struct {
		name string
		was  store.RenewalInfo
		told store.RenewalInfo
		ok   bool
		want store.RenewalInfo // At zero: drawn within the window
	}{
		{"the first answer", store.RenewalInfo{}, store.RenewalInfo{Start: at(10), End: at(20), CheckAfter: at(5)}, true,
			store.RenewalInfo{Start: at(10), End: at(20), CheckAfter: at(5)}},
		{"the first answer, drawn already", store.RenewalInfo{}, store.RenewalInfo{Start: at(10), End: at(20), At: at(11), CheckAfter: at(5)}, true,
			store.RenewalInfo{Start: at(10), End: at(20), At: at(11), CheckAfter: at(5)}},
		{"drawn outside", store.RenewalInfo{}, store.RenewalInfo{Start: at(10), End: at(20), At: at(21), CheckAfter: at(5)}, true,
			store.RenewalInfo{Start: at(10), End: at(20), CheckAfter: at(5)}},
		{"the same window", kept, store.RenewalInfo{Start: at(10), End: at(20), At: at(11), CheckAfter: at(5)}, true,
			store.RenewalInfo{Start: at(10), End: at(20), At: at(15), CheckAfter: at(5)}},
		{"the same window, finer than a millisecond", kept, store.RenewalInfo{Start: at(10).Add(9), End: at(20).Add(9), CheckAfter: at(5)}, true,
			store.RenewalInfo{Start: at(10).Add(9), End: at(20).Add(9), At: at(15), CheckAfter: at(5)}},
		{"another window", kept, store.RenewalInfo{Start: at(-3), End: at(-2), CheckAfter: at(5)}, true,
			store.RenewalInfo{Start: at(-3), End: at(-2), CheckAfter: at(5)}},
		{"a window that ends where it begins", kept, store.RenewalInfo{Start: at(1), End: at(1)}, true,
			store.RenewalInfo{Start: at(10), End: at(20), At: at(15), Explanation: "https://ca.example/1", CheckAfter: at(6)}},
		{"a window that ends before it begins", store.RenewalInfo{}, store.RenewalInfo{Start: at(2), End: at(1)}, true,
			store.RenewalInfo{CheckAfter: at(6)}},
		{"no answer", kept, store.RenewalInfo{CheckAfter: at(24)}, false,
			store.RenewalInfo{Start: at(10), End: at(20), At: at(15), Explanation: "https://ca.example/1", CheckAfter: at(24)}},
		{"too soon", store.RenewalInfo{}, store.RenewalInfo{Start: at(10), End: at(20), CheckAfter: at(-1)}, true,
			store.RenewalInfo{Start: at(10), End: at(20), CheckAfter: noon().Add(time.Minute)}},
		{"too late", store.RenewalInfo{}, store.RenewalInfo{Start: at(10), End: at(20), CheckAfter: at(1000)}, true,
			store.RenewalInfo{Start: at(10), End: at(20), CheckAfter: at(24)}},
	} {
		got := suggest(c.was, c.told, c.ok, noon())
		if c.want.At.IsZero() && !c.want.Start.IsZero() {
			if got.At.Before(c.want.Start) || !got.At.Before(c.want.End) {
				t.Errorf("%s: %s was drawn from %s to %s", c.name, got.At, c.want.Start, c.want.End)
			}
			got.At = time.Time{}
		}
		if got != c.want {
			t.Errorf("%s:\n got %+v\nwant %+v", c.name, got, c.want)
		}
	}
}

// Draws use the whole window: of 200, some fall into each tenth of it. (All missing one tenth: once in 10^8 runs.)
func TestSuggestDrawsUniformly(t *testing.T) {
	t.Parallel()
	var tenths [10]int
	for range 200 {
		got := suggest(store.RenewalInfo{}, store.RenewalInfo{Start: noon(), End: noon().Add(10 * time.Hour)}, true, noon())
		tenths[int(got.At.Sub(noon())/time.Hour)]++
	}
	for i, n := range tenths {
		if n == 0 {
			t.Errorf("none of 200 draws fell into tenth %d of the window: %v", i, tenths)
		}
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	for failures, want := range []time.Duration{time.Minute, time.Minute, 10 * time.Minute, 100 * time.Minute} {
		if got := backoff(failures); got != want {
			t.Errorf("after %d failures: %s, want %s", failures, got, want)
		}
	}
	seen := map[time.Duration]bool{}
	for failures := 4; failures < 1000; failures++ {
		got := backoff(failures)
		if got <= 22*time.Hour || got > 24*time.Hour {
			t.Fatalf("after %d failures: %s", failures, got)
		}
		seen[got] = true
	}
	if len(seen) < 2 {
		t.Error("there is no jitter")
	}
}
