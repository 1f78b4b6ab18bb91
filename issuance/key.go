package issuance

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"fmt"

	"deputy/ca"
	"deputy/secret"
)

// equalKey says whether two public keys are the same.
func equalKey(a, b crypto.PublicKey) bool {
	k, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && k.Equal(b)
}

// keyIs says whether key is of keyType, so that an open attempt's key may still be used.
func keyIs(key secret.Value, keyType string) bool {
	signer, err := ca.ParseKey(key)
	if err != nil {
		return false
	}
	switch k := signer.Public().(type) {
	case *ecdsa.PublicKey:
		return fmt.Sprintf("ec%d", k.Curve.Params().BitSize) == keyType
	case *rsa.PublicKey:
		return fmt.Sprintf("rsa%d", k.N.BitLen()) == keyType
	}
	return false
}
