package delegation

import (
	"fmt"

	"deputy/fault"
)

// Verdict is what a chain comes to.
type Verdict string

// The verdicts.
const (
	Good    Verdict = "ok"      // values written at the target will be found
	Broken  Verdict = "fault"   // somebody has to change something
	Unknown Verdict = "unknown" // it can't be told now
)

// Verdict judges the chain; the code is that of the fault that counts, "" for Good.
func (c Chain) Verdict(e Expectation) (Verdict, fault.Code) {
	faults := Judge(c, e)
	if len(faults) == 0 {
		return Good, ""
	}
	if faults[0].Code == fault.NoAnswer {
		return Unknown, faults[0].Code
	}
	return Broken, faults[0].Code
}

// Note is something worth knowing that is no fault.
type Note struct {
	Code string // "direct", "more-hops"
	Text string
}

// Notes lists what is worth knowing about a chain.
func (c Chain) Notes(e Expectation) []Note {
	var notes []Note
	if len(c.Hops) == 0 && !c.Target.IsZero() && (judge{c, e}).direct() {
		notes = append(notes, Note{"direct", fmt.Sprintf("%s lies in a zone where deputy may write: no CNAME is needed", c.Challenge)})
	}
	if len(c.Hops) > 1 {
		notes = append(notes, Note{"more-hops", fmt.Sprintf("the chain has %d CNAMEs; each is one more that can break", len(c.Hops))})
	}
	return notes
}
