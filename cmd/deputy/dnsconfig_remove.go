package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"deputy/dnsconfig"
	"deputy/fault"
	"deputy/store"
)

func (p *program) dnsconfigRemoveCommand() *cobra.Command {
	return &cobra.Command{
		Use: "remove NAME", Short: "Remove an imported document that no DNS Provider uses", Args: cobra.ExactArgs(1),
		Long: "Removes an imported document that no DNS Provider uses. The library's of the same name, if there is one, counts again.",
		RunE: func(c *cobra.Command, args []string) error {
			return p.with(c.Context(), false, func(i *installation) error { return i.removeConfiguration(c.Context(), args[0]) })
		},
	}
}

func (i *installation) removeConfiguration(ctx context.Context, name string) error {
	var users []string
	err := i.store.Do(ctx, func(t *store.Tx) (err error) {
		if users, err = t.ConfigurationUsers(name); err != nil {
			return err
		}
		return t.RemoveConfiguration(name)
	})
	switch {
	case errors.Is(err, store.ErrInUse):
		return &fault.Fault{
			Code: fault.ProviderInUse, Tried: "remove the DNS Configuration " + name, Seen: "it is used by the DNS Provider " + strings.Join(users, " and "),
			Do: "give " + strings.Join(users, " and ") + " another configuration with deputy provider add, or remove it with deputy provider remove; values that it published have to be withdrawn first (deputy renew)", Who: fault.Admin,
		}
	case errors.Is(err, store.ErrNotFound):
		return notImported(name)
	case err != nil:
		return err
	}
	i.tell(ctx, store.Event{Kind: "dnsconfig.removed", Name: name, Text: "DNS Configuration " + name + " is removed" + i.fallsBack(name)})
	return nil
}

// fallsBack says what has the name now.
func (i *installation) fallsBack(name string) string {
	if _, ok, _ := dnsconfig.FromLibrary(name); ok { // of an error it says no more than of none
		return "; the library's of that name counts again"
	}
	return ""
}

func notImported(name string) error {
	f := noSuchConfiguration(name)
	f.Tried = "remove the DNS Configuration " + name
	f.Do = "see deputy dnsconfig list"
	if _, ok, _ := dnsconfig.FromLibrary(name); ok {
		f.Seen = "it is one of the library, which is part of the program"
		f.Do = "nothing has to be removed; an imported document of the same name goes before it"
	}
	return f
}
