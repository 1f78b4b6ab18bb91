package schedule

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"time"

	"deputy/name"
	"deputy/store"
)

// When a name is looked at again. A broken one is looked at soon, since a mistake is often mended within the hour, and
// then at longer distances; whoever mended it later hears of it within six hours.
const (
	oftenLook    = 6 * time.Hour // broken for long, or near renewal
	unknownLook  = 30 * time.Minute
	firstBroken  = 15 * time.Minute
	secondBroken = time.Hour
	thirdBroken  = 4 * time.Hour
	nearRenewal  = 7 * day // before a certificate is due
)

// spread is a name's own time of day, as the time since midnight (UTC) in whole seconds: of ten thousand names some seven
// come every minute. The installation's key is in it, so that not all installations ask for one name at one time.
func spread(key []byte, host name.Name) time.Duration {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("look/" + host.String()))
	return time.Duration(binary.BigEndian.Uint64(mac.Sum(nil))%uint64(day/time.Second)) * time.Second
}

// nextLook says when to look again after l, which is the newest look: a day later at most. near says that a certificate
// with that name is near its renewal; offset is the name's own time of day.
func nextLook(l store.Look, near bool, offset time.Duration) time.Time {
	age := l.Last.Sub(l.Since)
	switch {
	case l.Verdict == unknown:
		return l.Last.Add(unknownLook)
	case l.Verdict == broken && age < firstBroken:
		return l.Last.Add(firstBroken)
	case l.Verdict == broken && age < firstBroken+secondBroken:
		return l.Last.Add(secondBroken)
	case l.Verdict == broken && age < firstBroken+secondBroken+thirdBroken:
		return l.Last.Add(thirdBroken)
	case l.Verdict == broken || near:
		return slot(l.Last, offset, oftenLook)
	}
	return slot(l.Last, offset, day)
}

// slot is the first time after now that lies offset after a whole number of periods since midnight.
func slot(now time.Time, offset, period time.Duration) time.Time {
	at := now.UTC().Truncate(period).Add(offset % period)
	if !at.After(now) {
		at = at.Add(period)
	}
	return at
}
