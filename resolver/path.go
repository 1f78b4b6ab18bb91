package resolver

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"

	"github.com/miekg/dns"

	"deputy/fault"
	"deputy/name"
)

// probeServers is how many root servers a probe tries: their networks do not all fail at once.
const probeServers = 3

// systemName is Config.Recursive for the system's resolver.
const systemName = "system"

// configured is the path that Config names; nil when a probe has to choose.
func (c *Client) configured() (*path, error) {
	for _, root := range c.config.Root {
		if !root.IsValid() || root.Port() == 0 {
			return nil, badSetting("use the root server "+root.String(), "it is no address with a port", "give --root IP or IP:PORT")
		}
		c.port = c.config.Root[0].Port()
	}
	for _, u := range c.config.Public {
		if !strings.HasPrefix(u, "https://") {
			return nil, badSetting("use the public resolver "+u, "it is not an https:// URL", "give the URL of a DoH resolver, as in https://dns.example/dns-query")
		}
		r, err := c.newRecursive(u)
		if err != nil {
			return nil, err
		}
		c.public = append(c.public, r)
	}
	if c.config.Recursive == systemName {
		system, err := c.systemResolver()
		if err != nil {
			return nil, badSetting("use the system's resolver", err.Error(), "give --resolver udp://IP, or leave it out to ask from the root")
		}
		return system, nil
	}
	if c.config.Recursive != "" {
		r, err := c.newRecursive(c.config.Recursive)
		if err != nil {
			return nil, err
		}
		return &path{recursive: r, view: "through " + c.config.Recursive}, nil
	}
	if len(c.config.Root) > 0 {
		return &path{view: "from the root " + joinAddresses(c.config.Root)}, nil
	}
	return nil, nil
}

func badSetting(tried, seen, do string) error {
	return &fault.Fault{Code: fault.BadSettings, Tried: tried, Seen: seen, Do: do, Who: fault.Admin}
}

func joinAddresses(addresses []netip.AddrPort) string {
	var texts []string
	for _, a := range addresses {
		texts = append(texts, a.String())
	}
	return strings.Join(texts, ", ")
}

// choose gives the path, and probes for it the first time where Config leaves it open.
func (c *Client) choose(ctx context.Context) (*path, error) {
	var chosen *path
	select {
	case chosen = <-c.path:
	case <-ctx.Done():
		return nil, &Failure{Reason: NoReply, Err: ctx.Err()}
	}
	defer func() { c.path <- chosen }()
	if chosen != nil {
		return chosen, nil
	}
	found, err := c.probe(ctx)
	chosen = found
	return found, err
}

// probe asks some root servers for the root's own records, then the public resolvers, and where none answers names the
// system's. An answer for the root without the AA bit is a middlebox's, not theirs. Each step has the time of one try.
func (c *Client) probe(ctx context.Context) (*path, error) {
	w := c.newWalk()
	attempts := w.attempts(c.rootCut().servers)
	q := question{name.Root(), NS}
	step, cancel := context.WithTimeout(ctx, c.config.Timeout)
	r, refusals := c.race(step, attempts[:min(probeServers, len(attempts))], w.authoritative(q))
	cancel()
	if r != nil {
		return &path{view: "from the root"}, nil
	}
	public, others := c.probePublic(ctx, q)
	if public != nil {
		return public, nil
	}
	if ctx.Err() != nil {
		return nil, &Failure{Reason: NoReply, Err: ctx.Err()}
	}
	system, err := c.systemResolver()
	if err != nil {
		failure := q.failure(q.name, refusals)
		for _, no := range others {
			failure.Reason += fmt.Sprintf("; %s: %s", no.server, no.reason)
		}
		failure.Reason += fmt.Sprintf("; and there is no system resolver: %v", err)
		failure.Err = err
		return nil, failure
	}
	return system, nil
}

// probePublic asks the public resolvers at once; of those that answer the first in Config's order is the way.
func (c *Client) probePublic(ctx context.Context, q question) (*path, []refusal) {
	refusals := make([]*refusal, len(c.public))
	var group sync.WaitGroup
	for i, r := range c.public {
		group.Go(func() { _, refusals[i] = c.try(ctx, attempt{r.servers[0], r.carry}, q, true) })
	}
	group.Wait()
	var all []refusal
	for i, r := range c.public {
		if refusals[i] == nil {
			return &path{recursive: r, view: "through " + r.servers[0].URL}, nil
		}
		all = append(all, *refusals[i])
	}
	return nil, all
}

// systemResolver reads the system's resolvers from the file of Config.System (resolv.conf(5)).
func (c *Client) systemResolver() (*path, error) {
	conf, err := dns.ClientConfigFromFile(c.config.System)
	if err != nil {
		return nil, err
	}
	r := &recursive{carry: overUDP, datagrams: true}
	var urls []string
	for _, text := range conf.Servers {
		addr, err := netip.ParseAddr(text)
		if err != nil {
			continue // a name or a zone deputy can't dial; the others may do
		}
		server := Server{Addr: netip.AddrPortFrom(addr, c.port)}
		r.servers = append(r.servers, server)
		urls = append(urls, "udp://"+server.Addr.String())
	}
	if len(r.servers) == 0 {
		return nil, fmt.Errorf("%s names no address of a resolver", c.config.System)
	}
	return &path{recursive: r, view: "through the system's resolver " + strings.Join(urls, ", ")}, nil
}
