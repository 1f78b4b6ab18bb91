package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"deputy/fault"
	"deputy/name"
	"deputy/store"
)

// The design's rule 4 leaves one question open: what of a name server none of whose addresses answers? It is left out
// as a whole, and named, after the grace, when it was never heard and another name server of the zone shows the values
// (docs/decisions.md says why). A server that answered once is never left out for falling silent: it may answer the CA.

// leftOut says that c does not count: it never answered, for longer than the grace.
func (w *watch) leftOut(c *check) bool {
	return !c.answered && !c.quiet.IsZero() && time.Since(c.quiet) >= w.grace
}

// of are the checks of one target name; weak are those that stand in for its servers.
func (w *watch) of(owner name.Name, weak bool) []*check {
	return slices.DeleteFunc(slices.Clone(w.checks), func(c *check) bool { return c.want.owner != owner || c.weak != weak })
}

// silent says that no server of owner's zone counts.
func (w *watch) silent(owner name.Name) bool {
	return !slices.ContainsFunc(w.of(owner, false), func(c *check) bool { return !w.leftOut(c) })
}

// deaf makes the checks for target names that have no server that counts, and no stand-in yet.
func (w *watch) deaf() []*check {
	var more []*check
	for _, item := range w.wants {
		if w.silent(item.owner) && len(w.of(item.owner, true)) == 0 {
			more = append(more, &check{want: item, weak: true})
		}
	}
	return more
}

// shown says that all that count show the values at owner, and that somebody does.
func (w *watch) shown(owner name.Name) bool {
	counting := w.of(owner, w.silent(owner))
	somebody := false
	for _, c := range counting {
		if !c.shown && (c.weak || !w.leftOut(c)) {
			return false
		}
		somebody = somebody || c.shown
	}
	return somebody
}

func (w *watch) done() bool {
	return !slices.ContainsFunc(w.wants, func(item want) bool { return !w.shown(item.owner) })
}

// vanished says that the values were shown at owner and that nobody shows them any more.
func (w *watch) vanished(owner name.Name) bool {
	before := false
	for _, c := range append(w.of(owner, false), w.of(owner, true)...) {
		if c.shown {
			return false
		}
		before = before || c.before
	}
	return before
}

// forget makes the values at owner be asked for anew: they were written once more.
func (w *watch) forget(owner name.Name) {
	for _, c := range w.checks {
		if c.want.owner == owner {
			c.shown, c.before = false, false
		}
	}
}

// ttl is the longest TTL seen at owner.
func (w *watch) ttl(owner name.Name) time.Duration {
	var longest time.Duration
	for _, c := range w.checks {
		if c.want.owner == owner {
			longest = max(longest, c.ttl)
		}
	}
	return longest
}

// confirm asks everybody once more, those that were left out too, and says whether all that count show their values:
// one that is back without them is waited for. One that does not answer this time counts as it did before; but somebody
// at each target name must answer.
func (w *watch) confirm(ctx context.Context) bool {
	asked := slices.DeleteFunc(slices.Clone(w.checks), func(c *check) bool { return c.weak && !w.silent(c.want.owner) })
	sightings := make([]sighting, len(asked))
	var all sync.WaitGroup
	for i, c := range asked {
		all.Go(func() { sightings[i] = w.ask(ctx, c) })
	}
	all.Wait()
	if ctx.Err() != nil {
		return false
	}
	confirmed := map[name.Name]bool{}
	for _, s := range sightings {
		if s.answered || s.found() {
			w.apply(ctx, s)
		}
		confirmed[s.check.want.owner] = confirmed[s.check.want.owner] || s.shown
	}
	for _, item := range w.wants {
		if !confirmed[item.owner] {
			for _, c := range w.of(item.owner, w.silent(item.owner)) {
				c.shown = false
			}
		}
	}
	w.progress(ctx)
	return w.done()
}

// what names what is waited for.
func (w *watch) what() string {
	n := 0
	for _, item := range w.wants {
		n += len(item.values)
	}
	if n == 1 {
		return "the value"
	}
	return fmt.Sprintf("the %d values", n)
}

// tell emits an event about the batch.
func (w *watch) tell(ctx context.Context, kind, text string) {
	if len(w.wants) > 0 {
		w.say(ctx, kind, text, w.wants[0])
	}
}

// say emits an event about one target name.
func (w *watch) say(ctx context.Context, kind, text string, item want) {
	if w.sink == nil {
		return
	}
	shown, servers := w.tally()
	w.sink(ctx, store.Event{Kind: kind, Certificate: item.certificate, Name: item.owner.String(), Text: text,
		Data: map[string]string{"shown": strconv.Itoa(shown), "servers": strconv.Itoa(servers)}})
}

// tally counts the servers that count, and those of them that show their values.
func (w *watch) tally() (shown, servers int) {
	for _, c := range w.checks {
		switch {
		case c.shown:
			shown++
			servers++
		case w.leftOut(c):
		case c.search:
			servers += len(c.hosts())
		default:
			servers++
		}
	}
	return shown, servers
}

// lacking names the servers that answer and lack a value, with the serial of their zone, and those that are searched for.
func (w *watch) lacking() []string {
	var names []string
	for _, c := range w.checks {
		switch {
		case c.search && !w.leftOut(c):
			for _, host := range c.hosts() {
				names = append(names, fmt.Sprintf("%s (%s)", host, c.missing(host)))
			}
		case c.shown || !c.answered:
		case c.weak:
			names = append(names, "a public resolver")
		case c.reason != "":
			names = append(names, fmt.Sprintf("%s (answered before, now: %s)", c.server, c.reason))
		case c.serial != 0:
			names = append(names, fmt.Sprintf("%s (serial %d)", c.server, c.serial))
		default:
			names = append(names, c.server.String())
		}
	}
	return names
}

// progress tells how many servers show the values, when that has changed.
func (w *watch) progress(ctx context.Context) {
	shown, servers := w.tally()
	text := fmt.Sprintf("%d of %d servers show %s", shown, servers, w.what())
	if lacking := w.lacking(); len(lacking) > 0 {
		text += "; not yet: " + strings.Join(lacking, ", ")
	}
	if text != w.last {
		w.last = text
		w.tell(ctx, "publish.await", text)
	}
}

// nameSilent tells, once, of each server that is left out.
func (w *watch) nameSilent(ctx context.Context) {
	for _, c := range w.checks {
		if c.weak || c.named || !w.leftOut(c) {
			continue
		}
		c.named = true
		switch hosts := c.hosts(); {
		case !c.search:
			w.say(ctx, "publish.silent", fmt.Sprintf("left out: %s: %s%s", c.server, c.reason, w.wholly(c.want.owner, c.server.Host)), c.want)
		case len(hosts) == 0:
			w.say(ctx, "publish.silent", "the servers of the zone can't be found: "+c.reason, c.want)
		default:
			for _, host := range hosts {
				w.say(ctx, "publish.silent", fmt.Sprintf("left out: %s: %s%s", host, c.missing(host), w.wholly(c.want.owner, host)), c.want)
			}
		}
	}
}

// wholly says so where every address of host was named as left out.
func (w *watch) wholly(owner, host name.Name) string {
	for _, c := range w.of(owner, false) {
		if (c.server.Host == host || slices.Contains(c.hosts(), host)) && !c.named {
			return ""
		}
	}
	return "; no address of this name server is left, so it is left out as a whole"
}

// ended is why ctx ended, as a fault that names the servers that lack a value where some do.
func (w *watch) ended(cause error) error {
	if _, ok := fault.From(cause); ok || errors.Is(cause, store.ErrClaimLost) || len(w.lacking()) == 0 {
		return cause
	}
	f := w.fault(cause)
	f.Seen += fmt.Sprintf("; the wait was ended: %v", cause)
	return f
}

// fault names the servers that lack a value when the time to wait is over; cause says what ended it.
func (w *watch) fault(cause error) *fault.Fault {
	i := slices.IndexFunc(w.wants, func(item want) bool { return !w.shown(item.owner) })
	item := w.wants[max(i, 0)]
	f := &fault.Fault{
		Code:  fault.NotPropagated,
		Tried: fmt.Sprintf("see %s at %s, for %s", strings.Join(item.values, " and "), item.owner, time.Since(w.began).Round(time.Second)),
		Who:   fault.DNSHost,
		Err:   cause,
	}
	if lacking := w.lacking(); len(lacking) > 0 {
		f.Seen = "not shown by " + strings.Join(lacking, ", ")
		f.Do = fmt.Sprintf("see why these do not follow the zone's primary server (NOTIFY, zone transfer), and whether the TXT record is at %s at all; then try again", item.owner)
		return f
	}
	f.Seen = "no server of the zone answers, and public resolvers do not show it either"
	f.Do = fmt.Sprintf("see whether the zone of %s has servers that answer, and allow DNS queries (port 53, UDP and TCP) from here; then try again", item.owner)
	return f
}
