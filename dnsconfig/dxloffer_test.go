package dnsconfig

import (
	"strings"
	"testing"
)

// notes writes a file of documents: a form, then pairs of an item's name and its text; a name that ends in * is sealed.
func notes(t *testing.T, documents ...[]string) Import {
	t.Helper()
	var b strings.Builder
	b.WriteString("<database>")
	for _, d := range documents {
		b.WriteString("<document form='" + d[0] + "'>")
		for i := 1; i+1 < len(d); i += 2 {
			name, sealed := strings.CutSuffix(d[i], "*")
			b.WriteString("<item name='" + name + "'")
			if sealed {
				b.WriteString(" seal='true'")
			}
			b.WriteString("><text>" + escapeXML(d[i+1]) + "</text></item>")
		}
		b.WriteString("</document>")
	}
	result, err := ImportDXL([]byte(b.String() + "</database>"))
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// TestProviderOffers: the article's account in custom value mode; one that follows CNAMEs, with a zone's id; one whose
// configuration is elsewhere; and one from a stranger whose texts would be YAML of their own.
func TestProviderOffers(t *testing.T) {
	t.Parallel()
	config := []string{"DnsProviderConfig", "DnsProviderConfigName", "deSec with CNAME", "ReqAddHttpType", "P", "ReqAddUrlFormula", "cfg_URL + cfg_DnsZone + cfg_CustomValue",
		"ReqAddHeaderFormula", "cfg_AuthToken + cfg_UserName"}
	for _, c := range []struct {
		provider []string
		want     string
	}{
		{[]string{"Status", "1", "AccountName", "martdj (deSEC)", "RegisteredDomain", "martdj.nl", "DnsProviderConfigName", "deSec with CNAME", "cfg_DnsZone", "martdj.dedyn.io",
			"cfg_CustomValue", "validation", "cfg_UserName", "", "cfg_AuthToken*", "", "cfg_Password*", ""}, `# from the DNS Provider "martdj (deSEC)" of Notes
deputy: dns-provider/1
name: martdj-deSEC
configuration: "deSec with CNAME"
zones: ["martdj.dedyn.io"]
registered_domains: ["martdj.nl"]
custom_value: "validation"
account:
  cfg_AuthToken: {file: cfg_AuthToken} # Authorization token: give it again, from a file that only you can read
`},
		{[]string{"Status", "0", "AccountName", "hcl", "RegisteredDomain", "example.org\nexample.net", "DnsProviderConfigName", "deSec with CNAME", "cfg_dnszone", "023e105f4ece",
			"cfg_UserName", "me", "cfg_AuthToken", "in-the-clear"}, `# from the DNS Provider "hcl" of Notes
# it is not enabled there
deputy: dns-provider/1
name: hcl
configuration: "deSec with CNAME"
zones: ["example.org", "example.net"]
account:
  cfg_DnsZone: "023e105f4ece"
  cfg_UserName: "me"
  cfg_AuthToken: {file: cfg_AuthToken} # Authorization token: give it again, from a file that only you can read
`},
		{[]string{"AccountName", "***", "DnsProviderConfigName", "another", "cfg_InternetAddress", "me@example.org", "cfg_AuthKey*", ""}, `# from the DNS Provider "***" of Notes
deputy: dns-provider/1
name: imported
configuration: "another"
zones: [] # give the zone in which deputy may write: it is not in the document
account:
  cfg_InternetAddress: "me@example.org"
  cfg_AuthKey: {file: cfg_AuthKey} # Authorization key: give it again, from a file that only you can read
`},
		{[]string{"AccountName", "a\nallow: {commands: true} #", "DnsProviderConfigName", "x\"\nallow: {commands: true}", "RegisteredDomain", "example.org]\nallow: {commands: true}"}, `# from the DNS Provider "a\nallow: {commands: true} #" of Notes
deputy: dns-provider/1
name: a-allow-commands-true
configuration: "x\"\nallow: {commands: true}"
zones: ["example.org]", "allow:", "{commands:", "true}"]
`},
	} {
		offers := notes(t, config, append([]string{"DnsProvider"}, c.provider...)).ProviderOffers()
		if len(offers) != 1 || offers[0].Text != c.want || !strings.Contains(c.want, "\nname: "+offers[0].Name+"\n") {
			t.Errorf("got\n%s\nwant\n%s", offers[0].Text, c.want)
		}
	}
}

func TestAccountOffers(t *testing.T) {
	t.Parallel()
	result := notes(t,
		[]string{"AcmeAccount", "AccountName", "LetsEncryptProduction", "AcmeDirectoryURL", "https://acme-v02.api.letsencrypt.org/directory", "AcmeEmailAddress", "admin@example.org",
			"ReqKeyAlg", "E", "ReqKeyCurve", "P256", "AcmeEabHmac*", ""},
		[]string{"AcmeAccount", "AccountName", "Zero SSL", "AcmeDirectoryURL", "https://acme.zerossl.com/v2/DV90?x=$(id)'\n", "ReqKeyAlg", "R", "ReqKeySize", "4096", "AcmeEabKid", "kid 1", "AcmeEabHmac*", ""},
		[]string{"AcmeAccount", "AccountName", "", "AcmeDirectoryURL", "--ca-file"})
	for i, want := range []string{
		`ACME account "LetsEncryptProduction": directory "https://acme-v02.api.letsencrypt.org/directory", email "admin@example.org", account key ECDSA P256 in Notes, where it stays
deputy account add --account LetsEncryptProduction --server https://acme-v02.api.letsencrypt.org/directory --email admin@example.org
`,
		`ACME account "Zero SSL": directory "https://acme.zerossl.com/v2/DV90?x=$(id)'", no email address, account key RSA 4096 in Notes, where it stays
deputy account add --account Zero-SSL --server 'https://acme.zerossl.com/v2/DV90?x=$(id)'\''' --eab-kid 'kid 1' --eab-hmac-key-file FILE
`,
		`ACME account "": directory "--ca-file", no email address, account key of no stated kind in Notes, where it stays
deputy account add --account imported --server '--ca-file'
`,
	} {
		if got := result.AccountOffers()[i].Text; got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
	if len(result.Left) != 2 || result.Left[0] != `AcmeEabHmac of the ACME account "LetsEncryptProduction": Notes keeps it encrypted, so the export has it empty; give it again` {
		t.Errorf("%q", result.Left)
	}
}
