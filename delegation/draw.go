package delegation

import (
	"fmt"
	"slices"
	"strings"

	"deputy/name"
	"deputy/resolver"
)

// Draw gives the chain as lines of text, each hop a step to the right, with who said so and for how long it holds:
//
//	_acme-challenge.demohub.martdj.nl
//	  └ CNAME validation.martdj.dedyn.io (60 s, ns1.martdj.nl 127.53.0.3)
//	    zone martdj.dedyn.io at ns1.desec.io, ns2.desec.org
func Draw(c Chain) []string {
	lines := []string{c.Challenge.String()}
	if c.View != "" {
		lines[0] += ", " + c.View
	}
	indent := "  "
	for i, h := range c.Hops {
		kind := "CNAME"
		if !h.DNAME.IsZero() {
			kind = fmt.Sprintf("CNAME by the DNAME at %s", h.DNAME)
		}
		line := fmt.Sprintf("%s└ %s %s (%d s, %s)", indent, kind, h.Target, h.TTL, brief(h.Server))
		if len(h.Beside) > 0 {
			line += " beside " + strings.Join(h.Beside, ", ")
		}
		if i == 0 && c.Caught {
			line += " by a wildcard"
		}
		lines = append(append(lines, line), c.others(h.Owner, indent)...)
		indent += "  "
	}
	for _, line := range append(c.end(), c.remarks()...) {
		lines = append(lines, indent+line)
	}
	return lines
}

// others are the servers that say something else at a hop.
func (c Chain) others(at name.Name, indent string) []string {
	var lines []string
	for _, d := range c.Differ {
		if d.Owner != at {
			continue
		}
		says := "no CNAME"
		if !d.Target.IsZero() {
			says = "CNAME " + d.Target.String()
		}
		lines = append(lines, fmt.Sprintf("%s≠ %s (%s)", indent, says, brief(d.Server)))
	}
	return lines
}

// remarks are the servers that gave no usable answer, and what is signed.
func (c Chain) remarks() []string {
	var lines []string
	for _, d := range c.Dead {
		if d.Server.Addr.IsValid() || d.Zone != c.Zone { // of a server of the last zone without an address its line says so
			lines = append(lines, fmt.Sprintf("✗ %s, a server of %s: %s", whole(d.Server), d.Zone, d.Reason))
		}
	}
	switch c.Security.State {
	case resolver.Secure:
		lines = append(lines, "DNSSEC: secure")
	case resolver.Insecure:
		lines = append(lines, fmt.Sprintf("DNSSEC: not signed from the zone %s on", c.Security.Zone))
	case resolver.Bogus:
		lines = append(lines, fmt.Sprintf("DNSSEC: bogus in the zone %s", c.Security.Zone))
	}
	return lines
}

// whole names a server that may have no address.
func whole(s resolver.Server) string {
	if !s.Addr.IsValid() && !s.Host.IsZero() {
		return s.Host.String()
	}
	return s.String()
}

// end says what became of the chain after its last hop.
func (c Chain) end() []string {
	switch {
	case c.Failure != nil:
		return []string{"? " + c.Failure.Error()}
	case !c.Loop.IsZero():
		return []string{"↺ back to " + c.Loop.String()}
	case c.TooLong:
		return []string{fmt.Sprintf("… more than %d CNAMEs", MaxHops)}
	}
	var lines []string
	if len(c.Hops) == 0 {
		state := "no CNAME"
		if !c.Exists {
			state = "no such name"
		}
		lines = append(lines, fmt.Sprintf("└ %s (%d s, %s)", state, c.NegTTL, brief(c.Server)))
		lines = append(lines, c.hostLine()...)
	}
	if c.Zone.IsZero() {
		return lines
	}
	return append(lines, fmt.Sprintf("zone %s at %s", c.Zone, strings.Join(c.hosts(), ", ")))
}

func (c Chain) hostLine() []string {
	if c.HostCNAME.IsZero() {
		return nil
	}
	return []string{fmt.Sprintf("but %s CNAME %s", c.Cert.Host(), c.HostCNAME)}
}

// hosts names the servers of the target's zone, each once.
func (c Chain) hosts() []string {
	var hosts []string
	for _, s := range c.Authority.Servers {
		host := brief(s)
		if !s.Host.IsZero() {
			host = s.Host.String()
		}
		if !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	for _, s := range c.Authority.Silent {
		hosts = append(hosts, s.Host.String()+" (no address)")
	}
	for _, l := range c.Authority.Unknown {
		host := l.Host.String()
		if !slices.ContainsFunc(hosts, func(s string) bool { return s == host || strings.HasPrefix(s, host+" (") }) {
			hosts = append(hosts, host+" (address not known: "+l.Failure.Reason+")")
		}
	}
	return hosts
}

// brief names a server in few characters: host and address, without the port.
func brief(s resolver.Server) string {
	switch {
	case s.URL != "":
		return s.URL
	case s.Host.IsZero():
		return s.Addr.Addr().String()
	}
	return fmt.Sprintf("%s %s", s.Host, s.Addr.Addr())
}
