package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"deputy/dnsconfig"
	"deputy/store"
)

func (p *program) dnsconfigShowCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show NAME|FILE", Short: "Show what one needs and what it does", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error { return p.showConfiguration(c.Context(), args[0]) },
	}
}

func (p *program) showConfiguration(ctx context.Context, arg string) error {
	d, err := p.find(ctx, arg)
	if err != nil {
		return err
	}
	tested, err := p.tested(ctx, d.found)
	if err != nil {
		return err
	}
	for _, c := range d.found {
		v := tested[store.Digest(c.source)]
		if p.options.json {
			p.print(configurationObject(c, v))
			continue
		}
		p.printConfiguration(c, v)
	}
	return nil
}

func (p *program) printConfiguration(c configured, v store.Verdict) {
	a := c.about()
	fmt.Fprintf(p.stdout, "%s: %s (%s, %s)\n", oneLine(a.Name), oneLine(a.Title), a.Kind, a.Style)
	proven, values := string(a.Proven), verdictText(a.Verdict)
	if c.from != "library" {
		proven = ""
	}
	if v.Verdict != "" {
		values = fmt.Sprintf("%s, as a test with %s showed on %s", verdictText(dnsconfig.Verdict(v.Verdict)), v.Provider, v.Tested.UTC().Format("2006-01-02"))
	}
	for _, line := range [][2]string{
		{"version", a.Version}, {"author", a.Author}, {"website", a.Website}, {"asks", a.Asks()},
		{"other values at the name", values}, {"proven by", proven},
	} {
		if line[1] != "" {
			fmt.Fprintf(p.stdout, "  %s: %s\n", line[0], oneLine(line[1]))
		}
	}
	p.printFields(a)
	if a.Notes != "" {
		fmt.Fprintf(p.stdout, "\n%s\n", strings.TrimSpace(a.Notes))
	}
}

// printFields lists the account fields, and which of them have to be given together.
func (p *program) printFields(a dnsconfig.About) {
	if len(a.Fields) == 0 {
		fmt.Fprintln(p.stdout, "  account fields: none")
		return
	}
	fmt.Fprintln(p.stdout, "  account fields:")
	for _, f := range a.Fields {
		title := mark(f.Title != "" && f.Title != f.Name, ": "+f.Title)
		fmt.Fprintf(p.stdout, "    %s%s%s%s\n", oneLine(f.Name), fieldMark(a, f), oneLine(title), mark(f.Help != "", "; "+oneLine(f.Help)))
	}
	if groups := needsOf(a); len(groups) > 1 {
		fmt.Fprintf(p.stdout, "  needed: %s\n", groupsText(groups))
	}
}

// fieldMark says in brackets what a field is.
func fieldMark(a dnsconfig.About, f dnsconfig.Field) string {
	var words []string
	inGroup := slices.ContainsFunc(needsOf(a), func(group []string) bool { return slices.Contains(group, f.Name) })
	switch {
	case f.Needed || inGroup && len(needsOf(a)) == 1:
		words = append(words, "needed")
	case !inGroup:
		words = append(words, "optional")
	}
	if f.Secret {
		words = append(words, "secret")
	}
	if len(words) == 0 {
		return ""
	}
	return " (" + strings.Join(words, ", ") + ")"
}

// groupsText says which fields have to be given: "token, or email and key".
func groupsText(groups [][]string) string {
	texts := make([]string, len(groups))
	for n, group := range groups {
		texts[n] = strings.Join(group, " and ")
	}
	return strings.Join(texts, ", or ")
}

// needsOf are the groups of fields of which one has to be given whole.
func needsOf(a dnsconfig.About) [][]string {
	if len(a.Needs) > 0 {
		return a.Needs
	}
	var group []string
	for _, f := range a.Fields {
		if f.Needed {
			group = append(group, f.Name)
		}
	}
	if len(group) == 0 {
		return [][]string{}
	}
	return [][]string{group}
}
