package plan

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// literal is a string as JSON has it, which JavaScript and YAML read too.
func literal(text string) string {
	out, _ := json.Marshal(text) // a string can't fail
	return string(out)
}

// writeTerraform writes a table of the records and, below it, resources of the provider hashicorp/dns (RFC 2136), which
// is nobody's own; those of other providers are made from the same table.
func writeTerraform(s share) (string, error) {
	id := identifier(s.zone.String())
	table, err := s.each("    #", func(e entry) string {
		value := e.target.FQDN()
		if e.kind == kindCAA {
			value = e.data()
		}
		return fmt.Sprintf("    %s = {\n      name  = %s\n      type  = %s\n      ttl   = %d\n      value = %s\n    }\n",
			hcl(e.owner.String()), hcl(e.relative()), hcl(e.kind), ttl, hcl(value))
	})
	head := s.remarks("#") + commented("#", "The records are in local."+id+". The resource below makes them with the provider hashicorp/dns, which speaks to "+
		"any server that takes dynamic updates (RFC 2136). For another provider put its resource in place of that one, for example:")
	for _, line := range strings.Split(strings.TrimSpace(fmt.Sprintf(otherProviders, id)), "\n") {
		head += strings.TrimRight("#   "+line, " ") + "\n"
	}
	if slices.ContainsFunc(s.extras, func(e entry) bool { return e.kind == kindCAA }) {
		head += commented("#", "hashicorp/dns has no CAA records: those of the table are left out by it, and have to be added by hand or with another provider.")
	}
	return head + "locals {\n  " + id + " = {\n" + table + "  }\n}\n" + fmt.Sprintf(`
resource "dns_cname_record" %q {
  for_each = { for key, record in local.%s : key => record if record.type == "CNAME" }
  zone     = %s
  name     = each.value.name
  cname    = each.value.value
  ttl      = each.value.ttl
}
`, id, id, hcl(s.zone.FQDN())), err
}

const otherProviders = `
resource "aws_route53_record" "%[1]s" {
  for_each = local.%[1]s
  zone_id  = "..."
  name     = each.key
  type     = each.value.type
  ttl      = each.value.ttl
  records  = [each.value.value]
}

resource "cloudflare_dns_record" "%[1]s" {
  for_each = { for key, record in local.%[1]s : key => record if record.type == "CNAME" }
  zone_id  = "..."
  name     = each.key
  type     = "CNAME"
  ttl      = each.value.ttl
  content  = trimsuffix(each.value.value, ".")
  proxied  = false
}
`

// hcl is a quoted template of Terraform's language without interpolation.
func hcl(text string) string {
	var out strings.Builder
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			out.WriteString(`\` + string(c))
		case c < ' ' || c > '~':
			fmt.Fprintf(&out, `\u%04x`, c)
		default:
			out.WriteRune(c)
		}
	}
	return `"` + strings.NewReplacer("${", "$${", "%{", "%%{").Replace(out.String()) + `"`
}

// identifier is a name of Terraform's language for a zone.
func identifier(zone string) string {
	var out strings.Builder
	for _, c := range zone {
		switch {
		case unicode.IsLetter(c) || unicode.IsDigit(c) || c == '-':
			out.WriteRune(c)
		case c == '.':
			out.WriteByte('_')
		default:
			fmt.Fprintf(&out, "_x%02x_", c)
		}
	}
	return "deputy_" + out.String()
}

// writeOctoDNS writes the names in the order that octoDNS enforces, and below each its keys likewise.
func writeOctoDNS(s share) (string, error) {
	blocks := map[string]string{}
	var order []string
	_, err := s.each("#", func(e entry) string {
		label, _ := e.owner.Relative(e.zone)
		value := "value: " + scalar(e.target.FQDN())
		if e.kind == kindCAA {
			value = "value:\n    flags: 0\n    tag: issue\n    value: " + literal(e.value)
		}
		remark := "for " + list(e.names)
		if e.extra != "" {
			remark = "optional, " + e.purpose() + ", " + remark
		}
		order = append(order, label)
		blocks[label] = commented("#", remark) + fmt.Sprintf("%s:\n  ttl: %d\n  type: %s\n  %s\n", scalar(label), ttl, e.kind, value)
		return ""
	})
	if err != nil {
		return "", err
	}
	slices.SortFunc(order, natural)
	var out strings.Builder
	out.WriteString("---\n" + s.remarks("#"))
	for _, extra := range s.kinds() {
		why, err := explain("en", extra, s.issuer)
		if err != nil {
			return "", err
		}
		out.WriteString("\n" + commented("#", "Optional. "+why))
	}
	out.WriteString("\n")
	for _, label := range order {
		out.WriteString(blocks[label])
	}
	return out.String(), nil
}

// kinds are the kinds of extra records that a share holds.
func (s share) kinds() []Extra {
	var all []Extra
	for _, e := range s.extras {
		if !slices.Contains(all, e.extra) {
			all = append(all, e.extra)
		}
	}
	return all
}

// scalar is a YAML scalar: plain where nothing could take it for anything but a string.
func scalar(text string) string {
	plain := strings.HasPrefix(text, "_") && !strings.ContainsFunc(text, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.'
	})
	if plain {
		return text
	}
	return literal(text)
}

// writeDNSControl extends a zone that the user's own dnsconfig.js has declared with D().
func writeDNSControl(s share) (string, error) {
	count := 0
	body, err := s.each("  //", func(e entry) string {
		count++
		comma := ","
		if count == len(s.asked()) {
			comma = ""
		}
		if e.kind == kindCAA {
			return fmt.Sprintf("  CAA(%s, \"issue\", %s, TTL(%d))%s\n", literal(e.relative()), literal(e.value), ttl, comma)
		}
		return fmt.Sprintf("  CNAME(%s, %s, TTL(%d))%s\n", literal(e.relative()), literal(e.target.FQDN()), ttl, comma)
	})
	head := s.remarks("//") + commented("//", "Put it below the D() of this zone in dnsconfig.js.")
	return head + "D_EXTEND(" + literal(s.zone.String()) + ",\n" + body + ");\n", err
}

// writePowerShell is for the DnsServer module of Windows. It has no CAA records of its own; they are given as the octets
// of an unknown type (RFC 3597 §5): flags, the tag's length, the tag, the value (RFC 8659 §4.1).
func writePowerShell(s share) (string, error) {
	body, err := s.each("#", func(e entry) string {
		where := fmt.Sprintf("-ZoneName %s -Name %s", single(s.zone.String()), single(e.relative()))
		if e.kind == kindCAA {
			octets := hex.EncodeToString([]byte("\x00\x05issue" + e.value))
			return fmt.Sprintf("Add-DnsServerResourceRecord %s -Type 257 -RecordData '%s' -TimeToLive 01:00:00\n", where, octets)
		}
		return fmt.Sprintf("Add-DnsServerResourceRecordCName %s -HostNameAlias %s -TimeToLive 01:00:00\n", where, single(e.target.FQDN()))
	})
	head := s.remarks("#") + commented("#", "For PowerShell on the DNS server, or elsewhere with -ComputerName. It stops where a record of the name is there already.")
	return head + "$ErrorActionPreference = 'Stop'\n" + body, err
}

// single is a string of PowerShell in single quotes, in which nothing is expanded. Names are ASCII, so none of its
// typographic quotes can occur.
func single(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

// natural compares as octoDNS sorts: digits as numbers, all else by its characters.
func natural(a, b string) int {
	for a != "" && b != "" {
		x, restA := chunk(a)
		y, restB := chunk(b)
		if c := compareChunks(x, y); c != 0 {
			return c
		}
		a, b = restA, restB
	}
	return len(a) - len(b)
}
