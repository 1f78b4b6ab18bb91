package main

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deputy/fault"
	"deputy/issuance"
	"deputy/schedule"
	"deputy/store"
)

const renewHelp = `Renews what is due and leaves the rest alone: run it from cron or a systemd timer, twice a day.

A certificate is due when its CA says so (ARI), else when a third of its life is left, or a half of a life under ten
days. After a failure it is tried again after a minute, ten minutes, a hundred, then daily. Two runs at once are
harmless. Deploy hooks run after a success only.`

func (p *program) renewCommand() *cobra.Command {
	var force bool
	var hook string
	c := &cobra.Command{
		Use:     "renew [NAME]",
		Short:   "Renew what is due; for cron",
		Long:    renewHelp,
		Example: "  deputy renew\n  deputy renew www.example.org --force",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if force && len(args) == 0 {
				return usageError{errors.New("--force needs the NAME of one certificate")}
			}
			return p.renew(c.Context(), args, force, hook)
		},
	}
	c.Flags().BoolVar(&force, "force", false, "renew NAME whether it is due or not")
	c.Flags().StringVar(&hook, "deploy-hook", "", "a shell `command` to run after each success, kept with the certificates that it renews")
	return c
}

func (p *program) renew(ctx context.Context, args []string, force bool, hook string) error {
	i, err := p.open(ctx, false)
	if err != nil {
		return err
	}
	defer i.close()
	if len(args) == 1 {
		return i.renewOne(ctx, args[0], force, hook)
	}
	r := &schedule.Renewer{Store: i.store, Ask: i.renewalInfo, Tell: i.tell, Renew: func(ctx context.Context, c store.Certificate) error {
		return i.reissue(ctx, c, hook, need)
	}}
	renewed, err := r.Run(ctx)
	err = errors.Join(err, i.issuer.Tidy(ctx)) // also when nothing was due: nobody else tries again
	if p.options.json {
		p.print(map[string]any{"renewed": renewed})
	} else if !p.options.quiet {
		fmt.Fprintf(p.stderr, "renewed %d\n", renewed)
	}
	return err
}

// need asks again once the certificate is claimed: another run may have renewed it meanwhile.
func need(c store.Certificate) issuance.Need {
	due, _, _ := schedule.Due(c, time.Now())
	switch {
	case due || c.Version == 0:
		return issuance.Whole
	case !c.Deployed:
		return issuance.Deployment
	}
	return issuance.Nothing
}

func (i *installation) renewOne(ctx context.Context, certName string, force bool, hook string) error {
	c, err := i.certificate(ctx, certName)
	if err != nil {
		return err
	}
	must := need
	if force {
		must = nil
	}
	return errors.Join(i.reissue(ctx, c, hook, must), i.issuer.Tidy(ctx))
}

// reissue renews one certificate, or finishes the deployment of one that was issued and not deployed.
func (i *installation) reissue(ctx context.Context, c store.Certificate, hook string, must func(store.Certificate) issuance.Need) error {
	request := issuance.Request{Certificate: store.Certificate{Name: c.Name, DeployHook: hook}, Replaces: true, Known: true, Need: must}
	issued, err := i.issuer.Issue(ctx, request)
	if err == nil && issued.Version > c.Version {
		i.program.printIssued(i, issued)
	}
	return err
}

// certificate reads one certificate by its name.
func (i *installation) certificate(ctx context.Context, certName string) (c store.Certificate, err error) {
	if host, wildcard := strings.CutPrefix(certName, "*."); wildcard {
		certName = "_wildcard." + host
	}
	err = i.store.View(ctx, func(t *store.Tx) error {
		c, err = t.Certificate(certName)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return c, &fault.Fault{
			Code: fault.NotFound, Tried: "find the certificate " + certName, Seen: "there is none of that name",
			Do: "see deputy list", Who: fault.Admin,
		}
	}
	return c, err
}

// renewalInfo asks the certificate's CA when to renew it.
func (i *installation) renewalInfo(ctx context.Context, c store.Certificate) (info store.RenewalInfo, ok bool, err error) {
	block, _ := pem.Decode(c.Chain)
	if block == nil {
		return info, false, nil
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return info, false, err
	}
	var account store.Account
	err = i.store.View(ctx, func(t *store.Tx) error {
		account, err = t.Account(c.Account)
		return err
	})
	if err != nil {
		return info, false, err
	}
	client, err := i.authority(account)
	if err != nil {
		return info, false, err
	}
	return client.RenewalInfo(ctx, leaf)
}
