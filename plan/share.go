package plan

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"slices"
	"strings"

	"deputy/name"
)

const (
	kindCNAME = "CNAME"
	kindCAA   = "CAA"
)

// entry is one record to add.
type entry struct {
	names  []name.Name // the certificate names that it is for
	extra  Extra       // "" for a CNAME that is needed
	kind   string      // kindCNAME or kindCAA
	owner  name.Name
	zone   name.Name // zero where it is not known
	target name.Name // of a CNAME
	value  string    // of a CAA's property "issue" (RFC 8659 §4.2)
}

// share is what one zone's owner is asked for.
type share struct {
	zone     name.Name
	need     []entry
	extras   []entry // by kind
	done     []entry // needed, and there already
	language string
	issuer   string
}

// asked is all that is to be added, in the order of importance.
func (s share) asked() []entry { return slices.Concat(s.need, s.extras) }

// file is a name for a file without its extension.
func (s share) file() string {
	if s.zone.IsZero() {
		return "zone-not-known"
	}
	return strings.Map(func(c rune) rune {
		if plain := c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.'; !plain {
			return '+'
		}
		return c
	}, s.zone.String())
}

// relative is the owner as most panels want it: without its zone, and "@" for the zone itself; "" where the zone is not
// known.
func (e entry) relative() string {
	labels, ok := e.owner.Relative(e.zone)
	if ok && labels == "" {
		return "@"
	}
	return labels
}

// purpose is the ACME challenge (RFC 8555 §8 and its successors) or the record type that an entry is for.
func (e entry) purpose() string {
	switch e.extra {
	case Persist:
		return "dns-persist-01"
	case AccountLabel:
		return "dns-account-01"
	case CAA:
		return "caa"
	}
	return "dns-01"
}

// shares makes the records and sorts them by zone, in the order of the lines. Lines for one owner are one record; two
// targets for it are an error.
func (r Request) shares() ([]share, error) {
	lines, err := merge(r.Lines)
	if err != nil {
		return nil, err
	}
	var all []share
	of := func(zone name.Name) *share {
		at := slices.IndexFunc(all, func(s share) bool { return s.zone == zone })
		if at < 0 {
			at, all = len(all), append(all, share{zone: zone, language: r.Language, issuer: r.Issuer})
		}
		return &all[at]
	}
	for _, l := range lines {
		e := entry{names: l.Names, kind: kindCNAME, owner: l.Owner, zone: l.Zone, target: l.Target}
		if s := of(l.Zone); l.Done {
			s.done = append(s.done, e)
		} else {
			s.need = append(s.need, e)
		}
	}
	for _, extra := range Extras() {
		if !slices.Contains(r.Extras, extra) {
			continue
		}
		for _, l := range lines {
			e, err := r.extra(extra, l)
			if err != nil {
				return nil, err
			}
			if s := of(e.zone); extra != CAA || !s.coveredByCAA(e) {
				s.extras = append(s.extras, e)
			}
		}
	}
	return all, nil
}

func merge(lines []Line) ([]Line, error) {
	var merged []Line
	for _, l := range lines {
		if l.Owner.IsZero() || l.Target.IsZero() || len(l.Names) == 0 {
			return nil, fmt.Errorf("a line needs names, an owner and a target: %v", l)
		}
		if _, in := l.Owner.Relative(l.Zone); !in {
			l.Zone = name.Name{}
		}
		at := slices.IndexFunc(merged, func(m Line) bool { return m.Owner == l.Owner })
		if at < 0 {
			l.Names = slices.Clone(l.Names)
			merged = append(merged, l)
			continue
		}
		m := &merged[at]
		if m.Target != l.Target {
			return nil, fmt.Errorf("%s can have one CNAME, and two targets were planned: %s and %s", l.Owner, m.Target, l.Target)
		}
		for _, n := range l.Names {
			if !slices.Contains(m.Names, n) {
				m.Names = append(m.Names, n)
			}
		}
	}
	return merged, nil
}

// coveredByCAA says that a record which is asked for already stands at a name above e, which holds for e too (RFC 8659
// §3). It looks at names above only within the zone.
func (s share) coveredByCAA(e entry) bool {
	return slices.ContainsFunc(s.extras, func(other entry) bool { return other.extra == CAA && e.owner.In(other.owner) })
}

// extra makes the record of a kind that goes with l.
func (r Request) extra(extra Extra, l Line) (entry, error) {
	e := entry{names: l.Names, extra: extra, kind: kindCNAME, target: l.Target}
	host := l.Names[0].Host()
	var err error
	switch extra {
	case Persist:
		if e.owner, err = host.Child("_validation-persist"); err == nil {
			e.target, err = l.Target.Child("_validation-persist")
		}
	case AccountLabel:
		e.owner, err = l.Owner.Child(accountLabel(r.Account))
	case CAA:
		e.kind, e.owner, e.target, e.value = kindCAA, host, name.Name{}, r.property()
	}
	if err != nil {
		return entry{}, fmt.Errorf("the extra record %q for %s: %w", extra, host, err)
	}
	// The zone of a challenge name is that of its host, but where it is a zone of its own: then the host's is not known.
	if e.owner.In(l.Zone) {
		e.zone = l.Zone
	}
	return e, nil
}

// accountLabel is the first label of dns-account-01's name: "_" and 80 bits of the SHA-256 of the account's URL in base32,
// lower case (draft-ietf-acme-dns-account-label).
func accountLabel(account string) string {
	sum := sha256.Sum256([]byte(account))
	return "_" + strings.ToLower(base32.StdEncoding.EncodeToString(sum[:10]))
}

// property is the value of the CAA property "issue". The methods are those that the same ticket makes possible: a CA must
// not use one that is left out (RFC 8657 §4).
func (r Request) property() string {
	methods := "dns-01"
	if slices.Contains(r.Extras, AccountLabel) {
		methods += ",dns-account-01"
	}
	if slices.Contains(r.Extras, Persist) {
		methods += ",dns-persist-01"
	}
	return strings.TrimSuffix(r.Issuer, ".") + "; accounturi=" + r.Account + "; validationmethods=" + methods
}
