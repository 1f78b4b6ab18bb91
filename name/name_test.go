package name

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 63) + "."
	for _, c := range []struct{ in, want, refused string }{
		{"Demohub.Martdj.NL.", "demohub.martdj.nl", ""},
		{"*.martdj.nl", "*.martdj.nl", ""},
		{"bücher.example", "xn--bcher-kva.example", ""},
		{"*.BÜCHER.example", "*.xn--bcher-kva.example", ""},
		{"", "", "empty"},
		{"127.0.0.1", "", "IP address"},
		{"[2001:db8::1]", "", "IP address"},
		{"a.*.example", "", "only *.NAME"},
		{"*a.example", "", "only *.NAME"},
		{"**.example.org", "", "only *.NAME"},
		{"localhost", "", "single label"},
		{"_acme-challenge.example.org", "", "underscore"},
		{"a..example.org", "", "empty label"},
		{"exa mple.org", "", "can't stand"},
		{"https://example.org", "", "can't stand"},
		{long + long + long + strings.Repeat("b", 62), "", "at most 253"},
		{strings.Repeat("a", 64) + ".example.org", "", "label"},
		{long + long + long + strings.Repeat("b", 61), long + long + long + strings.Repeat("b", 61), ""},
	} {
		got, err := Parse(c.in)
		if c.refused != "" {
			if err == nil || !strings.Contains(err.Error(), c.refused) {
				t.Errorf("Parse(%q) = %q, %v; want an error with %q", c.in, got, err, c.refused)
			}
			continue
		}
		if err != nil || got.String() != c.want {
			t.Errorf("Parse(%q) = %q, %v; want %q", c.in, got, err, c.want)
		}
	}
}

func TestFamily(t *testing.T) {
	t.Parallel()
	n, _ := Parse("*.demohub.martdj.nl")
	challenge, ok := n.Challenge()
	if !ok || challenge.FQDN() != "_acme-challenge.demohub.martdj.nl." {
		t.Errorf("challenge = %q, %v", challenge, ok)
	}
	if n.FileName() != "_wildcard.demohub.martdj.nl" {
		t.Errorf("file name = %q", n.FileName())
	}
	zone := MustParseOwner("martdj.nl")
	if rel, ok := challenge.Relative(zone); !ok || rel != "_acme-challenge.demohub" {
		t.Errorf("relative = %q, %v", rel, ok)
	}
	if rel, ok := zone.Relative(zone); !ok || rel != "" {
		t.Errorf("the zone's own name = %q, %v", rel, ok)
	}
	if MustParseOwner("notmartdj.nl").In(zone) {
		t.Error("notmartdj.nl lies in martdj.nl: the border of a label was missed")
	}
	if p, ok := MustParseOwner("nl").Parent(); !ok || p != Root() {
		t.Errorf("parent of nl = %q, %v", p, ok)
	}
	if got, ok := challenge.LongestSuffix([]Name{MustParseOwner("nl"), zone, MustParseOwner("demohub.martdj.nl"), MustParseOwner("hub.martdj.nl")}); !ok || got.String() != "demohub.martdj.nl" {
		t.Errorf("longest suffix = %q, %v", got, ok)
	}
}

func TestChallengeTooLong(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 63) + "."
	n, err := Parse(long + long + long + strings.Repeat("b", 50))
	if err != nil {
		t.Fatal(err)
	}
	if c, ok := n.Challenge(); ok {
		t.Errorf("challenge = %d octets, though none can be asked for", len(c.String()))
	}
}

// FuzzParse: what parses prints to what parses to the same name, within the bounds.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"a.example", "*.bücher.example", "XN--A.example", "a.b.", "..", "*"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := Parse(s)
		if err != nil {
			return
		}
		again, err := Parse(n.String())
		if err != nil || again != n {
			t.Errorf("Parse(%q) = %q, and again = %q, %v", s, n, again, err)
		}
		if len(n.String()) > maxName {
			t.Errorf("Parse(%q) gave %d octets", s, len(n.String()))
		}
	})
}

func TestIsPlain(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"validation.martdj.dedyn.io": true, "_acme-challenge.a-1.nl": true, "BÜCHER.example": true, "nl": true,
		".": false, "*.example.org": false, "a%2f.example": false, "a?b.example": false, "a#b.example": false, "a&b.example": false,
		"a+b.example": false, "a=b.example": false, "a'b.example": false, "a,b.example": false, "~.example": false, "{a}.example": false,
	} {
		if got := MustParseOwner(text).IsPlain(); got != want {
			t.Errorf("%s is plain: %v, want %v", text, got, want)
		}
	}
	if (Name{}).IsPlain() {
		t.Error("no name is plain")
	}
}
