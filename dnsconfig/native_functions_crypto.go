package dnsconfig

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/hmac"
	"crypto/md5"  // hosts ask for it
	"crypto/rand" // salts of PSS alone
	"crypto/rsa"
	"crypto/sha1" // hosts ask for it
	"crypto/sha256"
	"crypto/sha512"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"maps"
	"math/big"
)

// digest is the hash function that an algorithm names. Another name is not quoted: where arguments stand in the wrong order
// it may be a key.
func digest(function, algorithm string) (func() hash.Hash, error) {
	switch algorithm {
	case "md5":
		return md5.New, nil
	case "sha1":
		return sha1.New, nil
	case "sha256":
		return sha256.New, nil
	case "sha384":
		return sha512.New384, nil
	case "sha512":
		return sha512.New, nil
	}
	return nil, fmt.Errorf("%s wants md5, sha1, sha256, sha384 or sha512 first, and it is another text", function)
}

// hash gives the octets of a digest.
func (e *evaluation) hash(algorithm, v any) (string, error) {
	given, err := e.texts("hash", algorithm, v)
	if err != nil {
		return "", err
	}
	newHash, err := digest("hash", given[0])
	if err != nil {
		return "", err
	}
	h := newHash()
	h.Write([]byte(given[1]))
	return e.spent(string(h.Sum(nil)))
}

// hmac gives the octets of a message authentication code (RFC 2104).
func (e *evaluation) hmac(algorithm, key, v any) (string, error) {
	given, err := e.texts("hmac", algorithm, key, v)
	if err != nil {
		return "", err
	}
	newHash, err := digest("hmac", given[0])
	if err != nil {
		return "", err
	}
	return e.spent(string(mac(newHash, given[1], given[2])))
}

func mac(newHash func() hash.Hash, key, message string) []byte {
	h := hmac.New(newHash, []byte(key))
	h.Write([]byte(message))
	return h.Sum(nil)
}

// rsaSign gives the octets of an RSA signature: PKCS#1 v1.5 (RFC 8017 §8.2) with sha1, sha256 or sha512, or PSS (§8.1)
// with SHA-256 and a salt of 32 octets.
func (e *evaluation) rsaSign(algorithm, key, v any) (string, error) {
	given, err := e.texts("rsa_sign", algorithm, key, v)
	if err != nil {
		return "", err
	}
	private, err := parsePrivateKey(given[1])
	if err != nil {
		return "", fmt.Errorf("rsa_sign: %w", err)
	}
	signature, err := signRSA(given[0], private, given[2])
	if err != nil {
		return "", fmt.Errorf("rsa_sign: %w", err)
	}
	return e.spent(string(signature))
}

func signRSA(algorithm string, private crypto.Signer, message string) ([]byte, error) {
	key, ok := private.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("an RSA key is wanted, not one of %s", kindOfKey(private))
	}
	switch algorithm {
	case "sha1":
		sum := sha1.Sum([]byte(message))
		return rsa.SignPKCS1v15(nil, key, crypto.SHA1, sum[:])
	case "sha256":
		sum := sha256.Sum256([]byte(message))
		return rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	case "sha512":
		sum := sha512.Sum512([]byte(message))
		return rsa.SignPKCS1v15(nil, key, crypto.SHA512, sum[:])
	case "pss-sha256":
		sum := sha256.Sum256([]byte(message))
		return rsa.SignPSS(rand.Reader, key, crypto.SHA256, sum[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	}
	return nil, errors.New("sha1, sha256, sha512 or pss-sha256 is wanted first, and it is another text")
}

// jwt gives a signed JSON Web Token (RFC 7519) in compact form: HS256, RS256, PS256 or ES256 (RFC 7518 §3.1). key is the
// secret's octets for HS256, else a private key in PEM. The header, where there is one, is added to alg and typ.
func (e *evaluation) jwt(algorithm, key, claims any, header ...any) (string, error) {
	given, err := e.texts("jwt", algorithm, key)
	if err != nil {
		return "", err
	}
	head := map[string]any{"alg": given[0], "typ": "JWT"}
	if len(header) > 1 {
		return "", errors.New("jwt wants an algorithm, a key, claims and perhaps a header, no more")
	}
	if err := addHeader(head, header...); err != nil {
		return "", err
	}
	if _, ok := claims.(map[string]any); !ok {
		return "", fmt.Errorf("jwt wants a mapping of claims, not %s", kindOf(claims))
	}
	message, err := e.token(head, claims)
	if err != nil {
		return "", err
	}
	signature, err := signJOSE(given[0], given[1], message)
	if err != nil {
		return "", fmt.Errorf("jwt: %w", err)
	}
	return e.spent(message + "." + base64.RawURLEncoding.EncodeToString(signature))
}

// addHeader adds what a document gives to the header of a token; the algorithm is not its to change.
func addHeader(head map[string]any, header ...any) error {
	if len(header) == 0 || header[0] == nil {
		return nil
	}
	more, ok := header[0].(map[string]any)
	if !ok {
		return fmt.Errorf("jwt wants a mapping as header, not %s", kindOf(header[0]))
	}
	if alg, given := more["alg"]; given && alg != head["alg"] {
		return errors.New("jwt: the header names another algorithm than the first argument")
	}
	maps.Copy(head, more)
	return nil
}

// token is what of a JSON Web Token is signed.
func (e *evaluation) token(header, claims any) (string, error) {
	var parts [2]string
	for i, v := range []any{header, claims} {
		encoded, err := encodeJSON(v)
		if err != nil {
			return "", fmt.Errorf("jwt: %w", err)
		}
		if parts[i], err = e.spent(base64.RawURLEncoding.EncodeToString(encoded)); err != nil {
			return "", err
		}
	}
	return parts[0] + "." + parts[1], nil
}

func signJOSE(algorithm, key, message string) ([]byte, error) {
	if algorithm == "HS256" {
		return mac(sha256.New, key, message), nil
	}
	if algorithm != "RS256" && algorithm != "PS256" && algorithm != "ES256" {
		return nil, errors.New("HS256, RS256, PS256 or ES256 is wanted first, and it is another text")
	}
	private, err := parsePrivateKey(key)
	if err != nil {
		return nil, err
	}
	switch algorithm {
	case "RS256":
		return signRSA("sha256", private, message)
	case "PS256":
		return signRSA("pss-sha256", private, message)
	}
	return signES256(private, message)
}

// signES256 gives r and s with 32 octets each, as JOSE has it (RFC 7518 §3.4); the same message gets the same signature
// (RFC 6979).
func signES256(private crypto.Signer, message string) ([]byte, error) {
	key, ok := private.(*ecdsa.PrivateKey)
	if !ok || key.Curve.Params().Name != "P-256" {
		return nil, fmt.Errorf("ES256 wants a key of the curve P-256, not one of %s", kindOfKey(private))
	}
	sum := sha256.Sum256([]byte(message))
	der, err := key.Sign(nil, sum[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	var pair struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &pair); err != nil {
		return nil, err
	}
	raw := make([]byte, 64)
	pair.R.FillBytes(raw[:32])
	pair.S.FillBytes(raw[32:])
	return raw, nil
}
