package provider

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"deputy/fault"
)

// forwarder is an HTTP proxy that writes down what it was asked for.
func forwarder(t *testing.T) (*url.URL, func() []string) {
	t.Helper()
	var mu sync.Mutex
	var asked []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.Method+" "+r.URL.Host)
		mu.Unlock()
		r.RequestURI = ""
		answer, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer answer.Body.Close()
		for key, values := range answer.Header {
			w.Header()[key] = values
		}
		w.WriteHeader(answer.StatusCode)
		_, _ = io.Copy(w, answer.Body)
	}))
	t.Cleanup(proxy.Close)
	u, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	return u, func() []string { mu.Lock(); defer mu.Unlock(); return slices.Clone(asked) }
}

// Requests go through the proxy, all of them, and the list of hosts holds there too.
func TestProxy(t *testing.T) {
	t.Parallel()
	s, i := newStand(t), newInstallation(t)
	proxy, asked := forwarder(t)
	i.Proxy = proxy
	i.native(t, s)
	if _, err := i.Change(t.Context(), publications(validation(), "v"), nil); err != nil {
		t.Fatal(err)
	}
	host := strings.TrimPrefix(s.URL, "http://")
	if got := asked(); len(got) != len(s.requests()) || !slices.Contains(got, "PUT "+host) {
		t.Errorf("the proxy was asked %q, the host %q", got, s.requests())
	}
	through := len(asked())
	i.imports(t, natively("https://elsewhere.example", "1"))
	i.add(t, s, "name: stranger\nconfiguration: records\nzones: [slow.dedyn.io]", "account: {key: \""+ourToken+"\"}\n")
	target := targetIn("slow.dedyn.io", "a.slow.dedyn.io")
	target.Provider = "stranger"
	a, err := i.account(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	a.APIBase = "" // so that its document's own address is asked, which is not bound
	_, err = i.Change(t.Context(), publications(target, "v"), nil)
	wantFault(t, "a host that is not bound", err, fault.Egress, "elsewhere.example:443 is not among the hosts")
	if got := asked(); len(got) != through {
		t.Errorf("the proxy was asked %q", got[through:])
	}
}

// What is secret in the fields that Notes shows to everybody.
func TestSecretsOfPublicFields(t *testing.T) {
	t.Parallel()
	source := `<?xml version='1.0' encoding='utf-8'?><database xmlns='http://www.lotus.com/dxl'><document form='DnsProviderConfig'>` +
		dxlItem("DnsProviderConfigName", "stranger") + dxlItem("DnsProviderType", "H") + dxlItem("ReqAddHttpType", "P") +
		dxlItem("ReqAddUrlFormula", `cfg_URL + "/" + param_DnsTxtName + "/" + cfg_UserName + cfg_DnsZone`) +
		dxlItem("ReqAddHeaderFormula", `"X: " + cfg_Password + cfg_Other`) + dxlItem("ReqAddPostDataFormula", "param_DnsTxtValue") + "</document></database>"
	i := newInstallation(t)
	configured := i.configuration(t, "dxl", []byte(source))
	const user, address = "cfg_UserName: hostadm", "cfg_URL: \"https://dns.example.org/api\""
	for _, c := range []struct {
		what, user, address string
		hidden, shown       []string
	}{
		{"by their names", user, address, []string{"pa55word", "0therValue"}, []string{"martdj.dedyn.io"}},
		{"a long user name", "cfg_username: f47ac10b-58cc", address, []string{"f47ac10b-58cc"}, nil},
		{"a short user name", user, address, nil, []string{"hostadm"}},
		{"a plain address", user, address, nil, []string{"https://dns.example.org/api"}},
		{"an address with a query", user, "CFG_URL: \"https://dns.example.org/api?key=s3cr3tk3y\"", []string{"https://dns.example.org/api?key=s3cr3tk3y", "key=s3cr3tk3y"}, []string{"dns.example.org"}},
		{"an address with a user", user, "cfg_URL: \"https://us3r:pa55@dns.example.org/api\"", []string{"https://us3r:pa55@dns.example.org/api", "us3r", "pa55"}, []string{"dns.example.org"}},
		{"an address that is none", user, "cfg_URL: \"https://us3r:pa%55@dns\"", []string{"https://us3r:pa%55@dns"}, nil},
	} {
		d, err := Parse([]byte("deputy: dns-provider/1\nname: a\nzones: [martdj.dedyn.io]\nconfiguration: "+configured+
			"\naccount: {cfg_Password: pa55word, cfg_Other: 0therValue, cfg_DnsZone: martdj.dedyn.io, "+c.user+", "+c.address+"}\nallow: {hosts: [dns.example.org]}\n"), files, environment)
		if err != nil {
			t.Fatal(err)
		}
		row, err := i.Add(t.Context(), d)
		if err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		target := targetIn("martdj.dedyn.io", "validation.martdj.dedyn.io")
		target.Provider, target.Revision = "a", row.Revision
		a, err := i.account(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range c.hidden {
			if shown := a.redactor.Redact("<" + text + ">"); shown != "<[secret]>" {
				t.Errorf("%s: %s", c.what, shown)
			}
		}
		for _, text := range c.shown {
			if a.redactor.current.Load().Find(text) {
				t.Errorf("%s: %s is redacted", c.what, text)
			}
		}
	}
}

func dxlItem(item, text string) string {
	text = strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(text)
	return "<item name='" + item + "'><text>" + text + "</text></item>"
}
