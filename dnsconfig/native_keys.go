package dnsconfig

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
)

// Bounds of a private key: octets of its PEM, and bits of an RSA modulus.
const (
	maxKey     = 16 << 10
	minRSABits = 1024
	maxRSABits = 8192
)

// parsePrivateKey reads a private key in PEM (RFC 7468): PKCS#8, PKCS#1 or SEC 1. Line breaks may be written as \n, as
// they come out of JSON and environment variables. Errors say what else the text is, and never hold any of it.
func parsePrivateKey(text string) (crypto.Signer, error) {
	if len(text) > maxKey {
		return nil, fmt.Errorf("the key is %d octets long; at most %d are read", len(text), maxKey)
	}
	if strings.TrimSpace(text) == "" {
		return nil, errors.New("the key is empty")
	}
	if !strings.Contains(strings.TrimSpace(text), "\n") {
		text = strings.ReplaceAll(text, `\n`, "\n")
	}
	block, rest := pem.Decode([]byte(text))
	for block != nil && block.Type == "EC PARAMETERS" {
		block, rest = pem.Decode(rest)
	}
	if block == nil {
		return nil, errors.New("the key is not PEM: it has to begin with -----BEGIN PRIVATE KEY----- (or RSA or EC PRIVATE KEY) and keep its line breaks")
	}
	if block.Headers["DEK-Info"] != "" || block.Type == "ENCRYPTED PRIVATE KEY" {
		return nil, errors.New("the key is protected by a passphrase; take it off with openssl pkey")
	}
	return readKey(block)
}

func readKey(block *pem.Block) (crypto.Signer, error) {
	var key any
	var err error
	switch block.Type {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	case "OPENSSH PRIVATE KEY":
		return nil, errors.New("the key has the form of OpenSSH; ssh-keygen -p -m PKCS8 makes one that can be read")
	case "PUBLIC KEY", "RSA PUBLIC KEY":
		return nil, errors.New("this is a public key; the private one is wanted")
	case "CERTIFICATE":
		return nil, errors.New("this is a certificate; its private key is wanted")
	default:
		return nil, errors.New("the PEM holds no private key")
	}
	if err != nil {
		return nil, fmt.Errorf("the %s in the PEM can't be read; part of it may be missing", block.Type)
	}
	if k, ok := key.(*rsa.PrivateKey); ok && (k.N.BitLen() < minRSABits || k.N.BitLen() > maxRSABits) {
		return nil, fmt.Errorf("the RSA key has %d bits; %d to %d can be used", k.N.BitLen(), minRSABits, maxRSABits)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("the PEM holds a key that can't sign")
	}
	return signer, nil
}

// kindOfKey names the kind of a key for people.
func kindOfKey(key crypto.Signer) string {
	switch k := key.(type) {
	case *rsa.PrivateKey:
		return "RSA"
	case *ecdsa.PrivateKey:
		return "the curve " + k.Curve.Params().Name
	case ed25519.PrivateKey:
		return "Ed25519"
	}
	return "another kind"
}
