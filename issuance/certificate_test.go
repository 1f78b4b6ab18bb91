package issuance

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"

	"deputy/ca"
	"deputy/fault"
	"deputy/name"
	"deputy/secret"
)

// maker makes chains: a root and leaves below it.
type maker struct {
	t    testing.TB
	root *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newMaker(t testing.TB) *maker {
	t.Helper()
	m := &maker{t: t, key: newKey(t)}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test root"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, m.key.Public(), m.key)
	if err != nil {
		t.Fatal(err)
	}
	if m.root, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return m
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// leaf signs a certificate for key and names, valid in a window around now.
func (m *maker) leaf(key crypto.Signer, from, to time.Duration, names ...string) []byte {
	m.t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), DNSNames: names, NotBefore: time.Now().Add(from), NotAfter: time.Now().Add(to),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, m.root, key.Public(), m.key)
	if err != nil {
		m.t.Fatal(err)
	}
	return der
}

func chainOf(certificates ...[]byte) []byte {
	var text []byte
	for _, der := range certificates {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	return text
}

func sealed(t testing.TB, key crypto.Signer) secret.Value {
	t.Helper()
	text, err := ca.MarshalKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestVerify: what may replace a certificate, and each reason why something may not.
func TestVerify(t *testing.T) {
	t.Parallel()
	m, stranger := newMaker(t), newMaker(t)
	key := newKey(t)
	good := m.leaf(key, -time.Hour, time.Hour, "martdj.nl", "*.martdj.nl")
	many := make([][]byte, maxChain+1)
	for n := range many {
		many[n] = m.root.Raw
	}
	for _, c := range []struct {
		name  string
		chain []byte
		seen  string
	}{
		{"good", chainOf(good, m.root.Raw), ""},
		{"leaf alone", chainOf(good), ""},
		{"upper case name", chainOf(m.leaf(key, -time.Hour, time.Hour, "MARTDJ.nl", "*.martdj.NL"), m.root.Raw), ""},
		{"other key", chainOf(m.leaf(newKey(t), -time.Hour, time.Hour, "martdj.nl", "*.martdj.nl"), m.root.Raw), "another key"},
		{"missing name", chainOf(m.leaf(key, -time.Hour, time.Hour, "martdj.nl"), m.root.Raw), "lacks the name *.martdj.nl"},
		{"expired", chainOf(m.leaf(key, -2*time.Hour, -time.Hour, "martdj.nl", "*.martdj.nl"), m.root.Raw), "and now is"},
		{"not yet valid", chainOf(m.leaf(key, time.Hour, 2*time.Hour, "martdj.nl", "*.martdj.nl"), m.root.Raw), "and now is"},
		{"a clock a little behind", chainOf(m.leaf(key, time.Minute, time.Hour, "martdj.nl", "*.martdj.nl"), m.root.Raw), ""},
		{"signed by another", chainOf(good, stranger.root.Raw), "not signed by the next"},
		{"empty", nil, "no certificate"},
		{"a key in it", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte{1}}), "PEM block"},
		{"garbage", chainOf([]byte("garbage")), "does not parse"},
		{"a tail that is cut off", append(chainOf(good), chainOf(m.root.Raw)[:200]...), "after certificate 1"},
		{"a page after it", append(chainOf(good), "<html>error"...), "after certificate 1"},
		{"a block that is no base64", append(append(chainOf(good), "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n"...), chainOf(m.root.Raw)...), "3 PEM blocks, and 2"},
		{"headers", bytes.Replace(chainOf(good), []byte("-----\n"), []byte("-----\nProc-Type: 4,ENCRYPTED\n\n"), 1), "no plain certificate"},
		{"too many", chainOf(many...), "more than"},
	} {
		certs, err := Verify(c.chain, sealed(t, key), namesOf(t, "martdj.nl", "*.martdj.nl"), time.Now())
		if c.seen == "" {
			if err != nil || len(certs) == 0 {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		f, ok := fault.From(err)
		if !ok || f.Code != fault.BadCertificate || !strings.Contains(f.Seen, c.seen) {
			t.Errorf("%s: %v; want a bad-certificate with %q", c.name, err, c.seen)
		}
	}
}

func namesOf(t testing.TB, texts ...string) []name.Name {
	t.Helper()
	var names []name.Name
	for _, text := range texts {
		n, err := name.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, n)
	}
	return names
}

// TestRequestFor: the CSR holds the names, is signed by the key, and names nobody in its subject.
func TestRequestFor(t *testing.T) {
	t.Parallel()
	for _, keyType := range []string{"ec256", "ec384", "rsa2048"} {
		key, err := ca.NewKey(keyType)
		if err != nil {
			t.Fatal(err)
		}
		der, err := requestFor(sealed(t, key), namesOf(t, "martdj.nl", "*.martdj.nl"))
		if err != nil {
			t.Fatal(err)
		}
		csr, err := x509.ParseCertificateRequest(der)
		if err != nil || csr.CheckSignature() != nil || len(csr.Subject.Names) != 0 || strings.Join(csr.DNSNames, " ") != "martdj.nl *.martdj.nl" {
			t.Errorf("%s: %v %v %v", keyType, err, csr.Subject, csr.DNSNames)
		}
		if !keyIs(sealed(t, key), keyType) || keyIs(sealed(t, key), "ec521") {
			t.Errorf("%s is not known again", keyType)
		}
	}
}

func TestHostsOf(t *testing.T) {
	t.Parallel()
	hosts := name.Hosts(namesOf(t, "*.martdj.nl", "martdj.nl", "demohub.martdj.nl", "*.demohub.martdj.nl"))
	if len(hosts) != 2 || hosts[0].String() != "martdj.nl" || hosts[1].String() != "demohub.martdj.nl" {
		t.Errorf("hosts: %v", hosts)
	}
}

// FuzzVerify: whatever a CA sends, there is no panic, and only a chain of our key passes.
func FuzzVerify(f *testing.F) {
	m := newMaker(f)
	key := newKey(f)
	ours := m.leaf(key, -time.Hour, time.Hour, "martdj.nl")
	f.Add(chainOf(ours, m.root.Raw))
	f.Add(chainOf(m.root.Raw))
	f.Add([]byte("-----BEGIN CERTIFICATE-----\n"))
	stored, names := sealed(f, key), namesOf(f, "martdj.nl")
	f.Fuzz(func(t *testing.T, chain []byte) {
		certs, err := Verify(chain, stored, names, time.Now())
		if err == nil && !equalKey(certs[0].PublicKey, key.Public()) {
			t.Error("another key's certificate passed")
		}
	})
}
