package lab

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// layout is who serves what, and what stands in the zones at the start.
//
// A zone of Options.Zones is delegated from the nearest zone above it; a top-level domain that is missing there is
// made. Without NS records at its apex a zone gets two servers, ns1 and ns2 in the zone itself. Else each name of them
// that lies in the zone and has no address in the text is a server of the lab; one that the lab has already serves this
// zone too; all others are records and nothing more, also in the delegation: a server that is not there, or that has
// only an address nobody can reach.
type layout struct {
	hosts []host
	texts map[string]string // by origin, without SOA records and those NS records at the apex that name servers of the lab
}

// firstExtra is the address of the first server of Options.Zones; the others follow.
const firstExtra = "127.53.0.32"

func newLayout(o Options) (*layout, error) {
	l := &layout{hosts: hosts(), texts: zoneTexts(o.ExtraHops)}
	more := map[string]string{}
	for origin, text := range o.Zones {
		more[dns.CanonicalName(origin)] = text
	}
	for origin := range o.Zones {
		labels := dns.SplitDomainName(origin)
		if len(labels) == 0 {
			return nil, fmt.Errorf("%q is no origin of another zone", origin)
		}
		top := labels[len(labels)-1] + "."
		_, asked := more[top]
		if _, there := l.texts[top]; !there && !asked {
			more[top] = "@ NS a.nic"
		}
	}
	// From the top down, so that each finds the zone above.
	origins := slices.SortedFunc(maps.Keys(more), func(a, b string) int {
		if deeper := dns.CountLabel(a) - dns.CountLabel(b); deeper != 0 {
			return deeper
		}
		return strings.Compare(a, b)
	})
	for _, origin := range origins {
		if err := l.add(origin, more[origin]); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// add makes one more zone.
func (l *layout) add(origin, text string) error {
	if _, there := l.texts[origin]; there {
		return fmt.Errorf("the lab has the zone %s already: edit it by Lab.Zone", origin)
	}
	records, err := (&Zone{origin: origin}).parse(text)
	if err != nil {
		return err
	}
	names, addresses := nameservers(origin, records)
	if len(names) == 0 {
		names = []string{"ns1." + origin, "ns2." + origin}
	}
	l.texts[origin] = text
	delegation := ""
	for _, ns := range names {
		delegation += fmt.Sprintf("\n%s 3600 IN NS %s", origin, ns)
		if own := l.employ(origin, ns, addresses[ns]); own != "" {
			l.texts[origin] += "\n" + own
			addresses[ns] = []string{own}
		}
		for _, glue := range addresses[ns] {
			delegation += "\n" + glue
		}
	}
	l.texts[l.above(origin)] += delegation
	return nil
}

// above is the origin of the nearest zone above origin.
func (l *layout) above(origin string) string {
	for above := parent(origin); ; above = parent(above) {
		if _, there := l.texts[above]; there {
			return above
		}
	}
}

// employ makes ns a server of the zone, if it is to be one of the lab, and gives the record of the address of a new one.
func (l *layout) employ(origin, ns string, addresses []string) string {
	for i, h := range l.hosts {
		if dns.Fqdn(h.name) == ns {
			l.hosts[i].zones = append(slices.Clone(h.zones), origin)
			return ""
		}
	}
	if len(addresses) > 0 || !dns.IsSubDomain(origin, ns) {
		return ""
	}
	addr := netip.MustParseAddr(firstExtra)
	for range len(l.hosts) - len(hosts()) {
		addr = addr.Next()
	}
	l.hosts = append(l.hosts, host{strings.TrimSuffix(ns, "."), addr.String(), []string{origin}})
	return fmt.Sprintf("%s 3600 IN A %s", ns, addr)
}

// nameservers are the names in the NS records at the apex, in order, and the address records of those in the zone.
func nameservers(origin string, records []dns.RR) (names []string, addresses map[string][]string) {
	addresses = map[string][]string{}
	for _, rr := range records {
		if ns, ok := rr.(*dns.NS); ok && ns.Hdr.Name == origin {
			names = append(names, dns.CanonicalName(ns.Ns))
		}
	}
	for _, rr := range records {
		t := rr.Header().Rrtype
		if slices.Contains(names, rr.Header().Name) && (t == dns.TypeA || t == dns.TypeAAAA) {
			addresses[rr.Header().Name] = append(addresses[rr.Header().Name], rr.String())
		}
	}
	return names, addresses
}

// makeZones builds every zone of the lab, SOA and NS records as the hosts say.
func (l *layout) makeZones(h *History) (map[string]*Zone, error) {
	zones := map[string]*Zone{}
	for origin, text := range l.texts {
		servers := l.serversOf(origin)
		apex := apexText(origin, servers)
		if len(servers) == 0 {
			apex = apexText(origin, []string{"nobody.invalid."})
			apex, _, _ = strings.Cut(apex, "\n")
		}
		z, err := newZone(h, origin, apex+"\n"+text)
		if err != nil {
			return nil, err
		}
		zones[z.origin] = z
	}
	return zones, nil
}

// serversOf are the names of origin's servers, absolute, the primary first.
func (l *layout) serversOf(origin string) []string {
	var servers []string
	for _, h := range l.hosts {
		if slices.Contains(h.zones, origin) {
			servers = append(servers, dns.Fqdn(h.name))
		}
	}
	return servers
}

func (l *layout) addresses() []netip.Addr {
	var addrs []netip.Addr
	for _, h := range l.hosts {
		addrs = append(addrs, netip.MustParseAddr(h.addr))
	}
	return addrs
}
