package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"deputy/dnsconfig"
	"deputy/fault"
	"deputy/name"
	"deputy/provider"
	"deputy/secret"
	"deputy/store"
)

const providerAddHelp = `Adds an account at a DNS host, or changes the one of that name. Without -f it asks. The document:

  deputy: dns-provider/1
  name: desec-martdj
  configuration: desec            # see deputy dnsconfig list
  zones: [martdj.dedyn.io]        # where deputy may write
  account: {token: {file: token}} # or {env: NAME}; sealed when it is added

docs/dns-configurations.md has every key. Secrets come from a file, the environment or the terminal, never from the
command line.`

func (p *program) providerCommand() *cobra.Command {
	c := &cobra.Command{Use: "provider", Short: "Accounts at DNS hosts", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	var document string
	add := &cobra.Command{
		Use: "add", Short: "Add or change a DNS Provider", Long: providerAddHelp, Args: cobra.NoArgs,
		Example: "  deputy provider add -f provider.yaml",
		RunE: func(c *cobra.Command, _ []string) error {
			return p.with(c.Context(), true, func(i *installation) error {
				if document == "" {
					return i.askProvider(c.Context())
				}
				return i.addProviderFile(c.Context(), document)
			})
		},
	}
	add.Flags().StringVarP(&document, "file", "f", "", "the document: `FILE`, or - for stdin")
	list := &cobra.Command{Use: "list", Short: "List the DNS Providers", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error {
		return p.with(c.Context(), false, func(i *installation) error { return i.listProviders(c.Context()) })
	}}
	show := &cobra.Command{Use: "show NAME", Short: "Show a DNS Provider, without its secrets", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		return p.with(c.Context(), false, func(i *installation) error { return i.showProvider(c.Context(), args[0]) })
	}}
	remove := &cobra.Command{Use: "remove NAME", Short: "Remove a DNS Provider that has nothing published", Args: cobra.ExactArgs(1), RunE: func(c *cobra.Command, args []string) error {
		return p.with(c.Context(), false, func(i *installation) error { return i.removeProvider(c.Context(), args[0]) })
	}}
	c.AddCommand(add, list, show, remove, p.providerTestCommand())
	return c
}

// with opens the installation for f.
func (p *program) with(ctx context.Context, make bool, f func(*installation) error) error {
	i, err := p.open(ctx, make)
	if err != nil {
		return err
	}
	return errors.Join(f(i), i.close())
}

func (i *installation) addProviderFile(ctx context.Context, path string) error {
	source, err := i.program.readDocument(path)
	if err != nil {
		return err
	}
	document, err := provider.ParseFrom(source, i.program.providerSources(path))
	if err != nil {
		return err
	}
	return i.putProvider(ctx, document)
}

// putProvider checks a document without asking its host for anything, and stores it as a new revision.
func (i *installation) putProvider(ctx context.Context, d provider.Document) error {
	row, err := i.registry.Add(ctx, d)
	if err != nil {
		return err
	}
	stored, err := provider.Stored(row)
	if err != nil {
		return err
	}
	i.tell(ctx, store.Event{Kind: "provider.added", Name: d.Name, Text: fmt.Sprintf("DNS Provider %s (revision %d) may write in %s; its credential may go to %s",
		d.Name, row.Revision, namesText(d.Zones), strings.Join(stored.Hosts, ", "))})
	return nil
}

// askProvider asks for what a document would say.
func (i *installation) askProvider(ctx context.Context) error {
	a := i.program.asker(ctx)
	configuration, err := a.ask("DNS Configuration (see deputy dnsconfig list)", "desec")
	if err != nil {
		return err
	}
	about, err := i.about(ctx, configuration)
	if err != nil {
		return err
	}
	zone, err := a.ask("Zone in which deputy may write", "")
	if err != nil {
		return err
	}
	parsed, err := name.ParseOwner(zone)
	if err != nil {
		return usageError{err}
	}
	d := provider.Document{Configuration: configuration, Zones: []name.Name{parsed}, Account: map[string]secret.Value{}}
	if d.Name, err = a.ask("Name for this DNS Provider", configuration+"-"+parsed.String()); err != nil {
		return err
	}
	if groups := needsOf(about); len(groups) > 1 {
		fmt.Fprintf(i.program.stderr, "The account needs %s; what is left empty is left out.\n", groupsText(groups))
	}
	for _, field := range about.Fields {
		value, err := a.field(field)
		if err != nil {
			return err
		}
		if !value.IsZero() {
			d.Account[field.Name] = value
		}
	}
	return i.putProvider(ctx, d)
}

// field asks for one account field, without echo where it is a secret.
func (a *asker) field(f dnsconfig.Field) (secret.Value, error) {
	title := or(f.Title, f.Name)
	if f.Help != "" {
		title += " (" + f.Help + ")"
	}
	if f.Secret {
		return a.askSecret(title)
	}
	text, err := a.ask(title, "")
	return secret.New(text), err
}

func (i *installation) listProviders(ctx context.Context) error {
	documents, err := i.registry.Documents(ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(i.program.stdout, 0, 0, 2, ' ', 0)
	for _, d := range documents {
		if i.program.options.json {
			i.program.print(providerObject(d))
			continue
		}
		mode := "follows CNAMEs"
		if len(d.RegisteredDomains) > 0 {
			mode = "custom value for " + namesText(d.RegisteredDomains)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", d.Name, d.Configuration, namesText(d.Zones), mode, strings.Join(d.Hosts, ", "))
	}
	return table.Flush()
}

func providerObject(d provider.Document) map[string]any {
	prefixes := []string{}
	for _, prefix := range d.Allow.Addresses {
		prefixes = append(prefixes, prefix.String())
	}
	wait := map[string]string{}
	for key, d := range map[string]*time.Duration{"floor": d.Floor, "turn": d.TurnWait} {
		if d != nil {
			wait[key] = d.String()
		}
	}
	return map[string]any{
		"allow":           map[string]any{"plain_http": d.Allow.PlainHTTP, "addresses": prefixes, "hosts": append([]string{}, d.Allow.Hosts...)},
		"replace_foreign": d.ReplaceForeign, "values": d.Values, "wait": wait,
		"name": d.Name, "configuration": d.Configuration, "zones": d.Zones, "account": d.Account,
		"registered_domains": append([]name.Name{}, d.RegisteredDomains...), "custom_value": d.CustomValue, "api_base": d.APIBase, "contact": d.Contact, "hosts": d.Hosts,
	}
}

func (i *installation) showProvider(ctx context.Context, providerName string) error {
	documents, err := i.registry.Documents(ctx)
	if err != nil {
		return err
	}
	for _, d := range documents {
		if d.Name != providerName {
			continue
		}
		if i.program.options.json {
			i.program.print(providerObject(d))
			return nil
		}
		text, err := yaml.Marshal(providerObject(d))
		if err != nil {
			return err
		}
		_, err = i.program.octets.Write(text)
		return err
	}
	return noSuchProvider(providerName)
}

func (i *installation) removeProvider(ctx context.Context, providerName string) error {
	err := i.store.Do(ctx, func(t *store.Tx) error { return t.RemoveProvider(providerName) })
	switch {
	case errors.Is(err, store.ErrNotFound):
		return noSuchProvider(providerName)
	case errors.Is(err, store.ErrInUse):
		return &fault.Fault{
			Code: fault.ProviderInUse, Tried: "remove the DNS Provider " + providerName,
			Seen: "TXT values that it published are not withdrawn yet",
			Do:   "wait for the run that holds them, or let deputy renew withdraw what a crashed run left, then try again", Who: fault.Admin,
		}
	case err != nil:
		return err
	}
	i.tell(ctx, store.Event{Kind: "provider.removed", Name: providerName, Text: "DNS Provider " + providerName + " is removed; its credentials stay sealed only as long as the journal names it"})
	return nil
}

func noSuchProvider(providerName string) *fault.Fault {
	return &fault.Fault{
		Code: fault.NoProvider, Tried: "find the DNS Provider " + providerName, Seen: "there is none of that name",
		Do: "see deputy provider list", Who: fault.Admin,
	}
}

func namesText(names []name.Name) string {
	texts := make([]string, len(names))
	for k, n := range names {
		texts[k] = n.String()
	}
	return strings.Join(texts, ", ")
}
