package dnsconfig

import (
	"fmt"
	"strings"
	"testing"
)

// TestPublishedConfigurationsAreDescribed: what import says of each of the eleven. A field with ! is needed, with *
// secret.
func TestPublishedConfigurationsAreDescribed(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"hcl_certstore_acmedns.dxl":              "acmedns.domino-lab.net|acme-dns|1.0|HCL|5|false|unproven|auth.mydomain.com:444|cfg_DnsZone! cfg_UserName! cfg_Password!*",
		"hcl_certstore_cloudflare.dxl":           "Cloudflare|Cloudflare, Inc.|1.2|HCL|20|true|unproven|api.cloudflare.com|cfg_DnsZone cfg_InternetAddress cfg_AuthKey* cfg_AuthToken*",
		"hcl_certstore_desec.dxl":                "deSEC|deSEC e.V.|1.0|HCL|80|false|additive|desec.io|cfg_AuthToken!*",
		"hcl_certstore_digitalocean.dxl":         "DigitalOcean|DigitalOcean, LLC|1.0|Daniel Nashed|42|false|unproven|api.digitalocean.com|cfg_AuthToken!*",
		"hcl_certstore_hetzner.dxl":              "Hetzner|Hetzner Online GmbH|1.0|HCL|42|true|unproven|dns.hetzner.com|cfg_DnsZone cfg_AuthToken!*",
		"hcl_certstore_hetzner_dns_cloud.dxl":    "HetznerCloud|Hetzner Online GmbH|1.0|Nash!Com|42|true|unproven|api.hetzner.cloud|cfg_DnsZone cfg_AuthToken!*",
		"hcl_certstore_ionos_cloud.dxl":          "IONOS Cloud DNS|IONOS|1.0|Nash!Com|30|true|unproven|dns.de-fra.ionos.com|cfg_DnsZone cfg_AuthToken!*",
		"hcl_certstore_kapper.dxl":               "Kapper|Kapper Network-Communications GmbH - kapper.net|1.0|Herwig W. Schauer (HCL Lab-Services)|42|false|unproven|dnspanel.kapper.net|cfg_DnsZone! cfg_AuthKey!* cfg_AuthToken!*",
		"hcl_lab_certstore.dxl":                  "Pebble|Let's Encrypt Pebble|1.0|Daniel Nashed|10|false|unproven|127.0.0.1:8055|",
		"martdj_deSec.dxl":                       "deSec|deSec|1.0|Martijn de Jong|45|false|replacing|desec.io|cfg_DnsZone! cfg_AuthToken!*",
		"martdj_deSec-with-CNAME-delegation.dxl": "deSec with CNAME Delegation|deSec|1.0|Martijn de Jong|60|false|replacing|desec.io|cfg_DnsZone! cfg_AuthToken!* cfg_CustomValue",
	} {
		d := published(t, file)
		a := d.About()
		got := fmt.Sprintf("%s|%s|%s|%s|%d|%v|%s|%s|%s", a.Name, a.Title, a.Version, a.Author, d.FloorSeconds(), d.FindsZone(), a.Verdict,
			strings.Join(a.Hosts, " "), marked(a.Fields))
		if got != want {
			t.Errorf("%s:\n got %s\nwant %s", file, got, want)
		}
		if a.Kind != "dxl" || a.Style != "operations" || !strings.HasPrefix(a.Website, "https://") || len(a.Notes) < 100 {
			t.Errorf("%s: %+v", file, a)
		}
	}
}

func marked(fields []Field) string {
	var names []string
	for _, f := range fields {
		name := f.Name
		if f.Needed {
			name += "!"
		}
		if f.Secret {
			name += "*"
		}
		names = append(names, name)
	}
	return strings.Join(names, " ")
}

// TestAnalysis: the verdict, and whether the document finds its zone, for shapes that no published file has.
func TestAnalysis(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		items   []string
		verdict Verdict
		finds   bool
	}{
		"plain": {nil, Unproven, false},
		"a query that is read through a field of LookupCustom's kind": {[]string{"ReqQryAddHttpType", "<text>G</text>", "ReqQryAddUrlFormula", "<text>cfg_URL</text>",
			"ReqAddHeaderFormula", "<text>FIELD old := retJSON_QryAdd.values; FIELD all := old : param_DnsTxtValue; {}</text>", "ReqAddPostDataFormula", `<text>@Implode(all)</text>`}, Additive, false},
		"the same in an operation without a method": {[]string{"ReqQryAddUrlFormula", "<text>cfg_URL</text>", "ReqAddPostDataFormula", `<text>@Implode(retJSON_QryAdd.values)</text>`}, Unproven, false},
		"a delete without a URL":                    {[]string{"ReqQryAddHttpType", "<text>D</text>"}, Unproven, false},
		"a zone that is set and never tested":       {[]string{"ReqLookupCustomFormula", `<text>@SetField("CFG_DNSZONE"; retJSON_Lookup.id)</text>`}, Unproven, true},
		"a zone that is asked for":                  {[]string{"ReqAddUrlFormula", `<text>@If(@IsAvailable(cfg_DnsZone); cfg_DnsZone; "")</text>`}, Unproven, true},
		"a zone that is only read":                  {[]string{"ReqAddUrlFormula", `<text>cfg_URL + cfg_DnsZone</text>`}, Unproven, false},
	} {
		d := httpDXL(t, c.items...)
		if got := d.About().Verdict; got != c.verdict || d.FindsZone() != c.finds {
			t.Errorf("%s: %s, finds its zone: %v", name, got, d.FindsZone())
		}
	}
}

// TestFieldsAndHostsOfAForeignShape: fields that the form does not have come last, as secrets; addresses that formulas
// write out count as hosts, those of operations that never run do not.
func TestFieldsAndHostsOfAForeignShape(t *testing.T) {
	t.Parallel()
	a := httpDXL(t, "ReqAddUrlFormula", `<text>"HTTPS://Other.example:8443/x" + cfg_Zulu + cfg_Alpha + cfg_CUSTOMVALUE</text>`,
		"ReqDelUrlFormula", `<text>"https://never.example/"</text>`, "ReqAddPostDataFormula", `<text>cfg_URL</text>`).About()
	if got := marked(a.Fields); got != "cfg_CustomValue! cfg_Alpha!* cfg_Zulu!*" {
		t.Error(got)
	}
	if got := strings.Join(a.Hosts, " "); got != "api.example.net other.example:8443" {
		t.Error(got)
	}
}
