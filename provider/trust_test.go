package provider

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"deputy/dnsconfig"
	"deputy/fault"
	"deputy/secret"
	"deputy/store"
)

// A private CA is trusted for this DNS Provider, and stored with it; without it the host is not.
func TestPrivateCA(t *testing.T) {
	t.Parallel()
	s, i := newScript(t), newInstallation(t)
	s.rrsets()
	i.script(t, s, nativeHead(setDocument), "")
	if err := i.addValue(t, scripted("a"), "v"); err != nil {
		t.Error(err)
	}
	d, err := Parse([]byte("deputy: dns-provider/1\nname: bare\nconfiguration: host\nzones: [example.org]\naccount: {key: k}\napi_base: "+s.URL+"\nallow: {addresses: [127.0.0.0/8]}\n"), files, environment)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := i.Registry.Add(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	bare := scripted("a")
	bare.Provider = "bare"
	_, err = i.Values(t.Context(), bare)
	f, _ := fault.From(err)
	if f == nil || f.Code != fault.HostFailed || !strings.Contains(f.Seen, "certificate") {
		t.Errorf("without the CA: %v", err)
	}
}

func TestParsePrivateCA(t *testing.T) {
	t.Parallel()
	s := newScript(t)
	head := "deputy: dns-provider/1\nname: a\nconfiguration: host\nzones: [example.org]\n"
	sources := Sources{
		Secret: files, Getenv: environment,
		Public: func(path string) ([]byte, error) {
			switch path {
			case "ca.pem":
				return []byte("# our own\n" + s.ca()), nil
			case "key.pem":
				return []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), nil
			case "bad.pem":
				return []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), nil
			}
			return nil, http.ErrMissingFile
		},
	}
	d, err := ParseFrom([]byte(head+"ca: {file: ca.pem}\n"), sources)
	if err != nil || !strings.Contains(d.CA, "BEGIN CERTIFICATE") {
		t.Fatalf("%q, %v", d.CA, err)
	}
	source, err := d.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Stored(store.Provider{Name: "a", Document: secret.New(string(source))})
	if err != nil || !reflect.DeepEqual(again, d) {
		t.Errorf("stored: %+v, %v", again, err)
	}
	for tail, seen := range map[string]string{
		"ca: hello":           "ca holds no certificate in PEM form",
		"ca: {file: none}":    "the file none for ca can't be read",
		"ca: {file: key.pem}": "ca holds a PRIVATE KEY; only certificates belong there",
		"ca: {file: bad.pem}": "ca holds a certificate that can't be read",
		"ca: {env: CA}":       "ca has to be text, or {file: PATH}",
		"ca: [a]":             "this should be text",
	} {
		_, err := ParseFrom([]byte(head+tail+"\n"), sources)
		wantFault(t, tail, err, fault.BadDocument, seen)
	}
}

// A clock that is wrong is what hosts refuse signatures for: it is told.
func TestClockSkew(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	for told, want := range map[string]string{
		"":                              "",
		"Wed, 04 Mar 2026 05:06:07 GMT": "",
		"Wed, 04 Mar 2026 05:05:08 GMT": "",
		"Wed, 04 Mar 2026 05:04:37 GMT": "this machine's clock is 90 s ahead of the host's",
		"Wed, 04 Mar 2026 05:02:07 GMT": "this machine's clock is 4 min ahead of the host's",
		"Wed, 04 Mar 2026 08:06:07 GMT": "this machine's clock is 3 h behind the host's",
		"Sun, 01 Mar 2026 05:06:07 GMT": "this machine's clock is 3 days ahead of the host's",
		"yesterday":                     "",
	} {
		if got := skewOf(dnsconfig.Response{Header: map[string][]string{"Date": {told}}}, now); got != want {
			t.Errorf("Date %q: %q; want %q", told, got, want)
		}
	}
	for _, code := range []int{401, 403, 400} {
		s, i := newScript(t), newInstallation(t)
		s.on("/", func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", time.Now().Add(-10*time.Minute-30*time.Second).UTC().Format(http.TimeFormat))
			status(code, `{"detail":"bad signature"}`)(w, r)
		})
		i.script(t, s, nativeHead(setDocument), "")
		err := i.addValue(t, scripted("a"), "v")
		f, _ := fault.From(err)
		skewed := strings.Contains(f.Seen, "; this machine's clock is 10 min ahead of the host's") && strings.HasPrefix(f.Do, "set this machine's clock")
		if skewed != (code != 400) {
			t.Errorf("%d: %v", code, err)
		}
	}
}

// One of the groups of fields has to be complete.
func TestFieldGroups(t *testing.T) {
	t.Parallel()
	document := strings.Replace(nativeHead(`needs: [[key], [email, password]]
api: {base: https://api.example.org, headers: {X-Key: "=account.key != '' ? account.key : nil", X-Mail: "=account.email != '' ? account.email : nil"}}
`+strings.TrimPrefix(setDocument, withKey)), "secret: true}}", "secret: true}, email: {title: Mail}, password: {title: Password, secret: true}}", 1)
	for account, seen := range map[string]string{
		"{key: k}":                      "",
		"{email: a@b.nl, password: pw}": "",
		"{email: a@b.nl}":               "the account lacks key, or email and password",
		"{}":                            "the account lacks key, or email and password",
	} {
		s, i := newScript(t), newInstallation(t)
		s.rrsets()
		err := i.tryScript(t, s, document, "account: "+account+"\n")
		if seen == "" {
			if err != nil {
				t.Errorf("%s: %v", account, err)
				continue
			}
			if err := i.addValue(t, scripted("a"), "v"); err != nil {
				t.Errorf("%s: %v", account, err)
			}
			continue
		}
		wantFault(t, account, err, fault.BadDocument, seen)
	}
}

// The hosts that the account makes are bound like those of the document.
func TestHostsOfTheAccount(t *testing.T) {
	t.Parallel()
	document := strings.Replace(nativeHead(strings.Replace(setDocument, "https://api.example.org", `"https://api-${account.site}.example.org"`, 1)),
		"secret: true}}", "secret: true}, site: {title: Site}}", 1)
	s, i := newScript(t), newInstallation(t)
	i.script(t, s, document, "account: {key: k, site: eu}\napi_base: \"\"\n")
	all, err := i.Documents(t.Context())
	if err != nil || len(all) != 1 || !reflect.DeepEqual(all[0].Hosts, []string{"api-eu.example.org"}) {
		t.Errorf("%+v, %v", all, err)
	}
	err = i.tryScript(t, s, document, "account: {key: k, site: \"evil.example/\"}\napi_base: \"\"\n")
	if f, _ := fault.From(err); f == nil || f.Code != fault.BadDocument {
		t.Errorf("a host that is none: %v", err)
	}
}
