// Package publish keeps TXT values at targets so that nobody loses or clobbers one: it journals before it writes,
// claims the target, waits until every authoritative server shows every value, and withdraws by value, after a crash
// too.
//
// It does not know how a DNS host is spoken to (provider), where a value belongs (delegation) or what it is for (ca).
package publish

import (
	"context"

	"deputy/name"
	"deputy/resolver"
	"deputy/store"
)

// Host writes values at targets.
type Host interface {
	// Values reads the TXT values at t as the host's API tells them. store.ErrUnreadable when the document has no way to.
	Values(ctx context.Context, t store.Target) ([]string, error)
	// Change adds and removes by value; all publications have the same Target. It returns nil only when the host has
	// confirmed each, reading back where the document can. The added come back with their Context filled in.
	// An error that wraps store.ErrDoubt leaves open whether the change was made; one that wraps store.ErrNothingSent
	// says that no request left that could have made it.
	Change(ctx context.Context, add, remove []store.Publication) (added []store.Publication, err error)
	// Traits of writing at t.
	Traits(t store.Target) (store.Traits, error)
}

// Authorities asks the servers of a zone one by one.
type Authorities interface {
	Authorities(ctx context.Context, n name.Name) (resolver.Authority, error)
	QueryAt(ctx context.Context, s resolver.Server, n name.Name, t resolver.Type) (resolver.Answer, error)
	Views(ctx context.Context, n name.Name, t resolver.Type) ([]resolver.Answer, error)
}
