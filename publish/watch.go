package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"deputy/name"
	"deputy/resolver"
	"deputy/store"
)

// errReview interrupts a watch, so that the values at the host can be looked at.
var errReview = errors.New("time to look at the host")

// want is what servers have to show at one target name.
type want struct {
	owner       name.Name
	zone        name.Name // zero when nobody could tell
	values      []string
	certificate string
}

// check is one question that is asked until its answer will do: does this server show these values?
type check struct {
	want   want
	server resolver.Server
	weak   bool // it stands for two public resolvers, since no authority of the zone can be reached
	search bool // it stands for the servers whose addresses are not known yet

	shown    bool
	before   bool                     // it showed them once
	answered bool                     // it answered for the zone, so that it is never left out
	quiet    time.Time                // since when it does not answer; zero after an answer
	reason   string                   // why it does not
	named    bool                     // it was told that it is left out
	unknown  []resolver.AddressLookup // of a search: what is still to be looked up
	without  []name.Name              // of a search: name servers without an address, which were told
	serial   uint32                   // of the zone, when it last lacked a value; 0 when not known
	ttl      time.Duration            // of the set
}

// watch looks at all servers of all targets of one batch.
type watch struct {
	dns      Authorities
	sink     store.Sink
	grace    time.Duration
	deadline time.Time
	began    time.Time
	wants    []want
	checks   []*check
	last     string // the progress that was told last
}

// watch finds whom to ask. What can't be found at once is searched for while the others are asked.
func (k *Keeper) watch(ctx context.Context, h *Held) (*watch, error) {
	w := &watch{dns: k.DNS, sink: k.Tell, grace: k.grace(), began: time.Now()}
	w.deadline = w.began.Add(k.limit())
	var slowest time.Duration
	for _, s := range h.sites {
		// A host that says how long it takes to publish gets twice as long: it may have begun just before the write.
		slowest = max(slowest, s.traits.Publication)
		if enough := w.began.Add(2 * slowest); w.deadline.Before(enough) {
			w.deadline = enough
		}
		item := want{owner: s.owner, values: texts(s.publications), certificate: s.publications[0].Certificate}
		c := &check{want: item, search: true}
		found := w.ask(ctx, c)
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		w.wants = append(w.wants, item)
		w.checks = append(w.checks, c)
		w.apply(ctx, found)
	}
	_, servers := w.tally()
	text := fmt.Sprintf("asking %s for %s", count(servers, "server"), w.what())
	if slowest > 0 {
		text += fmt.Sprintf("; the host normally takes %s to publish", slowest)
	}
	w.tell(ctx, "publish.await", text)
	return w, nil
}

// pace is the wait between two questions to one server, a tenth of the time waited so far, within 0.25 and 5 s.
func pace(waited time.Duration) time.Duration {
	return min(max(waited/10, 250*time.Millisecond), 5*time.Second)
}

// sighting is what one question brought.
type sighting struct {
	check     *check
	shown     bool
	answered  bool
	reason    string
	serial    uint32
	ttl       time.Duration
	authority resolver.Authority // what a search brought
}

// run asks all servers that don't show their values yet, each in its own rhythm, until all that count do. It returns
// errReview when that takes longer than review, and errLimit at the watch's deadline. Only the goroutine that runs it
// touches the checks and tells events.
func (w *watch) run(ctx context.Context, review time.Duration) error {
	asking, cancel := context.WithCancel(ctx)
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel()
	sightings := make(chan sighting)
	ask := func(c *check) { all.Go(func() { w.follow(asking, c, sightings) }) }
	for _, c := range w.checks {
		if !c.shown {
			ask(c)
		}
	}
	tick := time.NewTicker(250 * time.Millisecond) // silence is measured in seconds
	defer tick.Stop()
	for until := time.Now().Add(review); ; {
		w.nameSilent(ctx)
		for _, c := range w.deaf() {
			w.checks = append(w.checks, c)
			w.say(ctx, "publish.weaker", "weaker: no server of the zone can be reached from here, two public resolvers are asked instead", c.want)
			ask(c)
		}
		if w.done() {
			return nil
		}
		select {
		case s := <-sightings:
			for _, c := range w.apply(ctx, s) {
				ask(c)
			}
			w.progress(ctx)
		case now := <-tick.C:
			if now.After(w.deadline) {
				return errLimit
			}
			if now.After(until) {
				return errReview
			}
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// follow asks one server until it shows its values, or searches until nothing is left to be found, and hands every
// answer over.
func (w *watch) follow(ctx context.Context, c *check, sightings chan<- sighting) {
	for {
		s := w.ask(ctx, c)
		select {
		case sightings <- s:
		case <-ctx.Done():
			return
		}
		if s.over() || wait(ctx, pace(time.Since(w.began))) != nil {
			return
		}
	}
}

// ask puts the question of c once; it reads only what of c never changes.
func (w *watch) ask(ctx context.Context, c *check) sighting {
	switch {
	case c.weak:
		return w.askViews(ctx, c)
	case c.search:
		return w.lookFor(ctx, c)
	}
	a, err := w.dns.QueryAt(ctx, c.server, c.want.owner, resolver.TXT)
	if err != nil {
		return sighting{check: c, reason: reason(err)}
	}
	s := sighting{check: c, answered: true, shown: shows(a, c.want), ttl: ttl(a, c.want)}
	if !s.shown {
		s.serial = w.serial(ctx, c, a)
	}
	return s
}

// askViews asks two public resolvers; both have to show the values.
func (w *watch) askViews(ctx context.Context, c *check) sighting {
	answers, err := w.dns.Views(ctx, c.want.owner, resolver.TXT)
	if err != nil {
		return sighting{check: c, reason: reason(err)}
	}
	s := sighting{check: c, answered: true, shown: len(answers) >= 2}
	for _, a := range answers {
		s.shown = s.shown && shows(a, c.want)
		s.ttl = max(s.ttl, ttl(a, c.want))
	}
	return s
}

// serial is how old the zone is at a server that lacks a value; 0 if it does not say.
func (w *watch) serial(ctx context.Context, c *check, a resolver.Answer) uint32 {
	if a.SOA != nil {
		return a.SOA.Serial
	}
	soa, err := w.dns.QueryAt(ctx, c.server, c.want.zone, resolver.SOA)
	if err != nil {
		return 0
	}
	for _, r := range soa.Of(c.want.zone, resolver.SOA) {
		return r.Serial
	}
	return 0
}

// shows says that an answer holds every wanted value, octet for octet.
func shows(a resolver.Answer, want want) bool {
	records := a.Of(want.owner, resolver.TXT)
	for _, value := range want.values {
		if !slices.ContainsFunc(records, func(r resolver.Record) bool { return r.Text == value }) {
			return false
		}
	}
	return true
}

func ttl(a resolver.Answer, want want) time.Duration {
	var longest uint32
	for _, r := range a.Of(want.owner, resolver.TXT) {
		longest = max(longest, r.TTL)
	}
	return time.Duration(longest) * time.Second
}

func reason(err error) string {
	var failure *resolver.Failure
	if errors.As(err, &failure) {
		return failure.Reason
	}
	return fmt.Sprintf("%.200s", err)
}

// over says that there is nothing more to ask.
func (s sighting) over() bool {
	if s.check.search {
		return s.found() && len(s.authority.Unknown) == 0
	}
	return s.shown
}

// apply takes a sighting over into its check. It gives the checks that a search adds.
func (w *watch) apply(ctx context.Context, s sighting) []*check {
	c := s.check
	c.shown, c.serial = s.shown, s.serial
	c.before = c.before || s.shown
	c.ttl = max(c.ttl, s.ttl)
	if s.answered {
		c.answered, c.quiet, c.reason = true, time.Time{}, ""
		return nil
	}
	c.reason = s.reason
	if c.quiet.IsZero() {
		c.quiet = time.Now()
	}
	if c.search && s.found() {
		return w.found(ctx, c, s.authority)
	}
	return nil
}
