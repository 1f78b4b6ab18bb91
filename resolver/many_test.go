package resolver_test

import (
	"context"
	"fmt"
	"net/netip"
	"runtime"
	"sync"
	"testing"
	"time"

	"deputy/resolver"
)

// BenchmarkPolls polls 1,000 names, each in a zone of its own under one suffix, and the target that all share, 64 at
// once, from servers 20 ms away. It gives the questions and the memory, for make bench to compare.
func BenchmarkPolls(b *testing.B) {
	const names, atOnce, delay = 1000, 64, 20 * time.Millisecond
	for b.Loop() {
		n := newNetwork(b)
		n.delay = delay
		root, nl, hosts, target := n.start(), n.start(), n.start(), n.start()
		at := func(s *server) string { return s.Addr.Addr().String() }
		root.zone(".", "nl. 3600 IN NS ns.nl.", "ns.nl. 3600 IN A "+at(nl), "example. 3600 IN NS ns.example.", "ns.example. 3600 IN A "+at(target))
		target.zone("example.", "example. 3600 IN NS ns.example.", "ns.example. 3600 IN A $A")
		lines := []string{"nl. 3600 IN NS ns.nl.", "ns.nl. 3600 IN A $A"}
		for i := range names {
			zone := fmt.Sprintf("z%d.nl.", i)
			own := []string{zone + " 3600 IN NS ns." + zone, "ns." + zone + " 3600 IN A " + at(hosts)}
			lines = append(lines, own...)
			hosts.zone(zone, append(own, "_acme-challenge."+zone+" 60 IN CNAME validation.example.")...)
		}
		nl.zone("nl.", lines...)
		c, err := resolver.New(resolver.Config{Root: []netip.AddrPort{root.Addr}})
		if err != nil {
			b.Fatal(err)
		}
		pollAll(b, c, names, atOnce)
		b.ReportMetric(float64(len(n.asked()))/names, "questions/name")
	}
}

func pollAll(b *testing.B, c *resolver.Client, names, atOnce int) {
	work := make(chan int)
	var group sync.WaitGroup
	for range atOnce {
		group.Go(func() {
			for i := range work {
				_, err := c.Poll(context.Background(), owner(fmt.Sprintf("_acme-challenge.z%d.nl", i)), resolver.TXT, func(a resolver.Answer) {
					if _, err := c.Poll(context.Background(), a.Records[0].Target, resolver.TXT, func(resolver.Answer) {}); err != nil {
						b.Error(err)
					}
				})
				if err != nil {
					b.Error(err)
				}
			}
		})
	}
	var most uint64
	for i := range names {
		work <- i
		if i%50 == 0 {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse+m.StackInuse)
		}
	}
	close(work)
	group.Wait()
	b.ReportMetric(float64(most)/(1<<20), "MiB")
}
