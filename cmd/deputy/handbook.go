package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"deputy/fault"
	"deputy/handbook"
	"deputy/name"
)

const handbookHelp = `Writes the documentation of this installation, or of the one certificate NAME, for the colleague who has to look after it
while you are not there: each certificate and its chain, who owns which zone, where keys and credentials are, what runs
when, what to do for each fault, how to renew by hand with another client, how to restore, how to leave deputy. It holds
no secret. The chains are followed once for it.

Print it or put it where your colleagues look, and write it anew after a change; --format html is one page with pictures.`

func (p *program) handbookCommand() *cobra.Command {
	var format, out string
	c := &cobra.Command{
		Use: "handbook [NAME]", Short: "The documentation of this installation, for a successor", Long: handbookHelp, Args: cobra.MaximumNArgs(1),
		Example: "  deputy handbook\n  deputy handbook --format html --out /srv/intranet/certificates.html",
		RunE: func(c *cobra.Command, args []string) error {
			write, known := map[string]func(handbook.Facts) string{"markdown": handbook.Markdown, "html": handbook.HTML}[format]
			if !known {
				return usageError{fmt.Errorf("--format %s is neither markdown nor html", format)}
			}
			return p.with(c.Context(), false, func(i *installation) error {
				facts, err := i.facts(c.Context(), args)
				if err != nil {
					return err
				}
				return p.publish(write(facts), out)
			})
		},
	}
	c.Flags().StringVar(&format, "format", "markdown", "markdown or html")
	c.Flags().StringVar(&out, "out", "", "the `file` to write, instead of stdout")
	return c
}

func (p *program) publish(text, out string) error {
	if out == "" {
		fmt.Fprint(p.stdout, text)
		return nil
	}
	if err := os.WriteFile(out, []byte(text), 0o644); err != nil {
		return cannotWrite(out, err)
	}
	return nil
}

// facts are what the store, the settings, the DNS Providers and a look at each chain know.
func (i *installation) facts(ctx context.Context, only []string) (handbook.Facts, error) {
	f, err := handbook.Read(ctx, i.store)
	if err != nil {
		return f, err
	}
	p := i.program
	f.Made, f.Version, f.State = time.Now(), version(), p.options.state
	if absolute, err := filepath.Abs(p.options.state); err == nil {
		f.State = absolute
	}
	f.Binary, _ = os.Executable() // "" is "deputy"
	f.Host, _ = os.Hostname()     // "" is left out
	if runs, err := user.Current(); err == nil {
		f.User = runs.Username
	}
	settings, err := p.readSettings()
	if err != nil {
		return f, err
	}
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		f.Settings = append(f.Settings, handbook.Setting{Key: key, Value: settings[key]})
	}
	for n := range f.Certificates {
		c := &f.Certificates[n]
		c.Folder, c.Next = filepath.Join(f.State, "certificates", c.Name), nextText(c.Certificate)
	}
	if f.Providers, err = i.providerFacts(ctx); err != nil {
		return f, err
	}
	if len(only) > 0 {
		one, ok := f.Only(only[0])
		if !ok {
			return f, &fault.Fault{
				Code: fault.NotFound, Tried: "write the handbook of " + only[0], Seen: "there is no certificate of that name",
				Do: "see deputy list", Who: fault.Admin,
			}
		}
		f = one
	}
	f.Chains, err = i.chainFacts(ctx, f)
	return f, err
}

// providerFacts are the DNS Providers without their secrets.
func (i *installation) providerFacts(ctx context.Context) ([]handbook.Provider, error) {
	documents, err := i.registry.Documents(ctx)
	if err != nil {
		return nil, err
	}
	var all []handbook.Provider
	for _, d := range documents {
		all = append(all, handbook.Provider{
			Name: d.Name, Configuration: d.Configuration, Zones: d.Zones, RegisteredDomains: d.RegisteredDomains, CustomValue: d.CustomValue,
			Contact: d.Contact, Fields: slices.Sorted(maps.Keys(d.Account)), Hosts: d.Hosts, APIBase: d.APIBase,
		})
	}
	return all, nil
}

// chainFacts looks at each host of the certificates once.
func (i *installation) chainFacts(ctx context.Context, f handbook.Facts) ([]handbook.Delegation, error) {
	s, err := i.surveyor(ctx, "")
	if err != nil {
		return nil, err
	}
	var names []name.Name
	for _, c := range f.Certificates {
		names = append(names, c.Names...)
	}
	hosts := name.Hosts(names)
	all := make([]handbook.Delegation, len(hosts))
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(checkAtOnce)
	for n, host := range hosts {
		group.Go(func() error {
			r, err := s.look(within, askedName{text: host.String(), name: host})
			all[n] = handbook.Delegation{Name: host, Chain: r.chain, Faults: r.faults}
			return err
		})
	}
	return all, group.Wait()
}
