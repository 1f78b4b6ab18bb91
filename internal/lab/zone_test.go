package lab

import (
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

// alone makes a zone that no server serves.
func alone(t *testing.T) *Zone {
	t.Helper()
	z, err := newZone(newHistory(), "example.org", "@ 60 IN SOA ns hostmaster 7 1 1 1 60\n@ 60 IN NS ns\nns 60 IN A 192.0.2.1")
	must(t, err)
	return z
}

func TestZoneEdits(t *testing.T) {
	t.Parallel()
	z := alone(t)
	must(t, z.Add(`a 60 IN TXT "one"`, `a.example.org. 60 IN TXT "two" "halves"`))
	must(t, z.Add(`A.Example.Org. IN TXT "quote \" and \195\164"`))
	if got, want := z.Texts("a"), []string{"one", "twohalves", "quote \" and ä"}; !slices.Equal(got, want) {
		t.Errorf("texts %q, want %q", got, want)
	}
	if z.Serial() != 9 {
		t.Errorf("serial %d after two edits of serial 7", z.Serial())
	}
	must(t, z.Add(`a 60 IN TXT "one"`))
	if n := len(z.Texts("a.example.org.")); n != 3 {
		t.Errorf("the same record again makes %d", n)
	}
	must(t, z.Add("a 60 IN A 192.0.2.2"))
	must(t, z.Remove("a", "txt"))
	if n := len(z.Texts("a")); n != 0 || !strings.Contains(z.String(), "192.0.2.2") {
		t.Errorf("after removing TXT: %d values, zone\n%s", n, z)
	}
	must(t, z.Remove("a", ""))
	if strings.Contains(z.String(), "192.0.2.2") {
		t.Errorf("removing all types left\n%s", z)
	}
	before := z.Serial()
	must(t, z.Remove("a", ""))
	if z.Serial() != before {
		t.Error("removing nothing makes a version")
	}
	must(t, z.Remove("", "NS"))
	if strings.Contains(z.String(), "NS\tns") {
		t.Errorf("the apex still has its NS record\n%s", z)
	}
}

func TestZoneEditsRefused(t *testing.T) {
	t.Parallel()
	z := alone(t)
	before, serial := z.String(), z.Serial()
	for _, lines := range [][]string{
		{"a 60 IN TXT"},
		{"a 60 IN NOTYPE x"},
		{"a 60 IN A 192.0.2.300"},
		{"a.example.net. 60 IN A 192.0.2.1"},
		{"@ 60 IN SOA ns hostmaster 8 1 1 1 60"},
		{"a 60 IN A 192.0.2.1", "b 60 IN A nonsense"},
		{},
		{"; a comment"},
		{"$INCLUDE /etc/hostname"},
	} {
		if err := z.Add(lines...); err == nil {
			t.Errorf("Add(%q) was taken", lines)
		}
	}
	for _, each := range [][2]string{{"", ""}, {"", "SOA"}, {"a", "NOTYPE"}, {"a.example.net.", "A"}, {strings.Repeat("x", 64), "A"}} {
		if err := z.Remove(each[0], each[1]); err == nil {
			t.Errorf("Remove(%q, %q) was taken", each[0], each[1])
		}
	}
	if z.String() != before || z.Serial() != serial {
		t.Errorf("a refused edit changed the zone to\n%s", z)
	}
}

func TestZoneWithoutSOA(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "@ 60 IN NS ns", "a 60 IN"} {
		if _, err := newZone(newHistory(), "example.org", text); err == nil {
			t.Errorf("a zone was made of %q", text)
		}
	}
}

func TestLabZonesHaveGlueThatAgrees(t *testing.T) {
	t.Parallel()
	for _, extra := range []bool{false, true} {
		plan, err := newLayout(Options{ExtraHops: extra})
		must(t, err)
		zones, err := plan.makeZones(newHistory())
		must(t, err)
		for _, h := range hosts() {
			for _, z := range zones {
				for _, rr := range z.newest().nodes[dns.Fqdn(h.name)][dns.TypeA] {
					if got := rr.(*dns.A).A.String(); got != h.addr {
						t.Errorf("zone %s says %s for %s, which is at %s", z.origin, got, h.name, h.addr)
					}
				}
			}
		}
		served := map[string]bool{}
		for _, h := range hosts() {
			for _, origin := range h.zones {
				served[origin] = true
			}
		}
		for origin := range zones {
			if !served[origin] {
				t.Errorf("nobody serves %s", origin)
			}
		}
	}
}

// FuzzText: what is escaped for presentation form and read from it is the same octets, and survives the wire.
func FuzzText(f *testing.F) {
	for _, seed := range []string{"", "plain", `quote " back \ slash`, "ä\x00\xff", `\195`, strings.Repeat("long", 200)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if len(value) > 4000 {
			t.Skip("longer than a TXT record's use")
		}
		rr := textRecord("a.example.org.", value)
		if got := joined(rr); got != value {
			t.Fatalf("%q comes back as %q", value, got)
		}
		again, err := dns.NewRR(rr.String())
		if err != nil {
			t.Fatalf("%q can't be read: %v", rr, err)
		}
		if got := joined(again.(*dns.TXT)); got != value {
			t.Fatalf("%q comes back from a zone file as %q", value, got)
		}
		wire := make([]byte, 65536)
		end, err := dns.PackRR(rr, wire, 0, nil, false)
		if err != nil {
			t.Fatal(err)
		}
		unpacked, _, err := dns.UnpackRR(wire[:end], 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := joined(unpacked.(*dns.TXT)); got != value {
			t.Fatalf("%q comes back from the wire as %q", value, got)
		}
	})
}
