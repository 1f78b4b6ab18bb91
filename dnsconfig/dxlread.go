package dnsconfig

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Bounds of a DXL file from a stranger. encoding/xml knows no external entities and expands none but the five of XML;
// these bound what is left.
const (
	maxDXL           = 4 << 20 // octets
	maxDXLDepth      = 64      // elements within each other
	maxDXLAttributes = 64      // of one element
	maxDXLItems      = 20_000  // of all documents
)

// dxlDocument is a <document> of a DXL file.
type dxlDocument struct {
	form  string
	line  int
	items []dxlItem
}

// dxlItem is an <item>: one value, or a list of values of one type.
type dxlItem struct {
	name       string
	kind       string   // the element: text, textlist, number, numberlist, datetime, datetimelist, richtext, or another
	values     []string // of richtext, the lines of its plain text
	attributes []xml.Attr
}

// text joins the values as lines.
func (i dxlItem) text() string { return strings.Join(i.values, "\n") }

// sealed says that the item is encrypted in Notes; it comes out of an export empty.
func (i dxlItem) sealed() bool {
	for _, a := range i.attributes {
		if a.Name.Local == "seal" && a.Value == "true" {
			return true
		}
	}
	return false
}

// dxlReader reads a DXL file token by token.
type dxlReader struct {
	decoder *xml.Decoder
	depth   int
	items   int
}

// dxlSyntax is a file that can't be read as DXL, and where.
type dxlSyntax struct {
	line    int
	message string
}

func (s *dxlSyntax) Error() string { return fmt.Sprintf("line %d: %s", s.line, s.message) }

// readDXL gives the documents of a file.
func readDXL(source []byte) ([]dxlDocument, error) {
	if err := plausibleDXL(source); err != nil {
		return nil, err
	}
	decoder := xml.NewDecoder(bytes.NewReader(source))
	decoder.CharsetReader = onlyUTF8
	r := &dxlReader{decoder: decoder}
	root, err := r.root()
	if err != nil {
		return nil, r.explain(err)
	}
	documents, err := r.documents(root)
	if err != nil {
		return nil, r.explain(err)
	}
	return documents, nil
}

// plausibleDXL says what is wrong before the parser would say it less plainly.
func plausibleDXL(source []byte) error {
	switch {
	case len(source) > maxDXL:
		return &dxlSyntax{1, fmt.Sprintf("the file has %d octets; a DXL file here has at most %d", len(source), maxDXL)}
	case bytes.HasPrefix(source, []byte{0xff, 0xfe}), bytes.HasPrefix(source, []byte{0xfe, 0xff}):
		return &dxlSyntax{1, "the file is UTF-16, not UTF-8"}
	case len(bytes.TrimSpace(source)) == 0:
		return &dxlSyntax{1, "the file is empty"}
	}
	if i := bytes.IndexByte(source, 0); i >= 0 {
		return &dxlSyntax{1 + bytes.Count(source[:i], []byte("\n")), "there is a NUL, which no XML file holds"}
	}
	return nil
}

func onlyUTF8(charset string, input io.Reader) (io.Reader, error) {
	if strings.EqualFold(charset, "us-ascii") || strings.EqualFold(charset, "ascii") {
		return input, nil
	}
	return nil, fmt.Errorf("the file says it is %.40q, not UTF-8", charset)
}

// explain gives an error its line.
func (r *dxlReader) explain(err error) error {
	line, _ := r.decoder.InputPos()
	var syntax *xml.SyntaxError
	isSyntax := errors.As(err, &syntax)
	if errors.Is(err, io.EOF) || isSyntax && syntax.Msg == "unexpected EOF" {
		return &dxlSyntax{line, "the file ends too early"}
	}
	if isSyntax {
		return &dxlSyntax{syntax.Line, syntax.Msg}
	}
	return &dxlSyntax{line, strings.TrimPrefix(err.Error(), "xml: ")}
}

// next gives the next token and keeps the bounds.
func (r *dxlReader) next() (xml.Token, error) {
	token, err := r.decoder.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case xml.StartElement:
		r.depth++
		if r.depth > maxDXLDepth {
			return nil, fmt.Errorf("elements are nested more than %d deep", maxDXLDepth)
		}
		if len(t.Attr) > maxDXLAttributes {
			return nil, fmt.Errorf("an element has more than %d attributes", maxDXLAttributes)
		}
	case xml.EndElement:
		r.depth--
	case xml.Directive:
		return token, harmless(t)
	}
	return token, nil
}

// harmless lets pass the DOCTYPE that names Domino's DTD, which is never loaded, and refuses one that declares
// entities: DXL has none, and they are how an XML file reads other files or blows itself up.
func harmless(directive xml.Directive) error {
	if bytes.Contains(bytes.ToUpper(directive), []byte("<!ENTITY")) {
		return errors.New("the DOCTYPE declares entities, which are refused")
	}
	return nil
}

// root finds the first element: <database>, or <document> where one was exported alone.
func (r *dxlReader) root() (xml.StartElement, error) {
	for {
		token, err := r.next()
		if errors.Is(err, io.EOF) {
			return xml.StartElement{}, errors.New("there is no XML element in it")
		}
		if err != nil {
			return xml.StartElement{}, err
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if name := start.Name.Local; name != "database" && name != "document" {
			return start, fmt.Errorf("the root element is <%.40s>, not <database>", name)
		}
		return start, nil
	}
}

// documents reads up to the end of the file, so that what comes after the root is judged too.
func (r *dxlReader) documents(root xml.StartElement) ([]dxlDocument, error) {
	if root.Name.Local == "document" {
		d, err := r.document(root)
		return []dxlDocument{d}, err
	}
	var documents []dxlDocument
	for {
		token, err := r.next()
		if errors.Is(err, io.EOF) && r.depth == 0 {
			return documents, nil
		}
		if err != nil {
			return nil, err
		}
		start, ok := token.(xml.StartElement)
		if !ok || r.depth != 2 {
			continue
		}
		if start.Name.Local != "document" {
			if err := r.skip(); err != nil {
				return nil, err
			}
			continue
		}
		d, err := r.document(start)
		if err != nil {
			return nil, err
		}
		documents = append(documents, d)
	}
}

func (r *dxlReader) document(start xml.StartElement) (dxlDocument, error) {
	line, _ := r.decoder.InputPos()
	d := dxlDocument{form: attribute(start, "form"), line: line}
	err := r.children(func(child xml.StartElement) error {
		if child.Name.Local != "item" {
			return r.skip()
		}
		r.items++
		if r.items > maxDXLItems {
			return fmt.Errorf("there are more than %d items", maxDXLItems)
		}
		i, err := r.item(child)
		d.items = append(d.items, i)
		return err
	})
	return d, err
}

// item reads the one value element of an item.
func (r *dxlReader) item(start xml.StartElement) (dxlItem, error) {
	i := dxlItem{name: attribute(start, "name")}
	for _, a := range start.Attr {
		if a.Name.Local != "name" {
			i.attributes = append(i.attributes, a)
		}
	}
	err := r.children(func(child xml.StartElement) error {
		if i.kind != "" {
			return r.skip()
		}
		var err error
		i.kind = child.Name.Local
		i.values, err = r.value(child)
		return err
	})
	return i, err
}

// value reads what an item holds.
func (r *dxlReader) value(start xml.StartElement) ([]string, error) {
	switch start.Name.Local {
	case "text", "number", "datetime":
		text, err := r.content()
		return []string{text}, err
	case "textlist", "numberlist", "datetimelist":
		var values []string
		err := r.children(func(xml.StartElement) error {
			text, err := r.content()
			values = append(values, text)
			return err
		})
		return values, err
	case "richtext":
		return r.richText()
	}
	return nil, r.skip()
}

// children calls each for every child element of the one at hand, up to its end; each must read up to the child's end.
func (r *dxlReader) children(each func(xml.StartElement) error) error {
	for {
		token, err := r.next()
		if err != nil {
			return err
		}
		switch t := token.(type) {
		case xml.StartElement:
			if err := each(t); err != nil {
				return err
			}
		case xml.EndElement:
			return nil
		}
	}
}

// content gives the text up to the end of the element at hand; <break/> is a line end.
func (r *dxlReader) content() (string, error) {
	var b strings.Builder
	for depth := 1; depth > 0; {
		token, err := r.next()
		if err != nil {
			return "", err
		}
		switch t := token.(type) {
		case xml.StartElement:
			depth++
			if t.Name.Local == "break" {
				b.WriteByte('\n')
			}
		case xml.EndElement:
			depth--
		case xml.CharData:
			b.Write(t)
		}
	}
	return b.String(), nil
}

// skip reads up to the end of the element at hand.
func (r *dxlReader) skip() error {
	_, err := r.content()
	return err
}

func attribute(start xml.StartElement, name string) string {
	for _, a := range start.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}
