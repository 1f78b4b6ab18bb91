package dnsconfig

import "strings"

// abouts tells what the document asks and does.
func (p *parsing) abouts() {
	n := p.native
	n.hostsByDefault()
	n.about.Verdict = Additive
	if n.about.Style != "single" {
		return
	}
	n.limits.Values = max(1, n.limits.Values)
	if n.limits.Values == 1 {
		n.about.Verdict = Replacing
	}
}

// hostsByDefault tells the hosts of an account that leaves out what it may, and who says others.
func (n *Native) hostsByDefault() {
	about, base := &n.about, n.base
	switch {
	case n.address == nil:
		about.HostGiven = "api_base"
	case n.address.whole != nil:
		about.HostGiven = "session"
	case base == "":
		r := reads{}
		r.value(n.address.made)
		for _, f := range about.Fields {
			if r.any("account." + f.Name) {
				about.HostFields = append(about.HostFields, f.Name)
			}
		}
		made, err := n.baseFor("", newEvaluation(map[string]any{"account": n.accountVariables(nil)}, nil))
		if err == nil { // else the account has to say it
			base = made
		}
		about.hostMade = err == nil
	}
	about.Hosts = n.constantHosts(base)
}

// Asks says for people which hosts the requests go to, and who names those that are not constant; "" where that is not
// known.
func (a About) Asks() string {
	hosts := a.Hosts
	var of string
	switch {
	case a.HostGiven == "api_base":
		of = "the host of api_base, which the DNS Provider has to give"
	case a.HostGiven == "session":
		of = "the host that the log-in tells, which allow.hosts of the DNS Provider has to name"
	case a.hostMade:
		of = hosts[0] + ", or another by the " + fieldsText(a.HostFields)
		hosts = hosts[1:]
	case len(a.HostFields) > 0:
		of = "a host made of the " + fieldsText(a.HostFields)
	}
	if of == "" || len(hosts) == 0 {
		return of + strings.Join(hosts, ", ")
	}
	return of + "; and " + strings.Join(hosts, ", ")
}

func fieldsText(names []string) string {
	if len(names) == 1 {
		return "field " + names[0]
	}
	return "fields " + words(names, "and")
}
