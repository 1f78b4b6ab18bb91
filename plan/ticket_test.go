package plan

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deputy/name"
)

func names(list ...string) []name.Name {
	var all []name.Name
	for _, s := range list {
		all = append(all, owner(s))
	}
	return all
}

// With -update the golden files are written instead of compared; read what has changed before it is committed.
var update = flag.Bool("update", false, "write testdata/*.txt")

func TestTicket(t *testing.T) {
	t.Parallel()
	demohub := Line{
		Names: names("demohub.martdj.nl"), Owner: owner("_acme-challenge.demohub.martdj.nl"),
		Target: owner("2ydbdzjw3p7xazpr4fjvmqtbtu.martdj.dedyn.io"), Zone: owner("martdj.nl"),
	}
	apex := Line{
		Names: names("martdj.nl", "*.martdj.nl"), Owner: owner("_acme-challenge.martdj.nl"),
		Target: owner("cv5yfnu5bfqdxtrnhdq4ecvmnq.martdj.dedyn.io"), Zone: owner("martdj.nl"),
	}
	unknown := Line{
		Names: names("*.example.org"), Owner: owner("_acme-challenge.example.org"),
		Target: owner("cv5yfnu5bfqdxtrnhdq4ecvmnq.martdj.dedyn.io"),
	}
	delegated := Line{ // a zone of its own at the challenge name
		Names: names("own.example.org"), Owner: owner("_acme-challenge.own.example.org"),
		Target: owner("cv5yfnu5bfqdxtrnhdq4ecvmnq.martdj.dedyn.io"), Zone: owner("_acme-challenge.own.example.org"),
	}
	done := demohub
	done.Done = true
	for file, lines := range map[string][]Line{
		"one":          {demohub},
		"several":      {apex, demohub, unknown},
		"some-done":    {apex, done},
		"all-done":     {done},
		"unknown-zone": {unknown},
		"zone-of-own":  {delegated},
		"none":         nil,
	} {
		golden := filepath.Join("testdata", file+".txt")
		got := Ticket(lines)
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(golden)
		if err != nil || got != string(want) {
			t.Errorf("%s: %v, got\n%s", golden, err, got)
		}
	}
}

// What is asked for must reach who reads a ticket, whatever the golden files say.
func TestTicketHoldsTheRecord(t *testing.T) {
	t.Parallel()
	l := Line{Names: names("*.a.example.org"), Owner: owner("_acme-challenge.a.example.org"), Target: owner("x.t.example"), Zone: owner("example.org")}
	text := Ticket([]Line{l})
	for _, part := range []string{
		"\n    _acme-challenge.a.example.org. 3600 IN CNAME x.t.example.\n",
		"\n    _acme-challenge.a 3600 IN CNAME x.t.example.\n",
		"\n    dig +short CNAME _acme-challenge.a.example.org\n",
		"a.example.org, *.a.example.org", // the host too can be had, though only the wildcard was asked for
	} {
		if !strings.Contains(text, part) {
			t.Errorf("the ticket lacks %q:\n%s", part, text)
		}
	}
	for line := range strings.Lines(text) {
		if len(line) > 79 && !strings.Contains(line, "CNAME") {
			t.Errorf("a line is too long for a mail: %q", line)
		}
		if strings.ContainsFunc(line, func(c rune) bool { return c > '~' }) {
			t.Errorf("a line is not ASCII: %q", line)
		}
	}
}
