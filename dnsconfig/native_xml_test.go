package dnsconfig

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/expr-lang/expr/types"
)

type mapping = map[string]any

func TestDecodeXML(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what, source string
		want         any
	}{
		{"text", `<a>b</a>`, mapping{"a": "b"}},
		{"nothing", ``, nil},
		{"white space", " \n", nil},
		{"an empty element", `<a/>`, mapping{"a": nil}},
		{"an element of white space", "<a>\n  </a>", mapping{"a": nil}},
		{"white space around text stays", `<a> b </a>`, mapping{"a": " b "}},
		{"children", `<a><b>1</b><c>2</c></a>`, mapping{"a": mapping{"b": "1", "c": "2"}}},
		{"repeated children", `<a><b>1</b><c/><b>2</b><b/></a>`, mapping{"a": mapping{"b": []any{"1", "2", nil}, "c": nil}}},
		{"attributes", `<a x="1" y=""/>`, mapping{"a": mapping{"@x": "1", "@y": ""}}},
		{"text beside attributes", `<a x="1">b</a>`, mapping{"a": mapping{"@x": "1", "#text": "b"}}},
		{"text beside children", "<a>b<c/>\nd</a>", mapping{"a": mapping{"c": nil, "#text": "b\nd"}}},
		{"namespaces", `<n:a xmlns:n="urn:x" xmlns="urn:y"><b n:type="t">1</b></n:a>`, mapping{"a": mapping{"b": mapping{"@type": "t", "#text": "1"}}}},
		{"an attribute of two namespaces", `<a xmlns:n="urn:x" t="1" n:t="2"/>`, mapping{"a": mapping{"@t": "1"}}},
		{"entities", `<a b="&quot;&#x41;">&lt;&amp;&#228;</a>`, mapping{"a": mapping{"@b": `"A`, "#text": "<&ä"}}},
		{"CDATA", `<a>x<![CDATA[<b>&]]>y</a>`, mapping{"a": "x<b>&y"}},
		{"a declaration, comments, instructions", "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<?style x?><!-- c --><a>b<!-- d -->c</a>\n<!-- e -->", mapping{"a": "bc"}},
		{"a byte order mark", "\xef\xbb\xbf<a>b</a>", mapping{"a": "b"}},
		{"Route 53", `<?xml version="1.0"?><ListResourceRecordSetsResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><ResourceRecordSets><ResourceRecordSet><Name>a.</Name><ResourceRecords><ResourceRecord><Value>"v1"</Value></ResourceRecord><ResourceRecord><Value>"v2"</Value></ResourceRecord></ResourceRecords></ResourceRecordSet></ResourceRecordSets><IsTruncated>false</IsTruncated></ListResourceRecordSetsResponse>`,
			mapping{"ListResourceRecordSetsResponse": mapping{
				"ResourceRecordSets": mapping{"ResourceRecordSet": mapping{
					"Name": "a.", "ResourceRecords": mapping{"ResourceRecord": []any{mapping{"Value": `"v1"`}, mapping{"Value": `"v2"`}}},
				}},
				"IsTruncated": "false",
			}}},
	} {
		got, err := decodeXML([]byte(c.source))
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %#v, %v; want %#v", c.what, got, err, c.want)
		}
	}
}

func TestDecodeXMLRefuses(t *testing.T) {
	t.Parallel()
	attributes := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, ` a%d="s3cr3t"`, i)
		}
		return "<a" + b.String() + "/>"
	}
	const bounds = "it has more than 20000 elements, nests deeper than 32, or an element has more than 64 attributes"
	for _, c := range []struct{ what, source, want string }{
		{"a DTD", `<!DOCTYPE a [<!ENTITY x "s3cr3t">]><a>&x;</a>`, "it has a document type definition (<!…>), which is not read"},
		{"a DTD within", `<a><!ELEMENT b></a>`, "document type definition"},
		{"an entity of nobody", `<a>&s3cr3t;</a>`, "it is not well-formed in line 1"},
		{"not closed", "<a>\n<b></a>", "it is not well-formed in line 2"},
		{"cut off", "<a>s3cr3t", "it is not well-formed in line 1"},
		{"JSON", `{"s3cr3t": 1}`, "text stands outside its root element"},
		{"only a comment", "<!-- s3cr3t -->", "it has no element"},
		{"two roots", "<a/><b/>", "it has two root elements"},
		{"text after the root", "<a/>s3cr3t", "text stands outside its root element"},
		{"Latin-1", `<?xml version="1.0" encoding="ISO-8859-1"?><a>b</a>`, "its encoding is not UTF-8"},
		{"octets that are not UTF-8", "<a>\xe4</a>", "it is not UTF-8"},
		{"UTF-16", "\xff\xfe<\x00a\x00/\x00>\x00", "it is not UTF-8"},
		{"a control character", "<a>&#1;</a>", "it is not well-formed"},
		{"too deep", strings.Repeat("<a>", 33) + strings.Repeat("</a>", 33), bounds},
		{"too many elements", "<a>" + strings.Repeat("<b/>", 20_000) + "</a>", bounds},
		{"too many attributes", attributes(65), bounds},
		{"too long", "<a>" + strings.Repeat("x", 1<<20) + "</a>", "it is 1048583 octets long; at most 1048576 are read"},
		{"a name of other letters", "<ä/>", "an element has a name that is not of ASCII letters, digits, dots, hyphens and underscores"},
		{"an attribute of other letters", "<a ä=''/>", "an attribute has a name that is not of ASCII letters"},
	} {
		got, err := decodeXML([]byte(c.source))
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: %.80v, %v; want %q", c.what, got, err, c.want)
		}
	}
	for what, source := range map[string]string{
		"depth": strings.Repeat("<a>", 32) + strings.Repeat("</a>", 32), "elements": "<a>" + strings.Repeat("<b/>", 19_999) + "</a>", "attributes": attributes(64),
	} {
		if _, err := decodeXML([]byte(source)); err != nil {
			t.Errorf("%s at the bound: %v", what, err)
		}
	}
}

// A body keeps the document's order, and every text is escaped.
func TestEncodeXML(t *testing.T) {
	t.Parallel()
	body, err := compileBody(yamlNode(t, `
ChangeResourceRecordSetsRequest:
  "@xmlns": https://route53.amazonaws.com/doc/2013-04-01/
  ChangeBatch:
    Changes:
      Change:
        - Action: UPSERT
          ResourceRecordSet:
            Name: =fqdn
            Type: TXT
            TTL: =60
            ResourceRecords: {ResourceRecord: '=map(values, ({Value: quote(#)}))'}
            Empty: =nil
            None: =[]
`), types.Map{"fqdn": types.String, "values": types.TypeOf([]string{})})
	if err != nil {
		t.Fatal(err)
	}
	given, err := body.give(newEvaluation(map[string]any{"fqdn": "a.example.net.", "values": []string{"x<y", "&"}}, nil))
	if err != nil {
		t.Fatal(err)
	}
	got, err := encodeXML(given)
	const want = `<?xml version="1.0" encoding="UTF-8"?>
<ChangeResourceRecordSetsRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><ChangeBatch><Changes><Change><Action>UPSERT</Action><ResourceRecordSet><Name>a.example.net.</Name><Type>TXT</Type><TTL>60</TTL><ResourceRecords><ResourceRecord><Value>&#34;x&lt;y&#34;</Value></ResourceRecord><ResourceRecord><Value>&#34;&amp;&#34;</Value></ResourceRecord></ResourceRecords><Empty></Empty></ResourceRecordSet></Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>`
	if err != nil || string(got) != want {
		t.Errorf("%s, %v\nwant %s", got, err, want)
	}
	for _, c := range []struct {
		what string
		body any
		want string
	}{
		{"attributes and text", fields{{"a", fields{{"#text", "t"}, {"@x", 1}, {"@none", nil}, {"b", true}, {"@y", `"<`}}}}, `<a x="1" y="&#34;&lt;">t<b>true</b></a>`},
		{"prefixes", fields{{"soap:Envelope", fields{{"@xmlns:soap", "urn:x"}, {"soap:Body", ""}}}}, `<soap:Envelope xmlns:soap="urn:x"><soap:Body></soap:Body></soap:Envelope>`},
		{"lists of texts", mapping{"a": mapping{"b": []string{"1", "2"}}}, `<a><b>1</b><b>2</b></a>`},
		{"an empty root", fields{{"a", nil}}, `<a></a>`},
		{"line breaks", fields{{"a", "b\r\n\tc"}}, `<a>b&#xD;&#xA;&#x9;c</a>`},
	} {
		got, err := encodeXML(c.body)
		if want := "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + c.want; err != nil || string(got) != want {
			t.Errorf("%s: %s, %v", c.what, got, err)
		}
	}
}

func TestEncodeXMLRefuses(t *testing.T) {
	t.Parallel()
	deep, shared := any("x"), any(strings.Repeat("z", 1000))
	for range 40 {
		deep = mapping{"a": deep}
	}
	for range 20 {
		shared = mapping{"b": []any{shared, shared}}
	}
	shared = mapping{"a": shared}
	const bounds = "the body gets longer than 262144 octets, deeper than 32 or has more than 20000 elements"
	for _, c := range []struct {
		what string
		body any
		want string
	}{
		{"text", "a", "an XML body is a mapping of one root element"},
		{"two roots", fields{{"a", "1"}, {"b", "2"}}, "an XML body is a mapping of one root element"},
		{"an attribute as root", fields{{"@a", "1"}}, "an XML body is a mapping of one root element"},
		{"a list as root", fields{{"a", []any{"1"}}}, "an XML body has one root element, not a list of them"},
		{"a name", fields{{"a b", "1"}}, `"a b" is no name of an XML element`},
		{"a name with a tag", fields{{"a><b", "1"}}, `"a><b" is no name of an XML element`},
		{"a name of an attribute", fields{{"a", fields{{"@x y", "1"}}}}, `"@x y" is no name of an XML attribute`},
		{"a list as attribute", fields{{"a", fields{{"@x", []any{"1"}}}}}, "@x: text is wanted, not a list"},
		{"a list in a list", fields{{"a", fields{{"b", []any{[]any{"1"}}}}}}, "b: text is wanted, not a list"},
		{"a mapping as text", fields{{"a", fields{{"#text", fields{}}}}}, "#text: text is wanted, not a mapping"},
		{"a control character", fields{{"a", "\x01"}}, "a: a text holds what can't stand in XML: control characters, or octets that are not UTF-8"},
		{"what is no character", fields{{"a", "\uffff"}}, "a: a text holds what can't stand in XML"},
		{"no UTF-8", fields{{"a", "\xff"}}, "a: a text holds what can't stand in XML"},
		{"too deep", deep, bounds},
		{"shared parts", shared, bounds},
		{"many", mapping{"a": mapping{"b": make([]any, 20_000)}}, bounds},
		{"too long", fields{{"a", strings.Repeat("x", maxBody+1)}}, "the body gets longer than 262144 octets"},
		{"too long when escaped", fields{{"a", strings.Repeat("<", maxBody)}}, "the body gets longer than 262144 octets"},
	} {
		got, err := encodeXML(c.body)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %.80s, %v; want %q", c.what, got, err, c.want)
		}
	}
}

// FuzzXML: no answer makes decodeXML panic, and what it reads is what encodeXML writes.
func FuzzXML(f *testing.F) {
	for _, seed := range []string{
		`<a x="1">b<c/><c> d </c></a>`, `<n:a xmlns:n="u" n:x=""><![CDATA[]]>]]&gt;</n:a>`, "<a>\r\n\t&#13;</a>", `<!DOCTYPE a><a/>`, "<a><b/><b>1</b></a>", "<a:-b/>", "<:a/>", `<a b="&#x9;&#10;"/>`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		decoded, err := decodeXML(source)
		if err != nil || decoded == nil || len(source) > 16<<10 {
			return
		}
		encoded, err := encodeXML(decoded)
		if err != nil {
			t.Fatalf("%q was read as %#v, which can't be written: %v", source, decoded, err)
		}
		again, err := decodeXML(encoded)
		if err != nil || !reflect.DeepEqual(again, decoded) {
			t.Fatalf("%q was read as %#v, written as %s and read as %#v, %v", source, decoded, encoded, again, err)
		}
	})
}
