package secret

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func testKeyring(t testing.TB, fill byte) *Keyring {
	t.Helper()
	k, err := NewKeyring(bytes.Repeat([]byte{fill}, keySize))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Property: what was sealed for a record opens for that record, to the octet, and for no other.
func TestSealOpen(t *testing.T) {
	t.Parallel()
	k := testKeyring(t, 1)
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		own := rapid.String().Draw(t, "record")
		other := rapid.String().Filter(func(s string) bool { return s != own }).Draw(t, "other")
		blob, err := k.Seal(plain, own)
		if err != nil {
			t.Fatal(err)
		}
		got, err := k.Open(blob, own)
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("got %q, %v", got, err)
		}
		if _, err := k.Open(blob, other); !errors.Is(err, ErrSealed) {
			t.Fatalf("opened for %q too: %v", other, err)
		}
	})
}

// A blob names its version and its key, does not hold the plain text, and is another each time.
func TestBlobFormat(t *testing.T) {
	t.Parallel()
	k := testKeyring(t, 1)
	plain := []byte("a text that would be seen")
	one, err := k.Seal(plain, "accounts/1/key")
	if err != nil {
		t.Fatal(err)
	}
	two, err := k.Seal(plain, "accounts/1/key")
	if err != nil {
		t.Fatal(err)
	}
	if one[0] != 1 || fmt.Sprintf("%x", one[1:9]) != k.ID() {
		t.Errorf("the head is %x, and the key's id %s", one[:9], k.ID())
	}
	if len(one) != minBlob+len(plain) {
		t.Errorf("%d octets became %d", len(plain), len(one))
	}
	if bytes.Contains(one, plain) || bytes.Equal(one[headSize:headSize+12], two[headSize:headSize+12]) || bytes.Equal(one[headSize+wrapSize:], two[headSize+wrapSize:]) {
		t.Error("the plain text or a nonce is seen twice")
	}
}

// Every single bit of a blob counts, and so does its length.
func TestTampering(t *testing.T) {
	t.Parallel()
	k := testKeyring(t, 1)
	blob, err := k.Seal([]byte("text"), "r")
	if err != nil {
		t.Fatal(err)
	}
	for i := range len(blob) * 8 {
		bad := bytes.Clone(blob)
		bad[i/8] ^= 1 << (i % 8)
		if got, err := k.Open(bad, "r"); err == nil {
			t.Errorf("with bit %d turned it opens to %q", i, got)
		}
	}
	for n := range len(blob) {
		if _, err := k.Open(blob[:n], "r"); !errors.Is(err, ErrSealed) {
			t.Errorf("cut to %d octets: %v", n, err)
		}
	}
	if _, err := k.Open(append(bytes.Clone(blob), 0), "r"); !errors.Is(err, ErrSealed) {
		t.Errorf("with an octet more: %v", err)
	}
}

// Halves of two blobs of one key and one record make no third.
func TestSplicing(t *testing.T) {
	t.Parallel()
	k := testKeyring(t, 1)
	one, err1 := k.Seal([]byte("one"), "r")
	two, err2 := k.Seal([]byte("two"), "r")
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	spliced := append(bytes.Clone(one[:headSize+wrapSize]), two[headSize+wrapSize:]...)
	if _, err := k.Open(spliced, "r"); !errors.Is(err, ErrSealed) {
		t.Errorf("spliced: %v", err)
	}
}

func TestWrongKeyNamesBoth(t *testing.T) {
	t.Parallel()
	right, other := testKeyring(t, 1), testKeyring(t, 2)
	blob, err := right.Seal([]byte("text"), "accounts/1/key")
	if err != nil {
		t.Fatal(err)
	}
	_, err = other.Open(blob, "accounts/1/key")
	var wrong *WrongKeyError
	if !errors.As(err, &wrong) || wrong.Sealed != right.ID() || wrong.Given != other.ID() {
		t.Fatalf("got %v", err)
	}
	for _, part := range []string{"accounts/1/key", right.ID(), other.ID()} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not name %s", err, part)
		}
	}
}

func TestKeyringNeverPrints(t *testing.T) {
	t.Parallel()
	key := "0123456789abcdefghijklmnopqrstuv"
	k, err := NewKeyring([]byte(key))
	if err != nil {
		t.Fatal(err)
	}
	r := NewRedactor(New(key))
	for _, verb := range strings.Split("v +v #v s q x X d w p", " ") {
		for _, holder := range []any{k, *k, struct{ Keys *Keyring }{k}, struct{ Keys Keyring }{*k}} {
			printed := fmt.Sprintf("%"+verb, holder)
			if r.Find(printed) || strings.Contains(printed, "48 49 50 51") {
				t.Errorf("%%%s prints %q", verb, printed)
			}
		}
	}
}

func TestKeySize(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 16, 31, 33, 64} {
		if _, err := NewKeyring(make([]byte, n)); err == nil {
			t.Errorf("a key of %d octets is taken", n)
		}
	}
}

// Property: Open never panics, and what opens is the one text that was sealed, for its one record. (Each of the
// fuzzer's processes seals it anew, with other nonces, so that the blob is not compared.)
func FuzzOpen(f *testing.F) {
	k := testKeyring(f, 1)
	good, err := k.Seal([]byte("text"), "r")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good, "r")
	f.Add(good, "s")
	f.Add(good[:headSize], "r")
	f.Add([]byte{}, "")
	f.Fuzz(func(t *testing.T, blob []byte, record string) {
		plain, err := k.Open(blob, record)
		if err == nil && (record != "r" || string(plain) != "text") {
			t.Errorf("%x opened for %q", blob, record)
		}
	})
}
