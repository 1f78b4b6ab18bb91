package schedule

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"deputy/fault"
	"deputy/name"
	"deputy/store"
)

// album are looks in memory.
type album struct {
	mu    sync.Mutex
	certs []store.Certificate
	rows  map[name.Name][]store.Look
	held  map[name.Name]bool
	ids   int64
}

func newAlbum(certs ...store.Certificate) *album {
	return &album{certs: certs, rows: map[name.Name][]store.Look{}, held: map[name.Name]bool{}}
}

func (a *album) view(context.Context) (view, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	v := view{holders: holders(slices.Clone(a.certs)), key: []byte("installation")}
	for _, rows := range a.rows {
		v.newest = append(v.newest, newest(rows))
	}
	return v, nil
}

func (a *album) claim(ctx context.Context, host name.Name, wait bool) (claimed, error) {
	for {
		a.mu.Lock()
		if !a.held[host] {
			a.held[host] = true
			a.mu.Unlock()
			return albumPage{a, host}, nil
		}
		a.mu.Unlock()
		if !wait {
			return nil, &store.HeldError{Key: host.String()}
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

func (a *album) forget(ctx context.Context) (int, error) {
	v, _ := a.view(ctx)
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, host := range v.abandoned() {
		delete(a.rows, host)
	}
	return len(v.abandoned()), nil
}

type albumPage struct {
	*album
	host name.Name
}

func (p albumPage) history(context.Context) ([]store.Look, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.rows[p.host]), nil
}

func (p albumPage) put(_ context.Context, l store.Look) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	rows := p.rows[p.host]
	if l.ID != 0 && newest(rows).ID != l.ID {
		return fmt.Errorf("row %d is not the newest one", l.ID)
	}
	if l.ID != 0 {
		rows[len(rows)-1] = l
		return nil
	}
	p.ids++
	l.ID = p.ids
	p.rows[p.host] = append(rows, l)
	return nil
}

func (p albumPage) release(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held[p.host] = false
	return nil
}

func (p albumPage) lease() time.Duration { return 30 * time.Second }

// holding is a young certificate of these names.
func holding(names ...string) store.Certificate {
	c := store.Certificate{Name: names[0], Version: 1, NotBefore: time.Now(), NotAfter: time.Now().Add(90 * day)}
	for _, n := range names {
		c.Names = append(c.Names, name.MustParseOwner(n))
	}
	return c
}

func chained(verdict, code, chain string) store.Look {
	l := store.Look{Verdict: verdict, Code: code, Chain: chain}
	if verdict != good {
		l.Seen, l.Do, l.Who = "192.0.2.1 says so", "add this record\n\t_acme-challenge.a.example. CNAME t.v.example.", "the owner of the DNS"
	}
	return l
}

// A well name is looked at daily, and every six hours within a week of its renewal.
func TestWatchDaily(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAlbum(holding("a.example", "*.a.example"))
		var at []time.Duration
		begin := time.Now()
		w := &Watch{rows: a, Tell: func(_ context.Context, e store.Event) { t.Errorf("told %s", e.Kind) },
			Look: func(_ context.Context, host name.Name) (store.Look, error) {
				if host.IsWildcard() {
					return chained(good, "", "a → b"), nil
				}
				at = append(at, time.Since(begin))
				return chained(good, "", "a → b"), nil
			}}
		for time.Since(begin) < 63*day {
			if _, err := w.Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			<-time.After(10 * time.Minute)
		}
		for n := 2; n < len(at); n++ {
			want := day
			if at[n-1] >= 53*day {
				want = 6 * time.Hour
			}
			if gap := at[n] - at[n-1]; gap != want && (at[n] < 52*day || at[n] > 54*day || gap > day) {
				t.Errorf("look %d came %s after the one before, at %s; want %s", n, gap, at[n], want)
			}
		}
		if len(at) < 53+9*4 || len(at) > 56+11*4 || len(a.rows[name.MustParseOwner("a.example")]) != 1 {
			t.Errorf("%d looks, rows %v", len(at), a.rows)
		}
	})
}

// The looks at ten thousand names are spread over the day, for each installation in its own way.
func TestWatchSpreads(t *testing.T) {
	t.Parallel()
	var hours [24]int
	same := 0
	for n := range 10_000 {
		host := name.MustParseOwner(fmt.Sprintf("n%d.example", n))
		at := spread([]byte("one"), host)
		hours[at/time.Hour]++
		if at == spread([]byte("other"), host) {
			same++
		}
	}
	for hour, n := range hours {
		if n < 300 || n > 540 { // 417 ± 6 standard deviations
			t.Errorf("%d of 10,000 names come in hour %d", n, hour)
		}
	}
	if same > 20 {
		t.Errorf("%d names have one time of day in two installations", same)
	}
}

// A broken name is looked at after a quarter of an hour, an hour, four hours, then every six; its mending ends that.
func TestWatchBroken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAlbum(holding("a.example"))
		state := chained(good, "", "a → b")
		var at []time.Duration
		var told []store.Event
		w := &Watch{rows: a, Tell: func(_ context.Context, e store.Event) { told = append(told, e) },
			Look: func(context.Context, name.Name) (store.Look, error) {
				at = append(at, time.Duration(time.Now().UnixNano()))
				return state, nil
			}}
		run := func(d time.Duration) {
			for end := time.Now().Add(d); time.Now().Before(end); <-time.After(time.Minute) {
				if _, err := w.Run(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		run(2 * day)
		state, at = chained(broken, string(fault.NoDelegation), ""), nil
		run(4 * day)
		want := []time.Duration{15 * time.Minute, time.Hour, 4 * time.Hour}
		for n := 1; n < len(at); n++ {
			gap := at[n] - at[n-1]
			if n <= len(want) && gap != want[n-1] || gap > 6*time.Hour {
				t.Errorf("look %d at the broken name came %s after the one before", n, gap)
			}
		}
		state = chained(good, "", "a → b")
		run(6 * time.Hour)
		if len(told) != 2 || told[0].Kind != DelegationBroken || told[1].Kind != DelegationMended {
			t.Fatalf("told %v", told)
		}
		for _, part := range []string{
			"the delegation of a.example is broken: 192.0.2.1 says so (no-delegation)\nit was well at ", ", and is broken (no-delegation) at ",
			"the chain was: a → b\nthe chain is: none\nthe certificate a.example holds it and expires at ",
			"the owner of the DNS: add this record\n\t_acme-challenge.a.example. CNAME t.v.example.",
		} {
			if !strings.Contains(told[0].Text, part) {
				t.Errorf("the event lacks %q:\n%s", part, told[0].Text)
			}
		}
		if d := told[0].Data; d["certificates"] != "a.example" || d["expires"] == "" || d["last_good"] == "" || d["first_bad"] != d["looked"] ||
			!strings.HasPrefix(d["forward"], "For the owner of the DNS: add this record") {
			t.Errorf("data: %v", d)
		}
	})
}

// Random histories: events come exactly at changes. Up to two looks in a row that can't tell are no news, nor is what
// comes after them if it is what was before.
func TestWatchModel(t *testing.T) {
	t.Parallel()
	states := []store.Look{
		chained(good, "", "a → b"), chained(good, "", "a → c"), chained(broken, "no-delegation", ""), chained(broken, "loop", "a → a"),
		chained(unknown, "no-answer", ""), chained(unknown, "caa-unknown", "a → b"),
	}
	host := name.MustParseOwner("a.example")
	for seed := range uint64(300) {
		synctest.Test(t, func(t *testing.T) {
			draw := rand.New(rand.NewPCG(seed, 1))
			a := newAlbum(holding("a.example"))
			var now store.Look
			var got, want, history []string
			w := &Watch{rows: a, All: true,
				Tell: func(_ context.Context, e store.Event) { got = append(got, e.Kind) },
				Look: func(context.Context, name.Name) (store.Look, error) { return now, nil }}
			told, doubt := store.Look{}, 0 // what the people know; how many looks could not tell since
			for range 40 {
				if draw.IntN(2) == 0 {
					now = states[draw.IntN(len(states))]
				} else if now.Verdict == "" {
					continue
				}
				history = append(history, now.Verdict+now.Code+now.Chain)
				if _, err := w.Run(t.Context()); err != nil {
					t.Fatal(err)
				}
				<-time.After(time.Hour)
				if now.Verdict == unknown {
					if doubt++; doubt == 3 {
						want = append(want, DelegationUnknown)
					}
					continue
				}
				alarmed := doubt >= 3
				doubt = 0
				switch {
				case sameState(told, now) && !alarmed, told.Verdict == "" && now.Verdict == good && !alarmed:
				case now.Verdict == good && (told.Verdict == broken || alarmed):
					want = append(want, DelegationMended)
				case now.Verdict == broken && (told.Verdict != broken || sameState(told, now)):
					want = append(want, DelegationBroken)
				default:
					want = append(want, DelegationChanged)
				}
				told = now
			}
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d: told %v, want %v, of %v", seed, got, want, history)
			}
			if rows := a.rows[host]; !sameState(newest(rows), now) && now.Verdict != unknown {
				t.Fatalf("seed %d: kept %+v, saw %+v", seed, newest(rows), now)
			}
		})
	}
}

// A host is looked at in the forms that certificates hold, and the worst counts.
func TestWatchWildcards(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		names      []string
		host, star string // verdicts
		want, seen string
	}{
		{[]string{"a.example"}, good, broken, good, "a.example"},
		{[]string{"*.a.example"}, broken, good, good, "*.a.example"},
		{[]string{"*.a.example", "a.example"}, good, broken, broken, "a.example *.a.example"},
		{[]string{"a.example", "*.a.example"}, broken, unknown, broken, "a.example *.a.example"},
		{[]string{"a.example", "*.a.example"}, good, unknown, unknown, "a.example *.a.example"},
	} {
		a := newAlbum(holding(tt.names...))
		var seen []string
		w := &Watch{rows: a, Look: func(_ context.Context, n name.Name) (store.Look, error) {
			seen = append(seen, n.String())
			if n.IsWildcard() {
				return chained(tt.star, "caa-forbids", "a → b"), nil
			}
			return chained(tt.host, "loop", "a → b"), nil
		}}
		_, err := w.Run(t.Context())
		if l := newest(a.rows[name.MustParseOwner("a.example")]); err != nil || l.Verdict != tt.want || strings.Join(seen, " ") != tt.seen {
			t.Errorf("%v: looked at %v, %+v, %v; want %s", tt.names, seen, l, err, tt.want)
		}
	}
}

// Two watches at once look at each name once, and at eight names at a time.
func TestTwoWatchesAtOnce(t *testing.T) {
	t.Parallel()
	for _, all := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			a := newAlbum()
			for n := range 40 {
				a.certs = append(a.certs, holding(fmt.Sprintf("n%d.example", n)))
			}
			var mu sync.Mutex
			looked, at, most := map[string]int{}, 0, 0
			look := func(_ context.Context, host name.Name) (store.Look, error) {
				mu.Lock()
				looked[host.String()]++
				at++
				most = max(most, at)
				mu.Unlock()
				<-time.After(time.Second)
				mu.Lock()
				at--
				mu.Unlock()
				return chained(good, "", "a → b"), nil
			}
			var sum Round
			var wg sync.WaitGroup
			for range 2 {
				wg.Go(func() {
					r, err := (&Watch{rows: a, Look: look, All: all}).Run(t.Context())
					mu.Lock()
					defer mu.Unlock()
					sum.Looked += r.Looked
					if err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			for host, n := range looked {
				if n != 1 {
					t.Errorf("%s was looked at %d times", host, n)
				}
			}
			if len(looked) != 40 || sum.Looked != 40 || most > 16 || most < 8 {
				t.Errorf("%d names, %d counted, %d at once", len(looked), sum.Looked, most)
			}
		})
	}
}

// A look that fails or hangs could not tell; an interrupted one is none; names that nobody holds any more are forgotten.
func TestWatchEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAlbum(holding("a.example"), holding("b.example"), holding("c.example"))
		w := &Watch{rows: a, Look: func(ctx context.Context, host name.Name) (store.Look, error) {
			switch host.String() {
			case "a.example":
				return store.Look{}, errors.New("no route")
			case "b.example":
				return store.Look{}, &fault.Fault{Code: fault.CAAUnknown, Seen: "nothing", Do: "wait", Who: fault.Nobody}
			}
			<-ctx.Done()
			return store.Look{}, ctx.Err()
		}}
		r, err := w.Run(t.Context())
		if err != nil || r.Unknown != 3 || r.Looked != 3 {
			t.Errorf("%+v, %v", r, err)
		}
		for host, want := range map[string]string{"a.example": "no-answer no route", "b.example": "caa-unknown nothing", "c.example": "no-answer the look did not end within 20s"} {
			if l := newest(a.rows[name.MustParseOwner(host)]); l.Code+" "+l.Seen != want || l.Next.Sub(l.Last) != 30*time.Minute {
				t.Errorf("%s: %+v", host, l)
			}
		}
		kept := maps.Clone(a.rows)
		w.All = true
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		w.Look = func(ctx context.Context, _ name.Name) (store.Look, error) {
			<-ctx.Done()
			return chained(broken, "loop", ""), nil
		}
		if r, err := w.Run(ctx); !errors.Is(err, context.DeadlineExceeded) || r.Looked != 0 {
			t.Errorf("interrupted: %+v, %v", r, err)
		}
		for host, rows := range kept {
			if !slices.Equal(rows, a.rows[host]) {
				t.Errorf("%s: an interrupted look was kept: %+v", host, a.rows[host])
			}
		}
		a.certs, w.All = a.certs[:1], false
		if r, err := w.Run(t.Context()); err != nil || r.Forgot != 2 || len(a.rows) != 1 {
			t.Errorf("forgotten: %+v, %v, %v", r, err, a.rows)
		}
	})
}
