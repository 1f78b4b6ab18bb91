package main

import (
	"context"
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
	return timeCommand(&cobra.Command{
		Use:     "lag SERVER DURATION",
		Short:   "Make a name server show changes later",
		Long:    "lag makes a name server of the lab show edits that much later than they were made; until then it serves the older zone.",
		Example: "  deputy-lab lag ns2.desec.lab 3s",
	}, (*lab.Remote).SetLag)
}

func delayCommand() *cobra.Command {
	return timeCommand(&cobra.Command{
		Use:     "delay SERVER DURATION",
		Short:   "Make a name server's answers come later",
		Long:    "delay makes every answer of a name server of the lab, or of a resolver, take that much longer, as over a long way.",
		Example: "  deputy-lab delay ns2.martdj.nl 200ms",
	}, (*lab.Remote).SetDelay)
}

// timeCommand completes a command that sets a time of a server.
func timeCommand(c *cobra.Command, set func(*lab.Remote, context.Context, string, time.Duration) error) *cobra.Command {
	c.Args = counted(2, 2)
	c.RunE = func(c *cobra.Command, args []string) error {
		d, err := time.ParseDuration(args[1])
		if err != nil || d < 0 {
			return usage("%q is no duration; write 3s or 500ms", args[1])
		}
		remote, err := dial(c)
		if err != nil {
			return err
		}
		return set(remote, c.Context(), args[0], d)
	}
	return c
}

func port53Command() *cobra.Command {
	return &cobra.Command{
		Use:   "port53 drop|pass",
		Short: "Let a packet filter drop what goes to authoritative servers",
		Long: `port53 drop makes every question to an authoritative server vanish that does not come from the
lab itself, as where a firewall closes port 53; the resolvers go on to answer. pass opens it again.`,
		Args: counted(1, 1),
		RunE: func(c *cobra.Command, args []string) error {
			if args[0] != "drop" && args[0] != "pass" {
				return usage("write it as: %s", c.UseLine())
			}
			remote, err := dial(c)
			if err != nil {
				return err
			}
			return remote.DropPort53(c.Context(), args[0] == "drop")
		},
	}
}
