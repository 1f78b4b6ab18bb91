package dnsconfig

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"deputy/formula"
)

// accountField is a field of the Notes form "DNS Provider (account)", with its label there.
type accountField struct {
	name, title string
	secret      bool
}

// accountFields are those of the form, in its order. Secret are the ones that Notes seals.
func accountFields() []accountField {
	return []accountField{
		{"cfg_DnsZone", "DNS zone", false},
		{"cfg_UserName", "User name", false},
		{"cfg_InternetAddress", "Email address", false},
		{"cfg_Password", "Password", true},
		{"cfg_AuthKey", "Authorization key", true},
		{"cfg_AuthToken", "Authorization token", true},
		{"cfg_CustomValue", "Custom value", false},
		{"cfg_URL", "Address of the API", false},
	}
}

// secretField says whether a field's value has to be kept secret. A field that the form doesn't have counts as one.
func secretField(lower string) bool {
	if lower == itemDelay {
		return false
	}
	i := slices.IndexFunc(accountFields(), func(f accountField) bool { return strings.ToLower(f.name) == lower })
	return i < 0 || accountFields()[i].secret
}

// About describes the configuration: name, documentation text, the cfg_* fields its formulas read, its Verdict by
// analysis (a QryAdd that deletes: Replacing; an Add body that holds values read by QryAdd: Additive; else Unproven).
func (d *DXL) About() About {
	return About{
		Name:    d.name,
		Title:   d.text("ProviderName"),
		Kind:    "dxl",
		Style:   "operations",
		Version: d.text("Version"),
		Author:  d.text("Author"),
		Website: d.text("Website"),
		Notes:   d.text("Body"),
		Fields:  d.fields(),
		Hosts:   d.hosts(),
		Verdict: d.verdict(),
	}
}

// reads are the variables that formulas which may run read, by name in lower case.
func (d *DXL) reads() map[string]formula.Read {
	reads := map[string]formula.Read{}
	for _, f := range d.used() {
		for _, r := range f.Reads() {
			lower := strings.ToLower(r.Name)
			known, ok := reads[lower]
			if ok {
				r = formula.Read{Name: known.Name, Always: r.Always || known.Always, Tested: r.Tested || known.Tested}
			}
			reads[lower] = r
		}
	}
	return reads
}

// fields lists the account fields that formulas read and the document itself doesn't give. A field is needed if some
// formula reads it whatever branch it takes, and none asks whether it is empty.
func (d *DXL) fields() []Field {
	var fields []Field
	for lower, r := range d.reads() {
		if _, given := d.settings[lower]; given || !strings.HasPrefix(lower, "cfg_") {
			continue
		}
		fields = append(fields, d.field(lower, r))
	}
	slices.SortFunc(fields, func(a, b Field) int {
		if byForm := formOrder(a) - formOrder(b); byForm != 0 {
			return byForm
		}
		return strings.Compare(a.Name, b.Name)
	})
	return fields
}

// UnknownFields says of the account of a DNS Provider which of its keys no formula reads, one sentence each, with what was
// probably meant. The zone, the custom value and the API's address are never unknown: deputy itself goes by them.
func (d *DXL) UnknownFields(keys []string) []string {
	for _, f := range d.used() {
		if f.ReadsAny() {
			return nil // what it reads can't be told
		}
	}
	reads := d.reads()
	var read []string
	for lower, r := range reads {
		if strings.HasPrefix(lower, "cfg_") {
			read = append(read, d.field(lower, r).Name)
		}
	}
	var unknown []string
	for _, key := range slices.Sorted(slices.Values(keys)) {
		lower := strings.ToLower(key)
		if _, ok := reads[lower]; ok || lower == itemZone || lower == "cfg_customvalue" || lower == itemURL {
			continue
		}
		said := fmt.Sprintf("%s is not read by any formula of the DNS Configuration %s", key, d.name)
		if near, ok := nearestField(lower, read); ok {
			said += "; did you mean " + near + "?"
		}
		unknown = append(unknown, said)
	}
	return unknown
}

// nearestField also finds "token" in cfg_AuthToken: native documents have fields of such names.
func nearestField(lower string, read []string) (string, bool) {
	slices.Sort(read)
	if near, ok := formula.Nearest(lower, read); ok {
		return near, true
	}
	var within []string
	for _, name := range read {
		if strings.HasSuffix(strings.ToLower(name), strings.TrimPrefix(lower, "cfg_")) {
			within = append(within, name)
		}
	}
	if len(within) != 1 {
		return "", false
	}
	return within[0], true
}

func (d *DXL) field(lower string, r formula.Read) Field {
	field := Field{Name: r.Name, Title: r.Name, Secret: secretField(lower), Needed: r.Always && !r.Tested}
	for _, known := range accountFields() {
		if strings.ToLower(known.name) == lower {
			field.Name, field.Title = known.name, known.title
		}
	}
	return field
}

// formOrder is where a field stands in the form; unknown ones come last.
func formOrder(f Field) int {
	i := slices.IndexFunc(accountFields(), func(known accountField) bool { return known.name == f.Name })
	if i < 0 {
		return len(accountFields())
	}
	return i
}

// hosts lists the hosts of cfg_URL and of the addresses that URL formulas write out.
func (d *DXL) hosts() []string {
	candidates := d.settings[itemURL].Texts()
	for _, op := range dxlOps() {
		if f := d.formula(op.urlItem()); f != nil && d.methods[op] != "" {
			candidates = append(candidates, f.Constants()...)
		}
	}
	var hosts []string
	for _, c := range candidates {
		u, err := url.Parse(c)
		if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") {
			continue
		}
		if host := strings.ToLower(u.Host); !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

// verdict judges what Add does to other values at the name. What analysis can't tell is for a test at a live provider.
func (d *DXL) verdict() Verdict {
	if d.methods[QryAdd] == "DELETE" && d.formula(QryAdd.urlItem()) != nil {
		return Replacing
	}
	body := d.formula(Add.bodyItem())
	if body == nil || d.methods[QryAdd] == "" || d.methods[Add] == "" {
		return Unproven
	}
	from := d.derivedFrom(func(lower string) bool {
		return lower == "retjson_qryadd" || strings.HasPrefix(lower, "retjson_qryadd.")
	})
	for _, r := range body.Reads() {
		if from(strings.ToLower(r.Name)) {
			return Additive
		}
	}
	return Unproven
}

// derivedFrom says which variables hold something of a source: the source itself, and fields that formulas make of it.
func (d *DXL) derivedFrom(source func(lower string) bool) func(lower string) bool {
	derived := map[string]bool{}
	from := func(lower string) bool { return derived[lower] || source(lower) }
	for before := -1; before != len(derived); {
		before = len(derived)
		for _, f := range d.used() {
			if !slices.ContainsFunc(f.Reads(), func(r formula.Read) bool { return from(strings.ToLower(r.Name)) }) {
				continue
			}
			for _, field := range f.Fields() {
				derived[strings.ToLower(field)] = true
			}
		}
	}
	return from
}

// FindsZone says that the configuration itself looks the zone up when cfg_DnsZone is empty (it sets or tests it).
func (d *DXL) FindsZone() bool {
	for _, f := range d.used() {
		for _, r := range f.Reads() {
			if strings.EqualFold(r.Name, itemZone) && r.Tested {
				return true
			}
		}
		if slices.ContainsFunc(f.Fields(), func(name string) bool { return strings.EqualFold(name, itemZone) }) {
			return true
		}
	}
	return false
}
