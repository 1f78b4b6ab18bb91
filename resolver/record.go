package resolver

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/miekg/dns"

	"deputy/name"
)

// newRecord takes what deputy uses out of rr. It fails on names that deputy has no form for, such as ones with spaces.
func newRecord(rr dns.RR) (Record, error) {
	owner, err := readName(rr.Header().Name)
	if err != nil {
		return Record{}, err
	}
	r := Record{Owner: owner, Type: Type(rr.Header().Rrtype), TTL: rr.Header().Ttl}
	var target string
	switch d := rr.(type) {
	case *dns.CNAME:
		target = d.Target
	case *dns.DNAME:
		target = d.Target
	case *dns.NS:
		target = d.Ns
	case *dns.SOA:
		r.Serial, r.NegTTL = d.Serial, min(d.Minttl, d.Hdr.Ttl)
		r.Target, _ = readName(d.Ns) // only shown; zero when it is no name
	case *dns.TXT:
		r.Text = octets(strings.Join(d.Txt, ""))
	case *dns.A:
		r.Text = d.A.String()
	case *dns.AAAA:
		r.Text = d.AAAA.String()
	case *dns.CAA:
		r.Text = fmt.Sprintf("%d %s %s", d.Flag, d.Tag, octets(d.Value))
	}
	if target != "" {
		r.Target, err = readName(target)
	}
	if err != nil {
		return Record{}, fmt.Errorf("the %s at %s leads to no name: %w", r.Type, owner, err)
	}
	return r, nil
}

// readName reads a name as the library writes it: with backslashes before what is special, which no Name holds.
func readName(text string) (name.Name, error) {
	return name.ParseOwner(text)
}

// octets undoes the library's escapes (RFC 1035 §5.1): \DDD and \X.
func octets(text string) string {
	if !strings.Contains(text, `\`) {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '\\' || i+1 == len(text) {
			out.WriteByte(text[i])
			continue
		}
		if i+3 < len(text) {
			if n, err := strconv.ParseUint(text[i+1:i+4], 10, 8); err == nil {
				out.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		i++
		out.WriteByte(text[i])
	}
	return out.String()
}

// String is the type's mnemonic, or TYPEn (RFC 3597 §5).
func (t Type) String() string { return dns.Type(t).String() }
