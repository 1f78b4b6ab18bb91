package dnsconfig

import (
	"bytes"
	"net/http"
	"strings"
	"time"

	"deputy/name"
	"deputy/secret"
)

// Native is a DNS Configuration in deputy's own format (deputy: dns-configuration/1). It says how one set of values is
// read and replaced (rrset style), or single records listed, created and deleted (record style). Merging, repeating and
// reading back are the business of whoever runs it, so that a document can't get them wrong. It is immutable.
type Native struct {
	about  About
	source []byte
	limits Limits
	base   string // without a final slash, where it is constant; else ""
	header []header

	address  *address          // nil where the administrator has to give one
	answers  string            // "" for JSON
	sign     *signing          // nil for none
	usual    judging           // of all calls but login that say nothing else
	defaults map[string]string // of account fields
	calls    map[Op]*call
	every    time.Duration // poll's; 0 where the document does not say
}

// Limits are a DNS host's bounds that a document names.
type Limits struct {
	WritesPerSecond float64 // 0: not known
	MinimumTTL      int     // seconds; a zone's own may be higher
	TTLs            []int   // seconds, rising; the only ones that the host takes; none: any
	Requests        []Window
	Values          int           // how many values a name holds; 0: any number
	Publication     time.Duration // how long the host normally takes to publish; 0: at once
}

// Window is a bound on requests in a stretch of time.
type Window struct {
	Count  int
	Per    time.Duration
	By     string // "account", "zone" or "name"
	Writes bool   // only writes count
}

// Inputs are what requests of a native document are made from.
type Inputs struct {
	Account map[string]secret.Value // the fields of the DNS Provider; unknown ones are ignored
	Base    string                  // instead of the document's own address; "" for that
	Name    name.Name               // the target, in Zone
	Zone    name.Name
	ZoneID  string   // as Read(Zone) gave it; "" for the zone's name
	ZoneTTL int      // the zone's minimum, as Read(Zone) gave it; seconds
	Values  []string // Replace and Create of the rrset style: the whole set; AddSome, Remove: those to add or remove; as octets
	Value   string   // Create and Delete of the record style, Write, Clear: the one value, as octets
	ID      string   // Item and Delete of the record style; rrset style: the set's, which expressions don't see

	// Forms are how the host wrote the values it has, as Result.Forms gave them, so that values of others are sent back
	// as they were.
	Forms map[string]string

	Session map[string]secret.Value // as Read(Login) gave it
	Found   any                     // writes of the rrset style: what the read kept
	Record  any                     // Item and Delete: the list's element
	Page    any                     // Zones, List, Read: which page; nil for the first
	PageURL string                  // instead, the whole address of the page
	Job     string                  // Poll
	Now     time.Time               // for signatures; the zero time is now
	Nonce   string                  // for signatures; "" makes one
}

// Result is what an answer says. Which fields count depends on the operation.
type Result struct {
	Absent   bool              // there is no such name (Read, List), zone (Zone) or record (Delete)
	ZoneID   string            // Zone
	ZoneName string            // Zone; "" where the answer does not tell
	ZoneTTL  int               // Zone; seconds, 0 if not told
	Values   []string          // Read, Item: the octets of each TXT value, character-strings joined
	Records  []Record          // List
	Forms    map[string]string // Read, List: how the host wrote each value, by its octets

	Session  map[string]secret.Value // Login
	Expires  time.Duration           // Login: how long the session lasts; 0: not told
	Zones    []ZoneAt                // Zones
	Found    any                     // Read
	NextPage any                     // Zones, List, Read: nil where this was the last one
	NextURL  string                  // instead
	Job      string                  // writes: what Poll asks about; "" where the change is done
	Done     bool                    // Poll
	Failed   bool                    // Poll

	seen []evaluated // see Evaluations
}

// ZoneAt is a zone at a host.
type ZoneAt struct {
	ID   string
	Name string // without a final dot
	TTL  int    // the zone's minimum in seconds, 0 if not told
}

// Outcome is what an answer means for its operation.
type Outcome string

// The outcomes.
const (
	Accepted  Outcome = "accepted"  // the results count
	Absent    Outcome = "absent"    // there is no such name, zone or record
	Exists    Outcome = "exists"    // what was to be created is there already: reading tells
	Conflict  Outcome = "conflict"  // it has changed since it was read: read and write again
	Throttled Outcome = "throttled" // too many requests: wait
	Expired   Outcome = "expired"   // the session is over: log in again
	Refused   Outcome = "refused"   // the host says no
	Failed    Outcome = "failed"    // the host failed; whether it was done, reading tells
)

// Judgement is an answer judged.
type Judgement struct {
	Outcome Outcome
	Message string        // the host's own words, where the document finds them; may hold secrets
	Wait    time.Duration // Throttled: as the body tells it; 0 where it doesn't
}

// Record is one TXT record at a host of the record style.
type Record struct {
	ID    string // "" where the host removes by value
	Value string // octets
	Raw   any    // the list's element
}

// AnswerError is an answer that a document can't accept.
type AnswerError struct {
	Op      Op
	Reason  string // a phrase; holds nothing of the account
	Refused bool   // the host said no in an answer that looks like yes
}

func (a *AnswerError) Error() string { return "the answer to " + string(a.Op) + ": " + a.Reason }

// About describes the document.
func (n *Native) About() About { return n.about }

// Limits gives the host's bounds.
func (n *Native) Limits() Limits { return n.limits }

// defaultPoll is the pause between two polls of a document that names none.
const defaultPoll = 2 * time.Second

// PollEvery is the pause between two requests of Poll.
func (n *Native) PollEvery() time.Duration {
	if n.every <= 0 {
		return defaultPoll
	}
	return n.every
}

// Source is the document, byte for byte. Do not change it.
func (n *Native) Source() []byte { return n.source }

// Base is the address that requests begin with; "" where the DNS Provider has to give one, or its account makes it.
func (n *Native) Base() string { return n.base }

// Has says whether the document has op.
func (n *Native) Has(op Op) bool { return n.calls[op] != nil }

// IsHTML says that a page for people came where an API should answer: a login page, or a proxy's error. The body decides,
// since there are APIs that send JSON as text/html.
func (r Response) IsHTML() bool {
	start := bytes.ToLower(bytes.TrimSpace(r.Body[:min(len(r.Body), 1024)]))
	if !bytes.HasPrefix(start, []byte("<")) {
		return false
	}
	kind := strings.ToLower(http.Header(r.Header).Get("Content-Type"))
	return strings.HasPrefix(kind, "text/html") || looksLikePage(r.Body)
}

// looksLikePage says that a body begins as a web page does.
func looksLikePage(body []byte) bool {
	start := bytes.ToLower(bytes.TrimSpace(body[:min(len(body), 1024)]))
	return bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html"))
}
