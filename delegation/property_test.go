package delegation_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"deputy/delegation"
	"deputy/fault"
)

// A chain of 0 to 8 hops through zones of all kinds, served in every lawful way, has no fault.
func TestHealthyChainsHaveNoFault(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		places := []string{"martdj.nl.", "sub.martdj.nl.", "nl.", "dedyn.io.", "martdj.dedyn.io."}
		script := []string{"zone sub.martdj.nl"}
		at := "_acme-challenge.demohub.martdj.nl."
		expect := delegation.Expectation{Zones: owners("martdj.dedyn.io", "martdj.nl")}
		count := rapid.IntRange(0, delegation.MaxHops).Draw(r, "hops")
		for i := 1; i <= count; i++ {
			next := fmt.Sprintf("h%d.%s", i, rapid.SampledFrom(places).Draw(r, "zone"))
			if i == count {
				next = "validation.martdj.dedyn.io."
			}
			ttl := rapid.IntRange(0, 86400).Draw(r, "ttl")
			script = append(script, fmt.Sprintf("%s %d IN CNAME %s", at, ttl, next))
			at = next
		}
		for _, origin := range []string{"nl", "martdj.nl", "martdj.dedyn.io"} {
			how := rapid.SampledFrom([]string{"honest", "truncate", "shuffle"}).Draw(r, origin)
			script = append(script, "server "+origin+" "+how)
		}
		if rapid.Bool().Draw(r, "values at the target") {
			script = append(script, at+" 60 IN TXT a-value")
		}
		n := newInternet(t, strings.Join(script, "\n"))
		c, err := delegation.Follow(t.Context(), n.client(), owner("demohub.martdj.nl"))
		if err != nil {
			r.Fatal(err)
		}
		if faults := delegation.Judge(c, expect); len(faults) > 0 || c.Target != owner(at) || len(c.Hops) != count {
			r.Errorf("faults %s\nchain %+v", texts(faults), c)
		}
	})
}

// Whatever servers fail on the way, it is never told that there is no CNAME where there is one, and values are never
// sent to a hop before the end.
func TestFailingServersAreNeverNoDelegation(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		script := []string{
			"_acme-challenge.demohub.martdj.nl. 60 IN CNAME middle.martdj.dedyn.io.",
			"middle.martdj.dedyn.io. 60 IN CNAME validation.dedyn.io.",
		}
		failing := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{".", "nl", "martdj.nl", "io", "dedyn.io", "martdj.dedyn.io"}), 1, 3, rapid.ID).Draw(r, "failing")
		for _, origin := range failing {
			how := rapid.SampledFrom([]string{"servfail", "refused", "lame", "no-tcp"}).Draw(r, "how "+origin)
			script = append(script, "server "+origin+" "+how)
		}
		n := newInternet(t, strings.Join(script, "\n"))
		c, err := delegation.Follow(t.Context(), n.patient(10*time.Second), owner("demohub.martdj.nl"))
		if err != nil {
			r.Fatal(err)
		}
		faults := delegation.Judge(c, delegation.Expectation{Zones: owners("martdj.dedyn.io", "martdj.nl", "dedyn.io")})
		if len(faults) == 0 || faults[0].Code != fault.NoAnswer || !c.Target.IsZero() {
			r.Errorf("%s: faults %s\nchain %+v", strings.Join(script, "; "), texts(faults), c)
		}
	})
}
