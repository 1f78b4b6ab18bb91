package lab

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// node is all records at one owner name, by type.
type node map[uint16][]dns.RR

// owner is where the node stands: at a wildcard for names that it answers for.
func (n node) owner() string {
	for _, set := range n {
		return set[0].Header().Name
	}
	return "."
}

// version is a zone at one moment. It never changes: an edit makes another version, so that a late secondary can go on
// serving a consistent older one.
type version struct {
	origin string
	nodes  map[string]node // by owner, lower case
	names  map[string]bool // owners and the empty non-terminals above them (RFC 4592 §2.2.2)
	at     time.Time

	signer *signer  // nil: the zone is not signed
	chain  []string // owners of NSEC records in canonical order, where it is
}

// next is v with change applied to a copy of its nodes and a serial one higher.
func (v *version) next(at time.Time, change func(map[string]node)) *version {
	nodes := make(map[string]node, len(v.nodes))
	for owner, n := range v.nodes {
		nodes[owner] = maps.Clone(n)
	}
	change(nodes)
	soa := dns.Copy(v.soa()).(*dns.SOA)
	soa.Serial++
	nodes[v.origin][dns.TypeSOA] = []dns.RR{soa}
	w := &version{origin: v.origin, nodes: nodes, at: at, signer: v.signer}
	w.index()
	return w
}

// index fills names.
func (v *version) index() {
	v.names = map[string]bool{}
	for owner := range v.nodes {
		for ; owner != v.origin; owner = parent(owner) {
			v.names[owner] = true
		}
	}
	v.names[v.origin] = true
	if v.signer != nil {
		v.link()
	}
}

func (v *version) soa() dns.RR { return v.nodes[v.origin][dns.TypeSOA][0] }

// negative is the SOA for a negative answer: its TTL is the lesser of its own and MINIMUM (RFC 2308 §3).
func (v *version) negative() dns.RR {
	soa := dns.Copy(v.soa()).(*dns.SOA)
	soa.Hdr.Ttl = min(soa.Hdr.Ttl, soa.Minttl)
	return soa
}

// cut finds the topmost delegation on the way from the zone to qname: NS records below the apex (RFC 1034 §4.3.2 3b).
func (v *version) cut(qname string) (string, bool) {
	return v.topmost(qname, true, dns.TypeNS)
}

// redirected finds the DNAME above qname (RFC 6672 §2.3), the apex included.
func (v *version) redirected(qname string) (*dns.DNAME, bool) {
	if qname == v.origin {
		return nil, false
	}
	if set := v.nodes[v.origin][dns.TypeDNAME]; len(set) > 0 {
		return set[0].(*dns.DNAME), true
	}
	owner, ok := v.topmost(qname, false, dns.TypeDNAME)
	if !ok {
		return nil, false
	}
	return v.nodes[owner][dns.TypeDNAME][0].(*dns.DNAME), true
}

// topmost finds the owner of t's records nearest to the apex, below it, on the way to qname.
func (v *version) topmost(qname string, itself bool, t uint16) (found string, ok bool) {
	for owner := qname; owner != v.origin; owner = parent(owner) {
		if owner == qname && !itself {
			continue
		}
		if len(v.nodes[owner][t]) > 0 {
			found, ok = owner, true
		}
	}
	return found, ok
}

// wildcard is the "*" name below qname's closest encloser (RFC 4592 §3.3.1).
func (v *version) wildcard(qname string) string {
	encloser := parent(qname)
	for !v.names[encloser] {
		encloser = parent(encloser)
	}
	if encloser == "." {
		return "*."
	}
	return "*." + encloser
}

// text is the version as zone file lines, the apex first.
func (v *version) text() string {
	var b strings.Builder
	for _, owner := range slices.SortedFunc(maps.Keys(v.nodes), v.order) {
		types := slices.Sorted(maps.Keys(v.nodes[owner]))
		for _, t := range types {
			for _, rr := range v.nodes[owner][t] {
				b.WriteString(rr.String() + "\n")
			}
		}
	}
	return b.String()
}

func (v *version) order(a, b string) int {
	if byLength := dns.CountLabel(a) - dns.CountLabel(b); byLength != 0 {
		return byLength
	}
	return strings.Compare(a, b)
}

// parent is name without its first label; "." above the last one.
func parent(name string) string {
	i, end := dns.NextLabel(name, 0)
	if end {
		return "."
	}
	return name[i:]
}
