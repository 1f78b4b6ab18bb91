package main

import (
	"context"
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"deputy/internal/lab"
	"deputy/store"
)

// proof is what dnsconfig test prints with --json, as its last line.
type proof struct {
	Name, Verdict, Why string
	Servers            int
	Left               []string
}

func proofOf(t *testing.T, r result) proof {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(r.stdout), "\n")
	var p proof
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &p); err != nil {
		t.Fatalf("%v in %s", err, r.stdout)
	}
	return p
}

// verdict is what the store has of the DNS Configuration of a DNS Provider.
func (w *world) verdict(providerName string) (verdict string) {
	w.t.Helper()
	w.inside(func(i *installation) {
		_, c, err := i.provided(context.Background(), providerName)
		must(w.t, err)
		must(w.t, i.store.View(context.Background(), func(t *store.Tx) error {
			v, err := t.Verdict(store.Digest(c.source))
			verdict = v.Verdict
			return err
		}))
	})
	return verdict
}

// TestProve: the library's document and the published ones at the lab's deSEC, each with its verdict, and nothing left.
func TestProve(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ file, configuration, verdict, why string }{
		{"", "desec", "additive", "each value came and went alone"},
		{"hcl_certstore_desec.dxl", "deSEC", "additive", "each value came and went alone"},
		{"martdj_deSec.dxl", "deSec", "replacing", "the first value was gone when the second came"},
		{"martdj_deSec-with-CNAME-delegation.dxl", "deSec with CNAME Delegation", "replacing", "the first value was gone when the second came"},
	} {
		t.Run(c.configuration, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, lab.Options{SecondaryLag: -1, NoThrottle: true})
			name, document := "domino", w.domino(c.configuration, "martdj.dedyn.io")
			if c.file == "" {
				name, document = "desec-martdj.dedyn.io", w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN")
			} else {
				w.ok("dnsconfig", "import", w.published(c.file))
			}
			w.addProvider(document)
			got := proofOf(t, w.ok("dnsconfig", "test", name, "--json"))
			if got.Verdict != c.verdict || got.Why != c.why || got.Servers < 2 || len(got.Left) != 0 {
				t.Errorf("the proof is %+v", got)
			}
			if stored := w.verdict(name); stored != c.verdict {
				t.Errorf("the store has %q", stored)
			}
			label := strings.TrimSuffix(got.Name, ".martdj.dedyn.io")
			w.nothingLeft("martdj.dedyn.io", label)
			listed := regexp.MustCompile(`(?m)^` + c.configuration + ` .* ` + c.verdict + ` +tested `)
			if list := w.ok("dnsconfig", "list").stdout; !listed.MatchString(list) {
				t.Errorf("the list is\n%s", list)
			}
			if shown := w.ok("dnsconfig", "show", c.configuration).stdout; !strings.Contains(shown, "as a test with "+name+" showed on ") {
				t.Errorf("show printed\n%s", shown)
			}
		})
	}
}

// TestProveRefuses: what the test refuses before it writes anything.
func TestProveRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1})
	w.addProvider(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
	must(t, w.lab.Zone("martdj.dedyn.io").Add(`taken 60 IN TXT "somebody else's"`))
	mark := w.lab.History().Mark()
	for _, c := range []struct {
		args []string
		code int
		says []string
	}{
		{[]string{"nobody"}, exitFailed, []string{"no-provider", "deputy provider list"}},
		{[]string{"desec-martdj.dedyn.io", "--name", "taken.martdj.dedyn.io"}, exitFailed, []string{"foreign-value", `"somebody else's" is there already`, "deputy makes one up"}},
		{[]string{"desec-martdj.dedyn.io", "--name", "martdj.dedyn.io"}, exitDNS, []string{"unmanaged-target", "that does not lie below martdj.dedyn.io"}},
		{[]string{"desec-martdj.dedyn.io", "--name", "x.example.org"}, exitDNS, []string{"test the DNS Provider desec-martdj.dedyn.io at x.example.org"}},
		{[]string{"desec-martdj.dedyn.io", "--name", "a b"}, exitUsage, []string{"--name"}},
	} {
		r := w.exits(c.code, append([]string{"dnsconfig", "test"}, c.args...)...)
		for _, text := range c.says {
			if !strings.Contains(r.stderr, text) {
				t.Errorf("test %v: no %q in\n%s", c.args, text, r.stderr)
			}
		}
	}
	if writes := w.writes(mark); len(writes) > 0 {
		t.Errorf("it wrote %v", writes)
	}
	w.lab.DeSEC().Intercept(func(r *http.Request) lab.Intervention {
		if r.Method != http.MethodGet {
			return lab.Intervention{Status: http.StatusForbidden, Body: `{"detail":"Insufficient token permissions."}`}
		}
		return lab.Intervention{}
	})
	r := w.exits(exitFailed, "dnsconfig", "test", "desec-martdj.dedyn.io")
	if !strings.Contains(r.stderr, "host-refused") || !strings.Contains(r.stderr, "Insufficient token permissions") || r.stdout != "" {
		t.Errorf("of a host that refuses it said\n%s%s", r.stdout, r.stderr)
	}
}

// TestProveKilled kills the test at each of its steps; the next one withdraws what is left, and goes well.
func TestProveKilled(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1, NoThrottle: true})
	w.env["DEPUTY_LEASE"] = "2s"
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
	steps := w.steps("dnsconfig", "test", "desec-martdj.dedyn.io", "--name", "proof.martdj.dedyn.io")
	for _, step := range []string{"publish.intended", "publish.writing", "publish.written", "publish.proved", "publish.withdrawing"} {
		if !slices.Contains(steps, step) {
			t.Fatalf("the test has the steps %v, and not %s", steps, step)
		}
		w.killedAt(step, "dnsconfig", "test", "desec-martdj.dedyn.io", "--name", "proof.martdj.dedyn.io")
		w.ok("dnsconfig", "test", "desec-martdj.dedyn.io", "--name", "proof.martdj.dedyn.io")
		w.nothingLeft("martdj.dedyn.io", "proof")
	}
}
