// Command deputy-lab runs the lab, a small internet on loopback, and lets a shell act as the people in it: the DNS
// department that edits its zone, the auditor who reads what was asked, the gremlin in a name server.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run runs one command line and gives its exit code. Data goes to stdout, talk to stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := &cobra.Command{
		Use:   "deputy-lab",
		Short: "A small internet on loopback to try deputy in",
		Long: `deputy-lab runs a small internet on loopback: DNS from the root down, a recursive
resolver, an ACME CA, a deSEC-like DNS host and pebble's challenge server.

  deputy-lab up --dir /tmp/lab &      run it
  . /tmp/lab/env                      tell this shell (the file appears when all is up)
  deputy-lab zone martdj.nl add '_acme-challenge.demohub 60 IN CNAME validation.martdj.dedyn.io.'
  deputy-lab history --kind acme      what the CA was asked`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("unknown command %q (see deputy-lab --help)", args[0])
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err} })
	root.PersistentFlags().String("control", os.Getenv("LAB_CONTROL"), "the lab's control URL; from LAB_CONTROL")
	root.AddCommand(upCommand(), zoneCommand(), behaveCommand(), lagCommand(), delayCommand(), port53Command(), historyCommand(), verifyCommand())
	return exitCode(root.ExecuteContext(ctx), stderr)
}

// exitCode tells the error and gives its code.
func exitCode(err error, stderr io.Writer) int {
	if err == nil {
		return exitDone
	}
	fmt.Fprintf(stderr, "deputy-lab: %v\n", err)
	var usage *usageError
	if errors.As(err, &usage) {
		return exitUsage
	}
	return exitFailed
}

// usageError is a command line that can't be understood.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }

// Unwrap gives the cause.
func (e *usageError) Unwrap() error { return e.err }

// usage makes the error of a command line that can't be understood.
func usage(format string, values ...any) error { return &usageError{fmt.Errorf(format, values...)} }

// counted checks the number of arguments: at least least, and at most most unless that is negative.
func counted(least, most int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) < least || (most >= 0 && len(args) > most) {
			return usage("write it as: %s (see %s --help)", c.UseLine(), c.CommandPath())
		}
		return nil
	}
}
