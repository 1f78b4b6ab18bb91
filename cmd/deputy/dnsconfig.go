package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"deputy/dnsconfig"
	"deputy/fault"
)

const dnsconfigHelp = `DNS Configurations say how DNS hosts' APIs are spoken: the library's, imported ones, and your own.

  deputy dnsconfig new NAME          begin one of your own
  deputy dnsconfig lint FILE         is it right, as far as that shows without a network?
  deputy dnsconfig trace FILE …      every request it would make, made up from answers that you give
  deputy dnsconfig import FILE       take it over
  deputy dnsconfig test PROVIDER     try it at a live DNS host, and see what becomes of other values

docs/dns-configurations.md has the rest.`

func (p *program) dnsconfigCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "dnsconfig", Aliases: []string{"config"}, Short: "DNS Configurations: how DNS hosts' APIs are spoken", Long: dnsconfigHelp,
		Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(
		p.dnsconfigListCommand(), p.dnsconfigShowCommand(), p.dnsconfigImportCommand(), p.dnsconfigExportCommand(), p.dnsconfigRemoveCommand(),
		p.dnsconfigNewCommand(), p.dnsconfigSchemaCommand(), p.dnsconfigLintCommand(), p.dnsconfigTraceCommand(), p.dnsconfigTestCommand(),
	)
	return c
}

func (p *program) dnsconfigSchemaCommand() *cobra.Command {
	return &cobra.Command{
		Use: "schema", Short: "Print the JSON Schema of native documents, for editors", Args: cobra.NoArgs,
		Example: "  deputy dnsconfig schema > dns-configuration.schema.json",
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(p.stdout, "%s\n", dnsconfig.Schema())
			return err
		},
	}
}

// about describes one configuration by name.
func (i *installation) about(ctx context.Context, name string) (dnsconfig.About, error) {
	c, err := i.program.named(ctx, name)
	if err != nil {
		return dnsconfig.About{}, err
	}
	return c.about(), nil
}

func noSuchConfiguration(name string) *fault.Fault {
	return &fault.Fault{
		Code: fault.NotFound, Tried: "find the DNS Configuration " + name, Seen: "there is none of that name",
		Do: "see deputy dnsconfig list, or import it: deputy dnsconfig import FILE", Who: fault.Admin,
	}
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
