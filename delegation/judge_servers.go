package delegation

import (
	"fmt"
	"slices"
	"strings"

	"deputy/fault"
	"deputy/name"
	"deputy/resolver"
)

// noAnswer is a chain that can't be told. What a validating resolver refuses is told: it is bogus.
func (j judge) noAnswer() *fault.Fault {
	if j.Failure == nil || j.Security.State == resolver.Bogus {
		return nil
	}
	f := &fault.Fault{Code: fault.NoAnswer, Seen: j.Failure.Error(), Err: j.Failure, At: j.Failure.Question}
	f.Do, f.Who = j.unanswered(j.Failure)
	return f
}

// unanswered is what can be done about a question that was not answered, and who can.
func (j judge) unanswered(failure *resolver.Failure) (do string, who fault.Party) {
	switch {
	case failure.Silent():
		return "try again; if it stays so, see whether this machine may ask port 53 of that server, or ask through another resolver with --resolver", fault.Admin
	case failure.Zone.IsZero() && failure.Server != (resolver.Server{}) && !strings.HasPrefix(failure.Reason, "SERVFAIL"):
		// A resolver was asked. SERVFAIL is what it makes of servers that fail; anything else is its own.
		return fmt.Sprintf("see whether %s is a resolver that serves this machine, or name another one with --resolver", failure.Server), fault.Admin
	case failure.Zone.IsZero():
		return fmt.Sprintf("try again; if it stays so, have the records at %s mended, or the servers that hold them", failure.Question), j.hostOf(failure.Question)
	}
	return fmt.Sprintf("try again; if it stays so, whoever runs the servers of %s has to mend them", failure.Zone), j.hostOf(failure.Question)
}

// hostOf is who runs the servers of n.
func (j judge) hostOf(n name.Name) fault.Party {
	if j.managed(n) {
		return fault.DNSHost
	}
	return fault.DNSOwner
}

// bogus is an answer that DNSSEC calls wrong: CAs have to validate, so none gets a usable answer.
func (j judge) bogus() *fault.Fault {
	if j.Security.State != resolver.Bogus {
		return nil
	}
	zone := j.Security.Zone
	f := &fault.Fault{Code: fault.Bogus, At: zone, Who: fault.DNSOwner}
	f.Seen = fmt.Sprintf("DNSSEC does not hold in the zone %s: %s, says %s; a CA's resolver refuses such an answer", zone, j.Security.Why, j.Security.By)
	f.Do = fmt.Sprintf("have the zone %s signed again with the keys that the DS records in its parent name, or have the DS records there mended; no DS records make it an unsigned zone, which CAs take", zone)
	if j.managed(zone) {
		f.Who = fault.Admin
	}
	return f
}

// serversDiffer is a zone whose servers do not show the same CNAME. A CA asks any of them.
func (j judge) serversDiffer() *fault.Fault {
	if len(j.Differ) == 0 {
		return nil
	}
	owner := j.Differ[0].Owner
	hop := j.hopAt(owner)
	var others []string
	for _, d := range j.Differ {
		if d.Owner != owner {
			continue
		}
		says := "no CNAME"
		if !d.Target.IsZero() {
			says = "a CNAME to " + d.Target.String()
		}
		others = append(others, fmt.Sprintf("%s has %s", d.Server, says))
	}
	who, zone := j.ownerOf(owner)
	f := &fault.Fault{Code: fault.ServersDiffer, Who: who, At: owner, After: seconds(hop.TTL)}
	f.Seen = fmt.Sprintf("%s has a CNAME at %s to %s, and %s", hop.Server, owner, hop.Target, strings.Join(others, ", "))
	target, sure := j.agreed(hop)
	which := "this record"
	if !sure {
		which = "the same record, this one if it is the right one"
	}
	f.Do = fmt.Sprintf("let every server of the zone show %s; one that was not told of the change has to fetch the zone again%s", which, record(owner, zone, target)) + effect(hop.TTL)
	return f
}

// agreed is the target that all servers should show at a hop where they differ, as a zone file has it: of those that
// they show the one that values belong to, else the one to ask for. It is not sure which where nothing is set up.
func (j judge) agreed(hop Hop) (target string, sure bool) {
	shown := []name.Name{hop.Target}
	for _, d := range j.Differ {
		if d.Owner == hop.Owner && !d.Target.IsZero() && !slices.Contains(shown, d.Target) {
			shown = append(shown, d.Target)
		}
	}
	for _, n := range shown {
		if n.FQDN() == j.wanted() {
			return j.wanted(), true
		}
	}
	if j.nothingSetUp() || hop.Owner != j.Hops[len(j.Hops)-1].Owner {
		return hop.Target.FQDN(), len(shown) == 1
	}
	for _, n := range shown {
		if n.IsPlain() && j.fitsExactly(n) {
			return n.FQDN(), true
		}
	}
	return j.wanted(), true
}
