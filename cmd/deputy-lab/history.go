package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"deputy/internal/lab"
)

func historyCommand() *cobra.Command {
	var since int
	var kind, server string
	var asJSON bool
	c := &cobra.Command{
		Use:   "history",
		Short: "Show what was asked, of whom, in order",
		Long:  "history shows every HTTP request, ACME request, DNS query and zone edit of the lab so far, one a line.",
		Example: `  deputy-lab history --kind acme
  deputy-lab history --kind dns --server ns2.desec.lab --json`,
		Args: counted(0, 0),
		RunE: func(c *cobra.Command, _ []string) error {
			remote, err := dial(c)
			if err != nil {
				return err
			}
			entries, err := remote.History(c.Context(), since, kind, server)
			if err != nil {
				return err
			}
			return writeEntries(c.OutOrStdout(), entries, asJSON)
		},
	}
	c.Flags().StringVar(&kind, "kind", "", "only http, acme, dns or edit")
	c.Flags().StringVar(&server, "server", "", "only what this server was asked: desec, set-txt, ca, resolver, a host name; of edits, the zone")
	c.Flags().IntVar(&since, "since", 0, "only what came after the entry with this number")
	c.Flags().BoolVar(&asJSON, "json", false, "one JSON object a line, with bodies and answers")
	return c
}

func writeEntries(w io.Writer, entries []lab.Entry, asJSON bool) error {
	encoder := json.NewEncoder(w)
	for _, e := range entries {
		if asJSON {
			if err := encoder.Encode(e); err != nil {
				return err
			}
			continue
		}
		if _, err := fmt.Fprintln(w, line(e)); err != nil {
			return err
		}
	}
	return nil
}

// line is an entry for people: number, time, kind, who asked whom, what, and how it was answered.
func line(e lab.Entry) string {
	return fmt.Sprintf("%5d  %s  %-4s  %s > %s  %s%s%s",
		e.Seq, e.Time.Format("15:04:05.000"), e.Kind, e.From, e.Server, e.What, resource(e), status(e))
}

func resource(e lab.Entry) string {
	if e.Resource == "" {
		return ""
	}
	return " (" + e.Resource + ")"
}

// status is how the entry was answered.
func status(e lab.Entry) string {
	switch {
	case e.Kind == "edit":
		return ""
	case e.Status == lab.NoAnswer, e.Kind != "dns" && e.Status == 0:
		return "  no answer"
	case e.Kind == "dns":
		return "  " + lab.RcodeText(e.Status)
	}
	return fmt.Sprintf("  %d", e.Status)
}
