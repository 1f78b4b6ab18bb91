package handbook

import (
	"strings"
	"time"

	"deputy/delegation"
	"deputy/name"
)

func certificateAnchor(c Certificate) string { return slug("certificate-" + c.Name) }

func (p *page) certificates() {
	if len(p.Certificates) == 0 {
		return
	}
	p.head(2, "certificates", "The certificates")
	for _, c := range p.Certificates {
		p.certificate(c)
	}
}

func (p *page) certificate(c Certificate) {
	p.head(3, certificateAnchor(c), c.Name)
	folder := p.folder(c)
	var t table
	t.row("Names in it", codes(c.Names)...)
	t.row("State", p.life(c)+deployed(c))
	if c.LastError != "" {
		t.row("Last error", c.LastError, ", after "+counted(int(c.Failures), "failure", "failures"), "; again at "+moment(c.RetryAt))
	}
	t.row("Renewal", p.next(c)...)
	t.row("If nobody acts", p.dies(c))
	t.row("Certificate", code(folder+p.slash()+"fullchain.pem"), " (with what signed it; ", code("cert.pem"), " and ", code("chain.pem"), " hold the two parts)")
	t.row("Private key", code(folder+p.slash()+"privkey.pem"), ", readable for the user of deputy alone; "+keyWords(c.KeyType))
	t.row("The CA", p.ofAccount(c)...)
	t.row("Who uses it", user(c)...)
	p.add(t)
	if c.DeployHook != "" {
		p.say("The deploy hook, which runs in a shell after each renewal:")
		p.show(c.DeployHook)
	}
	for _, host := range c.hosts() {
		p.chain(host)
	}
}

func deployed(c Certificate) string {
	if c.Version > 0 && !c.Deployed {
		return " Its files or its deploy hook are not done yet."
	}
	return ""
}

func user(c Certificate) []any {
	if c.DeployHook == "" {
		return of("no deploy hook: whoever uses the files reads them from that folder, and has to reload them by itself")
	}
	return of("whatever the deploy hook below reloads or copies to")
}

func keyWords(keyType string) string {
	switch keyType {
	case "ec256":
		return "ECDSA P-256"
	case "ec384":
		return "ECDSA P-384"
	}
	if bits, ok := strings.CutPrefix(keyType, "rsa"); ok {
		return "RSA, " + bits + " bits"
	}
	return or(keyType, "ECDSA P-256")
}

func (p *page) next(c Certificate) []any {
	if c.Next != "" {
		return of(c.Next+", by the next run of deputy renew after that (", link{"what runs when", "runs"}, ")")
	}
	if c.Version == 0 {
		return of("at the next run of deputy renew (", link{"what runs when", "runs"}, ")")
	}
	return of("when the CA says so, else when a third of its life is left; ", code(p.deputy("list")), " says when")
}

func (p *page) dies(c Certificate) string {
	if c.Version == 0 {
		return "there is nothing that could expire yet"
	}
	text := "browsers refuse it after " + moment(c.NotAfter)
	left := c.NotAfter.Sub(p.Made)
	if !p.Made.IsZero() && left > 0 {
		text += ", " + counted(int(left/(24*time.Hour)), "day", "days") + " after this was written"
	}
	return text
}

func (p *page) ofAccount(c Certificate) []any {
	a, ok := p.account(c.Account)
	if !ok {
		return of("account ", code(c.Account))
	}
	pieces := of(code(a.Directory), ", account ", code(a.Name))
	if a.URL != "" {
		pieces = append(pieces, " = ", code(a.URL))
	}
	if a.Email != "" {
		pieces = append(pieces, ", registered for ", code(a.Email))
	}
	if c.Profile != "" {
		pieces = append(pieces, ", profile ", code(c.Profile))
	}
	return pieces
}

// chain tells the delegation of one host: the record, whose it is, and who writes at its end.
func (p *page) chain(host name.Name) {
	challenge, ok := host.Challenge()
	if !ok {
		return
	}
	d, seen := p.delegation(host)
	target := p.target(host)
	var t table
	switch {
	case seen && len(d.Chain.Hops) == 0 && p.fits(d):
		t.row("The record", "none is needed: ", code(challenge.String()), " lies in a zone where deputy may write")
	case !target.IsZero():
		t.row("The record", code(challenge.FQDN()+" IN CNAME "+target.FQDN()))
	default:
		t.row("The record", "a CNAME at ", code(challenge.FQDN()), "; ", code(p.deputy("plan", host.String())), " says to which target")
	}
	if zone := d.Chain.OwnerZone; !zone.IsZero() {
		t.row("Whose it is", "whoever may change the zone ", code(zone.String()), "; ", code("dig +short SOA "+zone.String()), " names its primary server and a mailbox")
	} else {
		t.row("Whose it is", "whoever may change the DNS of ", code(host.String()))
	}
	t.row("Values go to", p.writes(host, target)...)
	t.row("How it looks", p.verdict(host)...)
	p.say("The delegation of ", code(host.String()), ":")
	p.add(t)
	p.trail(host)
}

// trail shows the chain hop by hop, as it was seen last.
func (p *page) trail(host name.Name) {
	if d, ok := p.delegation(host); ok {
		p.show(delegation.Draw(d.Chain)...)
		for _, f := range d.Faults {
			p.box(strong(string(f.Code)+":"), " "+f.Seen, ". ", "Who can change it: "+string(f.Who)+".")
			p.show(f.Do)
		}
		return
	}
	if l, ok := p.look(host); ok && l.Chain != "" {
		p.show(l.Chain)
		if l.Do != "" {
			p.box(strong(l.Code+":"), " "+l.Seen, ". ", "Who can change it: "+l.Who+".")
			p.show(l.Do)
		}
	}
}

func (p *page) writes(host, target name.Name) []any {
	served, ok := p.provider(host)
	if !ok {
		return of("no DNS Provider of this installation: ", code(p.deputy("explain", host.String())), " says why")
	}
	pieces := of("the zone ", code(served.validationZone(target).String()), " at ", strong(served.title()), ", by the DNS Provider ", link{served.Name, providerAnchor(served)})
	if len(served.RegisteredDomains) > 0 {
		pieces = append(pieces, ", chosen by the registered domain of the name (custom value mode): the target is always ", code(target.String()))
	}
	return pieces
}

// verdict is what the watch, or the making of this page, saw.
func (p *page) verdict(host name.Name) []any {
	state := "not looked at yet"
	if d, ok := p.delegation(host); ok {
		state = "right, when this was made"
		if len(d.Faults) > 0 {
			state = string(d.Faults[0].Code) + ", when this was made"
		}
	}
	if l, ok := p.look(host); ok {
		state += "; the watch calls it " + or(l.Code, l.Verdict) + " since " + moment(l.Since) + " (last look " + moment(l.Last) + ", next " + moment(l.Next) + ")"
	}
	return of(state+". Look now: ", code(p.deputy("check", host.String())))
}
