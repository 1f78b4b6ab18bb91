package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"deputy/fault"
	"deputy/name"
	"deputy/plan"
)

const planHelp = `Says which CNAMEs the owner of the DNS has to add, once, as a ticket that can be forwarded. The target of a name
is the same for ever, and nobody can guess another's; a CNAME that works already is taken as it is.

--format writes the same as zone file lines, for a tool, or as a letter (mail, with --language). --with adds records
that may go into the same ticket: persist (a CNAME for dns-persist-01), account (one for dns-account-01), caa (a CAA
record that lets only this account issue).`

// planFlags are the flags of plan.
type planFlags struct {
	more     []string
	zone     string
	provider string
	format   string
	language string
	with     []string
	out      string
}

func (p *program) planCommand() *cobra.Command {
	var f planFlags
	c := &cobra.Command{
		Use:   "plan NAME...",
		Short: "The CNAMEs to ask for, as a ticket",
		Long:  planHelp,
		Example: `  deputy plan www.example.org '*.example.org' example.org
  deputy plan www.example.org --format mail --language de
  deputy plan www.example.org --format bind --with persist,caa`,
		RunE: func(c *cobra.Command, args []string) error {
			names, err := certificateNames(args, f.more)
			if err != nil {
				return err
			}
			return p.with(c.Context(), false, func(i *installation) error { return i.plan(c.Context(), names, f) })
		},
	}
	c.Flags().StringArrayVarP(&f.more, "domain", "d", nil, "a `NAME`, beside those given plainly; may be repeated")
	c.Flags().StringVar(&f.zone, "zone", "", "the `ZONE` of the targets, where several could serve")
	c.Flags().StringVar(&f.provider, "provider", "", "the DNS Provider whose zone the targets lie in, where several could serve")
	c.Flags().StringVar(&f.format, "format", "text", strings.Join(plan.Formats(), ", "))
	c.Flags().StringVar(&f.language, "language", "en", "of the format mail: "+strings.Join(plan.Languages(), ", "))
	c.Flags().StringSliceVar(&f.with, "with", nil, "further records in the same ticket: persist, account, caa")
	c.Flags().StringVar(&f.out, "out", "", "write one file for each zone into this `directory`, instead of stdout")
	return c
}

func (i *installation) plan(ctx context.Context, names []name.Name, f planFlags) error {
	lines, direct, err := i.lines(ctx, names, f.zone, f.provider)
	if err != nil {
		return err
	}
	p := i.program
	for _, n := range direct {
		p.say("%s needs no CNAME: its challenge name lies in a zone that deputy may change", n)
	}
	if p.options.json && f.format == "text" {
		for _, l := range lines {
			p.print(map[string]any{"names": l.Names, "owner": l.Owner, "type": "CNAME", "target": l.Target, "zone": l.Zone, "done": l.Done})
		}
		return nil
	}
	r, err := i.request(ctx, lines, f)
	if err != nil {
		return err
	}
	if len(r.Lines) == 0 {
		fmt.Fprintln(p.stdout, "Nothing to ask for: every delegation is there.")
		return nil
	}
	return p.writePlan(r, f)
}

// say writes a line of talk.
func (p *program) say(format string, args ...any) {
	if !p.options.quiet {
		fmt.Fprintf(p.stderr, format+"\n", args...)
	}
}

// request is what the ticket asks for: the lines that are not there yet, or with further records all of them.
func (i *installation) request(ctx context.Context, lines []plan.Line, f planFlags) (plan.Request, error) {
	r := plan.Request{Lines: lines, Language: f.language}
	if len(f.with) == 0 {
		r.Lines = slices.DeleteFunc(slices.Clone(lines), func(l plan.Line) bool { return l.Done })
		return r, nil
	}
	for _, extra := range f.with {
		r.Extras = append(r.Extras, plan.Extra(extra))
	}
	issuer, err := i.issuerHere(ctx, "")
	if err != nil {
		return r, err
	}
	if len(issuer.Identities) > 0 {
		r.Issuer = issuer.Identities[0]
	}
	if len(issuer.Accounts) > 0 {
		r.Account = issuer.Accounts[0]
	}
	return r, nil
}

// writePlan writes the request to stdout, or one file for each zone into a directory.
func (p *program) writePlan(r plan.Request, f planFlags) error {
	if f.out == "" {
		text, err := plan.Write(f.format, r)
		if err != nil {
			return usageError{err}
		}
		fmt.Fprint(p.stdout, text)
		return nil
	}
	parts, err := plan.Parts(f.format, r)
	if err != nil {
		return usageError{err}
	}
	for _, part := range parts {
		file := filepath.Join(f.out, part.File)
		if err := os.WriteFile(file, []byte(part.Text), 0o644); err != nil {
			return cannotWrite(file, err)
		}
		fmt.Fprintln(p.stdout, file)
	}
	return nil
}

// lines makes one line for each challenge name: a wildcard and its host share theirs. Those whose challenge name lies
// in a zone that deputy may change need none.
func (i *installation) lines(ctx context.Context, names []name.Name, zone, provider string) (lines []plan.Line, direct []name.Name, err error) {
	wanted, err := i.zoneOf(ctx, zone, provider)
	if err != nil {
		return nil, nil, err
	}
	s, err := i.surveyor(ctx, "")
	if err != nil {
		return nil, nil, err
	}
	for _, n := range names {
		at := slices.IndexFunc(lines, func(l plan.Line) bool { return l.Names[0].Host() == n.Host() })
		if at >= 0 {
			lines[at].Names = append(lines[at].Names, n)
			continue
		}
		line, needed, err := i.line(ctx, s, n, wanted)
		switch {
		case err != nil:
			return nil, nil, err
		case needed:
			lines = append(lines, line)
		default:
			direct = append(direct, n)
		}
	}
	return lines, direct, nil
}

// line plans one name, and looks whether its delegation is there already: one that works is adopted. A chain that can't
// be told does not stop a plan: the ticket is right all the same. A name that needs no CNAME has no line.
func (i *installation) line(ctx context.Context, s *surveyor, n, zone name.Name) (line plan.Line, needed bool, err error) {
	challenge, _ := n.Challenge() // certificateNames saw to it
	zones, fixed, err := i.registry.Expect(ctx, n.Host())
	if err != nil {
		return line, false, err
	}
	if _, ours := challenge.LongestSuffix(zones); ours && fixed.IsZero() {
		return line, false, nil
	}
	r, err := s.follow(ctx, n, zones, fixed)
	if err != nil {
		return line, false, err
	}
	line = plan.Line{Names: []name.Name{n}, Owner: challenge, Done: len(r.faults) == 0 && len(r.chain.Hops) > 0}
	if r.chain.OwnerZone.Labels() > 1 {
		line.Zone = r.chain.OwnerZone // of a domain that does not exist the parent is told, whose owner is somebody else
	}
	if line.Done {
		line.Target = r.chain.Target
		if fixed.IsZero() {
			_, err = i.planner.Adopt(ctx, n, line.Target)
		}
		return line, true, err
	}
	line.Target, err = i.planTarget(ctx, n, zone)
	return line, true, err
}

// planTarget chooses the target of a name: one in zone, custom value mode's, the one that was planned before, or a new
// one in the only zone there is.
func (i *installation) planTarget(ctx context.Context, n, zone name.Name) (name.Name, error) {
	zones, _, err := i.registry.Expect(ctx, n.Host())
	if err != nil {
		return name.Name{}, err
	}
	if !zone.IsZero() {
		if !slices.Contains(zones, zone) {
			return name.Name{}, usageError{fmt.Errorf("the zone %s can't serve %s; see deputy explain %s", zone, n, n.Host())}
		}
		return i.planner.Target(ctx, n.Host(), zone)
	}
	target, err := i.advise(ctx, n.Host())
	if err != nil || !target.IsZero() {
		return target, err
	}
	f := &fault.Fault{Code: fault.BadSettings, Tried: "choose a zone for the target of " + n.String(), Seen: "several could serve: " + namesText(zones), Do: "name one with --zone", Who: fault.Admin}
	if len(zones) == 0 {
		f.Code, f.Seen, f.Do = fault.NotSetUp, "no DNS Provider has a zone", "deputy provider add"
	}
	return target, f
}

// zoneOf reads --zone and --provider; zero for neither.
func (i *installation) zoneOf(ctx context.Context, zone, provider string) (name.Name, error) {
	var wanted name.Name
	if zone != "" {
		var err error
		if wanted, err = name.ParseOwner(zone); err != nil {
			return wanted, usageError{fmt.Errorf("--zone: %w", err)}
		}
	}
	documents, err := i.registry.Documents(ctx)
	if err != nil {
		return wanted, err
	}
	known := false
	for _, d := range documents {
		if provider != "" && d.Name != provider {
			continue
		}
		if known = known || slices.Contains(d.Zones, wanted); known || provider == "" {
			continue
		}
		if zone != "" || len(d.Zones) != 1 {
			return wanted, usageError{fmt.Errorf("the DNS Provider %s has the zones %s; name one of them with --zone", provider, namesText(d.Zones))}
		}
		return d.Zones[0], nil
	}
	switch {
	case known || zone == "" && provider == "":
		return wanted, nil
	case zone != "":
		return wanted, usageError{errors.New("--zone " + zone + " is in no DNS Provider; see deputy provider list")}
	}
	return wanted, usageError{errors.New("there is no DNS Provider " + provider + "; see deputy provider list")}
}
