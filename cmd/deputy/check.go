package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"deputy/delegation"
	"deputy/fault"
	"deputy/name"
	"deputy/plan"
	"deputy/resolver"
)

const checkHelp = `Follows the challenge name of each NAME as a CA does, shows every hop, and says what is wrong, which record
to change and whose change it is. It needs no set-up, asks no CA and writes no DNS.

With a set-up (deputy init) it also knows whether the delegation leads to a zone that deputy may change.

Exit: 0 right, 3 somebody must change DNS, 4 could not tell, try later.`

// checked is what check found out about one name.
type checked struct {
	name   name.Name
	chain  delegation.Chain
	faults []*fault.Fault
	notes  []delegation.Note
	advice name.Name
}

func (p *program) checkCommand() *cobra.Command {
	var more []string
	var target string
	c := &cobra.Command{
		Use:     "check NAME...",
		Short:   "Is the delegation right? Needs no set-up",
		Long:    checkHelp,
		Example: "  deputy check www.example.org\n  deputy check --target validation.example.net www.example.org",
		RunE: func(c *cobra.Command, args []string) error {
			names, err := certificateNames(args, more)
			if err != nil {
				return err
			}
			return p.check(c.Context(), names, target)
		},
	}
	c.Flags().StringArrayVarP(&more, "domain", "d", nil, "a `NAME`, beside those given plainly; may be repeated")
	c.Flags().StringVar(&target, "target", "", "where the CNAME has to lead, when there is no set-up that knows")
	return c
}

// check looks at all names, at most eight at once, and prints them in the order given.
func (p *program) check(ctx context.Context, names []name.Name, target string) error {
	expect, dns, done, err := p.expectation(ctx, target)
	if err != nil {
		return err
	}
	defer done()
	results := make([]checked, len(names))
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for n, one := range names {
		group.Go(func() (err error) {
			results[n], err = checkOne(within, dns, one, expect)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	code := exitDone
	for _, r := range results {
		p.printChecked(r)
		if len(r.faults) > 0 {
			code = worse(code, exitOf(r.faults[0].Code))
		}
	}
	p.printTicket(results)
	if code != exitDone {
		return errSaid{code}
	}
	return nil
}

// worse orders exit codes: a change that somebody must make is said before what could not be told.
func worse(a, b int) int {
	if a == exitDNS || b == exitDNS {
		return exitDNS
	}
	return max(a, b)
}

// expecter says what is known of a name's delegation.
type expecter func(context.Context, name.Name) (delegation.Expectation, error)

// expectation reads what the set-up knows, if there is one; --target comes first.
func (p *program) expectation(ctx context.Context, target string) (expecter, *resolver.Client, func(), error) {
	var fixed name.Name
	if target != "" {
		var err error
		if fixed, err = name.ParseOwner(target); err != nil {
			return nil, nil, nil, usageError{fmt.Errorf("--target: %w", err)}
		}
	}
	is, err := p.isSetUp()
	if err != nil {
		return nil, nil, nil, err
	}
	if fixed.IsZero() && is {
		i, err := p.open(ctx, false)
		if err != nil {
			return nil, nil, nil, err
		}
		return i.expect, i.resolver, func() { _ = i.close() }, nil // nothing was written that closing could lose
	}
	dns, err := p.newResolver()
	expect := func(context.Context, name.Name) (delegation.Expectation, error) {
		return delegation.Expectation{Target: fixed, Advice: fixed}, nil
	}
	return expect, dns, func() {}, err
}

// expect is what this installation knows of cert's delegation.
func (i *installation) expect(ctx context.Context, cert name.Name) (delegation.Expectation, error) {
	zones, target, err := i.registry.Expect(ctx, cert)
	if err != nil {
		return delegation.Expectation{}, err
	}
	advice, err := i.advise(ctx, cert)
	return delegation.Expectation{Zones: zones, Target: target, Advice: advice}, err
}

func checkOne(ctx context.Context, dns *resolver.Client, n name.Name, expect expecter) (checked, error) {
	expected, err := expect(ctx, n.Host())
	if err != nil {
		return checked{}, err
	}
	chain, err := delegation.Follow(ctx, dns, n)
	if err != nil {
		return checked{}, err
	}
	chain.View = dns.View()
	return checked{n, chain, delegation.Judge(chain, expected), chain.Notes(expected), expected.Advice}, nil
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

func (p *program) printChecked(r checked) {
	if p.options.json {
		p.print(checkedObject(r))
		return
	}
	fmt.Fprintf(p.stdout, "%s: %s\n", r.name, r.verdict())
	for _, line := range delegation.Draw(r.chain) {
		fmt.Fprintf(p.stdout, "  %s\n", line)
	}
	for _, n := range r.notes {
		fmt.Fprintf(p.stdout, "  note: %s\n", n.Text)
	}
	for _, f := range r.faults {
		fmt.Fprintf(p.stdout, "  %s: %s\n    to do: %s\n    by:    %s\n", f.Code, f.Seen, strings.ReplaceAll(f.Do, "\n", "\n           "), f.Who)
	}
}

// checkedObject is the object that --json prints for a name; its fields are stable.
func checkedObject(r checked) map[string]any {
	faults, hops, notes := []map[string]any{}, []map[string]any{}, []map[string]string{}
	code := ""
	for n, f := range r.faults {
		if n == 0 {
			code = string(f.Code)
		}
		faults = append(faults, map[string]any{"code": f.Code, "at": r.chain.Challenge, "seen": f.Seen, "do": f.Do, "who": f.Who, "after": int(r.chain.After().Seconds())})
	}
	for _, h := range r.chain.Hops {
		hops = append(hops, map[string]any{"owner": h.Owner, "type": "CNAME", "target": h.Target, "ttl": h.TTL, "server": h.Server.String()})
	}
	for _, n := range r.notes {
		notes = append(notes, map[string]string{"code": n.Code, "text": n.Text})
	}
	return map[string]any{
		"name": r.name, "challenge": r.chain.Challenge, "verdict": r.verdict(), "code": code, "faults": faults, "notes": notes,
		"hops": hops, "target": r.chain.Target, "zone": r.chain.Zone, "view": r.chain.View,
	}
}

// printTicket writes the request that can be forwarded, for the names that lack their CNAME.
func (p *program) printTicket(results []checked) {
	var lines []plan.Line
	for _, r := range results {
		if len(r.faults) == 0 || r.faults[0].Code != fault.NoDelegation || r.advice.IsZero() {
			continue
		}
		at := slices.IndexFunc(lines, func(l plan.Line) bool { return l.Owner == r.chain.Challenge })
		if at >= 0 {
			lines[at].Names = append(lines[at].Names, r.name)
			continue
		}
		line := plan.Line{Names: []name.Name{r.name}, Owner: r.chain.Challenge, Target: r.advice}
		if zone := r.chain.OwnerZone; zone.Labels() > 1 { // of a domain that does not exist the parent is told
			line.Zone = zone
		}
		lines = append(lines, line)
	}
	if len(lines) > 0 && !p.options.json {
		fmt.Fprintf(p.stdout, "\n%s", plan.Ticket(lines))
	}
}

var errNoZones = errors.New("no DNS Provider has a zone")
