package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"deputy/provider"
)

const providerTestHelp = `Asks the DNS host what the credential of a DNS Provider reaches: logs in, and lists the zones, or looks for those that
the DNS Provider names where the host lists none. It writes nothing. Whether it may change them shows
deputy dnsconfig test.

Exit: 0 every zone of the DNS Provider is there, or that can't be told; 1 one is not.`

func (p *program) providerTestCommand() *cobra.Command {
	return &cobra.Command{
		Use: "test NAME", Short: "What does its credential reach? Writes nothing", Long: providerTestHelp, Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return p.with(c.Context(), false, func(i *installation) error { return i.testProvider(c.Context(), args[0]) })
		},
	}
}

func (i *installation) testProvider(ctx context.Context, name string) error {
	r, err := i.registry.Reach(ctx, name)
	if err != nil {
		return err
	}
	p := i.program
	missing := zonesOf(r, func(z provider.ReachedZone) bool { return z.Named && z.State == provider.ZoneMissing })
	if p.options.json {
		p.print(reachObject(r))
	} else {
		p.printReach(r, missing)
	}
	if len(missing) > 0 {
		return errSaid{exitFailed}
	}
	return nil
}

func (p *program) printReach(r provider.Reach, missing []string) {
	found := zonesOf(r, func(z provider.ReachedZone) bool { return z.State == provider.ZoneFound })
	if r.Login {
		fmt.Fprintf(p.stdout, "%s: logged in\n", r.Provider)
	}
	switch {
	case r.Listed && len(found) == 0:
		fmt.Fprintf(p.stdout, "%s: this credential reaches no zone\n", r.Provider)
	case r.Listed:
		fmt.Fprintf(p.stdout, "%s: this credential reaches %s: %s\n", r.Provider, counted(len(found), "zone"), strings.Join(found, ", "))
	case len(found) > 0:
		fmt.Fprintf(p.stdout, "%s: this credential reaches %s; what else it reaches the host does not list\n", r.Provider, strings.Join(found, ", "))
	}
	if n := len(found); r.Listed && n > len(zonesOf(r, named)) {
		fmt.Fprintf(p.stdout, "  that is more than the DNS Provider needs: a credential for %s alone would do\n", strings.Join(zonesOf(r, named), ", "))
	}
	for _, z := range r.Zones {
		if z.Named && z.State != provider.ZoneFound {
			fmt.Fprintf(p.stdout, "  %s: %s%s\n", z.Name, stateText(z.State), mark(z.Why != "", ": "+z.Why))
		}
	}
	if len(missing) > 0 {
		fmt.Fprintf(p.stdout, "  of the zones in this DNS Provider, %s %s not among them: add it at the DNS host, give a credential that reaches it, or take it out of zones\n",
			strings.Join(missing, " and "), mark(len(missing) == 1, "is")+mark(len(missing) > 1, "are"))
	}
}

func named(z provider.ReachedZone) bool { return z.Named }

func stateText(s provider.ZoneState) string {
	if s == provider.ZoneMissing {
		return "not there"
	}
	return "can't be told"
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// zonesOf are the names of the zones that fit.
func zonesOf(r provider.Reach, fits func(provider.ReachedZone) bool) []string {
	names := []string{}
	for _, z := range r.Zones {
		if fits(z) {
			names = append(names, z.Name)
		}
	}
	return names
}

// reachObject is what --json prints for provider test; its fields are stable.
func reachObject(r provider.Reach) map[string]any {
	zones := []map[string]any{}
	for _, z := range r.Zones {
		zones = append(zones, map[string]any{"name": z.Name, "id": z.ID, "named": z.Named, "state": z.State, "why": z.Why})
	}
	return map[string]any{"provider": r.Provider, "revision": r.Revision, "login": r.Login, "listed": r.Listed, "zones": zones}
}
