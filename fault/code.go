package fault

// Code names a kind of fault. Codes are stable: scripts test them, and docs/faults has a page for each.
type Code string

// Delegation: what stands between a challenge name and a place where deputy may write, in order of precedence: of
// several faults of a name the first in this list is the one that counts.
const (
	NoAnswer       Code = "no-answer"        // the chain can't be told: SERVFAIL, REFUSED, silence, lameness
	Bogus          Code = "bogus"            // DNSSEC: a validating resolver, such as every CA's, refuses the answer
	Loop           Code = "loop"             // the chain comes back to a name it has passed
	TooLong        Code = "too-long"         // more hops than resolvers follow
	ServersDiffer  Code = "servers-differ"   // one name server has the CNAME and another has not, or another one
	CNAMEAtHost    Code = "cname-at-host"    // made at NAME instead of _acme-challenge.NAME
	StarLabel      Code = "star-label"       // made at _acme-challenge.*.NAME
	ZoneDoubled    Code = "zone-doubled"     // the owner was typed with its zone, and the zone came twice
	NoDelegation   Code = "no-delegation"    // no CNAME at the challenge name
	MissingDot     Code = "missing-dot"      // the target got the owner's zone appended
	WildcardCaught Code = "wildcard-caught"  // the CNAME is that of a wildcard, and was not meant
	OtherData      Code = "other-data"       // something else beside the CNAME
	OtherVendor    Code = "other-vendor"     // the CNAME leads to another company's validation service
	WrongTarget    Code = "wrong-target"     // the CNAME leads somewhere else than it should
	BadTarget      Code = "bad-target"       // the target's name holds characters that are not safe to write with
	DanglingTarget Code = "dangling-target"  // the target's zone does not exist
	HiddenByCut    Code = "hidden-by-cut"    // a zone cut between the provider's zone and the target
	Unmanaged      Code = "unmanaged-target" // the target lies in no zone of a DNS Provider
	AtApex         Code = "at-apex"          // the value would be written at the zone's own name
	TXTTooLarge    Code = "txt-too-large"    // the values at the target are more than a CA reads
	CAAForbids     Code = "caa-forbids"      // CAA records do not let this CA, method or account issue
	CAAUnknown     Code = "caa-unknown"      // the CAA records can't be told
	ViewDiffers    Code = "view-differs"     // the local view of the chain is not the public one
)

// DNS hosts and their documents.
const (
	BadDocument     Code = "bad-document"     // a DNS Configuration, DXL or DNS Provider that can't be read
	NoProvider      Code = "no-provider"      // no DNS Provider of that name, or none serves the target
	ProviderInUse   Code = "provider-in-use"  // it still has publications
	HostRefused     Code = "host-refused"     // the DNS host's API said no: credential, rights, content
	HostFailed      Code = "host-failed"      // the DNS host's API failed or answered nonsense
	HostThrottled   Code = "host-throttled"   // the DNS host's API allows no more requests for now
	HostRedirected  Code = "host-redirected"  // a write was answered with a redirect
	NotWritten      Code = "not-written"      // the host said yes and did nothing, or something else
	ForeignValue    Code = "foreign-value"    // a value of somebody else stands where a document can only replace
	NotPropagated   Code = "not-propagated"   // an authoritative server does not show the value in time
	TurnTooLong     Code = "turn-too-long"    // a host that holds one value keeps it in caches too long for turns
	Egress          Code = "egress-refused"   // a document wanted an address it may not reach
	Formula         Code = "formula"          // a formula of a DXL can't be evaluated
	ClaimLost       Code = "claim-lost"       // another process took over while this one was held up
	LeftoverPending Code = "leftover-pending" // a value of an earlier run could not be withdrawn yet
)

// CAs.
const (
	CADirectory    Code = "ca-directory"    // the directory can't be read, or is not one
	CATerms        Code = "ca-terms"        // its terms are not agreed to
	CAAccount      Code = "ca-account"      // the account is unknown, deactivated, or needs external binding
	CARefused      Code = "ca-refused"      // the CA refuses the order
	CALimited      Code = "ca-limited"      // a rate limit of the CA
	CAFailed       Code = "ca-failed"       // the CA failed or can't be reached
	CAValidation   Code = "ca-validation"   // the CA did not accept a challenge
	BadCertificate Code = "bad-certificate" // what came is not the certificate that was ordered
)

// This installation.
const (
	BadName     Code = "bad-name"     // not a name that a certificate can hold
	BadSettings Code = "bad-settings" // the settings file, an option or a combination of options
	NotSetUp    Code = "not-set-up"   // no account or provider yet
	StateNewer  Code = "state-newer"  // the state directory is of a newer deputy
	StateKey    Code = "state-key"    // the master key is missing, wrong or readable by others
	StateFailed Code = "state-failed" // the state can't be read or written: full, read-only, not a local disk
	SecretOpen  Code = "secret-open"  // a file with a secret that others can read
	NotFound    Code = "not-found"    // no certificate, account, configuration of that name
	NotRenewed  Code = "not-renewed"  // a certificate has expired, and its renewal waits for its next try
	HookFailed  Code = "hook-failed"  // a deploy hook failed
)
