package schedule_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"deputy/schedule"
)

// A wait looks again when what it saw can have changed: not before caches let go of it, not busily, and not rarely.
func TestWaiterHeedsCaches(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ cached, next time.Duration }{
		{0, 15 * time.Second}, {5 * time.Second, 15 * time.Second}, {time.Minute, time.Minute}, {time.Hour, 10 * time.Minute},
	} {
		synctest.Test(t, func(t *testing.T) {
			var looks []time.Duration
			began := time.Now()
			w := schedule.Waiter{Look: func(context.Context) (bool, string, time.Duration, error) {
				looks = append(looks, time.Since(began))
				return len(looks) == 3, "the record", tt.cached, nil
			}}
			if err := w.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
			if want := []time.Duration{0, tt.next, 2 * tt.next}; !slices.Equal(looks, want) {
				t.Errorf("cached %s: looked at %v, want %v", tt.cached, looks, want)
			}
		})
	}
}

// It ends with its limit after a last look, with its context, and with an error of Look; it talks at changes, and every
// ten minutes.
func TestWaiterEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		looks := 0
		var told []string
		w := schedule.Waiter{
			Limit: 40 * time.Minute,
			Look: func(context.Context) (bool, string, time.Duration, error) {
				looks++
				if looks == 2 {
					return false, "another", 9 * time.Minute, nil
				}
				return false, "the record", 9 * time.Minute, nil
			},
			Tell: func(missing string, _ time.Duration) { told = append(told, missing) },
		}
		began := time.Now()
		if err := w.Wait(t.Context()); !errors.Is(err, schedule.ErrWaited) || time.Since(began) != 40*time.Minute || looks != 6 {
			t.Errorf("%v after %s and %d looks", err, time.Since(began), looks)
		}
		if want := []string{"the record", "another", "the record", "the record"}; !slices.Equal(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		w := schedule.Waiter{Look: func(context.Context) (bool, string, time.Duration, error) { return false, "", 0, nil }}
		if err := w.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("its context ended: %v", err)
		}
	})
	broken := errors.New("broken")
	w := schedule.Waiter{Look: func(context.Context) (bool, string, time.Duration, error) { return false, "", 0, broken }}
	if err := w.Wait(t.Context()); !errors.Is(err, broken) {
		t.Errorf("look failed: %v", err)
	}
}
