package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"deputy/dnsconfig"
	"deputy/fault"
	"deputy/store"
)

func (p *program) dnsconfigCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "dnsconfig", Aliases: []string{"config"}, Short: "DNS Configurations: how DNS hosts' APIs are spoken", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	list := &cobra.Command{Use: "list", Short: "List the library's and the imported ones", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		return p.listConfigurations(c.Context())
	}}
	show := &cobra.Command{Use: "show NAME", Short: "Show what one needs and what it does", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		return p.showConfiguration(c.Context(), args[0])
	}}
	imported := &cobra.Command{
		Use: "import FILE...", Short: "Import DXL or native documents, unmodified", Args: cobra.MinimumNArgs(1),
		Long: "Imports DNS Configurations: DXL as HCL Domino's certstore.nsf exports it, or native YAML. - is stdin.\nWhat was not taken over from a DXL, and why, is listed.",
		RunE: func(c *cobra.Command, args []string) error {
			return p.with(c.Context(), true, func(i *installation) error {
				for _, path := range args {
					if err := i.importConfigurations(c.Context(), path); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	c.AddCommand(list, show, imported)
	return c
}

// configurations lists the library, and what was imported if there is a set-up; an imported one hides the library's
// of the same name.
func (p *program) configurations(ctx context.Context) ([]dnsconfig.About, error) {
	abouts := map[string]dnsconfig.About{}
	var order []string
	library, err := dnsconfig.Library()
	if err != nil {
		return nil, err
	}
	for _, native := range library {
		about := native.About()
		abouts[about.Name], order = about, append(order, about.Name)
	}
	if is, err := p.isSetUp(); err != nil || !is {
		return ordered(abouts, order), err
	}
	err = p.with(ctx, false, func(i *installation) error {
		return i.store.View(ctx, func(t *store.Tx) error {
			rows, err := t.Configurations()
			for _, row := range rows {
				about, bad := aboutStored(row)
				if bad != nil {
					return bad
				}
				if _, hidden := abouts[row.Name]; !hidden {
					order = append(order, row.Name)
				}
				abouts[row.Name] = about
			}
			return err
		})
	})
	return ordered(abouts, order), err
}

func ordered(abouts map[string]dnsconfig.About, order []string) []dnsconfig.About {
	list := make([]dnsconfig.About, len(order))
	for k, n := range order {
		list[k] = abouts[n]
	}
	return list
}

// aboutStored describes an imported document.
func aboutStored(row store.Configuration) (dnsconfig.About, error) {
	if row.Kind == "native" {
		native, err := dnsconfig.ParseNative(row.Source)
		if err != nil {
			return dnsconfig.About{}, err
		}
		return native.About(), nil
	}
	parsed, err := dnsconfig.ImportDXL(row.Source)
	if err != nil {
		return dnsconfig.About{}, err
	}
	return parsed.Configurations[0].About(), nil
}

func (p *program) listConfigurations(ctx context.Context) error {
	abouts, err := p.configurations(ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for _, a := range abouts {
		if p.options.json {
			p.print(aboutObject(a))
			continue
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", a.Name, a.Title, a.Kind, a.Verdict, strings.Join(a.Hosts, ", "))
	}
	return table.Flush()
}

// about finds one configuration by name.
func (i *installation) about(ctx context.Context, name string) (dnsconfig.About, error) {
	return i.program.aboutOf(ctx, name)
}

func (p *program) aboutOf(ctx context.Context, name string) (dnsconfig.About, error) {
	abouts, err := p.configurations(ctx)
	if err != nil {
		return dnsconfig.About{}, err
	}
	for _, a := range abouts {
		if a.Name == name {
			return a, nil
		}
	}
	return dnsconfig.About{}, &fault.Fault{
		Code: fault.NotFound, Tried: "find the DNS Configuration " + name, Seen: "there is none of that name",
		Do: "see deputy dnsconfig list, or import it: deputy dnsconfig import FILE", Who: fault.Admin,
	}
}

func (p *program) showConfiguration(ctx context.Context, name string) error {
	a, err := p.aboutOf(ctx, name)
	if err != nil {
		return err
	}
	if p.options.json {
		p.print(aboutObject(a))
		return nil
	}
	fmt.Fprintf(p.stdout, "%s: %s (%s, %s)\n", a.Name, a.Title, a.Kind, a.Style)
	for _, line := range [][2]string{{"version", a.Version}, {"author", a.Author}, {"website", a.Website}, {"asks", strings.Join(a.Hosts, ", ")}, {"other values at the name", verdictText(a.Verdict)}} {
		if line[1] != "" {
			fmt.Fprintf(p.stdout, "  %s: %s\n", line[0], line[1])
		}
	}
	fmt.Fprintln(p.stdout, "  account fields:")
	for _, f := range a.Fields {
		fmt.Fprintf(p.stdout, "    %s%s%s\n", f.Name, mark(f.Secret, " (secret)"), mark(f.Help != "", ": "+f.Help))
	}
	if a.Notes != "" {
		fmt.Fprintf(p.stdout, "\n%s\n", strings.TrimSpace(a.Notes))
	}
	return nil
}

func verdictText(v dnsconfig.Verdict) string {
	switch v {
	case dnsconfig.Additive:
		return "stay (additive)"
	case dnsconfig.Replacing:
		return "are lost (replacing), so deputy takes turns and stops before somebody else's value"
	}
	return "may be lost (not proven), so deputy takes turns and stops before somebody else's value"
}

func mark(yes bool, text string) string {
	if yes {
		return text
	}
	return ""
}

func aboutObject(a dnsconfig.About) map[string]any {
	fields := []map[string]any{}
	for _, f := range a.Fields {
		fields = append(fields, map[string]any{"name": f.Name, "title": f.Title, "help": f.Help, "secret": f.Secret, "needed": f.Needed})
	}
	return map[string]any{
		"name": a.Name, "title": a.Title, "kind": a.Kind, "style": a.Style, "version": a.Version, "author": a.Author,
		"website": a.Website, "hosts": a.Hosts, "verdict": a.Verdict, "fields": fields, "notes": a.Notes,
	}
}

// importConfigurations stores what a file holds, each configuration as its own document.
func (i *installation) importConfigurations(ctx context.Context, path string) error {
	source, err := i.program.readDocument(path)
	if err != nil {
		return err
	}
	if strings.Contains(string(source[:min(len(source), 4096)]), "dns-configuration/") {
		native, err := dnsconfig.ParseNative(source)
		if err != nil {
			return err
		}
		return i.putConfiguration(ctx, store.Configuration{Name: native.About().Name, Kind: "native", Source: source}, native.About())
	}
	parsed, err := dnsconfig.ImportDXL(source)
	if err != nil {
		return err
	}
	if len(parsed.Configurations) == 0 {
		return &fault.Fault{
			Code: fault.BadDocument, Tried: "import " + path, Seen: "it holds no DNS Configuration (form DnsProviderConfig)",
			Do: "export the DNS Configuration document itself from certstore.nsf", Who: fault.Admin,
		}
	}
	for _, d := range parsed.Configurations {
		if err := i.putConfiguration(ctx, store.Configuration{Name: d.About().Name, Kind: "dxl", Source: d.Source()}, d.About()); err != nil {
			return err
		}
	}
	for _, left := range parsed.Left {
		i.tell(ctx, store.Event{Kind: "dnsconfig.left", Name: path, Text: "not taken over: " + left})
	}
	return nil
}

func (i *installation) putConfiguration(ctx context.Context, row store.Configuration, about dnsconfig.About) error {
	stored, err := i.registry.Import(ctx, row)
	if err != nil {
		return err
	}
	i.tell(ctx, store.Event{Kind: "dnsconfig.imported", Name: row.Name, Text: fmt.Sprintf(
		"DNS Configuration %q (revision %d) asks %s; other values at a name %s", stored.Name, stored.Revision, strings.Join(about.Hosts, ", "), verdictText(about.Verdict))})
	for _, s := range stored.Staying {
		i.tell(ctx, store.Event{Kind: "dnsconfig.stays", Name: s.Provider, Text: s.String()})
	}
	return nil
}
