package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"deputy/name"
)

func (p *program) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use: "explain HOST", Short: "Which DNS Provider serves a name, in which mode, and why", Args: cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			names, err := certificateNames(args, nil)
			if err != nil {
				return err
			}
			return p.with(c.Context(), false, func(i *installation) error { return i.explain(c.Context(), names[0]) })
		},
	}
}

func (i *installation) explain(ctx context.Context, n name.Name) error {
	s, err := i.surveyor(ctx, "")
	if err != nil {
		return err
	}
	r, err := s.look(ctx, askedName{text: n.String(), name: n})
	if err != nil {
		return err
	}
	p := i.program
	choice, err := i.registry.Explain(ctx, n.Host(), r.chain.Target)
	switch {
	case err != nil && len(r.faults) == 0:
		return err
	case err != nil: // no DNS Provider serves the target: the chain says where it leads
		p.printChecked(r)
	case p.options.json:
		object := checkedObject(r)
		object["provider"], object["mode"], object["why"], object["write_zone"] = choice.Provider, choice.Mode, choice.Why, choice.Zone
		p.print(object)
	default:
		p.printChecked(r)
		fmt.Fprintf(p.stdout, "  DNS Provider: %s\n  mode: %s\n  why: %s\n", or(choice.Provider, "none"), choice.Mode, choice.Why)
	}
	if len(r.faults) > 0 {
		return errSaid{exitOf(r.faults[0].Code)}
	}
	return nil
}
