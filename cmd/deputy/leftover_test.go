package main

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"

	"deputy/internal/lab"
	"deputy/store"
)

// refuseWrites makes the deSEC stand-in refuse every write from the n-th on, n from 1.
func (w *world) refuseWrites(n int32) {
	var seen atomic.Int32
	w.lab.DeSEC().Intercept(func(r *http.Request) lab.Intervention {
		if r.Method == http.MethodGet || seen.Add(1) < n {
			return lab.Intervention{}
		}
		return lab.Intervention{Status: http.StatusForbidden, Body: `{"detail":"Insufficient token permissions."}`}
	})
}

// TestLeftover: a value that can't be withdrawn is no reason to lose the certificate; it is told, and withdrawn by the
// next run that can, whether anything is due or not.
func TestLeftover(t *testing.T) {
	t.Parallel()
	for _, later := range [][]string{{"renew"}, {"issue", "demohub.martdj.nl"}, {"forget", "--yes", "demohub.martdj.nl"}} {
		t.Run(later[0], func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, lab.Options{SecondaryLag: -1, NoThrottle: true})
			w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
			w.delegate("demohub", "validation.martdj.dedyn.io")
			w.refuseWrites(2)
			if r := w.ok("issue", "demohub.martdj.nl"); !strings.Contains(r.stderr, "leftover-pending") {
				t.Errorf("nothing was said of the value that stays:\n%s", r.stderr)
			}
			if left := w.lab.Zone("martdj.dedyn.io").Texts("validation"); len(left) != 1 {
				t.Fatalf("left: %q; the test shows nothing", left)
			}
			if r := w.deputy("renew"); r.code == exitDone {
				t.Errorf("renew says that all is well while a value can't be withdrawn:\n%s", r.stderr)
			}
			w.lab.DeSEC().Intercept(nil)
			w.ok(later...)
			w.nothingLeft("martdj.dedyn.io", "validation")
		})
	}
}

// TestForgottenWhileWaiting: a renewal that waited for a certificate which was forgotten meanwhile does not issue it anew.
func TestForgottenWhileWaiting(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1, NoThrottle: true})
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
	w.delegate("demohub", "validation.martdj.dedyn.io")
	w.ok("issue", "demohub.martdj.nl")
	w.overdue("demohub.martdj.nl")
	mark := w.lab.History().Mark()
	w.inside(func(i *installation) {
		ctx := context.Background()
		claim, err := i.store.Take(ctx, "certificate/demohub.martdj.nl")
		must(t, err)
		waits := make(chan struct{}, 1)
		ended := make(chan result)
		go func() {
			ended <- w.watched(func(_ context.Context, e store.Event) {
				if e.Kind == "certificate.wait" {
					select {
					case waits <- struct{}{}:
					default:
					}
				}
			}, "renew")
		}()
		<-waits
		must(t, claim.Do(ctx, func(t *store.Tx) error { return t.ForgetCertificate("demohub.martdj.nl") }))
		must(t, claim.Release(ctx))
		if r := <-ended; r.code != exitDone {
			t.Errorf("renew: exit %d\n%s", r.code, r.stderr)
		}
	})
	if n := len(w.acme(mark, "newOrder")); n > 0 {
		t.Errorf("%d orders for a forgotten certificate", n)
	}
}

// TestOtherProfile: an order that was opened for another profile is not gone on with.
func TestOtherProfile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1, NoThrottle: true})
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
	w.delegate("demohub", "validation.martdj.dedyn.io")
	w.refuseWrites(1)
	w.exits(exitFailed, "issue", "demohub.martdj.nl", "--profile", "default")
	w.lab.DeSEC().Intercept(nil)
	w.ok("issue", "demohub.martdj.nl", "--profile", "shortlived")
	orders := w.acme(0, "newOrder")
	if len(orders) != 2 || !strings.Contains(orders[1].Body, `"profile":"shortlived"`) {
		t.Errorf("orders: %v", orders)
	}
}

// TestBadCertName: a name that can't be a folder's is refused before anything is asked.
func TestBadCertName(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{})
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
	mark := w.lab.History().Mark()
	for _, name := range []string{".hidden", "..", "a:b", `a\b`, "a/b", "a\nb", strings.Repeat("a", 256)} {
		if r := w.exits(exitUsage, "issue", "demohub.martdj.nl", "--cert-name", name); !strings.Contains(r.stderr, "can't be the name of a folder") {
			t.Errorf("%q: %s", name, r.stderr)
		}
	}
	if asked := w.acme(mark, "newOrder"); len(asked) > 0 {
		t.Errorf("the CA was asked: %v", asked)
	}
}

// TestInterrupt: Ctrl-C while the value is awaited: it is withdrawn, the exit is 130, and the same command goes on with
// the same order.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: 60e9, NoThrottle: true})
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
	w.delegate("demohub", "validation.martdj.dedyn.io")
	run := w.process(nil, "issue", "demohub.martdj.nl")
	run.Path = built(t, ".")
	var said bytes.Buffer
	run.Stdout, run.Stderr = &said, &said
	must(t, run.Start())
	written, err := w.lab.History().Await(t.Context(), 0, func(e lab.Entry) bool {
		return e.Kind == "http" && strings.HasPrefix(e.What, "PUT ")
	})
	must(t, err)
	_, err = w.lab.History().Await(t.Context(), written.Seq, func(e lab.Entry) bool {
		return e.Kind == "dns" && e.Server == "ns2.desec.lab" && strings.HasPrefix(e.What, "TXT validation.")
	})
	must(t, err)
	must(t, run.Process.Signal(os.Interrupt))
	exit, ok := run.Wait().(*exec.ExitError)
	if !ok || exit.ExitCode() != exitInterrupted || !strings.Contains(said.String(), "is withdrawn first") {
		t.Errorf("ended with %v\n%s", exit, said.String())
	}
	w.nothingLeft("martdj.dedyn.io", "validation")
	w.lab.DeSEC().Secondary().SetLag(0)
	w.ok("issue", "demohub.martdj.nl")
	if n := w.created("newOrder"); n != 1 {
		t.Errorf("%d orders", n)
	}
}
