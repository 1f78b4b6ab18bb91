package provider

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"deputy/fault"
	"deputy/secret"
	"deputy/store"
)

// natively is a native configuration "records" whose API is at base, and another text for each version.
func natively(base, version string) store.Configuration {
	source := strings.Replace(recordDocument, "api:\n", "api:\n  base: "+base+"\n", 1)
	source = strings.Replace(source, "name: records", "name: records\nversion: \""+version+"\"", 1)
	return store.Configuration{Name: "records", Kind: "native", Source: []byte(source)}
}

// imports imports a configuration, and gives who stays.
func (i *installation) imports(t *testing.T, c store.Configuration) []Staying {
	t.Helper()
	got, err := i.Import(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return got.Staying
}

// adds stores a DNS Provider of the configuration "records".
func (i *installation) adds(t *testing.T, providerName, tail string) {
	t.Helper()
	d, err := Parse([]byte("deputy: dns-provider/1\nname: "+providerName+"\nconfiguration: records\nzones: ["+providerName+".example]\naccount: {key: \""+ourToken+"\"}\n"+tail), files, environment)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := i.Add(t.Context(), d); err != nil {
		t.Fatal(err)
	}
}

// uses is the newest revision of a DNS Provider, and the revision of its configuration.
func (i *installation) uses(t *testing.T, providerName string) [2]int64 {
	t.Helper()
	var row store.Provider
	err := i.Store.View(t.Context(), func(tx *store.Tx) (err error) {
		row, err = tx.Provider(providerName, 0)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return [2]int64{row.Revision, row.ConfigurationRevision}
}

// A changed configuration reaches those DNS Providers alone that are bound to its hosts; the others stay until they are
// added again.
func TestImportGrowsNoHosts(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	if staying := i.imports(t, natively("https://one.example", "1")); staying != nil {
		t.Errorf("staying: %v", staying)
	}
	i.adds(t, "plain", "")
	i.adds(t, "own", "api_base: https://own.example\n")
	i.adds(t, "allowing", "allow: {hosts: [Two.example]}\n")
	for _, c := range []struct {
		what, base, version string
		staying             []Staying
		plain               [2]int64 // revisions of the provider and of its configuration
		others              [2]int64
	}{
		{"the same host", "https://one.example/v2", "2", nil, [2]int64{2, 2}, [2]int64{2, 2}},
		{"another host", "https://two.example", "3", []Staying{{Provider: "plain", Revision: 2, Hosts: []string{"two.example"}}}, [2]int64{2, 2}, [2]int64{3, 3}},
		{"the same again", "https://two.example", "3", []Staying{{Provider: "plain", Revision: 2, Hosts: []string{"two.example"}}}, [2]int64{2, 2}, [2]int64{3, 3}},
		{"back again", "https://one.example", "4", nil, [2]int64{3, 4}, [2]int64{4, 4}},
		{"another port", "https://one.example:8443", "5", []Staying{{Provider: "plain", Revision: 4, Hosts: []string{"one.example:8443"}}, {Provider: "allowing", Revision: 4, Hosts: []string{"one.example:8443"}}}, [2]int64{3, 4}, [2]int64{5, 5}},
	} {
		staying := i.imports(t, natively(c.base, c.version))
		slices.SortFunc(staying, func(a, b Staying) int { return strings.Compare(b.Provider, a.Provider) })
		if !reflect.DeepEqual(staying, c.staying) {
			t.Errorf("%s: staying %+v, want %+v", c.what, staying, c.staying)
		}
		if plain, own := i.uses(t, "plain"), i.uses(t, "own"); plain != c.plain || own != c.others {
			t.Errorf("%s: plain is %v, want %v; own is %v, want %v", c.what, plain, c.plain, own, c.others)
		}
	}
	i.adds(t, "plain", "")
	if got := i.uses(t, "plain"); got != [2]int64{4, 5} {
		t.Errorf("after it was added again: %v", got)
	}
	documents, err := i.Documents(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	bound := map[string]string{}
	for _, d := range documents {
		bound[d.Name] = strings.Join(d.Hosts, " ")
	}
	want := map[string]string{"plain": "one.example:8443", "own": "own.example", "allowing": "one.example Two.example"}
	if !reflect.DeepEqual(bound, want) {
		t.Errorf("bound: %v, want %v", bound, want)
	}
}

// An imported document can take a library's name, but not its DNS Providers' credentials.
func TestImportOverTheLibrary(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	s := newStand(t)
	i.native(t, s) // with an api_base of its own
	d, err := Parse([]byte("deputy: dns-provider/1\nname: trusting\nconfiguration: desec\nzones: [example.org]\naccount: {token: x}\n"), files, environment)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := i.Add(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	stranger := natively("https://stranger.example", "1")
	stranger.Name, stranger.Source = "desec", []byte(strings.Replace(string(stranger.Source), "name: records", "name: desec", 1))
	staying := i.imports(t, stranger)
	if len(staying) != 1 || i.uses(t, "trusting") != [2]int64{1, 0} || i.uses(t, "desec") != [2]int64{2, 1} {
		t.Fatalf("staying: %v", staying)
	}
	const says = "DNS Provider trusting stays with the library's, since the new one would send its credential to stranger.example; deputy provider add -f FILE to agree"
	if staying[0].String() != says {
		t.Errorf("it says %q", staying[0])
	}
	staying[0].Revision = 7
	if !strings.Contains(staying[0].String(), "trusting stays with revision 7, since") {
		t.Errorf("it says %q", staying[0])
	}
}

// What can't be read is not stored.
func TestImportRefuses(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	if _, err := i.Import(t.Context(), store.Configuration{Name: "records", Kind: "native", Source: []byte("deputy: dns-configuration/1\n")}); err == nil {
		t.Error("a document without anything was imported")
	}
	if row, err := i.Import(t.Context(), natively("https://one.example", "1")); err != nil || row.Revision != 1 {
		t.Errorf("revision %d, %v", row.Revision, err)
	}
}

// Even where the stored configuration is another than the one that was agreed to, nothing is sent to a host that is not
// bound.
func TestRequestsStayWithinTheBoundHosts(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	i.imports(t, natively("https://agreed.example", "1"))
	d, err := Parse([]byte("deputy: dns-provider/1\nname: desec\nconfiguration: records\nzones: [martdj.dedyn.io]\naccount: {key: \""+ourToken+"\"}\n"), files, environment)
	if err != nil {
		t.Fatal(err)
	}
	row, err := i.Add(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	if len(i.imports(t, natively("https://other.example", "2"))) != 1 {
		t.Error("it moved to another host")
	}
	err = i.Store.Do(t.Context(), func(tx *store.Tx) error { // as nothing in deputy does
		row.ConfigurationRevision = 2
		_, err := tx.AddProvider(row)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	target := validation()
	target.Revision = 2
	_, err = i.Change(t.Context(), publications(target, "v"), nil)
	wantFault(t, "a host that is not bound", err, fault.Egress, "other.example:443 is not among the hosts")
	i.silent(t, err)
	if len(i.traces) != 1 || i.traces[0].Err == "" {
		t.Errorf("traces: %+v", i.traces)
	}
}

// A document that was stored before hosts were bound keeps to those of the configuration that it was stored with.
func TestStoredWithoutHosts(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	i.imports(t, natively("https://one.example", "1"))
	source, err := Document{Name: "old", Configuration: "records", Zones: names("example.org"), Account: map[string]secret.Value{"key": secret.New("x")}}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	err = i.Store.Do(t.Context(), func(tx *store.Tx) error {
		_, err := tx.AddProvider(store.Provider{Name: "old", Document: secret.New(string(source)), Configuration: "records", ConfigurationRevision: 1})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if staying := i.imports(t, natively("https://two.example", "2")); len(staying) != 1 {
		t.Errorf("staying: %v", staying)
	}
	documents, err := i.Documents(t.Context())
	if err != nil || !reflect.DeepEqual(documents[0].Hosts, []string{"one.example"}) {
		t.Errorf("%+v, %v", documents, err)
	}
}
