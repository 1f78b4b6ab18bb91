package main

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"deputy/delegation"
	"deputy/fault"
	"deputy/name"
)

const checkHelp = `Follows the challenge name of each NAME as a CA does, from the root of the DNS, asks every address of every name
server on the way, shows every hop, and says what is wrong, which record to change and whose change it is. It needs no
set-up, asks no CA and writes no DNS.

With a set-up (deputy init) it also knows whether the delegation leads to a zone that deputy may change, and whether
CAA records let the account's CA issue. Without one, CAA is judged for Let's Encrypt, or the CA of --server.

With both --root and --resolver the chain is read from the root, and the resolver is the local view beside it, and the
judge of DNSSEC if it validates. With neither, the local view is the system's resolver.

Exit: 0 right, 3 somebody must change DNS, 4 could not tell, try later.`

// checkAtOnce bounds the names that are looked at side by side.
const checkAtOnce = 32

// checkFlags are the flags of check.
type checkFlags struct {
	names  nameSources
	target string
	server string
	svg    string
}

// checked is what check found out about one name.
type checked struct {
	text   string // the name as it was given
	name   name.Name
	chain  delegation.Chain
	expect delegation.Expectation
	faults []*fault.Fault
	notes  []delegation.Note
}

func (p *program) checkCommand() *cobra.Command {
	var f checkFlags
	c := &cobra.Command{
		Use:   "check NAME...",
		Short: "Is the delegation right? Needs no set-up",
		Long:  checkHelp,
		Example: `  deputy check www.example.org
  deputy check --target validation.example.net www.example.org
  deputy check --names names.txt --json
  deputy check --from www.example.org:443`,
		RunE: func(c *cobra.Command, args []string) error {
			asked, err := p.readNames(c.Context(), args, f.names)
			if err != nil {
				return err
			}
			return p.check(c.Context(), asked, f)
		},
	}
	f.names.add(c)
	c.Flags().StringVar(&f.target, "target", "", "where the CNAME has to lead, when there is no set-up that knows")
	c.Flags().StringVar(&f.server, "server", "", "the `CA` for which CAA records are judged: a name as in deputy init, or the URL of a directory")
	c.Flags().StringVar(&f.svg, "svg", "", "write a picture of the chain to `FILE`; of several names each has its own, FILE-NAME.svg")
	return c
}

// check looks at all names and prints them in the order given; those that are none are faults, and the others are
// checked all the same.
func (p *program) check(ctx context.Context, asked []askedName, f checkFlags) error {
	s, err := p.surveyor(ctx, f)
	if err != nil {
		return err
	}
	defer s.close()
	results := make([]checked, len(asked))
	var done atomic.Int64
	defer p.tellCount(len(asked), &done)()
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(checkAtOnce)
	for n, one := range asked {
		group.Go(func() (err error) {
			defer done.Add(1)
			results[n], err = s.look(within, one)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	s.compare(results)
	return p.report(results, f.svg)
}

// report prints what was found, and gives the exit code.
func (p *program) report(results []checked, svg string) error {
	code := exitDone
	for _, r := range results {
		p.printChecked(r)
		if len(r.faults) > 0 {
			code = worse(code, exitOf(r.faults[0].Code))
		}
	}
	if err := writePictures(svg, results); err != nil {
		return err
	}
	p.printTicket(results)
	if code != exitDone {
		return errSaid{code}
	}
	return nil
}

// worse orders exit codes: a change that somebody must make is said before what could not be told, and that before
// names that are none.
func worse(a, b int) int {
	for _, code := range []int{exitDNS, exitUnknown} {
		if a == code || b == code {
			return code
		}
	}
	return max(a, b)
}

// tellEvery is how often a long check says how far it is.
const tellEvery = 5 * time.Second

// tellCount says on stderr how many of many names are done, until the function that it gives is called.
func (p *program) tellCount(all int, done *atomic.Int64) func() {
	if p.options.quiet || all < 2*checkAtOnce {
		return func() {}
	}
	ticker, stop := time.NewTicker(tellEvery), make(chan struct{})
	go func() {
		for {
			select {
			case <-ticker.C:
				fmt.Fprintf(p.stderr, "%d of %d names\n", done.Load(), all)
			case <-stop:
				return
			}
		}
	}()
	return func() {
		ticker.Stop()
		close(stop)
	}
}

// compare finds names of this run that share a target though they are different hosts, and judges again what that
// changes.
func (s *surveyor) compare(results []checked) {
	hosts := map[name.Name][]name.Name{}
	for _, r := range results {
		if target := r.chain.Target; len(r.chain.Hops) > 0 && !target.IsZero() && !slices.Contains(hosts[target], r.name.Host()) {
			hosts[target] = append(hosts[target], r.name.Host())
		}
	}
	for n, r := range results {
		for _, other := range hosts[r.chain.Target] {
			if other != r.name.Host() && !slices.Contains(r.expect.Shared, other) {
				results[n].expect.Shared = append(results[n].expect.Shared, other)
			}
		}
		if len(results[n].expect.Shared) > len(r.expect.Shared) {
			results[n].judge()
		}
	}
}

// judge measures the chain against what is expected of it.
func (r *checked) judge() {
	if r.chain.Challenge.IsZero() {
		return // no name: that is its fault
	}
	r.faults, r.notes = delegation.Judge(r.chain, r.expect), r.chain.Notes(r.expect)
}

func (r checked) verdict() delegation.Verdict {
	switch {
	case len(r.faults) == 0:
		return delegation.Good
	case exitOf(r.faults[0].Code) == exitUnknown:
		return delegation.Unknown
	}
	return delegation.Broken
}
