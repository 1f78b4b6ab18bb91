package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"deputy/fault"
)

const dnsconfigExportHelp = `Writes a document so that deputy dnsconfig import, here or elsewhere, makes the same of it: a native one byte for byte, a
DXL with the same formulas, which HCL Domino reads too.

Secrets that a DXL itself holds are left out, unless --with-secrets.`

func (p *program) dnsconfigExportCommand() *cobra.Command {
	var secrets bool
	var file string
	c := &cobra.Command{
		Use: "export NAME", Short: "Write a document out", Long: dnsconfigExportHelp, Args: cobra.ExactArgs(1),
		Example: "  deputy dnsconfig export desec -o my-desec.yaml",
		RunE: func(c *cobra.Command, args []string) error {
			return p.exportConfiguration(c.Context(), args[0], file, secrets)
		},
	}
	c.Flags().BoolVar(&secrets, "with-secrets", false, "with the secrets that a DXL itself holds")
	c.Flags().StringVarP(&file, "output", "o", "", "write into `FILE` instead of stdout")
	return c
}

func (p *program) exportConfiguration(ctx context.Context, name, file string, secrets bool) error {
	c, err := p.named(ctx, name)
	if err != nil {
		return err
	}
	text := c.source
	if c.dxl != nil && !secrets {
		text = c.dxl.Shared()
	}
	object := map[string]any{"name": name, "kind": c.about().Kind}
	switch {
	case file == "" && p.options.json:
		object["document"] = string(text)
	case file == "":
		_, err = p.octets.Write(text)
		return err
	default:
		if err := writeDocument(file, text, secrets); err != nil {
			return err
		}
		object["file"] = file
	}
	if p.options.json {
		p.print(object)
		return nil
	}
	fmt.Fprintf(p.stderr, "%s is in %s\n", name, file)
	return nil
}

// writeDocument writes a file; one with secrets is its owner's alone.
func writeDocument(path string, text []byte, secrets bool) error {
	mode := os.FileMode(0o644)
	if secrets {
		mode = 0o600
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) { // an old file's mode would stay
			return cannotWrite(path, err)
		}
	}
	if err := os.WriteFile(path, text, mode); err != nil {
		return cannotWrite(path, err)
	}
	return nil
}

// cannotWrite is a file that the command line named and that can't be written.
func cannotWrite(path string, err error) *fault.Fault {
	return &fault.Fault{
		Code: fault.BadSettings, Tried: "write the document to " + path, Seen: err.Error(),
		Do: "name a file in a directory that you may write", Who: fault.Admin, Err: err,
	}
}
