package resolver

import (
	"maps"
	"net/netip"
	"sync"
	"time"

	"deputy/name"
)

// Bounds of the cache: what a Client remembers at most, and for how long, so that a daemon sees a moved zone within
// the hour whatever its TTLs say.
const (
	maxCached   = 4096
	maxCacheTTL = time.Hour
)

// cut is a zone and the servers that its parent refers to.
type cut struct {
	zone    name.Name
	hosts   []name.Name
	servers []Server // addresses that came with the referral
}

// cache holds what referrals and address look-ups taught. It holds no answers: those are always asked for.
type cache struct {
	mu        sync.Mutex
	cuts      map[name.Name]cached[cut]          // by zone
	addresses map[hostAddresses]cached[[]Server] // may be empty: the host has none
	named     map[name.Name]cached[[]name.Name]  // the name servers that a zone names itself
	folding   map[netip.AddrPort]cached[bool]    // servers that do not repeat the case of a question
}

type hostAddresses struct {
	host name.Name
	typ  Type
}

type cached[T any] struct {
	value T
	until time.Time
}

func newCache() *cache {
	return &cache{
		cuts: map[name.Name]cached[cut]{}, addresses: map[hostAddresses]cached[[]Server]{},
		named: map[name.Name]cached[[]name.Name]{}, folding: map[netip.AddrPort]cached[bool]{},
	}
}

// deepest gives the cut of the longest zone known that n lies in.
func (c *cache) deepest(n name.Name) (cut, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	for at, ok := n, true; ok; at, ok = at.Parent() {
		if found, known := c.cuts[at]; known && now.Before(found.until) {
			return found.value, true
		}
	}
	return cut{}, false
}

func (c *cache) keepCut(found cut, ttl uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	keep(c.cuts, found.zone, found, ttl)
}

// forgetCut takes a zone's servers out, since they did not answer: the next question asks the parent again.
func (c *cache) forgetCut(zone name.Name) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.cuts, zone)
}

func (c *cache) addressesOf(host name.Name, t Type) ([]Server, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, known := c.addresses[hostAddresses{host, t}]
	return found.value, known && time.Now().Before(found.until)
}

func (c *cache) keepAddresses(host name.Name, t Type, servers []Server, ttl uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	keep(c.addresses, hostAddresses{host, t}, servers, ttl)
}

// hostsOf gives the name servers that zone itself named.
func (c *cache) hostsOf(zone name.Name) ([]name.Name, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, known := c.named[zone]
	return found.value, known && time.Now().Before(found.until)
}

func (c *cache) keepHosts(zone name.Name, hosts []name.Name, ttl uint32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	keep(c.named, zone, hosts, ttl)
}

// folds says that the server at addr was seen not to repeat the case of a question.
func (c *cache) folds(addr netip.AddrPort) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Before(c.folding[addr].until)
}

func (c *cache) keepFolds(addr netip.AddrPort) {
	c.mu.Lock()
	defer c.mu.Unlock()
	keep(c.folding, addr, true, uint32(maxCacheTTL.Seconds()))
}

// keep adds an entry; a full map loses what has expired, and all of it where nothing has. TTL 0 is for the question
// at hand only (RFC 1035 §3.2.1).
func keep[K comparable, T any](m map[K]cached[T], key K, value T, ttl uint32) {
	if ttl == 0 {
		delete(m, key)
		return
	}
	now := time.Now()
	if len(m) >= maxCached {
		maps.DeleteFunc(m, func(_ K, old cached[T]) bool { return !now.Before(old.until) })
	}
	if len(m) >= maxCached {
		clear(m)
	}
	m[key] = cached[T]{value, now.Add(min(time.Duration(ttl)*time.Second, maxCacheTTL))}
}
