package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deputy/delegation"
	"deputy/name"
	"deputy/schedule"
	"deputy/store"
)

const watchHelp = `Looks at the delegations of all certificates, due for renewal or not: run it from cron or a systemd timer, every hour
or so. Each name is looked at daily, more often when it is broken or near renewal, and only when it is time to; what
changed is told once, with the text to forward and the certificates that are at stake. Changes DNS never, and asks a CA
for its directory at most.

Exit: 0 all delegations are right, 3 somebody must change DNS, 4 some could not be told for long.`

func (p *program) watchCommand() *cobra.Command {
	var all bool
	c := &cobra.Command{
		Use: "watch", Short: "Look at all delegations, and tell what changed; for cron", Long: watchHelp, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return p.with(c.Context(), false, func(i *installation) error { return i.watch(c.Context(), all) })
		},
	}
	c.Flags().BoolVar(&all, "all", false, "look at every name now, whether it is time to or not")
	return c
}

func (i *installation) watch(ctx context.Context, all bool) error {
	s, err := i.surveyor(ctx, "")
	if err != nil {
		return err
	}
	w := &schedule.Watch{Store: i.store, Tell: i.tell, All: all, Look: s.lookFor}
	r, err := w.Run(ctx)
	p := i.program
	if p.options.json {
		p.print(map[string]any{"looked": r.Looked, "good": r.Good, "broken": r.Broken, "unknown": r.Unknown, "changed": r.Changed, "left": r.Left, "forgot": r.Forgot})
	} else {
		p.say("looked at %d names: %d right, %d broken, %d that could not be told; %d changes", r.Looked, r.Good, r.Broken, r.Unknown, r.Changed)
	}
	if err != nil {
		return err
	}
	return i.delegationsExit(ctx)
}

// delegationsExit is the exit code for how the delegations are, whether this round looked at them or not: a name that is
// broken stays so until it is mended, and one look that could not tell is nothing yet.
func (i *installation) delegationsExit(ctx context.Context) error {
	state, err := schedule.ReadState(ctx, i.store)
	if err != nil {
		return err
	}
	worst := schedule.Well
	for _, c := range state.Certificates {
		for _, n := range c.Names {
			worst = max(worst, n.Health)
		}
	}
	switch worst {
	case schedule.Broken:
		return errSaid{exitDNS}
	case schedule.Unsure:
		return errSaid{exitUnknown}
	}
	return nil
}

// lookFor is one look of the watch at a host.
func (s *surveyor) lookFor(ctx context.Context, host name.Name) (store.Look, error) {
	r, err := s.look(ctx, askedName{text: host.String(), name: host})
	if err != nil {
		return store.Look{}, err
	}
	l := store.Look{Verdict: string(r.verdict()), Chain: chainText(r.chain)}
	if len(r.faults) > 0 {
		f := r.faults[0]
		l.Code, l.Seen, l.Do, l.Who = string(f.Code), f.Seen, f.Do, string(f.Who)
	}
	return l, nil
}

// chainText is a chain without what changes by itself, TTLs and servers: one hop a line.
func chainText(c delegation.Chain) string {
	var lines []string
	for _, h := range c.Hops {
		lines = append(lines, fmt.Sprintf("%s CNAME %s", h.Owner, h.Target))
	}
	return strings.Join(lines, "\n")
}

func (p *program) statusCommand() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "How all certificates and their delegations are", Args: cobra.NoArgs,
		Long: `Shows each certificate, and what the watch saw of its delegations last. It asks nobody.

Exit: 0 all is well; 1 a certificate has expired; 3 a delegation is broken; 1 a renewal fails with less than a third of the
life left, or nobody tries it; 4 a delegation can't be told, or was not looked at for days. The first of these counts.`,
		RunE: func(c *cobra.Command, _ []string) error {
			return p.with(c.Context(), false, func(i *installation) error { return i.status(c.Context()) })
		},
	}
}

func (i *installation) status(ctx context.Context) error {
	state, err := schedule.ReadState(ctx, i.store)
	if err != nil {
		return err
	}
	p := i.program
	for _, c := range state.Certificates {
		if p.options.json {
			p.print(statusObject(c))
			continue
		}
		fmt.Fprintf(p.stdout, "%s: %s, %s\n", c.Certificate.Name, validity(c.Certificate), nextText(c.Certificate))
		if c.Certificate.LastError != "" {
			fmt.Fprintf(p.stdout, "  last error: %s\n", strings.ReplaceAll(c.Certificate.LastError, "\n", "\n    "))
		}
		for _, n := range c.Names {
			fmt.Fprintf(p.stdout, "  %s: %s\n", n.Host, lookText(n))
		}
	}
	if len(state.Certificates) == 0 && !p.options.json {
		fmt.Fprintln(p.stdout, "There are no certificates yet.")
	}
	exit := map[schedule.Health]int{schedule.Failing: exitFailed, schedule.Broken: exitDNS, schedule.Unsure: exitUnknown}[state.Health]
	if exit != exitDone {
		return errSaid{exit}
	}
	return nil
}

// lookText is what the watch knows of a name, in few words.
func lookText(n schedule.NameState) string {
	l := n.Look
	switch {
	case !n.Looked:
		return "never looked at; deputy watch does"
	case n.Stale:
		return fmt.Sprintf("%s at %s, and not looked at since; does deputy watch run?", or(l.Code, l.Verdict), l.Last.UTC().Format(time.DateTime))
	case l.Code == "":
		return "delegation ok, last looked at " + l.Last.UTC().Format(time.DateTime)
	}
	text := fmt.Sprintf("%s since %s: %s", l.Code, l.Since.UTC().Format(time.DateTime), l.Seen)
	if l.Do != "" {
		text += fmt.Sprintf("\n    to do: %s\n    by:    %s", strings.ReplaceAll(l.Do, "\n", "\n           "), l.Who)
	}
	return text
}

// statusObject is what --json prints for a certificate; its fields are stable.
func statusObject(c schedule.CertificateState) map[string]any {
	names := []map[string]any{}
	for _, n := range c.Names {
		one := map[string]any{"name": n.Host, "looked": n.Looked, "stale": n.Stale}
		if n.Looked {
			one["verdict"], one["code"], one["seen"], one["do"], one["who"] = n.Look.Verdict, n.Look.Code, n.Look.Seen, n.Look.Do, n.Look.Who
			one["since"], one["last"], one["next"] = n.Look.Since, n.Look.Last, n.Look.Next
		}
		names = append(names, one)
	}
	health := map[schedule.Health]string{schedule.Well: "well", schedule.Unsure: "unsure", schedule.Broken: "broken", schedule.Failing: "failing"}[c.Health]
	return map[string]any{
		"certificate": c.Certificate.Name, "health": health, "expired": c.Expired, "failing": c.Failing, "endangered": c.Endangered, "late": c.Late,
		"not_after": c.Certificate.NotAfter, "due": c.Due, "why": c.Why, "last_error": c.Certificate.LastError, "names": names,
	}
}
