package main

import (
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"deputy/internal/lab"
	"deputy/store"
)

// TestRenew: nothing is due; then one is forced, says which it replaces, and runs its hook.
func TestRenew(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1})
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
	w.delegate("demohub", "validation.martdj.dedyn.io")
	ran := filepath.Join(t.TempDir(), "ran")
	w.ok("issue", "demohub.martdj.nl", "--deploy-hook", `echo "$RENEWED_DOMAINS in $RENEWED_LINEAGE" >>`+ran)
	mark := w.lab.History().Mark()
	w.ok("renew")
	if n := len(w.acme(mark, "newOrder")); n != 0 {
		t.Errorf("%d orders when nothing was due", n)
	}
	w.ok("renew", "demohub.martdj.nl", "--force")
	orders := w.acme(mark, "newOrder")
	if len(orders) != 1 || !strings.Contains(orders[0].Body, `"replaces"`) {
		t.Errorf("orders: %v", orders)
	}
	text, err := os.ReadFile(ran)
	if err != nil || strings.Count(string(text), "demohub.martdj.nl in ") != 2 {
		t.Errorf("the hook wrote %q, %v", text, err)
	}
	w.verify("demohub.martdj.nl", "demohub.martdj.nl")
}

// overdue makes the CA suggest a window that is past, and deputy ask for it.
func (w *world) overdue(certName string) {
	w.t.Helper()
	chain, err := os.ReadFile(filepath.Join(w.state, "certificates", certName, "cert.pem"))
	must(w.t, err)
	past := func(d time.Duration) string { return time.Now().Add(-d).UTC().Format(time.RFC3339) }
	window := `{"suggestedWindow":{"start":"` + past(48*time.Hour) + `","end":"` + past(24*time.Hour) + `"}}`
	must(w.t, w.lab.CA().SetRenewalInfo(chain, window))
	w.inside(func(i *installation) {
		must(w.t, i.store.Do(context.Background(), func(t *store.Tx) error {
			c, err := t.Certificate(certName)
			if err != nil {
				return err
			}
			c.ARI.CheckAfter = time.Time{}
			return t.PutCertificate(c)
		}))
	})
}

// TestTwoRenewals: the CA wants the certificate replaced; of two runs at once one does it, and the other finds it done.
func TestTwoRenewals(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1, NoThrottle: true})
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
	w.delegate("demohub", "validation.martdj.dedyn.io")
	w.ok("issue", "demohub.martdj.nl")
	w.overdue("demohub.martdj.nl")
	mark := w.lab.History().Mark()
	first, second := w.process(nil, "renew"), w.process(nil, "renew")
	must(t, first.Start())
	must(t, second.Start())
	for _, run := range []interface{ Wait() error }{first, second} {
		if err := run.Wait(); err != nil {
			t.Errorf("%v\n%s", err, w.out.String())
		}
	}
	orders := w.acme(mark, "newOrder")
	if len(orders) != 1 || !strings.Contains(orders[0].Body, `"replaces"`) {
		t.Errorf("%d orders: %v", len(orders), orders)
	}
	w.verify("demohub.martdj.nl", "demohub.martdj.nl")
	w.nothingLeft("martdj.dedyn.io", "validation")
}

// TestFailedHook: the certificate is there, the hook failed, and the next renew runs the hook without a new order.
func TestFailedHook(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1})
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
	w.delegate("demohub", "validation.martdj.dedyn.io")
	ready := filepath.Join(t.TempDir(), "ready")
	r := w.exits(exitFailed, "issue", "demohub.martdj.nl", "--deploy-hook", "echo not yet; test -e "+ready)
	if !strings.Contains(r.stderr, "hook-failed") || !strings.Contains(r.stderr, "not yet") {
		t.Errorf("said\n%s", r.stderr)
	}
	w.verify("demohub.martdj.nl", "demohub.martdj.nl")
	must(t, os.WriteFile(ready, nil, 0o600))
	mark := w.lab.History().Mark()
	w.ok("renew", "demohub.martdj.nl")
	if n := len(w.acme(mark, "newOrder")); n != 0 {
		t.Errorf("%d orders to run a hook", n)
	}
	if list := w.ok("list").stdout; strings.Contains(list, "not deployed") {
		t.Errorf("list says\n%s", list)
	}
}

// built builds a command and gives the path of its binary, whose name is the folder's.
func built(t *testing.T, folder string) string {
	t.Helper()
	dir, err := filepath.Abs(folder)
	must(t, err)
	binary := filepath.Join(t.TempDir(), filepath.Base(dir))
	build := exec.Command("go", "build", "-ldflags=-s -w", "-o", binary, folder)
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return binary
}

// TestRemoveProviderInUse: a provider with something published stays, so that it can be withdrawn.
func TestRemoveProviderInUse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1, NoThrottle: true})
	w.env["DEPUTY_LEASE"] = "2s"
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
	w.delegate("demohub", "validation.martdj.dedyn.io")
	w.killedAt("ca.telling", "issue", "demohub.martdj.nl")
	r := w.exits(exitFailed, "provider", "remove", "desec-martdj.dedyn.io")
	if !strings.Contains(r.stderr, "provider-in-use") {
		t.Errorf("said\n%s", r.stderr)
	}
	w.ok("issue", "demohub.martdj.nl")
	w.ok("provider", "remove", "desec-martdj.dedyn.io")
	w.exits(exitFailed, "issue", "--force", "demohub.martdj.nl") // nobody serves its target now
}

// TestRenewWithoutHint: a CA that fails whenever an order says what it replaces gets one that does not say it.
func TestRenewWithoutHint(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1, NoThrottle: true})
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
	w.delegate("demohub", "validation.martdj.dedyn.io")
	w.ok("issue", "demohub.martdj.nl")
	w.lab.CA().Intercept(func(r *http.Request) lab.Intervention {
		if !strings.Contains(string(lab.Payload(r)), `"replaces"`) {
			return lab.Intervention{}
		}
		return lab.Intervention{
			Status: http.StatusInternalServerError, Header: http.Header{"Content-Type": {"application/problem+json"}},
			Body: `{"type":"urn:ietf:params:acme:error:serverInternal","detail":"no such predecessor"}`,
		}
	})
	before := w.created("newOrder")
	w.ok("renew", "demohub.martdj.nl", "--force")
	if n := w.created("newOrder") - before; n != 1 {
		t.Errorf("%d orders", n)
	}
	w.verify("demohub.martdj.nl", "demohub.martdj.nl")
}

// TestRenewalOfNow: a renewal that waited for an issue with other names renews what that made, not what was there when it
// was thought of; and it leaves the hook alone.
func TestRenewalOfNow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1, NoThrottle: true})
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
	w.delegate("demohub", "validation.martdj.dedyn.io")
	w.delegate("mail", "validation.martdj.dedyn.io")
	w.ok("issue", "demohub.martdj.nl")
	ended := make(chan result, 1)
	r := w.watched(func(_ context.Context, e store.Event) {
		if e.Kind != "order.asking" {
			return
		}
		waits := make(chan struct{})
		var once sync.Once
		go func() {
			ended <- w.watched(func(_ context.Context, e store.Event) {
				if e.Kind == "certificate.wait" {
					once.Do(func() { close(waits) })
				}
			}, "renew", "demohub.martdj.nl", "--force")
		}()
		<-waits
	}, "issue", "demohub.martdj.nl", "mail.martdj.nl", "--deploy-hook", "true")
	if r.code != exitDone {
		t.Fatalf("issue: exit %d\n%s", r.code, r.stderr)
	}
	if r := <-ended; r.code != exitDone {
		t.Fatalf("renew: exit %d\n%s", r.code, r.stderr)
	}
	w.verify("demohub.martdj.nl", "demohub.martdj.nl", "mail.martdj.nl")
	if shown := w.ok("show", "demohub.martdj.nl").stdout; !strings.Contains(shown, "hook:       true") {
		t.Errorf("show says\n%s", shown)
	}
}
