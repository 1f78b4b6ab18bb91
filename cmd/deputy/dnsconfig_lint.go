package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"deputy/fault"
)

const dnsconfigLintHelp = `Looks at documents without a network and without a set-up: whether they parse, what can never run, names that nothing
sets, and which fields the account of a DNS Provider needs. NAME is one of the library or an imported one.

Exit: 0 they can work, findings are warnings; 2 one can't be read or can't work.`

func (p *program) dnsconfigLintCommand() *cobra.Command {
	return &cobra.Command{
		Use: "lint FILE|NAME...", Short: "Is a document right, as far as that shows without a network?", Long: dnsconfigLintHelp, Args: cobra.MinimumNArgs(1),
		Example: "  deputy dnsconfig lint my-host.yaml\n  deputy dnsconfig lint *.dxl",
		RunE: func(c *cobra.Command, args []string) error {
			var failed []error
			for _, arg := range args {
				failed = append(failed, p.lint(c.Context(), arg))
			}
			return errors.Join(failed...)
		},
	}
}

// linted is what lint says of one DNS Configuration.
type linted struct {
	configured
	arg      string
	findings []string
	left     []string     // what was not taken over from its file
	broken   *fault.Fault // why it can't work; nil if it can
}

func (p *program) lint(ctx context.Context, arg string) error {
	d, err := p.find(ctx, arg)
	if err != nil {
		return err
	}
	var failed []error
	for n, c := range d.found {
		l := linted{configured: c, arg: arg, findings: c.findings(), broken: c.broken()}
		if n == len(d.found)-1 {
			l.left = d.beside.Left
		}
		p.printLinted(l)
		if l.broken != nil {
			failed = append(failed, l.broken)
		}
	}
	return errors.Join(failed...)
}

func (c configured) findings() []string {
	if c.native != nil {
		return c.native.Lint()
	}
	return c.dxl.Lint()
}

// broken says why a document that can be read can't work all the same: it is of a kind that deputy does not run, or has
// no request that adds.
func (c configured) broken() *fault.Fault {
	if c.dxl == nil {
		return nil
	}
	if f, ok := fault.From(c.dxl.Runnable()); ok {
		return f
	}
	never := func(finding string) bool { return strings.HasPrefix(finding, "nothing is ever added") }
	at := slices.IndexFunc(c.findings(), never)
	if at < 0 {
		return nil
	}
	return &fault.Fault{
		Code: fault.BadDocument, Tried: "run the DNS Configuration " + c.about().Name, Seen: c.findings()[at],
		Do: "correct it there, or tell its author", Who: fault.Admin,
	}
}

func (p *program) printLinted(l linted) {
	a := l.about()
	if p.options.json {
		p.print(map[string]any{
			"document": l.arg, "name": a.Name, "kind": a.Kind, "style": a.Style, "works": l.broken == nil,
			"findings": append([]string{}, l.findings...), "left": append([]string{}, l.left...),
			"fields": fieldObjects(a), "needs": needsOf(a), "hosts": append([]string{}, a.Hosts...), "verdict": a.Verdict,
		})
		return
	}
	word := "can be used"
	switch {
	case l.broken != nil:
		word = "can't work"
	case len(l.findings) == 1:
		word = "can be used, with 1 warning"
	case len(l.findings) > 1:
		word = fmt.Sprintf("can be used, with %d warnings", len(l.findings))
	}
	fmt.Fprintf(p.stdout, "%s: %s\n", oneLine(a.Name), word)
	for _, finding := range l.findings {
		fmt.Fprintf(p.stdout, "  warning: %s\n", oneLine(finding))
	}
	for _, left := range l.left {
		fmt.Fprintf(p.stdout, "  not taken over: %s\n", oneLine(left))
	}
	fmt.Fprintf(p.stdout, "  asks: %s\n", or(a.Asks(), "the host of api_base, which the DNS Provider has to give"))
	p.printFields(a)
}
