package dnsconfig

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"deputy/fault"
	"deputy/secret"
)

// defaultTTL of values where neither document nor zone asks for more, in seconds: short, since a validation value is
// gone a minute later.
const defaultTTL = 60

// Request makes the request of op. It fails (fault BadDocument) where a needed field of the account is missing, an
// expression fails or costs too much, a path part is empty, or a header would hold a line break.
func (n *Native) Request(op Op, in Inputs) (Request, error) {
	c := n.calls[op]
	if c == nil {
		return Request{}, n.fault(op, fmt.Errorf("the document has no %s", op))
	}
	if missing := n.missing(in.Account); missing != "" {
		return Request{}, n.fault(op, errors.New(missing))
	}
	r, err := n.request(c, in)
	if err != nil {
		return Request{}, n.fault(op, err)
	}
	return r, nil
}

func (n *Native) request(c *call, in Inputs) (Request, error) {
	e, err := n.evaluation(c, &in)
	if err != nil {
		return Request{}, err
	}
	r := Request{Op: c.op, Method: c.method}
	if r.URL, err = n.where(c, in, e); err != nil {
		return Request{}, err
	}
	if in.PageURL != "" {
		if c.page == nil || c.page.nextURL == nil {
			return Request{}, fmt.Errorf("%s has no pages with addresses of their own", c.op)
		}
		if r.URL, err = c.pageURL(in.PageURL, r.URL); err != nil {
			return Request{}, err
		}
	}
	if r.Body, err = c.content.encode(e); err != nil {
		return Request{}, err
	}
	if r.Header, err = n.headers(c, e); err != nil {
		return Request{}, err
	}
	if c.sign != nil {
		if err := c.sign.apply(e, &r, in.Now, in.Nonce); err != nil {
			return Request{}, err
		}
	}
	r.seen = e.seen
	return r, nil
}

// evaluation is that of all expressions of one request or answer. It completes in: the time, and the nonce.
func (n *Native) evaluation(c *call, in *Inputs) (*evaluation, error) {
	if in.Now.IsZero() {
		in.Now = time.Now()
	}
	if in.Nonce == "" {
		in.Nonce = newNonce()
	}
	env := n.environment(c.op, *in)
	env["now"], env["nonce"] = int(in.Now.Unix()), in.Nonce
	e := newEvaluation(env, in.Forms)
	e.now, e.nonce = in.Now, in.Nonce
	page, err := c.page.current(*in, e)
	e.env["page"] = page
	return e, err
}

// newNonce is 32 hexadecimal digits of chance.
func newNonce() string {
	var octets [16]byte
	_, _ = rand.Read(octets[:]) // never fails (crypto/rand)
	return hex.EncodeToString(octets[:])
}

// where is the address of a call.
func (n *Native) where(c *call, in Inputs, e *evaluation) (string, error) {
	if c.host != "" {
		return c.url("", e)
	}
	base, err := n.baseFor(in.Base, e)
	if err != nil {
		return "", err
	}
	return c.url(base, e)
}

// baseFor is where requests begin: instead, which the DNS Provider gives, or the document's own.
func (n *Native) baseFor(instead string, e *evaluation) (string, error) {
	switch {
	case instead != "":
		base, err := plainBase(instead, "https", "http")
		if err != nil {
			return "", fmt.Errorf("api_base %w", err)
		}
		return base, nil
	case n.base != "":
		return n.base, nil
	case n.address != nil:
		return n.address.give(e)
	}
	return "", errors.New("the document has no address of its own; give api_base in the DNS Provider")
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

// HostsFor are the hosts that requests with this account go to, with those of addresses that the account makes. base is
// instead of the document's own address; "" for that. An address that a session makes is not among them: the DNS Provider
// has to allow it. It fails (fault BadDocument) where there is no address, or the account makes none.
func (n *Native) HostsFor(account map[string]secret.Value, base string) ([]string, error) {
	if base == "" && n.address != nil && n.address.whole != nil {
		return n.constantHosts(""), nil
	}
	env := map[string]any{"account": n.accountVariables(account)}
	made, err := n.baseFor(base, newEvaluation(env, nil))
	if err != nil {
		return nil, n.fault("", err)
	}
	return n.constantHosts(made), nil
}
