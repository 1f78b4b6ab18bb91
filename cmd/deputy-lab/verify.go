package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"deputy/internal/lab"
)

func verifyCommand() *cobra.Command {
	var roots string
	c := &cobra.Command{
		Use:   "verify CERTFILE NAME...",
		Short: "Verify a certificate against the lab's root",
		Long: `verify reads a chain (PEM, leaf first) and checks, as a TLS client would, that it leads to the
lab's root and is valid now, and that the leaf is for exactly the names given.`,
		Example: "  deputy-lab verify fullchain.pem martdj.nl '*.martdj.nl'",
		Args:    counted(2, -1),
		RunE: func(c *cobra.Command, args []string) error {
			if roots == "" {
				return usage("which root? source the env file of deputy-lab up --dir DIR, or give --roots FILE")
			}
			trusted, err := os.ReadFile(roots)
			if err != nil {
				return err
			}
			chain, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			leaf, err := lab.Verify(trusted, chain, args[1:]...)
			if err != nil {
				return fmt.Errorf("%s: %w", args[0], err)
			}
			fmt.Fprintf(c.OutOrStdout(), "good: %s, issued by %s, valid until %s\n",
				strings.Join(leaf.DNSNames, ", "), leaf.Issuer.CommonName, leaf.NotAfter.UTC().Format("2006-01-02 15:04 MST"))
			return nil
		},
	}
	c.Flags().StringVar(&roots, "roots", os.Getenv("LAB_ROOTS"), "PEM file of the roots to trust; from LAB_ROOTS")
	return c
}
