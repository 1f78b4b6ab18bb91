package desec

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/miekg/dns"
)

// automatic says that deSEC manages the type itself
// (https://desec.readthedocs.io/en/latest/dns/rrsets.html#restricted-types).
func automatic(rrtype string) bool {
	return slices.Contains([]string{"KEY", "NSEC", "NSEC3", "OPT", "RRSIG", "NSEC3PARAM", "SOA"}, rrtype)
}

// supported says that people may write the type.
func supported(rrtype string) bool {
	return slices.Contains([]string{
		"A", "AAAA", "AFSDB", "APL", "CAA", "CDNSKEY", "CDS", "CERT", "CNAME", "CSYNC", "DNAME", "DNSKEY", "DS", "HINFO",
		"HTTPS", "LOC", "MX", "NAPTR", "NS", "OPENPGPKEY", "PTR", "RP", "SMIMEA", "SPF", "SRV", "SSHFP", "SVCB", "TLSA",
		"TXT", "URI",
	}, rrtype)
}

// canonicalContent brings one record's content into the form in which deSEC stores and shows it.
func canonicalContent(rrtype, content string) (string, error) {
	if rrtype == "TXT" || rrtype == "SPF" {
		return canonicalText(rrtype, content)
	}
	if namesLast(rrtype) && !strings.HasSuffix(content, ".") {
		return "", complaint(`Hostname must be fully qualified (i.e., end in a dot: "example.com.")`)
	}
	rr, err := dns.NewRR(fmt.Sprintf(". %d IN %s %s", defaultMinimumTTL, rrtype, strings.ReplaceAll(content, "\n", " ")))
	if err != nil || rr == nil {
		return "", complain("Record content for type %s malformed: %s", rrtype, content)
	}
	return strings.TrimPrefix(rr.String(), rr.Header().String()), nil
}

// namesLast says that a type's content ends in a host name.
func namesLast(rrtype string) bool {
	return slices.Contains([]string{"AFSDB", "CNAME", "DNAME", "MX", "NS", "PTR", "SRV"}, rrtype)
}

// digestable gives what two contents share when they mean the same: names without regard to case (RFC 4343), TXT as
// octets, which canonical form is already.
func digestable(rrtype, canonical string) string {
	if namesLast(rrtype) {
		return strings.ToLower(canonical)
	}
	return canonical
}

// longestString is how much one string of a TXT record holds, octets (RFC 1035 §3.3).
const longestString = 255

// canonicalText reads quoted strings of any length (https://desec.readthedocs.io/en/latest/dns/rrsets.html#caveats,
// "TXT record") and writes them in pieces of at most 255 octets, printable ASCII as it is and the rest as \DDD.
func canonicalText(rrtype, content string) (string, error) {
	unquoted := complain("Data for %s records must be given using quotation marks.", rrtype)
	var quoted []string
	rest := strings.TrimLeft(content, " \t")
	for rest != "" && rest[0] != '\n' && rest[0] != ';' {
		if rest[0] != '"' {
			return "", unquoted
		}
		octets, after, err := readString(rest[1:])
		if errors.Is(err, errNewline) {
			return "", unquoted // the parser's message has the word "quote" in it, which is what deSEC looks for
		}
		if err != nil {
			return "", complain("Record content for type %s malformed: %s", rrtype, err)
		}
		quoted = append(quoted, quote(octets)...)
		rest = strings.TrimLeft(after, " \t")
	}
	if len(quoted) == 0 {
		return "", complain("Record content for type %s malformed: %s", rrtype, errEnded)
	}
	return strings.Join(quoted, " "), nil
}

// complaint is an error in deSEC's own words.
type complaint string

func (c complaint) Error() string { return string(c) }

func complain(format string, args ...any) error { return complaint(fmt.Sprintf(format, args...)) }

// What is wrong with a quoted string.
const (
	errEnded     complaint = "Text input ended unexpectedly."
	errMalformed complaint = "Text input is malformed."
	errNewline   complaint = "newline in quoted string"
)

// readString reads up to the closing quotation mark (RFC 1035 §5.1: \X is X, \DDD an octet).
func readString(text string) (octets []byte, rest string, err error) {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '"':
			return octets, text[i+1:], nil
		case '\n':
			return nil, "", errNewline
		case '\\':
			octet, width, err := readEscape(text[i+1:])
			if err != nil {
				return nil, "", err
			}
			octets = append(octets, octet)
			i += width
		default:
			octets = append(octets, c)
		}
	}
	return nil, "", errEnded
}

// readEscape reads what follows a backslash; width is how many octets of text that were.
func readEscape(text string) (octet byte, width int, err error) {
	if text == "" {
		return 0, 0, errEnded
	}
	if text[0] < '0' || text[0] > '9' {
		return text[0], 1, nil
	}
	value := 0
	for i := range 3 {
		if i == len(text) {
			return 0, 0, errEnded
		}
		if text[i] < '0' || text[i] > '9' {
			return 0, 0, errMalformed
		}
		value = value*10 + int(text[i]-'0')
	}
	if value > 255 {
		return 0, 0, errMalformed
	}
	return byte(value), 3, nil
}

// quote writes octets as one or more strings.
func quote(octets []byte) []string {
	var quoted []string
	for first := true; first || len(octets) > 0; first = false {
		n := min(len(octets), longestString)
		var b strings.Builder
		for _, c := range octets[:n] {
			switch {
			case c == '"' || c == '\\':
				b.WriteString(`\` + string(rune(c)))
			case c < ' ' || c > '~':
				fmt.Fprintf(&b, `\%03d`, c)
			default:
				b.WriteByte(c)
			}
		}
		quoted = append(quoted, `"`+b.String()+`"`)
		octets = octets[n:]
	}
	return quoted
}
