package lab

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Verify checks a chain (PEM, leaf first) against roots (PEM) as a TLS client would, and that the leaf is for exactly
// those names, wildcards included. It gives the leaf.
func Verify(roots, chain []byte, names ...string) (*x509.Certificate, error) {
	trusted := x509.NewCertPool()
	if !trusted.AppendCertsFromPEM(roots) {
		return nil, errors.New("no root certificate in PEM form")
	}
	certificates, err := parsePEM(chain)
	if err != nil {
		return nil, err
	}
	leaf, between := certificates[0], x509.NewCertPool()
	for _, c := range certificates[1:] {
		between.AddCert(c)
	}
	if _, err := leaf.Verify(x509.VerifyOptions{Roots: trusted, Intermediates: between}); err != nil {
		return nil, fmt.Errorf("the chain does not lead to the lab's root: %w", err)
	}
	got, want := slices.Sorted(slices.Values(leaf.DNSNames)), slices.Sorted(slices.Values(names))
	if !slices.Equal(got, slices.Compact(want)) {
		return nil, fmt.Errorf("the certificate is for %s, not for %s", strings.Join(got, ", "), strings.Join(want, ", "))
	}
	return leaf, nil
}

// parsePEM reads certificates; there is at least one.
func parsePEM(text []byte) ([]*x509.Certificate, error) {
	var all []*x509.Certificate
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			return nil, fmt.Errorf("a PEM block %q among the certificates", block.Type)
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	if len(all) == 0 || len(bytes.TrimSpace(text)) > 0 {
		return nil, errors.New("not certificates in PEM form")
	}
	return all, nil
}
