// Package store keeps the rows that must not be lost: accounts, DNS Configurations, DNS Providers, certificates,
// attempts, publications, planned targets, claims and events. Secrets in them are sealed with the installation's
// key, each bound to its row.
//
// It has rows and transactions and no policy: what is due, what may be written and who withdraws what is said by
// schedule, issuance and publish.
package store

import (
	"context"
	"time"

	"deputy/name"
	"deputy/secret"
)

// Account is an ACME account at a CA. Its key is stored before newAccount is sent, so that a lost answer can be
// looked up (RFC 8555 §7.3.1).
type Account struct {
	ID        int64
	Name      string       // unique; "default" for the first
	Directory string       // the ACME directory's URL, as it was typed
	Email     string       // may be ""
	URL       string       // the account's URL at the CA; "" until the CA said so
	Key       secret.Value // PKCS #8, PEM
	EABKeyID  string       // "" without external account binding; two accounts may share a Directory
	EABKey    secret.Value // base64url, as the CA gave it
	Terms     string       // the URL of the terms that were agreed to; "" where the CA has none
	Created   time.Time
}

// Configuration is an imported DNS Configuration. The library's own are in the binary and have no row.
type Configuration struct {
	Name     string
	Revision int64  // 1, 2, … for each import under the same name; old ones stay while a publication needs them
	Kind     string // "native" or "dxl"
	Source   []byte // the document, byte for byte
	Created  time.Time
}

// Provider is one revision of a DNS Provider. A publication names the revision it was written with, and withdraws
// with that one, whatever happened to the provider since.
type Provider struct {
	Name                  string
	Revision              int64
	Document              secret.Value // YAML of deputy: dns-provider/1, credentials in place
	Configuration         string
	ConfigurationRevision int64 // 0: the library's
	Removed               bool
	Created               time.Time
}

// Target is where a TXT value is written: an owner name in a zone, through a DNS Provider.
type Target struct {
	Provider string
	Revision int64
	Zone     name.Name
	Owner    name.Name
	Domain   name.Name // custom value mode: the registered domain that chose the provider; zero in follow mode
	Cert     name.Name // the certificate's name whose challenge this answers, without "*."
}

// Key is the target as a claim's key: two targets with the same owner name share it, whoever writes them.
func (t Target) Key() string { return "target/" + t.Owner.String() }

// PublicationState is how far a publication got.
type PublicationState string

// The states of a publication, in order.
const (
	Intended    PublicationState = "intended"    // journalled; the host may or may not have it
	Written     PublicationState = "written"     // the host said that it has it
	Withdrawing PublicationState = "withdrawing" // its removal was begun; the host may or may not have it
	Withdrawn   PublicationState = "withdrawn"   // the host said that it is gone
	Unremovable PublicationState = "unremovable" // the host can't delete; shown, never retried
)

// Publication is a TXT value that deputy put at a target, or is about to.
type Publication struct {
	ID int64
	Target
	Value       string
	Certificate string    // whose order wanted it
	Holder      string    // the key of the claim under which it was written …
	Fence       int64     // … and that claim's fence
	Until       time.Time // no request for it can still be on its way after this, in database time
	State       PublicationState
	Context     secret.Value // what the document remembers between adding and removing; JSON
	Error       string       // why the last removal failed; "" if none did
	Created     time.Time
}

// Certificate is what is kept valid.
type Certificate struct {
	Name       string // its --cert-name, and the name of its folder; by default the first name's FileName
	Names      []name.Name
	KeyType    string // ec256, ec384, rsa2048, rsa3072, rsa4096
	Account    string // Account.Name
	Profile    string // ACME profile; "" for the CA's default
	DeployHook string // a shell command, "" for none
	Created    time.Time

	// The current version. Version is 0 until the first certificate came.
	Version   int64
	Chain     []byte       // PEM, leaf first
	Key       secret.Value // PKCS #8, PEM
	Serial    string
	NotBefore time.Time
	NotAfter  time.Time
	Deployed  bool // files and hook are done for this version

	// When next, and why not.
	ARI       RenewalInfo
	Failures  int       // since the last success
	LastError string    // one line; "" after a success
	RetryAt   time.Time // not before, after a failure
}

// RenewalInfo is what the CA suggested (RFC 9773 §4.2). The zero value is no suggestion.
type RenewalInfo struct {
	Start, End  time.Time
	Explanation string    // a URL
	At          time.Time // the time drawn within the window, kept so that it is drawn once
	CheckAfter  time.Time // ask again then
}

// AttemptState is how an attempt ended.
type AttemptState string

// The states of an attempt.
const (
	AttemptOpen      AttemptState = "open"
	AttemptDone      AttemptState = "done"
	AttemptAbandoned AttemptState = "abandoned"
)

// Attempt is one order on its way, so that a crashed run goes on where it was. OrderURL is stored before anything
// else is done with the order, Key before the CSR is sent.
type Attempt struct {
	ID          int64
	Certificate string
	Account     string
	Names       []name.Name
	Profile     string
	Key         secret.Value // the certificate's key, PKCS #8, PEM
	Replaces    string       // ARI identifier of the predecessor; "" for none
	Asked       bool         // newOrder was sent: without an OrderURL its answer was lost
	OrderURL    string
	Finalized   bool // finalize was sent
	State       AttemptState
	Error       string
	Created     time.Time
}

// PlannedTarget binds a name to the target that its owner was asked to point to, for ever.
type PlannedTarget struct {
	Tenant  string    // "" until there is more than one
	Name    name.Name // the certificate's name without "*."
	Target  name.Name
	Created time.Time
}

// Event is one thing that happened. Progress, --json, history and later pages and alerts are all made from events.
type Event struct {
	ID          int64
	Time        time.Time
	Kind        string // "follow", "order.opened", …; see issuance, publish and schedule
	Certificate string
	Name        string            // a domain name, target or server; may be ""
	Text        string            // for people: lower case, no full stop, no secret
	Data        map[string]string // for machines; no secret
}

// Sink takes events. It returns when the event is dealt with, so events are seen in order.
type Sink func(context.Context, Event)
