package plan

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
	"testing"

	"deputy/name"
	"deputy/secret"
	"deputy/store"
)

func owner(s string) name.Name { return name.MustParseOwner(s) }

func planner(t *testing.T, dir string) *Planner {
	t.Helper()
	keys, err := secret.NewKeyring(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := store.Open(t.Context(), store.Options{Dir: dir, Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
	})
	return &Planner{Store: rows}
}

func (p *Planner) must(t *testing.T, cert, zone string) string {
	t.Helper()
	target, err := p.Target(t.Context(), owner(cert), owner(zone))
	if err != nil {
		t.Fatal(err)
	}
	return target.String()
}

// The labels were computed by another implementation of HMAC and base32; a change here would orphan every CNAME.
func TestLabel(t *testing.T) {
	t.Parallel()
	key := make([]byte, 32)
	for i := range key {
		key[i] = byte(i)
	}
	for _, c := range []struct{ tenant, host, want string }{
		{"", "demohub.martdj.nl", "kocm73uauxpkoslxxmqryyl6hm"},
		{"", "martdj.nl", "evwetnqs4cz6af6lrmeszyd2ai"},
		{"acme", "martdj.nl", "m6u7t2kgdeech5u6loje46ivzy"},
	} {
		if got := label(key, c.tenant, owner(c.host)); got != c.want {
			t.Errorf("label of %q, %s = %s, want %s", c.tenant, c.host, got, c.want)
		}
	}
	if a, b := label(key, "a", owner("b.example")), label(key, "", owner("ab.example")); a == b {
		t.Error("tenant and name run into each other")
	}
}

func TestTargetIsForEver(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := planner(t, dir)
	first := p.must(t, "demohub.martdj.nl", "martdj.dedyn.io")
	if !regexp.MustCompile(`^[a-z2-7]{26}\.martdj\.dedyn\.io$`).MatchString(first) {
		t.Errorf("target = %s", first)
	}
	again := planner(t, dir)
	for _, c := range []struct{ what, cert, zone string }{
		{"again", "demohub.martdj.nl", "martdj.dedyn.io"},
		{"for the wildcard", "*.demohub.martdj.nl", "martdj.dedyn.io"},
		{"in another zone", "demohub.martdj.nl", "other.example"},
	} {
		if got := again.must(t, c.cert, c.zone); got != first {
			t.Errorf("%s: %s, want %s", c.what, got, first)
		}
	}
	if other := again.must(t, "martdj.nl", "martdj.dedyn.io"); other == first {
		t.Error("two names share a target")
	}
	if elsewhere := planner(t, t.TempDir()).must(t, "demohub.martdj.nl", "martdj.dedyn.io"); elsewhere == first {
		t.Error("two installations share a target")
	}
}

// Two that plan one name at once, in different zones, get one target.
func TestTargetAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	planners := []*Planner{planner(t, dir), planner(t, dir)}
	zones := []string{"martdj.dedyn.io", "other.example"}
	var got [8]string
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() {
			target, err := planners[i%2].Target(t.Context(), owner("demohub.martdj.nl"), owner(zones[i%2]))
			if err != nil {
				t.Error(err)
			}
			got[i] = target.String()
		})
	}
	wg.Wait()
	for _, target := range got {
		if target != got[0] {
			t.Errorf("targets differ: %v", got)
		}
	}
}

func TestTargetRefused(t *testing.T) {
	t.Parallel()
	p := planner(t, t.TempDir())
	long := strings.Repeat(strings.Repeat("a", 63)+".", 3) + strings.Repeat("b", 40)
	if _, err := p.Target(t.Context(), owner("demohub.martdj.nl"), owner(long)); err == nil || !strings.Contains(err.Error(), "at most 253") {
		t.Errorf("a zone without room: %v", err)
	}
	if _, err := p.Target(t.Context(), name.Name{}, owner("martdj.dedyn.io")); err == nil {
		t.Error("no name has a target")
	}
	err := p.Store.View(t.Context(), func(tx *store.Tx) error {
		planned, err := tx.PlannedTargets()
		if len(planned) > 0 {
			t.Errorf("what was refused was stored: %v", planned)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
