package secret

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
)

// The binary form of a sealed blob, version 1:
//
//	octets  what
//	1       version, 1
//	8       id of the master key
//	60      data key, sealed with the master key: nonce 12, key 32, tag 16
//	12+n+16 plain text, sealed with the data key: nonce, text, tag
//
// Both seals are AES-256-GCM (NIST SP 800-38D) with random nonces, and have the first nine octets and the record's
// id as associated data.
//
// A random data key for each blob, rather than one derived from the master key, because a change of the master key
// then seals 32 octets anew and leaves the text alone; and because each data key seals one text, so that nonces of
// texts can't collide. The master key itself seals one data key a blob: SP 800-38D §8.3 allows 2^32 of them.
const (
	sealVersion = 1
	idSize      = 8
	headSize    = 1 + idSize
	keySize     = 32
	sealOver    = 12 + 16 // nonce and tag
	wrapSize    = keySize + sealOver
	minBlob     = headSize + wrapSize + sealOver
)

// ErrSealed is a blob that does not open: not a blob, altered, cut, or of another record.
var ErrSealed = errors.New("sealed value does not open: it was altered, or belongs to another record")

// Keyring seals bytes at rest with AES-256-GCM under a data key that the master key wraps. Each blob names the id of
// its master key, and is bound to the record it belongs to by associated data, so that a blob can't be moved.
// It is safe for use by several goroutines, and does not print its key.
type Keyring struct {
	id     [idSize]byte
	master cipher.AEAD
}

// NewKeyring makes a keyring of a master key of exactly 32 octets, which should be random.
func NewKeyring(master []byte) (*Keyring, error) {
	if len(master) != keySize {
		return nil, fmt.Errorf("a master key has %d octets, this one has %d", keySize, len(master))
	}
	fingerprint, err := hkdf.Key(sha256.New, master, nil, "deputy master key id", idSize)
	if err != nil {
		return nil, fmt.Errorf("fingerprint the master key: %w", err)
	}
	sealer, err := newSealer(master)
	if err != nil {
		return nil, err
	}
	return &Keyring{id: [idSize]byte(fingerprint), master: sealer}, nil
}

// ID is the master key's fingerprint, 16 hexadecimal digits. It is no secret: the key can't be told from it.
func (k *Keyring) ID() string { return hex.EncodeToString(k.id[:]) }

// Format writes the key's id whatever the verb.
func (k *Keyring) Format(f fmt.State, _ rune) { fmt.Fprintf(f, "[master key %s]", k.ID()) }

// Seal seals plain for record, a text that names one value and no other, as "accounts/1/key" does.
func (k *Keyring) Seal(plain []byte, record string) ([]byte, error) {
	head := append([]byte{sealVersion}, k.id[:]...)
	bound := bind(head, record)
	data := make([]byte, keySize)
	rand.Read(data) // never fails: crypto/rand ends the program instead
	sealer, err := newSealer(data)
	if err != nil {
		return nil, err
	}
	blob := k.master.Seal(head, nil, data, bound)
	return sealer.Seal(blob, nil, plain, bound), nil
}

// Open opens what Seal made for the same record. Errors: *WrongKeyError when another master key sealed it, which is
// what the blob says and nobody has proved; ErrSealed for all else.
func (k *Keyring) Open(blob []byte, record string) ([]byte, error) {
	if len(blob) < minBlob || blob[0] != sealVersion {
		return nil, fmt.Errorf("open %s: %w", record, ErrSealed)
	}
	head, rest := blob[:headSize], blob[headSize:]
	if !bytes.Equal(head[1:], k.id[:]) {
		return nil, &WrongKeyError{Record: record, Sealed: hex.EncodeToString(head[1:]), Given: k.ID()}
	}
	bound := bind(head, record)
	data, err := k.master.Open(nil, nil, rest[:wrapSize], bound)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", record, ErrSealed)
	}
	sealer, err := newSealer(data)
	if err != nil {
		return nil, err
	}
	plain, err := sealer.Open(nil, nil, rest[wrapSize:], bound)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", record, ErrSealed)
	}
	return plain, nil
}

// bind is the associated data: the head has one length, so head and record can't be split in two ways.
func bind(head []byte, record string) []byte {
	return append(bytes.Clone(head), record...)
}

func newSealer(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("prepare AES: %w", err)
	}
	sealer, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("prepare GCM: %w", err)
	}
	return sealer, nil
}

// WrongKeyError says that a value was sealed with another master key than the one given.
type WrongKeyError struct {
	Record string // what was to be opened
	Sealed string // id of the key that sealed it
	Given  string // id of the key at hand
}

func (e *WrongKeyError) Error() string {
	return fmt.Sprintf("open %s: it was sealed with master key %s, and the key at hand is %s", e.Record, e.Sealed, e.Given)
}
