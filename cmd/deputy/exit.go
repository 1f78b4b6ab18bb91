package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"deputy/fault"
)

// Exit codes. Scripts rely on them; docs/operations.md lists them.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitDNS         = 3 // somebody must change DNS
	exitUnknown     = 4 // could not tell, try later
	exitWaited      = 5 // --wait ended without the record
	exitInterrupted = 130
)

// usageError is a command line that can't be meant.
type usageError struct{ err error }

func (u usageError) Error() string { return u.err.Error() }

func (u usageError) Unwrap() error { return u.err }

// exitOf gives the exit code of a kind of fault.
func exitOf(c fault.Code) int {
	switch c {
	case fault.Bogus, fault.Loop, fault.TooLong, fault.ServersDiffer, fault.CNAMEAtHost, fault.StarLabel, fault.ZoneDoubled,
		fault.NoDelegation, fault.MissingDot, fault.WildcardCaught, fault.OtherData, fault.OtherVendor, fault.WrongTarget,
		fault.BadTarget, fault.DanglingTarget, fault.Unmanaged, fault.HiddenByCut, fault.AtApex, fault.TXTTooLarge,
		fault.CAAForbids, fault.ViewDiffers:
		return exitDNS
	case fault.NoAnswer, fault.CAAUnknown, fault.NotPropagated, fault.HostThrottled, fault.HostFailed, fault.CALimited, fault.CAFailed:
		return exitUnknown
	case fault.BadName, fault.BadSettings, fault.BadDocument, fault.SecretOpen:
		return exitUsage
	}
	return exitFailed
}

// fail prints err for a person, or as objects with --json, and gives the exit code: the first fault's.
func (p *program) fail(ctx context.Context, err error) int {
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		fmt.Fprintln(p.stderr, "deputy: interrupted; the same command goes on where this one was")
		return exitInterrupted
	}
	var said errSaid
	if errors.As(err, &said) {
		return said.code
	}
	var usage usageError
	if errors.As(err, &usage) {
		fmt.Fprintf(p.stderr, "deputy: %s\n", usage)
		return exitUsage
	}
	faults := faultsIn(err)
	for _, f := range faults {
		p.printFault(f)
	}
	if len(faults) == 0 {
		fmt.Fprintf(p.stderr, "deputy: %s\n", err)
		return exitFailed
	}
	return exitOf(faults[0].Code)
}

// errSaid is an end with a code whose reason was printed already.
type errSaid struct{ code int }

func (e errSaid) Error() string { return fmt.Sprintf("exit %d", e.code) }

// faultsIn finds every fault in a tree of joined and wrapped errors, in order.
func faultsIn(err error) []*fault.Fault {
	switch e := err.(type) {
	case nil:
		return nil
	case *fault.Fault:
		return []*fault.Fault{e}
	case interface{ Unwrap() []error }:
		var all []*fault.Fault
		for _, one := range e.Unwrap() {
			all = append(all, faultsIn(one)...)
		}
		return all
	}
	return faultsIn(errors.Unwrap(err))
}

// printFault writes the four parts of a fault, each on its own line.
func (p *program) printFault(f *fault.Fault) {
	if p.options.json {
		p.print(faultObject(f))
		return
	}
	fmt.Fprintf(p.stderr, "deputy: %s\n", f.Code)
	for _, part := range []struct{ title, text string }{
		{"tried", f.Tried}, {"seen", f.Seen}, {"to do", f.Do}, {"by", string(f.Who)},
	} {
		if part.text != "" {
			fmt.Fprintf(p.stderr, "  %-6s %s\n", part.title, strings.ReplaceAll(part.text, "\n", "\n         "))
		}
	}
}

func faultObject(f *fault.Fault) map[string]string {
	return map[string]string{"code": string(f.Code), "tried": f.Tried, "seen": f.Seen, "do": f.Do, "who": string(f.Who)}
}

// print writes v as one line of JSON to stdout.
func (p *program) print(v any) {
	line, err := json.Marshal(v)
	if err != nil {
		line = []byte(fmt.Sprintf(`{"error":%q}`, err))
	}
	fmt.Fprintf(p.stdout, "%s\n", line)
}
