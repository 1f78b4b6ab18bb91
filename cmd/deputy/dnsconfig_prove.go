package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"deputy/dnsconfig"
	"deputy/fault"
	"deputy/name"
	"deputy/provider"
	"deputy/publish"
	"deputy/store"
)

const dnsconfigTestHelp = `Tries a DNS Provider's document at its live DNS host: puts a value at a made-up name in its zone, then a second one at
the same name, looks at every authoritative server for both, removes the first, sees that the second is still there,
removes it, and sees both gone.

What that shows is kept: additive, when other values at a name stay, so that several certificates can share it; or
replacing, when they are lost, so that deputy takes turns. It counts for the document as it is, with every DNS Provider.

Nothing is left, also when the run is killed: each value is journalled first, and deputy renew withdraws what is left.`

func (p *program) dnsconfigTestCommand() *cobra.Command {
	var owner string
	c := &cobra.Command{
		Use: "test PROVIDER", Short: "Try a document at a live DNS host: two values at one name", Long: dnsconfigTestHelp, Args: cobra.ExactArgs(1),
		Example: "  deputy dnsconfig test desec-martdj\n  deputy dnsconfig test desec-martdj --name validation.martdj.dedyn.io",
		RunE: func(c *cobra.Command, args []string) error {
			return p.with(c.Context(), false, func(i *installation) error { return i.testConfiguration(c.Context(), args[0], owner) })
		},
	}
	c.Flags().StringVar(&owner, "name", "", "test at this name, where nothing may be, instead of a made-up one: `OWNER`")
	return c
}

func (i *installation) testConfiguration(ctx context.Context, providerName, owner string) error {
	row, c, err := i.provided(ctx, providerName)
	if err != nil {
		return err
	}
	d, err := provider.Stored(row)
	if err != nil {
		return err
	}
	target, err := testTarget(d, c, owner)
	if err != nil {
		return err
	}
	target.Revision = row.Revision
	proof, err := i.prove(ctx, target)
	if proof.Told {
		err = errors.Join(err, i.keepVerdict(ctx, c, proof))
		i.program.printProof(c, proof)
	}
	return err
}

// provided is a DNS Provider as it is now, with the DNS Configuration that it uses.
func (i *installation) provided(ctx context.Context, providerName string) (row store.Provider, c configured, err error) {
	var source store.Configuration
	err = i.store.View(ctx, func(t *store.Tx) (err error) {
		if row, err = t.Provider(providerName, 0); err != nil || row.ConfigurationRevision == 0 {
			return err
		}
		source, err = t.Configuration(row.Configuration, row.ConfigurationRevision)
		return err
	})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return row, c, noSuchProvider(providerName)
	case err != nil:
		return row, c, err
	case row.ConfigurationRevision != 0:
		c, err = stored(source)
		return row, c, err
	}
	n, ok, err := dnsconfig.FromLibrary(row.Configuration)
	if err != nil || !ok {
		return row, c, errors.Join(err, noSuchConfiguration(row.Configuration))
	}
	return row, nativeFrom("library", n), nil
}

// testTarget is where the test writes: at owner, or at a name that it makes up.
func testTarget(d provider.Document, c configured, owner string) (store.Target, error) {
	t := store.Target{Provider: d.Name}
	if owner == "" {
		if c.about().Style == "single" {
			return t, usageError{errors.New("the host keeps one name for values: give it with --name")}
		}
		made, err := d.Zones[0].Child("deputy-test-" + strings.ToLower(rand.Text()[:10]))
		if err != nil {
			return t, err
		}
		t.Owner, t.Zone = made, d.Zones[0]
		return t, nil
	}
	var err error
	if t.Owner, err = name.ParseOwner(owner); err != nil {
		return t, usageError{fmt.Errorf("--name: %w", err)}
	}
	zone, ok := t.Owner.LongestSuffix(d.Zones)
	if !ok || zone == t.Owner {
		return t, &fault.Fault{
			Code: fault.Unmanaged, Tried: fmt.Sprintf("test the DNS Provider %s at %s", d.Name, t.Owner),
			Seen: "that does not lie below " + namesText(d.Zones), Do: "give a name below a zone of the DNS Provider, or none: then deputy makes one up", Who: fault.Admin,
		}
	}
	t.Zone = zone
	return t, nil
}

// prove runs the test under a claim, as every work that publishes is done.
func (i *installation) prove(ctx context.Context, t store.Target) (publish.Proof, error) {
	claim, err := i.store.Wait(ctx, "test/"+t.Owner.String(), func(held *store.HeldError) {
		i.tell(ctx, store.Event{Kind: "publish.wait", Name: t.Owner.String(), Text: "waiting for the test of " + held.Holder + " at this name"})
	})
	if err != nil {
		return publish.Proof{}, err
	}
	kept, stop := claim.Keep(context.WithoutCancel(ctx)) // also while an interrupted run still withdraws
	work, cancel := context.WithCancelCause(ctx)
	lost := context.AfterFunc(kept, func() { cancel(context.Cause(kept)) })
	values := [2]string{"deputy-test-1-" + rand.Text(), "deputy-test-2-" + rand.Text()}
	proof, err := i.keeper.Prove(work, claim, t, values)
	lost()
	cancel(context.Canceled)
	stop()
	return proof, errors.Join(err, claim.Release(context.WithoutCancel(ctx)))
}

func (i *installation) keepVerdict(ctx context.Context, c configured, proof publish.Proof) error {
	v := store.Verdict{Digest: store.Digest(c.source), Verdict: string(verdictOf(proof)), Provider: proof.Target.Provider}
	return i.store.Do(context.WithoutCancel(ctx), func(t *store.Tx) error { return t.PutVerdict(v) })
}

func verdictOf(proof publish.Proof) dnsconfig.Verdict {
	if proof.Additive {
		return dnsconfig.Additive
	}
	return dnsconfig.Replacing
}

func (p *program) printProof(c configured, proof publish.Proof) {
	verdict, t := verdictOf(proof), proof.Target
	left := []string{}
	if !proof.Gone {
		left = proof.Values[:]
	}
	if p.options.json {
		p.print(map[string]any{
			"provider": t.Provider, "configuration": c.about().Name, "name": t.Owner, "verdict": verdict, "why": proof.Why,
			"servers": proof.Servers, "removable": proof.Removable, "left": left,
		})
		return
	}
	fmt.Fprintf(p.stdout, "%s: %s: %s, at %d server addresses\n", c.about().Name, verdict, proof.Why, proof.Servers)
	fmt.Fprintf(p.stdout, "  other values at a name %s\n", verdictText(verdict))
	switch {
	case !proof.Removable:
		fmt.Fprintf(p.stdout, "  left at %s, since the document can't remove values: %s; remove them by hand if they disturb\n", t.Owner, strings.Join(left, " and "))
	case proof.Gone:
		fmt.Fprintf(p.stdout, "  nothing is left at %s\n", t.Owner)
	default:
		fmt.Fprintf(p.stdout, "  perhaps left at %s: %s; deputy renew tries again to remove what the journal has, else remove it at the DNS host\n", t.Owner, strings.Join(left, " or "))
	}
}
