package delegation_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"deputy/delegation"
	"deputy/fault"
	"deputy/name"
	"deputy/resolver"
)

// The picture is well-formed whatever the chain holds, needs nothing from elsewhere, and marks the broken name.
func TestSVG(t *testing.T) {
	t.Parallel()
	label := strings.Repeat("a", 60)
	long := owner(strings.Join([]string{label, label, label, "dedyn.io"}, "."))
	chain := delegation.Chain{
		Cert: owner("demohub.martdj.nl"), Challenge: owner("_acme-challenge.demohub.martdj.nl"), Target: long, Zone: owner("dedyn.io"),
		Hops: []delegation.Hop{{Owner: owner("_acme-challenge.demohub.martdj.nl"), Target: long, TTL: 60, Server: resolver.Server{URL: `https://x/?a=<b>&"c"`}}},
	}
	broken := []*fault.Fault{{Code: fault.OtherVendor, At: chain.Challenge, Seen: `it says <script>alert(1)</script> & "more"`}}
	for _, faults := range [][]*fault.Fault{nil, broken} {
		drawn := delegation.SVG(chain, faults)
		decoder := xml.NewDecoder(strings.NewReader(drawn))
		for {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%v in\n%s", err, drawn)
			}
			if start, ok := token.(xml.StartElement); ok && (start.Name.Local == "script" || start.Name.Local == "image") {
				t.Errorf("an element %s in\n%s", start.Name.Local, drawn)
			}
		}
		marked := strings.Contains(drawn, "box wrong") && strings.Contains(drawn, "✗") && strings.Contains(drawn, "other-vendor")
		if marked != (len(faults) > 0) {
			t.Errorf("faults %v, marked %v\n%s", faults, marked, drawn)
		}
	}
	if empty := delegation.SVG(delegation.Chain{Cert: name.Name{}}, nil); !strings.Contains(empty, "</svg>") {
		t.Errorf("an empty chain: %s", empty)
	}
}
