package schedule

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"deputy/name"
	"deputy/store"
)

// Verdicts of a look, as delegation gives them.
const (
	good    = "ok"
	broken  = "fault"
	unknown = "unknown"
)

// Kinds of events of a watch.
const (
	DelegationBroken  = "delegation.broken"
	DelegationMended  = "delegation.mended"
	DelegationChanged = "delegation.changed" // well in another way, or broken in another way
	DelegationUnknown = "delegation.unknown"
)

// toldUnknown is how many looks in a row can't tell before that is told: one or two are the Internet's weather. Each of
// them has a row of its own, so that they can be counted; the ones after are kept in the last of those.
const toldUnknown = 3

// newest is the newest of the looks at a name; the zero Look where there is none.
func newest(past []store.Look) store.Look {
	if len(past) == 0 {
		return store.Look{}
	}
	return past[len(past)-1]
}

// unknowns counts the looks at the end of past that could not tell, up to toldUnknown.
func unknowns(past []store.Look) int {
	n := 0
	for n < len(past) && past[len(past)-1-n].Verdict == unknown {
		n++
	}
	return n
}

// known is the newest look that could tell; the zero Look where there is none.
func known(past []store.Look) store.Look { return newest(past[:len(past)-unknowns(past)]) }

// sameState says that b is what a was: what was seen and by whom may be worded otherwise each time.
func sameState(a, b store.Look) bool {
	return a.Verdict == b.Verdict && a.Code == b.Code && a.Chain == b.Chain
}

// settle gives the row to keep for a look, the newest one again where the state is the same, and the kind of the event
// to tell, "" for none.
func settle(past []store.Look, seen store.Look) (row store.Look, kind string) {
	last, run := newest(past), unknowns(past)
	if seen.Verdict == unknown {
		return settleUnknown(last, run, seen)
	}
	before := known(past)
	switch {
	case run == 0 && sameState(before, seen):
		seen.ID, seen.Since = last.ID, last.Since
		return seen, ""
	case run < toldUnknown && sameState(before, seen):
		seen.Since = before.Since // a look or two between that could not tell are no change
		return seen, ""
	}
	return seen, kindOf(before, seen, run >= toldUnknown)
}

func settleUnknown(last store.Look, run int, seen store.Look) (store.Look, string) {
	if run > 0 {
		seen.Since = last.Since
	}
	switch {
	case run >= toldUnknown:
		seen.ID = last.ID
		return seen, ""
	case run+1 == toldUnknown:
		return seen, DelegationUnknown
	}
	return seen, ""
}

// kindOf compares two looks that could tell; doubt says that it was told meanwhile that the state is unknown. A name that
// is well at its first look is no news.
func kindOf(before, seen store.Look, doubt bool) string {
	switch {
	case before.Verdict == seen.Verdict && !doubt:
		return DelegationChanged
	case seen.Verdict == broken && before.Verdict == broken && !sameState(before, seen):
		return DelegationChanged
	case seen.Verdict == broken:
		return DelegationBroken
	case before.Verdict == broken || doubt:
		return DelegationMended
	}
	return ""
}

// change is a change of state between two looks, to be told.
type change struct {
	kind    string
	host    name.Name
	past    []store.Look // before it, oldest first
	now     store.Look
	holders []store.Certificate // that hold the name, those first that expire first
}

// event is the change for people and machines. Its first line says all; the others say since when, what the chain was
// and is, which certificates hold the name, and what to do.
func (c change) event() store.Event {
	lines := append([]string{c.headline()}, c.times()...)
	lines = append(lines, c.chains()...)
	lines = append(lines, c.ends()...)
	if c.now.Do != "" {
		lines = append(lines, c.now.Who+": "+c.now.Do)
	}
	e := store.Event{Kind: c.kind, Name: c.host.String(), Text: strings.Join(lines, "\n"), Data: c.data()}
	if len(c.holders) > 0 {
		e.Certificate = c.holders[0].Name
	}
	return e
}

func (c change) headline() string {
	text := "the delegation of " + c.host.String()
	switch {
	case c.kind == DelegationMended:
		return text + " is well again"
	case c.kind == DelegationUnknown:
		text += " can't be told"
	case c.kind == DelegationChanged && c.now.Verdict == good:
		return text + " is well and leads another way"
	case c.kind == DelegationChanged:
		text += " is broken in another way"
	default:
		text += " is broken"
	}
	if c.now.Seen != "" {
		text += ": " + c.now.Seen
	}
	return fmt.Sprintf("%s (%s)", text, c.now.Code)
}

// words are the states in sentences.
func words(l store.Look) string {
	switch l.Verdict {
	case good:
		return "well"
	case broken:
		return "broken (" + l.Code + ")"
	}
	return "not to be told (" + l.Code + ")"
}

func utc(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// times says between which two looks the change came.
func (c change) times() []string {
	var lines []string
	before := known(c.past)
	switch {
	case c.kind == DelegationUnknown && before.Verdict == "":
		lines = append(lines, fmt.Sprintf("no look could tell since the first, at %s", utc(c.now.Since)))
	case c.kind == DelegationUnknown:
		lines = append(lines, fmt.Sprintf("it was %s at %s, and %d looks since %s could not tell", words(before), utc(before.Last), toldUnknown, utc(c.now.Since)))
	case before.Verdict == "" && len(c.past) == 0:
		lines = append(lines, fmt.Sprintf("it is %s at the first look, at %s", words(c.now), utc(c.now.Last)))
	case before.Verdict == "":
		lines = append(lines, fmt.Sprintf("it is %s at the first look that could tell, at %s", words(c.now), utc(c.now.Last)))
	default:
		lines = append(lines, fmt.Sprintf("it was %s at %s, and is %s at %s", words(before), utc(before.Last), words(c.now), utc(c.now.Last)))
	}
	if doubt := newest(c.past); c.kind != DelegationUnknown && doubt.Verdict == unknown {
		lines = append(lines, fmt.Sprintf("it could not be told from %s to %s", utc(doubt.Since), utc(doubt.Last)))
	}
	if well := c.lastGood(); c.now.Verdict != good && before.Verdict == broken && !well.IsZero() {
		lines = append(lines, "it was well for the last time at "+utc(well))
	}
	return lines
}

// lastGood is the time of the newest look at which all was well; zero where none is kept.
func (c change) lastGood() time.Time {
	for _, l := range slices.Backward(c.past) {
		if l.Verdict == good {
			return l.Last
		}
	}
	return time.Time{}
}

// firstBad is the time of the first look since then that saw a fault, this one perhaps; zero where there is none.
func (c change) firstBad() time.Time {
	well := c.lastGood()
	for _, l := range append(slices.Clone(c.past), c.now) {
		if l.Verdict == broken && !l.Since.Before(well) {
			return l.Since
		}
	}
	return time.Time{}
}

// chains says what the chain was and is, where it is another one. A look that could not tell may have seen a part of it.
func (c change) chains() []string {
	before := known(c.past)
	if c.kind == DelegationUnknown || before.Verdict == "" || before.Chain == c.now.Chain {
		return nil
	}
	return []string{"the chain was: " + chainLine(before.Chain), "the chain is: " + chainLine(c.now.Chain)}
}

func chainLine(chain string) string {
	if chain == "" {
		return "none"
	}
	return strings.ReplaceAll(chain, "\n", " | ")
}

// ends says which certificates hold the name and when they end.
func (c change) ends() []string {
	var lines []string
	for _, h := range c.holders {
		if h.Version == 0 {
			lines = append(lines, fmt.Sprintf("the certificate %s holds it and was not issued yet", h.Name))
			continue
		}
		lines = append(lines, fmt.Sprintf("the certificate %s holds it and expires at %s", h.Name, utc(h.NotAfter)))
	}
	return lines
}

// data is the change for machines. Times are RFC 3339; what is not known is left out.
func (c change) data() map[string]string {
	before := known(c.past)
	data := map[string]string{
		"verdict": c.now.Verdict, "code": c.now.Code, "seen": c.now.Seen, "do": c.now.Do, "who": c.now.Who,
		"verdict_before": before.Verdict, "code_before": before.Code, "chain_before": before.Chain, "chain": c.now.Chain,
		"looked": utc(c.now.Last), "forward": c.forward(),
	}
	for key, at := range map[string]time.Time{"looked_before": before.Last, "last_good": c.lastGood(), "first_bad": c.firstBad(), "unknown_since": c.doubtSince()} {
		if !at.IsZero() {
			data[key] = utc(at)
		}
	}
	var names []string
	for _, h := range c.holders {
		names = append(names, h.Name)
		if h.Version > 0 && data["expires"] == "" {
			data["expires"] = utc(h.NotAfter)
		}
	}
	data["certificates"] = strings.Join(names, " ")
	for key, value := range data {
		if value == "" {
			delete(data, key)
		}
	}
	return data
}

func (c change) doubtSince() time.Time {
	if c.now.Verdict == unknown {
		return c.now.Since
	}
	return time.Time{}
}

// forward is the text for whoever can make the change; "" where nothing has to be done.
func (c change) forward() string {
	if c.now.Do == "" {
		return ""
	}
	lines := []string{c.now.Do, ""}
	lines = append(lines, "Why: "+c.headline()+".")
	for _, more := range [][]string{c.times(), c.chains(), c.ends()} {
		for _, line := range more {
			lines = append(lines, strings.ToUpper(line[:1])+line[1:]+".")
		}
	}
	return fmt.Sprintf("For %s: ", c.now.Who) + strings.Join(lines, "\n")
}
