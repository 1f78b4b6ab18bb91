package handbook

import (
	"slices"
	"strings"

	"deputy/delegation"
	"deputy/name"
)

func (p *page) byHand() {
	p.head(2, "by-hand", "Renew by hand with deputy")
	p.list(
		of("All that is due: ", code(p.deputy("renew"))),
		of("One, due or not: ", code(p.deputy("renew", p.certificateName(), "--force"))),
		of("Is the delegation right: ", code(p.deputy("check", p.exampleName()))),
		of("What happened lately: ", code(p.deputy("show", p.certificateName()))),
		of("Who writes where, and why: ", code(p.deputy("explain", p.exampleName()))),
	)
	for _, c := range p.Certificates {
		p.say("The certificate ", code(c.Name), " as a whole, should it have to be asked for anew:")
		p.show(p.deputy(p.issue(c)...))
	}
}

// issue is the command that asks for c as it is.
func (p *page) issue(c Certificate) []string {
	arguments := []string{"issue"}
	for _, n := range c.Names {
		arguments = append(arguments, n.String())
	}
	if len(c.Names) == 0 || c.Name != c.Names[0].FileName() {
		arguments = append(arguments, "--cert-name", c.Name)
	}
	for _, flag := range [][2]string{{"--key-type", c.KeyType}, {"--account", c.Account}, {"--profile", c.Profile}, {"--deploy-hook", c.DeployHook}} {
		if flag[1] != "" {
			arguments = append(arguments, flag[0], flag[1])
		}
	}
	return arguments
}

// otherClient is for the day when deputy is lost: any ACME client will do, since the CNAME stays where it is, and only the
// value has to be put at its target by hand.
func (p *page) otherClient() {
	p.head(2, "other-client", "Renew by hand with another client, without deputy")
	p.say("Any ACME client can do it, on any machine: the CNAME stays as it is, and you put the value at its ", strong("target"), " by hand, on the DNS host's web page. "+
		"The client will name _acme-challenge. in front of the certificate's name. Do not put it there: put it where the table below says.")
	if len(p.Certificates) == 0 {
		p.say("There is no certificate yet, so there is nothing to renew.")
		return
	}
	for _, c := range p.Certificates {
		p.otherClientFor(c)
	}
}

func (p *page) otherClientFor(c Certificate) {
	p.head(3, "other-client-"+c.Name, "Without deputy: "+c.Name)
	for _, host := range c.hosts() {
		p.place(host, c)
	}
	p.pinned(c)
	if a, ok := p.account(c.Account); ok && a.EABKeyID != "" {
		p.say("This CA wants accounts to be bound to one of its own (EAB): get NEW-KID and NEW-KEY from its web page first. For acme.sh:")
		p.show(quotedLine([]string{"acme.sh", "--register-account", "--server", a.Directory, "--eab-kid", "NEW-KID", "--eab-hmac-key", "NEW-KEY"}))
	}
	if roots := p.setting("ca-file"); roots != "" {
		p.box(strong("Mind:"), " this CA's own HTTPS is trusted by the roots in ", code(roots), ", and perhaps it can be reached from here only. For certbot put ", code("REQUESTS_CA_BUNDLE="+quoted(roots)), " in front of the command, for acme.sh add ", code("--ca-bundle "+quoted(roots)), "; or take a public CA.")
	}
	p.step("With ", strong("certbot"), " (Debian: ", code("apt install certbot"), "):")
	p.show(p.certbot(c))
	p.step("It shows a value and waits. ", valuesAtOnce(c), " Put it at the target, on the DNS host's web page: type TXT, the shortest TTL, the value as it stands.")
	p.step("In another shell, wait until the value can be seen where the CA will look, then press Enter in the first:")
	p.show(lookUps("TXT", c.hosts())...)
	p.step("Remove the TXT records again. The files are in ", code("/etc/letsencrypt/live/"+c.Name), ": ", code("fullchain.pem"), " and ", code("privkey.pem"), ". Have the server read these instead of those in ", code(p.folder(c)), ", and reload it. Where that folder is still there, leave it to deputy.")
	if c.DeployHook != "" {
		p.say("deputy did this with the hook:")
		p.show(c.DeployHook)
	}
	p.say("With ", strong("acme.sh"), " instead, which knows targets by the name of domain alias and shows the right name itself:")
	p.show(p.acmeSh(c)...)
}

// valuesAtOnce warns where one target needs two values.
func valuesAtOnce(c Certificate) string {
	for _, n := range c.Names {
		if n.IsWildcard() && slices.Contains(c.Names, n.Host()) {
			return "A name and its wildcard need two values at the same target: leave the first there when you add the second."
		}
	}
	return "It may ask for several, one after the other: leave each there until the end."
}

// place is where the value of a host goes.
func (p *page) place(host name.Name, c Certificate) {
	target := p.target(host)
	var t table
	challenge, _ := host.Challenge()
	t.row("The client says", "a TXT record at ", code(challenge.String()))
	served, ok := p.provider(host)
	switch {
	case target.IsZero():
		t.row("You make it at", "the target of the CNAME there, which ", code("dig +short CNAME "+challenge.String()), " tells")
	case ok:
		zone := served.validationZone(target)
		labels, _ := target.Relative(zone)
		t.row("You make it at", code(target.FQDN()), ", which in the zone ", code(zone.String()), " is the name ", code(or(labels, "@")))
		t.row("Where", p.hostPage(served)...)
	default:
		t.row("You make it at", code(target.FQDN()))
	}
	if a, found := p.account(c.Account); found {
		t.row("CA", code(a.Directory))
	}
	p.add(t)
}

// hostPage says at which DNS host, and who has the log-in.
func (p *page) hostPage(q Provider) []any {
	pieces := of("the web page of the DNS host ", strong(q.title()))
	if len(q.Hosts) > 0 {
		pieces = append(pieces, " (its API is at ", code(strings.Join(q.Hosts, ", ")), ")")
	}
	pieces = append(pieces, "; to be asked for the log-in: ")
	if q.Contact == "" {
		return append(pieces, "whoever made the account there; the contact is not written down")
	}
	return append(pieces, code(q.Contact))
}

// pinned warns where CAA records let only our account issue c (RFC 8657 §3).
func (p *page) pinned(c Certificate) {
	at, r, ok := p.accountPin(c)
	if !ok {
		return
	}
	p.box(strong("Mind:"), " a CAA record at ", code(at.String()), " lets only our own account issue: ", code(r.Tag+" "+r.Value),
		". Another client makes an account of its own and is refused. Have the owner of that zone remove the part with accounturi for the day, or add a line without it.")
}

// accountPin is the first CAA record that binds the issuance of c to an account, and where it stands.
func (p *page) accountPin(c Certificate) (name.Name, delegation.CAARecord, bool) {
	for _, host := range c.hosts() {
		d, _ := p.delegation(host)
		for _, r := range d.Chain.CAA.Records {
			if strings.Contains(strings.ToLower(r.Value), "accounturi") {
				return d.Chain.CAA.At, r, true
			}
		}
	}
	return name.Name{}, delegation.CAARecord{}, false
}

func (p *page) certbot(c Certificate) string {
	words := []string{"certbot", "certonly", "--manual", "--preferred-challenges", "dns", "--cert-name", c.Name}
	if a, ok := p.account(c.Account); ok {
		words = append(words, "--server", a.Directory)
		if a.EABKeyID != "" {
			words = append(words, "--eab-kid", "NEW-KID", "--eab-hmac-key", "NEW-KEY")
		}
	}
	words = append(words, certbotKey(c.KeyType)...)
	for _, n := range c.Names {
		words = append(words, "-d", n.String())
	}
	return quotedLine(words)
}

func certbotKey(keyType string) []string {
	if bits, ok := strings.CutPrefix(keyType, "rsa"); ok {
		return []string{"--key-type", "rsa", "--rsa-key-size", bits}
	}
	curve := "secp256r1"
	if keyType == "ec384" {
		curve = "secp384r1"
	}
	return []string{"--key-type", "ecdsa", "--elliptic-curve", curve}
}

// acmeSh are the two runs of its manual mode: the first shows the values, the second has them looked at.
func (p *page) acmeSh(c Certificate) []string {
	manual := "--yes-I-know-dns-manual-mode-enough-go-ahead-please"
	words := []string{"acme.sh", "--issue", "--dns", manual}
	if a, ok := p.account(c.Account); ok {
		words = append(words, "--server", a.Directory)
	}
	words = append(words, "--keylength", strings.NewReplacer("ec", "ec-", "rsa", "").Replace(or(c.KeyType, "ec256")))
	for _, n := range c.Names {
		words = append(words, "-d", n.String())
		if target := p.target(n.Host()); !target.IsZero() {
			words = append(words, "--domain-alias", target.String())
		}
	}
	again := []string{"acme.sh", "--renew", manual}
	if !strings.HasPrefix(c.KeyType, "rsa") {
		again = append(again, "--ecc")
	}
	if len(c.Names) > 0 {
		again = append(again, "-d", c.Names[0].String())
	}
	return []string{quotedLine(words), "# put the values that it shows at the names that it shows, wait until dig shows them, then", quotedLine(again)}
}

func quotedLine(words []string) string {
	quotedWords := make([]string, len(words))
	for n, word := range words {
		quotedWords[n] = quoted(word)
	}
	return strings.Join(quotedWords, " ")
}

// machineDead is how to get a certificate today without the machine that this is about.
func (p *page) machineDead() {
	p.head(2, "machine-dead", "This machine is dead: a certificate today")
	p.say("No CNAME has to change for any of these. The fastest that you can do is the right one.")
	for _, c := range p.Certificates {
		if at, r, ok := p.accountPin(c); ok {
			p.box(strong("Mind:"), " for ", code(c.Name), " a CAA record at ", code(at.String()), " lets only the account of the dead machine issue: ", code(r.Tag+" "+r.Value),
				". With the backup nothing changes. For a new deputy and for another client the owner of that zone has to remove the part with accounturi first, or add a line without it.")
		}
	}
	p.step(strong("The certificate and its key are still somewhere:"), " in a backup of ", code(p.path("certificates")), ", or where a server reads them, and ", code("openssl x509 -noout -enddate -in fullchain.pem"), " says that they are valid. Copy them to the server: that wins the time for the rest. 5 minutes.")
	p.step(strong("There is a backup of the state and of the master key."), " Install deputy on another machine and ", link{"restore", "restore"}, " it there. It goes on as it was at the time of the backup, with the same account and the same keys; a backup that is weeks old will do. 15 minutes.")
	p.step(strong("There is no backup."), " Set deputy up anew on another machine: ", link{"a new deputy", "new-deputy"}, ". It takes the CNAMEs that are there as they are. You need the log-in at the DNS host, to make a new credential. 30 minutes.")
	p.step(strong("There is no deputy at all."), " ", link{"Use another client", "other-client"}, " and put the value at the target by hand. 15 minutes for each certificate, and again at each renewal.")
	p.say("Then see to it that whoever used the files of the dead machine gets the new ones.")
	p.newDeputy()
}

func (p *page) newDeputy() {
	p.head(3, "new-deputy", "A new deputy on another machine")
	for _, q := range p.Providers {
		p.step("Write the DNS Provider ", code(q.Name), " into the file ", code(documentFile(q)), ". Put the new credential into files beside it, which only you can read (", code("chmod 600"), "); ", link{"what it needs", providerAnchor(q)}, " stands below.")
		p.show(document(q))
	}
	if len(p.Providers) == 0 {
		p.step("Write a DNS Provider document; ", code("deputy provider add --help"), " shows one.")
	}
	if len(p.Settings) > 0 {
		var lines []string
		for _, s := range p.Settings {
			lines = append(lines, scalar(s.Key)+": "+scalar(logIn.ReplaceAllString(s.Value, "://")))
		}
		p.step("This installation has settings. They go into ", code("deputy.yaml"), " of the new state directory; the files that they name have to be there too:")
		p.show(lines...)
	}
	p.step("Set it up:")
	p.show(p.setUp()...)
	p.step("Get the certificates:")
	var lines []string
	for _, c := range p.Certificates {
		lines = append(lines, quotedLine(append([]string{"deputy"}, p.issue(c)...)))
	}
	if len(lines) == 0 {
		lines = []string{"deputy issue NAME"}
	}
	p.show(lines...)
	p.step("Let it ", link{"run by itself", "runs"}, " again.")
}

// setUp are the commands that make accounts and DNS Providers on a new machine.
func (p *page) setUp() []string {
	var lines []string
	for _, a := range p.Accounts {
		words := []string{"deputy", "account", "add", "--account", a.Name, "--server", a.Directory}
		if a.Email != "" {
			words = append(words, "--email", a.Email)
		}
		if a.EABKeyID != "" {
			words = append(words, "--eab-kid", "NEW-KID", "--eab-hmac-key-file", "FILE")
		}
		lines = append(lines, quotedLine(words))
	}
	if len(lines) == 0 {
		lines = []string{"deputy account add --server letsencrypt --email YOU@EXAMPLE"}
	}
	for _, q := range p.Providers {
		lines = append(lines, quotedLine([]string{"deputy", "provider", "add", "-f", documentFile(q)}))
	}
	return lines
}
