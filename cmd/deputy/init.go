package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"deputy/store"
)

const initHelp = `Makes the state directory with its master key, an account at a CA, and, with --provider, a first DNS Provider.

The CA is Let's Encrypt's staging unless --server says otherwise: its certificates are not trusted, and its limits
are wide. When everything works, add an account at the real one: deputy account add --server letsencrypt.

--root, --resolver, --ca-file and --proxy are remembered in STATE/deputy.yaml for later runs.`

func (p *program) initCommand() *cobra.Command {
	var f accountFlags
	var document string
	c := &cobra.Command{
		Use:     "init",
		Short:   "Make an account at a CA and a first DNS Provider",
		Long:    initHelp,
		Example: "  deputy init --email you@example.org --provider provider.yaml",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if f.server == "" {
				f.server = "letsencrypt-staging"
			}
			return p.init(c, f, document)
		},
	}
	f.add(c)
	c.Flags().StringVar(&document, "provider", "", "a DNS Provider document: `FILE`, or - for stdin")
	return c
}

// init may be run again: what is there is kept, and what is missing is made.
func (p *program) init(c *cobra.Command, f accountFlags, document string) error {
	ctx := c.Context()
	if _, err := f.directory(); err != nil {
		return err // before anything is made
	}
	i, err := p.open(ctx, true)
	if err != nil {
		return err
	}
	defer i.close()
	if err := p.writeSettings(c); err != nil {
		return err
	}
	if _, err := i.addAccount(ctx, f); err != nil {
		return err
	}
	if document != "" {
		if err := i.addProviderFile(ctx, document); err != nil {
			return err
		}
	}
	return i.sayNext(ctx)
}

// sayNext names the step that comes next.
func (i *installation) sayNext(ctx context.Context) error {
	var providers []store.Provider
	err := i.store.View(ctx, func(t *store.Tx) (err error) {
		providers, err = t.Providers()
		return err
	})
	if err != nil || i.program.options.quiet || i.program.options.json {
		return err
	}
	next := "deputy plan NAME, then deputy issue NAME"
	if len(providers) == 0 {
		next = "deputy provider add -f FILE (or without -f, to be asked)"
	}
	fmt.Fprintf(i.program.stderr, "the state is in %s; next: %s\n", i.program.options.state, next)
	return nil
}

// readDocument reads FILE, or stdin for "-", at most 4 MiB.
func (p *program) readDocument(path string) ([]byte, error) {
	if path == "-" {
		return readBounded(path, p.stdin)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, cannotRead(path, "the document", err)
	}
	defer f.Close()
	return readBounded(path, f)
}

const maxDocument = 4 << 20

func readBounded(path string, r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxDocument+1))
	if err != nil {
		return nil, cannotRead(path, "the document", err)
	}
	if len(text) > maxDocument {
		return nil, badFile(path, "the document", "it is larger than 4 MiB", "give the document itself; of a DXL an export of the DNS Configurations alone")
	}
	return text, nil
}
