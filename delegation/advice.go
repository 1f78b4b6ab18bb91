package delegation

import (
	"fmt"
	"strings"
	"time"

	"deputy/fault"
	"deputy/name"
)

// yourTarget stands where nothing is set up that could say where the CNAME should lead.
const yourTarget = "<your target>"

// wanted is the target to ask for, as a zone file has it.
func (j judge) wanted() string {
	for _, target := range []name.Name{j.Expectation.Target, j.Advice} {
		if !target.IsZero() {
			return target.FQDN()
		}
	}
	return yourTarget
}

// record is the CNAME at the challenge name.
func (j judge) record(target string) string { return record(j.Challenge, j.OwnerZone, target) }

// record is a CNAME as it is typed: absolute, and relative to its zone where that is known, since web panels differ in
// which they want and a mistake doubles the zone.
func record(owner, zone name.Name, target string) string {
	text := fmt.Sprintf("\n    %s IN CNAME %s", owner.FQDN(), target)
	if labels, ok := owner.Relative(zone); ok && labels != "" {
		text += fmt.Sprintf("\nwhich in the zone %s is\n    %s IN CNAME %s", zone, labels, target)
	}
	return text
}

// effect says when a change can be seen by everybody: when what caches hold of the state before has expired.
func effect(ttl uint32) string {
	if ttl == 0 {
		return ""
	}
	return fmt.Sprintf("\nit takes effect at the latest %s (%d s) later", inWords(ttl), ttl)
}

// inWords writes a number of seconds as people say it: "1 hour 30 minutes".
func inWords(seconds uint32) string {
	units := []struct {
		name   string
		length uint32
	}{{"day", 86400}, {"hour", 3600}, {"minute", 60}, {"second", 1}}
	var words []string
	for _, unit := range units {
		count := seconds / unit.length
		seconds %= unit.length
		switch count {
		case 0:
		case 1:
			words = append(words, "1 "+unit.name)
		default:
			words = append(words, fmt.Sprintf("%d %ss", count, unit.name))
		}
	}
	if len(words) == 0 {
		return "0 seconds"
	}
	return strings.Join(words, " ")
}

// ownerOf says who may change a record at n, and the zone in which he types it where that is known.
func (j judge) ownerOf(n name.Name) (fault.Party, name.Name) {
	if zone, ours := n.LongestSuffix(j.Zones); ours {
		return fault.Admin, zone
	}
	for _, h := range j.Hops {
		if h.Owner == n && !h.Zone.IsZero() {
			return fault.DNSOwner, h.Zone
		}
	}
	if n == j.Challenge {
		return fault.DNSOwner, j.OwnerZone
	}
	return fault.DNSOwner, name.Name{}
}

// changed is a fault of a chain that leads astray, with the change that leads it right. Where a hop lies in a zone of
// a DNS Provider it is that one's, the last of them, since nobody else need be asked; else it is the first.
func (j judge) changed(code fault.Code) *fault.Fault {
	hop := j.Hops[0]
	for _, h := range j.Hops {
		if j.managed(h.Owner) {
			hop = h
		}
	}
	who, zone := j.ownerOf(hop.Owner)
	f := &fault.Fault{Code: code, Who: who, At: hop.Owner, After: seconds(hop.TTL)}
	endsHere := who == fault.Admin && (j.Expectation.Target.IsZero() || j.Expectation.Target == hop.Owner)
	switch {
	case !hop.DNAME.IsZero():
		f.Do = fmt.Sprintf("replace the DNAME at %s, below which nothing else may stand, by single records; for this name that is%s", hop.DNAME, record(hop.Owner, zone, j.wanted()))
	case len(j.Hops) == 1 && hop.Target.FQDN() == j.wanted():
		// The record is the one that was asked for: it is the DNS Provider that has changed since.
		f.Who, f.Do = fault.Admin, fmt.Sprintf("let a DNS Provider have the zone of %s again (deputy provider add), or plan another target", hop.Target)
		return f
	case endsHere:
		f.Do = fmt.Sprintf("remove this record, so that the chain ends in your zone %s%s", zone, record(hop.Owner, zone, hop.Target.FQDN()))
	default:
		f.Do = fmt.Sprintf("change the CNAME at %s to this%s", hop.Owner, record(hop.Owner, zone, j.wanted()))
	}
	f.Do += effect(hop.TTL)
	return f
}

// After is how long caches may hold what Follow saw: a change counts everywhere after that, at the latest.
func (c Chain) After() time.Duration {
	longest := c.NegTTL
	for _, h := range c.Hops {
		longest = max(longest, h.TTL)
	}
	return time.Duration(longest) * time.Second
}
