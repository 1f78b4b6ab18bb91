package plan

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"deputy/name"
)

// chunk cuts off the digits, or the other characters, that text begins with.
func chunk(text string) (head, rest string) {
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	end := 1
	for end < len(text) && digit(text[end]) == digit(text[0]) {
		end++
	}
	return text[:end], text[end:]
}

func compareChunks(a, b string) int {
	digits := func(s string) bool { return s[0] >= '0' && s[0] <= '9' }
	switch {
	case digits(a) && digits(b):
		a, b = strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
		return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
	case digits(a) != digits(b):
		return map[bool]int{true: -1, false: 1}[digits(a)]
	}
	return cmp.Compare(a, b)
}

// indented writes a document of its own, ending in a line feed, without the escapes that HTML would need.
func indented(value any) (string, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(value)
	return out.String(), err
}

// route53 is the change batch of ChangeResourceRecordSets. CREATE, not UPSERT: what is there already is not replaced.
type route53Batch struct {
	Comment string
	Changes []route53Change
}

type route53Change struct {
	Action            string
	ResourceRecordSet route53Set
}

type route53Set struct {
	Name            string
	Type            string
	TTL             int
	ResourceRecords []route53Record
}

type route53Record struct{ Value string }

func writeRoute53(s share) (string, error) {
	batch := route53Batch{Comment: clipped("zone "+s.zone.String()+": records for TLS certificates, to be added once", 256)}
	for _, e := range s.asked() {
		value := octal(e.target.FQDN())
		if e.kind == kindCAA {
			value = e.data()
		}
		batch.Changes = append(batch.Changes, route53Change{"CREATE", route53Set{octal(e.owner.FQDN()), e.kind, ttl, []route53Record{{value}}}})
	}
	return indented(batch)
}

// octal escapes a name as Route 53 wants it: three octal digits for all but letters, digits, hyphen, underscore and dot.
func octal(text string) string {
	var out strings.Builder
	for _, c := range []byte(text) {
		if plain := c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("-_.", c) >= 0; plain {
			out.WriteByte(c)
			continue
		}
		fmt.Fprintf(&out, "\\%03o", c)
	}
	return out.String()
}

// cloudflareBatch is the body of POST /zones/ID/dns_records/batch.
type cloudflareBatch struct {
	Posts []cloudflareRecord `json:"posts"`
}

type cloudflareRecord struct {
	Type    string         `json:"type"`
	Name    string         `json:"name"`
	Content string         `json:"content,omitempty"`
	Data    *cloudflareCAA `json:"data,omitempty"`
	TTL     int            `json:"ttl"`
	Proxied *bool          `json:"proxied,omitempty"` // CNAME only: a proxied one is not seen as a CNAME
	Comment string         `json:"comment"`
}

type cloudflareCAA struct {
	Flags int    `json:"flags"`
	Tag   string `json:"tag"`
	Value string `json:"value"`
}

// cloudflareComment is how long a comment may be on the smallest plan, characters.
const cloudflareComment = 100

func writeCloudflare(s share) (string, error) {
	var batch cloudflareBatch
	for _, e := range s.asked() {
		comment := "TLS certificates (" + e.purpose() + ") for " + list(e.names)
		r := cloudflareRecord{Type: e.kind, Name: e.owner.String(), TTL: ttl, Comment: clipped(comment, cloudflareComment)}
		if e.kind == kindCAA {
			r.Data = &cloudflareCAA{0, "issue", e.value}
		} else {
			r.Content, r.Proxied = e.target.String(), new(bool)
		}
		batch.Posts = append(batch.Posts, r)
	}
	return indented(batch)
}

// clipped shortens text to most characters of ASCII.
func clipped(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return text[:most-3] + "..."
}

// writeCSV has a header. A CAA's value is what follows the type in a zone file.
func writeCSV(s share) (string, error) {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	rows := [][]string{{"zone", "owner", "name", "type", "ttl", "value", "purpose", "optional", "certificates"}}
	for _, e := range s.asked() {
		optional := map[bool]string{true: "yes", false: "no"}[e.extra != ""]
		rows = append(rows, []string{
			zoneText(s.zone), e.owner.FQDN(), e.relative(), e.kind, strconv.Itoa(ttl), e.plainData(), e.purpose(), optional, list(e.names),
		})
	}
	err := w.WriteAll(rows)
	return out.String(), err
}

// plainData is the record's data without the escapes that zone files need in names.
func (e entry) plainData() string {
	if e.kind == kindCAA {
		return e.data()
	}
	return e.target.FQDN()
}

// jsonRecord is one line of the format json.
type jsonRecord struct {
	Zone     string      `json:"zone"` // "" where it is not known
	Owner    name.Name   `json:"owner"`
	Relative string      `json:"relative"`
	Type     string      `json:"type"`
	TTL      int         `json:"ttl"`
	Value    string      `json:"value"`
	Target   *name.Name  `json:"target,omitempty"` // of a CNAME
	Names    []name.Name `json:"names"`
	Purpose  string      `json:"purpose"`
	Optional bool        `json:"optional"`
	Done     bool        `json:"done"`
	Why      string      `json:"why,omitempty"` // of an optional record
}

// writeJSON writes one object a line.
func writeJSON(s share) (string, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	write := func(e entry, done bool) error {
		r := jsonRecord{
			Zone: zoneText(s.zone), Owner: e.owner, Relative: e.relative(), Type: e.kind, TTL: ttl, Value: e.plainData(),
			Names: e.names, Purpose: e.purpose(), Optional: e.extra != "", Done: done,
		}
		if e.kind == kindCNAME {
			r.Target = &e.target
		}
		if e.extra != "" {
			var err error
			if r.Why, err = explain("en", e.extra, s.issuer); err != nil {
				return err
			}
		}
		return encoder.Encode(r)
	}
	for _, e := range s.asked() {
		if err := write(e, false); err != nil {
			return "", err
		}
	}
	for _, e := range s.done {
		if err := write(e, true); err != nil {
			return "", err
		}
	}
	return out.String(), nil
}

func zoneText(zone name.Name) string {
	if zone.IsZero() {
		return ""
	}
	return zone.String()
}
