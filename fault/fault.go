// Package fault is the one kind of error that people see: what was tried, what was seen, what to do, and who can do it.
//
// Rooms return a *Fault where they know those four things, and wrap a plain error where they don't; the edge
// (command line, later the pages) prints it and maps its Code to an exit code in one table. It decides nothing.
package fault

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"deputy/name"
)

// Party is who can mend a fault.
type Party string

// The parties of an installation.
const (
	DNSOwner Party = "the owner of the DNS" // whoever may change the certificate name's zone
	Admin    Party = "you"                  // whoever runs deputy
	DNSHost  Party = "the DNS host"         // the company behind a DNS Provider
	CA       Party = "the CA"
	Nobody   Party = "nobody: it passes"
)

// Fault is an error for people. Tried, Seen and Do are phrases without a capital letter or a full stop;
// Do may span lines, since a record to add stands on a line of its own.
type Fault struct {
	Code  Code   // stable, in code.go
	Tried string // "follow _acme-challenge.demohub.martdj.nl"
	Seen  string // "127.0.0.3 says that the name does not exist"
	Do    string // the exact change
	Who   Party
	At    name.Name     // the owner name where it is wrong; zero where there is none
	After time.Duration // how long caches may hold the state before the change; 0 where nothing is cached, or it is not known
	Err   error         // the cause, for errors.Is and errors.As; may be nil
}

// Error gives all four parts on one line; Render gives them on several.
func (f *Fault) Error() string {
	parts := []string{string(f.Code)}
	if f.Tried != "" {
		parts = append(parts, "tried to "+f.Tried)
	}
	if f.Seen != "" {
		parts = append(parts, f.Seen)
	}
	if f.Do != "" {
		parts = append(parts, fmt.Sprintf("%s: %s", f.Who, strings.ReplaceAll(f.Do, "\n", " | ")))
	}
	return strings.Join(parts, "; ")
}

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.Err }

// From finds the first Fault in err's chain.
func From(err error) (*Fault, bool) {
	var f *Fault
	ok := errors.As(err, &f)
	return f, ok
}
