package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"deputy/delegation"
	"deputy/fault"
	"deputy/name"
	"deputy/plan"
)

const planHelp = `Says which CNAMEs the owner of the DNS has to add, once, as a ticket that can be forwarded. The target of a name
is the same for ever, and nobody can guess another's.`

func (p *program) planCommand() *cobra.Command {
	var more []string
	var zone string
	c := &cobra.Command{
		Use:     "plan NAME...",
		Short:   "The CNAMEs to ask for, as a ticket",
		Long:    planHelp,
		Example: "  deputy plan www.example.org '*.example.org' example.org",
		RunE: func(c *cobra.Command, args []string) error {
			names, err := certificateNames(args, more)
			if err != nil {
				return err
			}
			return p.plan(c.Context(), names, zone)
		},
	}
	c.Flags().StringArrayVarP(&more, "domain", "d", nil, "a `NAME`, beside those given plainly; may be repeated")
	c.Flags().StringVar(&zone, "zone", "", "the `ZONE` of the targets, where several could serve")
	return c
}

func (p *program) plan(ctx context.Context, names []name.Name, zone string) error {
	i, err := p.open(ctx, false)
	if err != nil {
		return err
	}
	defer i.close()
	lines, err := i.lines(ctx, names, zone)
	if err != nil {
		return err
	}
	if p.options.json {
		for _, l := range lines {
			p.print(map[string]any{"names": l.Names, "owner": l.Owner, "type": "CNAME", "target": l.Target, "zone": l.Zone, "done": l.Done})
		}
		return nil
	}
	if ask := slices.DeleteFunc(slices.Clone(lines), func(l plan.Line) bool { return l.Done }); len(ask) > 0 {
		fmt.Fprint(p.stdout, plan.Ticket(ask))
		return nil
	}
	fmt.Fprintln(p.stdout, "Nothing to ask for: every delegation is there.")
	return nil
}

// lines makes one line for each challenge name: a wildcard and its host share theirs.
func (i *installation) lines(ctx context.Context, names []name.Name, zone string) ([]plan.Line, error) {
	var lines []plan.Line
	for _, n := range names {
		at := slices.IndexFunc(lines, func(l plan.Line) bool { return l.Names[0].Host() == n.Host() })
		if at >= 0 {
			lines[at].Names = append(lines[at].Names, n)
			continue
		}
		line, err := i.line(ctx, n, zone)
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	return lines, nil
}

// line plans one name, and looks whether its delegation is there already. A chain that can't be told does not stop a
// plan: the ticket is right all the same.
func (i *installation) line(ctx context.Context, n name.Name, zone string) (plan.Line, error) {
	challenge, _ := n.Challenge() // certificateNames saw to it
	target, err := i.planTarget(ctx, n, zone)
	if err != nil {
		return plan.Line{}, err
	}
	line := plan.Line{Names: []name.Name{n}, Owner: challenge, Target: target}
	if authority, err := i.resolver.Authorities(ctx, challenge); err == nil && authority.Zone.Labels() > 1 {
		line.Zone = authority.Zone // of a domain that does not exist the parent is told, whose owner is somebody else
	}
	zones, fixed, err := i.registry.Expect(ctx, n.Host())
	if err != nil {
		return line, err
	}
	chain, err := delegation.Follow(ctx, i.resolver, n)
	if err != nil {
		return line, err
	}
	line.Done = len(delegation.Judge(chain, delegation.Expectation{Zones: zones, Target: fixed, Advice: target})) == 0
	if line.Done && len(chain.Hops) > 0 {
		line.Target = chain.Target // a delegation that works is taken as it is
	}
	return line, nil
}

// planTarget chooses the target of a name: custom value mode's, the one that was planned before, or a new one in zone.
func (i *installation) planTarget(ctx context.Context, n name.Name, zone string) (name.Name, error) {
	if zone != "" {
		return i.targetIn(ctx, n, zone)
	}
	target, err := i.advise(ctx, n.Host())
	if err != nil || !target.IsZero() {
		return target, err
	}
	zones, _, err := i.registry.Expect(ctx, n.Host())
	if err != nil {
		return target, err
	}
	f := &fault.Fault{Code: fault.BadSettings, Tried: "choose a zone for the target of " + n.String(), Seen: "several could serve: " + namesText(zones), Do: "name one with --zone", Who: fault.Admin}
	if len(zones) == 0 {
		f.Code, f.Seen, f.Do = fault.NotSetUp, "no DNS Provider has a zone", "deputy provider add"
	}
	return target, f
}

func (i *installation) targetIn(ctx context.Context, n name.Name, zone string) (name.Name, error) {
	z, err := name.ParseOwner(zone)
	if err != nil {
		return name.Name{}, usageError{fmt.Errorf("--zone: %w", err)}
	}
	zones, _, err := i.registry.Expect(ctx, n.Host())
	if err != nil {
		return name.Name{}, err
	}
	if !slices.Contains(zones, z) {
		return name.Name{}, usageError{errors.New("--zone " + zone + " is in no DNS Provider; see deputy provider list")}
	}
	return i.planner.Target(ctx, n.Host(), z)
}
