package plan

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"text/template"
	"unicode/utf8"

	"deputy/name"
)

// letterFiles are the letters, one for each language: the template "mail", and one for each kind of extra record.
//
//go:embed letters/*.txt
var letterFiles embed.FS

// width is that of a mail's lines, characters, so that no mail system breaks them (RFC 5322 §2.1.1: 78 at most).
const width = 76

func letterOf(language string) (*template.Template, error) {
	if language == "" {
		language = "en"
	}
	return template.ParseFS(letterFiles, "letters/"+language+".txt")
}

// explain says in one paragraph what a kind of extra record is for, and that it may be left out.
func explain(language string, extra Extra, issuer string) (string, error) {
	letters, err := letterOf(language)
	if err != nil {
		return "", err
	}
	var out strings.Builder
	if err := letters.ExecuteTemplate(&out, string(extra), letter{Issuer: issuer}); err != nil {
		return "", err
	}
	return strings.Join(words(out.String()), " "), nil
}

// letter is what a letter's templates see.
type letter struct {
	Zone    string // "" where it is not known
	Issuer  string
	Records []page // all that are asked for
	Need    []page // of these, the ones that are needed
	Extras  []bunch
	Done    []page
	Covered string // the names that the needed ones allow certificates for
}

// One says that one record is needed.
func (l letter) One() bool { return len(l.Need) == 1 }

// Single says that one record is asked for.
func (l letter) Single() bool { return len(l.Records) == 1 }

// Count is the number of the needed records.
func (l letter) Count() int { return len(l.Need) }

// bunch is the records of one extra kind.
type bunch struct {
	Kind    Extra
	Records []page
}

// page is a record as a letter's templates see it.
type page struct {
	entry
	Zone string
}

// Owner is the name with its final dot, Plain without, Relative without the zone.
func (p page) Owner() string { return absolute(p.owner) }

// Plain is the name as dig and nslookup take it.
func (p page) Plain() string { return strings.TrimSuffix(absolute(p.owner), ".") }

// Relative is the name without its zone; "" where that is not known.
func (p page) Relative() string {
	if p.relative() == "" || p.relative() == "@" {
		return p.relative()
	}
	return presented(p.relative())
}

// Type is CNAME or CAA.
func (p page) Type() string { return p.kind }

// CAA says whether it is a CAA record.
func (p page) CAA() bool { return p.kind == kindCAA }

// TTL is in seconds.
func (p page) TTL() int { return ttl }

// Property is a CAA's value without quotes.
func (p page) Property() string { return p.value }

// Data is the answer that dig shows.
func (p page) Data() string { return p.data() }

// Names are those that it is for.
func (p page) Names() string { return list(p.names) }

// Line is the record as a zone file has it, broken where it is too long for a mail (RFC 1035 §5.1: parentheses).
func (p page) Line() string {
	line := "    " + p.line(absolute(p.owner))
	if utf8.RuneCountInString(line) <= width {
		return line
	}
	data := absolute(p.target)
	head := fmt.Sprintf("    %s %d IN %s", absolute(p.owner), ttl, p.kind)
	if p.kind == kindCAA {
		head, data = head+" 0 issue", quoted(p.value)
	}
	return head + " (\n        " + data + " )"
}

// writeMail writes the ticket as a letter to people who look after a zone and need not know what ACME is.
func writeMail(s share) (string, error) {
	letters, err := letterOf(s.language)
	if err != nil {
		return "", err
	}
	l := letter{
		Zone: zoneText(s.zone), Issuer: s.issuer, Records: pages(s.asked()), Need: pages(s.need), Done: pages(s.done),
		Covered: list(s.covered()),
	}
	for _, kind := range s.kinds() {
		of := slices.DeleteFunc(slices.Clone(s.extras), func(e entry) bool { return e.extra != kind })
		l.Extras = append(l.Extras, bunch{kind, pages(of)})
	}
	var out strings.Builder
	if err := letters.ExecuteTemplate(&out, "mail", l); err != nil {
		return "", err
	}
	return filled(out.String()), nil
}

func pages(entries []entry) []page {
	var all []page
	for _, e := range entries {
		all = append(all, page{e, zoneText(e.zone)})
	}
	return all
}

// covered is what the CNAMEs allow certificates for, asked for or not.
func (s share) covered() []name.Name {
	var all []name.Name
	for _, e := range s.asked() {
		if e.kind != kindCNAME {
			continue
		}
		for _, n := range covered(e.names) {
			if !slices.Contains(all, n) {
				all = append(all, n)
			}
		}
	}
	return all
}

// filled wraps a template's paragraphs. Lines that begin with four spaces stay as they are, but that lists of names at
// commas are wrapped too; blank lines never follow one another.
func filled(text string) string {
	var out strings.Builder
	var paragraph []string
	flush := func() {
		for _, line := range wrap(strings.Join(paragraph, " "), width) {
			out.WriteString(line + "\n")
		}
		paragraph = nil
	}
	blank := true
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \n")
		switch {
		case strings.HasPrefix(line, "    "):
			flush()
			out.WriteString(listed(line) + "\n")
		case line != "":
			paragraph = append(paragraph, line)
		case !blank:
			flush()
			out.WriteString("\n")
		}
		blank = line == ""
	}
	flush()
	return strings.TrimRight(out.String(), "\n") + "\n"
}

// listed wraps a list of names, which is the only thing in such a line with a comma and a space.
func listed(line string) string {
	if utf8.RuneCountInString(line) <= width || !strings.Contains(line, ", ") {
		return line
	}
	return "    " + strings.Join(wrap(strings.TrimSpace(line), width-4), "\n    ")
}

// wrap breaks text at spaces into lines of at most most characters, as far as its words allow. A no-break space (which
// French has before some signs) is no place to break.
func wrap(text string, most int) []string {
	var lines []string
	for _, word := range words(text) {
		last := len(lines) - 1
		if last >= 0 && utf8.RuneCountInString(lines[last])+1+utf8.RuneCountInString(word) <= most {
			lines[last] += " " + word
			continue
		}
		lines = append(lines, word)
	}
	return lines
}

func words(text string) []string {
	return strings.FieldsFunc(text, func(c rune) bool { return c == ' ' || c == '\n' })
}
