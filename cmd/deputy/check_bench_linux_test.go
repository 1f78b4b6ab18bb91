package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/miekg/dns"

	"deputy/internal/lab"
)

// BenchmarkCheck1000 checks 1,000 names with 20 ms of network delay, with a set-up, by the program as it is shipped, as a ratio to a
// floor that knows everything beforehand: the same number of names at once, and of each name only the questions whose
// answers make the verdict, to servers whose addresses it knows.
func BenchmarkCheck1000(b *testing.B) {
	const names = 1000
	var zone, list strings.Builder
	for n := range names {
		fmt.Fprintf(&zone, "_acme-challenge.h%d 60 IN CNAME t%d.martdj.dedyn.io.\n", n, n)
		fmt.Fprintf(&list, "h%d.many.nl\n", n)
	}
	l, err := lab.Start(b.Context(), lab.Options{SecondaryLag: -1, Delay: 20 * time.Millisecond, Zones: map[string]string{"many.nl.": zone.String()}})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	file := filepath.Join(b.TempDir(), "names")
	if err := os.WriteFile(file, []byte(list.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	w := benchWorld(b, l)
	var deputyTime, floorTime time.Duration
	peak, binary := 0, shipped(b)
	for b.Loop() {
		began := time.Now()
		peak = max(peak, w.check(binary, file, names))
		deputyTime += time.Since(began)
		began = time.Now()
		floorCheck(b, l, names)
		floorTime += time.Since(began)
	}
	each := deputyTime.Seconds() / float64(b.N)
	b.ReportMetric(deputyTime.Seconds()/floorTime.Seconds(), "ratio")
	b.ReportMetric(floorTime.Seconds()/float64(b.N), "floor-s/op")
	b.ReportMetric(float64(peak)/1024, "MiB")
	if each > 10 || peak > 60<<10 {
		b.Errorf("%.1f s and %d KiB for 1,000 names, over 10 s or 60 MiB", each, peak)
	}
}

// check runs deputy as a process, and gives the most memory that it had, KiB.
func (w bench) check(binary, file string, names int) int {
	run := exec.Command(binary, "check", "--json", "--names", file)
	for key, value := range w.env {
		run.Env = append(run.Env, key+"="+value)
	}
	var out strings.Builder
	run.Stdout, run.Stderr = &out, os.Stderr
	if err := run.Start(); err != nil {
		w.b.Fatal(err)
	}
	peak, done := 0, make(chan struct{})
	go func() {
		defer close(done)
		for {
			text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", run.Process.Pid))
			_, mark, ok := strings.Cut(string(text), "VmHWM:")
			if err != nil || !ok {
				return // it has ended
			}
			var now int
			_, _ = fmt.Sscanf(mark, "%d kB", &now)
			peak = max(peak, now)
		}
	}()
	err := run.Wait()
	<-done
	if good := strings.Count(out.String(), `"verdict":"ok"`); err != nil || good != names {
		w.b.Fatalf("%d of %d names are right: %v", good, names, err)
	}
	return peak
}

// shipped builds the program as it is shipped.
func shipped(b *testing.B) string {
	b.Helper()
	binary := filepath.Join(b.TempDir(), "deputy")
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, text)
	}
	return binary
}

// floorCheck sends the questions that are needed, and no others.
func floorCheck(b *testing.B, l *lab.Lab, names int) {
	at := func(host string) string { return l.DNS(host).Addr().String() }
	customer := []string{at("ns1.many.nl"), at("ns2.many.nl")}
	target := []string{at("ns1.desec.lab"), at("ns2.desec.lab")}
	var failed atomic.Int64
	ask := func(group *sync.WaitGroup, server, owner string, t uint16) {
		group.Go(func() {
			m := new(dns.Msg).SetQuestion(owner, t)
			if _, err := dns.Exchange(m, server); err != nil {
				failed.Add(1)
			}
		})
	}
	places := make(chan struct{}, checkAtOnce)
	var all sync.WaitGroup
	for n := range names {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			var round sync.WaitGroup
			for _, server := range customer {
				ask(&round, server, fmt.Sprintf("_acme-challenge.h%d.many.nl.", n), dns.TypeTXT)
			}
			ask(&round, customer[0], fmt.Sprintf("h%d.many.nl.", n), dns.TypeCAA)
			ask(&round, customer[0], fmt.Sprintf("_acme-challenge-x.h%d.many.nl.", n), dns.TypeTXT)
			round.Wait()
			for _, server := range target {
				ask(&round, server, fmt.Sprintf("t%d.martdj.dedyn.io.", n), dns.TypeTXT)
			}
			round.Wait()
		})
	}
	all.Wait()
	if failed.Load() > 0 {
		b.Fatalf("the floor lost %d answers", failed.Load())
	}
}
