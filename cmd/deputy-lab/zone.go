package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"deputy/internal/lab"
)

// zoneEdit is one command line for a zone.
type zoneEdit struct {
	lab  *lab.Remote
	zone string
	args []string // after the verb
}

func zoneCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "zone ZONE show|add|remove|texts [ARGUMENT...]",
		Short: "Read and edit a zone as its DNS department",
		Long: `zone reads and edits a zone of the lab, past any API, as the people do who own it.
Owners are relative to the zone; @ is the zone itself.

  deputy-lab zone ZONE show                  the whole zone
  deputy-lab zone ZONE add RECORD...         add records, each in zone file form
  deputy-lab zone ZONE remove OWNER [TYPE]   take records away; it fails if none was there
  deputy-lab zone ZONE texts OWNER           the TXT values at OWNER, one a line`,
		Example: `  deputy-lab zone martdj.nl add '_acme-challenge.demohub 60 IN CNAME validation.martdj.dedyn.io.'
  deputy-lab zone martdj.nl remove _acme-challenge.demohub CNAME`,
		Args: counted(2, -1),
		RunE: func(c *cobra.Command, args []string) error {
			remote, err := dial(c)
			if err != nil {
				return err
			}
			return (&zoneEdit{remote, args[0], args[2:]}).run(c, args[1])
		},
	}
}

func (e *zoneEdit) run(c *cobra.Command, verb string) error {
	n := len(e.args)
	switch {
	case verb == "show" && n == 0:
		return e.show(c)
	case verb == "add" && n > 0:
		return e.lab.Add(c.Context(), e.zone, e.args...)
	case verb == "remove" && (n == 1 || n == 2):
		return e.remove(c.Context())
	case verb == "texts" && n == 1:
		return e.texts(c)
	}
	return usage("write it as: %s (see deputy-lab zone --help)", c.UseLine())
}

func (e *zoneEdit) show(c *cobra.Command) error {
	text, err := e.lab.Show(c.Context(), e.zone)
	if err != nil {
		return err
	}
	fmt.Fprint(c.OutOrStdout(), text)
	return nil
}

func (e *zoneEdit) remove(ctx context.Context) error {
	rrtype := ""
	if len(e.args) == 2 {
		rrtype = e.args[1]
	}
	n, err := e.lab.Remove(ctx, e.zone, e.args[0], rrtype)
	if err == nil && n == 0 {
		return fmt.Errorf("zone %s has no such record at %q; nothing was removed", e.zone, e.args[0])
	}
	return err
}

func (e *zoneEdit) texts(c *cobra.Command) error {
	values, err := e.lab.Texts(c.Context(), e.zone, e.args[0])
	if err != nil {
		return err
	}
	for _, v := range values {
		fmt.Fprintln(c.OutOrStdout(), v)
	}
	return nil
}

// dial finds the running lab.
func dial(c *cobra.Command) (*lab.Remote, error) {
	control, err := c.Flags().GetString("control")
	if err != nil {
		return nil, err
	}
	if control == "" {
		return nil, usage("which lab? source the env file of deputy-lab up --dir DIR, or give --control URL")
	}
	remote, err := lab.Dial(control)
	if err != nil {
		return nil, &usageError{err}
	}
	return remote, nil
}
