package delegation

import (
	"fmt"

	"deputy/fault"
	"deputy/name"
)

// viewDiffers is a chain that ends elsewhere in the local view than in the public one, which is what a CA sees. A view
// in which the chain can't be told differs in nothing.
func (j judge) viewDiffers() *fault.Fault {
	l := j.Local
	if l == nil || l.Failure != nil || j.Failure != nil || sameEnd(*l, j.Chain) {
		return nil
	}
	owner, local, public := parting(*l, j.Chain)
	f := &fault.Fault{Code: fault.ViewDiffers, At: owner}
	f.Seen = fmt.Sprintf("%s %s; %s, as a CA sees it, %s", l.View, saysOf(owner, local), j.Chain.View, saysOf(owner, public))
	who, zone := j.ownerOf(owner)
	f.Who = who
	if public == nil {
		f.Do = "the record stands in the inner zone only: add it to the public one too" + record(owner, zone, local.Target.FQDN())
		f.Do += effect(j.NegTTL)
		return f
	}
	f.Do = "for the CA nothing is wrong with that; let the inner zone have the same record, so that both show one chain" + record(owner, zone, public.Target.FQDN())
	f.Do += "\nor let deputy ask past the inner zone (--resolver)"
	if local != nil {
		f.Do += effect(local.TTL)
	} else {
		f.Do += effect(l.NegTTL)
	}
	return f
}

// sameEnd says that two chains come to the same: a target, and by CNAMEs or without.
func sameEnd(a, b Chain) bool {
	return a.Target == b.Target && (len(a.Hops) == 0) == (len(b.Hops) == 0) && a.Loop.IsZero() == b.Loop.IsZero() && a.TooLong == b.TooLong
}

// parting is the first name at which two chains part, and the hop of each there; nil: it has none.
func parting(a, b Chain) (at name.Name, ofA, ofB *Hop) {
	at = a.Challenge
	for i := 0; ; i++ {
		ofA, ofB = hopOf(a, i), hopOf(b, i)
		if ofA == nil || ofB == nil || ofA.Target != ofB.Target {
			return at, ofA, ofB
		}
		at = ofA.Target
	}
}

func hopOf(c Chain, i int) *Hop {
	if i >= len(c.Hops) {
		return nil
	}
	return &c.Hops[i]
}

func saysOf(owner name.Name, h *Hop) string {
	if h == nil {
		return fmt.Sprintf("there is no CNAME at %s", owner)
	}
	return fmt.Sprintf("%s has a CNAME to %s (%s)", owner, h.Target, h.Server)
}
