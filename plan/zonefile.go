package plan

import (
	"fmt"
	"strings"

	"deputy/name"
)

// presented is a name or a part of one in the presentation format of zone files (RFC 1035 §5.1, RFC 4343 §2.1): what is
// not a letter, digit, hyphen, underscore or dot is escaped; "@" and "*" as whole labels stay what they mean.
func presented(text string) string {
	var out strings.Builder
	for _, c := range []byte(text) {
		switch plain := c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("-_.*@", c) >= 0; {
		case plain:
			out.WriteByte(c)
		default:
			fmt.Fprintf(&out, "\\%03d", c)
		}
	}
	return out.String()
}

func absolute(n name.Name) string { return presented(n.FQDN()) }

// quoted is a character string of a zone file.
func quoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(text) + `"`
}

// data is the record's data as a zone file has it.
func (e entry) data() string {
	if e.kind == kindCAA {
		return "0 issue " + quoted(e.value)
	}
	return absolute(e.target)
}

// line is the record as a zone file has it, with this owner.
func (e entry) line(owner string) string {
	return fmt.Sprintf("%s %d IN %s %s", owner, ttl, e.kind, e.data())
}

// remarks says for people what a share holds, in lines that begin with a comment sign.
func (s share) remarks(sign string) string {
	where := "zone not known"
	if !s.zone.IsZero() {
		where = "zone " + s.zone.String()
	}
	if len(s.need) == 0 {
		return commented(sign, where+": for TLS certificates; none of these records is needed now, and any may be left out.")
	}
	return commented(sign, where+": "+records(s.need)+" for TLS certificates, to be added once. Nothing has to be changed afterwards.")
}

// commented wraps text into comment lines of at most 78 characters.
func commented(sign, text string) string {
	var out strings.Builder
	for _, line := range wrap(text, 77-len(sign)) {
		out.WriteString(sign + " " + line + "\n")
	}
	return out.String()
}

// each writes every record with a remark above it: what it is for, and of each kind of extra record why it may be wanted.
func (s share) each(sign string, write func(entry) string) (string, error) {
	var out strings.Builder
	kind := Extra("")
	for i, e := range s.asked() {
		if e.extra != kind {
			kind = e.extra
			why, err := explain("en", kind, s.issuer)
			if err != nil {
				return "", err
			}
			if i > 0 {
				out.WriteString("\n")
			}
			out.WriteString(commented(sign, "Optional. "+why))
		}
		out.WriteString(commented(sign, "for "+list(e.names)) + write(e))
	}
	return out.String(), nil
}

func writeBIND(s share) (string, error) {
	body, err := s.each(";", func(e entry) string { return e.line(absolute(e.owner)) + "\n" })
	return s.remarks(";") + body, err
}

func writeZone(s share) (string, error) {
	body, err := s.each(";", func(e entry) string { return e.line(presented(e.relative())) + "\n" })
	return s.remarks(";") + "$ORIGIN " + absolute(s.zone) + "\n" + body, err
}

// writeNsupdate sends each record by itself, so that one that is refused does not take the others with it, and asks the
// server to refuse what would stand beside other data or replace something (RFC 2136 §2.4).
func writeNsupdate(s share) (string, error) {
	body, err := s.each(";", func(e entry) string {
		owner := absolute(e.owner)
		prerequisite := "prereq nxdomain " + owner + "\n"
		if e.kind == kindCAA { // it stands beside addresses, but beside no CNAME
			prerequisite = "prereq nxrrset " + owner + " IN CNAME\nprereq nxrrset " + owner + " IN CAA\n"
		}
		return "zone " + absolute(s.zone) + "\n" + prerequisite + "update add " + e.line(owner) + "\nsend\n"
	})
	head := s.remarks(";") + commented(";", "Each record is refused with YXDOMAIN or YXRRSET, and nothing is changed, where something stands at its name.")
	return head + body, err
}
