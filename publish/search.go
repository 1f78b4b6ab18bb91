package publish

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"deputy/name"
	"deputy/resolver"
)

// A server whose address look-up failed is one that does not answer yet: it may lag, and the CA may find it. So the
// look-up is made again beside the questions to the servers that are known, and what it would have given is left out
// only after the grace. The same holds for a zone none of whose servers could be found.

// lookFor looks once more for the servers of a zone.
func (w *watch) lookFor(ctx context.Context, c *check) sighting {
	authority, err := w.dns.Authorities(ctx, c.want.owner)
	if err != nil {
		return sighting{check: c, reason: reason(err)}
	}
	return sighting{check: c, authority: authority}
}

// found says that a search brought the zone and its servers, some of them at least.
func (s sighting) found() bool { return !s.authority.Zone.IsZero() }

// found makes checks of the addresses that are new. A search that has nothing more to find is over.
func (w *watch) found(ctx context.Context, search *check, a resolver.Authority) []*check {
	item := search.want
	item.zone = a.Zone
	known := w.of(item.owner, false)
	var more []*check
	for _, server := range a.Servers {
		if !slices.ContainsFunc(known, func(c *check) bool { return c.server == server }) {
			more = append(more, &check{want: item, server: server})
		}
	}
	w.checks = append(w.checks, more...)
	for _, server := range a.Silent {
		if !slices.Contains(search.without, server.Host) {
			search.without = append(search.without, server.Host)
			w.say(ctx, "publish.silent", fmt.Sprintf("left out: the name server %s, which has no address", server.Host), item)
		}
	}
	search.unknown = a.Unknown
	if len(a.Unknown) == 0 {
		w.checks = slices.DeleteFunc(w.checks, func(c *check) bool { return c == search })
	}
	return more
}

// hosts are the name servers that a search misses addresses of, each once.
func (c *check) hosts() []name.Name {
	var hosts []name.Name
	for _, l := range c.unknown {
		if !slices.Contains(hosts, l.Host) {
			hosts = append(hosts, l.Host)
		}
	}
	return hosts
}

// missing says which addresses of host a search could not look up, and why.
func (c *check) missing(host name.Name) string {
	var all []string
	for _, l := range c.unknown {
		if l.Host != host {
			continue
		}
		family := "IPv4"
		if l.Type == resolver.AAAA {
			family = "IPv6"
		}
		all = append(all, fmt.Sprintf("its %s address can't be looked up: %s", family, reason(l.Failure)))
	}
	return strings.Join(all, "; ")
}
