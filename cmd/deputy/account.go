package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"deputy/ca"
	"deputy/fault"
	"deputy/secret"
	"deputy/store"
)

// accountFlags say which account, at which CA.
type accountFlags struct {
	name       string
	server     string
	staging    bool
	email      string
	agree      bool
	eabKeyID   string
	eabKeyFile string
}

func (f *accountFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.name, "account", "", "the account's `name` here (default: default, then the CA's)")
	c.Flags().StringVar(&f.server, "server", "", "the CA: an ACME directory `URL`, or "+strings.Join(knownServers(), ", "))
	c.Flags().BoolVar(&f.staging, "staging", false, "Let's Encrypt's staging")
	c.Flags().StringVar(&f.email, "email", "", "where the CA may write to; may be left out")
	c.Flags().BoolVar(&f.agree, "agree-tos", false, "agree to the CA's terms of service without being asked")
	c.Flags().StringVar(&f.eabKeyID, "eab-kid", "", "external account binding: the key `id` that the CA gave you")
	c.Flags().StringVar(&f.eabKeyFile, "eab-hmac-key-file", "", "external account binding: the `file` with its key")
}

func (p *program) accountCommand() *cobra.Command {
	c := &cobra.Command{Use: "account", Short: "Accounts at CAs", Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	var f accountFlags
	add := &cobra.Command{
		Use:     "add",
		Short:   "Make an account at a CA",
		Example: "  deputy account add --server letsencrypt --email you@example.org",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if f.server == "" && !f.staging {
				return usageError{errors.New("name the CA with --server")}
			}
			i, err := p.open(c.Context(), true)
			if err != nil {
				return err
			}
			defer i.close()
			_, err = i.addAccount(c.Context(), f)
			return err
		},
	}
	f.add(add)
	list := &cobra.Command{
		Use:   "list",
		Short: "List the accounts",
		Args:  cobra.NoArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return p.listAccounts(c.Context()) },
	}
	c.AddCommand(add, list)
	return c
}

// addAccount makes the account, or finds the one of that name again. Nothing is stored before the CA's directory was
// read and its terms agreed to; then the account's key is, before the CA hears of it, so that a lost answer costs
// nothing: the CA knows the account by its key (RFC 8555 §7.3.1).
func (i *installation) addAccount(ctx context.Context, f accountFlags) (store.Account, error) {
	directory, err := f.directory()
	if err != nil {
		return store.Account{}, err
	}
	account, err := i.accountRow(ctx, f, directory)
	if err != nil {
		return account, err
	}
	if account.URL != "" {
		i.tell(ctx, store.Event{Kind: "account.there", Name: account.URL, Text: "account " + account.Name + " at " + directory + " is there already: " + account.URL})
		return account, nil
	}
	client, err := i.authority(account)
	if err != nil {
		return account, err
	}
	about, err := client.Directory(ctx)
	if err != nil {
		return account, err
	}
	if account.Terms, err = i.agree(ctx, about, f.agree, account); err != nil {
		return account, err
	}
	if account, err = i.keyed(ctx, f, account); err != nil {
		return account, err
	}
	i.tell(ctx, store.Event{Kind: "account.asking", Name: directory, Text: "asking " + directory + " for an account"})
	if account, err = client.Account(ctx, account); err != nil {
		return account, err
	}
	account, err = i.putAccount(ctx, account)
	i.tell(ctx, store.Event{Kind: "account.made", Name: account.URL, Text: "account " + account.Name + ": " + account.URL})
	return account, err
}

func (i *installation) putAccount(ctx context.Context, a store.Account) (store.Account, error) {
	err := i.store.Do(ctx, func(t *store.Tx) (err error) {
		a, err = t.PutAccount(a)
		return err
	})
	return a, err
}

// accountRow finds the account that is meant, or says what a new one will be; it stores nothing.
func (i *installation) accountRow(ctx context.Context, f accountFlags, directory string) (store.Account, error) {
	var accounts []store.Account
	err := i.store.View(ctx, func(t *store.Tx) (err error) {
		accounts, err = t.Accounts()
		return err
	})
	if err != nil {
		return store.Account{}, err
	}
	name := f.name
	if name == "" && len(accounts) == 0 {
		name = "default"
	}
	for _, a := range accounts {
		if a.Directory == directory && a.EABKeyID == f.eabKeyID && (name == "" || a.Name == name) {
			if a.URL == "" {
				a.Email = f.email // the CA does not know it yet, and may have refused the address before
			}
			return a, nil
		}
		if a.Name == name {
			return a, &fault.Fault{
				Code: fault.BadSettings, Tried: "add the account " + name, Seen: "there is one of that name at " + a.Directory,
				Do: "choose another name with --account", Who: fault.Admin,
			}
		}
	}
	if name == "" {
		name = serverName(directory)
	}
	return store.Account{Name: name, Directory: directory, Email: f.email, EABKeyID: f.eabKeyID}, nil
}

// keyed stores the account, with a key if it has none yet.
func (i *installation) keyed(ctx context.Context, f accountFlags, a store.Account) (store.Account, error) {
	if !a.Key.IsZero() {
		return i.putAccount(ctx, a)
	}
	if (f.eabKeyID == "") != (f.eabKeyFile == "") {
		return a, usageError{errors.New("--eab-kid and --eab-hmac-key-file belong together")}
	}
	if f.eabKeyFile != "" {
		text, err := readNear("")(f.eabKeyFile)
		if err != nil {
			return a, err
		}
		a.EABKey = secret.New(strings.TrimSpace(string(text)))
	}
	key, err := ca.NewKey("ec256")
	if err != nil {
		return a, err
	}
	if a.Key, err = ca.MarshalKey(key); err != nil {
		return a, err
	}
	return i.putAccount(ctx, a)
}

// agree shows the CA's terms and gets the administrator's word on them.
func (i *installation) agree(ctx context.Context, d ca.Directory, agreed bool, a store.Account) (string, error) {
	if d.Terms == "" || a.Terms == d.Terms {
		return d.Terms, nil
	}
	fmt.Fprintf(i.program.stderr, "The CA's terms of service: %s\n", d.Terms)
	if agreed {
		return d.Terms, nil
	}
	refused := &fault.Fault{
		Code: fault.CATerms, Tried: "make an account at " + a.Directory, Seen: "its terms of service (" + d.Terms + ") are not agreed to",
		Do: "read them, then repeat with --agree-tos", Who: fault.Admin,
	}
	yes, err := i.program.asker(ctx).confirm("Do you agree?")
	if errors.Is(err, errNobody) || err == nil && !yes {
		return "", refused
	}
	return d.Terms, err
}

func (p *program) listAccounts(ctx context.Context) error {
	i, err := p.open(ctx, false)
	if err != nil {
		return err
	}
	defer i.close()
	var accounts []store.Account
	err = i.store.View(ctx, func(t *store.Tx) (err error) {
		accounts, err = t.Accounts()
		return err
	})
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for _, a := range accounts {
		if p.options.json {
			p.print(map[string]string{"name": a.Name, "server": a.Directory, "email": a.Email, "url": a.URL, "eab_kid": a.EABKeyID})
			continue
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", a.Name, a.Directory, or(a.Email, "-"), or(a.URL, "not made yet"))
	}
	return table.Flush()
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
