package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"deputy/provider"
	"deputy/store"
)

// sink shows, records and passes on events: one line a step on stderr, or one object a line on stdout with --json.
// An event that can't be recorded is shown all the same: history is not worth a certificate.
func (p *program) sink(rows *store.Store) store.Sink {
	line := &progressLine{program: p, begun: time.Now()}
	return func(ctx context.Context, e store.Event) {
		recorded, err := rows.Record(context.WithoutCancel(ctx), e)
		if err != nil {
			recorded = e
			recorded.Time = time.Now()
		}
		line.mu.Lock()
		defer line.mu.Unlock()
		line.show(recorded)
		if p.watch != nil {
			p.watch(ctx, recorded)
		}
	}
}

// progressLine writes progress. Events may come from several goroutines, so each is shown and watched under mu.
type progressLine struct {
	program *program
	mu      sync.Mutex
	begun   time.Time
	spin    func()
}

func (l *progressLine) show(e store.Event) {
	p := l.program
	if p.options.json {
		p.print(eventObject(e))
		return
	}
	if p.options.quiet || e.Text == "" || isDetail(e.Kind) {
		return
	}
	l.stopSpinner()
	fmt.Fprintf(p.stderr, "%s%s\n", l.elapsed(), sentence(e))
	if p.terminal && waits(e.Kind) {
		l.spin = l.spinner(sentence(e))
	}
}

// isDetail says whether an event is for the history and --json alone: a person who waits does not need it.
func isDetail(kind string) bool {
	switch kind {
	case "attempt.begun", "publish.intended", "publish.claimed", "publish.released", "publish.answered", "publish.seen",
		"publish.writing", "publish.withdrawing", "publish.adopted", "publish.doubt", "publish.confirmed", "certificate.deployed":
		return true
	}
	return false
}

// sentence is an event as one line: what is about a target or a certificate of several says which.
func sentence(e store.Event) string {
	text, _, more := strings.Cut(e.Text, "\n")
	if more && strings.HasPrefix(e.Kind, "delegation.") {
		return strings.ReplaceAll(e.Text, "\n", "\n  ") // all of it is to be read, and forwarded
	}
	switch room, _, _ := strings.Cut(e.Kind, "."); {
	case room == "publish" && e.Name != "" && !strings.Contains(text, e.Name):
		return e.Name + ": " + text
	case room == "renewal" && !strings.Contains(text, e.Certificate):
		return e.Certificate + ": " + text
	}
	return text
}

// waits says whether something is waited for after an event.
func waits(kind string) bool {
	switch kind {
	case "ca.told", "order.finalized", "publish.await", "publish.wait", "publish.silent", "certificate.wait", "provider.wait":
		return true
	}
	return strings.HasSuffix(kind, "ing")
}

// elapsed is shown on a terminal only: elsewhere two runs should print the same.
func (l *progressLine) elapsed() string {
	if !l.program.terminal {
		return ""
	}
	return fmt.Sprintf("%5.1fs  ", time.Since(l.begun).Seconds())
}

func eventObject(e store.Event) map[string]any {
	object := map[string]any{"event": e.Kind, "time": e.Time.UTC().Format(time.RFC3339Nano), "text": e.Text}
	for key, value := range map[string]string{"certificate": e.Certificate, "name": e.Name} {
		if value != "" {
			object[key] = value
		}
	}
	if len(e.Data) > 0 {
		object["data"] = e.Data
	}
	return object
}

// spinner turns in place until it is stopped.
func (l *progressLine) spinner(text string) (stop func()) {
	done, gone := make(chan struct{}), make(chan struct{})
	out := l.program.screen
	go func() {
		defer close(gone)
		tick := time.NewTicker(120 * time.Millisecond)
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-done:
				fmt.Fprint(out, "\r\x1b[K")
				return
			case <-tick.C:
				fmt.Fprintf(out, "\r%s  %s %s", strings.TrimRight(l.elapsed(), " "), string(`|/-\`[n%4]), shown(text))
			}
		}
	}()
	return func() { close(done); <-gone }
}

func (l *progressLine) stopSpinner() {
	if l.spin != nil {
		l.spin()
		l.spin = nil
	}
}

// traces shows requests to DNS hosts with --trace; they come redacted.
func (p *program) traces() func(provider.Trace) {
	if !p.options.trace {
		return nil
	}
	return func(t provider.Trace) {
		fmt.Fprintf(p.stderr, "  > %s %s %s\n", t.Provider, t.Request.Method, t.Request.URL)
		for _, h := range t.Request.Header {
			fmt.Fprintf(p.stderr, "  > %s: %s\n", h[0], h[1])
		}
		if len(t.Request.Body) > 0 {
			fmt.Fprintf(p.stderr, "  > %s\n", t.Request.Body)
		}
		if t.Err != "" {
			fmt.Fprintf(p.stderr, "  < %s\n", t.Err)
			return
		}
		fmt.Fprintf(p.stderr, "  < %d %s\n", t.Response.Status, t.Response.Body)
	}
}
