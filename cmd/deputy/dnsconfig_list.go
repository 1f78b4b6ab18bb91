package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"deputy/dnsconfig"
	"deputy/store"
)

const dnsconfigListHelp = `Lists the library's documents, and what was imported, if there is a set-up. The columns: name, title, style, what
becomes of other values at a name, how far it is proven, hosts.

Proven by documentation: against a session made from the host's documentation. Real server: against the host's own
software. Live: against the host itself. Tested: by deputy dnsconfig test, here.`

func (p *program) dnsconfigListCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the library's and the imported ones", Long: dnsconfigListHelp, Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return p.listConfigurations(c.Context()) },
	}
}

func (p *program) listConfigurations(ctx context.Context) error {
	found, err := p.configurations(ctx)
	if err != nil {
		return err
	}
	tested, err := p.tested(ctx, found)
	if err != nil {
		return err
	}
	slices.SortFunc(found, func(a, b configured) int {
		return strings.Compare(strings.ToLower(a.about().Name), strings.ToLower(b.about().Name))
	})
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for _, c := range found {
		v := tested[store.Digest(c.source)]
		if p.options.json {
			p.print(configurationObject(c, v))
			continue
		}
		a := c.about()
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", oneLine(a.Name), oneLine(a.Title), a.Style, or(v.Verdict, string(a.Verdict)), provenText(c, v), oneLine(a.Asks()))
	}
	return table.Flush()
}

// tested gives what dnsconfig test showed of these documents here, by their digest.
func (p *program) tested(ctx context.Context, found []configured) (map[string]store.Verdict, error) {
	verdicts := map[string]store.Verdict{}
	if is, err := p.isSetUp(); err != nil || !is {
		return verdicts, err
	}
	err := p.with(ctx, false, func(i *installation) error {
		return i.store.View(ctx, func(t *store.Tx) error {
			for _, c := range found {
				v, err := t.Verdict(store.Digest(c.source))
				if errors.Is(err, store.ErrNotFound) {
					continue
				}
				if err != nil {
					return err
				}
				verdicts[v.Digest] = v
			}
			return nil
		})
	})
	return verdicts, err
}

// provenText says how far a document is proven: the library's by its authors, others by a test here.
func provenText(c configured, v store.Verdict) string {
	if v.Verdict != "" {
		return "tested"
	}
	if c.from == "library" {
		return or(string(c.about().Proven), string(dnsconfig.ByDocumentation))
	}
	return "-"
}

// configurationObject is what --json prints for a DNS Configuration; its fields are stable.
func configurationObject(c configured, v store.Verdict) map[string]any {
	a := c.about()
	var tested any
	if v.Verdict != "" {
		tested = map[string]any{"verdict": v.Verdict, "provider": v.Provider, "time": v.Tested}
	}
	return map[string]any{
		"name": a.Name, "title": a.Title, "kind": a.Kind, "style": a.Style, "version": a.Version, "author": a.Author, "website": a.Website,
		"hosts": append([]string{}, a.Hosts...), "verdict": a.Verdict, "fields": fieldObjects(a), "needs": needsOf(a), "notes": a.Notes,
		"proven": a.Proven, "from": c.from, "tested": tested,
	}
}

func fieldObjects(a dnsconfig.About) []map[string]any {
	fields := []map[string]any{}
	for _, f := range a.Fields {
		fields = append(fields, map[string]any{"name": f.Name, "title": f.Title, "help": f.Help, "secret": f.Secret, "needed": f.Needed})
	}
	return fields
}
