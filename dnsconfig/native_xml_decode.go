package dnsconfig

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// decodeXML reads an XML text as a mapping of its root element: an element with children or attributes is a mapping,
// children of one name are a list where there are several, attributes are "@name" and text beside either "#text"; any
// other element is its text, and nothing where it is empty. Namespaces are dropped. A DTD is refused, and what is over
// the bounds. An empty text is nothing.
func decodeXML(body []byte) (any, error) {
	if len(body) > maxXML {
		return nil, fmt.Errorf("it is %d octets long; at most %d are read", len(body), maxXML)
	}
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, nil
	}
	if !utf8.Valid(body) {
		return nil, errors.New("it is not UTF-8")
	}
	decoder := xml.NewDecoder(bytes.NewReader(body))
	decoder.CharsetReader = func(string, io.Reader) (io.Reader, error) { return nil, errCharset }
	r := &xmlReader{decoder: decoder}
	return r.document()
}

var errCharset = errors.New("its encoding is not UTF-8")

// xmlReader is an answer being read; open are the elements that have not ended, outermost first.
type xmlReader struct {
	decoder  *xml.Decoder
	elements int
	open     []*xmlElement
	root     map[string]any
}

// xmlElement is an element being read.
type xmlElement struct {
	name    string
	members map[string]any
	text    strings.Builder
}

func (r *xmlReader) document() (any, error) {
	for {
		token, err := r.decoder.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, xmlFault(err)
		}
		if err := r.take(token); err != nil {
			return nil, err
		}
	}
	if r.root == nil {
		return nil, errors.New("it has no element")
	}
	return r.root, nil
}

// xmlFault words an error of the decoder without what it quotes of the text.
func xmlFault(err error) error {
	if errors.Is(err, errCharset) {
		return errCharset
	}
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("it is not well-formed in line %d", syntax.Line)
	}
	return errors.New("it is not well-formed")
}

func (r *xmlReader) take(token xml.Token) error {
	switch x := token.(type) {
	case xml.Directive:
		return errors.New("it has a document type definition (<!…>), which is not read")
	case xml.StartElement:
		return r.start(x)
	case xml.EndElement:
		r.end()
	case xml.CharData:
		if len(r.open) > 0 {
			r.open[len(r.open)-1].text.Write(x)
			return nil
		}
		if len(bytes.TrimSpace(x)) > 0 {
			return errors.New("text stands outside its root element")
		}
	}
	return nil
}

func (r *xmlReader) start(x xml.StartElement) error {
	if len(r.open) == 0 && r.root != nil {
		return errors.New("it has two root elements")
	}
	r.elements++
	if r.elements > maxXMLItems || len(r.open) >= maxDepth || len(x.Attr) > maxAttributes {
		return fmt.Errorf("it has more than %d elements, nests deeper than %d, or an element has more than %d attributes",
			maxXMLItems, maxDepth, maxAttributes)
	}
	if !elementName.MatchString(x.Name.Local) {
		return errors.New("an element has a name that is not of ASCII letters, digits, dots, hyphens and underscores")
	}
	element := &xmlElement{name: x.Name.Local}
	for _, a := range x.Attr {
		if a.Name.Space == "xmlns" || a.Name.Space == "" && a.Name.Local == "xmlns" {
			continue
		}
		if !elementName.MatchString(a.Name.Local) {
			return errors.New("an attribute has a name that is not of ASCII letters, digits, dots, hyphens and underscores")
		}
		element.add("@"+a.Name.Local, a.Value, false)
	}
	r.open = append(r.open, element)
	return nil
}

// end closes the innermost element.
func (r *xmlReader) end() {
	last := len(r.open) - 1
	element := r.open[last]
	r.open = r.open[:last]
	if last == 0 {
		r.root = map[string]any{element.name: element.value()}
		return
	}
	r.open[last-1].add(element.name, element.value(), true)
}

// add gives an element a member; another child of the same name makes a list of it, another attribute (of another
// namespace) is dropped.
func (x *xmlElement) add(key string, v any, repeats bool) {
	if x.members == nil {
		x.members = map[string]any{}
	}
	before, there := x.members[key]
	switch list, several := before.([]any); {
	case !there:
		x.members[key] = v
	case !repeats:
	case several:
		x.members[key] = append(list, v)
	default:
		x.members[key] = []any{before, v}
	}
}

func (x *xmlElement) value() any {
	text := x.text.String()
	if strings.TrimSpace(text) == "" {
		text = ""
	}
	switch {
	case x.members == nil && text == "":
		return nil
	case x.members == nil:
		return text
	case text != "":
		x.members["#text"] = text
	}
	return x.members
}
