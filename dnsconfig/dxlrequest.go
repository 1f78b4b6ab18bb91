package dnsconfig

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"deputy/fault"
)

// formType is what libcurl, CertMgr's HTTP layer, sends with a body that has no Content-Type. Documents of form-style
// hosts rely on it.
const formType = "application/x-www-form-urlencoded"

// Request evaluates URL, headers and body of op, in this order. skipped is the reason when the document does not use
// op ("no method", "empty URL"). A formula that fails is a fault (Formula) with item, line, column and excerpt.
func (r *Run) Request(op Op) (req Request, skipped string, err error) {
	if r.config.kind != dxlHTTP {
		return Request{}, "", r.config.notHTTP()
	}
	method := r.config.methods[op]
	if method == "" {
		return Request{}, "no method", nil
	}
	address, err := r.single(op.urlItem())
	if err != nil {
		return Request{}, "", err
	}
	if address == "" {
		return Request{}, "empty URL", nil
	}
	if err := soundURL(address); err != nil {
		return Request{}, "", r.config.formulaFault("evaluate", op.urlItem(), err)
	}
	headers, given, err := r.headers(op)
	if err != nil {
		return Request{}, "", err
	}
	body, err := r.single(op.bodyItem())
	if err != nil {
		return Request{}, "", err
	}
	req = Request{Op: op, Method: method, URL: address, Header: headers, Body: []byte(body), given: given}
	req.addContentType()
	return req, "", nil
}

// addContentType adds what libcurl would.
func (r *Request) addContentType() {
	carries := r.Method == "POST" || r.Method == "PUT" || r.Method == "PATCH"
	if !carries || len(r.Body) == 0 || slices.ContainsFunc(r.Header, isContentType) {
		return
	}
	r.Header = append(r.Header, [2]string{"Content-Type", formType})
}

// Given are the header lines as the document gave them, to the octet: those of a DXL document without the Content-Type that a
// body gets where its author left it to libcurl.
func (r Request) Given() []string {
	if r.given != nil {
		return r.given
	}
	lines := []string{}
	for _, h := range r.Header {
		lines = append(lines, h[0]+": "+h[1])
	}
	return lines
}

func isContentType(h [2]string) bool { return strings.EqualFold(h[0], "Content-Type") }

// notHTTP refuses a document whose integration type deputy does not run.
func (d *DXL) notHTTP() *fault.Fault {
	f := &fault.Fault{
		Code:  fault.BadDocument,
		Tried: "run the DNS Configuration " + d.name,
		Who:   fault.Admin,
	}
	switch d.kind {
	case dxlCommand:
		f.Seen = "its DnsProviderType is C: it runs commands of its own on this machine, and sends no requests"
		f.Do = "allow it in the DNS Provider (allow: {commands: true}) and in the settings (allow_commands: true), if you trust it; or use a configuration that speaks HTTP"
	case dxlAgent:
		f.Seen = "its DnsProviderType is A: it runs the agents " + d.agents() + ", which only Domino can"
		f.Do = "use a configuration that speaks HTTP to the same DNS host (deputy dnsconfig list shows those that come with deputy), or one of commands (DnsProviderType C)"
	default:
		f.Seen = fmt.Sprintf("its DnsProviderType is %q, which is not known", shortened(string(d.kind)))
		f.Do = "set DnsProviderType to H in the DNS Configuration, if it speaks HTTP, and import it again"
	}
	return f
}

// soundURL refuses an address that values could have bent: it leads elsewhere than its document says, or is more than
// one line of a request. The error never quotes the address, since it may hold a secret.
func soundURL(address string) error {
	for i, c := range address {
		if c <= ' ' || c == 0x7f {
			return fmt.Errorf("the URL has %s at position %d", controlName(c), i+1)
		}
	}
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return errors.New("the result is not a URL")
	case u.Scheme != "https" && u.Scheme != "http", u.Host == "":
		return errors.New("the result is not an address that begins with https:// and a host; is cfg_URL empty?")
	case u.User != nil:
		return errors.New("the URL has a user name in front of the host")
	case dotSegments(u.Path):
		return errors.New("the URL has .. as a part of its path")
	}
	return nil
}

func controlName(c rune) string {
	switch c {
	case ' ':
		return "a space"
	case '\r', '\n':
		return "a line end"
	}
	return "a control character"
}

// dotSegments says that a path has a ".." between slashes (RFC 3986 §5.2.4), which would leave the place that it names.
func dotSegments(path string) bool {
	path, _, _ = strings.Cut(path, "?")
	return slices.Contains(strings.FieldsFunc(path, func(c rune) bool { return c == '/' || c == '\\' }), "..")
}

// headers evaluates the header formula of op: a list of "Name: value", which given has as it stands; empty elements are none.
func (r *Run) headers(op Op) (headers [][2]string, given []string, err error) {
	value, err := r.evaluate(op.headerItem())
	if err != nil {
		return nil, nil, err
	}
	given = []string{}
	for i, line := range value.Texts() {
		if line == "" {
			continue
		}
		header, err := soundHeader(line)
		if err != nil {
			return nil, nil, r.config.formulaFault("evaluate", op.headerItem(), fmt.Errorf("header %d: %w", i+1, err))
		}
		headers, given = append(headers, header), append(given, line)
	}
	return headers, given, nil
}

// soundHeader splits a header line. Errors never quote its value, since it may hold a secret.
func soundHeader(line string) ([2]string, error) {
	for _, c := range line {
		if (c < ' ' && c != '\t') || c == 0x7f {
			return [2]string{}, fmt.Errorf("it has %s", controlName(c))
		}
	}
	name, value, found := strings.Cut(line, ":")
	if !found || !token(name) {
		return [2]string{}, errors.New(`it is not of the form "Name: value"`)
	}
	switch strings.ToLower(name) {
	case "host", "content-length", "transfer-encoding", "connection", "te", "trailer", "upgrade":
		return [2]string{}, fmt.Errorf("%s is not for a document to set", name)
	}
	return [2]string{name, strings.Trim(value, " \t")}, nil
}

// token says that a header's name is one (RFC 9110 §5.6.2).
func token(name string) bool {
	for _, c := range name {
		alphanumeric := '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
		if !alphanumeric && !strings.ContainsRune("!#$%&'*+-.^_`|~", c) {
			return false
		}
	}
	return name != ""
}
