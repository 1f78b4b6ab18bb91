package delegation

import "testing"

func TestInWords(t *testing.T) {
	t.Parallel()
	for seconds, want := range map[uint32]string{
		0: "0 seconds", 1: "1 second", 45: "45 seconds", 60: "1 minute", 90: "1 minute 30 seconds", 300: "5 minutes",
		3600: "1 hour", 5400: "1 hour 30 minutes", 86400: "1 day", 90061: "1 day 1 hour 1 minute 1 second", 604800: "7 days",
	} {
		if got := inWords(seconds); got != want {
			t.Errorf("%d: %q, want %q", seconds, got, want)
		}
	}
}
