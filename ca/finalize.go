package ca

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/mholt/acmez/v3/acme"

	"deputy/fault"
	"deputy/store"
)

// Bounds of what a CA may send as a certificate, and of asking for it.
const (
	maxChain      = 16 // certificates
	finalizeTries = 3
	pemChain      = "application/pem-certificate-chain"
)

// Finalize sends the CSR (DER) of a ready order. A lost answer is looked up by the order's URL; the CSR is sent again
// only where the order is still ready, so the CA has not had it. An order that is further already is returned as it is.
func (c *Client) Finalize(ctx context.Context, a store.Account, o Order, csr []byte) (Order, error) {
	q := query{tried: "have the certificate signed", once: "finalize"}
	for try := 1; ; try++ {
		if o.Status == acme.StatusProcessing || o.Status == acme.StatusValid {
			return o, nil
		}
		if o.Status == acme.StatusInvalid {
			return o, c.invalid(ctx, a, o)
		}
		next, err := c.finalize(ctx, a, q, o, csr)
		if err == nil {
			return next, nil
		}
		if ctx.Err() != nil || !errors.As(err, new(*Lost)) && !refusalOf(err).is("orderNotReady") {
			return o, err
		}
		// "The client should then send a POST-as-GET request to the order resource to obtain its current state"
		// (RFC 8555 §7.4); it serves for a lost answer as well.
		seen, readErr := c.Order(ctx, a, o.URL)
		if readErr != nil {
			return o, errors.Join(err, readErr)
		}
		o = seen
		if o.Status == acme.StatusPending || o.Status == acme.StatusReady && try == finalizeTries {
			return o, err
		}
		if o.Status != acme.StatusReady {
			continue
		}
		if err := c.wait(ctx, firstDelay<<(try-1)); err != nil {
			return o, ended(q.tried, err)
		}
	}
}

func (c *Client) finalize(ctx context.Context, a store.Account, q query, o Order, csr []byte) (Order, error) {
	got, err := c.signed(ctx, a, q, func(ctx context.Context, library *acme.Client, account acme.Account) error {
		_, err := library.FinalizeOrder(ctx, account, acme.Order{Finalize: o.Finalize, Location: o.URL}, csr)
		return err
	})
	if err != nil {
		return o, err
	}
	next, err := parseOrder(o.URL, got)
	if err != nil {
		return o, &Lost{What: q.once, Err: nonsense(q.tried, err)}
	}
	return next, nil
}

// Chain downloads the certificate chain, PEM, leaf first; at most 1 MiB and 16 certificates. What is more, or nothing
// but certificates, is a fault (BadCertificate). Whether it is the certificate that was ordered is issuance's to check.
//
// The library fetches a chain only together with every alternate chain and with renewal information.
func (c *Client) Chain(ctx context.Context, a store.Account, o Order) ([]byte, error) {
	q := query{tried: "download the certificate", accept: pemChain}
	got, err := c.read(ctx, a, q, o.Certificate)
	if err != nil {
		return nil, err
	}
	if err := checkChain(got.body); err != nil {
		return nil, &fault.Fault{
			Code: fault.BadCertificate, Tried: q.tried, Seen: err.Error(),
			Do: "tell the CA; the certificate in use was left alone", Who: fault.CA, Err: err,
		}
	}
	return got.body, nil
}

// checkChain counts before it decodes: decoding a hostile PEM can cost far more time than its size suggests.
func checkChain(body []byte) error {
	if n := bytes.Count(body, []byte("-----BEGIN")); n == 0 || n > maxChain {
		return fmt.Errorf("what came holds %d PEM blocks; a chain has 1 to %d certificates", n, maxChain)
	}
	count := 0
	for rest := body; ; count++ {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return fmt.Errorf("what came holds a PEM block %s", quoted(block.Type))
		}
	}
	if count == 0 {
		return errors.New("what came holds no whole PEM block")
	}
	return nil
}
