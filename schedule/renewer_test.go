package schedule

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"deputy/fault"
	"deputy/store"
)

// memory is a shelf of certificates in memory.
type memory struct {
	mu   sync.Mutex
	rows map[string]store.Certificate
}

func shelf(all ...store.Certificate) *memory {
	m := &memory{rows: map[string]store.Certificate{}}
	for _, c := range all {
		m.rows[c.Name] = c
	}
	return m
}

func (m *memory) list(context.Context) ([]store.Certificate, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Collect(maps.Values(m.rows)), nil
}

func (m *memory) read(_ context.Context, name string) (store.Certificate, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, ok := m.rows[name]
	if !ok {
		return c, store.ErrNotFound
	}
	return c, nil
}

func (m *memory) change(_ context.Context, name string, f func(*store.Certificate) bool) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, ok := m.rows[name]
	if !ok {
		return store.ErrNotFound
	}
	if f(&c) {
		m.rows[name] = c
	}
	return nil
}

// renew makes the certificate's next version, which lives from now for life, as issuance would.
func (m *memory) renew(name string, life time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.rows[name]
	now := time.Now()
	m.rows[name] = store.Certificate{Name: name, Version: c.Version + 1, Deployed: true, NotBefore: now, NotAfter: now.Add(life)}
}

// expiring is a deployed certificate of 90 days that has so much left now.
func expiring(name string, left time.Duration) store.Certificate {
	end := time.Now().Add(left)
	return store.Certificate{Name: name, Version: 1, Deployed: true, NotBefore: end.Add(-90 * day), NotAfter: end}
}

func TestRunRenewsWhatIsDue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		undeployed := expiring("undeployed", 80*day)
		undeployed.Deployed = false
		waiting := expiring("waiting", day)
		waiting.Failures, waiting.RetryAt = 2, time.Now().Add(time.Second)
		m := shelf(expiring("young", 31*day), expiring("old", 29*day), expiring("oldest", day), undeployed, waiting, store.Certificate{Name: "new"})
		var order []string
		r := &Renewer{rows: m, Renew: func(_ context.Context, c store.Certificate) error {
			order = append(order, c.Name)
			m.renew(c.Name, 90*day)
			return nil
		}}
		renewed, err := r.Run(t.Context())
		if want := []string{"new", "oldest", "old", "undeployed"}; err != nil || renewed != 4 || !slices.Equal(order, want) {
			t.Errorf("%d renewed: %v, %v; want %v", renewed, order, err, want)
		}
		if renewed, err := r.Run(t.Context()); renewed != 0 || err != nil || len(order) != 4 {
			t.Errorf("once more: %d, %v, %v", renewed, err, order)
		}
	})
}

// A timer that runs each minute tries a failing certificate 1, 10 and 100 minutes after a failure, then daily; the
// failures do not stop the others, and a success ends the series.
func TestRunBacksOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := shelf(expiring("bad", day), expiring("good", 2*day))
		broken := true
		var tries []time.Duration
		begin := time.Now()
		var told []string
		r := &Renewer{
			rows: m,
			Renew: func(_ context.Context, c store.Certificate) error {
				if c.Name == "bad" {
					tries = append(tries, time.Since(begin))
				}
				if c.Name == "bad" && broken {
					return errors.New("first line\nsecond line")
				}
				m.renew(c.Name, 90*day)
				return nil
			},
			Tell: func(_ context.Context, e store.Event) { told = append(told, e.Kind+" "+e.Certificate) },
		}
		for time.Since(begin) < 4*day {
			before := len(tries)
			renewed, err := r.Run(t.Context())
			failed, expired := len(tries) > before, time.Since(begin) >= day && broken
			f, _ := fault.From(err)
			switch {
			case failed && (err == nil || !strings.HasPrefix(err.Error(), "renew bad: first line")):
				t.Fatalf("a failure came back as %v", err)
			case !failed && !expired && err != nil:
				t.Fatalf("%s after the beginning nothing was tried, and the end was %v", time.Since(begin), err)
			case !failed && expired && (f == nil || f.Code != fault.NotRenewed):
				t.Fatalf("the certificate has expired, and the end was %v", err)
			}
			if first := before == 0; (renewed == 1) != first {
				t.Fatalf("%d renewed after %s", renewed, time.Since(begin))
			}
			<-time.After(time.Minute)
		}
		if want := []time.Duration{0, time.Minute, 11 * time.Minute, 111 * time.Minute}; len(tries) < 7 || !slices.Equal(tries[:4], want) {
			t.Fatalf("tried at %v, want %v and then daily", tries, want)
		}
		for i := 4; i < len(tries); i++ {
			if gap := tries[i] - tries[i-1]; gap < 22*time.Hour || gap > day+time.Minute {
				t.Errorf("try %d came %s after the one before", i, gap)
			}
		}
		row, _ := m.read(t.Context(), "bad")
		if row.Failures != len(tries) || row.LastError != "first line; second line" || !row.RetryAt.After(time.Now()) {
			t.Errorf("row: %+v", row)
		}
		if want := []string{"renewal.due bad", "renewal.failed bad", "renewal.due good", "renewal.due bad"}; !slices.Equal(told[:4], want) {
			t.Errorf("told %v, want %v", told[:4], want)
		}
		broken = false
		<-time.After(day)
		if renewed, err := r.Run(t.Context()); renewed != 1 || err != nil {
			t.Errorf("mended: %d, %v", renewed, err)
		}
		if row, _ = m.read(t.Context(), "bad"); row.Failures != 0 || row.LastError != "" || !row.RetryAt.IsZero() {
			t.Errorf("after a success: %+v", row)
		}
	})
}

// A deployment that is finished leaves no failure behind either, though the version is the same.
func TestRunForgetsFailuresOfDeployment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := expiring("a", 80*day)
		c.Deployed, c.Failures, c.LastError, c.RetryAt = false, 1, "hook-failed", time.Now()
		m := shelf(c)
		r := &Renewer{rows: m, Renew: func(ctx context.Context, c store.Certificate) error {
			return m.change(ctx, c.Name, func(row *store.Certificate) bool { row.Deployed = true; return true })
		}}
		if renewed, err := r.Run(t.Context()); renewed != 1 || err != nil {
			t.Errorf("%d, %v", renewed, err)
		}
		if row, _ := m.read(t.Context(), "a"); row.Failures != 0 || row.LastError != "" || !row.RetryAt.IsZero() || row.Version != 1 {
			t.Errorf("row: %+v", row)
		}
	})
}

// Two runs at once: each certificate is renewed once, since whoever had to wait for the claim looks at Due again.
func TestTwoRunsAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := shelf(expiring("a", day), expiring("b", 2*day), expiring("c", 3*day))
		claim := make(chan struct{}, 1)
		issued := map[string]int{}
		renew := func(ctx context.Context, c store.Certificate) error {
			claim <- struct{}{}
			defer func() { <-claim }()
			row, err := m.read(ctx, c.Name)
			if err != nil {
				return err
			}
			if due, _, _ := Due(row, time.Now()); !due {
				return nil
			}
			<-time.After(time.Minute) // the CA takes its time
			issued[c.Name]++
			m.renew(c.Name, 90*day)
			return nil
		}
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				if _, err := (&Renewer{rows: m, Renew: renew}).Run(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if want := map[string]int{"a": 1, "b": 1, "c": 1}; !maps.Equal(issued, want) {
			t.Errorf("issued %v, want each once", issued)
		}
	})
}

// What was renewed, or forgotten, while the ones before were seen to is read again and left alone.
func TestRunReadsAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := shelf(expiring("a", day), expiring("b", 2*day), expiring("c", 3*day))
		var order []string
		r := &Renewer{rows: m, Renew: func(_ context.Context, c store.Certificate) error {
			order = append(order, c.Name)
			m.renew("a", 90*day)
			m.renew("b", 90*day)
			delete(m.rows, "c")
			return nil
		}}
		if renewed, err := r.Run(t.Context()); renewed != 1 || err != nil || !slices.Equal(order, []string{"a"}) {
			t.Errorf("%d, %v, %v", renewed, err, order)
		}
	})
}

// Forgetting the very certificate that is being renewed is nobody's failure.
func TestRunForgottenMeanwhile(t *testing.T) {
	t.Parallel()
	for _, failure := range []error{nil, errors.New("no such row")} {
		synctest.Test(t, func(t *testing.T) {
			m := shelf(expiring("a", day))
			r := &Renewer{rows: m, Renew: func(context.Context, store.Certificate) error {
				delete(m.rows, "a")
				return failure
			}}
			if renewed, err := r.Run(t.Context()); renewed != 0 || (err == nil) != (failure == nil) || failure != nil && !errors.Is(err, failure) {
				t.Errorf("%d, %v; want %v", renewed, err, failure)
			}
		})
	}
}

// The end of ctx stops the run. It is returned, but held against no certificate.
func TestRunInterrupted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := shelf(expiring("a", day), expiring("b", 2*day))
		ctx, interrupt := context.WithCancel(t.Context())
		tries := 0
		r := &Renewer{rows: m, Renew: func(ctx context.Context, _ store.Certificate) error {
			tries++
			interrupt()
			return ctx.Err()
		}}
		if renewed, err := r.Run(ctx); renewed != 0 || !errors.Is(err, context.Canceled) || tries != 1 {
			t.Errorf("%d, %v, %d tries", renewed, err, tries)
		}
		r.Renew = func(context.Context, store.Certificate) error { t.Error("tried after the end"); return nil }
		if _, err := r.Run(ctx); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "a and what expires after it") {
			t.Errorf("a run that looked at nothing says %v", err)
		}
		if row, _ := m.read(t.Context(), "a"); row.Failures != 0 || !row.RetryAt.IsZero() {
			t.Errorf("row: %+v", row)
		}
	})
}

// The CA is asked when it said so and not between; its time is kept, moves when its window does, and is obeyed.
func TestRunAsks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := shelf(expiring("a", 90*day))
		begin := time.Now()
		start := begin.Add(40 * day)
		asked := 0
		var renewedAt time.Duration
		r := &Renewer{
			rows: m,
			Ask: func(context.Context, store.Certificate) (store.RenewalInfo, bool, error) {
				asked++
				return store.RenewalInfo{Start: start, End: start.Add(2 * day), CheckAfter: time.Now().Add(5 * time.Hour)}, true, nil
			},
			Renew: func(_ context.Context, c store.Certificate) error {
				renewedAt = time.Since(begin)
				m.renew(c.Name, 90*day)
				return nil
			},
		}
		run := func() time.Time {
			t.Helper()
			if _, err := r.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			row, _ := m.read(t.Context(), "a")
			return row.ARI.At
		}
		first := run()
		for range 24 {
			<-time.After(time.Hour)
			if at := run(); !at.Equal(first) {
				t.Fatalf("the time moved from %s to %s within one window", first, at)
			}
		}
		if asked != 5 { // at 0, 5, 10, 15, 20 hours
			t.Errorf("asked %d times in a day, want 5", asked)
		}
		start = begin.Add(10 * day)
		for renewedAt == 0 && time.Since(begin) < 60*day {
			<-time.After(time.Hour)
			run()
		}
		if renewedAt < 10*day || renewedAt > 12*day+time.Hour {
			t.Errorf("renewed after %s, though the window moved to the days 10 to 12", renewedAt)
		}
	})
}

// A window in the past, as after a revocation, is obeyed by the run that hears of it.
func TestRunPastWindow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := shelf(expiring("a", 89*day))
		r := &Renewer{
			rows: m,
			Ask: func(context.Context, store.Certificate) (store.RenewalInfo, bool, error) {
				return store.RenewalInfo{Start: time.Now().Add(-2 * day), End: time.Now().Add(-day)}, true, nil
			},
			Renew: func(_ context.Context, c store.Certificate) error { m.renew(c.Name, 90*day); return nil },
		}
		if renewed, err := r.Run(t.Context()); renewed != 1 || err != nil {
			t.Errorf("%d, %v", renewed, err)
		}
	})
}

// A CA that says nothing is asked again after six hours, that is told, and the lifetime decides.
func TestRunAsksInVain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := shelf(expiring("a", 31*day))
		asked, tries := 0, 0
		var told []string
		r := &Renewer{
			rows: m,
			Ask: func(ctx context.Context, _ store.Certificate) (store.RenewalInfo, bool, error) {
				asked++
				<-ctx.Done() // silent
				return store.RenewalInfo{}, false, ctx.Err()
			},
			Renew: func(_ context.Context, c store.Certificate) error { tries++; m.renew(c.Name, 90*day); return nil },
			Tell:  func(_ context.Context, e store.Event) { told = append(told, e.Kind) },
		}
		begin := time.Now()
		for time.Since(begin) < 26*time.Hour {
			if _, err := r.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			<-time.After(time.Hour)
		}
		// Asked at about 0, 6, 12 and 18 hours; renewed after 24, and the new one asked about an hour later.
		if asked != 5 || tries != 1 {
			t.Errorf("asked %d times, renewed %d times; want 5 and 1", asked, tries)
		}
		if want := []string{"renewal.unknown", "renewal.unknown", "renewal.unknown", "renewal.unknown", "renewal.due", "renewal.unknown"}; !slices.Equal(told, want) {
			t.Errorf("told %v, want %v", told, want)
		}
	})
}

// A certificate that is forgotten while the CA is asked about it is nobody's failure.
func TestRunForgottenWhileAsking(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := shelf(expiring("a", 89*day))
		r := &Renewer{
			rows: m,
			Ask: func(context.Context, store.Certificate) (store.RenewalInfo, bool, error) {
				delete(m.rows, "a")
				return store.RenewalInfo{}, false, nil
			},
			Renew: func(context.Context, store.Certificate) error { t.Error("renewed"); return nil },
		}
		if renewed, err := r.Run(t.Context()); renewed != 0 || err != nil {
			t.Errorf("%d, %v", renewed, err)
		}
	})
}

// What a CA says of a certificate that was replaced while it was asked is not kept with its successor.
func TestRunAnswerForPredecessor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := shelf(expiring("a", 89*day))
		r := &Renewer{
			rows: m,
			Ask: func(context.Context, store.Certificate) (store.RenewalInfo, bool, error) {
				m.renew("a", 90*day)
				return store.RenewalInfo{Start: time.Now().Add(-2 * day), End: time.Now().Add(-day)}, true, nil
			},
			Renew: func(context.Context, store.Certificate) error { t.Error("renewed once more"); return nil },
		}
		if renewed, err := r.Run(t.Context()); renewed != 0 || err != nil {
			t.Errorf("%d, %v", renewed, err)
		}
		if row, _ := m.read(t.Context(), "a"); row.ARI != (store.RenewalInfo{}) {
			t.Errorf("ARI: %+v", row.ARI)
		}
	})
}

// A long error is kept in part.
func TestLongError(t *testing.T) {
	t.Parallel()
	if got := oneLine(errors.New(strings.Repeat("ä", 2000))); len(got) > longestError+len("…") || !strings.HasSuffix(got, "ä…") {
		t.Errorf("%d octets, ending in %q", len(got), got[len(got)-8:])
	}
}
