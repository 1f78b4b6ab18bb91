package resolver_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"deputy/resolver"
)

// Where Config leaves it open, the root is tried once; only a root that can't be had leads to the system's resolver.
func TestTheWayIsChosenOnce(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		root   string // how it behaves
		system bool   // the system has a resolver
		view   string // "" when there is none
	}{
		{"root", "", true, "from the root"},
		{"root without a system's resolver", "", false, "from the root"},
		{"a middlebox answers for the root", "recursor", true, "through the system's resolver udp://127.0.0.2:53"},
		{"port 53 is blocked", "silent", true, "through the system's resolver udp://127.0.0.2:53"},
		{"nothing at all", "silent", false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := newNetwork(t)
			root := n.start().zone(".", ". 3600 IN NS a.root.", "martdj.nl. 60 IN TXT from-the-root").tell(tt.root)
			front := n.start().play(func(asked, _ *dns.Msg, _ bool) []byte { return pack(recursorAnswer(asked)) })
			conf := filepath.Join(t.TempDir(), "resolv.conf")
			if tt.system {
				line := "search example.org\nnameserver " + front.Addr.Addr().String() + "\n"
				if err := os.WriteFile(conf, []byte(line), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			config := resolver.Config{System: conf, Public: []string{"https://" + front.Addr.String() + "/dns-query"}}
			hasty(&config)
			c, err := resolver.New(config)
			if err != nil {
				t.Fatal(err)
			}
			c.Begin(root.Addr)
			if want := "from the root, else through a public or the system's resolver"; c.View() != want {
				t.Errorf("view before: %q", c.View())
			}
			_, err = c.Query(t.Context(), owner("martdj.nl"), resolver.TXT)
			if tt.view == "" {
				var failure *resolver.Failure
				if !errors.As(err, &failure) || !failure.Silent() || !strings.Contains(failure.Reason, "there is no system resolver") {
					t.Errorf("%v, want a Failure that names both", err)
				}
				return
			}
			if err != nil || n.anonymous(c.View()) != tt.view {
				t.Errorf("%v, view %q, want %q", err, n.anonymous(c.View()), tt.view)
			}
			probes := len(n.asked())
			if _, err := c.Query(t.Context(), owner("martdj.nl"), resolver.TXT); err != nil || len(n.asked()) != probes+1 {
				t.Errorf("asked %q the second time, want one question; %v", n.asked()[probes:], err)
			}
		})
	}
}

func TestAProbeThatWasCutShortChoosesNothing(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	ctx, cancel := context.WithCancel(t.Context())
	root := n.start().zone(".", ". 3600 IN NS a.root.", "martdj.nl. 60 IN TXT x").play(func(_, _ *dns.Msg, _ bool) []byte {
		cancel()
		return nil
	})
	c, err := resolver.New(resolver.Config{System: filepath.Join(t.TempDir(), "none"), Public: []string{"https://" + root.Addr.String() + "/"}})
	if err != nil {
		t.Fatal(err)
	}
	c.Begin(root.Addr)
	if _, err := c.Query(ctx, owner("martdj.nl"), resolver.TXT); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the context's error", err)
	}
	root.play(nil)
	if _, err := c.Query(t.Context(), owner("martdj.nl"), resolver.TXT); err != nil || c.View() != "from the root" {
		t.Errorf("%v, view %q: the next question must probe anew", err, c.View())
	}
}

// Many goroutines may share a client; what one learnt the others use.
func TestAClientIsSharedSafely(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client(t)
	if _, err := c.Query(t.Context(), owner("www.martdj.nl"), resolver.A); err != nil {
		t.Fatal(err)
	}
	w.forget()
	const askers = 20
	results := make(chan error, askers)
	for i := range askers {
		go func() {
			var err error
			if i%2 == 0 {
				_, err = c.Query(t.Context(), owner("_acme-challenge.demohub.martdj.nl"), resolver.TXT)
			} else {
				_, err = c.Authorities(t.Context(), owner("www.martdj.nl"))
			}
			results <- err
		}()
	}
	for range askers {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	for _, line := range w.asked() {
		if strings.HasPrefix(line, "1 ") || strings.HasPrefix(line, "2 ") {
			t.Errorf("asked %q again", line)
		}
	}
}

// Where port 53 is blocked, the first public resolver that answers is the way, before the system's.
func TestTheWayThroughAPublicResolver(t *testing.T) {
	t.Parallel()
	urls, trust := recursor(t)
	for _, tt := range []struct {
		root string
		view string
	}{
		{"silent", "through " + urls["https"]},
		{"recursor", "through " + urls["https"]},
		{"", "from the root"},
	} {
		t.Run("root "+tt.root, func(t *testing.T) {
			t.Parallel()
			n := newNetwork(t)
			root := n.start().zone(".", ". 3600 IN NS a.root.", "_acme-challenge.demohub.martdj.nl. 60 IN TXT x").tell(tt.root)
			config := resolver.Config{Public: []string{"https://" + root.Addr.String() + "/", urls["https"]}, Roots: trust, System: "testdata/none"}
			hasty(&config)
			c, err := resolver.New(config)
			if err != nil {
				t.Fatal(err)
			}
			c.Begin(root.Addr)
			if _, err := c.Query(t.Context(), owner("_acme-challenge.demohub.martdj.nl"), resolver.TXT); err != nil || c.View() != tt.view {
				t.Errorf("%v, view %q, want %q", err, c.View(), tt.view)
			}
		})
	}
}
