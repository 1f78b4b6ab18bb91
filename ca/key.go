package ca

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"deputy/fault"
	"deputy/secret"
)

// NewKey makes a key: ec256, ec384, rsa2048, rsa3072 or rsa4096. Another word is a fault (BadSettings).
func NewKey(keyType string) (crypto.Signer, error) {
	switch keyType {
	case "ec256":
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ec384":
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "rsa2048":
		return rsa.GenerateKey(rand.Reader, 2048)
	case "rsa3072":
		return rsa.GenerateKey(rand.Reader, 3072)
	case "rsa4096":
		return rsa.GenerateKey(rand.Reader, 4096)
	}
	return nil, &fault.Fault{
		Code: fault.BadSettings, Tried: "make a key", Seen: fmt.Sprintf("%q is no key type", keyType),
		Do: "use ec256, ec384, rsa2048, rsa3072 or rsa4096", Who: fault.Admin,
	}
}

// MarshalKey writes a key as PKCS #8 in PEM (RFC 7468 §10), for an account as for a certificate.
func MarshalKey(key crypto.Signer) (secret.Value, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return secret.Value{}, fmt.Errorf("write a key: %w", err)
	}
	return secret.New(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))), nil
}

// ParseKey reads what MarshalKey wrote. Its errors say nothing of the key.
func ParseKey(text secret.Value) (crypto.Signer, error) {
	block, _ := pem.Decode([]byte(text.Reveal()))
	if block == nil || block.Type != "PRIVATE KEY" {
		return nil, errors.New("read a key: it is not PKCS #8 in PEM form")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("read a key: the PKCS #8 in it can't be read")
	}
	switch k := key.(type) {
	case *ecdsa.PrivateKey:
		return k, nil
	case *rsa.PrivateKey:
		return k, nil
	}
	return nil, errors.New("read a key: it is neither an EC nor an RSA key")
}
