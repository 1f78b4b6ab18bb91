package handbook

import (
	"regexp"
	"slices"
	"strings"

	"deputy/name"
)

// logIn is a user and password in a URL (RFC 3986 §3.2.1), as a proxy's may have.
var logIn = regexp.MustCompile(`://[^/\s]*@`)

// plainScalar is a string that YAML reads as itself without quotes.
var plainScalar = regexp.MustCompile(`^[A-Za-z_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$`)

func (p *page) changes() {
	p.head(2, "changes", "Changing things, and leaving deputy")
	p.newCredential()
	p.head(3, "change-dns-host", "Move to another DNS host")
	p.say("This is about the DNS host where deputy writes. That the owner of the CNAME moves his own zone is no matter, as long as he takes the CNAME with him.")
	p.list(
		of(strong("The same zone, at another host:"), " make the zone there, and a DNS Provider document with the same ", code("name"), " and ", code("zones"), " and the new host's ", code("configuration"), " (", code(p.deputy("dnsconfig", "list")), "); ",
			code(p.deputy("provider", "add", "-f", "FILE")), ". Then change the zone's NS records. No CNAME changes."),
		of(strong("Another zone:"), " add a DNS Provider for it, and ask for new CNAMEs: ", code(p.deputy("plan", p.exampleName(), "--zone", "ZONE")), ". Keep the old zone until the last CNAME is changed and ", code(p.deputy("check", p.exampleName())), " says so for each name."),
	)
	p.head(3, "change-ca", "Change the CA")
	p.step("Make an account at the new CA, and see that CAA records allow it:")
	p.show(p.deputy("account", "add", "--account", "new", "--server", "DIRECTORY", "--email", "YOU@EXAMPLE"), p.deputy("check", p.exampleName(), "--server", "DIRECTORY"))
	p.step("Ask for each certificate again, with the new account. No CNAME changes:")
	var lines []string
	for _, c := range p.Certificates {
		c.Account, c.Profile = "new", ""
		lines = append(lines, p.deputy(p.issue(c)...))
	}
	if len(lines) == 0 {
		lines = []string{p.deputy("issue", "NAME", "--account", "new")}
	}
	p.show(lines...)
	p.leave()
}

func (p *page) newCredential() {
	p.head(3, "new-credential", "A new credential for a DNS host")
	p.say("Make it at the DNS host, with as few rights as it allows (writing TXT records in the one zone is enough). Write the document, with the credential in a file of its own (mode 600), and add it: the same name replaces the old one. " +
		"Then remove the credential's file, and the old credential at the DNS host.")
	for _, q := range p.Providers {
		p.show("# "+documentFile(q), document(q))
		p.show(p.deputy("provider", "add", "-f", documentFile(q)), p.deputy("provider", "test", q.Name))
	}
	if len(p.Providers) > 0 {
		p.say("If the old document had more in it (", code("allow"), ", ", code("ca"), ", ", code("replace_foreign"), ", ", code("wait"), "), take that over: ", code(p.deputy("provider", "show", p.Providers[0].Name)), ".")
	}
}

// leave keeps the order that is safe: nobody may be left with a CNAME to a zone that somebody else can make.
func (p *page) leave() {
	p.head(3, "leave", "Leave deputy")
	p.say("In this order, since a CNAME that points to a zone which is gone lets whoever makes that zone get certificates for the name.")
	p.step("Have the certificates come from elsewhere, and see the servers use them.")
	p.step("Let deputy forget them (the files go; they are not revoked):")
	var forget []string
	for _, c := range p.Certificates {
		forget = append(forget, p.deputy("forget", c.Name))
	}
	if len(forget) == 0 {
		forget = []string{p.deputy("forget", "NAME")}
	}
	p.show(forget...)
	given := p.given()
	p.step("Ask the owner of each zone to remove the CNAME", caaToo(p), ". These are all that were given out, also those for which there is no certificate; a page about one certificate leaves those of the others out:")
	p.show(p.cnames(given)...)
	p.step("Only when each of these prints nothing any more, and no other name leads into the zone: delete the validation zone at the DNS host, and revoke the credential.")
	if len(given) > 0 {
		p.show(lookUps("CNAME", given)...)
	}
	p.step("Remove what starts deputy, then the state directory with the master key. Destroy their backups.")
	lines := p.stop()
	for n, line := range lines {
		lines[n] = strings.Replace(line, "systemctl stop", "systemctl disable --now", 1)
	}
	p.show(append(lines, "rm -rf "+quoted(or(p.State, "STATE")))...)
}

// caaToo reminds of CAA records that name our account.
func caaToo(p *page) string {
	for _, d := range p.Chains {
		for _, r := range d.Chain.CAA.Records {
			if strings.Contains(strings.ToLower(r.Value), "accounturi") {
				return ", and the CAA record that names our account"
			}
		}
	}
	return ""
}

// given are the hosts of the certificates, and those for which a target was planned: their CNAMEs may be there too.
func (p *page) given() []name.Name {
	all := p.hosts()
	for _, planned := range p.Planned {
		all = append(all, planned.Name)
	}
	return name.Hosts(all)
}

// lookUps are the questions for what stands at the challenge names of hosts.
func lookUps(kind string, hosts []name.Name) []string {
	var lines []string
	for _, host := range hosts {
		if challenge, ok := host.Challenge(); ok {
			lines = append(lines, "dig +short "+kind+" "+challenge.String())
		}
	}
	return lines
}

// cnames are the records of others that lead to targets of hosts, with the zone in which each stands.
func (p *page) cnames(hosts []name.Name) []string {
	var lines []string
	for _, host := range hosts {
		challenge, ok := host.Challenge()
		target := p.target(host)
		if !ok || target.IsZero() || target == challenge {
			continue
		}
		line := challenge.FQDN() + " IN CNAME " + target.FQDN()
		if d, seen := p.delegation(host); seen && !d.Chain.OwnerZone.IsZero() {
			line += "   ; in the zone " + d.Chain.OwnerZone.String()
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		return []string{"(none is known)"}
	}
	return lines
}

func (p *page) whomToAsk() {
	p.head(2, "contacts", "Whom to ask")
	var t table
	var zones []string
	for _, d := range p.Chains {
		if zone := d.Chain.OwnerZone; !zone.IsZero() && !p.ours(d) && !slices.Contains(zones, zone.String()) {
			zones = append(zones, zone.String())
			t.row("The zone "+zone.String(), "its owner, who added the CNAME: ", code("dig +short SOA "+zone.String()), " names a mailbox (the second name; its first dot is the @), and ", code("whois "+zone.String()), " the registrar")
		}
	}
	for _, q := range p.Providers {
		who := of("the contact is not written down; add ", code("contact:"), " to the DNS Provider")
		if q.Contact != "" {
			who = of(code(q.Contact))
		}
		t.row("DNS Provider "+q.Name, append(who, " (", strong(q.title()), ", zones ", strings.Join(texts(q), ", "), ")")...)
	}
	for _, a := range p.Accounts {
		writes := of("; no address was given, so the CA warns nobody")
		if a.Email != "" {
			writes = of("; the CA writes to ", code(a.Email))
		}
		t.row("CA account "+a.Name, append(of(code(a.Directory)), writes...)...)
	}
	t.row("deputy itself", "its documentation: README.md and docs/ in its source; ", code(or(p.Binary, "deputy")+" --help"))
	p.add(t)
}

// ours says that the challenge name itself lies in a zone of ours.
func (p *page) ours(d Delegation) bool { return len(d.Chain.Hops) == 0 && p.fits(d) }

func texts(q Provider) []string {
	var all []string
	for _, z := range q.Zones {
		all = append(all, z.String())
	}
	return all
}

// installation is what is left to know: DNS Providers, accounts, settings, planned targets, leftovers.
func (p *page) installation() {
	p.head(2, "installation", "This installation in detail")
	var t table
	for _, line := range [][2]string{{"Machine", p.Host}, {"User", p.User}, {"State", p.State}, {"deputy", p.Version}, {"Program", p.Binary}} {
		if line[1] != "" {
			t.row(line[0], code(line[1]))
		}
	}
	for _, s := range p.Settings {
		value := of(code(logIn.ReplaceAllString(s.Value, "://")))
		if s.Key == "root" {
			value = append(value, ": deputy asks the DNS from this root, and a plain ", code("dig"), " may be told otherwise")
		}
		t.row("Setting "+s.Key, value...)
	}
	if len(t.rows) > 0 {
		p.add(t)
	}
	for _, q := range p.Providers {
		p.providerInDetail(q)
	}
	p.accountsInDetail()
	p.targets()
}

func (p *page) providerInDetail(q Provider) {
	p.head(3, providerAnchor(q), "DNS Provider "+q.Name)
	var t table
	t.row("At", strong(q.title()), ", spoken by the DNS Configuration ", code(q.Configuration))
	t.row("May write in", codes(q.Zones)...)
	if len(q.RegisteredDomains) > 0 {
		t.row("Serves", append(of("names in "), codes(q.RegisteredDomains)...)...)
		t.row("Custom value", code(q.CustomValue))
	} else {
		t.row("Serves", "every name whose CNAME leads into its zones")
	}
	if len(q.Fields) > 0 {
		t.row("Credential", "the fields ", code(strings.Join(q.Fields, ", ")), ", sealed in the database; made at the DNS host")
	} else {
		t.row("Credential", "sealed in the database; made at the DNS host")
	}
	if len(q.Hosts) > 0 {
		t.row("It may go to", code(strings.Join(q.Hosts, ", ")))
	}
	if q.APIBase != "" {
		t.row("API address", code(logIn.ReplaceAllString(q.APIBase, "://")))
	}
	t.row("Contact", code(or(q.Contact, "not written down")))
	t.row("Try it", code(p.deputy("provider", "test", q.Name)))
	p.add(t)
}

func (p *page) accountsInDetail() {
	if len(p.Accounts) == 0 {
		return
	}
	p.head(3, "accounts", "Accounts at CAs")
	for _, a := range p.Accounts {
		var t table
		t.row("Account", code(a.Name))
		t.row("Directory", code(a.Directory))
		t.row("URL", code(or(a.URL, "not made yet")))
		t.row("Email", code(or(a.Email, "none")))
		if a.EABKeyID != "" {
			t.row("External binding", "key id ", code(a.EABKeyID), "; another account needs a new key from the CA's web page")
		}
		p.add(t)
	}
}

func (p *page) targets() {
	if len(p.Planned) > 0 {
		p.head(3, "targets", "Targets that were given out")
		p.say("Each is bound to its name for ever, and is never given to another.")
		var lines []string
		for _, planned := range p.Planned {
			lines = append(lines, planned.Name.String()+" → "+planned.Target.String())
		}
		p.show(lines...)
	}
	if len(p.Leftovers) == 0 {
		return
	}
	p.head(3, "leftovers", "Values that are still to be removed")
	p.say("Runs that were cut off left these TXT values. They hurt nobody; ", code(p.deputy("renew")), " removes them.")
	var lines []string
	for _, l := range p.Leftovers {
		line := l.Owner.String() + " at " + l.Provider
		if l.Error != "" {
			line += ": " + l.Error
		}
		lines = append(lines, line)
	}
	p.show(lines...)
}
