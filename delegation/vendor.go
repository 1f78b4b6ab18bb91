package delegation

import (
	"fmt"

	"deputy/fault"
	"deputy/name"
)

// vendor is a company whose validation service a CNAME may lead to.
type vendor struct {
	suffix  string // of its targets
	company string
	service string // what leads there
	source  string // where that is documented
	public  bool   // it answers challenges for whoever asks it to: an administrator may have meant it
}

// vendorOf finds the vendor whose validation service n lies in.
func vendorOf(n name.Name) (vendor, bool) {
	for _, v := range vendors() {
		if n.In(name.MustParseOwner(v.suffix)) {
			return v, true
		}
	}
	return vendor{}, false
}

// otherVendor is a chain that leads to another company's validation service, where no value of deputy's can be put. A
// name holds one CNAME, so it is the one or the other.
func (j judge) otherVendor() *fault.Fault {
	v, at, ok := j.vendorHop()
	if !ok {
		return nil
	}
	f := j.changed(fault.OtherVendor)
	f.At = at.Owner
	f.Seen = fmt.Sprintf("%s has a CNAME at %s to %s, which is %s of %s (%s)", at.Server, at.Owner, at.Target, v.service, v.company, v.source)
	if v.public {
		f.Do = fmt.Sprintf("if %s is meant, this name's certificate is got with it and needs no change; if deputy is to get it, ", v.company) + f.Do
		return f
	}
	f.Do = fmt.Sprintf("ask whether %s still has to get certificates for %s: a name can hold one CNAME, so only one of the two can; if deputy is to get them, ", v.company, j.Cert.Host()) + f.Do
	return f
}

// vendorHop is the hop that leads to a vendor. What ends where deputy may write, or where it should, leads to none.
func (j judge) vendorHop() (vendor, Hop, bool) {
	if len(j.Hops) == 0 || j.astray() || !j.Chain.Target.IsZero() && (j.managed(j.Chain.Target) || j.Chain.Target == j.Expectation.Target) {
		return vendor{}, Hop{}, false
	}
	for _, h := range j.Hops {
		v, ok := vendorOf(h.Target)
		if ok && !(v.public && j.nothingSetUp()) {
			return v, h, true
		}
	}
	return vendor{}, Hop{}, false
}
