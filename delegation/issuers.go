package delegation

import (
	"fmt"
	"slices"
	"strings"
)

// knownIssuer is a CA that is known without its directory being read.
type knownIssuer struct {
	servers []string // a short name of --server first, then directories and the hosts of directories
	test    bool     // its certificates are for tests
	issuer  Issuer
}

// knownIssuers are CAs as they were known in November 2026. Identities that neither a directory nor a page of the CA
// confirmed are Unsure.
func knownIssuers() []knownIssuer {
	letsEncrypt := []string{"letsencrypt.org"}
	google := []string{"pki.goog"}
	sectigo := []string{"sectigo.com", "comodoca.com", "comodo.com", "usertrust.com", "trust-provider.com"}
	return []knownIssuer{
		{[]string{"letsencrypt", "acme-v02.api.letsencrypt.org"}, false, Issuer{Name: "Let's Encrypt", Identities: letsEncrypt}},
		{[]string{"letsencrypt-staging", "acme-staging-v02.api.letsencrypt.org"}, true, Issuer{Name: "Let's Encrypt's staging", Identities: letsEncrypt}},
		{[]string{"google", "dv.acme-v02.api.pki.goog"}, false, Issuer{Name: "Google Trust Services", Identities: google}},
		{[]string{"google-staging", "dv.acme-v02.test-api.pki.goog"}, true, Issuer{Name: "Google Trust Services' staging", Identities: google, Unsure: true}},
		{[]string{"zerossl", "acme.zerossl.com"}, false, Issuer{Name: "ZeroSSL", Identities: sectigo, Unsure: true}},
		{[]string{"sslcom-rsa", "sslcom-ecc", "acme.ssl.com"}, false, Issuer{Name: "SSL.com", Identities: []string{"ssl.com"}, Unsure: true}},
		{[]string{"actalis", "acme-api.actalis.com"}, false, Issuer{Name: "Actalis", Identities: []string{"actalis.it"}, Unsure: true}},
		{[]string{"acme.sectigo.com"}, false, Issuer{Name: "Sectigo", Identities: sectigo}},
		{[]string{"acme.digicert.com", "one.digicert.com", "one.us.digicert.com", "one.nl.digicert.com", "one.ch.digicert.com", "one.digicert.co.jp"}, false,
			Issuer{Name: "DigiCert", Identities: []string{"digicert.com"}, Unsure: true}},
		{[]string{"harica.gr"}, false, Issuer{Name: "HARICA", Identities: []string{"harica.gr"}, NoCNAME: true}},
		{[]string{"atlas.globalsign.com"}, false, Issuer{Name: "GlobalSign", Identities: []string{"globalsign.com"}, Unsure: true}},
	}
}

// IssuerOf gives what is known of a CA by the short name of --server or the URL of its directory; ok is false where it
// is not in the table. caaIdentities of the directory are better, where they were read: they replace Identities, and
// Unsure is false then.
func IssuerOf(server string) (issuer Issuer, ok bool) {
	host := strings.ToLower(server)
	if _, rest, isURL := strings.Cut(host, "://"); isURL {
		host, _, _ = strings.Cut(rest, "/")
		host, _, _ = strings.Cut(host, ":")
	}
	for _, k := range knownIssuers() {
		for _, s := range k.servers {
			if host == s || strings.Contains(s, ".") && strings.HasSuffix(host, "."+s) {
				return k.issuer, true
			}
		}
	}
	return Issuer{}, false
}

// is says that the CA answers to an issuer domain name (RFC 8659 §4.2), whatever its case.
func (i Issuer) is(domain string) bool {
	return slices.ContainsFunc(i.Identities, func(own string) bool { return strings.EqualFold(own, domain) })
}

// meant says that a value that can't be read looks as if it were for this CA.
func (i Issuer) meant(value string) bool {
	return slices.ContainsFunc(i.Identities, func(own string) bool { return strings.Contains(strings.ToLower(value), strings.ToLower(own)) })
}

// label names the CA as CAA records do, and says where that name is not certain.
func (i Issuer) label() string {
	identities := strings.Join(i.Identities, ", ")
	switch {
	case len(i.Identities) == 0:
		return "the CA"
	case i.Unsure:
		return fmt.Sprintf("%s (%s, as is commonly published; its directory was not read)", i.Name, identities)
	case i.Name == "":
		return identities
	}
	return fmt.Sprintf("%s (%s)", i.Name, identities)
}

// cnameNotes says that the CA is known not to follow CNAMEs, or may not.
func (j judge) cnameNotes() []Note {
	if !j.Issuer.NoCNAME || len(j.Hops) == 0 {
		return nil
	}
	return []Note{{"no-cname-ca", fmt.Sprintf("%s was documented in 2025 as not following CNAMEs at dns-01, in a guide that has since dropped the warning: try one certificate before you count on this delegation", j.Issuer.Name)}}
}
