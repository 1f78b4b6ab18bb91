package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"deputy/name"
	"deputy/plan"
	"deputy/schedule"
)

// waitFlag is a duration, or for ever.
type waitFlag time.Duration

// forEver is a wait without an end.
const forEver = waitFlag(-1)

func (w *waitFlag) String() string {
	if *w == forEver {
		return "for ever"
	}
	return time.Duration(*w).String()
}

func (w *waitFlag) Type() string { return "duration" }

func (w *waitFlag) Set(text string) error {
	if text == "for ever" {
		*w = forEver
		return nil
	}
	d, err := time.ParseDuration(text)
	if err == nil && d <= 0 {
		err = errors.New("it has to be longer than nothing")
	}
	*w = waitFlag(d)
	return err
}

// awaitDelegations prints the ticket where a delegation is not right, and looks until all are. What can't be told is
// waited out like what is missing.
func (i *installation) awaitDelegations(ctx context.Context, names []name.Name, limit time.Duration) error {
	s, err := i.surveyor(ctx, "")
	if err != nil {
		return err
	}
	p, asked := i.program, false
	w := schedule.Waiter{Limit: max(limit, 0)}
	w.Tell = func(missing string, next time.Duration) {
		p.say("waiting: %s; looking again in %s", missing, next.Round(time.Second))
	}
	var results []checked
	w.Look = func(ctx context.Context) (bool, string, time.Duration, error) {
		results, err = s.lookAtAll(ctx, names)
		if err != nil {
			return false, "", 0, err
		}
		missing, cached := wrong(results)
		if missing != "" && !asked {
			asked = true
			err = i.printWaited(ctx, names)
		}
		return missing == "", missing, cached, err
	}
	err = w.Wait(ctx)
	if !errors.Is(err, schedule.ErrWaited) {
		return err
	}
	for _, r := range results {
		for _, f := range r.faults {
			p.printFault(f)
		}
	}
	p.say("deputy: waited %s in vain; the same command goes on where this one was", limit)
	return errSaid{exitWaited}
}

// lookAtAll looks at every host once: a wildcard shares its delegation.
func (s *surveyor) lookAtAll(ctx context.Context, names []name.Name) ([]checked, error) {
	results := make([]checked, len(names))
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(checkAtOnce)
	for n, one := range names {
		group.Go(func() (err error) {
			results[n], err = s.look(within, askedName{text: one.String(), name: one})
			return err
		})
	}
	return results, group.Wait()
}

// wrong says in one line what is wrong with which names, and how long caches may hold it.
func wrong(results []checked) (missing string, cached time.Duration) {
	var texts []string
	for _, r := range results {
		if len(r.faults) == 0 {
			continue
		}
		texts = append(texts, fmt.Sprintf("%s: %s", r.name, r.faults[0].Code))
		if cached == 0 || r.chain.After() < cached {
			cached = r.chain.After()
		}
	}
	return strings.Join(texts, ", "), cached
}

// printWaited prints the ticket for the delegations that are not there.
func (i *installation) printWaited(ctx context.Context, names []name.Name) error {
	if i.program.options.json {
		return nil // the events say what is waited for
	}
	lines, _, err := i.lines(ctx, names, "", "")
	if err != nil {
		return err
	}
	ask := slices.DeleteFunc(lines, func(l plan.Line) bool { return l.Done })
	if len(ask) > 0 {
		fmt.Fprintf(i.program.stdout, "%s\n", plan.Ticket(ask))
	}
	return nil
}
