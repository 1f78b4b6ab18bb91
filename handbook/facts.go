// Package handbook writes the documentation of one installation, for the colleague who inherits it and never saw deputy:
// what there is, who owns which zone, what runs when, and what to do, with the commands, paths and values of this
// installation. It reads and never changes anything, and no secret enters it: what it is made of holds none.
package handbook

import (
	"slices"
	"strings"
	"time"

	"deputy/delegation"
	"deputy/fault"
	"deputy/name"
	"deputy/store"
)

// Facts are what a handbook is made of. Read fills what the store knows; the rest is for whoever knows it. Every field may
// be left out: the text then says how to find it out, or nothing.
type Facts struct {
	Made    time.Time // of the handbook
	State   string    // the state directory, absolute
	Version string    // the binary's
	Binary  string    // its path; "" for "deputy"
	Host    string    // the machine's name
	User    string    // whom deputy runs as

	Settings  []Setting // of deputy.yaml
	MasterKey string    // where the master key comes from, as a phrase; "" for STATE/master.key

	Certificates []Certificate
	Accounts     []store.Account // without their keys
	Providers    []Provider
	Planned      []store.PlannedTarget
	Chains       []Delegation
	Looks        []store.Look        // the newest of each name
	Leftovers    []store.Publication // TXT values of runs that are gone
	Runs         []Run               // what starts deputy here; none: not known
}

// Setting is a line of the settings file. A user and password in a URL are left out.
type Setting struct{ Key, Value string }

// Certificate is one with what only the rest of deputy knows about it.
type Certificate struct {
	store.Certificate        // without its key
	Folder            string // with its files; "" for STATE/certificates/NAME
	Next              string // when it renews and why, as a phrase: "renews 2026-12-24"
}

// Provider is a DNS Provider: an account at a DNS host, without its secrets.
type Provider struct {
	Name              string
	Configuration     string
	Title             string // of the configuration: "deSEC"; "" for its name
	Zones             []name.Name
	RegisteredDomains []name.Name // custom value mode; empty: follow mode
	CustomValue       string
	Contact           string
	Fields            []string // of the account that are set, by name
	Hosts             []string // to which the credential may go
	APIBase           string   // instead of the configuration's own address
}

// Delegation is what was seen of one name when the handbook was made.
type Delegation struct {
	Name   name.Name // the host
	Chain  delegation.Chain
	Faults []*fault.Fault // as Judge gives them
}

// Run is something that starts deputy: a timer or a line of a cron table.
type Run struct {
	Where   string // a file or a unit: "/etc/cron.d/deputy", "deputy-renew.timer"
	When    string // "twice a day", "17 3,15 * * *"; "" where not known
	Command string // what it runs
}

// Only leaves of the facts what concerns one certificate, given by its own name or a domain name in it; false where there
// is none.
func (f Facts) Only(certificate string) (Facts, bool) {
	at := slices.IndexFunc(f.Certificates, func(c Certificate) bool { return c.is(certificate) })
	if at < 0 {
		return f, false
	}
	c := f.Certificates[at]
	hosts := c.hosts()
	f.Certificates = []Certificate{c}
	f.Chains = keep(f.Chains, func(d Delegation) bool { return slices.Contains(hosts, d.Name.Host()) })
	f.Looks = keep(f.Looks, func(l store.Look) bool { return slices.Contains(hosts, l.Name.Host()) })
	f.Planned = keep(f.Planned, func(p store.PlannedTarget) bool { return slices.Contains(hosts, p.Name.Host()) })
	f.Accounts = keep(f.Accounts, func(a store.Account) bool { return a.Name == c.Account })
	f.Leftovers = keep(f.Leftovers, func(p store.Publication) bool { return p.Certificate == c.Name })
	var serving []string
	for _, host := range hosts {
		if p, ok := f.provider(host); ok {
			serving = append(serving, p.Name)
		}
	}
	if len(serving) > 0 {
		f.Providers = keep(f.Providers, func(p Provider) bool { return slices.Contains(serving, p.Name) })
	}
	return f, true
}

// setting is the value of a setting; "" where it is not set.
func (f Facts) setting(key string) string {
	for _, s := range f.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

func keep[T any](all []T, wanted func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(all), func(one T) bool { return !wanted(one) })
}

// is says that text names c: by its own name first, or by a domain name that it holds.
func (c Certificate) is(text string) bool {
	if c.Name == text {
		return true
	}
	n, err := name.Parse(text)
	return err == nil && (c.Name == n.FileName() || slices.Contains(c.Names, n))
}

// hosts are the names of c without "*.": a wildcard shares its delegation.
func (c Certificate) hosts() []name.Name { return name.Hosts(c.Names) }

func (f Facts) hosts() []name.Name {
	var all []name.Name
	for _, c := range f.Certificates {
		all = append(all, c.Names...)
	}
	return name.Hosts(all)
}

func (f Facts) delegation(host name.Name) (Delegation, bool) {
	for _, d := range f.Chains {
		if d.Name.Host() == host {
			return d, true
		}
	}
	return Delegation{}, false
}

// look is the newest one at a host. Its wildcard may have one of its own, since CAA may forbid it alone: the one that
// found a fault counts.
func (f Facts) look(host name.Name) (found store.Look, ok bool) {
	for _, l := range f.Looks {
		if l.Name.Host() == host && (!ok || found.Code == "") {
			found, ok = l, true
		}
	}
	return found, ok
}

// target is where the values of a host belong: what custom value mode says, else where the chain leads now, else what
// was planned; zero where nothing is known.
func (f Facts) target(host name.Name) name.Name {
	if p, ok := f.custom(host); ok && p.CustomValue != "" && len(p.Zones) > 0 {
		if n, err := name.ParseOwner(p.CustomValue + "." + p.Zones[0].String()); err == nil {
			return n
		}
	}
	if d, ok := f.delegation(host); ok && f.fits(d) {
		return d.Chain.Target
	}
	for _, p := range f.Planned {
		if p.Name.Host() == host {
			return p.Target
		}
	}
	return name.Name{}
}

// fits says that a chain ends where deputy may write.
func (f Facts) fits(d Delegation) bool {
	_, ours := d.Chain.Target.LongestSuffix(f.zones())
	return ours
}

func (f Facts) zones() []name.Name {
	var zones []name.Name
	for _, p := range f.Providers {
		zones = append(zones, p.Zones...)
	}
	return zones
}

// provider is the DNS Provider that serves a host: by a registered domain, else by the zone of its target.
func (f Facts) provider(host name.Name) (Provider, bool) {
	if p, ok := f.custom(host); ok {
		return p, true
	}
	target := f.target(host)
	zone, ok := target.LongestSuffix(f.zones())
	if !ok {
		return Provider{}, false
	}
	at := slices.IndexFunc(f.Providers, func(p Provider) bool { return slices.Contains(p.Zones, zone) })
	return f.Providers[at], true
}

// custom is the DNS Provider in custom value mode whose registered domain is the longest suffix of host.
func (f Facts) custom(host name.Name) (Provider, bool) {
	var best Provider
	var longest name.Name
	for _, p := range f.Providers {
		if domain, ok := host.LongestSuffix(p.RegisteredDomains); ok && domain.Labels() > longest.Labels() {
			best, longest = p, domain
		}
	}
	return best, !longest.IsZero()
}

// validationZone is the zone of p that holds target.
func (p Provider) validationZone(target name.Name) name.Name {
	zone, _ := target.LongestSuffix(p.Zones)
	return zone
}

func (p Provider) title() string { return or(p.Title, p.Configuration) }

func (f Facts) account(called string) (store.Account, bool) {
	for _, a := range f.Accounts {
		if a.Name == called {
			return a, true
		}
	}
	return store.Account{}, false
}

func (f Facts) folder(c Certificate) string {
	return or(c.Folder, f.path("certificates", c.Name))
}

// path is one in the state directory.
func (f Facts) path(parts ...string) string {
	return strings.Join(append([]string{strings.TrimRight(f.State, f.slash())}, parts...), f.slash())
}

// slash is what separates the parts of a path on the system that deputy runs on, as far as the state directory shows it.
func (f Facts) slash() string {
	if strings.Contains(f.State, `\`) && !strings.Contains(f.State, "/") {
		return `\`
	}
	return "/"
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}
