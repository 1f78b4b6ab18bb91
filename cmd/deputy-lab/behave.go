package main

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deputy/internal/lab"
)

// well is how a shell writes the behaviour of a server with nothing wrong.
const well = "well"

func behaveCommand() *cobra.Command {
	var name string
	c := &cobra.Command{
		Use:   "behave SERVER HOW",
		Short: "Make a name server misbehave",
		Long: `behave makes a name server of the lab, or a resolver ("resolver", "ca-resolver"), answer in
another way from now on: ` + strings.Join(append([]string{well}, lab.Behaviours()[1:]...), ", ") + ".",
		Example: "  deputy-lab behave ns1.martdj.nl servfail\n  deputy-lab behave ns1.martdj.nl well",
		Args:    counted(2, 2),
		RunE: func(c *cobra.Command, args []string) error {
			remote, err := dial(c)
			if err != nil {
				return err
			}
			how := args[1]
			if how == well {
				how = ""
			}
			return remote.Behave(c.Context(), args[0], name, how)
		},
	}
	c.Flags().StringVar(&name, "name", "", "only for questions about this name")
	return c
}

func lagCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "lag SERVER DURATION",
		Short:   "Make a name server show changes later",
		Long:    "lag makes a name server of the lab show edits that much later than they were made; until then it serves the older zone.",
		Example: "  deputy-lab lag ns2.desec.lab 3s",
		Args:    counted(2, 2),
		RunE: func(c *cobra.Command, args []string) error {
			lag, err := time.ParseDuration(args[1])
			if err != nil || lag < 0 {
				return usage("%q is no duration; write 3s or 500ms", args[1])
			}
			remote, err := dial(c)
			if err != nil {
				return err
			}
			return remote.SetLag(c.Context(), args[0], lag)
		},
	}
}
