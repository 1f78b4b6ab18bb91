package publish

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"deputy/fault"
	"deputy/store"
)

// change is what is asked of a host at one Target.
type change struct {
	target store.Target
	add    []store.Publication
	remove []store.Publication
}

func (c change) empty() bool { return len(c.add)+len(c.remove) == 0 }

func (c change) rows() []store.Publication { return slices.Concat(c.add, c.remove) }

// apply makes c at the host, under the claim of s; holder is whose the added are. A change whose answer is an error is
// read back: what is there is written, what is gone is withdrawn, and only the rest is tried again, three times in
// all. It returns what is left undone; with an error there is some.
func (k *Keeper) apply(ctx context.Context, s *site, holder *store.Claim, c change) (left change, err error) {
	if err := k.refuseForeign(ctx, s, c.target); err != nil {
		return c, errors.Join(err, k.noteLeft(s, c, err))
	}
	for n := 1; ; n++ {
		c, err = k.attempt(ctx, s, holder, c)
		if c.empty() {
			return c, nil
		}
		if n == tries || !passes(err) || ctx.Err() != nil {
			return c, errors.Join(err, k.noteLeft(s, c, err))
		}
		if stop := k.rest(ctx, n, err, c); stop != nil {
			return c, errors.Join(err, stop, k.noteLeft(s, c, err))
		}
	}
}

// rest waits before c is tried again after err: as long as the host asks for, else a moment.
func (k *Keeper) rest(ctx context.Context, n int, err error, c change) error {
	pause := k.backoff(n)
	if asked, ok := retryAfter(err); ok {
		pause = asked
		k.tell(ctx, "publish.wait", fmt.Sprintf("waiting %s, as the host asks", pause.Round(time.Second)), c.rows())
	}
	return wait(ctx, pause)
}

// attempt sends c once. Both fences are checked in the transactions just before: that of the target's claim, and
// holder's where something is added. A request that was begun is let end: cutting it when ctx ends would leave doubt.
func (k *Keeper) attempt(ctx context.Context, s *site, holder *store.Claim, c change) (change, error) {
	began, begun := time.Now(), s.begun
	before := change{c.target, slices.Clone(c.add), slices.Clone(c.remove)} // s may share its rows with c
	c, err := k.begin(ctx, s, holder, c)
	if err != nil {
		return c, err
	}
	k.tell(ctx, "publish.writing", count(len(c.add), "value")+" to write", c.add)
	k.tell(ctx, "publish.withdrawing", count(len(c.remove), "value")+" to withdraw", c.remove)
	request, cancel := context.WithDeadline(s.kept, began.Add(k.span()))
	defer cancel()
	added, err := k.Host.Change(request, c.add, c.remove)
	k.tell(ctx, "publish.answered", answered(err), c.rows())
	if errors.Is(err, store.ErrNothingSent) {
		s.begun = begun
		c.add, err = k.rewind(s, before.add, err)
	} else {
		c.add = remember(c.add, added)
	}
	done, left := c, change{target: c.target}
	if err != nil {
		done, left = k.readBack(ctx, s, c)
	}
	if journalErr := k.finish(ctx, s, done, k.ended(before.rows(), err, true)); journalErr != nil {
		s.late = s.late || len(c.add) > 0
		return c, errors.Join(err, journalErr)
	}
	return k.keepLeft(s, left, err, k.ended(before.rows(), err, false))
}

// begin journals that a request for c is about to be sent. Until is never set back: an earlier request whose answer was
// lost may end later than this one.
func (k *Keeper) begin(ctx context.Context, s *site, holder *store.Claim, c change) (change, error) {
	span := k.span()
	var err error
	c.remove, err = journal(s.kept, s.claim, c.remove, func(p *store.Publication, now time.Time) {
		p.State, p.Until = store.Withdrawing, latest(now.Add(span), p.Until)
	})
	if err != nil || len(c.add) == 0 {
		return c, err
	}
	c.add, err = journal(ctx, holder, c.add, func(p *store.Publication, now time.Time) {
		p.State, p.Until = store.Intended, latest(now.Add(span), p.Until)
	}, s.claim)
	if err != nil {
		return c, err
	}
	s.begun = true
	s.update(c.add)
	return c, nil
}

// rewind journals rows as they were before begin, since nothing was sent: one that was untouched is so again, and is
// closed without a request.
func (k *Keeper) rewind(s *site, rows []store.Publication, cause error) ([]store.Publication, error) {
	rows, err := journal(s.kept, s.claim, rows, func(*store.Publication, time.Time) {})
	s.update(rows)
	return rows, errors.Join(cause, err)
}

// finish journals what the host has done; ended sets Until.
func (k *Keeper) finish(ctx context.Context, s *site, done change, ended func(p *store.Publication, now time.Time)) error {
	added, err := journal(s.kept, s.claim, done.add, func(p *store.Publication, now time.Time) {
		ended(p, now)
		p.State, p.Error = store.Written, ""
	})
	if err != nil {
		return err
	}
	s.update(added)
	removed, err := journal(s.kept, s.claim, done.remove, func(p *store.Publication, now time.Time) {
		ended(p, now)
		p.State, p.Error = store.Withdrawn, ""
	})
	if err != nil {
		return err
	}
	s.update(removed)
	k.tell(ctx, "publish.written", count(len(added), "value")+" written", added)
	k.tell(ctx, "publish.withdrawn", count(len(removed), "value")+" withdrawn", removed)
	return nil
}

// ended sets the Until of a row after an attempt whose answer was cause; before are the rows as they were when it began.
// Once its request is over that is now, or the end of an earlier request that may still be on its way. One without an
// answer is over only where it was the first that could do what was then seen done: else an earlier one may have.
func (k *Keeper) ended(before []store.Publication, cause error, done bool) func(p *store.Publication, now time.Time) {
	span := k.span()
	return func(p *store.Publication, now time.Time) {
		was := before[slices.IndexFunc(before, func(b store.Publication) bool { return b.ID == p.ID })]
		alone := !was.Until.After(p.Until.Add(-span)) // when this one began, as begin set Until
		first := alone && (untouched(was) || was.State == store.Written)
		if doubtful(cause) && !(done && first) {
			return
		}
		earlier := was.Until
		if limit := now.Add(span); earlier.After(limit) { // a clock that was set back: none takes longer
			earlier = limit
		}
		p.Until = latest(later(now, *p), earlier)
	}
}

// keepLeft journals what the host wants to see again when what is left of a change is removed; and, by ended, how long
// a request for it may still be on its way.
func (k *Keeper) keepLeft(s *site, left change, cause error, ended func(p *store.Publication, now time.Time)) (change, error) {
	calm := func(p *store.Publication, now time.Time) {
		if !untouched(*p) {
			ended(p, now)
		}
	}
	var addErr, removeErr error
	left.add, addErr = journal(s.kept, s.claim, left.add, calm)
	left.remove, removeErr = journal(s.kept, s.claim, left.remove, calm)
	s.update(left.rows())
	return left, errors.Join(cause, addErr, removeErr)
}

// noteLeft journals why what should have been removed is still there.
func (k *Keeper) noteLeft(s *site, left change, cause error) error {
	rows, err := journal(s.kept, s.claim, left.remove, func(p *store.Publication, _ time.Time) {
		p.State, p.Error = store.Withdrawing, cause.Error()
	})
	s.update(rows)
	return err
}

// readBack splits c into what is done and what is left by what can be seen. The host's own answer decides both ways;
// authoritative servers, asked where the host can't be read, may lag, so that only what they show counts; until the
// value is older than any lag that Await would have borne. What is untouched is left: if its value is there, it is
// somebody else's.
func (k *Keeper) readBack(ctx context.Context, s *site, c change) (done, left change) {
	done.target, left.target = c.target, c.target
	left.add = slices.DeleteFunc(slices.Clone(c.add), func(p store.Publication) bool { return !untouched(p) })
	c.add = slices.DeleteFunc(slices.Clone(c.add), untouched)
	if c.empty() {
		return done, left
	}
	request, cancel := context.WithTimeout(s.kept, k.span())
	defer cancel()
	v, err := k.look(request, c.target)
	if err != nil {
		k.tell(ctx, "publish.doubt", "whether the host did it can't be read back", c.rows())
		left.add, left.remove = append(left.add, c.add...), c.remove
		return done, left
	}
	for _, p := range c.add {
		if slices.Contains(v.values, p.Value) {
			done.add = append(done.add, p)
		} else {
			left.add = append(left.add, p)
		}
	}
	for _, p := range c.remove {
		settled := v.exact || v.complete && time.Since(p.Created) > k.limit()
		if settled && !slices.Contains(v.values, p.Value) {
			done.remove = append(done.remove, p)
		} else {
			left.remove = append(left.remove, p)
		}
	}
	return done, left
}

// remember gives the rows the Context that the host wants to see again when they are removed.
func remember(rows, added []store.Publication) []store.Publication {
	rows = slices.Clone(rows)
	for i := range rows {
		for _, a := range added {
			if a.ID == rows[i].ID && !a.Context.IsZero() {
				rows[i].Context = a.Context
			}
		}
	}
	return rows
}

// doubtful says that after err the request may still be carried out.
func doubtful(err error) bool {
	if errors.Is(err, store.ErrNothingSent) {
		return false
	}
	return errors.Is(err, store.ErrDoubt) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// passes says whether trying again may help: not where the host understood and said no, where the document is at
// fault, where the host told us to stay away without saying for how long, or where the work is no longer ours.
func passes(err error) bool {
	if errors.Is(err, store.ErrClaimLost) {
		return false
	}
	f, ok := fault.From(err)
	if !ok {
		return true
	}
	if _, ok := retryAfter(err); ok {
		return true
	}
	switch f.Code {
	case fault.HostFailed, fault.NotWritten, fault.NoAnswer:
		return true
	}
	return false
}

// longestThrottle is how long a host may ask to be left alone before that is an error: deSEC's hour-long limits are,
// its minute-long ones are waited for.
const longestThrottle = 2 * time.Minute

// retryAfter is how long the host that answered with err asks to be left alone, where err says so and that is not too long.
func retryAfter(err error) (time.Duration, bool) {
	var throttled interface{ RetryAfter() time.Duration }
	if !errors.As(err, &throttled) {
		return 0, false
	}
	return throttled.RetryAfter(), throttled.RetryAfter() <= longestThrottle
}

func answered(err error) string {
	if err != nil {
		return "the host answered with an error: " + seen(err)
	}
	return "the host confirmed it"
}
