package provider

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"deputy/dnsconfig"
	"deputy/fault"
	"deputy/store"
)

// configuration is the DNS Configuration of a provider: one of native and dxl.
type configuration struct {
	revision int64 // 0: the library's
	native   *dnsconfig.Native
	dxl      *dnsconfig.DXL
}

// newest finds a configuration by name: the newest that was imported, else the library's.
func newest(tx *store.Tx, name string) (configuration, error) {
	row, err := tx.Configuration(name, 0)
	switch {
	case err == nil:
		return imported(row)
	case errors.Is(err, store.ErrNotFound):
		return fromLibrary(name)
	}
	return configuration{}, err
}

// numbered finds the revision that a provider was stored with.
func numbered(tx *store.Tx, name string, revision int64) (configuration, error) {
	if revision == 0 {
		return fromLibrary(name)
	}
	row, err := tx.Configuration(name, revision)
	if err != nil {
		return configuration{}, err
	}
	return imported(row)
}

func fromLibrary(name string) (configuration, error) {
	n, ok, err := dnsconfig.FromLibrary(name)
	if err != nil {
		return configuration{}, err
	}
	if !ok {
		return configuration{}, &fault.Fault{
			Code:  fault.NotFound,
			Tried: "find the DNS Configuration " + name,
			Seen:  "none of that name was imported, and the library has none",
			Do:    "see deputy dnsconfig list, or import it: deputy dnsconfig import FILE",
			Who:   fault.Admin,
		}
	}
	return configuration{native: n}, nil
}

func imported(row store.Configuration) (configuration, error) {
	if row.Kind == "native" {
		n, err := dnsconfig.ParseNative(row.Source)
		return configuration{revision: row.Revision, native: n}, err
	}
	file, err := dnsconfig.ImportDXL(row.Source)
	if err != nil {
		return configuration{}, err
	}
	if len(file.Configurations) != 1 {
		return configuration{}, fmt.Errorf("the stored DNS Configuration %s, revision %d, holds %d configurations", row.Name, row.Revision, len(file.Configurations))
	}
	return configuration{revision: row.Revision, dxl: file.Configurations[0]}, nil
}

func (c configuration) about() dnsconfig.About {
	if c.native != nil {
		return c.native.About()
	}
	return c.dxl.About()
}

// fits says whether d gives what the configuration needs, and nothing that it does not know.
func (c configuration) fits(d Document) error {
	about := c.about()
	refuse := func(seen, do string) error {
		return &fault.Fault{
			Code:  fault.BadDocument,
			Tried: fmt.Sprintf("check the DNS Provider %s against the DNS Configuration %s", d.Name, d.Configuration),
			Seen:  seen, Do: do, Who: fault.Admin,
		}
	}
	if c.dxl != nil {
		if err := c.dxl.Runnable(); err != nil {
			return err
		}
	}
	if c.runsCommands() && !d.Allow.Commands {
		return refuse("the configuration runs programs on this machine, and the document does not allow it",
			"see what it runs (deputy dnsconfig trace), and add allow: {commands: true} if you trust it")
	}
	var missing, known []string
	for _, f := range about.Fields {
		known = append(known, f.Name)
		if f.Needed && !c.given(d, f.Name) {
			missing = append(missing, f.Name)
		}
	}
	if !c.complete(d) {
		return refuse("the account lacks "+groups(about.Needs), "add one of these groups to account, as in account: {"+about.Needs[0][0]+": {file: PATH}}")
	}
	if len(missing) > 0 {
		return refuse("the account lacks "+strings.Join(missing, " and "), "add it to account, as in account: {"+missing[0]+": {file: PATH}}")
	}
	items := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(d.Account)) {
		if other, twice := items[strings.ToLower(key)]; twice && c.dxl != nil {
			return refuse(fmt.Sprintf("the account has %s and %s, which are the same item", other, key), "remove one of them")
		}
		items[strings.ToLower(key)] = key
		if c.native != nil && !slices.Contains(known, key) {
			return refuse(fmt.Sprintf("the account has %s, which the configuration does not know", key), "remove it; known are "+strings.Join(known, ", "))
		}
	}
	if _, err := c.addresses(d); err != nil {
		return refuse("the address of the API can't be made: "+err.Error(), "correct account or api_base")
	}
	if len(c.hosts(d)) == 0 && !c.runsCommands() {
		return refuse("the configuration has no address of its own", "give api_base, the address of the API")
	}
	return nil
}

// runsCommands says that the configuration runs programs here and asks no host.
func (c configuration) runsCommands() bool { return c.dxl != nil && c.dxl.RunsCommands() }

// complete says that one of the groups of fields that the configuration needs is there, where it has groups.
func (c configuration) complete(d Document) bool {
	needs := c.about().Needs
	return len(needs) == 0 || slices.ContainsFunc(needs, func(group []string) bool {
		return !slices.ContainsFunc(group, func(field string) bool { return !c.given(d, field) })
	})
}

// groups are groups of fields as people read them: "token, or user and password".
func groups(needs [][]string) string {
	var all []string
	for _, group := range needs {
		all = append(all, strings.Join(group, " and "))
	}
	return strings.Join(all, ", or ")
}

// given says whether d has a value for a field; keys of a provider stand for some of a DXL's items.
func (c configuration) given(d Document, name string) bool {
	if c.native != nil {
		return !d.Account[name].IsZero()
	}
	switch {
	case strings.EqualFold(name, cfgZone):
		return true // the zone, where the account says nothing
	case strings.EqualFold(name, cfgCustomValue) && d.CustomValue != "":
		return true
	case strings.EqualFold(name, cfgURL) && d.APIBase != "":
		return true
	}
	return !lookUp(d.Account, name).IsZero()
}

// hosts are those to which the configuration sends the credentials of d.
func (c configuration) hosts(d Document) []string {
	hosts, err := c.addresses(d)
	if err != nil {
		hosts = nil // fits refuses it, with the reason
	}
	return append(slices.Clone(hosts), d.Allow.Hosts...)
}

// addresses are the hosts of the configuration's requests, those that it makes from the account among them.
func (c configuration) addresses(d Document) ([]string, error) {
	if c.native != nil {
		return c.native.HostsFor(d.Account, d.APIBase)
	}
	if u, err := url.Parse(d.APIBase); err == nil && u.Host != "" {
		return []string{u.Host}, nil
	}
	return c.about().Hosts, nil
}

// bound are the hosts to which the credentials of d may go: what was agreed to when it was added. A document stored before
// deputy wrote them down is bound to those of the configuration that it was stored with.
func (c configuration) bound(d Document) []string {
	if len(d.Hosts) > 0 {
		return d.Hosts
	}
	return c.hosts(d)
}

// beyond are the hosts to which the configuration would send the credentials of d, and which are not in bound. A port more
// or less makes another host.
func (c configuration) beyond(d Document, bound []string) []string {
	return slices.DeleteFunc(c.hosts(d), func(host string) bool {
		return slices.ContainsFunc(bound, func(known string) bool { return strings.EqualFold(known, host) })
	})
}
