package main

import (
	"net/http"
	"strings"
	"testing"

	"deputy/internal/lab"
)

// TestProviderTest: what a credential reaches is told, what it lacks too, and nothing is written.
func TestProviderTest(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1})
	w.addProvider(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
	wrong := strings.Replace(w.desec("elsewhere.dedyn.io", "LAB_DESEC_TOKEN"), "[elsewhere.dedyn.io]", "[martdj.dedyn.io, elsewhere.dedyn.io]", 1)
	w.addProvider(wrong)
	w.ok("dnsconfig", "import", w.published("martdj_deSec.dxl"))
	w.addProvider(w.domino("deSec", "martdj.dedyn.io"))
	mark := w.lab.History().Mark()
	for _, c := range []struct {
		name string
		code int
		says []string
	}{
		{"desec-martdj.dedyn.io", exitDone, []string{"desec-martdj.dedyn.io: this credential reaches ", "martdj.dedyn.io"}},
		{"desec-elsewhere.dedyn.io", exitFailed, []string{"elsewhere.dedyn.io: not there", "of the zones in this DNS Provider, elsewhere.dedyn.io is not among them"}},
		{"domino", exitDone, []string{"martdj.dedyn.io: can't be told: "}},
	} {
		r := w.exits(c.code, "provider", "test", c.name)
		for _, text := range c.says {
			if !strings.Contains(r.stdout, text) {
				t.Errorf("provider test %s: no %q in\n%s%s", c.name, text, r.stdout, r.stderr)
			}
		}
	}
	if r := w.exits(exitFailed, "provider", "test", "desec-elsewhere.dedyn.io", "--json"); !strings.Contains(r.stdout, `"state":"missing"`) || !strings.Contains(r.stdout, `"provider":"desec-elsewhere.dedyn.io"`) {
		t.Errorf("--json printed %s", r.stdout)
	}
	if r := w.exits(exitFailed, "provider", "test", "nobody"); !strings.Contains(r.stderr, "no-provider") {
		t.Error(r.stderr)
	}
	w.lab.DeSEC().Intercept(func(*http.Request) lab.Intervention {
		return lab.Intervention{Status: http.StatusUnauthorized, Body: `{"detail":"Invalid token."}`}
	})
	if r := w.exits(exitFailed, "provider", "test", "desec-martdj.dedyn.io"); !strings.Contains(r.stderr, "host-refused") || !strings.Contains(r.stderr, "Invalid token.") {
		t.Errorf("of a wrong token it said\n%s", r.stderr)
	}
	if writes := w.writes(mark); len(writes) > 0 {
		t.Errorf("it wrote %v", writes)
	}
}
