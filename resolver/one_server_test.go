package resolver_test

import (
	"fmt"
	"sync"
	"testing"

	"deputy/resolver"
)

// One server holds the root, the domain under it and a zone below, as a small installation has it, so that no referral
// ever brings the addresses of the zone's own servers. Many names at once come to the answer that each has alone.
func TestOneServerForTheRootAndAllBelow(t *testing.T) {
	t.Parallel()
	net := newNetwork(t)
	all, child := net.start(), net.start()
	at := child.Addr.Addr().String()
	zone := []string{"cust.test. 60 IN NS ns1.cust.test.", "ns1.cust.test. 60 IN A " + at, "*.cust.test. 60 IN TXT here"}
	all.zone(".", ". 60 IN NS ns.test.", "test. 60 IN NS ns.test.", "ns.test. 60 IN A $A")
	all.zone("test.", "test. 60 IN NS ns.test.", "ns.test. 60 IN A $A", zone[0], zone[1])
	all.zone("cust.test.", zone...)
	child.zone("cust.test.", zone...)
	w := &world{network: net, root: all}
	for range 5 {
		c := w.client(t)
		var group sync.WaitGroup
		for i := range 8 {
			n := owner(fmt.Sprintf("h%d.cust.test", i))
			group.Go(func() {
				p, err := c.Poll(t.Context(), n, resolver.TXT, func(resolver.Answer) {})
				if err != nil || p.Authority.Zone != owner("cust.test") || len(p.Replies) != 1 || p.Replies[0].Server.Addr != child.Addr {
					t.Errorf("%+v, %v; want one reply, of the zone's server", p, err)
				}
			})
			group.Go(func() {
				if _, err := c.Query(t.Context(), n, resolver.CAA); err != nil {
					t.Errorf("CAA: %v", err)
				}
			})
		}
		group.Wait()
	}
}

// A server whose address is known as that of the root has an address.
func TestTheRootsOwnNameServerHasAnAddress(t *testing.T) {
	t.Parallel()
	net := newNetwork(t)
	root := net.start()
	root.zone(".", ". 60 IN NS ns.root.", "ns.root. 60 IN A $A")
	w := &world{network: net, root: root}
	p, err := w.client(t).Poll(t.Context(), owner("x.nowhere"), resolver.TXT, func(resolver.Answer) {})
	if err != nil || len(p.Authority.Silent) > 0 {
		t.Errorf("%+v, %v", p.Authority, err)
	}
}

// A server of the root that holds an old copy of a zone below, too: first is called with what it says, but the answer is
// that of the zone's own server.
func TestAnOldCopyAboveHasNoSay(t *testing.T) {
	t.Parallel()
	net := newNetwork(t)
	all, child := net.start(), net.start()
	zone := []string{"cust.test. 60 IN NS ns1.cust.test.", "ns1.cust.test. 60 IN A " + child.Addr.Addr().String()}
	all.zone(".", ". 60 IN NS ns.test.")
	all.zone("cust.test.", append(zone, "a.cust.test. 60 IN CNAME old.cust.test.")...)
	child.zone("cust.test.", zone...)
	p, err := (&world{network: net, root: all}).client(t).Poll(t.Context(), owner("a.cust.test"), resolver.TXT, func(resolver.Answer) {})
	if err != nil || p.Answer.Server.Addr != child.Addr || len(p.Answer.Records) > 0 || len(p.Replies) != 1 {
		t.Errorf("%+v, %v", p, err)
	}
}
