package dnsconfig

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Bounds of an XML body or answer: octets of an answer (a body has maxBody), elements, and attributes of one element.
// Elements nest as deep as maxDepth.
const (
	maxXML        = 1 << 20
	maxXMLItems   = 20_000
	maxAttributes = 64
)

// elementName is the name of an element or attribute that is read, and with a prefix of one that is written.
var (
	elementName  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9._-]*$`)
	prefixedName = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9._-]*:)?[A-Za-z_][A-Za-z0-9._-]*$`)
)

// encodeXML writes a mapping of one root element: members are elements in the document's order, a list repeats its
// element, "@name" is an attribute, "#text" is the text beside attributes, nothing is an empty element (of an attribute:
// none). It fails where a text can't stand in XML 1.0, and beyond maxBody.
func encodeXML(v any) ([]byte, error) {
	root := membersOf(v)
	if len(root) != 1 || strings.HasPrefix(root[0].key, "@") || root[0].key == "#text" {
		return nil, errors.New("an XML body is a mapping of one root element")
	}
	if _, several := listOf(root[0].value); several {
		return nil, errors.New("an XML body has one root element, not a list of them")
	}
	w := &xmlWriter{}
	w.WriteString(xml.Header)
	if err := w.element(root[0].key, root[0].value, 1); err != nil {
		return nil, err
	}
	if w.Len() > maxBody {
		return nil, fmt.Errorf("the body gets longer than %d octets", maxBody)
	}
	return w.Bytes(), nil
}

// membersOf gives the members of an object or mapping, those of a mapping sorted; nil for anything else.
func membersOf(v any) fields {
	switch x := v.(type) {
	case fields:
		return x
	case map[string]any:
		sorted := make(fields, 0, len(x))
		for _, key := range slices.Sorted(maps.Keys(x)) {
			sorted = append(sorted, field{key, x[key]})
		}
		return sorted
	}
	return nil
}

func listOf(v any) ([]any, bool) {
	switch x := v.(type) {
	case []any:
		return x, true
	case []string:
		all := make([]any, 0, len(x))
		for _, s := range x {
			all = append(all, s)
		}
		return all, true
	}
	return nil, false
}

// xmlWriter is a body as it grows.
type xmlWriter struct {
	bytes.Buffer
	elements int
}

func (w *xmlWriter) element(key string, v any, depth int) error {
	if !prefixedName.MatchString(key) {
		return fmt.Errorf("%q is no name of an XML element", cut(key, 80))
	}
	w.elements++
	if w.Len() > maxBody || depth > maxDepth || w.elements > maxXMLItems {
		return fmt.Errorf("the body gets longer than %d octets, deeper than %d or has more than %d elements", maxBody, maxDepth, maxXMLItems)
	}
	members := membersOf(v)
	w.WriteString("<" + key)
	if err := w.attributes(members); err != nil {
		return err
	}
	w.WriteByte('>')
	if err := w.content(key, v, members, depth); err != nil {
		return err
	}
	w.WriteString("</" + key + ">")
	return nil
}

func (w *xmlWriter) attributes(members fields) error {
	for _, m := range members {
		name, attribute := strings.CutPrefix(m.key, "@")
		if !attribute || m.value == nil {
			continue
		}
		if !prefixedName.MatchString(name) {
			return fmt.Errorf("%q is no name of an XML attribute", cut(m.key, 80))
		}
		w.WriteString(" " + name + `="`)
		if err := w.text(m.key, m.value); err != nil {
			return err
		}
		w.WriteByte('"')
	}
	return nil
}

// content writes what stands between the tags of an element.
func (w *xmlWriter) content(key string, v any, members fields, depth int) error {
	switch v.(type) {
	case nil:
		return nil
	case fields, map[string]any:
	default:
		return w.text(key, v)
	}
	for _, m := range members {
		if strings.HasPrefix(m.key, "@") {
			continue
		}
		if err := w.member(m, depth); err != nil {
			return err
		}
	}
	return nil
}

func (w *xmlWriter) member(m field, depth int) error {
	if m.key == "#text" {
		if m.value == nil {
			return nil
		}
		return w.text(m.key, m.value)
	}
	each, several := listOf(m.value)
	if !several {
		return w.element(m.key, m.value, depth+1)
	}
	for _, v := range each {
		if err := w.element(m.key, v, depth+1); err != nil {
			return err
		}
	}
	return nil
}

func (w *xmlWriter) text(key string, v any) error {
	s, err := textOf(v)
	if err != nil {
		return fmt.Errorf("%s: %w", cut(key, 80), err)
	}
	if len(s) > maxBody {
		return fmt.Errorf("the body gets longer than %d octets", maxBody)
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, notXML) {
		return fmt.Errorf("%s: a text holds what can't stand in XML: control characters, or octets that are not UTF-8", cut(key, 80))
	}
	return xml.EscapeText(w, []byte(s))
}

// notXML says whether a character can't stand in XML, escaped or not (XML 1.0 §2.2).
func notXML(r rune) bool {
	return r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF
}
