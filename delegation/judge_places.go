package delegation

import (
	"fmt"
	"time"

	"deputy/fault"
	"deputy/name"
)

// misplacedRecord is a record that was meant for the challenge name and stands elsewhere: the CNAME to add, with the
// target that was meant if values can be written there.
func (j judge) misplacedRecord(meant name.Name) string {
	target := j.wanted()
	if j.Expectation.Target.IsZero() && j.fits(meant) {
		target = meant.FQDN()
	}
	return j.record(target) + effect(j.NegTTL)
}

// added is a fault that is mended by adding the CNAME at the challenge name.
func (j judge) added(code fault.Code) *fault.Fault {
	return &fault.Fault{Code: code, Who: fault.DNSOwner, At: j.Challenge, After: seconds(j.NegTTL)}
}

func seconds(ttl uint32) time.Duration { return time.Duration(ttl) * time.Second }

// starLabel is a CNAME that was made for a wildcard, star included. A wildcard's challenge name is that of the name it
// stands for (RFC 8555 §7.1.3).
func (j judge) starLabel() *fault.Fault {
	if !j.starred() {
		return nil
	}
	wrong := "_acme-challenge.*." + j.Cert.Host().String()
	f := j.added(fault.StarLabel)
	f.Seen = fmt.Sprintf("a CNAME to %s stands at %s, where no CA looks, and %s has none", j.StarLabel, wrong, j.Challenge)
	f.Do = fmt.Sprintf("remove the CNAME at %s, and add this record, which serves the name and its wildcard%s", wrong, j.misplacedRecord(j.StarLabel))
	return f
}

func (j judge) starred() bool {
	return len(j.Hops) == 0 && !j.StarLabel.IsZero() && !j.direct()
}

// zoneDoubled is an owner that was typed with its zone into a form that appends the zone.
func (j judge) zoneDoubled() *fault.Fault {
	if !j.isDoubled() {
		return nil
	}
	f := j.added(fault.ZoneDoubled)
	f.Seen = fmt.Sprintf("a CNAME to %s stands at %s: its owner was typed with the zone %s, which came twice, and %s has none", j.DoubledTo, j.Doubled, j.OwnerZone, j.Challenge)
	f.Do = fmt.Sprintf("remove the CNAME at %s, and add this record%s", j.Doubled, j.misplacedRecord(j.DoubledTo))
	return f
}

func (j judge) isDoubled() bool {
	return len(j.Hops) == 0 && !j.Doubled.IsZero() && !j.direct()
}

// missingDot is a target that was typed without a dot at its end, so that the zone of its owner was appended (RFC 1035
// §5.1).
func (j judge) missingDot() *fault.Fault {
	typed, ok := j.undotted()
	if !ok {
		return nil
	}
	hop := j.Hops[len(j.Hops)-1]
	who, zone := j.ownerOf(hop.Owner)
	f := &fault.Fault{Code: fault.MissingDot, Who: who, At: hop.Owner, After: seconds(hop.TTL)}
	gone := "which does not exist"
	if j.Made {
		gone = "which only a wildcard answers for"
	}
	f.Seen = fmt.Sprintf("%s has a CNAME at %s to %s, %s: it is %s with the zone %s appended, as happens to a target without a dot at its end",
		hop.Server, hop.Owner, hop.Target, gone, typed, j.origin())
	f.Do = fmt.Sprintf("write the target of the CNAME at %s with a dot at its end%s", hop.Owner, record(hop.Owner, zone, typed.FQDN())) + effect(hop.TTL)
	return f
}

// undotted gives what the last target was before the zone was appended. It has to be a place where values could be
// written, as far as that is known, or with nothing set up one that exists.
func (j judge) undotted() (name.Name, bool) {
	if j.Chain.Target.IsZero() || len(j.Hops) == 0 || j.fitsExactly(j.Chain.Target) {
		return name.Name{}, false
	}
	typed, ok := j.typed()
	if !ok {
		return name.Name{}, false
	}
	return typed, j.fitsExactly(typed) || j.nothingSetUp() && j.Undotted == typed
}

// fitsExactly says that n is where values belong: the expected target, or in a zone where deputy may write.
func (j judge) fitsExactly(n name.Name) bool {
	if !j.Expectation.Target.IsZero() {
		return n == j.Expectation.Target
	}
	return j.managed(n)
}

// wildcardCaught is a CNAME that nobody made for the challenge name. One that leads where values belong does what was
// wanted, and is a note.
func (j judge) wildcardCaught() *fault.Fault {
	if !j.astray() {
		return nil
	}
	hop := j.Hops[0]
	who, _ := j.ownerOf(hop.Owner)
	f := &fault.Fault{Code: fault.WildcardCaught, Who: who, At: j.Challenge, After: seconds(hop.TTL)}
	f.Seen = fmt.Sprintf("%s answers for %s with the CNAME of a wildcard, to %s: any other name that was not made gets the same", hop.Server, j.Challenge, hop.Target)
	f.Do = "add this record, which goes before the wildcard" + j.record(j.wanted()) + j.wildHost() + effect(hop.TTL)
	return f
}

// wildHost is what the first record below a host that only a wildcard answers for does to that host.
func (j judge) wildHost() string {
	if !j.WildHost {
		return ""
	}
	return fmt.Sprintf("\nand give %s a record of its own first, the same as the wildcard's: as soon as a name below it exists, the wildcard answers for it no longer (RFC 4592 §2.2.2)", j.Cert.Host())
}

func (j judge) astray() bool {
	return len(j.Hops) > 0 && j.Caught && !(!j.Chain.Target.IsZero() && j.fitsExactly(j.Chain.Target))
}

// explained says that where the chain ends is a consequence of another fault: what is wrong with that end is nothing that
// anybody should mend.
func (j judge) explained() bool {
	_, undotted := j.undotted()
	return undotted || j.astray()
}
