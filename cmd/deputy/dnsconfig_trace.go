package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"deputy/dnsconfig"
	"deputy/fault"
	"deputy/name"
	"deputy/provider"
	"deputy/secret"
	"deputy/store"
)

const dnsconfigTraceHelp = `Runs a DNS Configuration over answers that you give, without a network and without a set-up: every expression with its
value, every request and answer, every variable. CONFIG is one of the library or an imported one, or the path of a DXL
or native document.

--provider is YAML or JSON with the account's fields: cfg_AuthToken and the like for a DXL, a native document's own
names for that; or a whole DNS Provider (deputy: dns-provider/1).

--answers is JSON with an answer for each operation, or a list of them, one after another:
  {"Add": {"status": 201, "body": {"id": 7}, "headers": {}}, "Lookup": [{"body": "…"}, {"status": 404}]}
A body that is a string is sent as it is, any other as its JSON text. An operation without an answer gets 200 and an
empty body. The operations of a DXL are Lookup, QryAdd, Add, QryDel and Del; a native document's are its own: login,
zone, read, replace, list, create, delete and so on.

The answers of a native document's list or read should tell what was written, as the host's would: one before adding, two
with the value, one without. What they do not tell is made up, and said; the last line says whether the value was seen.

A trace that ran is a success, also where the document says that adding failed.`

// tracing are the options of dnsconfig trace.
type tracing struct {
	configuration, provider, cert, domain, value, answers string
	showSecrets                                           bool
}

func (p *program) dnsconfigTraceCommand() *cobra.Command {
	var t tracing
	c := &cobra.Command{
		Use: "trace CONFIG|PATH", Short: "Every request that a document would make, over answers that you give", Long: dnsconfigTraceHelp, Args: cobra.ExactArgs(1),
		Example: "  deputy dnsconfig trace desec.dxl --provider account.yaml --name www.example.org --registered-domain example.org --value test --answers answers.json",
		RunE:    func(c *cobra.Command, args []string) error { return p.traceConfiguration(c.Context(), args[0], t) },
	}
	f := c.Flags()
	f.StringVar(&t.configuration, "configuration", "", "the `NAME` of the one that is meant, where a file holds several")
	f.StringVar(&t.provider, "provider", "", "the account's fields, or a whole DNS Provider: `FILE`, or - for stdin")
	f.StringVar(&t.cert, "name", "", "the certificate's `NAME`; its challenge name is _acme-challenge.NAME")
	f.StringVar(&t.domain, "registered-domain", "", "the registered `DOMAIN`; of a native document the zone")
	f.StringVar(&t.value, "value", "", "the TXT value, `TEXT`")
	f.StringVar(&t.answers, "answers", "", "the answers: a JSON `FILE`")
	f.BoolVar(&t.showSecrets, "show-secrets", false, "show secrets, which are [secret] else")
	return c
}

// traced is a trace that is about to run.
type traced struct {
	configured
	cert, domain name.Name
	value        string
	account      provider.Document // the account, and what else a DNS Provider says
	answers      *answers
	open         bool // secrets are to be shown
}

func (p *program) traceConfiguration(ctx context.Context, arg string, o tracing) error {
	t, err := p.prepareTrace(ctx, arg, o)
	if err != nil {
		return err
	}
	if t.native != nil {
		return p.traceNative(ctx, t)
	}
	return p.traceDXL(t)
}

func (p *program) prepareTrace(ctx context.Context, arg string, o tracing) (traced, error) {
	t := traced{value: o.value, open: o.showSecrets}
	for flag, given := range map[string]string{"--provider": o.provider, "--name": o.cert, "--value": o.value} {
		if given == "" {
			return t, usageError{fmt.Errorf("%s is missing; see deputy dnsconfig trace --help", flag)}
		}
	}
	names, err := certificateNames([]string{o.cert}, nil)
	if err != nil {
		return t, err
	}
	t.cert = names[0].Host()
	if o.domain != "" {
		if t.domain, err = name.ParseOwner(o.domain); err != nil {
			return t, usageError{fmt.Errorf("--registered-domain: %w", err)}
		}
	}
	if t.configured, err = p.one(ctx, arg, o.configuration); err != nil {
		return t, err
	}
	if t.account, err = p.readAccount(o.provider); err != nil {
		return t, err
	}
	t.answers, err = p.readAnswers(o.answers, t.configured)
	return t, err
}

// inputs are what the run of a DXL starts from. What a whole DNS Provider says counts as it does at work.
func (t traced) inputs() (dnsconfig.DXLInputs, error) {
	d := t.account
	in := dnsconfig.DXLInputs{Account: map[string]secret.Value{}, TXTName: "_acme-challenge." + t.cert.String(), TXTValue: t.value}
	for key, value := range d.Account {
		in.Account[key] = value
	}
	domain := t.domain
	if domain.IsZero() {
		domain, _ = t.cert.LongestSuffix(append(d.RegisteredDomains, d.Zones...))
	}
	if domain.IsZero() {
		return in, usageError{errors.New("--registered-domain is missing; see deputy dnsconfig trace --help")}
	}
	in.RegisteredDomain = domain.String()
	fill := func(item, value string) {
		for key := range in.Account {
			if strings.EqualFold(key, item) {
				return
			}
		}
		if value != "" {
			in.Account[item] = secret.New(value)
		}
	}
	fill("cfg_URL", d.APIBase)
	fill("cfg_CustomValue", d.CustomValue)
	if len(d.Zones) > 0 && (len(d.RegisteredDomains) > 0 || !t.dxl.FindsZone()) {
		fill("cfg_DnsZone", d.Zones[0].String())
	}
	return in, nil
}

// target is where a native document writes: where the DNS Provider's custom value says, else at the challenge name.
func (t traced) target() (store.Target, error) {
	owner, _ := t.cert.Challenge()
	zones := t.account.Zones
	if !t.domain.IsZero() && len(zones) == 0 {
		zones = []name.Name{t.domain}
	}
	if t.account.CustomValue != "" {
		custom, err := zones[0].Child(t.account.CustomValue)
		if err != nil {
			return store.Target{}, usageError{err}
		}
		owner = custom
	}
	if len(zones) == 0 {
		return store.Target{}, usageError{errors.New("--registered-domain is missing: the zone that holds the name")}
	}
	zone, ok := owner.LongestSuffix(zones)
	if !ok || owner == zone {
		return store.Target{}, &fault.Fault{
			Code: fault.Unmanaged, Tried: fmt.Sprintf("write at %s with the DNS Configuration %s", owner, t.about().Name),
			Seen: "it does not lie below " + namesText(zones), Do: "give a --name below --registered-domain", Who: fault.Admin,
		}
	}
	return store.Target{Provider: or(t.account.Name, "trace"), Revision: 1, Zone: zone, Owner: owner, Cert: t.cert}, nil
}

// redactor finds the secrets of a DXL's run: of the account, and those that the document itself holds.
func (t traced) redactor(in dnsconfig.DXLInputs) func(string) string {
	if t.open {
		return func(text string) string { return text }
	}
	found := secret.NewRedactor()
	for item, texts := range t.dxl.Start(in).Variables() {
		if !strings.HasPrefix(item, "cfg_") {
			continue
		}
		for _, text := range texts {
			if !public(item, text) {
				found.Add(secret.New(text))
			}
		}
	}
	return found.Redact
}

// public says that a cfg_ item, in lower case, is one that Notes shows to everybody. A long user name is half of a
// credential, as at acme-dns, and an address with a query may hold one.
func public(item, text string) bool {
	switch item {
	case "cfg_username":
		return len(text) < 8
	case "cfg_url":
		return !strings.ContainsAny(text, "@?")
	}
	return item == "cfg_dnszone" || item == "cfg_internetaddress" || item == "cfg_customvalue" || item == "cfg_dnsproviderdelay"
}

func (p *program) traceDXL(t traced) error {
	in, err := t.inputs()
	if err != nil {
		return err
	}
	printer := &dxlPrinter{program: p, show: t.redactor(in)}
	answer := func(r dnsconfig.Request) dnsconfig.Response {
		printer.answer = t.answers.next(r.Op)
		return printer.answer
	}
	return redactedFault(t.dxl.Walk(in, answer, printer.step), printer.show)
}

// redactedFault gives an error's fault without secrets that a formula's message may quote.
func redactedFault(err error, show func(string) string) error {
	f, ok := fault.From(err)
	if !ok {
		return err
	}
	return &fault.Fault{Code: f.Code, Tried: show(f.Tried), Seen: show(f.Seen), Do: show(f.Do), Who: f.Who}
}

func (p *program) traceNative(ctx context.Context, t traced) error {
	target, err := t.target()
	if err != nil {
		return err
	}
	outcome, err := provider.TraceNative(ctx, provider.Canned{
		Native: t.native, Account: t.account.Account, Base: t.account.APIBase, Target: target, Value: t.value,
		Answer: func(r dnsconfig.Request) dnsconfig.Response { return t.answers.next(r.Op) },
		See:    p.printTrace, ShowSecrets: t.open,
	})
	err = p.sayStop(err)
	if p.options.json {
		p.printExact(ended{outcome.Code, outcome.Text})
	} else {
		fmt.Fprintln(p.stdout, outcome.Text)
	}
	return err
}

// sayStop prints the first that deputy would stop at, since what follows comes of what is made up; and keeps the faults that are the document's or the account's.
func (p *program) sayStop(err error) error {
	var others []error
	said := false
	faults := faultsIn(err)
	for _, f := range faults {
		switch f.Code {
		case fault.HostFailed, fault.HostRefused, fault.HostThrottled, fault.HostRedirected, fault.NotWritten, fault.HiddenByCut:
		default:
			others = append(others, f)
			continue
		}
		switch {
		case said:
		case p.options.json:
			p.print(faultObject(f))
		default:
			fmt.Fprintf(p.stdout, "with these answers deputy would stop: %s: %s\n", f.Code, f.Seen)
		}
		said = true
	}
	if len(faults) == 0 {
		return err
	}
	return errors.Join(others...)
}
