package lab

import (
	"path/filepath"
	"strings"
)

// Root is the address of the root's server, "127.53.0.1:PORT", for --root.
func (l *Lab) Root() string { return l.DNS("a.root-servers.lab").Addr().String() }

// Resolver is the recursive resolver, "udp://127.53.0.9:PORT", for --resolver. It answers over TCP as well.
func (l *Lab) Resolver() string { return "udp://" + l.DNS(resolverHost).Addr().String() }

// DoH are the URLs of two public recursive resolvers over HTTPS (RFC 8484), "resolver" and "resolver-2"; CAFile has
// the root to trust.
func (l *Lab) DoH() []string {
	return []string{l.doh.url + "/" + resolverHost + "/dns-query", l.doh.url + "/" + otherResolver + "/dns-query"}
}

// Directory is the CA's ACME directory, https://.
func (l *Lab) Directory() string { return l.ca.web.url + "/dir" }

// Dir is the folder of the PEM files.
func (l *Lab) Dir() string { return l.dir }

// CAFile is a PEM file: trust for the CA's HTTPS and for DoH.
func (l *Lab) CAFile() string { return filepath.Join(l.dir, "https-root.pem") }

// RootsFile is a PEM file: the CA's own roots, to verify what it issued.
func (l *Lab) RootsFile() (string, error) { return l.rootsFile(), nil }

// Anchor is a file with the root's DNSKEY record, the trust anchor of the zones in Options.Signed; without any it is
// not there.
func (l *Lab) Anchor() string { return filepath.Join(l.dir, "anchor.key") }

// DropPort53 makes a packet filter between the lab and its surroundings drop what goes to authoritative servers. The
// resolvers go on to reach them.
func (l *Lab) DropPort53(on bool) { l.dropped.Store(on) }

func (l *Lab) rootsFile() string { return filepath.Join(l.dir, "issuing-roots.pem") }

// DeSEC is the deSEC-like host.
func (l *Lab) DeSEC() *DeSEC { return l.desec }

// SetTXT is the host with challtestsrv's API.
func (l *Lab) SetTXT() *SetTXT { return l.setTXT }

// CA is the certificate authority.
func (l *Lab) CA() *CA { return l.ca }

// History is everything that was asked.
func (l *Lab) History() *History { return l.history }

// Control is the http:// URL for deputy-lab's own subcommands; see Dial.
func (l *Lab) Control() string { return l.control.url }

// FlushCaches makes the resolvers forget; only Options.ResolverCache lets them remember.
func (l *Lab) FlushCaches() {
	for _, r := range l.recursors {
		r.cache.flush()
	}
}

// Environment is what a shell needs, as KEY=VALUE: DEPUTY_ROOT, DEPUTY_SERVER and DEPUTY_CA_FILE for deputy, LAB_… for
// deputy-lab's subcommands and for scripts.
func (l *Lab) Environment() []string {
	return []string{
		"DEPUTY_ROOT=" + l.Root(),
		"DEPUTY_SERVER=" + l.Directory(),
		"DEPUTY_CA_FILE=" + l.CAFile(),
		"LAB_CONTROL=" + l.Control(),
		"LAB_RESOLVER=" + l.Resolver(),
		"LAB_DOH=" + strings.Join(l.DoH(), " "),
		"LAB_ROOTS=" + l.rootsFile(),
		"LAB_DESEC_URL=" + l.desec.URL(),
		"LAB_DESEC_TOKEN=" + l.desec.Token(),
		"LAB_DESEC_TXT_TOKEN=" + l.desec.TXTToken(),
		"LAB_DESEC_OTHER_TOKEN=" + l.desec.OtherToken(),
		"LAB_SETTXT_URL=" + l.setTXT.URL(),
	}
}
