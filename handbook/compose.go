package handbook

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"deputy/delegation"
	"deputy/name"
)

// compose writes the page that Markdown and HTML are made of, in the order in which it is needed.
func compose(f Facts) *page {
	p := &page{Facts: f, ids: map[string]bool{}, title: "TLS certificates on " + or(f.Host, "this machine") + ": the handbook"}
	if len(f.Certificates) == 1 {
		p.title = "The certificate " + f.Certificates[0].Name + " on " + or(f.Host, "this machine") + ": the handbook"
	}
	p.opening()
	p.hurry()
	p.whatThisIs()
	p.pictures()
	p.certificates()
	p.whatRuns()
	p.whatToDo()
	p.byHand()
	p.otherClient()
	p.machineDead()
	p.safekeeping()
	p.changes()
	p.whomToAsk()
	p.installation()
	return p
}

func (p *page) opening() {
	about := of("This is about the program deputy")
	if p.Host != "" {
		about = append(about, " on ", code(p.Host))
	}
	if p.State != "" {
		about = append(about, ", which keeps its state in ", code(p.State))
	}
	about = append(about, ". Commands can be pasted")
	if p.User != "" {
		about = append(about, ", as the user ", code(p.User))
	}
	p.say(append(about, ". Words in capitals are for you to fill in.")...)
	if !p.Made.IsZero() {
		p.say("It is how things were on ", strong(moment(p.Made)), ". Get a fresh one with ", code(p.deputy("handbook")), ". Keep a copy on another machine, or on paper: it holds no secret", p.unlessHook(), ".")
	}
}

// unlessHook is the exception: a deploy hook is shown as it was typed.
func (p *page) unlessHook() string {
	if slices.ContainsFunc(p.Certificates, func(c Certificate) bool { return c.DeployHook != "" }) {
		return ", unless somebody typed one into a deploy hook"
	}
	return ""
}

// hurry is the page's first answer, for whoever has half a minute.
func (p *page) hurry() {
	p.head(2, "hurry", "In a hurry")
	which := "NAME"
	if len(p.Certificates) == 1 {
		which = p.Certificates[0].Name
	}
	p.list(
		of("A certificate expires soon, or has expired: ", code(p.deputy("renew", which, "--force")), " renews it, or says what stands in the way. ", link{"Step by step", "expires"}, "."),
		of("Somebody asks why a CNAME exists, or wants to remove it: ", link{"the answer, to forward", "why-cname"}, "."),
		of("This machine is dead and I need a certificate today: ", link{"three ways", "machine-dead"}, "."),
		of("deputy printed a fault: ", link{"each fault and its command", "faults"}, "."),
		of("Whom can I ask: ", link{"contacts", "contacts"}, "."),
	)
	if len(p.Certificates) == 0 {
		p.box(strong("No certificate yet."), " deputy is set up, but was asked for none. ", code(p.deputy("issue", "NAME")), " gets one; ", code(p.deputy("plan", "NAME")), " first says which CNAME it needs.")
		return
	}
	var glance table
	for _, c := range p.Certificates {
		state := append(codes(c.Names), ". ", p.life(c))
		if c.LastError != "" {
			state = append(state, " ", strong("The last renewal failed:"), " "+c.LastError+".")
		}
		for _, host := range c.hosts() {
			state = append(state, p.wrong(host)...)
		}
		glance.row(c.Name, append(state, " ", link{"More", certificateAnchor(c)})...)
	}
	p.add(glance)
}

// wrong says in short what is wrong with the delegation of host; nothing where nothing is known to be.
func (p *page) wrong(host name.Name) []any {
	codeNow := p.faultCode(host)
	if codeNow == "" {
		return nil
	}
	return of(" The delegation of ", code(host.String()), " is broken: ", p.faultLink(codeNow), ".")
}

// faultCode is that of the fault that counts for host now; "" where none is known.
func (p *page) faultCode(host name.Name) string {
	if d, ok := p.delegation(host); ok {
		if len(d.Faults) > 0 {
			return string(d.Faults[0].Code)
		}
		return ""
	}
	l, _ := p.look(host)
	return l.Code
}

// life says until when a certificate is good.
func (p *page) life(c Certificate) string {
	switch {
	case c.Version == 0:
		return "Not issued yet."
	case !p.Made.IsZero() && p.Made.After(c.NotAfter):
		return "Expired on " + moment(c.NotAfter) + "."
	}
	return "Valid until " + moment(c.NotAfter) + "."
}

func (p *page) whatThisIs() {
	p.head(2, afterHurry, "What this is")
	p.say("A program named deputy gets the TLS certificates of this installation from a certificate authority (CA) and renews them before they expire, with nobody at the keyboard. " +
		"Before a CA issues a certificate it wants a proof: a value that changes each time, in the DNS, at the name _acme-challenge. in front of the certificate's name. " +
		"deputy may not change that DNS, so its owner has added one CNAME, once, which says: look for the value at another name. " +
		"That other name lies in a zone that deputy may change, at a DNS host for which it has a credential. " +
		"So a renewal needs three things to stand: the CNAME, the zone with its credential, and something that starts deputy twice a day.")
	p.say("Words: the ", strong("target"), " is the name to which the CNAME leads. A ", strong("DNS Provider"), " is an account at a DNS host that deputy uses. A ",
		strong("fault"), " is what deputy says when something is wrong, with a code such as ", code("no-delegation"), ".")
}

func (p *page) pictures() {
	p.head(2, "picture", "The picture")
	if len(p.Chains) == 0 {
		p.say("The delegations were not looked at when this was made. ", code(p.deputy("check", p.exampleName())), " draws one.")
		return
	}
	for _, d := range p.Chains {
		p.say("What a CA meets that asks for the value of ", code(d.Name.Host().String()), ":")
		p.add(drawing{svg: delegation.SVG(d.Chain, d.Faults), text: strings.Join(delegation.Draw(d.Chain), "\n")})
	}
}

// exampleHost is a name of this installation for commands that take one, the first that is broken if there is one; zero
// where there is none.
func (p *page) exampleHost() name.Name {
	hosts := p.hosts()
	for _, host := range hosts {
		if p.faultCode(host) != "" {
			return host
		}
	}
	if len(hosts) == 0 {
		return name.Name{}
	}
	return hosts[0]
}

// exampleName is it as text.
func (p *page) exampleName() string { return or(p.exampleHost().String(), "NAME") }

// example is the certificate that holds it.
func (p *page) example() (Certificate, bool) {
	for _, c := range p.Certificates {
		if slices.Contains(c.hosts(), p.exampleHost()) {
			return c, true
		}
	}
	return Certificate{}, false
}

// certificateName is its name, for commands that take one.
func (p *page) certificateName() string {
	c, _ := p.example()
	return or(c.Name, "NAME")
}

// deputy is a command line of deputy, ready to be pasted.
func (f Facts) deputy(arguments ...string) string {
	words := append([]string{or(f.Binary, "deputy")}, arguments...)
	for n, word := range words {
		words[n] = quoted(word)
	}
	if f.State != "" && (f.User != "root" || f.State != "/var/lib/deputy") {
		words = append(words, "--state", quoted(f.State))
	}
	return strings.Join(words, " ")
}

// plain is a word that no shell takes for anything else.
var plain = regexp.MustCompile(`^[A-Za-z0-9_./:=@%+,-]+$`)

// quoted is a word for a shell (POSIX.1-2024, shell command language §2.2.2).
func quoted(word string) string {
	if plain.MatchString(word) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// moment writes a time for people and for comparing.
func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") + " UTC" }

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
