package provider

import (
	"context"
	"errors"
	"time"

	"deputy/dnsconfig"
	"deputy/secret"
	"deputy/store"
)

// Canned is a run of a native document over given answers, without a network: for the workbench, which shows what a document
// would send.
type Canned struct {
	Native  *dnsconfig.Native
	Account map[string]secret.Value // the fields of the account; those that are missing are an error, as at a host
	Base    string                  // instead of the document's own address, as api_base; "" for that
	Target  store.Target            // Zone and Owner count; Provider is a name for people
	Value   string                  // is added, then removed

	// Answer gives the answer to each request, in the order in which they are made. The same answer to the same operation is
	// enough: what an accepted write has changed is put over the values that later answers tell, since a file of answers
	// can't know it.
	Answer func(dnsconfig.Request) dnsconfig.Response

	See         func(Trace) // gets every request with its answer, redacted; nil for none
	ShowSecrets bool        // … and not redacted
	Now         time.Time   // what the time is for signatures; zero: now
}

// TraceNative runs the engine over c: it adds the value, reads it back, removes it and reads again; no pause is waited.
// It goes on with the removal where the addition failed. The error is what the engine says of the answers: a fault, or
// both joined.
func TraceNative(ctx context.Context, c Canned) error {
	return errors.New("seam")
}
