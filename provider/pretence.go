package provider

import (
	"fmt"
	"maps"
	"slices"

	"deputy/dnsconfig"
	"deputy/fault"
)

// Outcome is how a run over given answers would have ended at a host.
type Outcome struct {
	Code string // seen, not-written, not-removed, there-before, unread or stopped
	Text string // a sentence for people
}

// pretence is what stands at a target whose answers were given beforehand, after writes that were accepted; and what the
// answers have told so far.
type pretence struct {
	value   string   // what is added and removed
	read    []string // as the last reading had it
	now     []string
	written bool
	told    map[bool]bool // that the value, or its absence, is made up: once each

	added, removed dnsconfig.Op // the first writes that were accepted; "" for none
	removing       bool
	before         bool // the value was there before any write
	seen           bool // … after it was added
	gone           bool // … not any more, after it was removed

	stops   []error // what deputy would stop at, each once
	excused int     // as many of them as the run went on after
}

// excuse notes an error and goes on, where nothing is asked of a host.
func (p *pretence) excuse(err error) bool {
	if p == nil || err == nil {
		return false
	}
	if p.stop(err) {
		p.excused++
	}
	return true
}

// stop notes an error; false where it was noted before.
func (p *pretence) stop(err error) bool {
	same := func(other error) bool { return other.Error() == err.Error() }
	if err == nil || slices.ContainsFunc(p.stops, same) {
		return false
	}
	p.stops = append(p.stops, err)
	return true
}

// last is what the last stop says.
func (p *pretence) last() string { return seenIn(p.stops[len(p.stops)-1]) }

func seenIn(err error) string {
	if f, ok := fault.From(err); ok {
		return f.Seen
	}
	return err.Error()
}

// madeUpID is the id of a record that no answer has told.
const madeUpID = "the-id-of-the-record"

// over takes what an answer tells, and puts what was written over it where the answer does not tell that. A record that is made
// up gets the id of the first that the answer lists, since nobody gave it one.
func (p *pretence) over(s state) state {
	there := slices.Contains(s.values, p.value)
	p.heed(there)
	p.read = s.values
	if !p.written || there == slices.Contains(p.now, p.value) {
		return s
	}
	p.read = p.now
	model := dnsconfig.Record{ID: madeUpID}
	if len(s.records) > 0 {
		model = s.records[0]
	}
	s.values, s.absent = slices.Clone(p.now), len(p.now) == 0
	s.records = slices.DeleteFunc(slices.Clone(s.records), func(r dnsconfig.Record) bool { return !slices.Contains(p.now, r.Value) })
	for _, v := range p.now {
		if !slices.ContainsFunc(s.records, func(r dnsconfig.Record) bool { return r.Value == v }) {
			s.records = append(s.records, dnsconfig.Record{ID: model.ID, Raw: madeUpRecord(model, v), Value: v})
		}
	}
	return s
}

// madeUpRecord is the element of a list that nobody listed: the members of another, with an id and the value.
func madeUpRecord(model dnsconfig.Record, value string) any {
	record := map[string]any{"id": model.ID}
	if members, ok := model.Raw.(map[string]any); ok {
		record = maps.Clone(members)
	}
	record["value"] = value
	return record
}

// heed keeps what a reading has told of the value.
func (p *pretence) heed(there bool) {
	switch {
	case p.removed != "":
		p.gone = !there
	case p.added != "":
		p.seen = p.seen || there
	case !p.removing:
		p.before = there
	}
}

// wrote notes a write that was accepted.
func (p *pretence) wrote(o operation) {
	switch {
	case p.removing && p.removed == "":
		p.removed = o.op
	case !p.removing && p.added == "":
		p.added = o.op
	}
	if !p.written {
		p.now, p.written = slices.Clone(p.read), true
	}
	without := func(gone ...string) {
		p.now = slices.DeleteFunc(p.now, func(v string) bool { return slices.Contains(gone, v) })
	}
	switch {
	case o.op == dnsconfig.Remove:
		without(o.in.Values...)
	case o.op == dnsconfig.Delete && o.in.Value != "":
		without(o.in.Value)
	case o.op == dnsconfig.Replace || o.op == dnsconfig.Delete:
		p.now = slices.Clone(o.in.Values)
	case o.op == dnsconfig.AddSome || o.op == dnsconfig.Create && o.in.Value == "":
		p.now = appendNew(p.now, o.in.Values...)
	case o.op == dnsconfig.Create:
		p.now = appendNew(p.now, o.in.Value)
	}
}

// outcome is what the whole run says.
func (p *pretence) outcome(a *account) Outcome {
	reads := a.reading()
	switch {
	case len(p.stops) > 0:
		return Outcome{"stopped", "deputy would have stopped, so that nothing tells whether the value was seen"}
	case a.single():
		return Outcome{"unread", "the document does not read, so that nothing tells whether the value was there"}
	case p.before:
		return Outcome{"there-before", fmt.Sprintf("the value was there before it was added, so that nothing was added: the first answer to %s should not have it", reads)}
	case !p.seen:
		return Outcome{"not-written", fmt.Sprintf("the value was never seen after %[2]s: at the host this would be not-written; %[1]s must read the name that %[2]s writes"+
			" (and the answers must tell it: several to %[1]s, in a list, are given one after the other)", reads, p.added)}
	case !p.gone:
		return Outcome{"not-removed", fmt.Sprintf("the value was seen after it was added, and still there after %[2]s: at the host this would be not-written; %[2]s must remove what %[1]s reads"+
			" (and the answers must tell it: several to %[1]s, in a list, are given one after the other)", reads, p.removed)}
	}
	return Outcome{"seen", "the value was seen after it was added, and gone after it was removed"}
}

// reading is the operation that reads the values.
func (a *account) reading() dnsconfig.Op {
	if a.native.Has(dnsconfig.List) {
		return dnsconfig.List
	}
	return dnsconfig.Read
}

// note tells in the trace of a run over given answers what became of them; elsewhere nothing.
func (a *account) note(op dnsconfig.Op, format string, arguments ...any) {
	if a.pretended == nil || a.traces == nil {
		return
	}
	text := fmt.Sprintf(format, arguments...)
	if !a.openly {
		text = a.redactor.Redact(text)
	}
	a.traces(Trace{Provider: a.Name, Request: dnsconfig.Request{Op: op}, Note: text})
}

// pretend gives what stands at the target of a run over given answers, and tells what was read and what is made up.
func (a *account) pretend(s state, err error) state {
	p, op := a.pretended, a.reading()
	if known := len(p.stops); p.excuse(err) {
		if len(p.stops) > known {
			a.note(op, "would stop here: %s; from here as if no value were there", seenIn(err))
		}
		s = state{absent: true}
	} else if op == dnsconfig.List {
		a.note(op, "list kept %s: %s", counted(len(s.records), "record"), shorten(fmt.Sprintf("%q", s.values), maxNote))
	} else {
		a.note(op, "read %s: %s", counted(len(s.values), "value"), shorten(fmt.Sprintf("%q", s.values), maxNote))
	}
	there := slices.Contains(s.values, p.value)
	over := p.over(s)
	now := slices.Contains(over.values, p.value)
	if there != now && !p.told[now] {
		p.told[now] = true
		a.note(op, "%s", madeUp(op, over, p.value, now))
	}
	return over
}

// madeUp says what is made up where an answer does not tell what was written.
func madeUp(op dnsconfig.Op, over state, value string, there bool) string {
	i := slices.IndexFunc(over.records, func(r dnsconfig.Record) bool { return r.Value == value })
	switch {
	case !there:
		return "the value should be gone and is still there; from here as if it were gone"
	case op == dnsconfig.List && i >= 0:
		return fmt.Sprintf("the value should be there and is not; from here with a made-up record, its id %s", over.records[i].ID)
	}
	return "the value should be there and is not; from here with a made-up value"
}

// maxNote is how many characters of values a note shows.
const maxNote = 400

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
