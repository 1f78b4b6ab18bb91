package schedule

import (
	"math/rand/v2"
	"time"
)

// jitter is how much earlier than a day after the last failure the next try may be, so that not all certificates of all
// installations come back at one time of day. Earlier, not later: what runs from a timer would miss its turn by a minute.
const jitter = 2 * time.Hour

// backoff is the time to wait after so many failures in a row: 1 min, 10 min, 100 min, then a day. Let's Encrypt allows
// five failed authorizations an hour for a name, and pauses a name that fails on for months.
func backoff(failures int) time.Duration {
	switch failures {
	case 0, 1:
		return time.Minute
	case 2:
		return 10 * time.Minute
	case 3:
		return 100 * time.Minute
	}
	return day - rand.N(jitter)
}
