package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deputy/deploy"
	"deputy/fault"
	"deputy/issuance"
	"deputy/name"
	"deputy/plan"
	"deputy/store"
)

const issueHelp = `Gets one certificate for all NAMEs, wildcards included, verifies it and writes its files to
STATE/certificates/NAME/{cert,chain,fullchain,privkey}.pem.

Before the CA is asked for anything, every delegation is followed; where one is missing the ticket for the owner of
the DNS is printed (exit 3), or with --wait deputy keeps looking and goes on by itself (exit 5 when the time is over).
A run that was interrupted goes on where it was when the same command is given again.
A certificate that is there and not due is left alone, unless --force.`

// issueFlags are the flags of issue.
type issueFlags struct {
	names    []string
	certName string
	keyType  string
	account  string
	profile  string
	hook     string
	force    bool
	wait     time.Duration // for the delegations; 0: not, negative: for ever
}

func (p *program) issueCommand() *cobra.Command {
	var f issueFlags
	c := &cobra.Command{
		Use:     "issue NAME...",
		Short:   "Get a certificate",
		Long:    issueHelp,
		Example: "  deputy issue www.example.org\n  deputy issue example.org '*.example.org' --deploy-hook 'systemctl reload nginx'",
		RunE: func(c *cobra.Command, args []string) error {
			names, err := certificateNames(args, f.names)
			if err != nil {
				return err
			}
			return p.issue(c.Context(), names, f, c.Flags().Changed)
		},
	}
	c.Flags().StringArrayVarP(&f.names, "domain", "d", nil, "a `NAME`, beside those given plainly; may be repeated")
	c.Flags().StringVar(&f.certName, "cert-name", "", "the certificate's own `name` and folder (default: the first NAME)")
	c.Flags().StringVar(&f.keyType, "key-type", "ec256", "ec256, ec384, rsa2048, rsa3072 or rsa4096")
	c.Flags().StringVar(&f.account, "account", "", "the ACME account, when there are several")
	c.Flags().StringVar(&f.profile, "profile", "", "the CA's certificate profile")
	c.Flags().StringVar(&f.hook, "deploy-hook", "", "a shell `command`, run after a success only")
	c.Flags().Var((*waitFlag)(&f.wait), "wait", "where a delegation is missing, print the ticket and wait until it is there, at most so long (48h); for ever without a `duration`")
	c.Flags().Lookup("wait").NoOptDefVal = "for ever"
	c.Flags().BoolVar(&f.force, "force", false, "also when the certificate is there and not due")
	return c
}

func (p *program) issue(ctx context.Context, names []name.Name, f issueFlags, changed func(string) bool) error {
	if !slices.Contains([]string{"ec256", "ec384", "rsa2048", "rsa3072", "rsa4096"}, f.keyType) {
		return usageError{fmt.Errorf("--key-type %s is none of ec256, ec384, rsa2048, rsa3072, rsa4096", f.keyType)}
	}
	if err := deploy.CheckName(or(f.certName, names[0].FileName())); err != nil {
		return err
	}
	i, err := p.open(ctx, false)
	if err != nil {
		return err
	}
	defer i.close()
	want, err := i.wanted(ctx, names, f, changed)
	if err != nil {
		return err
	}
	if f.wait != 0 {
		if err := i.awaitDelegations(ctx, names, f.wait); err != nil {
			return err
		}
	}
	issued, err := i.issuer.Issue(ctx, issuance.Request{Certificate: want, Replaces: true, Need: f.need(want)})
	if err != nil {
		p.ticketFor(ctx, i, err, names)
		return err
	}
	p.printIssued(i, issued)
	return nil
}

// wanted is the certificate as it should be: what is stored under its name, changed by the flags that were given.
func (i *installation) wanted(ctx context.Context, names []name.Name, f issueFlags, changed func(string) bool) (store.Certificate, error) {
	want := store.Certificate{Name: f.certName, Names: names, KeyType: f.keyType, Account: f.account, Profile: f.profile, DeployHook: f.hook}
	if want.Name == "" {
		want.Name = names[0].FileName()
	}
	err := i.store.View(ctx, func(t *store.Tx) error {
		was, err := t.Certificate(want.Name)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		keep(changed("key-type"), &want.KeyType, was.KeyType)
		keep(changed("account"), &want.Account, was.Account)
		keep(changed("profile"), &want.Profile, was.Profile)
		keep(changed("deploy-hook"), &want.DeployHook, was.DeployHook)
		return err
	})
	if err != nil {
		return want, err
	}
	want.Account, err = i.onlyAccount(ctx, want.Account)
	return want, err
}

func keep(given bool, want *string, was string) {
	if !given && was != "" {
		*want = was
	}
}

// onlyAccount is the account of that name; without a name the only one that is made, or the one called default.
func (i *installation) onlyAccount(ctx context.Context, given string) (string, error) {
	var accounts []store.Account
	err := i.store.View(ctx, func(t *store.Tx) (err error) {
		accounts, err = t.Accounts()
		return err
	})
	if err != nil {
		return "", err
	}
	var made []string
	for _, a := range accounts {
		if a.Name == given {
			return given, nil
		}
		if a.URL != "" {
			made = append(made, a.Name)
		}
	}
	switch {
	case given == "" && slices.Contains(made, "default"):
		return "default", nil
	case given == "" && len(made) == 1:
		return made[0], nil
	case given != "":
		return "", &fault.Fault{
			Code: fault.NotFound, Tried: "find the ACME account " + given, Seen: "there is none of that name; there are: " + or(strings.Join(made, ", "), "none"),
			Do: "see deputy account list", Who: fault.Admin,
		}
	case len(made) == 0:
		return "", &fault.Fault{Code: fault.NotSetUp, Tried: "choose an ACME account", Seen: "there is none yet", Do: "deputy init, or deputy account add", Who: fault.Admin}
	}
	return "", &fault.Fault{
		Code: fault.NotSetUp, Tried: "choose an ACME account", Seen: fmt.Sprintf("there are %d: %s", len(made), strings.Join(made, ", ")),
		Do: "say which with --account", Who: fault.Admin,
	}
}

// need says, once the certificate is claimed, what must be done: another process may just have done it.
func (f issueFlags) need(want store.Certificate) func(store.Certificate) issuance.Need {
	return func(is store.Certificate) issuance.Need {
		same := slices.Equal(is.Names, want.Names) && is.KeyType == want.KeyType && is.Account == want.Account && is.Profile == want.Profile
		if f.force || !same {
			return issuance.Whole
		}
		return need(is)
	}
}

func (p *program) printIssued(i *installation, c store.Certificate) {
	folder := filepath.Join(p.options.state, "certificates", c.Name)
	if p.options.json {
		p.print(certificateObject(c, folder))
		return
	}
	fmt.Fprintf(p.stdout, "%s\n", folder)
	if !p.options.quiet {
		fmt.Fprintf(p.stderr, "%s is valid until %s (serial %s)\n", c.Name, c.NotAfter.UTC().Format(time.RFC3339), c.Serial)
	}
}

// ticketFor prints the ticket when what is missing is a delegation, so that it can be forwarded as it stands.
func (p *program) ticketFor(ctx context.Context, i *installation, err error, names []name.Name) {
	missing := slices.ContainsFunc(faultsIn(err), func(f *fault.Fault) bool { return f.Code == fault.NoDelegation })
	if !missing || p.options.json {
		return
	}
	lines, _, err := i.lines(ctx, names, "", "")
	if err != nil {
		return // the faults themselves are printed, and name the record
	}
	ask := slices.DeleteFunc(lines, func(l plan.Line) bool { return l.Done })
	fmt.Fprintf(p.stdout, "%s\n", plan.Ticket(ask))
}
