package schedule

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"deputy/fault"
	"deputy/name"
	"deputy/store"
)

// looksAtOnce is how many names are looked at at one time.
const looksAtOnce = 8

// lookLimit is how long one look may take. A claim's lease is longer, so it needs no heart-beat; where the store's lease
// is a short one, a look has two thirds of it.
const lookLimit = 20 * time.Second

// Watch looks at the delegations of all certificates' names, whether the certificates are due or not, and keeps what it
// saw. Several may run at once: a name is claimed while it is looked at.
type Watch struct {
	Store *store.Store
	// Look looks at one name and says Verdict, Code, Seen, Do, Who and Chain; the rest of the row is the watch's. Chain is
	// compared with the one before: it holds no TTL and no server. An error is a look that could not tell. A wildcard that
	// a certificate holds is a name of its own here, since CAA may let it be issued and not its host (RFC 8659 §4.3).
	Look func(context.Context, name.Name) (store.Look, error)
	Tell store.Sink // nil: nobody listens. Called by several goroutines
	All  bool       // look at every name now, due or not

	rows looks // nil: those of Store
}

// Round is what one round of a watch came to.
type Round struct {
	Looked  int // names that were looked at: Good + Broken + Unknown
	Good    int
	Broken  int
	Unknown int
	Changed int // those whose change was told
	Left    int // names that another watch was looking at meanwhile
	Forgot  int // names that no certificate holds any more
}

// Run looks once at every name whose look is due, those of the first certificates to expire first, and forgets the names
// that no certificate holds any more. A change is told as an event of kind delegation.broken, delegation.mended,
// delegation.changed or delegation.unknown, just before it is kept: a process that dies between the two tells it twice,
// not never. When ctx ends, looks under way are dropped, and the error says so. The other errors are of the store.
func (w *Watch) Run(ctx context.Context) (Round, error) {
	begun := time.Now()
	v, err := w.looks().view(ctx)
	if err != nil {
		return Round{}, err
	}
	r := round{watch: w, view: v, begun: begun}
	var group errgroup.Group
	group.SetLimit(looksAtOnce)
	waiting := w.waiting(v, begun)
	for n, host := range waiting {
		if ctx.Err() != nil {
			r.fail(fmt.Errorf("%d names were not looked at: %w", len(waiting)-n, ctx.Err()))
			break
		}
		group.Go(func() error {
			r.see(ctx, host)
			return nil
		})
	}
	_ = group.Wait() // the round keeps the errors: one name's does not stop the others
	if len(v.abandoned()) > 0 && ctx.Err() == nil {
		r.Forgot, err = w.looks().forget(ctx)
		r.fail(err)
	}
	return r.Round, errors.Join(r.failures...)
}

// waiting lists the hosts that it is time to look at.
func (w *Watch) waiting(v view, now time.Time) []name.Name {
	next := map[name.Name]time.Time{}
	for _, l := range v.newest {
		next[l.Name] = l.Next
	}
	var hosts []name.Name
	end := map[name.Name]time.Time{}
	for host, holders := range v.holders {
		if w.All || !now.Before(next[host]) {
			hosts = append(hosts, host)
			end[host] = holders[0].NotAfter
		}
	}
	slices.SortFunc(hosts, func(a, b name.Name) int {
		return cmp.Or(end[a].Compare(end[b]), strings.Compare(a.String(), b.String()))
	})
	return hosts
}

// round is one round under way.
type round struct {
	watch *Watch
	view  view
	begun time.Time

	mu sync.Mutex
	Round
	failures []error
}

func (r *round) fail(err error) {
	if err == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, err)
}

// see looks at one host, if it is still time to when it is claimed.
func (r *round) see(ctx context.Context, host name.Name) {
	c, err := r.watch.looks().claim(ctx, host, r.watch.All)
	var other *store.HeldError
	if errors.As(err, &other) {
		r.mu.Lock()
		r.Left++
		r.mu.Unlock()
		return
	}
	if err != nil {
		r.fail(fmt.Errorf("look at %s: %w", host, err))
		return
	}
	err = r.claimed(ctx, c, host)
	if errors.Is(err, store.ErrClaimLost) {
		err = nil // this process was held up, and another one looks
	}
	err = errors.Join(err, c.release(context.WithoutCancel(ctx)))
	if err != nil {
		r.fail(fmt.Errorf("look at %s: %w", host, err))
	}
}

// claimed looks at a host that is claimed. Its rows are read now: another watch may have been here since the round began.
func (r *round) claimed(ctx context.Context, c claimed, host name.Name) error {
	past, err := c.history(ctx)
	if err != nil {
		return err
	}
	if last := newest(past); !last.Last.Before(r.begun) || !r.watch.All && time.Now().Before(last.Next) {
		return nil
	}
	seen, err := r.watch.look(ctx, r.view.forms(host), c.lease())
	if err != nil {
		return err
	}
	row, kind := settle(past, seen)
	row.Next = nextLook(row, r.view.nearRenewal(host, row.Last), spread(r.view.key, host))
	ctx = context.WithoutCancel(ctx)
	if kind != "" && r.watch.Tell != nil {
		r.watch.Tell(ctx, change{kind, host, past, row, r.view.holders[host]}.event())
	}
	if err := c.put(ctx, row); err != nil {
		return err
	}
	r.count(row.Verdict, kind != "")
	return nil
}

func (r *round) count(verdict string, changed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Looked++
	switch verdict {
	case good:
		r.Good++
	case broken:
		r.Broken++
	default:
		r.Unknown++
	}
	if changed {
		r.Changed++
	}
}

// look asks for one look at a host in each of the forms that certificates hold; the worst counts. The end of ctx is none.
func (w *Watch) look(ctx context.Context, forms []name.Name, lease time.Duration) (worst store.Look, err error) {
	limit := min(lookLimit, lease*2/3)
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	rank := []string{"", good, unknown, broken}
	for _, n := range forms {
		l, err := w.Look(limited, n)
		if ctx.Err() != nil {
			return l, ctx.Err()
		}
		if err != nil {
			l = failed(err)
		}
		if err != nil && limited.Err() != nil {
			l.Seen = fmt.Sprintf("the look did not end within %s", limit)
		}
		if l.Verdict != good && l.Verdict != broken {
			l.Verdict = unknown
		}
		if slices.Index(rank, l.Verdict) > slices.Index(rank, worst.Verdict) {
			worst = l
		}
	}
	worst.ID, worst.Name, worst.Last = 0, forms[0].Host(), time.Now()
	worst.Since, worst.Next = worst.Last, time.Time{}
	return worst, nil
}

// failed is the look that ended with err: it could not tell.
func failed(err error) store.Look {
	if f, ok := fault.From(err); ok {
		return store.Look{Verdict: unknown, Code: string(f.Code), Seen: f.Seen, Do: f.Do, Who: string(f.Who)}
	}
	return store.Look{Verdict: unknown, Code: string(fault.NoAnswer), Seen: oneLine(err), Who: string(fault.Nobody)}
}

func (w *Watch) looks() looks {
	if w.rows == nil {
		return kept{w.Store}
	}
	return w.rows
}
