package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"deputy/dnsconfig"
	"deputy/store"
)

const dnsconfigImportHelp = `Imports DNS Configurations: DXL as HCL Domino's certstore.nsf exports it, or native YAML. - is stdin.
What was not taken over from a DXL, and why, is listed.

DNS Providers and ACME accounts that a DXL holds are not made, since Notes exports them without their secrets. Each is
told as the document or command that would make it; --providers writes the documents into a directory.`

func (p *program) dnsconfigImportCommand() *cobra.Command {
	var providers string
	c := &cobra.Command{
		Use: "import FILE...", Short: "Import DXL or native documents, unmodified", Args: cobra.MinimumNArgs(1), Long: dnsconfigImportHelp,
		RunE: func(c *cobra.Command, args []string) error {
			return p.with(c.Context(), true, func(i *installation) error {
				for _, path := range args {
					if err := i.importConfigurations(c.Context(), path, providers); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
	c.Flags().StringVar(&providers, "providers", "", "write a document for each DNS Provider of a DXL into this `DIRECTORY`")
	return c
}

// importConfigurations stores what a file holds, each configuration as its own document.
func (i *installation) importConfigurations(ctx context.Context, path, providers string) error {
	source, err := i.program.readDocument(path)
	if err != nil {
		return err
	}
	d, err := parseDocument(path, source)
	if err != nil {
		return err
	}
	others := d.beside.Providers
	if len(d.found) == 0 && len(others)+len(d.beside.Accounts) == 0 {
		return noConfiguration(path)
	}
	for _, c := range d.found {
		row := store.Configuration{Name: c.about().Name, Kind: c.about().Kind, Source: c.source}
		if err := i.putConfiguration(ctx, row, c.about()); err != nil {
			return err
		}
	}
	for _, left := range d.beside.Left {
		i.tell(ctx, store.Event{Kind: "dnsconfig.left", Name: path, Text: "not taken over: " + left})
	}
	for _, items := range others {
		if err := i.offerProvider(ctx, items, providers); err != nil {
			return err
		}
	}
	for _, items := range d.beside.Accounts {
		i.offerAccount(ctx, items)
	}
	return nil
}

func (i *installation) putConfiguration(ctx context.Context, row store.Configuration, about dnsconfig.About) error {
	stored, err := i.registry.Import(ctx, row)
	if err != nil {
		return err
	}
	i.tell(ctx, store.Event{Kind: "dnsconfig.imported", Name: row.Name, Text: fmt.Sprintf(
		"DNS Configuration %q (revision %d) asks %s; other values at a name %s", stored.Name, stored.Revision, about.Asks(), verdictText(about.Verdict))})
	for _, s := range stored.Staying {
		i.tell(ctx, store.Event{Kind: "dnsconfig.stays", Name: s.Provider, Text: s.String()})
	}
	return nil
}
