package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"deputy/schedule"
	"deputy/store"
)

func (p *program) listCommand() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the certificates", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return p.with(c.Context(), false, func(i *installation) error { return i.list(c.Context()) })
		},
	}
}

func (i *installation) list(ctx context.Context) error {
	var certificates []store.Certificate
	var leftovers []store.Publication
	err := i.store.View(ctx, func(t *store.Tx) (err error) {
		if certificates, err = t.Certificates(); err != nil {
			return err
		}
		leftovers, err = t.Orphans()
		return err
	})
	if err != nil {
		return err
	}
	p := i.program
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for _, c := range certificates {
		if p.options.json {
			p.print(certificateObject(c, filepath.Join(p.options.state, "certificates", c.Name)))
			continue
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", c.Name, validity(c), nextText(c), namesText(c.Names))
	}
	if len(leftovers) > 0 && !p.options.quiet {
		fmt.Fprintf(p.stderr, "%d TXT values of runs that are gone are not withdrawn yet; deputy renew tries again\n", len(leftovers))
	}
	return table.Flush()
}

func validity(c store.Certificate) string {
	switch {
	case c.Version == 0:
		return "not issued yet"
	case time.Now().After(c.NotAfter):
		return "expired " + c.NotAfter.UTC().Format(time.DateOnly)
	case !c.Deployed:
		return "valid until " + c.NotAfter.UTC().Format(time.DateOnly) + ", not deployed"
	}
	return "valid until " + c.NotAfter.UTC().Format(time.DateOnly)
}

func nextText(c store.Certificate) string {
	if c.LastError != "" {
		return "failed, again at " + c.RetryAt.UTC().Format(time.DateTime)
	}
	due, why, next := schedule.Due(c, time.Now())
	if due {
		return "due: " + why
	}
	return "renews " + next.UTC().Format(time.DateOnly)
}

// certificateObject is what --json prints for a certificate; its fields are stable.
func certificateObject(c store.Certificate, folder string) map[string]any {
	due, why, next := schedule.Due(c, time.Now())
	var notBefore, notAfter *time.Time
	if c.Version > 0 {
		notBefore, notAfter = &c.NotBefore, &c.NotAfter
	}
	return map[string]any{
		"name": c.Name, "names": c.Names, "key_type": c.KeyType, "account": c.Account, "profile": c.Profile,
		"version": c.Version, "serial": c.Serial, "not_before": notBefore, "not_after": notAfter, "folder": folder,
		"deployed": c.Deployed, "due": due, "why": why, "next": next, "failures": c.Failures, "last_error": c.LastError,
	}
}

func (p *program) showCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show NAME", Short: "Show a certificate and what happened to it", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			return p.with(c.Context(), false, func(i *installation) error { return i.show(c.Context(), args[0]) })
		},
	}
}

// history is how many events show prints.
const history = 20

func (i *installation) show(ctx context.Context, certName string) error {
	c, err := i.certificate(ctx, certName)
	if err != nil {
		return err
	}
	var events []store.Event
	err = i.store.View(ctx, func(t *store.Tx) error {
		events, err = t.Events(c.Name, history)
		return err
	})
	if err != nil {
		return err
	}
	p, folder := i.program, filepath.Join(i.program.options.state, "certificates", c.Name)
	if p.options.json {
		p.print(certificateObject(c, folder))
		for _, e := range events {
			p.print(eventObject(e))
		}
		return nil
	}
	for _, line := range [][2]string{
		{"name", c.Name}, {"names", namesText(c.Names)}, {"files", folder}, {"state", validity(c)}, {"next", nextText(c)},
		{"serial", c.Serial}, {"key", c.KeyType}, {"account", c.Account}, {"profile", c.Profile}, {"hook", c.DeployHook}, {"last error", c.LastError},
	} {
		if line[1] != "" {
			fmt.Fprintf(p.stdout, "%-11s %s\n", line[0]+":", line[1])
		}
	}
	for _, e := range events {
		fmt.Fprintf(p.stdout, "  %s  %s\n", e.Time.UTC().Format(time.DateTime), e.Text)
	}
	return nil
}

func (p *program) forgetCommand() *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "forget NAME", Short: "Stop renewing a certificate and remove its files", Args: cobra.ExactArgs(1),
		Long: "Stops renewing a certificate and removes its files. It is not revoked, and its target stays bound to its name for ever.",
		RunE: func(c *cobra.Command, args []string) error {
			return p.with(c.Context(), false, func(i *installation) error { return i.forget(c.Context(), args[0], yes) })
		},
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "without being asked")
	return c
}

func (i *installation) forget(ctx context.Context, certName string, yes bool) error {
	c, err := i.certificate(ctx, certName)
	if err != nil {
		return err
	}
	certName = c.Name
	if !yes {
		sure, err := i.program.asker(ctx).confirm("Forget " + certName + " and remove its files?")
		if errors.Is(err, errNobody) {
			return usageError{errors.New("forget asks first, and nobody is there to answer; repeat with --yes")}
		}
		if err != nil || !sure {
			return err
		}
	}
	claim, err := i.store.Wait(ctx, "certificate/"+certName, nil)
	if err != nil {
		return err
	}
	defer claim.Release(context.WithoutCancel(ctx))
	if err := claim.Do(ctx, func(t *store.Tx) error { return t.ForgetCertificate(certName) }); err != nil {
		return err
	}
	if err := i.files.Remove(ctx, certName); err != nil {
		return err
	}
	i.tell(ctx, store.Event{Kind: "certificate.forgotten", Certificate: certName, Text: certName + " is forgotten and its files are removed"})
	if err := i.issuer.Tidy(ctx); err != nil {
		i.tell(ctx, store.Event{Kind: "publish.left", Text: "a value of an earlier run is still there, and deputy renew tries again: " + err.Error()})
	}
	return nil
}
