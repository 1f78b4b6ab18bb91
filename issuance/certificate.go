package issuance

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"time"

	"deputy/ca"
	"deputy/fault"
	"deputy/name"
	"deputy/secret"
	"deputy/store"
)

// collect finalizes the order with the attempt's key and downloads the chain. That finalize is about to be sent is
// stored first: its answer may be lost, and then the order's state tells.
func (i *Issuer) collect(ctx context.Context, w *work, order ca.Order) ([]byte, error) {
	var err error
	if order.Status == "ready" {
		w.attempt.Finalized = true
		if err := w.save(ctx); err != nil {
			return nil, err
		}
		csr, err := requestFor(w.attempt.Key, w.attempt.Names)
		if err != nil {
			return nil, err
		}
		i.tell(ctx, "order.finalizing", w.certificate.Name, order.URL, "asking the CA to sign")
		if order, err = w.client.Finalize(ctx, w.account, order, csr); err != nil {
			return nil, err
		}
		i.tell(ctx, "order.finalized", w.certificate.Name, order.URL, "the CA is signing")
	}
	if order, err = w.client.AwaitIssued(ctx, w.account, order); err != nil {
		return nil, err
	}
	chain, err := w.client.Chain(ctx, w.account, order)
	if err == nil {
		i.tell(ctx, "certificate.fetched", w.certificate.Name, "", "the certificate is here")
	}
	return chain, err
}

// requestFor makes the CSR: the names as DNS subject alternative names, and an empty subject (RFC 8555 §7.4).
func requestFor(key secret.Value, names []name.Name) ([]byte, error) {
	signer, err := ca.ParseKey(key)
	if err != nil {
		return nil, err
	}
	template := &x509.CertificateRequest{}
	for _, n := range names {
		template.DNSNames = append(template.DNSNames, n.String())
	}
	return x509.CreateCertificateRequest(rand.Reader, template, signer)
}

// keep verifies the chain and makes it the certificate's current version, in one transaction with the attempt's end.
func (i *Issuer) keep(ctx context.Context, w *work, chain []byte) error {
	certs, err := Verify(chain, w.attempt.Key, w.attempt.Names, time.Now())
	if err != nil {
		return i.abandon(ctx, w, err)
	}
	leaf := certs[0]
	c, a := w.certificate, w.attempt
	c.Version++
	c.Chain, c.Key, c.Deployed = encodeChain(certs), a.Key, false
	c.Serial, c.NotBefore, c.NotAfter = fmt.Sprintf("%x", leaf.SerialNumber), leaf.NotBefore, leaf.NotAfter
	c.ARI, c.Failures, c.LastError, c.RetryAt = store.RenewalInfo{}, 0, "", time.Time{}
	a.State = store.AttemptDone
	err = w.claim.Do(ctx, func(t *store.Tx) error {
		if err := t.PutCertificate(c); err != nil {
			return err
		}
		_, err := t.PutAttempt(a)
		return err
	})
	if err != nil {
		return err
	}
	w.certificate, w.attempt = c, a
	i.tell(ctx, "certificate.stored", c.Name, "", "certificate "+c.Serial+" is verified and stored, valid until "+c.NotAfter.UTC().Format(time.RFC3339))
	return nil
}

// deploy hands the certificate to where it is used, and records that it got there.
func (i *Issuer) deploy(ctx context.Context, w *work) error {
	if err := i.Deploy(ctx, w.certificate); err != nil {
		return err
	}
	w.certificate.Deployed = true
	err := w.claim.Do(ctx, func(t *store.Tx) error { return t.PutCertificate(w.certificate) })
	if err == nil {
		i.tell(ctx, "certificate.deployed", w.certificate.Name, "", "files are written")
	}
	return err
}

// Bounds on what a CA may send (threats.md 7).
const maxChain = 16

// Verify says whether chain (PEM, leaf first) may replace another certificate, and gives its certificates: it parses
// whole, each certificate is signed by the next, and the leaf is of our key, holds all names and is valid at now. It does
// not ask whether the root is trusted: a private CA's is not. The fault is BadCertificate.
func Verify(chain []byte, key secret.Value, names []name.Name, now time.Time) ([]*x509.Certificate, error) {
	certs, err := parseChain(chain)
	if err != nil {
		return nil, bad(err.Error(), err)
	}
	leaf := certs[0]
	signer, err := ca.ParseKey(key)
	if err != nil {
		return nil, err
	}
	if !equalKey(signer.Public(), leaf.PublicKey) {
		return nil, bad("it is of another key than ours", nil)
	}
	for _, n := range names {
		if !slices.ContainsFunc(leaf.DNSNames, func(s string) bool { return equalName(s, n) }) {
			return nil, bad("it lacks the name "+n.String(), nil)
		}
	}
	if now.Before(leaf.NotBefore.Add(-clockSkew)) || !now.Before(leaf.NotAfter) {
		return nil, bad(fmt.Sprintf("it is valid from %s to %s, and now is %s", leaf.NotBefore.UTC().Format(time.RFC3339), leaf.NotAfter.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339)), nil)
	}
	for n := range len(certs) - 1 {
		if err := certs[n].CheckSignatureFrom(certs[n+1]); err != nil {
			return nil, bad(fmt.Sprintf("certificate %d of the chain is not signed by the next", n+1), err)
		}
	}
	return certs, nil
}

// clockSkew is how far this machine's clock may be behind the CA's; CAs date certificates back by an hour for the same reason.
const clockSkew = 5 * time.Minute

// parseChain reads every certificate of a chain. What pem.Decode would pass over, such as a block that was cut off, is an
// error: the missing intermediate would be missed only by whoever connects.
func parseChain(chain []byte) ([]*x509.Certificate, error) {
	var certs []*x509.Certificate
	rest := chain
	for len(bytes.TrimSpace(rest)) > 0 {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return nil, fmt.Errorf("it has something after certificate %d that is no certificate", len(certs))
		}
		if block.Type != "CERTIFICATE" || len(block.Headers) > 0 {
			return nil, fmt.Errorf("it holds a PEM block %q that is no plain certificate", block.Type)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d does not parse", len(certs)+1)
		}
		if certs = append(certs, c); len(certs) > maxChain {
			return nil, fmt.Errorf("it has more than %d certificates", maxChain)
		}
	}
	if len(certs) == 0 {
		return nil, errors.New("there is no certificate in it")
	}
	if begun := bytes.Count(chain, []byte("-----BEGIN")); begun != len(certs) {
		return nil, fmt.Errorf("it has %d PEM blocks, and %d of them can be read", begun, len(certs))
	}
	return certs, nil
}

// encodeChain writes a chain as deputy keeps it: certificates and nothing else, whatever stood around them.
func encodeChain(certs []*x509.Certificate) []byte {
	var text []byte
	for _, c := range certs {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return text
}

func leafOf(chain []byte) (*x509.Certificate, error) {
	certs, err := parseChain(chain)
	if err != nil {
		return nil, err
	}
	return certs[0], nil
}

func equalName(s string, n name.Name) bool {
	parsed, err := name.ParseOwner(s)
	return err == nil && parsed == n
}

func bad(seen string, err error) *fault.Fault {
	return &fault.Fault{
		Code: fault.BadCertificate, Tried: "check what the CA sent before it replaces anything", Seen: seen,
		Do: "tell the CA; the certificate in use was left alone", Who: fault.CA, Err: err,
	}
}
