package delegation

import "deputy/fault"

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
	if faults[0].Code == fault.NoAnswer || faults[0].Code == fault.CAAUnknown {
		return Unknown, faults[0].Code
	}
	return Broken, faults[0].Code
}
