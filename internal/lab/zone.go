package lab

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// defaultTTL is that of a record added without one, in seconds.
const defaultTTL = 60

// Zone is a zone as its owner edits it. Every edit is one version with its own serial. Nothing stops an owner from
// breaking the zone: a CNAME beside other data is added as asked.
type Zone struct {
	origin  string
	history *History
	mirror  func(edit func() []spot) // runs an owner's edit so that an API learns of it; nil in zones without one

	mu       sync.Mutex
	versions []*version               // the oldest that a server still shows, to the newest
	shown    map[*Nameserver]*version // what each of the zone's servers shows
}

// newZone makes a zone from zone file lines, its SOA and NS records among them.
func newZone(h *History, origin, text string) (*Zone, error) {
	z := &Zone{origin: dns.CanonicalName(origin), history: h, shown: map[*Nameserver]*version{}}
	records, err := z.parse(text)
	if err != nil {
		return nil, err
	}
	first := &version{origin: z.origin, nodes: map[string]node{}, at: time.Time{}}
	for _, rr := range records {
		insert(first.nodes, rr)
	}
	if len(first.nodes[z.origin][dns.TypeSOA]) != 1 {
		return nil, fmt.Errorf("zone %s needs one SOA record at its apex", z.origin)
	}
	first.index()
	z.versions = []*version{first}
	return z, nil
}

// Add adds records, one each line in zone file form relative to the zone ("_acme-challenge.demohub 60 IN CNAME x.").
// All are added in one version, or none with an error. A record that is there already is left as it is.
func (z *Zone) Add(lines ...string) error {
	text := strings.Join(lines, "\n")
	records, err := z.parse(text)
	if err != nil {
		return err
	}
	if len(records) == 0 {
		return fmt.Errorf("no record in %q", text)
	}
	for _, rr := range records {
		if rr.Header().Rrtype == dns.TypeSOA {
			return fmt.Errorf("zone %s has its SOA record already; the lab counts its serial", z.origin)
		}
	}
	var touched []spot
	for _, rr := range records {
		touched = append(touched, spot{rr.Header().Name, rr.Header().Rrtype})
	}
	z.ownerEdit("add "+oneLine(records), touched, func(nodes map[string]node) {
		for _, rr := range records {
			insert(nodes, rr)
		}
	})
	return nil
}

// Remove takes all records at owner (relative; "" for the zone) of that type away; type "" for all types. Removing what
// is not there is no error and no new version.
func (z *Zone) Remove(owner, rrtype string) error {
	_, err := z.remove(owner, rrtype)
	return err
}

// remove is Remove, and says how many records went.
func (z *Zone) remove(owner, rrtype string) (int, error) {
	name, err := z.absolute(owner)
	if err != nil {
		return 0, err
	}
	var t uint16
	if rrtype != "" {
		known := false
		if t, known = dns.StringToType[strings.ToUpper(rrtype)]; !known {
			return 0, fmt.Errorf("%q is no record type", rrtype)
		}
	}
	if t == dns.TypeSOA || (t == 0 && name == z.origin) {
		return 0, fmt.Errorf("zone %s needs its SOA record; name one other type to remove", z.origin)
	}
	var touched []spot
	gone := 0
	for each, set := range z.newest().nodes[name] {
		if t == 0 || t == each {
			touched = append(touched, spot{name, each})
			gone += len(set)
		}
	}
	if gone == 0 {
		return 0, nil
	}
	z.ownerEdit(strings.TrimSpace("remove "+name+" "+rrtype), touched, func(nodes map[string]node) {
		for _, s := range touched {
			replace(nodes, s.owner, s.rrtype, nil)
		}
	})
	return gone, nil
}

// Texts are the TXT values at owner on the primary, decoded: the strings of each record joined.
func (z *Zone) Texts(owner string) []string {
	name, err := z.absolute(owner)
	if err != nil {
		return nil
	}
	var values []string
	for _, rr := range z.newest().nodes[name][dns.TypeTXT] {
		values = append(values, joined(rr.(*dns.TXT)))
	}
	return values
}

// Serial is the SOA serial on the primary. It grows by one with each edit.
func (z *Zone) Serial() uint32 { return z.newest().soa().(*dns.SOA).Serial }

// String is the zone on the primary, in zone file form.
func (z *Zone) String() string { return z.newest().text() }

// set replaces the set of one type at owner (absolute); no records take it away. who is for the history.
func (z *Zone) set(who, owner string, t uint16, records []dns.RR) {
	what := fmt.Sprintf("set %s %s", owner, dns.TypeToString[t])
	if len(records) > 0 {
		what = "set " + oneLine(records)
	}
	z.edit(who, what, func(nodes map[string]node) { replace(nodes, owner, t, records) })
}

// append adds one record. who is for the history.
func (z *Zone) append(who string, rr dns.RR) {
	z.edit(who, "add "+oneLine([]dns.RR{rr}), func(nodes map[string]node) { insert(nodes, rr) })
}

// spot is where an RRset stands: owner (absolute) and type.
type spot struct {
	owner  string
	rrtype uint16
}

// ownerEdit is an edit of those who own the zone; a host with an API learns which sets it touched.
func (z *Zone) ownerEdit(what string, touched []spot, change func(map[string]node)) {
	edit := func() []spot {
		z.edit("owner", what, change)
		return touched
	}
	if z.mirror != nil {
		z.mirror(edit)
		return
	}
	edit()
}

// edit makes the next version.
func (z *Zone) edit(who, what string, change func(map[string]node)) {
	z.mu.Lock()
	defer z.mu.Unlock()
	newest := z.versions[len(z.versions)-1]
	z.versions = append(z.versions, newest.next(time.Now(), change))
	z.advance()
	z.history.add(Entry{Kind: "edit", Server: strings.TrimSuffix(z.origin, "."), From: who, What: what})
}

func (z *Zone) newest() *version {
	z.mu.Lock()
	defer z.mu.Unlock()
	return z.versions[len(z.versions)-1]
}

// serve makes ns one of the zone's servers.
func (z *Zone) serve(ns *Nameserver) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.shown[ns] = z.versions[len(z.versions)-1]
}

// shownBy is the version that ns shows now, or nil when it does not serve the zone.
func (z *Zone) shownBy(ns *Nameserver) *version {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.advance()
	return z.shown[ns]
}

// advance moves each server on to the newest version that is as old as the server is late, and forgets versions that
// nobody shows any more. A server never goes back, even when its lag grows. z.mu is held.
func (z *Zone) advance() {
	now := time.Now()
	oldest := len(z.versions) - 1
	for ns, v := range z.shown {
		i := slices.Index(z.versions, v)
		for i+1 < len(z.versions) && now.Sub(z.versions[i+1].at) >= ns.Lag() {
			i++
		}
		z.shown[ns] = z.versions[i]
		oldest = min(oldest, i)
	}
	z.versions = slices.Clone(z.versions[oldest:])
}

func (z *Zone) parse(text string) ([]dns.RR, error) {
	parser := dns.NewZoneParser(strings.NewReader(text+"\n"), z.origin, "")
	parser.SetDefaultTTL(defaultTTL)
	var records []dns.RR
	for rr, ok := parser.Next(); ok; rr, ok = parser.Next() {
		if !dns.IsSubDomain(z.origin, rr.Header().Name) {
			return nil, fmt.Errorf("%s does not lie in zone %s", rr.Header().Name, z.origin)
		}
		if text, ok := rr.(*dns.TXT); ok && len(text.Txt) == 0 { // the parser takes it (RFC 1035 §3.3.14: one or more)
			return nil, fmt.Errorf("the TXT record at %s has no string", rr.Header().Name)
		}
		rr.Header().Name = dns.CanonicalName(rr.Header().Name)
		records = append(records, rr)
	}
	if err := parser.Err(); err != nil {
		return nil, fmt.Errorf("record for zone %s: %w", z.origin, err)
	}
	return records, nil
}

// absolute is owner, relative to the zone unless it ends in a dot, as an absolute name.
func (z *Zone) absolute(owner string) (string, error) {
	name := dns.CanonicalName(owner)
	switch {
	case owner == "" || owner == "@":
		return z.origin, nil
	case !dns.IsFqdn(owner) && z.origin != ".":
		name += z.origin
	}
	if _, ok := dns.IsDomainName(name); !ok {
		return "", fmt.Errorf("%q is not a name", owner)
	}
	if !dns.IsSubDomain(z.origin, name) {
		return "", fmt.Errorf("%s does not lie in zone %s", name, z.origin)
	}
	return name, nil
}

// insert adds rr to the nodes, unless it is there.
func insert(nodes map[string]node, rr dns.RR) {
	owner, t := rr.Header().Name, rr.Header().Rrtype
	set := nodes[owner][t]
	for _, there := range set {
		if dns.IsDuplicate(there, rr) {
			return
		}
	}
	replace(nodes, owner, t, append(set[:len(set):len(set)], rr))
}

// replace makes records the set of type t at owner, and removes a node left empty.
func replace(nodes map[string]node, owner string, t uint16, records []dns.RR) {
	if len(records) > 0 {
		if nodes[owner] == nil {
			nodes[owner] = node{}
		}
		nodes[owner][t] = records
		return
	}
	delete(nodes[owner], t)
	if len(nodes[owner]) == 0 {
		delete(nodes, owner)
	}
}

func oneLine(records []dns.RR) string {
	lines := make([]string, len(records))
	for i, rr := range records {
		lines[i] = strings.ReplaceAll(rr.String(), "\t", " ")
	}
	return strings.Join(lines, "; ")
}
