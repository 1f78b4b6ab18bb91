package provider

import (
	"fmt"
	"strings"

	"deputy/fault"
	"deputy/name"
	"deputy/store"
)

// The modes in which a DNS Provider is chosen.
const (
	followMode = "follow"
	customMode = "custom value"
)

// Choice is which DNS Provider serves a certificate's name, and why.
type Choice struct {
	Provider string
	Mode     string    // "follow" or "custom value"
	Zone     name.Name // zero while the target is not known
	Target   name.Name // custom value mode: where the CNAME has to lead
	Why      string    // one sentence
}

// offer is one DNS Provider that may be chosen.
type offer struct {
	Document
	revision int64
}

// offers are all DNS Providers of the installation.
type offers []offer

// bind says where the value for cert goes when its chain leads to target.
func (o offers) bind(cert, target name.Name) (store.Target, error) {
	chosen, domain, err := o.byDomain(cert)
	if err != nil {
		return store.Target{}, err
	}
	if chosen == nil {
		return o.follow(cert, target)
	}
	zone, want, err := chosen.custom(cert)
	if err != nil {
		return store.Target{}, err
	}
	if target != want {
		return store.Target{}, chosen.wrongTarget(cert, target, want)
	}
	return chosen.target(cert, zone, want, domain)
}

// follow binds by the target alone.
func (o offers) follow(cert, target name.Name) (store.Target, error) {
	chosen, zone, err := o.byZone(cert, target)
	if err != nil {
		return store.Target{}, err
	}
	if target == zone {
		return store.Target{}, &fault.Fault{
			Code:  fault.AtApex,
			Tried: fmt.Sprintf("find a place for the challenge value of %s", cert.Host()),
			Seen:  fmt.Sprintf("the target %s is the zone's own name, where deputy does not write", target),
			Do:    fmt.Sprintf("let the CNAME at %s lead to a name below the zone, as in %s", challengeText(cert), below(zone)),
			Who:   fault.DNSOwner,
		}
	}
	return chosen.target(cert, zone, target, name.Name{})
}

func below(zone name.Name) string { return "validation." + zone.FQDN() }

func (o *offer) target(cert, zone, owner, domain name.Name) (store.Target, error) {
	t := store.Target{Provider: o.Name, Revision: o.revision, Zone: zone, Owner: owner, Domain: domain, Cert: cert.Host()}
	return t, plain(t)
}

// byDomain finds the DNS Provider with the registered domain that is the longest suffix of cert, at a label border; nil
// where there is none. Two with the same domain are a fault.
func (o offers) byDomain(cert name.Name) (chosen *offer, domain name.Name, err error) {
	var others []string
	for i := range o {
		d, ok := cert.Host().LongestSuffix(o[i].RegisteredDomains)
		switch {
		case !ok || chosen != nil && d.Labels() < domain.Labels():
		case chosen != nil && d == domain:
			others = append(others, o[i].Name)
		default:
			chosen, domain, others = &o[i], d, nil
		}
	}
	if len(others) > 0 {
		return nil, name.Name{}, tie(cert, append([]string{chosen.Name}, others...), "the registered domain "+domain.String())
	}
	return chosen, domain, nil
}

// byZone finds the DNS Provider in follow mode whose zone is the longest suffix of target.
func (o offers) byZone(cert, target name.Name) (chosen *offer, zone name.Name, err error) {
	var others []string
	for i := range o {
		if len(o[i].RegisteredDomains) > 0 {
			continue
		}
		z, ok := target.LongestSuffix(o[i].Zones)
		switch {
		case !ok || chosen != nil && z.Labels() < zone.Labels():
		case chosen != nil && z == zone:
			others = append(others, o[i].Name)
		default:
			chosen, zone, others = &o[i], z, nil
		}
	}
	if chosen == nil {
		return nil, name.Name{}, o.unmanaged(cert, target)
	}
	if len(others) > 0 {
		return nil, name.Name{}, tie(cert, append([]string{chosen.Name}, others...), "the zone "+zone.String())
	}
	return chosen, zone, nil
}

func tie(cert name.Name, names []string, what string) error {
	return &fault.Fault{
		Code:  fault.BadSettings,
		Tried: "choose a DNS Provider for " + cert.Host().String(),
		Seen:  fmt.Sprintf("the DNS Providers %s all name %s", strings.Join(names, " and "), what),
		Do:    fmt.Sprintf("leave %s in one of them only, with deputy provider add, or remove one", what),
		Who:   fault.Admin,
	}
}

// unmanaged is the fault for a target in no zone; it lists the zones that could be used.
func (o offers) unmanaged(cert, target name.Name) error {
	tried := "find a DNS Provider for the target of " + cert.Host().String()
	if len(o) == 0 {
		return &fault.Fault{
			Code: fault.NoProvider, Tried: tried, Seen: "there is no DNS Provider yet",
			Do: "add one: deputy provider add", Who: fault.Admin,
		}
	}
	f := &fault.Fault{Code: fault.Unmanaged, Tried: tried, Who: fault.Admin}
	for _, other := range o {
		if zone, ok := target.LongestSuffix(other.Zones); ok {
			f.Seen = fmt.Sprintf("%s lies in %s of the DNS Provider %s, which serves only names in its registered domains %s", target, zone, other.Name, list(other.RegisteredDomains))
			f.Do = fmt.Sprintf("add %s to registered_domains of %s, or add a DNS Provider for the zone without registered_domains", cert.Host(), other.Name)
			return f
		}
	}
	zones := o.zones()
	if len(zones) == 0 {
		f.Seen = fmt.Sprintf("%s lies in no zone of a DNS Provider, and the registered domains of those there are do not hold %s", target, cert.Host())
		f.Do = "add a DNS Provider for the target's zone, or add the name's domain to registered_domains of one"
		return f
	}
	f.Seen = fmt.Sprintf("%s lies in no zone of a DNS Provider; the zones are %s", target, list(zones))
	f.Do = fmt.Sprintf("have the CNAME at %s changed to a name in one of these zones, or add a DNS Provider for the zone of %s", challengeText(cert), target)
	f.Who = fault.DNSOwner
	if challenge, ok := cert.Challenge(); ok && challenge == target {
		f.Seen = fmt.Sprintf("there is no CNAME at %s, and it lies in no zone of a DNS Provider; the zones are %s", challenge, list(zones))
		f.Do = fmt.Sprintf("add a CNAME at %s that leads into one of these zones; deputy plan %s writes the request", challenge, cert.Host())
	}
	return f
}

// zones are those in which a target may lie in follow mode.
func (o offers) zones() []name.Name {
	var zones []name.Name
	for _, each := range o {
		if len(each.RegisteredDomains) == 0 {
			zones = append(zones, each.Zones...)
		}
	}
	return zones
}

// custom says where the value for cert belongs in custom value mode: at the custom value in the zone; or, without one,
// at the challenge name itself where that lies in a zone (as configurations older than custom values did).
func (o *offer) custom(cert name.Name) (zone, target name.Name, err error) {
	if o.CustomValue != "" {
		target, err = o.Zones[0].Child(o.CustomValue)
		return o.Zones[0], target, err
	}
	challenge, ok := cert.Challenge()
	if !ok {
		return name.Name{}, name.Name{}, fmt.Errorf("the challenge name of %s is longer than a name can be", cert.Host())
	}
	zone, ok = challenge.LongestSuffix(o.Zones)
	if !ok || zone == challenge {
		return name.Name{}, name.Name{}, o.atApex(cert, challenge)
	}
	return zone, challenge, nil
}

func (o *offer) atApex(cert, challenge name.Name) error {
	return &fault.Fault{
		Code:  fault.AtApex,
		Tried: fmt.Sprintf("find a place for the challenge value of %s with the DNS Provider %s", cert.Host(), o.Name),
		Seen:  fmt.Sprintf("custom_value is empty, and %s does not lie below its zone %s: the value would be written at the zone's own name", challenge, list(o.Zones)),
		Do:    fmt.Sprintf("give %s a custom_value, the label of the CNAME's target in the zone; or leave registered_domains out, and deputy follows the CNAME", o.Name),
		Who:   fault.Admin,
	}
}

func (o *offer) wrongTarget(cert, target, want name.Name) error {
	f := &fault.Fault{
		Code:  fault.WrongTarget,
		Tried: fmt.Sprintf("match the CNAME of %s with the DNS Provider %s", challengeText(cert), o.Name),
		Seen:  fmt.Sprintf("it leads to %s; the provider writes at %s", target, want),
		Do:    fmt.Sprintf("replace it by\n%s. CNAME %s\nor have custom_value of %s changed", challengeText(cert), want.FQDN(), o.Name),
		Who:   fault.DNSOwner,
	}
	challenge, _ := cert.Challenge()
	switch {
	case o.CustomValue == "":
		f.Do = fmt.Sprintf("remove the CNAME at %s, or give %s a custom_value that fits it", challengeText(cert), o.Name)
	case target == challenge:
		f.Seen = fmt.Sprintf("there is no CNAME at %s; the provider writes at %s", challenge, want)
		f.Do = fmt.Sprintf("add\n%s CNAME %s", challenge.FQDN(), want.FQDN())
	}
	return f
}

// challengeText is the challenge name for people, whether or not it is short enough to exist.
func challengeText(cert name.Name) string { return "_acme-challenge." + cert.Host().String() }

func list(names []name.Name) string {
	return strings.Join(texts(names), ", ")
}

// expect says what is known before the chain is followed.
func (o offers) expect(cert name.Name) (zones []name.Name, target name.Name, err error) {
	chosen, _, err := o.byDomain(cert)
	if err != nil {
		return nil, name.Name{}, err
	}
	if chosen == nil {
		return o.zones(), name.Name{}, nil
	}
	zone, target, err := chosen.custom(cert)
	if err != nil {
		return nil, name.Name{}, err
	}
	return []name.Name{zone}, target, nil
}

// explain tells the choice; target is zero where the chain can't be told.
func (o offers) explain(cert, target name.Name) (Choice, error) {
	chosen, domain, err := o.byDomain(cert)
	if err != nil {
		return Choice{}, err
	}
	if chosen != nil {
		zone, want, err := chosen.custom(cert)
		if err != nil {
			return Choice{}, err
		}
		why := fmt.Sprintf("%s is the longest registered domain that holds %s; its custom value makes the target", domain, cert.Host())
		if chosen.CustomValue == "" {
			why = fmt.Sprintf("%s is the longest registered domain that holds %s; without a custom value the challenge name itself is written", domain, cert.Host())
		}
		return Choice{Provider: chosen.Name, Mode: customMode, Zone: zone, Target: want, Why: why}, nil
	}
	if target.IsZero() {
		return Choice{Mode: followMode, Why: fmt.Sprintf("no registered domain holds %s, so its CNAME decides, and where that leads can't be told now", cert.Host())}, nil
	}
	bound, err := o.follow(cert, target)
	if err != nil {
		return Choice{}, err
	}
	why := fmt.Sprintf("%s is the longest zone that holds the target %s", bound.Zone, target)
	if challenge, ok := cert.Challenge(); ok && challenge == target {
		why = fmt.Sprintf("%s holds the challenge name itself, so no CNAME is needed", bound.Zone)
	}
	return Choice{Provider: bound.Provider, Mode: followMode, Zone: bound.Zone, Why: why}, nil
}
