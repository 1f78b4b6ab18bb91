package lab

import (
	"fmt"
	"strings"

	"github.com/miekg/dns"
)

// joined is the value of a TXT record: its strings joined (RFC 8555 §8.4), the escapes of presentation form undone.
func joined(rr *dns.TXT) string {
	var b strings.Builder
	for _, s := range rr.Txt {
		b.WriteString(unescaped(s))
	}
	return b.String()
}

// unescaped undoes \DDD and \X (RFC 1035 §5.1).
func unescaped(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '\\' || i+1 == len(s):
			b.WriteByte(s[i])
		case i+3 < len(s) && digits(s[i+1:i+4]):
			b.WriteByte((s[i+1]-'0')*100 + (s[i+2]-'0')*10 + (s[i+3] - '0'))
			i += 3
		default:
			i++
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

func digits(s string) bool {
	return strings.Trim(s, "0123456789") == ""
}

// escaped writes an octet string in presentation form, without quotation marks (RFC 1035 §5.1).
func escaped(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteString("\\" + string(c))
		case c < 0x20 || c > 0x7e:
			fmt.Fprintf(&b, "\\%03d", c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// textRecord is a TXT record of value, in strings of at most 255 octets, with TTL 0.
func textRecord(owner, value string) *dns.TXT {
	rr := &dns.TXT{Hdr: dns.RR_Header{Name: owner, Rrtype: dns.TypeTXT, Class: dns.ClassINET}}
	for len(value) > 255 {
		rr.Txt = append(rr.Txt, escaped(value[:255]))
		value = value[255:]
	}
	rr.Txt = append(rr.Txt, escaped(value))
	return rr
}
