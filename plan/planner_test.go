package plan

import (
	"bytes"
	"errors"
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

func (p *Planner) adopts(t *testing.T, cert, target string) bool {
	t.Helper()
	adopted, err := p.Adopt(t.Context(), owner(cert), owner(target))
	if err != nil {
		t.Fatal(err)
	}
	return adopted
}

func TestAdopt(t *testing.T) {
	t.Parallel()
	p := planner(t, t.TempDir())
	if !p.adopts(t, "*.demohub.martdj.nl", "old.dedyn.io") || !p.adopts(t, "demohub.martdj.nl", "old.dedyn.io") {
		t.Error("a working CNAME's target is not adopted")
	}
	if got := p.must(t, "demohub.martdj.nl", "martdj.dedyn.io"); got != "old.dedyn.io" {
		t.Errorf("the target is %s, want the adopted one", got)
	}
	if p.adopts(t, "other.martdj.nl", "old.dedyn.io") {
		t.Error("a target that is another name's for ever is adopted")
	}
	planned := p.must(t, "www.martdj.nl", "martdj.dedyn.io")
	if p.adopts(t, "www.martdj.nl", "new.dedyn.io") || p.must(t, "www.martdj.nl", "martdj.dedyn.io") != planned {
		t.Error("what was planned is replaced by what was found")
	}
}

// Forgetting a certificate frees nothing: its CNAME may stand in somebody's DNS for years.
func TestForgetFreesNoTarget(t *testing.T) {
	t.Parallel()
	p := planner(t, t.TempDir())
	first := p.must(t, "demohub.martdj.nl", "martdj.dedyn.io")
	err := p.Store.Do(t.Context(), func(tx *store.Tx) error {
		if err := tx.ForgetCertificate("demohub.martdj.nl"); err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if p.adopts(t, "other.martdj.nl", first) || p.must(t, "demohub.martdj.nl", "martdj.dedyn.io") != first {
		t.Error("a forgotten name's target is free")
	}
}

func TestNeeds(t *testing.T) {
	t.Parallel()
	lines, direct, err := Needs(names("martdj.nl", "www.example.org", "*.martdj.nl", "martdj.nl", "a.dedyn.io"), names("dedyn.io"))
	if err != nil || len(lines) != 2 || list(lines[0].Names) != "martdj.nl, *.martdj.nl" || lines[1].Owner != owner("_acme-challenge.www.example.org") {
		t.Errorf("lines = %v, %v", lines, err)
	}
	if list(direct) != "a.dedyn.io" {
		t.Errorf("direct = %v", direct)
	}
	if _, _, err := Needs(names(strings.Repeat("a.", 119)+"example.org"), nil); err == nil || !strings.Contains(err.Error(), "longer than a name can be") {
		t.Errorf("a name without room for its challenge: %v", err)
	}
}
