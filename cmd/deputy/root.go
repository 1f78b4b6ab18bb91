package main

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
)

// options are the flags that every subcommand has.
type options struct {
	state    string
	json     bool
	quiet    bool
	trace    bool
	resolver string
	root     string
	anchor   string
	caFile   string
	proxy    string
	lease    time.Duration
	commands bool
}

const rootHelp = `deputy gets and renews TLS certificates, wildcards included, for domains whose DNS you can't touch.

The owner of the DNS adds one CNAME, once. deputy follows it, answers the CA's question where it leads,
renews for ever, and says what is wrong, and who must change which record, when something is.

  deputy check NAME        is the delegation right? needs no set-up
  deputy init              make an account at a CA and a first DNS Provider
  deputy plan NAME         the CNAME to ask for, as a ticket
  deputy issue NAME...     get a certificate
  deputy renew             renew what is due; for cron
  deputy watch             look at all delegations, and tell what changed; for cron
  deputy status            how everything is
  deputy handbook          the documentation of this installation, for a successor`

// rootCommand builds the command line.
func (p *program) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "deputy",
		Short:         "TLS certificates for domains whose DNS you can't touch",
		Long:          rootHelp,
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
		PersistentPreRunE: func(c *cobra.Command, _ []string) error {
			return p.fillFlags(c)
		},
	}
	root.SetIn(p.stdin)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError{errors.New(err.Error() + "; see " + c.CommandPath() + " --help")}
	})
	p.globalFlags(root)
	root.AddCommand(
		p.checkCommand(), p.initCommand(), p.planCommand(), p.issueCommand(), p.renewCommand(),
		p.watchCommand(), p.statusCommand(), p.handbookCommand(), p.listCommand(), p.showCommand(), p.explainCommand(), p.forgetCommand(),
		p.providerCommand(), p.accountCommand(), p.dnsconfigCommand(), p.versionCommand(),
	)
	usageErrors(root)
	return root
}

func (p *program) globalFlags(root *cobra.Command) {
	o, f := &p.options, root.PersistentFlags()
	f.StringVar(&o.state, "state", p.defaultState(), "the state `directory`")
	f.BoolVar(&o.json, "json", false, "one JSON object a line on stdout")
	f.BoolVarP(&o.quiet, "quiet", "q", false, "no progress on stderr")
	f.BoolVar(&o.trace, "trace", false, "show each request to a DNS host on stderr, without secrets")
	f.StringVar(&o.resolver, "resolver", "", "ask this recursive resolver: udp://, tcp://, tls:// or https:// `URL`, or system")
	f.StringVar(&o.root, "root", "", "begin at this root server: `IP[:PORT]`; the port holds for every server below")
	f.StringVar(&o.anchor, "trust-anchor", "", "judge DNSSEC from the DS or DNSKEY records in this `file`, which vouch for the root")
	f.StringVar(&o.caFile, "ca-file", "", "PEM `file` of roots to trust for the CA's own HTTPS")
	f.StringVar(&o.proxy, "proxy", "", "HTTP proxy `URL`; never taken from the environment's HTTP_PROXY")
	f.DurationVar(&o.lease, "lease", 30*time.Second, "how long a claim lasts when its process is gone")
	f.BoolVar(&o.commands, "allow-commands", false, "DNS Configurations of DNS Providers that allow it may run commands")
	_ = f.MarkHidden("lease") // a flag of that name was just defined
}

// defaultState is /var/lib/deputy for root, else a folder of the user's.
func (p *program) defaultState() string {
	if os.Geteuid() == 0 {
		return "/var/lib/deputy"
	}
	if dir := p.getenv("XDG_STATE_HOME"); dir != "" {
		return filepath.Join(dir, "deputy")
	}
	if home := p.getenv("HOME"); home != "" {
		return filepath.Join(home, ".local", "state", "deputy")
	}
	return "/var/lib/deputy"
}

// usageErrors makes wrong numbers of arguments usage errors, for c and all below it.
func usageErrors(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return usageError{errors.New(err.Error() + "; see " + c.CommandPath() + " --help")}
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		usageErrors(sub)
	}
}
