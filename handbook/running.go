package handbook

import "time"

func (p *page) whatRuns() {
	p.head(2, "runs", "What runs when")
	p.list(
		of(code(p.deputy("renew")), " renews what is due and leaves the rest alone. It has to run twice a day. Two at once are harmless."),
		of(code(p.deputy("watch")), " looks at the delegations of all certificates, due or not, and says when one has changed. It should run every hour; it looks only at those whose turn it is."),
	)
	p.known()
	p.say("To see that they run:")
	p.show(
		"systemctl list-timers 'deputy*'          # with systemd: when each ran last and runs next",
		"journalctl -u 'deputy*' --since -2days   # and what it said",
		"grep -rs deputy /etc/cron* /var/spool/cron; crontab -l   # with cron",
		p.deputy("list")+"   # no line may say failed; due ones are renewed by the next run",
		p.deputy("status")+"   # exit code 0: all is well",
	)
	p.say("If nothing starts them any more, these lines in ", code("/etc/cron.d/deputy"), " do:")
	user := or(p.User, "root")
	p.show(
		"17 3,15 * * *  "+user+"  "+p.deputy("renew", "--quiet"),
		"47 * * * *     "+user+"  "+p.deputy("watch", "--quiet")+" || true",
	)
}

// known tells what starts deputy here, as far as that is known, and when the watch ran last.
func (p *page) known() {
	if len(p.Runs) == 0 {
		p.box("What starts them on this machine is not known to this page: the commands below find it out.")
	}
	for _, r := range p.Runs {
		item := of("Here: ", code(r.Where))
		if r.When != "" {
			item = append(item, ", ", code(r.When))
		}
		if r.Command != "" {
			item = append(item, ", runs ", code(r.Command))
		}
		p.list(item)
	}
	var last time.Time
	for _, l := range p.Looks {
		if l.Last.After(last) {
			last = l.Last
		}
	}
	if !last.IsZero() {
		p.say("The watch looked last on ", strong(moment(last)), ".")
	}
}

func (p *page) whatToDo() {
	p.head(2, "what-to-do", "What to do when …")
	p.expires()
	p.whyCNAME()
	p.faultPages()
}

func (p *page) expires() {
	p.head(3, "expires", "… a certificate expires soon, or has expired")
	p.step("Look which one, until when, and what failed last:")
	p.show(p.deputy("list"))
	p.step("Renew it now. The old certificate stays in use until the new one is verified; if something stands in the way, one message says what:")
	if len(p.Certificates) == 0 {
		p.show(p.deputy("renew", "NAME", "--force"))
	}
	hooks := false
	for _, c := range p.Certificates {
		hooks = hooks || c.DeployHook != ""
		if c.Version == 0 { // it was never issued, so there is nothing to renew
			p.show(p.deputy(p.issue(c)...))
			continue
		}
		p.show(p.deputy("renew", c.Name, "--force"))
	}
	done := "the files are new, and nothing reloads what uses them: there is no deploy hook. Reload it"
	if hooks {
		done = "the files are new and the deploy hook has run"
	}
	p.step("It worked: ", done, ". See that the server shows the new one (here on port 443):")
	p.show("echo | openssl s_client -connect " + p.exampleName() + ":443 -servername " + p.exampleName() + " 2>/dev/null | openssl x509 -noout -enddate")
	p.step("It did not work: the message begins with a code. ", link{"Find it below", "faults"}, " and do what it says. Exit code 3 means that somebody must change DNS, and the message holds the exact record to send them.")
	p.step("It can't be mended in time: ", link{"get one with another client", "other-client"}, ". That takes a quarter of an hour, and the log-in at the DNS host.")
	p.step("Find out why nobody noticed: ", link{"does it still run?", "runs"})
}

// whyCNAME is written to be forwarded to the owner of the DNS.
func (p *page) whyCNAME() {
	p.head(3, "why-cname", "… the DNS team asks why a CNAME exists, or wants to remove it")
	p.say("Forward this:")
	lines := []string{"Please keep these records. Our TLS certificates can't be renewed without them:", ""}
	some := false
	for _, host := range p.hosts() {
		challenge, ok := host.Challenge()
		target := p.target(host)
		if !ok || target.IsZero() || target == challenge {
			continue
		}
		some = true
		lines = append(lines, "    "+challenge.FQDN()+" IN CNAME "+target.FQDN())
	}
	if !some {
		lines = append(lines, "    (none is known yet; deputy plan NAME says which)")
	}
	lines = append(lines, "",
		"Before a certificate authority issues a certificate, it looks for a one-time",
		"value at that name (ACME, RFC 8555, section 8.4). The CNAME tells it to look",
		"in a zone of ours instead, so that nobody has to change your DNS for each",
		"renewal. It gives us no access to your zone: by it we can get certificates",
		"for the host name behind _acme-challenge., its wildcard, and nothing else. Web",
		"and mail are not touched. The target may seem empty or not exist: it holds a",
		"value only for the minutes of a renewal. That is as it should be.",
		"",
		"If a record has to go, please tell us first: certificates that are there stay",
		"valid until their end, and can't be renewed.")
	p.show(lines...)
	p.say("The whole ticket, to have a record added again or to check it: ", code(p.deputy("plan", p.exampleName())), ". It is there in other languages and in the formats of DNS tools too: ", code(or(p.Binary, "deputy")+" plan --help"), ".")
}
