package delegation

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"deputy/fault"
	"deputy/name"
	"deputy/resolver"
)

// table answers questions for CAA: a name's value, "fail", or "never", which is silence until the asker has had enough.
type table struct {
	Resolver
	values map[string]string
	mu     sync.Mutex
	asked  []string
	delay  time.Duration
}

func (r *table) Query(ctx context.Context, n name.Name, t resolver.Type) (resolver.Answer, error) {
	r.mu.Lock()
	r.asked = append(r.asked, n.String())
	r.mu.Unlock()
	a := resolver.Answer{Question: n, Type: t, Exists: true}
	wait := time.After(r.delay)
	switch value := r.values[n.String()]; value {
	case "":
	case "fail":
		return a, &resolver.Failure{Question: n, Type: t, Reason: "SERVFAIL"}
	case "never":
		wait = nil
	default:
		a.Records = []resolver.Record{{Owner: n, Type: resolver.CAA, TTL: 300, Text: value}}
	}
	select {
	case <-wait:
		return a, nil
	case <-ctx.Done():
		return a, ctx.Err()
	}
}

// All ancestors are asked in one round; what is above the closest set is not waited for, what is below it counts, and
// what could not be told in time is a failure.
func TestFollowCAAClimbs(t *testing.T) {
	t.Parallel()
	const set = `0 issue "ca.example"`
	for _, tt := range []struct {
		name    string
		values  map[string]string
		at      string
		failure string
		took    time.Duration
	}{
		{name: "nothing", took: time.Second},
		{name: "a failure above the set", values: map[string]string{"b.example": set, "example": "fail"}, at: "b.example", took: time.Second},
		{name: "silence above the set", values: map[string]string{"b.example": set, "example": "never"}, at: "b.example", took: time.Second},
		{name: "a failure below the set", values: map[string]string{"b.example": set, "a.b.example": "fail"}, failure: "nothing usable about a.b.example: SERVFAIL", took: time.Second},
		{name: "silence below the set", values: map[string]string{"b.example": set, "a.b.example": "never"}, failure: "nothing usable about a.b.example: no answer in time", took: 9 * time.Second},
		{name: "a failure and no set", values: map[string]string{"example": "fail"}, failure: "nothing usable about example: SERVFAIL", took: time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := &table{values: tt.values, delay: time.Second}
				ctx, stop := context.WithTimeout(t.Context(), 9*time.Second)
				defer stop()
				began := time.Now()
				found := followCAA(ctx, r, name.MustParseOwner("*.a.b.example"))
				failure := ""
				if found.Failure != nil {
					failure = found.Failure.Error()
				}
				if found.At.String() != tt.at || failure != tt.failure || time.Since(began) > tt.took {
					t.Errorf("at %q, %q after %s; want %q, %q in %s", found.At, failure, time.Since(began), tt.at, tt.failure, tt.took)
				}
				slices.Sort(r.asked)
				if got := strings.Join(r.asked, " "); got != "a.b.example b.example example" {
					t.Errorf("asked %s", got)
				}
			})
		})
	}
}

// The longest name there is costs some rounds, not one for each ancestor, and comes to an end.
func TestFollowCAAOfALongName(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &table{delay: time.Second}
		began := time.Now()
		found := followCAA(t.Context(), r, name.MustParseOwner(strings.TrimSuffix(strings.Repeat("a.", 126), ".")))
		if found.Failure != nil || len(r.asked) != 126 || time.Since(began) > 8*time.Second {
			t.Errorf("%d questions in %s: %v", len(r.asked), time.Since(began), found.Failure)
		}
	})
}

// What is read of a record is what is written of it.
func TestCAARecord(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`0 issue ca.example; a=b`: `0 issue "ca.example; a=b"`, "128 TBS x": `128 tbs "x"`, "1 issue ": `1 issue ""`,
		"0 iodef mailto:\"a\\b\"\x07": `0 iodef "mailto:\"a\\b\"\007"`,
	} {
		r := readCAA(text)
		if r.String() != want || r.Critical != strings.HasPrefix(want, "128") {
			t.Errorf("%s: %s, critical %v; want %s", text, r, r.Critical, want)
		}
	}
}

// A set that a CA's resolver can't read, alone or with the values of an order.
func TestTXTTooLarge(t *testing.T) {
	t.Parallel()
	target := name.MustParseOwner("validation.martdj.dedyn.io")
	value := func(i int) string { return fmt.Sprintf("%043d", i) }
	if got := textSize(name.MustParseOwner("a.nl"), []string{"", strings.Repeat("x", 255), strings.Repeat("x", 256)}); got != 12+6+4+11+(12+1)+(12+256)+(12+258) {
		t.Errorf("the size of three values is %d", got)
	}
	for values, seen := range map[int]string{
		0: "", 70: "",
		71: "the 71 TXT values at validation.martdj.dedyn.io make an answer of 4031 octets at 192.0.2.1:53, and of 4143 with the two of an order; CAs read up to 4096",
		73: "the 73 TXT values at validation.martdj.dedyn.io make an answer of 4143 octets at 192.0.2.1:53; CAs read up to 4096",
	} {
		c := Chain{Target: target, Server: resolver.Server{Addr: netip.MustParseAddrPort("192.0.2.1:53")}}
		for i := range values {
			c.Texts = append(c.Texts, value(i))
		}
		got := ""
		f := (judge{c, Expectation{Zones: []name.Name{name.MustParseOwner("martdj.dedyn.io")}, Ours: c.Texts[:min(2, values)]}}).txtTooLarge()
		if f != nil {
			got = f.Seen
		}
		if got != seen {
			t.Errorf("%d values: %q, want %q", values, got, seen)
		}
		if f != nil && (f.Who != fault.Admin || !strings.HasSuffix(f.Do, fmt.Sprintf("%d look like challenge values of earlier orders, 2 of them deputy's own", values))) {
			t.Errorf("%d values: %s: %s", values, f.Who, f.Do)
		}
	}
}
