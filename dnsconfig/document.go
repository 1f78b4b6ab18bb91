// Package dnsconfig holds DNS Configurations as pure documents: from inputs they make requests, and from answers
// results. Native documents are YAML with expressions as leaves; DXL documents are those of HCL Domino CertMgr, with
// Notes formulas, run unmodified. The library is the set of native documents in the binary.
//
// It sends nothing, waits for nothing and keeps nothing: provider runs a document.
package dnsconfig

// Op is one request of a document.
type Op string

// The operations of a DXL document, in the order in which they run.
const (
	Lookup Op = "Lookup"
	QryAdd Op = "QryAdd"
	Add    Op = "Add"
	QryDel Op = "QryDel"
	Del    Op = "Del"
)

// The operations of a native document.
const (
	Zone    Op = "zone"    // find the zone that holds a name
	Read    Op = "read"    // rrset style: the values at a name
	Replace Op = "replace" // rrset style: the whole set
	List    Op = "list"    // record style: the records at a name, with their ids
	Create  Op = "create"  // record style: one record
	Delete  Op = "delete"  // record style: one record; rrset style: the whole set
	Login   Op = "login"   // begin a session
	Logout  Op = "logout"  // end it
	Zones   Op = "zones"   // list the zones that the credential reaches
	AddSome Op = "add"     // rrset style: the host adds single values itself
	Remove  Op = "remove"  // rrset style: the host removes single values itself
	Item    Op = "item"    // record style: one more read of a record that a list only names
	Write   Op = "write"   // single style: the value
	Clear   Op = "clear"   // single style: the value is gone
	Commit  Op = "commit"  // make the host publish what was written
	Poll    Op = "poll"    // how far an asynchronous change has come
)

// Request is what a document asks to be sent.
type Request struct {
	Op     Op
	Method string
	URL    string
	Header [][2]string // in the document's order and spelling
	Body   []byte

	given []string    // the header lines of a DXL document, as its formula gave them; see Given
	seen  []evaluated // of a native document; see Evaluations
}

// Response is what came back. Body is the whole answer.
type Response struct {
	Status int
	Header map[string][]string
	Body   []byte
}

// Verdict says what a document does to other values at the name it writes.
type Verdict string

// The verdicts.
const (
	Additive  Verdict = "additive"  // other values stay
	Replacing Verdict = "replacing" // other values are lost
	Unproven  Verdict = "unproven"  // not known; treated as replacing
)

// Field is one field of the account that a document needs.
type Field struct {
	Name   string // "token", "cfg_AuthToken"
	Title  string
	Help   string
	Secret bool
	Needed bool
}

// About describes a document of either kind.
type About struct {
	Name    string
	Title   string
	Kind    string // "native" or "dxl"
	Style   string // "rrset", "record", "single" or "operations"
	Version string
	Author  string
	Website string
	Notes   string // the human documentation, as plain text
	Fields  []Field
	Needs   [][]string // groups of fields, one of which has to be complete; none: every field that is Needed
	Hosts   []string   // the hosts that its requests go to by default; see Asks
	Verdict Verdict
	Proven  Proven

	Documentation []string // addresses of the pages that it was made from
	HostFields    []string // fields of the account by which its requests go to other hosts
	HostGiven     string   // who names the host of its requests: "api_base" of the DNS Provider, the "session"; "" for the document

	hostMade bool // the first of Hosts is made from the defaults of HostFields
}

// Proven says how far a document of the library has been proven.
type Proven string

// The levels. Each holds the ones before it.
const (
	ByDocumentation Proven = "documentation" // against a session made from the host's documentation
	ByServer        Proven = "real server"   // against the host's own software, or a stand-in measured against it
	ByLive          Proven = "live"          // against the host itself
)
