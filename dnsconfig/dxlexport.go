package dnsconfig

import (
	"bytes"
	"encoding/xml"
	"strings"
)

// Source is the DXL of this one configuration, which ImportDXL reads to the same. Secrets that the document itself
// holds are in it; see Shared.
func (d *DXL) Source() []byte { return d.write(func(dxlItem) bool { return true }) }

// Shared is Source without the secrets that a document may hold: cfg_Password, cfg_AuthKey, cfg_AuthToken and whatever
// is sealed or not a field of the form.
func (d *DXL) Shared() []byte {
	return d.write(func(i dxlItem) bool {
		lower := strings.ToLower(i.name)
		return !i.sealed() && (!strings.HasPrefix(lower, "cfg_") || !secretField(lower))
	})
}

func (d *DXL) write(wanted func(dxlItem) bool) []byte {
	var b bytes.Buffer
	b.WriteString(xml.Header + "<database xmlns='http://www.lotus.com/dxl' version='12.0'>\n<document form='DnsProviderConfig'>\n")
	for _, i := range d.items {
		if wanted(i) {
			i.write(&b)
		}
	}
	b.WriteString("</document>\n</database>\n")
	return b.Bytes()
}

func (i dxlItem) write(b *bytes.Buffer) {
	b.WriteString("<item name='" + escapeXML(i.name) + "'")
	for _, a := range i.attributes {
		if a.Name.Space == "" {
			b.WriteString(" " + a.Name.Local + "='" + escapeXML(a.Value) + "'")
		}
	}
	b.WriteString(">")
	switch i.kind {
	case "text", "number", "datetime":
		b.WriteString(element(i.kind, i.text()))
	case "textlist", "numberlist", "datetimelist":
		b.WriteString("<" + i.kind + ">")
		for _, v := range i.values {
			b.WriteString(element(strings.TrimSuffix(i.kind, "list"), v))
		}
		b.WriteString("</" + i.kind + ">")
	case "richtext":
		b.WriteString("<richtext><pardef id='1'/>\n")
		for _, line := range i.values {
			b.WriteString("<par def='1'>" + element("run", line) + "</par>\n")
		}
		b.WriteString("</richtext>")
	}
	b.WriteString("</item>\n")
}

// element writes text with its line ends as <break/>: Domino's way, and safe from programs that wrap lines.
func element(name, text string) string {
	return "<" + name + ">" + strings.ReplaceAll(escapeXML(text), "&#xA;", "<break/>") + "</" + name + ">"
}

func escapeXML(s string) string {
	var b strings.Builder
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		return "" // a strings.Builder never fails
	}
	return b.String()
}
