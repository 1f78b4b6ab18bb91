package session

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// parseXML reads a document as a mapping of its root: an element is a mapping of its children, text where it holds
// nothing else, a list where it is repeated; attributes are "@name", text beside attributes "#text"; prefixes are
// dropped.
func parseXML(body []byte) (*node, error) {
	d := xml.NewDecoder(bytes.NewReader(body))
	d.Strict = true
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return nil, errors.New("there is no element")
		}
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.Directive:
			return nil, errors.New("it has a document type declaration")
		case xml.StartElement:
			value, err := readElement(d, t, 0)
			if err != nil {
				return nil, err
			}
			return &node{kind: mapping, members: []member{{key: t.Name.Local, value: value}}}, ended(d)
		}
	}
}

// ended makes sure that only white space and comments follow the root.
func ended(d *xml.Decoder) error {
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, more := token.(xml.StartElement); more {
			return errors.New("there is more than one root element")
		}
	}
}

func readElement(d *xml.Decoder, start xml.StartElement, depth int) (*node, error) {
	if depth > maxNesting {
		return nil, fmt.Errorf("it nests deeper than %d", maxNesting)
	}
	element := &node{kind: mapping}
	for _, a := range start.Attr {
		key := "@" + a.Name.Local
		if a.Name.Space == "xmlns" {
			key = "@xmlns:" + a.Name.Local
		}
		element.members = append(element.members, member{key: key, value: textNode(a.Value)})
	}
	var said strings.Builder
	for {
		token, err := d.RawToken()
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.CharData:
			said.Write(t)
		case xml.StartElement:
			child, err := readElement(d, t, depth+1)
			if err != nil {
				return nil, err
			}
			element.put(t.Name.Local, child)
		case xml.EndElement:
			if t.Name != start.Name {
				return nil, fmt.Errorf("<%s> is ended by </%s>", start.Name.Local, t.Name.Local)
			}
			return finished(element, said.String()), nil
		}
	}
}

// put adds a child; the second of a name makes a list.
func (n *node) put(key string, child *node) {
	for i, m := range n.members {
		if m.key != key {
			continue
		}
		if m.value.kind != list {
			n.members[i].value = &node{kind: list, items: []*node{m.value}}
		}
		n.members[i].value.items = append(n.members[i].value.items, child)
		return
	}
	n.members = append(n.members, member{key: key, value: child})
}

// finished is an element with its text.
func finished(element *node, said string) *node {
	if len(element.members) == 0 {
		return textNode(said)
	}
	if strings.TrimSpace(said) != "" {
		element.members = append(element.members, member{key: "#text", value: textNode(said)})
	}
	return element
}

// writeXML writes the one member of a mapping as a document.
func (n *node) writeXML(b *bytes.Buffer) {
	for _, m := range n.members {
		if m.value.kind == list {
			for _, item := range m.value.items {
				(&node{kind: mapping, members: []member{{key: m.key, value: item}}}).writeXML(b)
			}
			continue
		}
		b.WriteString("<" + m.key)
		for _, a := range m.value.members {
			if strings.HasPrefix(a.key, "@") {
				fmt.Fprintf(b, ` %s="%s"`, a.key[1:], escapeXML(a.value.scalar))
			}
		}
		b.WriteString(">" + escapeXML(m.value.scalar))
		if said := m.value.get("#text"); said != nil {
			b.WriteString(escapeXML(said.scalar))
		}
		children := &node{kind: mapping}
		for _, c := range m.value.members {
			if !strings.HasPrefix(c.key, "@") && c.key != "#text" {
				children.members = append(children.members, c)
			}
		}
		children.writeXML(b)
		b.WriteString("</" + m.key + ">")
	}
}

func escapeXML(s string) string {
	var b bytes.Buffer
	if err := xml.EscapeText(&b, []byte(s)); err != nil {
		return ""
	}
	return b.String()
}
