package resolver

import (
	"context"
	"sync"
	"sync/atomic"

	"deputy/name"
)

// flights keeps many questions from asking the same thing at once: the first asks, the others wait for what it puts
// into the cache, and ask themselves only where that does not help them.
type flights struct {
	mu    sync.Mutex
	under map[flight]chan struct{}
}

// flight is what is being asked: the referral from zone towards name, or the addresses of name.
type flight struct {
	zone, name name.Name
	typ        Type
}

// begin says whether the caller is the first; then it has to call done. For the others it returns when the first is
// done, or ctx ends.
func (f *flights) begin(ctx context.Context, key flight) (done func(), first bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if running := f.under[key]; running != nil {
		f.mu.Unlock()
		select {
		case <-running:
		case <-ctx.Done():
		}
		f.mu.Lock()
		return func() {}, false
	}
	if f.under == nil {
		f.under = map[flight]chan struct{}{}
	}
	running := make(chan struct{})
	f.under[key] = running
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.under, key)
		close(running)
	}, true
}

// minUnheard is how many zones have to stay wholly silent before port 53 counts as blocked.
const minUnheard = 3

// reach remembers whether authoritative servers can be asked from here, where a resolver gives the answers.
type reach struct {
	heard   atomic.Bool
	unheard atomic.Int32
}

// blocked says that nobody was ever heard, though servers of several zones were asked.
func (r *reach) blocked() bool { return !r.heard.Load() && r.unheard.Load() >= minUnheard }

// tell notes how a zone was asked.
func (r *reach) tell(heard bool) {
	if heard {
		r.heard.Store(true)
		return
	}
	r.unheard.Add(1)
}
