package dnsconfig

import (
	"bytes"
	"net/http"
	"slices"
	"strings"

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
	base   string // without a final slash; "" where the administrator has to give one
	header []header
	calls  map[Op]*call
}

// Limits are a DNS host's bounds that a document names.
type Limits struct {
	WritesPerSecond float64 // 0: not known
	MinimumTTL      int     // seconds; a zone's own may be higher
}

// Inputs are what requests of a native document are made from.
type Inputs struct {
	Account map[string]secret.Value // the fields of the DNS Provider; unknown ones are ignored
	Base    string                  // instead of the document's own address; "" for that
	Name    name.Name               // the target, in Zone
	Zone    name.Name
	ZoneID  string   // as Read(Zone) gave it; "" for the zone's name
	ZoneTTL int      // the zone's minimum, as Read(Zone) gave it; seconds
	Values  []string // Replace: the whole set, as octets
	Value   string   // Create and Delete: the one value, as octets
	ID      string   // Delete

	// Forms are how the host wrote the values it has, as Result.Forms gave them, so that values of others are sent back
	// as they were.
	Forms map[string]string
}

// Result is what an answer says. Which fields count depends on the operation.
type Result struct {
	Absent   bool              // there is no such name (Read, List), zone (Zone) or record (Delete)
	ZoneID   string            // Zone
	ZoneName string            // Zone; "" where the answer does not tell
	ZoneTTL  int               // Zone; seconds, 0 if not told
	Values   []string          // Read: the octets of each TXT value, character-strings joined
	Records  []Record          // List
	Forms    map[string]string // Read, List: how the host wrote each value, by its octets
}

// Record is one TXT record at a host of the record style.
type Record struct {
	ID    string
	Value string // octets
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

// Source is the document, byte for byte. Do not change it.
func (n *Native) Source() []byte { return n.source }

// Base is the address that requests begin with; "" where the DNS Provider has to give one.
func (n *Native) Base() string { return n.base }

// Has says whether the document has op.
func (n *Native) Has(op Op) bool { return n.calls[op] != nil }

// Accepts says whether Read can make sense of an answer with this HTTP status: success, or one that the document names
// as "absent".
func (n *Native) Accepts(op Op, status int) bool {
	c := n.calls[op]
	return c != nil && (status >= 200 && status < 300 || slices.Contains(c.absent, status))
}

// IsHTML says that a page for people came where an API should answer: a login page, or a proxy's error. The body decides,
// since there are APIs that send JSON as text/html.
func (r Response) IsHTML() bool {
	start := bytes.ToLower(bytes.TrimSpace(r.Body[:min(len(r.Body), 1024)]))
	if !bytes.HasPrefix(start, []byte("<")) {
		return false
	}
	kind := strings.ToLower(http.Header(r.Header).Get("Content-Type"))
	return strings.HasPrefix(kind, "text/html") || bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html"))
}
