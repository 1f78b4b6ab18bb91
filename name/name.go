// Package name holds a domain name in the one form deputy uses: absolute, lower case, A-labels, within the
// limits of RFC 1035 §2.3.4. Only Parse and ParseOwner build one, so a Name that exists is a Name that is right.
//
// It knows nothing of resolution: whether a name exists is the resolver's room.
package name

import (
	"fmt"
	"net/netip"
	"strings"

	"golang.org/x/net/idna"
)

// Bounds of RFC 1035 §2.3.4, in octets: a label, and a name in presentation form without its final dot.
const (
	maxLabel = 63
	maxName  = 253
)

// Name is an absolute domain name. The zero value is no name at all; the root is Root().
// Two Names are equal (==) exactly when DNS calls them equal.
type Name struct {
	fqdn string // lower case, with its final dot; "" is the zero value
}

// Root is the name ".".
func Root() Name { return Name{"."} }

// Parse reads the name of a certificate: a host name, or a wildcard "*." in front of one (RFC 9525 §6.3).
// Upper case, a final dot and U-labels (RFC 5890) are accepted and normalised. Refused, each with an error that
// says what to do: an IP address, a "*" anywhere but as the whole first label, underscores, a single label,
// and what is over the bounds of RFC 1035.
func Parse(s string) (Name, error) {
	text := strings.TrimSuffix(strings.TrimSpace(s), ".")
	if text == "" {
		return Name{}, fmt.Errorf("%q is not a name: it is empty", s)
	}
	if _, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return Name{}, fmt.Errorf("%s is an IP address; deputy proves names by DNS, and dns-01 can't prove an address", text)
	}
	host, wildcard := strings.CutPrefix(text, "*.")
	if strings.Contains(host, "*") {
		return Name{}, fmt.Errorf("%s has a * that is not the whole first label; only *.NAME is a wildcard", text)
	}
	if strings.Contains(host, "_") {
		return Name{}, fmt.Errorf("%s has an underscore, which no certificate may hold; give the host's name", text)
	}
	n, err := parse(host, idna.Lookup)
	if err != nil {
		return Name{}, err
	}
	if n.Labels() < 2 {
		return Name{}, fmt.Errorf("%s is a single label; give the full name, as in host.example.org", text)
	}
	if wildcard {
		return bounded("*." + n.fqdn)
	}
	return n, nil
}

// ParseOwner reads the name of any DNS record: underscores, single labels and the root are welcome.
func ParseOwner(s string) (Name, error) {
	text := strings.TrimSpace(s)
	if text == "." {
		return Root(), nil
	}
	text = strings.TrimSuffix(text, ".")
	if text == "" {
		return Name{}, fmt.Errorf("%q is not a name: it is empty", s)
	}
	if rest, ok := strings.CutPrefix(text, "*."); ok {
		n, err := parse(rest, idna.Punycode)
		if err != nil {
			return Name{}, err
		}
		return bounded("*." + n.fqdn)
	}
	return parse(text, idna.Punycode)
}

// MustParseOwner is ParseOwner for names written in the source. It panics on a bad one.
func MustParseOwner(s string) Name {
	n, err := ParseOwner(s)
	if err != nil {
		panic(err)
	}
	return n
}

func parse(text string, profile *idna.Profile) (Name, error) {
	for _, c := range text {
		if c < 0x21 || c == 0x7f || strings.ContainsRune(`"\/@:;()`, c) {
			return Name{}, fmt.Errorf("%q is not a name: %q can't stand in one", text, c)
		}
	}
	ascii, err := profile.ToASCII(strings.ToLower(text))
	if err != nil {
		return Name{}, fmt.Errorf("%q is not a name: %v", text, err)
	}
	return bounded(strings.ToLower(ascii) + ".")
}

func bounded(fqdn string) (Name, error) {
	if len(fqdn)-1 > maxName {
		return Name{}, fmt.Errorf("%.40s… is %d octets long; a name has at most %d (RFC 1035 §2.3.4)", fqdn, len(fqdn)-1, maxName)
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(fqdn, "."), ".") {
		if label == "" {
			return Name{}, fmt.Errorf("%s has an empty label (two dots in a row)", fqdn)
		}
		if len(label) > maxLabel {
			return Name{}, fmt.Errorf("%.40s… has a label of %d octets; a label has at most %d (RFC 1035 §2.3.4)", fqdn, len(label), maxLabel)
		}
	}
	return Name{fqdn}, nil
}

// String gives the name as people write it, without a final dot; the root is ".".
func (n Name) String() string {
	if n.fqdn == "." {
		return "."
	}
	return strings.TrimSuffix(n.fqdn, ".")
}

// FQDN gives the name with its final dot, as zone files and DNS messages have it.
func (n Name) FQDN() string { return n.fqdn }

// IsZero says that n is no name.
func (n Name) IsZero() bool { return n.fqdn == "" }

// IsWildcard says that n's first label is "*".
func (n Name) IsWildcard() bool { return strings.HasPrefix(n.fqdn, "*.") }

// Host is n without "*." in front.
func (n Name) Host() Name { return Name{strings.TrimPrefix(n.fqdn, "*.")} }

// Hosts gives the hosts of names, each once, in their order: a wildcard and its host share a challenge name (RFC 8555
// §8.4), and so a delegation.
func Hosts(names []Name) []Name {
	var hosts []Name
	seen := map[Name]bool{}
	for _, n := range names {
		if h := n.Host(); !seen[h] {
			seen[h] = true
			hosts = append(hosts, h)
		}
	}
	return hosts
}

// Challenge is the name at which a CA looks for n's dns-01 value (RFC 8555 §8.4). A wildcard and its host share it.
// It may be longer than a name can be; then the CA could not ask for it either, and ok is false.
func (n Name) Challenge() (c Name, ok bool) {
	c, err := bounded("_acme-challenge." + n.Host().fqdn)
	return c, err == nil
}

// Labels counts the labels; the root has none.
func (n Name) Labels() int {
	if n.fqdn == "." {
		return 0
	}
	return strings.Count(n.fqdn, ".")
}

// IsPlain says that every label is of letters, digits, hyphens and underscores alone. DNS allows any octet in a label
// (RFC 2181 §11); where documents glue a name into a URL, others such as % ? # * would change what the URL means.
func (n Name) IsPlain() bool {
	for _, c := range n.fqdn {
		letter := c >= 'a' && c <= 'z'
		if !letter && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return n.Labels() > 0
}

// Parent is n without its first label; ok is false for the root and for no name.
func (n Name) Parent() (p Name, ok bool) {
	if n.fqdn == "." || n.fqdn == "" {
		return Name{}, false
	}
	_, rest, _ := strings.Cut(n.fqdn, ".")
	if rest == "" {
		return Root(), true
	}
	return Name{rest}, true
}

// Child is label.n, for one or more labels in relative form.
func (n Name) Child(labels string) (Name, error) {
	if n.fqdn == "." {
		return ParseOwner(labels)
	}
	return ParseOwner(labels + "." + n.fqdn)
}

// In says whether n is zone or lies below it, at label borders.
func (n Name) In(zone Name) bool {
	if n.IsZero() || zone.IsZero() {
		return false
	}
	return zone.fqdn == "." || n.fqdn == zone.fqdn || strings.HasSuffix(n.fqdn, "."+zone.fqdn)
}

// Relative is the part of n before zone: "a.b" of a.b.example.org in example.org, and "" of the zone itself.
// ok is false when n does not lie in zone.
func (n Name) Relative(zone Name) (labels string, ok bool) {
	if !n.In(zone) {
		return "", false
	}
	if n == zone {
		return "", true
	}
	if zone.fqdn == "." {
		return n.String(), true
	}
	return strings.TrimSuffix(n.fqdn, "."+zone.fqdn), true
}

// FileName is n as the name of a file or folder: "_wildcard.example.org" of *.example.org.
func (n Name) FileName() string {
	if n.IsWildcard() {
		return "_wildcard." + n.Host().String()
	}
	return n.String()
}

// LongestSuffix picks the zone with the most labels that n lies in; ok is false when it lies in none.
func (n Name) LongestSuffix(zones []Name) (zone Name, ok bool) {
	for _, z := range zones {
		if n.In(z) && (!ok || z.Labels() > zone.Labels()) {
			zone, ok = z, true
		}
	}
	return zone, ok
}

// MarshalText gives the name as String does; the zero value is "".
func (n Name) MarshalText() ([]byte, error) { return []byte(n.String()), nil }

// UnmarshalText reads a name as ParseOwner does; "" is the zero value.
func (n *Name) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*n = Name{}
		return nil
	}
	parsed, err := ParseOwner(string(text))
	if err != nil {
		return err
	}
	*n = parsed
	return nil
}
