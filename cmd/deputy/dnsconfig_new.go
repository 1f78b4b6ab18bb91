package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"regexp"

	"errors"

	"github.com/spf13/cobra"

	"deputy/dnsconfig"
	"deputy/fault"
)

const dnsconfigNewHelp = `Begins a document of your own: asks how the host's API is spoken, with requests as its documentation shows them, or
takes another document as the example. It writes NAME.yaml, looks at it as lint does, and says what comes next.

A request is a curl line, or a method and a path, with these words where something else stands each time:
  ZONE    the zone: its name, or its id where one is looked up      TTL     seconds
  NAME    the record's whole name        VALUE   the value          VALUES  the list of all values
  FQDN    the same with a final dot      QUOTED  it, in "quotes"    QUOTEDS the list, each in "quotes"
  LABEL   the name without the zone      ID      a record's id`

// beginning are the options of dnsconfig new.
type beginning struct {
	name, example, output string
}

func (p *program) dnsconfigNewCommand() *cobra.Command {
	var b beginning
	c := &cobra.Command{
		Use: "new [NAME]", Short: "Begin a document of your own", Long: dnsconfigNewHelp, Args: cobra.MaximumNArgs(1),
		Example: "  deputy dnsconfig new my-host\n  deputy dnsconfig new my-host --example desec",
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				b.name = args[0]
			}
			return p.newConfiguration(c.Context(), b)
		},
	}
	c.Flags().StringVarP(&b.example, "example", "f", "", "begin with a copy of this native document: `NAME|FILE`")
	c.Flags().StringVarP(&b.output, "output", "o", "", "write into `FILE` instead of NAME.yaml")
	return c
}

var configurationName = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)

func (p *program) newConfiguration(ctx context.Context, b beginning) error {
	if b.name == "" && b.example != "" {
		return usageError{errors.New("give the new document a name: deputy dnsconfig new NAME --example " + b.example)}
	}
	ask := p.asker(ctx).ask
	if b.name == "" {
		var err error
		if b.name, err = ask("Name of the document (a-z, 0-9, dots, dashes)", ""); err != nil {
			return err
		}
	}
	if !configurationName.MatchString(b.name) {
		return usageError{fmt.Errorf("%.80q can't be the name: 1 to 63 of a-z, 0-9, dots, dashes and underscores, the first a letter or digit", b.name)}
	}
	path := or(b.output, b.name+".yaml")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return cannotWrite(path, errors.New("there is a file already, which is left alone"))
	}
	text, err := p.begin(ctx, b, ask)
	if err != nil {
		return err
	}
	if err := writeNew(path, text); err != nil {
		return err
	}
	return p.sayBegun(b.name, path, text)
}

// begin makes the text: of an example, or of answers.
func (p *program) begin(ctx context.Context, b beginning, ask question) ([]byte, error) {
	if b.example == "" {
		d, err := askDraft(b.name, ask)
		if err != nil {
			return nil, err
		}
		return d.document()
	}
	c, err := p.one(ctx, b.example, "")
	if err != nil {
		return nil, err
	}
	if c.native == nil {
		return nil, &fault.Fault{
			Code: fault.BadDocument, Tried: "begin a document with the example " + b.example, Seen: "it is a DXL, and a new document is a native one",
			Do: "take a native one, see deputy dnsconfig list; a DXL is used as it is: deputy dnsconfig import FILE", Who: fault.Admin,
		}
	}
	return copyOf(c.source, b.name), nil
}

var (
	nameLine   = regexp.MustCompile(`(?m)^name:.*$`)
	provenLine = regexp.MustCompile(`(?m)^proven:.*\n`)
)

// copyOf is a document under another name, which claims nothing that was shown of its example.
func copyOf(source []byte, name string) []byte {
	return provenLine.ReplaceAll(nameLine.ReplaceAll(source, []byte("name: "+name)), nil)
}

// sayBegun tells what is there and what comes next. A document that can't be read yet is kept, with its fault.
func (p *program) sayBegun(name, path string, text []byte) error {
	n, err := dnsconfig.ParseNative(text)
	if err != nil {
		fmt.Fprintf(p.stderr, "%s is written, and has to be mended before it can be read\n", path)
		return inFile(path, err)
	}
	c := nativeFrom(path, n)
	if p.options.json {
		p.print(map[string]any{"name": name, "file": path, "findings": append([]string{}, c.findings()...), "fields": fieldObjects(c.about()), "needs": needsOf(c.about())})
		return nil
	}
	p.printLinted(linted{configured: c, arg: path, findings: c.findings()})
	fmt.Fprintf(p.stdout, `
%[1]s is written. Next:
  deputy dnsconfig lint %[1]s       after each change
  deputy dnsconfig trace %[1]s --provider FILE --name NAME --registered-domain ZONE --value test --answers FILE
  deputy dnsconfig import %[1]s     then deputy provider add
  deputy dnsconfig test PROVIDER    two values at one name, at the live host
`, path)
	return nil
}
