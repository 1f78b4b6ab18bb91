package lab

import (
	"fmt"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// cache keeps findings for as long as their TTLs say, negative ones for that of their SOA (RFC 2308 §5). A nil cache
// keeps nothing.
type cache struct {
	mu    sync.Mutex
	known map[string]cached
}

type cached struct {
	finding
	at  time.Time
	ttl time.Duration
}

func newCache() *cache { return &cache{known: map[string]cached{}} }

// get gives a finding that has not run out, its TTLs counted down.
func (c *cache) get(qname string, t uint16) (finding, bool) {
	if c == nil {
		return finding{}, false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	hit, ok := c.known[cacheKey(qname, t)]
	age := time.Since(hit.at)
	if !ok || age >= hit.ttl {
		return finding{}, false
	}
	f := hit.finding
	f.records = aged(f.records, age)
	if f.soa != nil {
		f.soa = aged([]dns.RR{f.soa}, age)[0]
	}
	return f, true
}

func (c *cache) put(qname string, t uint16, f finding) {
	ttl, ok := lifetime(f)
	if c == nil || !ok {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.known[cacheKey(qname, t)] = cached{f, time.Now(), ttl}
}

// flush forgets everything.
func (c *cache) flush() {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.known)
}

// lifetime is the least TTL of a finding; a negative one without SOA has none (RFC 2308 §5).
func lifetime(f finding) (time.Duration, bool) {
	records := f.records
	if len(records) == 0 && f.soa != nil {
		records = []dns.RR{f.soa}
	}
	if len(records) == 0 {
		return 0, false
	}
	ttl := records[0].Header().Ttl
	for _, rr := range records {
		ttl = min(ttl, rr.Header().Ttl)
	}
	return time.Duration(ttl) * time.Second, true
}

func aged(records []dns.RR, age time.Duration) []dns.RR {
	all := make([]dns.RR, len(records))
	for i, rr := range records {
		all[i] = dns.Copy(rr)
		all[i].Header().Ttl -= min(uint32(age/time.Second), all[i].Header().Ttl)
	}
	return all
}

func cacheKey(qname string, t uint16) string { return fmt.Sprint(qname, t) }
