package dnsconfig

import (
	"encoding/xml"
	"slices"
	"strings"
)

// richText gives the lines of a <richtext> as plain text: paragraphs and breaks as lines, rows of tables as a line with
// bars between the cells, links with their address. Pictures, styles and formulas are left out.
func (r *dxlReader) richText() ([]string, error) {
	lines, err := r.block()
	return tidy(lines), err
}

// block reads what stands beside paragraphs, up to the end of the element at hand.
func (r *dxlReader) block() ([]string, error) {
	var lines []string
	err := r.children(func(child xml.StartElement) error {
		inner, err := r.blockElement(child)
		lines = append(lines, inner...)
		return err
	})
	return lines, err
}

func (r *dxlReader) blockElement(start xml.StartElement) ([]string, error) {
	name := start.Name.Local
	switch {
	case name == "par":
		text, err := r.inline()
		return strings.Split(text, "\n"), err
	case name == "tablerow":
		return r.row()
	case noText(name):
		return nil, r.skip()
	}
	return r.block()
}

// row makes one line of a row of a table.
func (r *dxlReader) row() ([]string, error) {
	var cells []string
	err := r.children(func(child xml.StartElement) error {
		lines, err := r.blockElement(child)
		cells = append(cells, strings.Join(slices.DeleteFunc(lines, func(l string) bool {
			return strings.TrimSpace(l) == ""
		}), " "))
		return err
	})
	line := strings.Join(cells, " | ")
	if strings.Trim(line, " |") == "" {
		return nil, err
	}
	return []string{line}, err
}

// inline reads the inside of a paragraph.
func (r *dxlReader) inline() (string, error) {
	var b strings.Builder
	for {
		token, err := r.next()
		if err != nil {
			return "", err
		}
		switch t := token.(type) {
		case xml.CharData:
			b.Write(t)
		case xml.EndElement:
			return b.String(), nil
		case xml.StartElement:
			text, err := r.inlineElement(t)
			if err != nil {
				return "", err
			}
			b.WriteString(text)
		}
	}
}

func (r *dxlReader) inlineElement(start xml.StartElement) (string, error) {
	name := start.Name.Local
	if noText(name) {
		return "", r.skip()
	}
	text, err := r.inline()
	switch {
	case name == "break":
		return "\n", err
	case name == "urllink":
		return link(text, attribute(start, "href")), err
	}
	return text, err
}

// link keeps the address of a link whose text does not show it.
func link(text, address string) string {
	switch {
	case address == "" || strings.Contains(text, strings.TrimSuffix(address, "/")):
		return text
	case strings.TrimSpace(text) == "":
		return address
	}
	return text + " (" + address + ")"
}

// noText lists elements whose content is not for reading.
func noText(name string) bool {
	switch name {
	case "pardef", "parstyle", "code", "formula", "picture", "attachmentref", "objectref", "notesbitmap", "gif", "jpeg", "png", "tablecolumn":
		return true
	}
	return false
}

// tidy cuts spaces at line ends, and all but one of the empty lines in a row.
func tidy(lines []string) []string {
	var kept []string
	for _, line := range lines {
		line = strings.TrimRight(strings.ReplaceAll(line, "\u00a0", " "), " \t\r")
		if line == "" && (len(kept) == 0 || kept[len(kept)-1] == "") {
			continue
		}
		kept = append(kept, line)
	}
	if len(kept) > 0 && kept[len(kept)-1] == "" {
		kept = kept[:len(kept)-1]
	}
	return kept
}
