package provider

import (
	"context"

	"deputy/dnsconfig"
	"deputy/name"
	"deputy/store"
)

// Registry finds DNS Providers in the store and runs their documents.
type Registry struct {
	Store  *store.Store
	Tell   store.Sink
	Traces func(Trace) // nil for none
}

// Trace is one request with its answer, redacted.
type Trace struct {
	Provider string
	Request  dnsconfig.Request
	Response dnsconfig.Response
	Err      string
}

// Host is the Registry as publish sees it.
type Host struct{ *Registry }

// Bind says where the challenge value of cert goes when its chain leads to target: which DNS Provider, zone, owner,
// and in custom value mode which registered domain chose it. Faults: Unmanaged, AtApex, WrongTarget, NoProvider.
func (r *Registry) Bind(ctx context.Context, cert, target name.Name) (store.Target, error) {
	panic("seam")
}

// Expect says what is known about cert's delegation before its chain is followed: in custom value mode the exact
// target, else the zones where one may lie.
func (r *Registry) Expect(ctx context.Context, cert name.Name) (zones []name.Name, target name.Name, err error) {
	panic("seam")
}

// Explain tells the choice for cert; target is where its chain leads, zero if that can't be told.
func (r *Registry) Explain(ctx context.Context, cert, target name.Name) (Choice, error) {
	panic("seam")
}

// Check tries a document without writing: that its configuration exists and its fields are there.
func (r *Registry) Check(ctx context.Context, d Document) error { panic("seam") }
