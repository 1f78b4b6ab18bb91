package dnsconfig

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"deputy/fault"
)

// defaultTTL of values where neither document nor zone asks for more, in seconds: short, since a validation value is
// gone a minute later.
const defaultTTL = 60

// Request makes the request of op. It fails (fault BadDocument) where a needed field of the account is missing, an
// expression fails, a path part is empty, or a header would hold a line break.
func (n *Native) Request(op Op, in Inputs) (Request, error) {
	c := n.calls[op]
	if c == nil {
		return Request{}, n.fault(op, fmt.Errorf("the document has no %s", op))
	}
	if missing := n.missing(in); missing != "" {
		return Request{}, n.fault(op, fmt.Errorf("the account field %s is missing", missing))
	}
	base, err := n.address(in)
	if err != nil {
		return Request{}, n.fault(op, err)
	}
	e := newEvaluation(n.environment(op, in), in.Forms)
	r := Request{Op: op, Method: c.method}
	if r.URL, err = c.url(base, e); err != nil {
		return Request{}, n.fault(op, err)
	}
	if r.Body, err = c.encode(e); err != nil {
		return Request{}, n.fault(op, err)
	}
	if r.Header, err = n.headers(c, e); err != nil {
		return Request{}, n.fault(op, err)
	}
	return r, nil
}

func (n *Native) fault(op Op, err error) *fault.Fault {
	return &fault.Fault{
		Code:  fault.BadDocument,
		Tried: fmt.Sprintf("make the request %s of the DNS Configuration %s", op, n.about.Name),
		Seen:  err.Error(),
		Do:    "correct the DNS Provider's account, or the document",
		Who:   fault.Admin,
	}
}

func (n *Native) missing(in Inputs) string {
	for _, f := range n.about.Fields {
		if f.Needed && in.Account[f.Name].IsZero() {
			return f.Name
		}
	}
	return ""
}

// address is where requests go: the document's own, or the one that the DNS Provider gives.
func (n *Native) address(in Inputs) (string, error) {
	if in.Base == "" && n.base == "" {
		return "", errors.New("the document has no address of its own; give api_base in the DNS Provider")
	}
	if in.Base == "" {
		return n.base, nil
	}
	u, err := url.Parse(in.Base)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" {
		return "", errors.New("api_base is no http:// or https:// address")
	}
	return strings.TrimSuffix(in.Base, "/"), nil
}

// environment gives the variables of op their values; parse's variables names the same ones.
func (n *Native) environment(op Op, in Inputs) map[string]any {
	account := map[string]any{}
	for _, f := range n.about.Fields {
		account[f.Name] = in.Account[f.Name].Reveal()
	}
	label, _ := in.Name.Relative(in.Zone)
	env := map[string]any{
		"account": account, "name": in.Name.String(), "fqdn": in.Name.FQDN(), "label": label,
		"zone_name": in.Zone.String(),
	}
	if op == Zone {
		return env
	}
	env["zone"], env["ttl"] = in.ZoneID, max(defaultTTL, n.limits.MinimumTTL, in.ZoneTTL)
	if in.ZoneID == "" {
		env["zone"] = in.Zone.String()
	}
	switch op {
	case Replace:
		env["values"] = in.Values
	case Create:
		env["value"] = in.Value
	case Delete:
		env["value"], env["id"] = in.Value, in.ID
	}
	return env
}

// headers gives the document's headers, then the operation's, then the kinds of content where neither said so.
func (n *Native) headers(c *call, e *evaluation) ([][2]string, error) {
	var out [][2]string
	said := map[string]bool{}
	for _, headers := range [][]header{n.header, c.header} {
		for _, h := range headers {
			text, err := h.value.text(e, asIs)
			if err != nil {
				return nil, err
			}
			if err := plainHeader(h.name, text); err != nil {
				return nil, err
			}
			said[strings.ToLower(h.name)] = true
			out = append(out, [2]string{h.name, text})
		}
	}
	if !said["accept"] {
		out = append(out, [2]string{"Accept", "application/json"})
	}
	if c.body == nil || said["content-type"] {
		return out, nil
	}
	if c.form {
		return append(out, [2]string{"Content-Type", "application/x-www-form-urlencoded"}), nil
	}
	return append(out, [2]string{"Content-Type", "application/json"}), nil
}

// encode makes the body.
func (c *call) encode(e *evaluation) ([]byte, error) {
	if c.body == nil {
		return nil, nil
	}
	v, err := c.body.give(e)
	if err != nil {
		return nil, err
	}
	if c.form {
		return encodeForm(v)
	}
	return encodeJSON(v)
}
