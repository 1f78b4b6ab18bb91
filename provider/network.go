package provider

import (
	"context"
	"crypto/x509"
	"errors"

	"deputy/dnsconfig"
	"deputy/egress"
)

// network carries requests: to a DNS host, or to answers that were given beforehand.
type network interface {
	carry(ctx context.Context, r dnsconfig.Request) (dnsconfig.Response, error)
	close()
}

// internet is the network of accounts at DNS hosts.
type internet struct{ client *egress.Client }

func (i internet) carry(ctx context.Context, r dnsconfig.Request) (dnsconfig.Response, error) {
	got, err := i.client.Do(ctx, egress.Request{Method: r.Method, URL: r.URL, Header: r.Header, Body: r.Body, Write: writes(r)})
	return dnsconfig.Response{Status: got.Status, Header: got.Header, Body: got.Body}, err
}

func (i internet) close() { i.client.Close() }

// trusted are the system's roots with those of a private CA; nil, which is the system's, where there are none.
func trusted(pem string) (*x509.CertPool, error) {
	if pem == "" {
		return nil, nil
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool() // a system without roots: the private ones are enough for their own host
	}
	if !roots.AppendCertsFromPEM([]byte(pem)) {
		return nil, errors.New("ca holds no certificate in PEM form")
	}
	return roots, nil
}
