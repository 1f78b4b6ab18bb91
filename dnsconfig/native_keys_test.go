package dnsconfig

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"reflect"
	"strings"
	"testing"
)

// exampleRSA is the key of RFC 7515 A.2.
func exampleRSA(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	number := func(s string) *big.Int {
		octets, err := base64.RawURLEncoding.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return new(big.Int).SetBytes(octets)
	}
	key := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: number("ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"), E: 65537},
		D:         number("Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ"),
		Primes: []*big.Int{
			number("4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc"),
			number("uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc"),
		},
	}
	key.Precompute()
	if err := key.Validate(); err != nil {
		t.Fatal(err)
	}
	return key
}

// exampleEC is the key of RFC 6979 A.2.5.
func exampleEC(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	d, _ := new(big.Int).SetString("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721", 16)
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), d.FillBytes(make([]byte, 32)))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func pemOf(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func pkcs8(t *testing.T, key any) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pemOf("PRIVATE KEY", der)
}

func sec1(t *testing.T, key *ecdsa.PrivateKey) string {
	t.Helper()
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pemOf("EC PRIVATE KEY", der)
}

// RFC 7515 A.1 and A.2: HS256 and RS256 give exactly what the standard has.
func TestJOSESignatures(t *testing.T) {
	t.Parallel()
	const payload = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
	secret, _ := base64.RawURLEncoding.DecodeString("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
	for _, c := range []struct{ algorithm, key, header, want string }{
		{"HS256", string(secret), "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"},
		{"RS256", pkcs8(t, exampleRSA(t)), "eyJhbGciOiJSUzI1NiJ9", "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"},
	} {
		got, err := signJOSE(c.algorithm, c.key, c.header+"."+payload)
		if err != nil || base64.RawURLEncoding.EncodeToString(got) != c.want {
			t.Errorf("%s: %x, %v", c.algorithm, got, err)
		}
	}
}

// RFC 6979 A.2.5, P-256 with SHA-256: r and s one after the other.
func TestES256(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		"sample": "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8",
		"test":   "F1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083",
	} {
		got, err := signES256(exampleEC(t), message)
		if err != nil || !strings.EqualFold(want, hexOf(got)) {
			t.Errorf("%s: %x, %v", message, got, err)
		}
	}
}

func hexOf(octets []byte) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for _, c := range octets {
		b.WriteByte(digits[c>>4])
		b.WriteByte(digits[c&15])
	}
	return b.String()
}

// A token of each algorithm, as others check it.
func TestJWT(t *testing.T) {
	t.Parallel()
	rsaKey, ecKey := exampleRSA(t), exampleEC(t)
	for _, c := range []struct {
		algorithm, key string
		check          func(message string, signature []byte) bool
	}{
		{"HS256", "s3cr3t", func(m string, s []byte) bool { return string(mac(sha256.New, "s3cr3t", m)) == string(s) }},
		{"RS256", pkcs8(t, rsaKey), func(m string, s []byte) bool {
			sum := sha256.Sum256([]byte(m))
			return rsa.VerifyPKCS1v15(&rsaKey.PublicKey, crypto.SHA256, sum[:], s) == nil
		}},
		{"PS256", pemOf("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey)), func(m string, s []byte) bool {
			sum := sha256.Sum256([]byte(m))
			return rsa.VerifyPSS(&rsaKey.PublicKey, crypto.SHA256, sum[:], s, &rsa.PSSOptions{SaltLength: 32}) == nil
		}},
		{"ES256", sec1(t, ecKey), func(m string, s []byte) bool {
			sum := sha256.Sum256([]byte(m))
			return len(s) == 64 && ecdsa.Verify(&ecKey.PublicKey, sum[:], new(big.Int).SetBytes(s[:32]), new(big.Int).SetBytes(s[32:]))
		}},
	} {
		variables := map[string]any{"key": c.key, "now": 1773043504}
		got, err := functionEvaluation(t, `jwt("`+c.algorithm+`", key, {iss: "joe", iat: now, exp: now + 3600}, {kid: "1"})`, vectorsTime(), variables)
		if err != nil {
			t.Errorf("%s: %v", c.algorithm, err)
			continue
		}
		parts := strings.Split(got.(string), ".")
		if len(parts) != 3 {
			t.Errorf("%s: %s", c.algorithm, got)
			continue
		}
		for i, want := range []map[string]any{
			{"alg": c.algorithm, "typ": "JWT", "kid": "1"}, {"iss": "joe", "iat": 1773043504.0, "exp": 1773047104.0},
		} {
			var have map[string]any
			decoded, _ := base64.RawURLEncoding.DecodeString(parts[i])
			if err := json.Unmarshal(decoded, &have); err != nil || !reflect.DeepEqual(have, want) {
				t.Errorf("%s: part %d is %s, want %v", c.algorithm, i, decoded, want)
			}
		}
		signature, err := base64.RawURLEncoding.DecodeString(parts[2])
		if err != nil || !c.check(parts[0]+"."+parts[1], signature) {
			t.Errorf("%s: the signature does not hold: %v", c.algorithm, err)
		}
	}
}

func TestRSASign(t *testing.T) {
	t.Parallel()
	key := exampleRSA(t)
	sum1, sum256, sum512 := sha1.Sum([]byte("m")), sha256.Sum256([]byte("m")), sha512.Sum512([]byte("m"))
	for algorithm, check := range map[string]func(s []byte) error{
		"sha1":   func(s []byte) error { return rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA1, sum1[:], s) },
		"sha256": func(s []byte) error { return rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA256, sum256[:], s) },
		"sha512": func(s []byte) error { return rsa.VerifyPKCS1v15(&key.PublicKey, crypto.SHA512, sum512[:], s) },
		"pss-sha256": func(s []byte) error {
			return rsa.VerifyPSS(&key.PublicKey, crypto.SHA256, sum256[:], s, &rsa.PSSOptions{SaltLength: 32})
		},
	} {
		got, err := functionEvaluation(t, `rsa_sign(algorithm, key, "m")`, vectorsTime(), map[string]any{"algorithm": algorithm, "key": pkcs8(t, key)})
		if err != nil {
			t.Errorf("%s: %v", algorithm, err)
			continue
		}
		if err := check([]byte(got.(string))); err != nil {
			t.Errorf("%s: %v", algorithm, err)
		}
	}
}

// Each form of a key that people have is read.
func TestParsePrivateKey(t *testing.T) {
	t.Parallel()
	parameters, _ := asn1.Marshal(asn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 7})
	for what, text := range map[string]string{
		"PKCS#8":                pkcs8(t, exampleRSA(t)),
		"PKCS#1":                pemOf("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(exampleRSA(t))),
		"PKCS#8 with EC":        pkcs8(t, exampleEC(t)),
		"SEC 1":                 sec1(t, exampleEC(t)),
		"SEC 1 with parameters": pemOf("EC PARAMETERS", parameters) + sec1(t, exampleEC(t)),
		"one line":              strings.ReplaceAll(pkcs8(t, exampleEC(t)), "\n", `\n`),
		"text in front":         "Bag Attributes\n" + pkcs8(t, exampleEC(t)),
		"CRLF":                  strings.ReplaceAll(pkcs8(t, exampleEC(t)), "\n", "\r\n"),
	} {
		if _, err := parsePrivateKey(text); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// oddRSA is a key of a length that the standard library does not make. The factors are prime only below 1024 bits, where
// the library looks.
func oddRSA(t *testing.T, bits int) string {
	t.Helper()
	factor := func() *big.Int {
		if bits < 1024 {
			p, err := rand.Prime(rand.Reader, bits/2)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		octets := make([]byte, bits/16)
		if _, err := rand.Read(octets); err != nil {
			t.Fatal(err)
		}
		octets[0], octets[len(octets)-1] = octets[0]|0xc0, octets[len(octets)-1]|1
		return new(big.Int).SetBytes(octets)
	}
	one, e := big.NewInt(1), big.NewInt(65537)
	for {
		p, q := factor(), factor()
		p1, q1 := new(big.Int).Sub(p, one), new(big.Int).Sub(q, one)
		d, inverse := new(big.Int).ModInverse(e, new(big.Int).Mul(p1, q1)), new(big.Int).ModInverse(q, p)
		n := new(big.Int).Mul(p, q)
		if d == nil || inverse == nil || n.BitLen() != bits || p.Cmp(q) == 0 {
			continue
		}
		der, err := asn1.Marshal(struct {
			Version                   int
			N, E, D, P, Q, D1, D2, QI *big.Int
		}{0, n, e, d, p, q, new(big.Int).Mod(d, p1), new(big.Int).Mod(d, q1), inverse})
		if err != nil {
			t.Fatal(err)
		}
		return pemOf("RSA PRIVATE KEY", der)
	}
}

// What a person reads about a key that can't be used; no message holds any of it.
func TestKeysThatCanNotBeUsed(t *testing.T) {
	t.Parallel()
	rsaKey, ecKey := exampleRSA(t), exampleEC(t)
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, _ := x509.MarshalPKIXPublicKey(&rsaKey.PublicKey)
	whole := pkcs8(t, rsaKey)
	encrypted := "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n"
	for _, c := range []struct{ what, call, key, want string }{
		{"half a PEM", `rsa_sign("sha256", key, "")`, whole[:200], "rsa_sign: the key is not PEM"},
		{"without line breaks", `rsa_sign("sha256", key, "")`, strings.ReplaceAll(whole, "\n", " "), "rsa_sign: the key is not PEM"},
		{"half a key", `rsa_sign("sha256", key, "")`, pemOf("PRIVATE KEY", []byte(whole[30:90])), "rsa_sign: the PRIVATE KEY in the PEM can't be read; part of it may be missing"},
		{"another name", `rsa_sign("sha256", key, "")`, strings.ReplaceAll(whole, "PRIVATE", "RSA PRIVATE"), "rsa_sign: the RSA PRIVATE KEY in the PEM can't be read"},
		{"passphrase", `rsa_sign("sha256", key, "")`, pemOf("ENCRYPTED PRIVATE KEY", []byte("x")), "rsa_sign: the key is protected by a passphrase; take it off with openssl pkey"},
		{"old passphrase", `rsa_sign("sha256", key, "")`, encrypted, "rsa_sign: the key is protected by a passphrase"},
		{"OpenSSH", `rsa_sign("sha256", key, "")`, pemOf("OPENSSH PRIVATE KEY", []byte("x")), "rsa_sign: the key has the form of OpenSSH; ssh-keygen -p -m PKCS8 makes one that can be read"},
		{"public", `rsa_sign("sha256", key, "")`, pemOf("PUBLIC KEY", public), "rsa_sign: this is a public key; the private one is wanted"},
		{"certificate", `rsa_sign("sha256", key, "")`, pemOf("CERTIFICATE", []byte("x")), "rsa_sign: this is a certificate; its private key is wanted"},
		{"something else", `rsa_sign("sha256", key, "")`, pemOf("X509 CRL", []byte("x")), "rsa_sign: the PEM holds no private key"},
		{"too long", `rsa_sign("sha256", key, "")`, strings.Repeat("x", maxKey+1), "rsa_sign: the key is 16385 octets long; at most 16384 are read"},
		{"EC for RSA", `rsa_sign("sha256", key, "")`, sec1(t, ecKey), "rsa_sign: an RSA key is wanted, not one of the curve P-256"},
		{"Ed25519 for RSA", `jwt("RS256", key, {})`, pkcs8(t, edKey), "jwt: an RSA key is wanted, not one of Ed25519"},
		{"RSA for EC", `jwt("ES256", key, {})`, whole, "jwt: ES256 wants a key of the curve P-256, not one of RSA"},
		{"P-384", `jwt("ES256", key, {})`, pkcs8(t, p384), "jwt: ES256 wants a key of the curve P-256, not one of the curve P-384"},
		{"algorithm", `rsa_sign("md5", key, "")`, whole, "rsa_sign: sha1, sha256, sha512 or pss-sha256 is wanted first, and it is another text"},
	} {
		_, err := functionEvaluation(t, c.call, vectorsTime(), map[string]any{"key": c.key})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", c.what, err, c.want)
			continue
		}
		for i := 40; i+12 < min(len(c.key), 400); i += 12 {
			if strings.Contains(err.Error(), c.key[i:i+12]) && !strings.HasPrefix(c.key[i:i+12], "x") {
				t.Errorf("%s: the message holds part of the key: %v", c.what, err)
			}
		}
	}
	for bits, want := range map[int]string{
		512: "the RSA key has 512 bits; 1024 to 8192 can be used", 16384: "the RSA key has 16384 bits; 1024 to 8192 can be used",
	} {
		if _, err := parsePrivateKey(oddRSA(t, bits)); err == nil || err.Error() != want {
			t.Errorf("%d bits: %v", bits, err)
		}
	}
}
