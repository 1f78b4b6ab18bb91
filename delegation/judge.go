package delegation

import (
	"fmt"
	"slices"
	"strings"

	"deputy/fault"
	"deputy/name"
)

// judge measures one chain.
type judge struct {
	Chain
	Expectation
}

// Judge lists the faults of a chain, the one that counts first. No fault: values may be written at chain.Target.
func Judge(c Chain, e Expectation) []*fault.Fault {
	j := judge{c, e}
	var faults []*fault.Fault
	for _, look := range []func() *fault.Fault{
		j.noAnswer, j.bogus, j.loop, j.tooLong, j.serversDiffer, j.cnameAtHost, j.starLabel, j.zoneDoubled, j.noDelegation,
		j.missingDot, j.wildcardCaught, j.otherData, j.otherVendor, j.wrongTarget, j.badTarget, j.danglingTarget, j.hiddenByCut,
		j.unmanaged, j.atApex, j.txtTooLarge, j.caaForbids, j.caaUnknown, j.viewDiffers,
	} {
		if f := look(); f != nil {
			f.Tried = "follow " + c.Challenge.String()
			if f.At.IsZero() {
				f.At = c.Challenge
			}
			faults = append(faults, f)
		}
	}
	return faults
}

func (j judge) loop() *fault.Fault {
	if j.Loop.IsZero() {
		return nil
	}
	last := j.Hops[len(j.Hops)-1]
	f := j.changed(fault.Loop)
	f.Seen = fmt.Sprintf("%s has a CNAME at %s that leads back to %s", last.Server, last.Owner, j.Loop)
	return f
}

func (j judge) tooLong() *fault.Fault {
	if !j.TooLong {
		return nil
	}
	last := j.Hops[len(j.Hops)-1]
	f := j.changed(fault.TooLong)
	f.Seen = fmt.Sprintf("%s is the %dth CNAME in a row, at %s, and resolvers give up at about that many", last.Owner, len(j.Hops), last.Server)
	return f
}

func (j judge) cnameAtHost() *fault.Fault {
	if !j.misplaced() {
		return nil
	}
	f := j.added(fault.CNAMEAtHost)
	f.At = j.Cert.Host()
	f.Seen = fmt.Sprintf("%s is an alias of %s, which has no address, and %s has no CNAME: it was made at the wrong name", j.Cert.Host(), j.HostCNAME, j.Challenge)
	if !j.meantForChallenge() {
		f.Seen = strings.Replace(f.Seen, "it was made", "it looks as if it was made", 1)
		f.Do = fmt.Sprintf("if it was meant for %s, ", j.Challenge)
	}
	f.Do += fmt.Sprintf("remove the CNAME at %s, and add this record%s", j.Cert.Host(), j.misplacedRecord(j.HostCNAME))
	return f
}

// misplaced says that the CNAME at the host, which leads to no address, was meant for the challenge name. Where it is
// known where values belong, it has to lead there.
func (j judge) misplaced() bool {
	return !j.HostCNAME.IsZero() && !j.direct() && (j.meantForChallenge() || j.nothingSetUp())
}

// meantForChallenge says that it leads to a place where deputy writes, or to one named as a challenge.
func (j judge) meantForChallenge() bool {
	named := slices.Contains(strings.Split(j.HostCNAME.String(), "."), "_acme-challenge")
	return named || j.HostCNAME == j.Expectation.Target || j.HostCNAME == j.Advice || j.managed(j.HostCNAME)
}

// nothingSetUp says that it is not known where values belong.
func (j judge) nothingSetUp() bool { return len(j.Zones) == 0 && j.Expectation.Target.IsZero() }

// fits says that values could be written at n, as far as anything is known.
func (j judge) fits(n name.Name) bool { return n.IsPlain() && (len(j.Zones) == 0 || j.managed(n)) }

func (j judge) managed(n name.Name) bool {
	_, ok := n.LongestSuffix(j.Zones)
	return ok
}

// direct says that the challenge name needs no CNAME: deputy may write there.
func (j judge) direct() bool {
	if !j.Expectation.Target.IsZero() {
		return j.Challenge == j.Expectation.Target
	}
	return j.managed(j.Challenge)
}

func (j judge) noDelegation() *fault.Fault {
	if j.Chain.Target.IsZero() || len(j.Hops) > 0 || j.direct() || j.misplaced() || j.starred() || j.isDoubled() {
		return nil
	}
	f := j.added(fault.NoDelegation)
	first := ""
	switch {
	case j.OwnerZone == j.Challenge:
		return j.ownZone(f)
	case len(j.Texts) > 0 && j.Caught:
		f.Seen = fmt.Sprintf("%s says that %s has no CNAME; the TXT there is that of a wildcard", j.Chain.Server, j.Challenge)
	case len(j.Texts) > 0:
		f.Seen = fmt.Sprintf("%s says that %s has TXT records and no CNAME", j.Chain.Server, j.Challenge)
		first = fmt.Sprintf("remove the TXT records at %s, beside which no CNAME may stand, and ", j.Challenge)
	case j.Exists:
		f.Seen = fmt.Sprintf("%s says that %s has no CNAME", j.Chain.Server, j.Challenge)
	case j.Chain.Zone.IsPublicSuffix() && !j.Registered:
		domain := below(j.Chain.Zone, j.Challenge)
		f.Seen = fmt.Sprintf("%s says that %s does not exist, nor does the domain %s", j.Chain.Server, j.Challenge, domain)
		first = fmt.Sprintf("see that the name is right and that %s is registered, and ", domain)
		f.Do = first + "add this record" + record(j.Challenge, domain, j.wanted()) + effect(j.NegTTL)
		return f
	default:
		f.Seen = fmt.Sprintf("%s says that %s does not exist", j.Chain.Server, j.Challenge)
	}
	f.Do = first + "add this record" + j.record(j.wanted()) + j.wildHost() + effect(j.NegTTL)
	return f
}

// ownZone is a challenge name that is delegated by NS records: at the top of a zone no CNAME can stand (RFC 1034 §3.6.2).
func (j judge) ownZone(f *fault.Fault) *fault.Fault {
	f.Seen = fmt.Sprintf("%s is a zone of its own, delegated by NS records, at whose top no CNAME can stand", j.Challenge)
	f.Do = fmt.Sprintf("remove the NS records at %s, and add this record in their place%s\nor, if that zone is yours, add a DNS Provider that holds it",
		j.Challenge, record(j.Challenge, j.AboveZone, j.wanted())) + effect(j.NegTTL)
	return f
}

func (j judge) otherData() *fault.Fault {
	for _, h := range j.Hops {
		if len(h.Beside) == 0 {
			continue
		}
		who, zone := j.ownerOf(h.Owner)
		f := &fault.Fault{Code: fault.OtherData, Who: who, At: h.Owner, After: seconds(h.TTL)}
		if slices.Contains(h.Beside, "CNAME") {
			f.Seen = fmt.Sprintf("%s has more than one CNAME at %s", h.Server, h.Owner)
			f.Do = fmt.Sprintf("keep one record at %s, this one if it is the right one", h.Owner)
		} else {
			kinds := strings.Join(h.Beside, ", ")
			f.Seen = fmt.Sprintf("%s has %s beside the CNAME at %s, where nothing else may stand (RFC 1034 §3.6.2)", h.Server, kinds, h.Owner)
			f.Do = fmt.Sprintf("remove the %s records at %s, and keep only this one", kinds, h.Owner)
		}
		f.Do += record(h.Owner, zone, h.Target.FQDN()) + effect(h.TTL)
		return f
	}
	return nil
}

func (j judge) wrongTarget() *fault.Fault {
	right := j.Expectation.Target
	if j.Chain.Target.IsZero() || len(j.Hops) == 0 || right.IsZero() || j.Chain.Target == right || j.explained() {
		return nil
	}
	f := j.changed(fault.WrongTarget)
	f.Seen = fmt.Sprintf("the chain ends at %s instead of %s, says %s", j.Chain.Target, right, j.Hops[len(j.Hops)-1].Server)
	return f
}

// badTarget is a target whose name is right for DNS and not safe to write with: documents of DNS hosts put it into URLs,
// where some characters would make it another name.
func (j judge) badTarget() *fault.Fault {
	if j.Chain.Target.IsZero() || len(j.Hops) == 0 || j.Chain.Target.IsPlain() {
		return nil
	}
	f := j.changed(fault.BadTarget)
	f.Seen = fmt.Sprintf("the chain ends at %s, and deputy writes only at names of letters, digits, hyphens and underscores", j.Chain.Target)
	return f
}

// danglingTarget is a target in a zone that is not in the DNS: a zone of a DNS Provider that its parent does not
// delegate, or below a public suffix where nobody has a zone.
func (j judge) danglingTarget() *fault.Fault {
	if j.Chain.Target.IsZero() || j.Chain.Zone.IsZero() {
		return nil
	}
	zone, ours := j.Chain.Target.LongestSuffix(j.Zones)
	if ours && zone != j.Chain.Zone && zone.In(j.Chain.Zone) {
		return &fault.Fault{
			Code: fault.DanglingTarget,
			Seen: fmt.Sprintf("the zone %s, which should hold %s, does not exist: the servers of %s know of no delegation", zone, j.Chain.Target, j.Chain.Zone),
			Do:   fmt.Sprintf("make the zone %s at its DNS host, and have NS records for it added to %s", zone, j.Chain.Zone),
			Who:  fault.Admin,
			At:   zone,
		}
	}
	if ours || len(j.Hops) == 0 || j.Exists || j.Registered || !j.Chain.Zone.IsPublicSuffix() || j.explained() {
		return nil
	}
	f := j.changed(fault.DanglingTarget)
	f.Seen = fmt.Sprintf("the chain ends at %s, but the servers of %s say that there is no %s", j.Chain.Target, j.Chain.Zone, below(j.Chain.Zone, j.Chain.Target))
	return f
}

func (j judge) hiddenByCut() *fault.Fault {
	zone, ours := j.Chain.Target.LongestSuffix(j.Zones)
	if !ours || j.Chain.Zone.IsZero() || j.Chain.Zone == zone || !j.Chain.Zone.In(zone) {
		return nil
	}
	return &fault.Fault{
		Code: fault.HiddenByCut,
		Seen: fmt.Sprintf("%s lies in the zone %s, which is delegated away from %s: what is written there is not seen", j.Chain.Target, j.Chain.Zone, zone),
		Do:   fmt.Sprintf("add a DNS Provider that holds the zone %s, or remove its NS records from %s", j.Chain.Zone, zone),
		Who:  fault.Admin,
		At:   j.Chain.Zone,
	}
}

func (j judge) unmanaged() *fault.Fault {
	nothingExpected := len(j.Zones) == 0 || !j.Expectation.Target.IsZero()
	if j.Chain.Target.IsZero() || len(j.Hops) == 0 || nothingExpected || j.managed(j.Chain.Target) || j.explained() {
		return nil
	}
	var zones []string
	for _, z := range j.Zones {
		zones = append(zones, z.String())
	}
	f := j.changed(fault.Unmanaged)
	f.Seen = fmt.Sprintf("the chain ends at %s in the zone %s, which no DNS Provider holds; they hold %s", j.Chain.Target, j.Chain.Zone, strings.Join(zones, ", "))
	if !j.Chain.Zone.IsPublicSuffix() {
		f.Do += fmt.Sprintf("\nor, if %s is yours, add a DNS Provider that holds it", j.Chain.Zone)
	}
	return f
}

// atApex is a chain that ends at the own name of a zone of ours, where deputy does not write: it may hold mail and
// other proofs of the whole domain.
func (j judge) atApex() *fault.Fault {
	if len(j.Hops) == 0 || !slices.Contains(j.Zones, j.Chain.Target) || j.Chain.Target == j.Expectation.Target {
		return nil
	}
	f := j.changed(fault.AtApex)
	f.Seen = fmt.Sprintf("the chain ends at %s, the zone's own name, instead of at a name in it", j.Chain.Target)
	return f
}

// below is the ancestor of n, or n itself, that stands directly below zone.
func below(zone, n name.Name) name.Name {
	for at := n; ; {
		above, ok := at.Parent()
		if !ok || above == zone {
			return at
		}
		at = above
	}
}

// hopAt is the chain's hop at owner.
func (j judge) hopAt(owner name.Name) Hop {
	at := slices.IndexFunc(j.Hops, func(h Hop) bool { return h.Owner == owner })
	return j.Hops[at]
}
