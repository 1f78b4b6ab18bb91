package lab

import (
	"fmt"
	"maps"
	"strings"
)

// Names of servers that have a part of their own.
const (
	rootServer     = "a.root-servers.lab."
	deSECPrimary   = "ns1.desec.lab"
	deSECSecondary = "ns2.desec.lab"
	resolverHost   = "resolver"
	otherResolver  = "resolver-2"
	caResolverHost = "ca-resolver"
)

// host is a machine of the lab and the zones that it serves.
type host struct {
	name  string
	addr  string
	zones []string
}

// hosts is who serves what. Those without zones are recursive resolvers: two public ones, and the CA's own.
func hosts() []host {
	desec := []string{"desec.lab.", "dedyn.io.", "martdj.dedyn.io.", "slow.dedyn.io.", "other.dedyn.io."}
	return []host{
		{"a.root-servers.lab", "127.53.0.1", []string{"."}},
		{"a.nic.nl", "127.53.0.2", []string{"nl."}},
		{"a.nic.io", "127.53.0.3", []string{"io."}},
		{"a.nic.lab", "127.53.0.4", []string{"lab."}},
		{"ns1.martdj.nl", "127.53.0.5", []string{"martdj.nl."}},
		{"ns2.martdj.nl", "127.53.0.6", []string{"martdj.nl."}},
		{deSECPrimary, "127.53.0.7", desec},
		{deSECSecondary, "127.53.0.8", desec},
		{resolverHost, "127.53.0.9", nil},
		{"ns1.pebble.lab", "127.53.0.10", []string{"pebble.lab."}},
		{"ns1.example.nl", "127.53.0.11", []string{"example.nl."}},
		{"ns2.example.nl", "127.53.0.12", []string{"example.nl."}},
		{caResolverHost, "127.53.0.13", nil},
		{otherResolver, "127.53.0.14", nil},
	}
}

// zoneTexts are the zones as they are at the start, without SOA and NS records at the apex.
func zoneTexts(extraHops bool) map[string]string {
	texts := parentZones()
	maps.Copy(texts, customerZones())
	maps.Copy(texts, hostZones())
	if extraHops {
		texts["martdj.nl."] += extraMartdj
		texts["example.nl."] += extraExample
	}
	return texts
}

// parentZones are the root and the top-level domains, with the delegations of all that is below.
func parentZones() map[string]string {
	return map[string]string{
		".": `
a.root-servers.lab. 3600 IN A 127.53.0.1
nl 3600 IN NS a.nic.nl.
a.nic.nl. 3600 IN A 127.53.0.2
io 3600 IN NS a.nic.io.
a.nic.io. 3600 IN A 127.53.0.3
lab 3600 IN NS a.nic.lab.
a.nic.lab. 3600 IN A 127.53.0.4`,
		"nl.": `
a.nic 3600 IN A 127.53.0.2
martdj 3600 IN NS ns1.martdj
martdj 3600 IN NS ns2.martdj
ns1.martdj 3600 IN A 127.53.0.5
ns2.martdj 3600 IN A 127.53.0.6
example 3600 IN NS ns1.example
example 3600 IN NS ns2.example
ns1.example 3600 IN A 127.53.0.11
ns2.example 3600 IN A 127.53.0.12`,
		"io.": `
a.nic 3600 IN A 127.53.0.3
dedyn 3600 IN NS ns1.desec.lab.
dedyn 3600 IN NS ns2.desec.lab.`,
		"lab.": `
a.nic 3600 IN A 127.53.0.4
a.root-servers 3600 IN A 127.53.0.1
desec 3600 IN NS ns1.desec
desec 3600 IN NS ns2.desec
ns1.desec 3600 IN A 127.53.0.7
ns2.desec 3600 IN A 127.53.0.8
pebble 3600 IN NS ns1.pebble
ns1.pebble 3600 IN A 127.53.0.10`,
	}
}

// customerZones are zones that deputy has no access to. They have no delegation yet: asking for it is where the story
// begins.
func customerZones() map[string]string {
	return map[string]string{
		"martdj.nl.": `
@ 3600 IN A 192.0.2.10
ns1 3600 IN A 127.53.0.5
ns2 3600 IN A 127.53.0.6
www 3600 IN CNAME martdj.nl.
demohub 3600 IN A 192.0.2.11
mail 3600 IN A 192.0.2.12`,
		"example.nl.": `
@ 3600 IN A 192.0.2.20
ns1 3600 IN A 127.53.0.11
ns2 3600 IN A 127.53.0.12
www 3600 IN A 192.0.2.21`,
	}
}

// hostZones are the zones at the DNS hosts, which deputy may change through their APIs.
func hostZones() map[string]string {
	return map[string]string{
		"desec.lab.": `
ns1 3600 IN A 127.53.0.7
ns2 3600 IN A 127.53.0.8`,
		"dedyn.io.": `
martdj 3600 IN NS ns1.desec.lab.
martdj 3600 IN NS ns2.desec.lab.
slow 3600 IN NS ns1.desec.lab.
slow 3600 IN NS ns2.desec.lab.
other 3600 IN NS ns1.desec.lab.
other 3600 IN NS ns2.desec.lab.`,
		"martdj.dedyn.io.": "",
		"slow.dedyn.io.":   "",
		"other.dedyn.io.":  "",
		"pebble.lab.": `
ns1 3600 IN A 127.53.0.10`,
	}
}

// Names for Options.ExtraHops, at martdj.nl: "two-hops" leads over example.nl to martdj.dedyn.io; "managed-middle" over
// martdj.dedyn.io to nowhere managed once a test adds its second hop there; "loop" never ends, "self" points to itself;
// "hops8" passes 8 CNAMEs and "hops9" passes 9; "dname" goes by a DNAME; "wild" is caught by a wildcard.
const extraMartdj = `
_acme-challenge.two-hops 60 IN CNAME two-hops.challenges.example.nl.
_acme-challenge.managed-middle 60 IN CNAME middle.martdj.dedyn.io.
_acme-challenge.loop 60 IN CNAME loop.challenges.example.nl.
_acme-challenge.self 60 IN CNAME _acme-challenge.self.martdj.nl.
_acme-challenge.hops8 60 IN CNAME hop7.challenges.example.nl.
_acme-challenge.hops9 60 IN CNAME hop8.challenges.example.nl.
_acme-challenge.dname 60 IN CNAME validation.moved.example.nl.
*.wild 60 IN CNAME validation.martdj.dedyn.io.`

const extraExample = `
two-hops.challenges 60 IN CNAME validation.martdj.dedyn.io.
loop.challenges 60 IN CNAME _acme-challenge.loop.martdj.nl.
hop8.challenges 60 IN CNAME hop7.challenges.example.nl.
hop7.challenges 60 IN CNAME hop6.challenges.example.nl.
hop6.challenges 60 IN CNAME hop5.challenges.example.nl.
hop5.challenges 60 IN CNAME hop4.challenges.example.nl.
hop4.challenges 60 IN CNAME hop3.challenges.example.nl.
hop3.challenges 60 IN CNAME hop2.challenges.example.nl.
hop2.challenges 60 IN CNAME hop1.challenges.example.nl.
hop1.challenges 60 IN CNAME validation.martdj.dedyn.io.
moved 60 IN DNAME martdj.dedyn.io.`

// apexText is a zone's SOA and NS records, the primary's name first.
func apexText(origin string, servers []string) string {
	text := fmt.Sprintf("@ 3600 IN SOA %s hostmaster.%s 1 3600 600 604800 60\n", servers[0], strings.TrimPrefix(origin, "."))
	for _, ns := range servers {
		text += "@ 3600 IN NS " + ns + "\n"
	}
	return text
}
