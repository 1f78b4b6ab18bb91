package dnsconfig

import "deputy/secret"

// DXL is one DNS Configuration of CertMgr. It is immutable; a Run holds what changes.
type DXL struct{}

// Import is what a DXL file holds.
type Import struct {
	Configurations []*DXL
	Providers      []map[string]string // DnsProvider documents: item name (as written) to text; sealed items are empty
	Accounts       []map[string]string // AcmeAccount documents, likewise
	Left           []string            // what was not taken over, and why, one line each
}

// ImportDXL reads a DXL file of at most 4 MiB. The DTD is never loaded; unknown items are ignored, and said in Left
// where they would have mattered. A file that is not XML, or has no known form, is a fault (BadDocument).
func ImportDXL(source []byte) (Import, error) { panic("seam") }

// About describes the configuration: name, documentation text, the cfg_* fields its formulas read, its Verdict by
// analysis (a QryAdd that deletes: Replacing; an Add body that holds values read by QryAdd: Additive; else Unproven).
func (d *DXL) About() About { panic("seam") }

// FloorSeconds is cfg_DnsProviderDelay: the least time between Add and telling the CA.
func (d *DXL) FloorSeconds() int { panic("seam") }

// FindsZone says that the configuration itself looks the zone up when cfg_DnsZone is empty (it sets or tests it).
func (d *DXL) FindsZone() bool { panic("seam") }

// Source is the DXL of this one configuration, which ImportDXL reads to the same.
func (d *DXL) Source() []byte { panic("seam") }

// DXLInputs are what one run starts from.
type DXLInputs struct {
	Account          map[string]secret.Value // cfg_* items of the DNS Provider; an empty one never hides the document's
	RegisteredDomain string                  // param_RegisteredDomain
	TXTName          string                  // param_DnsTxtName, without a final dot
	TXTValue         string                  // param_DnsTxtValue
}

// Run is one configuration at work on one value: the in-memory document whose variables live from Lookup to Del.
type Run struct{}

// Start begins a run.
func (d *DXL) Start(in DXLInputs) *Run { panic("seam") }

// Resume goes on with a run after Context, for QryDel and Del; in must be the inputs of Start.
func (d *DXL) Resume(in DXLInputs, context []byte) (*Run, error) { panic("seam") }

// Context is what must survive until the delete phase, as JSON: variables set by formulas and answers. No account
// field is in it, and no value that contains one of the account's secrets.
func (r *Run) Context() ([]byte, error) { panic("seam") }

// Request evaluates URL, headers and body of op, in this order. skipped is the reason when the document does not use
// op ("no method", "empty URL"). A formula that fails is a fault (Formula) with item, line, column and excerpt.
func (r *Run) Request(op Op) (req Request, skipped string, err error) { panic("seam") }

// Read stores the answer's status and its flattened JSON as ret_…/retJSON_… variables. A body that is not JSON is
// kept as ret_<Op>Text; that is not an error, the status formula decides.
func (r *Run) Read(op Op, a Response) error { panic("seam") }

// LookupCustom evaluates ReqLookupCustomFormula, which works by its side effects.
func (r *Run) LookupCustom() error { panic("seam") }

// Status evaluates StatusFormula: the Add succeeded if it is from 200 to 299.
func (r *Run) Status() (int, error) { panic("seam") }
