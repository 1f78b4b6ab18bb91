package secret

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"deputy/fault"
)

// KeyFile is the name of the file in the state directory that holds the master key.
const KeyFile = "master.key"

// CredentialName is the systemd credential that holds the master key (systemd.exec(5), LoadCredential=).
const CredentialName = "deputy-master-key"

// maxKeyFile bounds what is read of a file said to hold a key: 64 hexadecimal digits and some white space.
const maxKeyFile = 1024

// KeySource says where the master key may be. The first of these that is given is used, and the others not read:
// DEPUTY_MASTER_KEY, the file DEPUTY_MASTER_KEY_FILE, the systemd credential, the file master.key in Dir.
type KeySource struct {
	Dir    string                   // the state directory
	Getenv func(name string) string // of the environment; nil for none
	Create bool                     // the state is new: make master.key if no key is given and none is there
}

// OpenKeyring finds the master key and makes the keyring of it. A key is 32 octets, written in base64 or as
// hexadecimal digits. A file that others can read is refused: 0600 for master.key; a key file named in the
// environment may be readable by a group, since container platforms mount secrets that way; a systemd credential is
// shown with the mask of its access list, so its mode says nothing and isn't looked at. Fault: StateKey.
func OpenKeyring(s KeySource) (*Keyring, error) {
	getenv := s.Getenv
	if getenv == nil {
		getenv = func(string) string { return "" }
	}
	if text := getenv("DEPUTY_MASTER_KEY"); text != "" {
		return parseKey(text, "DEPUTY_MASTER_KEY")
	}
	if path := getenv("DEPUTY_MASTER_KEY_FILE"); path != "" {
		return readKey(path, 0o007)
	}
	if dir := getenv("CREDENTIALS_DIRECTORY"); dir != "" {
		k, err := readKey(filepath.Join(dir, CredentialName), 0)
		if !errors.Is(err, fs.ErrNotExist) {
			return k, err
		}
	}
	path := filepath.Join(s.Dir, KeyFile)
	if s.Create {
		if err := createKey(path); err != nil {
			return nil, err
		}
	}
	return readKey(path, 0o077)
}

// readKey reads a key file, and refuses it when its mode has a bit of forbidden.
func readKey(path string, forbidden fs.FileMode) (*Keyring, error) {
	text, mode, err := readBounded(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, keyFault(path, "there is no such file", "restore the file from a backup; without it, what is sealed in the state is lost", err)
	}
	if err != nil {
		return nil, keyFault(path, err.Error(), "make the file readable for the user deputy runs as", err)
	}
	if runtime.GOOS != "windows" && mode&forbidden != 0 { // Windows has no such bits: Go makes them up
		return nil, keyFault(path, fmt.Sprintf("its mode is %04o, so other users can read it", mode), "chmod 600 "+path, nil)
	}
	return parseKey(text, path)
}

func readBounded(path string) (text string, mode fs.FileMode, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", 0, err
	}
	if !info.Mode().IsRegular() {
		return "", 0, errors.New("it is not a regular file")
	}
	if info.Size() > maxKeyFile {
		return "", 0, fmt.Errorf("it has %d octets, which is too long for a key", info.Size())
	}
	content, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return "", 0, err
	}
	return string(content), info.Mode().Perm(), nil
}

// createKey makes path with a random key in it, if there is no such file. The key is written beside it and linked
// into place, so that a second process that starts at the same time finds a whole key or none, and the first wins.
func createKey(path string) error {
	const advice = "make the state directory writable for the user deputy runs as, on a local file system"
	if _, err := os.Lstat(path); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return keyFault(path, err.Error(), advice, err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+KeyFile+"-*") // O_EXCL and 0600
	if err != nil {
		return keyFault(path, err.Error(), advice, err)
	}
	defer os.Remove(f.Name())
	key := make([]byte, keySize)
	rand.Read(key)
	_, err = f.WriteString(base64.StdEncoding.EncodeToString(key) + "\n")
	err = errors.Join(err, f.Chmod(0o600), f.Sync(), f.Close())
	if err == nil {
		err = os.Link(f.Name(), path)
	}
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err == nil {
		err = syncDirectory(filepath.Dir(path))
	}
	if err != nil {
		return keyFault(path, err.Error(), advice, err)
	}
	return nil
}

// syncDirectory makes the names in a directory last: a database sealed with a key whose name was lost is lost too.
func syncDirectory(path string) error {
	if runtime.GOOS == "windows" { // which has no such call, and writes names through
		return nil
	}
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// parseKey reads the text of a key, which it never shows.
func parseKey(text, origin string) (*Keyring, error) {
	text = strings.TrimSpace(text)
	key, err := hex.DecodeString(text)
	if err != nil || len(key) != keySize {
		plain := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
		key, err = base64.RawStdEncoding.DecodeString(plain)
	}
	if err != nil || len(key) != keySize {
		return nil, keyFault(origin, fmt.Sprintf("it is not %d octets in base64 or hexadecimal digits", keySize),
			"give the key as deputy wrote it; for a new installation make one with: openssl rand -base64 32", nil)
	}
	return NewKeyring(key)
}

func keyFault(origin, seen, do string, err error) error {
	return &fault.Fault{
		Code:  fault.StateKey,
		Tried: "read the master key from " + origin,
		Seen:  seen,
		Do:    do,
		Who:   fault.Admin,
		Err:   err,
	}
}
