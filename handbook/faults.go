package handbook

import (
	"slices"

	"deputy/fault"
	"deputy/name"
)

// advice is what to do about one fault here.
type advice struct {
	code   fault.Code
	pieces []any
}

func faultAnchor(code string) string { return slug("fault-" + code) }

// faultPages gives each fault that these delegations and DNS hosts can have: first what is wrong now, then the others,
// the likely ones first.
func (p *page) faultPages() {
	p.head(3, "faults", "… deputy prints a fault")
	p.say("A fault says what was tried, what was seen, what to do, and who can do it. The exit code says what kind it is: 1 something here, 2 a wrong command or document, 3 somebody must change DNS, 4 try later. " +
		"Here they stand by how likely they are. After mending one:")
	p.show(p.deputy("check", p.exampleName()), p.deputy("renew"))
	all := p.advice()
	slices.SortStableFunc(all, func(a, b advice) int { return p.urgency(b) - p.urgency(a) })
	for _, a := range all {
		title := string(a.code)
		if p.urgency(a) > 0 {
			title += " (this is so now)"
		}
		p.add(heading{4, p.anchor(faultAnchor(string(a.code))), title})
		p.say(a.pieces...)
	}
	p.say("A code that is not here is explained on the page ", code("docs/faults/CODE.md"), " of deputy's documentation.")
}

func (p *page) advice() []advice {
	return slices.Concat(p.adviceDNS(), p.adviceHost(), p.adviceCA(), p.adviceHere(), p.adviceRare())
}

// faultLink leads to the advice about a code, or to where the codes stand.
func (p *page) faultLink(code string) link {
	if slices.ContainsFunc(p.advice(), func(a advice) bool { return string(a.code) == code }) {
		return link{code, faultAnchor(code)}
	}
	return link{code, "faults"}
}

// urgency is 1 for a fault that a delegation has now.
func (p *page) urgency(a advice) int {
	for _, host := range p.hosts() {
		if p.faultCode(host) == string(a.code) {
			return 1
		}
	}
	return 0
}

// adviceDNS is about the CNAME and its owner.
func (p *page) adviceDNS() []advice {
	host := p.exampleName()
	plan, check := code(p.deputy("plan", host)), code(p.deputy("check", host))
	wait := []string{"issue", host}
	if c, ok := p.example(); ok {
		wait = p.issue(c)
	}
	list := []advice{{fault.NoDelegation, of("The CNAME is gone: somebody tidied up, or the zone moved to another DNS host and the record was forgotten. Send its owner the ticket that ", plan,
		" prints. Then ", code(p.deputy(append(wait, "--wait=48h")...)), " goes on by itself as soon as the record is there.")}}
	if p.anyCustom() {
		list = append(list, advice{fault.WrongTarget, of("The CNAME leads somewhere else than the DNS Provider writes (its custom value in its zone). Have the CNAME changed to the record that the message shows. ", code(p.deputy("explain", host)), " says which DNS Provider was chosen and why.")})
	}
	if p.anyFollow() {
		list = append(list, advice{fault.Unmanaged, of("The CNAME leads into a zone that no DNS Provider here holds. Either it was changed, and its owner changes it back (", plan, " prints the right one), or a DNS Provider was removed: ", code(p.deputy("provider", "list")), ".")})
	}
	list = append(list,
		advice{fault.NoAnswer, of("The name servers on the way do not answer, or answer badly. Most of these pass: try ", check, " again in an hour. If it stays so, send the line to whoever runs the server that it names. If no server answers at all, this machine may not send to port 53: try ", code(p.deputy("check", host, "--resolver", "https://dns.quad9.net/dns-query")), ".")},
		advice{fault.ServersDiffer, of("One name server of the zone has the CNAME and another has not: a secondary does not follow. Send the message to the owner of the DNS; it names both servers.")},
		advice{fault.CAAForbids, of("CAA records in the owner's DNS do not let our CA issue. Ask the owner to add the line that the message shows, or ", link{"change the CA", "change-ca"}, ". Look: ", code("dig +short CAA "+host), ".")},
		advice{fault.DanglingTarget, of("The zone in which deputy writes does not exist any more: it was deleted, or ran out, at the DNS host. Make it again there at once, with the same name, in the same account: the CNAME still points to it, and whoever makes it first can get certificates for the name.")},
		advice{fault.OtherData, of("Something else, often an old TXT record of another client, stands beside the CNAME, where nothing may. Its owner removes it.")},
	)
	if !p.unsigned() {
		list = append(list, advice{fault.Bogus, of("DNSSEC: the signatures of a zone on the way are wrong or have expired, so every CA refuses its answers. Whoever runs the zone that the message names has to sign it anew, or have the DS record removed from the zone above.")})
	}
	return list
}

func (p *page) anyCustom() bool {
	return slices.ContainsFunc(p.Providers, func(q Provider) bool { return len(q.RegisteredDomains) > 0 })
}

func (p *page) anyFollow() bool {
	return len(p.Providers) == 0 || slices.ContainsFunc(p.Providers, func(q Provider) bool { return len(q.RegisteredDomains) == 0 })
}

// unsigned says that every chain is known to pass a zone without DNSSEC, which can't be bogus then.
func (p *page) unsigned() bool {
	signed := func(d Delegation) bool { return d.Chain.Security.State != "insecure" }
	return len(p.Chains) > 0 && !slices.ContainsFunc(p.Chains, signed)
}

// adviceHost is about the DNS hosts where deputy writes.
func (p *page) adviceHost() []advice {
	test := of("its DNS Provider")
	if len(p.Providers) > 0 {
		test = of(code(p.deputy("provider", "test", p.Providers[0].Name)))
	}
	renewed := of("The DNS host's API said no: the credential has expired, was revoked, or may no longer write in the zone. Log in at the DNS host, make a new one, and add the DNS Provider again with it, as ", link{"written here", "new-credential"}, ". To try it: ")
	return []advice{
		{fault.HostRefused, append(append(renewed, test...), ".")},
		{fault.NotPropagated, of("The DNS host took the value, but not all of its name servers show it in 15 minutes. Try ", code(p.deputy("renew")), " again in an hour; it goes on where it was. If it stays so, ask the DNS host.")},
		{fault.HostFailed, of("The DNS host's API is down, or answered nonsense. Try again in an hour. If it stays so for a day, look at the DNS host's status page; ", code(p.deputy("renew", "--trace")), " shows each request, without secrets.")},
		{fault.HostThrottled, of("The DNS host allows no more requests for now. Try again when the message says.")},
		{fault.ForeignValue, of("Somebody else's value stands at the target, and this DNS host's API can only replace all values. Look whose it is with ", code("dig +short TXT TARGET"), "; remove it at the DNS host if nobody needs it.")},
		{fault.NotWritten, of("The DNS host said yes and did nothing. Look at the zone on its web page; then ", code(p.deputy("renew", "--trace")), ".")},
		{fault.HiddenByCut, of("Somebody delegated a part of our zone elsewhere, and the target lies in it. Remove those NS records at the DNS host, or add a DNS Provider that holds the new zone.")},
		{fault.LeftoverPending, of("A value of an earlier run could not be removed yet. ", code(p.deputy("renew")), " tries again. It hurts nobody meanwhile.")},
	}
}

// adviceCA is about the certificate authority.
func (p *page) adviceCA() []advice {
	return []advice{
		{fault.CALimited, of("The CA's rate limit is reached: too many certificates or failed tries. Wait until the time that the message names; the old certificate stays in use. Do not repeat by hand: that makes it longer. If it can't wait, ", link{"use another CA", "change-ca"}, ".")},
		{fault.CAFailed, of("The CA can't be reached or has a failure. Look at its status page; try again in an hour. See that this machine may connect to it over HTTPS.")},
		{fault.CAValidation, of("The CA did not accept the proof, though deputy saw it everywhere. Read what the CA says in the message; most often it is a CAA record, DNSSEC, or a name server that answers the CA otherwise than us. ", code(p.deputy("check", p.exampleName())), ", mend, and try once.")},
		{fault.CAAccount, of("The account at the CA is unknown or was deactivated. Make another: ", link{"change the CA", "change-ca"}, " with the same CA and another name.")},
		{fault.CARefused, of("The CA refuses the order; its own words are in the message. Often the name is on a list, or the domain is not registered any more.")},
		{fault.CAAUnknown, of("The CAA records can't be told, and a CA would refuse then. Try again in an hour; else send the message to the owner of the DNS.")},
	}
}

// adviceHere is about this machine.
func (p *page) adviceHere() []advice {
	return []advice{
		{fault.HookFailed, of("The certificate is new and its files are written, but the deploy hook failed, so the server still shows the old one. Run the hook by hand and read what it says, mend it, and ", code(p.deputy("renew", p.certificateName())), " runs it again. To change it: ", code(p.deputy("renew", p.certificateName(), "--deploy-hook", "COMMAND")), ".")},
		{fault.NotRenewed, of("It has expired, and its renewal waits for its next try after a failure. Do not wait: ", code(p.deputy("renew", p.certificateName(), "--force")), " tries now and says what is wrong.")},
		{fault.StateFailed, of("The state can't be read or written: the disk is full, read-only, or the directory is another user's. ", code("df -h "+quoted(or(p.State, "."))), " and ", code("ls -ld "+quoted(or(p.State, "."))), ". The certificates in use are not touched.")},
		{fault.StateKey, of("The master key is missing, is another one, or can be read by others. Put it back from ", link{"where it is kept", "safekeeping"}, ", for its user alone (mode 600).")},
		{fault.SecretOpen, of("A file with a secret can be read by others: ", code("chmod 600 FILE"), ".")},
		{fault.StateNewer, of("A newer deputy has run over this state. Use the newer program.")},
	}
}

// adviceRare is what happens when a record is made anew by hand, and made wrong.
func (p *page) adviceRare() []advice {
	plan := code(p.deputy("plan", p.exampleName()))
	again := of("The message shows the record as it has to be; ", plan, " prints the whole ticket.")
	list := []advice{
		{fault.CNAMEAtHost, append(of("The CNAME was made at the name itself instead of at _acme-challenge. in front of it. "), again...)},
		{fault.ZoneDoubled, append(of("The CNAME was made with the zone twice in its name, as web forms do when the whole name is typed. "), again...)},
		{fault.MissingDot, append(of("The CNAME's target got the owner's zone appended: the dot at its end is missing. "), again...)},
		{fault.WildcardCaught, of("There is no CNAME of its own; a wildcard record of the zone answers for it. The owner adds the CNAME. ", plan, " prints the ticket.")},
		{fault.OtherVendor, of("The CNAME leads to another company's validation service, a CDN's for example. Two can't have the same name: speak with its owner about who needs it.")},
		{fault.Loop, of("The CNAMEs lead in a circle. Their owner changes the one that the message names.")},
		{fault.TooLong, of("There are more CNAMEs in a row than resolvers follow. The first should lead straight to the target.")},
		{fault.BadTarget, of("The target's name holds characters that deputy does not write with. ", plan, " prints a good one.")},
		{fault.AtApex, of("The CNAME leads to our zone's own name instead of a name in it. ", plan, " prints a good one.")},
		{fault.TXTTooLarge, of("Too many values lie at the target, of runs that were cut off or of others. ", code(p.deputy("renew")), " removes ours; remove the others at the DNS host.")},
		{fault.ViewDiffers, of("This network's own DNS says something else about the name than the internet does. The CA sees the internet's; the message shows both.")},
	}
	if p.anyWildcard() {
		list = append(list, advice{fault.StarLabel, append(of("The CNAME was made at _acme-challenge.*. of the name; a wildcard's is at _acme-challenge. without the star. "), again...)})
	}
	return list
}

func (p *page) anyWildcard() bool {
	for _, c := range p.Certificates {
		if slices.ContainsFunc(c.Names, name.Name.IsWildcard) {
			return true
		}
	}
	return false
}
