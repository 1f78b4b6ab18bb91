package lab

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// answerLimit bounds what an Entry keeps of an answer, in octets.
const answerLimit = 4096

// NoAnswer is the Status of a DNS query that a silent server left unanswered.
const NoAnswer = -1

// Entry is one request, query or edit. It gets its place when it arrives and its Status and Answer when it has been
// answered; an HTTP request with Status 0 was not answered (yet).
type Entry struct {
	Seq      int       `json:"seq"`
	Time     time.Time `json:"time"`
	Kind     string    `json:"kind"`               // "http" (a DNS host), "acme", "dns", "edit"
	Server   string    `json:"server"`             // "desec", "set-txt", "ca", a name server's host name, "resolver", "resolver-2", "ca-resolver"; of an edit: the zone
	From     string    `json:"from"`               // address; the resolvers ask from 127.53.0.9 and .14, the CA's from .13; of an edit: "owner", "desec", "set-txt"
	What     string    `json:"what"`               // "PUT /api/v1/domains/martdj.dedyn.io/rrsets/", "TXT validation.martdj.dedyn.io.", …
	Resource string    `json:"resource,omitempty"` // for ACME, as RFC 8555 §7.1 calls it: "newOrder", "authorization", …
	Network  string    `json:"network,omitempty"`  // for DNS: "udp", "tcp", "https"
	Body     string    `json:"body,omitempty"`     // of a request; for ACME the decoded payload
	Status   int       `json:"status"`             // HTTP status; for dns the RCODE, or NoAnswer
	Answer   string    `json:"answer,omitempty"`   // body of an HTTP answer (first 4096 octets), records of a DNS answer
}

// RcodeText names the RCODE in a DNS entry's Status: "NOERROR", "SERVFAIL" (RFC 1035 §4.1.1).
func RcodeText(status int) string {
	if text, ok := dns.RcodeToString[status]; ok {
		return text
	}
	return fmt.Sprintf("RCODE %d", status)
}

// History is everything that was asked, in order. It is safe for concurrent use.
type History struct {
	mu      sync.Mutex
	entries []Entry
	changed chan struct{} // closed and replaced at each change
}

func newHistory() *History { return &History{changed: make(chan struct{})} }

// All gives a copy of the entries so far.
func (h *History) All() []Entry { return h.Find(func(Entry) bool { return true }) }

// Find gives the entries for which match is true.
func (h *History) Find(match func(Entry) bool) []Entry {
	h.mu.Lock()
	defer h.mu.Unlock()
	var found []Entry
	for _, e := range h.entries {
		if match(e) {
			found = append(found, e)
		}
	}
	return found
}

// Mark gives the Seq of the last entry, to look at what comes after; 0 when there is none.
func (h *History) Mark() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.entries)
}

// Since gives the entries after mark.
func (h *History) Since(mark int) []Entry {
	return h.Find(func(e Entry) bool { return e.Seq > mark })
}

// Await waits for an entry after mark for which match is true, and gives the first. match sees an entry again when it
// was answered. It returns ctx's error when that ends first.
func (h *History) Await(ctx context.Context, mark int, match func(Entry) bool) (Entry, error) {
	for {
		e, ok, changed := h.first(mark, match)
		if ok {
			return e, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return Entry{}, ctx.Err()
		}
	}
}

func (h *History) first(mark int, match func(Entry) bool) (Entry, bool, <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, e := range h.entries[min(mark, len(h.entries)):] {
		if match(e) {
			return e, true, nil
		}
	}
	return Entry{}, false, h.changed
}

// add gives e its place and returns its Seq.
func (h *History) add(e Entry) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	e.Seq, e.Time = len(h.entries)+1, time.Now()
	e.Answer = cut(e.Answer)
	h.entries = append(h.entries, e)
	h.tell()
	return e.Seq
}

// answered completes the entry with that Seq.
func (h *History) answered(seq, status int, answer string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	e := &h.entries[seq-1]
	e.Status, e.Answer = status, cut(answer)
	h.tell()
}

// tell wakes those who wait; h.mu is held.
func (h *History) tell() {
	close(h.changed)
	h.changed = make(chan struct{})
}

func cut(s string) string {
	if len(s) > answerLimit {
		return s[:answerLimit]
	}
	return s
}
