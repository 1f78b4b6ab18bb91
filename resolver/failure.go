package resolver

import (
	"fmt"
	"strings"

	"github.com/miekg/dns"

	"deputy/name"
)

// Reasons of a Failure that callers tell apart. Others are an RCODE ("SERVFAIL", "REFUSED") or a sentence.
const (
	NoReply   = "no answer"                // silence; a Failure says in how many tries
	NoRoute   = "no route"                 // no way to that address from here, as to IPv6 without IPv6
	Refused   = "nothing listens there"    // the address answers, but not at that port
	Closed    = "it closes the connection" // over TCP, without an answer
	Lame      = "lame"                     // it does not serve the zone that it should
	Truncated = "truncated, and no TCP"    // the answer is too long for UDP, and TCP failed
	Exhausted = "too many questions asked" // the bounds of one question were reached
)

// Failure is a question that was not answered. It is never "there is no such record".
type Failure struct {
	Question name.Name
	Type     Type
	Zone     name.Name // whose servers were asked; zero where that is not known
	Server   Server    // the one whose Reason counts; zero when none could be asked
	Reason   string    // "SERVFAIL", "no answer in 3 tries", "lame", …; then what the other servers said
	Err      error
}

func (f *Failure) Error() string {
	if f.Server == (Server{}) {
		return fmt.Sprintf("nothing usable about %s: %s", f.Question, f.Reason)
	}
	return fmt.Sprintf("%s says nothing usable about %s: %s", f.Server, f.Question, f.Reason)
}

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.Err }

// Silent says that the server said nothing at all: no answer, no route, nothing listening. A server that said
// something unusable is not silent.
func (f *Failure) Silent() bool {
	for _, silence := range []string{NoReply, NoRoute, Refused, Closed} {
		if strings.HasPrefix(f.Reason, silence) {
			return true
		}
	}
	return false
}

// refusal is one try at one server that gave nothing usable.
type refusal struct {
	server Server
	reason string
	err    error
}

// final says that another try at the same server would be told the same. Nothing listening is not final: a server may
// be there over TCP only.
func (r *refusal) final() bool {
	switch r.reason {
	case NoReply, Closed, Refused, errForeign.Error(), errMalformed.Error(), errSpelling.Error(), dns.RcodeToString[dns.RcodeServerFailure]:
		return false
	}
	return true
}

// silent says that nothing came from the server.
func (r *refusal) silent() bool {
	return r.reason == NoReply || r.reason == NoRoute || r.reason == Refused || r.reason == Closed
}

// failure sums the refusals up: first the server that said most, then the others, each once.
func (q question) failure(zone name.Name, refusals []refusal) *Failure {
	f := &Failure{Question: q.name, Type: q.typ, Zone: zone}
	verdicts := perServer(refusals)
	if len(verdicts) == 0 {
		f.Reason = "no name server of " + zone.String() + " has an address that can be found"
		return f
	}
	first := 0
	for i, v := range verdicts {
		if !v.silent() {
			first = i
			break
		}
	}
	f.Server, f.Reason, f.Err = verdicts[first].server, verdicts[first].words(), verdicts[first].err
	for i, v := range verdicts {
		if i != first {
			f.Reason += fmt.Sprintf("; %s: %s", v.server, v.words())
		}
	}
	return f
}

// verdict is what all tries at one server came to.
type verdict struct {
	refusal
	silences int
}

func (v verdict) words() string {
	if v.silences > 1 && (v.reason == NoReply || v.reason == Closed) {
		return fmt.Sprintf("%s in %d tries", NoReply, v.silences)
	}
	return v.reason
}

func perServer(refusals []refusal) []verdict {
	var verdicts []verdict
	index := map[Server]int{}
	for _, r := range refusals {
		i, known := index[r.server]
		if !known {
			i = len(verdicts)
			index[r.server] = i
			verdicts = append(verdicts, verdict{refusal: r})
		}
		if r.silent() {
			verdicts[i].silences++
		}
		if verdicts[i].silent() && !r.silent() {
			verdicts[i].refusal = r
		}
	}
	return verdicts
}
