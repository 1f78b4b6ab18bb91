package provider

import (
	"strings"
	"testing"

	"deputy/fault"
	"deputy/secret"
	"deputy/store"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	i.configuration(t, "native", []byte(recordDocument))
	for _, c := range []struct {
		what, tail string
		code       fault.Code // "" for success
		seen       string
	}{
		{"all there", "configuration: desec\naccount: {token: x}\n", "", ""},
		{"no such configuration", "configuration: nobody\n", fault.NotFound, "none of that name"},
		{"a path for a name", "configuration: ../desec\n", fault.NotFound, "none of that name"},
		{"a field is missing", "configuration: desec\n", fault.BadDocument, "lacks token"},
		{"a field is empty", "configuration: desec\naccount: {token: \"\"}\n", fault.BadDocument, "lacks token"},
		{"a field too many", "configuration: desec\naccount: {token: x, tokne: y}\n", fault.BadDocument, "has tokne"},
		{"no address", "configuration: records\naccount: {key: x}\n", fault.BadDocument, "no address of its own"},
		{"an address", "configuration: records\naccount: {key: x}\napi_base: https://dns.example.org\n", "", ""},
	} {
		d, err := Parse([]byte("deputy: dns-provider/1\nname: a\nzones: [example.org]\n"+c.tail), files, environment)
		if err != nil {
			t.Fatal(err)
		}
		err = i.Check(t.Context(), d)
		_, addErr := i.Add(t.Context(), d)
		if c.code == "" {
			if err != nil || addErr != nil {
				t.Errorf("%s: %v, %v", c.what, err, addErr)
			}
			continue
		}
		wantFault(t, c.what, err, c.code, c.seen)
		wantFault(t, c.what+", added", addErr, c.code, c.seen)
	}
}

// A document that was not parsed but put together is checked as one that was.
func TestAddRefusesWhatItCouldNotReadBack(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	whole := Document{Name: "a", Configuration: "desec", Zones: names("example.org"), Account: map[string]secret.Value{"token": secret.New("x")}}
	for _, c := range []struct {
		what   string
		change func(*Document)
	}{
		{"no name", func(d *Document) { d.Name = "" }},
		{"no zones", func(d *Document) { d.Zones = nil }},
		{"a custom value alone", func(d *Document) { d.CustomValue = "v" }},
		{"plain HTTP", func(d *Document) { d.APIBase = "http://dns.example.org" }},
		{"a secret of two lines with a NUL", func(d *Document) { d.Account = map[string]secret.Value{"token": secret.New("x\x00")} }},
	} {
		d := whole
		c.change(&d)
		_, err := i.Add(t.Context(), d)
		wantFault(t, c.what, err, fault.BadDocument, "")
	}
	if row, err := i.Add(t.Context(), whole); err != nil || row.Revision != 1 {
		t.Errorf("%+v, %v", row, err)
	}
}

func TestCheckOfDXL(t *testing.T) {
	t.Parallel()
	i := newInstallation(t)
	configured := i.configuration(t, "dxl", published(t, articleFile))
	head := "deputy: dns-provider/1\nname: a\nzones: [example.org]\nconfiguration: " + configured + "\n"
	d, err := Parse([]byte(head+"account: {CFG_AUTHTOKEN: x}\n"), files, environment)
	if err != nil {
		t.Fatal(err)
	}
	if err := i.Check(t.Context(), d); err != nil {
		t.Errorf("names of items don't heed case: %v", err)
	}
	if d, err = Parse([]byte(head+"account: {CFG_AUTHTOKEN: x, cfg_AuthToken: y}\n"), files, environment); err != nil {
		t.Fatal(err)
	}
	wantFault(t, "an item twice", i.Check(t.Context(), d), fault.BadDocument, "CFG_AUTHTOKEN and cfg_AuthToken")
	if d, err = Parse([]byte(head), files, environment); err != nil {
		t.Fatal(err)
	}
	wantFault(t, "no token", i.Check(t.Context(), d), fault.BadDocument, "lacks cfg_AuthToken")
}

// A provider keeps the configuration that it was added with; importing another revision gives it a new revision.
func TestProviderKeepsItsConfigurationRevision(t *testing.T) {
	t.Parallel()
	_, s := newRecordHost(t)
	i := recordInstallation(t, s)
	i.configuration(t, "native", []byte(strings.Replace(recordDocument, "name: records", "name: records\nversion: \"2\"", 1)))
	for revision, want := range map[int64]string{1: "", 2: "2"} {
		target := validation()
		target.Revision = revision
		a, err := i.account(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		if got := a.native.About().Version; got != want {
			t.Errorf("revision %d runs version %q of the document, want %q", revision, got, want)
		}
	}
	err := i.Store.View(t.Context(), func(tx *store.Tx) error {
		row, err := tx.Provider("desec", 0)
		if err == nil && (row.Revision != 2 || row.ConfigurationRevision != 2) {
			t.Errorf("the newest is %+v", row)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// The credential goes to the configuration's host, or to api_base's instead, and to those that are allowed besides.
func TestHosts(t *testing.T) {
	t.Parallel()
	desec, err := fromLibrary("desec")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		base  string
		extra []string
		want  string
	}{
		{"", nil, "desec.io"},
		{"https://dns.example.org:8443/api", nil, "dns.example.org:8443"},
		{"", []string{"login.example.org"}, "desec.io login.example.org"},
	} {
		got := strings.Join(desec.hosts(Document{APIBase: c.base, Allow: Allow{Hosts: c.extra}}), " ")
		if got != c.want {
			t.Errorf("%q %q: %s, want %s", c.base, c.extra, got, c.want)
		}
	}
}
