package egress

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"

	"deputy/fault"
)

// Request is one HTTP request. Headers keep their spelling, and their order among those of one name; net/http sorts
// the names, whose order means nothing (RFC 9110 §5.3). Headers that frame the message or name the connection's host
// (Content-Length, Connection, Accept-Encoding, Host) are the transport's: they are left out, and a Host that differs
// from the URL's is refused.
type Request struct {
	Method string // GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS
	URL    string
	Header [][2]string
	Body   []byte
	Write  bool // it may change something even if its method is GET: no redirect is followed
}

// Response is the answer, read whole.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Do sends r once and reads the answer. Redirects are followed for GET and HEAD on the same host only, at most 5, and
// never where r is a Write; any 3xx to another is a fault (HostRedirected) that names the Location. A refused host, scheme or address is a
// fault (Egress). Where no connection came about, so that nothing was sent, it is a fault (HostFailed); an answer over
// the bounds, a time-out or a broken connection is an *Unanswered, since the request may have been carried out.
func (c *Client) Do(ctx context.Context, r Request) (Response, error) {
	ctx, cancel := c.bounded(ctx)
	defer cancel()
	request, err := c.build(ctx, r)
	if err != nil {
		return Response{}, err
	}
	answer, err := c.http(r.Write).Do(request)
	if err != nil {
		return Response{}, inner(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return Response{}, err
	}
	return Response{Status: answer.StatusCode, Header: answer.Header, Body: body}, nil
}

// inner takes off http.Client's own wrapping, which repeats the URL with its query.
func inner(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

func (c *Client) build(ctx context.Context, r Request) (*http.Request, error) {
	u, err := parseURL(r.URL)
	if err != nil {
		return nil, err
	}
	switch r.Method {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS":
	default:
		return nil, malformed(u, fmt.Sprintf("the method is %q", r.Method), "use GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS")
	}
	header, err := headerOf(u, r.Header)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, r.Method, u.String(), bytes.NewReader(r.Body))
	if err != nil {
		return nil, malformed(u, "the request can't be written: "+err.Error(), "mend the configuration")
	}
	request.Header = header
	return request, nil
}

// parseURL refuses what url.Parse forgives: spaces and control characters. The text itself is never shown, since a
// URL that can't be parsed can't be cleaned of secrets either.
func parseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err == nil && strings.IndexFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }) < 0 {
		return u, nil
	}
	return nil, malformed(&url.URL{}, "the URL holds a space or control character, or is none", "mend the configuration or the account value that the URL is made of")
}

// headerOf checks header fields (RFC 9110 §5.1, §5.5): a line break in a value would start a header of the value's
// own choosing. Values are never shown.
func headerOf(u *url.URL, fields [][2]string) (http.Header, error) {
	header := http.Header{"User-Agent": {"deputy"}}
	for _, field := range fields {
		key, value := field[0], field[1]
		if !isToken(key) {
			return nil, malformed(u, fmt.Sprintf("%q is no header name", key), "mend the configuration")
		}
		if strings.IndexFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) >= 0 {
			return nil, malformed(u, "the value of the header "+key+" holds a line break or control character", "mend the configuration or the account value that it is made of")
		}
		switch textproto.CanonicalMIMEHeaderKey(key) {
		case "Content-Length", "Connection", "Keep-Alive", "Accept-Encoding":
		case "Host":
			if !strings.EqualFold(value, u.Host) {
				return nil, malformed(u, "the header Host names another host than the URL", "put the host into the URL")
			}
		case "Transfer-Encoding", "Te", "Trailer", "Upgrade", "Expect", "Proxy-Authorization", "Proxy-Connection":
			return nil, malformed(u, "the header "+key+" changes how the message is sent", "leave it out of the configuration")
		case "User-Agent":
			header["User-Agent"] = []string{value}
		default:
			header[key] = append(header[key], value)
		}
	}
	return header, nil
}

// isToken is RFC 9110 §5.6.2.
func isToken(s string) bool {
	for _, c := range s {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (c < '0' || c > '9') && !strings.ContainsRune("!#$%&'*+-.^_`|~", c) {
			return false
		}
	}
	return s != ""
}

func malformed(u *url.URL, seen, do string) error {
	return &fault.Fault{Code: fault.Egress, Tried: strings.TrimSuffix("send a request to "+show(u), " to "), Seen: seen, Do: do, Who: fault.Admin}
}
