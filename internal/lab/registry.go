package lab

import (
	"fmt"

	"github.com/miekg/dns"
)

// Zone is any zone of the lab, to edit as its DNS department. It panics when the lab has no such zone.
func (l *Lab) Zone(zone string) *Zone {
	z, err := l.findZone(zone)
	if err != nil {
		panic("lab: " + err.Error())
	}
	return z
}

func (l *Lab) findZone(zone string) (*Zone, error) {
	l.zonesMu.RLock()
	defer l.zonesMu.RUnlock()
	if z, ok := l.zones[dns.CanonicalName(zone)]; ok {
		return z, nil
	}
	return nil, fmt.Errorf("the lab has no zone %q; it has %s", zone, list(l.zones))
}

// AddZone makes a zone that the servers (host names, the primary first) serve, and delegates it to them in the nearest
// zone above.
func (l *Lab) AddZone(zone string, servers ...string) (*Zone, error) {
	origin := dns.CanonicalName(zone)
	if _, err := l.findZone(origin); err == nil || len(servers) == 0 {
		return nil, fmt.Errorf("add zone %s: it needs a new name, and servers", origin)
	}
	z, err := newZone(l.history, origin, apexText(origin, absolute(servers)))
	if err != nil {
		return nil, err
	}
	for _, host := range servers {
		n, err := l.findServer(host)
		if err != nil {
			return nil, err
		}
		z.serve(n)
	}
	above := l.above(origin)
	l.zonesMu.Lock()
	l.zones[origin] = z
	l.zonesMu.Unlock()
	var delegation []string
	for _, host := range absolute(servers) {
		delegation = append(delegation, origin+" 3600 IN NS "+host)
	}
	return z, above.Add(delegation...)
}

// above is the nearest zone above origin; the root is above all.
func (l *Lab) above(origin string) *Zone {
	name := parent(origin)
	for ; name != "."; name = parent(name) {
		if z, err := l.findZone(name); err == nil {
			return z
		}
	}
	return l.Zone(".")
}

func absolute(hosts []string) []string {
	all := make([]string, len(hosts))
	for i, host := range hosts {
		all[i] = dns.Fqdn(host)
	}
	return all
}

// DNS is a server by its host name, "ns1.martdj.nl"; "resolver", "resolver-2" and "ca-resolver" are the recursive ones, the
// last for the CA's validation alone. It panics when the lab has no such server.
func (l *Lab) DNS(host string) *Nameserver {
	n, err := l.findServer(host)
	if err != nil {
		panic("lab: " + err.Error())
	}
	return n
}

func (l *Lab) findServer(host string) (*Nameserver, error) {
	if n, ok := l.nameservers[host]; ok {
		return n, nil
	}
	return nil, fmt.Errorf("the lab has no server %q; it has %s", host, list(l.nameservers))
}
