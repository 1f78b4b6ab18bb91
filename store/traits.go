package store

import (
	"errors"
	"time"
)

// Traits are what a DNS Provider's document can and can't do at a target: provider tells, publish obeys.
type Traits struct {
	Capacity       int           // values that the target can hold at once; 0: any number
	Replacing      bool          // other people's values are lost by a write, or may be
	ReplaceForeign bool          // … and the DNS Provider allows that
	Removable      bool          // false: values can't be deleted (acme-dns, a document without Del)
	Floor          time.Duration // the least time between write and telling the CA
	TurnWait       time.Duration // between two turns at one target; negative: the TTL seen there
	Publication    time.Duration // how long the host normally takes to publish a change; 0: at once, or not known
}

// Errors of DNS Providers that publish tells apart.
var (
	ErrUnreadable = errors.New("the host's API can't read values")
	ErrDoubt      = errors.New("the host may or may not have made the change")
	// ErrNothingSent says that no request of a change left that could have written: the host is as it was before.
	ErrNothingSent = errors.New("nothing was sent that writes")
)
