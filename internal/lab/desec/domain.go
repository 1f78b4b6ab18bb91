package desec

import (
	"crypto"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
	"golang.org/x/net/publicsuffix"
)

// defaultMinimumTTL is the least TTL in a zone that nobody asked an exception for, seconds.
const defaultMinimumTTL = 3600

// localSuffix is deSEC's own public suffix, below which it gives domains away.
const localSuffix = "dedyn.io"

// domainForm is the form of a domain's name.
var domainForm = regexp.MustCompile(`^([a-z0-9_-]{1,63}\.)*[a-z0-9-]{1,63}$`)

// domain is one zone.
type domain struct {
	user       int
	name       string // without a final dot
	minimumTTL int
	created    time.Time
	published  time.Time // zero: never
	touched    time.Time
	key        *dns.DNSKEY // made when first shown
	rrsets     []*rrset    // in the order of their creation
}

func newDomain(user int, name string, minimumTTL int, now time.Time) *domain {
	if minimumTTL == 0 {
		minimumTTL = defaultMinimumTTL
	}
	return &domain{user: user, name: name, minimumTTL: minimumTTL, created: now, touched: now}
}

// fqdn is the name of a subname in the domain, with its final dot.
func (d *domain) fqdn(subname string) string {
	if subname == "" {
		return d.name + "."
	}
	return subname + "." + d.name + "."
}

func (d *domain) find(subname, rrtype string) *rrset {
	for _, s := range d.rrsets {
		if s.subname == subname && s.rrtype == rrtype {
			return s
		}
	}
	return nil
}

// locallyRegistrable says that deSEC itself gave the domain away, and so keeps its NS records
// (https://desec.readthedocs.io/en/latest/dns/rrsets.html#restricted-types).
func (d *domain) locallyRegistrable() bool { return strings.HasSuffix(d.name, "."+localSuffix) }

// domainObject is a domain as the API shows it
// (https://desec.readthedocs.io/en/latest/dns/domains.html#domain-field-reference). Keys are left out of lists.
type domainObject struct {
	Created    stamp       `json:"created"`
	Published  *stamp      `json:"published"`
	Name       string      `json:"name"`
	Keys       []keyObject `json:"keys,omitempty"`
	MinimumTTL int         `json:"minimum_ttl"`
	Touched    stamp       `json:"touched"`
}

type keyObject struct {
	DNSKEY  string   `json:"dnskey"`
	DS      []string `json:"ds"`
	Flags   uint16   `json:"flags"`
	KeyType string   `json:"keytype"`
	Managed bool     `json:"managed"`
}

// stamp is a time in the API's form: UTC, microseconds.
type stamp time.Time

// MarshalText writes the time.
func (s stamp) MarshalText() ([]byte, error) {
	return []byte(time.Time(s).UTC().Format("2006-01-02T15:04:05.000000Z")), nil
}

func (d *domain) object() domainObject {
	o := domainObject{Created: stamp(d.created), Name: d.name, MinimumTTL: d.minimumTTL, Touched: stamp(d.touched)}
	if !d.published.IsZero() {
		published := stamp(d.published)
		o.Published = &published
	}
	return o
}

// objectWithKeys adds the zone's DNSSEC key, a combined signing key for ECDSA P-256 as deSEC's are, with its DS records
// in the digests that deSEC gives: SHA-256 and SHA-384.
func (d *domain) objectWithKeys() (domainObject, error) {
	if d.key == nil {
		k := &dns.DNSKEY{
			Hdr:   dns.RR_Header{Name: d.fqdn(""), Rrtype: dns.TypeDNSKEY, Class: dns.ClassINET},
			Flags: dns.ZONE | dns.SEP, Protocol: 3, Algorithm: dns.ECDSAP256SHA256,
		}
		if _, err := k.Generate(crypto.SHA256.Size() * 8); err != nil {
			return domainObject{}, fmt.Errorf("make a key for %s: %w", d.name, err)
		}
		d.key = k
	}
	o := d.object()
	ko := keyObject{Flags: d.key.Flags, KeyType: "csk", Managed: true}
	ko.DNSKEY = fmt.Sprintf("%d %d %d %s", d.key.Flags, d.key.Protocol, d.key.Algorithm, d.key.PublicKey)
	for _, digest := range []uint8{dns.SHA256, dns.SHA384} {
		ds := d.key.ToDS(digest)
		ko.DS = append(ko.DS, fmt.Sprintf("%d %d %d %s", ds.KeyTag, ds.Algorithm, ds.DigestType, ds.Digest))
	}
	o.Keys = []keyObject{ko}
	return o, nil
}

// listDomains gives the user's domains, newest first, or with owns_qname the one that is responsible for that name
// (https://desec.readthedocs.io/en/latest/dns/domains.html#identifying-the-responsible-domain-for-a-dns-name).
func (c *call) listDomains() (answer, error) {
	var own []*domain
	for _, d := range c.host.domains {
		if d.user == c.login.user {
			own = append(own, d)
		}
	}
	slices.SortFunc(own, func(a, b *domain) int {
		if order := b.created.Compare(a.created); order != 0 {
			return order
		}
		return strings.Compare(a.name, b.name)
	})
	if c.query.Has("owns_qname") {
		own = responsible(own, c.query.Get("owns_qname"))
	}
	objects := []domainObject{}
	for _, d := range own {
		objects = append(objects, d.object())
	}
	return answer{status: http.StatusOK, body: objects}, nil
}

// responsible gives the domain with the longest name that qname ends in, at a label border. A qname that can't be a
// domain's name, one with a final dot among them, has none.
func responsible(domains []*domain, qname string) []*domain {
	if !domainForm.MatchString(strings.ToLower(strings.TrimPrefix(qname, "*."))) {
		return nil
	}
	var best []*domain
	for _, d := range domains {
		if strings.HasSuffix("."+qname, "."+d.name) && (best == nil || len(d.name) > len(best[0].name)) {
			best = []*domain{d}
		}
	}
	return best
}

func (c *call) showDomain() (answer, error) {
	d, err := c.findDomain()
	if err != nil {
		return answer{}, err
	}
	o, err := d.objectWithKeys()
	return answer{status: http.StatusOK, body: o}, err
}

// createDomain makes an empty domain (https://desec.readthedocs.io/en/latest/dns/domains.html#creating-a-domain).
func (c *call) createDomain() (answer, error) {
	data, err := c.data()
	if err != nil {
		return answer{}, err
	}
	item, err := dictionary(data)
	if err != nil {
		return answer{}, err
	}
	errs := fieldErrors{}
	name, _ := errs.text("name", item, textRule{required: true, check: c.checkDomainName})
	if len(errs) > 0 {
		return answer{}, refuse(http.StatusBadRequest, errs)
	}
	d := newDomain(c.login.user, name, 0, c.now)
	o, err := d.objectWithKeys()
	if err != nil {
		return answer{}, err
	}
	c.host.domains[name] = d
	return answer{status: http.StatusCreated, body: o}, nil
}

func (c *call) checkDomainName(name string) []string {
	const longest = 191
	var wrong []string
	if name != strings.ToLower(name) {
		wrong = append(wrong, "Invalid value (not lowercase): "+name)
	}
	if !domainForm.MatchString(strings.ToLower(name)) {
		wrong = append(wrong, "Domain names must be labels separated by dots. Labels may consist of up to 63 letters, digits, "+
			"hyphens, and underscores. The last label may not contain an underscore.")
	}
	if len(name) > longest {
		wrong = append(wrong, fmt.Sprintf("Ensure this field has no more than %d characters.", longest))
	}
	if _, taken := c.host.domains[name]; taken {
		wrong = append(wrong, "domain with this name already exists.")
	}
	if len(wrong) == 0 && !c.registrable(name) {
		wrong = append(wrong, "This domain name conflicts with an existing domain, or is disallowed by policy.")
	}
	return wrong
}

// registrable refuses public suffixes, reserved names, and what lies above or below another user's domain.
func (c *call) registrable(name string) bool {
	suffix, _ := publicsuffix.PublicSuffix(name)
	if name == suffix || strings.HasSuffix("."+name, ".internal") {
		return false
	}
	generation := strings.Count(name, ".") - strings.Count(suffix, ".")
	if generation == 1 && slices.ContainsFunc([]string{"_", "autoconfig.", "autodiscover."}, func(reserved string) bool {
		return strings.HasPrefix(name, reserved)
	}) {
		return false
	}
	for other, d := range c.host.domains {
		related := strings.HasSuffix(name, "."+other) || strings.HasSuffix(other, "."+name)
		if related && d.user != c.login.user {
			return false
		}
	}
	return true
}

// deleteDomain takes a domain and its RRsets away; one that is not there is no error
// (https://desec.readthedocs.io/en/latest/dns/domains.html#deleting-a-domain).
func (c *call) deleteDomain() (answer, error) {
	d, err := c.findDomain()
	if err != nil {
		return answer{status: http.StatusNoContent}, nil
	}
	c.domain = d
	var changes []change
	for _, s := range d.rrsets {
		changes = append(changes, change{old: s, subname: s.subname, rrtype: s.rrtype, ttl: s.ttl})
	}
	if err := c.apply(changes); err != nil {
		return answer{}, err
	}
	delete(c.host.domains, d.name)
	return answer{status: http.StatusNoContent}, c.announce(changes)
}
