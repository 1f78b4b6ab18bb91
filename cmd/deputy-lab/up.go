package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deputy/internal/lab"
)

func upCommand() *cobra.Command {
	var o lab.Options
	c := &cobra.Command{
		Use:   "up",
		Short: "Run the lab until Ctrl-C",
		Long: `up runs the lab. When everything is up it prints what a shell needs as "export KEY=VALUE"
lines, and writes the same to the file env in --dir. Ctrl-C ends it and removes that file.`,
		Args: counted(0, 0),
		RunE: func(c *cobra.Command, _ []string) error { return up(c, o) },
	}
	flags := c.Flags()
	flags.StringVar(&o.Dir, "dir", "", "folder for the PEM files and env; a temporary one if empty")
	flags.DurationVar(&o.SecondaryLag, "lag", time.Second, "how late the deSEC-like host's secondary shows a change; 0 for none")
	flags.DurationVar(&o.Delay, "delay", 0, "how long each answer of a DNS server is on its way")
	flags.StringSliceVar(&o.Signed, "signed", nil, "zones to sign with DNSSEC, the root among them: .,nl,martdj.nl")
	flags.BoolVar(&o.NoThrottle, "no-throttle", false, "switch the deSEC-like host's rate limits off")
	flags.BoolVar(&o.ExtraHops, "extra-hops", false, "add names for chains of several hops, for loops and wildcards")
	flags.BoolVar(&o.ResolverCache, "resolver-cache", false, "let the recursive resolvers cache")
	flags.IntVar(&o.NonceReject, "nonce-reject", 0, "percent of good nonces that the CA rejects")
	flags.IntVar(&o.AuthzReuse, "authz-reuse", 0, "percent of valid authorizations that the CA offers again")
	flags.IntVar(&o.OrderRetry, "order-retry", 1, "the CA's Retry-After for orders, seconds")
	return c
}

// up runs the lab until the context ends.
func up(c *cobra.Command, o lab.Options) error {
	if o.SecondaryLag == 0 {
		o.SecondaryLag = -1 // in Options 0 stands for the default
	}
	if o.Dir != "" { // an env of an earlier lab must not look like this one's
		if err := removeIfThere(filepath.Join(o.Dir, "env")); err != nil {
			return err
		}
	}
	l, err := lab.Start(c.Context(), o)
	if err != nil {
		return err
	}
	defer l.Close()
	exports := exportLines(l.Environment())
	env := filepath.Join(l.Dir(), "env")
	if err := writeWhole(env, exports); err != nil {
		return err
	}
	fmt.Fprint(c.OutOrStdout(), exports)
	fmt.Fprintln(c.ErrOrStderr(), "deputy-lab: everything is up; Ctrl-C ends it")
	<-c.Context().Done()
	if err := removeIfThere(env); err != nil {
		return err
	}
	return l.Close()
}

// exportLines is KEY=VALUE pairs as a shell reads them.
func exportLines(environment []string) string {
	var b strings.Builder
	for _, pair := range environment {
		key, value, _ := strings.Cut(pair, "=")
		fmt.Fprintf(&b, "export %s=%s\n", key, quoted(value))
	}
	return b.String()
}

// quoted is value as one shell word.
func quoted(value string) string {
	strange := func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:", r)
	}
	if strings.IndexFunc(value, strange) < 0 {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}

// writeWhole writes a file that appears with all its content: a shell may be waiting for it. It holds tokens.
func writeWhole(path, text string) error {
	if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func removeIfThere(path string) error {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return err
	}
	return nil
}
