package ca

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"fmt"
	"strings"
	"testing"

	"deputy/fault"
	"deputy/secret"
)

func TestKeys(t *testing.T) {
	t.Parallel()
	for keyType, want := range map[string]string{"ec256": "P-256", "ec384": "P-384", "rsa2048": "RSA 2048", "rsa3072": "RSA 3072", "rsa4096": "RSA 4096"} {
		key, err := NewKey(keyType)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		switch k := key.(type) {
		case *ecdsa.PrivateKey:
			got = k.Params().Name
		case *rsa.PrivateKey:
			got = fmt.Sprint("RSA ", k.N.BitLen())
		}
		if got != want {
			t.Errorf("%s gives %s", keyType, got)
		}
		text, err := MarshalKey(key)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseKey(text)
		if err != nil {
			t.Fatal(err)
		}
		if !equal(again, key) {
			t.Errorf("%s: another key comes back", keyType)
		}
	}
}

func equal(a, b any) bool {
	switch k := a.(type) {
	case *ecdsa.PrivateKey:
		return k.Equal(b)
	case *rsa.PrivateKey:
		return k.Equal(b)
	}
	return false
}

func TestUnknownKeyType(t *testing.T) {
	t.Parallel()
	for _, keyType := range []string{"", "rsa1024", "ed25519", "EC256"} {
		_, err := NewKey(keyType)
		wantFault(t, err, fault.BadSettings)
	}
}

func TestParseKeySaysNothingOfTheKey(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "hunter2", "-----BEGIN PRIVATE KEY-----\naHVudGVyMg==\n-----END PRIVATE KEY-----\n", "-----BEGIN EC PRIVATE KEY-----\naHVudGVyMg==\n-----END EC PRIVATE KEY-----\n",
		// An Ed25519 key: PKCS #8, and of no use at most CAs.
		"-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n-----END PRIVATE KEY-----\n",
	} {
		_, err := ParseKey(secret.New(text))
		if err == nil {
			t.Errorf("%q is a key", text)
			continue
		}
		for _, leak := range []string{"hunter2", "aHVudGVyMg", "MC4CAQAw"} {
			if strings.Contains(err.Error(), leak) {
				t.Errorf("the error shows the key: %v", err)
			}
		}
	}
}
