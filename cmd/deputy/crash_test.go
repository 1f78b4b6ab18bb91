package main

import (
	"context"
	"net/http"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"deputy/internal/lab"
	"deputy/store"
)

// inside opens the world's installation in this process, to look at its rows.
func (w *world) inside(look func(*installation)) {
	w.t.Helper()
	p := &program{stdin: strings.NewReader(""), stdout: w.out, stderr: w.out, getenv: func(key string) string { return w.env[key] }}
	p.options.state, p.options.root, p.options.caFile, p.options.quiet = w.state, w.env["DEPUTY_ROOT"], w.env["DEPUTY_CA_FILE"], true
	i, err := p.open(context.Background(), false)
	must(w.t, err)
	defer i.close()
	look(i)
}

// killedAt runs deputy until the event, where it is killed.
func (w *world) killedAt(event string, args ...string) {
	w.t.Helper()
	err := w.process([]string{"DEPUTY_TEST_KILL=" + event}, args...).Run()
	if exit, ok := err.(*exec.ExitError); !ok || exit.ExitCode() != -1 {
		w.t.Fatalf("at %s the process ended by itself: %v\n%s", event, err, w.out.String())
	}
}

// steps are the events of a run that goes well, each a place to be killed at.
func (w *world) steps(args ...string) []string {
	w.t.Helper()
	var kinds []string
	r := w.watched(func(_ context.Context, e store.Event) {
		if !slices.Contains(kinds, e.Kind) {
			kinds = append(kinds, e.Kind)
		}
	}, args...)
	if r.code != exitDone {
		w.t.Fatalf("exit %d: %s", r.code, r.stderr)
	}
	return kinds
}

// created counts the requests for resource that made something.
func (w *world) created(resource string) int {
	made := 0
	for _, e := range w.acme(0, resource) {
		if e.Status == http.StatusCreated {
			made++
		}
	}
	return made
}

// TestKill kills the process at each named step of an issuance, then runs the same command again: it goes on, with one
// account, one order more at most, the same key, and nothing left at the target.
func TestKill(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1})
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
	w.delegate("demohub", "validation.martdj.dedyn.io")
	steps := w.steps("issue", "demohub.martdj.nl")
	if len(steps) < 15 {
		t.Fatalf("only %d steps to be killed at: %v", len(steps), steps)
	}
	for _, step := range steps {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			testKillAt(t, step)
		})
	}
}

func testKillAt(t *testing.T, step string) {
	w := newWorld(t, lab.Options{SecondaryLag: -1, NoThrottle: true})
	w.env["DEPUTY_LEASE"] = "2s"
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
	w.delegate("demohub", "validation.martdj.dedyn.io")
	w.killedAt(step, "issue", "demohub.martdj.nl")
	before := w.keyInUse()
	w.ok("issue", "demohub.martdj.nl")
	w.verify("demohub.martdj.nl", "demohub.martdj.nl")
	w.nothingLeft("martdj.dedyn.io", "validation")
	if after := w.keyInUse(); before != after {
		t.Error("the key was made anew")
	}
	if n := w.created("newAccount"); n != 1 {
		t.Errorf("%d accounts", n)
	}
	if n := w.created("newOrder"); n > 2 {
		t.Errorf("%d orders", n)
	}
}

// TestKillInit kills the process around newAccount: the account is made once.
func TestKillInit(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"account.asking", "account.made"} {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, lab.Options{})
			w.killedAt(step, "init", "--agree-tos")
			w.ok("init", "--agree-tos")
			if n := w.created("newAccount"); n != 1 {
				t.Errorf("%d accounts", n)
			}
		})
	}
}

// keyInUse is the key of the open attempt, else of the certificate.
func (w *world) keyInUse() (key string) {
	w.inside(func(i *installation) {
		must(w.t, i.store.View(context.Background(), func(t *store.Tx) error {
			if a, err := t.OpenAttempt("demohub.martdj.nl"); err == nil {
				key = a.Key.Reveal()
				return nil
			}
			c, err := t.Certificate("demohub.martdj.nl")
			key = c.Key.Reveal()
			return err
		}))
	})
	return key
}

// TestKillThenChange kills the process when the value is written; then the CNAME, or the DNS Provider, is changed. The
// value at the old place is withdrawn all the same.
func TestKillThenChange(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(*world)
	}{
		{"CNAME", func(w *world) { w.delegate("demohub", "elsewhere.martdj.dedyn.io") }},
		{"provider", func(w *world) {
			w.addProvider(strings.Replace(w.desec("slow.dedyn.io", "LAB_DESEC_TOKEN"), "name: desec-slow.dedyn.io", "name: desec-martdj.dedyn.io", 1))
			w.delegate("demohub", "elsewhere.slow.dedyn.io")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, lab.Options{SecondaryLag: -1, NoThrottle: true})
			w.env["DEPUTY_LEASE"] = "2s"
			w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
			w.delegate("demohub", "validation.martdj.dedyn.io")
			w.killedAt("ca.telling", "issue", "demohub.martdj.nl")
			if left := w.lab.Zone("martdj.dedyn.io").Texts("validation"); len(left) != 1 {
				t.Fatalf("the killed run left %q; there is nothing to withdraw", left)
			}
			c.change(w)
			w.ok("issue", "demohub.martdj.nl")
			w.nothingLeft("martdj.dedyn.io", "validation", "elsewhere")
			w.nothingLeft("slow.dedyn.io", "elsewhere")
		})
	}
}

// TestKillThenNewToken kills the process when the value is written; then the token is changed at the host and here. The
// value is withdrawn with the new one.
func TestKillThenNewToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1, NoThrottle: true})
	w.env["DEPUTY_LEASE"] = "2s"
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
	w.delegate("demohub", "validation.martdj.dedyn.io")
	w.killedAt("ca.telling", "issue", "demohub.martdj.nl")
	var refused atomic.Int32
	w.lab.DeSEC().Intercept(func(r *http.Request) lab.Intervention {
		if r.Header.Get("Authorization") != "Token "+w.env["LAB_DESEC_TOKEN"] {
			return lab.Intervention{}
		}
		refused.Add(1)
		return lab.Intervention{Status: http.StatusUnauthorized, Body: `{"detail":"Invalid token."}`}
	})
	w.addProvider(w.desec("martdj.dedyn.io", "LAB_DESEC_TXT_TOKEN"))
	w.delegate("demohub", "elsewhere.martdj.dedyn.io")
	w.ok("issue", "demohub.martdj.nl")
	w.nothingLeft("martdj.dedyn.io", "validation", "elsewhere")
	if refused.Load() == 0 {
		t.Error("the old token was never refused: the test shows nothing")
	}
}

// TestLostAnswers loses the CA's answer to each request that must not be repeated blindly.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ resource, path string }{
		{"newAccount", "/sign-me-up"}, {"newOrder", "/order-plz"}, {"finalize", "/finalize-order/"},
	} {
		t.Run(c.resource, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, lab.Options{SecondaryLag: -1})
			var lost atomic.Int32
			w.lab.CA().Intercept(func(r *http.Request) lab.Intervention {
				return lab.Intervention{Lose: strings.HasPrefix(r.URL.Path, c.path) && lost.Add(1) == 1}
			})
			w.delegate("demohub", "validation.martdj.dedyn.io")
			again := func(args ...string) {
				for range 2 {
					if w.deputy(args...).code == exitDone {
						return
					}
				}
				w.ok(args...)
			}
			again("init", "--agree-tos")
			w.addProvider(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
			again("issue", "demohub.martdj.nl")
			w.verify("demohub.martdj.nl", "demohub.martdj.nl")
			if lost.Load() == 0 {
				t.Fatal("nothing was lost: the test shows nothing")
			}
			made := map[string]int{"newAccount": w.created("newAccount"), "newOrder": w.created("newOrder")}
			if c.resource != "finalize" {
				made[c.resource]++ // the one whose answer was lost
			}
			if made["newAccount"] != 1 || made["newOrder"] != 1 {
				t.Errorf("made: %v", made)
			}
			if c.resource == "finalize" && len(w.acme(0, "finalize")) != 1 {
				t.Error("finalize was sent again")
			}
		})
	}
}

// TestTwoAtOnce runs two processes on one shared target through a document that replaces: turns are taken, and no value
// goes before the CA has seen it.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1, NoThrottle: true})
	w.ok("dnsconfig", "import", w.published("martdj_deSec-with-CNAME-delegation.dxl"))
	w.setUp(w.domino("deSec with CNAME Delegation", "martdj.dedyn.io", "registered_domains: [martdj.nl]", "custom_value: validation"))
	w.delegate("demohub", "validation.martdj.dedyn.io")
	w.delegate("mail", "validation.martdj.dedyn.io")
	first, second := w.process(nil, "issue", "demohub.martdj.nl"), w.process(nil, "issue", "mail.martdj.nl")
	must(t, first.Start())
	must(t, second.Start())
	if err := first.Wait(); err != nil {
		t.Errorf("demohub: %v\n%s", err, w.out.String())
	}
	if err := second.Wait(); err != nil {
		t.Errorf("mail: %v\n%s", err, w.out.String())
	}
	w.verify("demohub.martdj.nl", "demohub.martdj.nl")
	w.verify("mail.martdj.nl", "mail.martdj.nl")
	w.nothingLeft("martdj.dedyn.io", "validation")
	w.turnsKept()
}

// turnsKept reads in the host's history that, after each value was posted, the CA's resolver got it before the set was
// deleted.
func (w *world) turnsKept() {
	w.t.Helper()
	writes := w.writes(0)
	var order []string
	for n, e := range writes {
		method, _, _ := strings.Cut(e.What, " ")
		order = append(order, method)
		if method != "POST" {
			continue
		}
		if n+1 == len(writes) {
			w.t.Error("the last value was never deleted")
			continue
		}
		_, value, _ := strings.Cut(e.Body, `["\"`)
		value, _, _ = strings.Cut(value, `\"`)
		seen := w.lab.History().Find(func(d lab.Entry) bool {
			return d.Server == "ca-resolver" && d.Seq > e.Seq && d.Seq < writes[n+1].Seq && strings.Contains(d.Answer, value)
		})
		if len(seen) == 0 {
			w.t.Errorf("%s was gone before the CA saw it", value)
		}
	}
	if want := []string{"DELETE", "POST", "DELETE", "DELETE", "POST", "DELETE"}; !slices.Equal(order, want) {
		w.t.Errorf("the host was asked %v, want %v", order, want)
	}
}
