package secret

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"deputy/fault"
)

const keyText = "0123456789abcdefghijklmnopqrst?~" // its base64 has characters of both alphabets

// env is an environment of a test.
func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func writeKey(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // WriteFile's mode is subject to the umask
		t.Fatal(err)
	}
}

func wantFault(t *testing.T, err error, seen, do string) {
	t.Helper()
	f, ok := fault.From(err)
	if !ok || f.Code != fault.StateKey || !strings.Contains(f.Seen, seen) || !strings.Contains(f.Do, do) {
		t.Errorf("got %v, want a fault that saw %q and says %q", err, seen, do)
	}
}

func TestKeyForms(t *testing.T) {
	t.Parallel()
	want, err := NewKeyring([]byte(keyText))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		hex.EncodeToString([]byte(keyText)),
		strings.ToUpper(hex.EncodeToString([]byte(keyText))),
		base64.StdEncoding.EncodeToString([]byte(keyText)),
		base64.RawStdEncoding.EncodeToString([]byte(keyText)),
		base64.URLEncoding.EncodeToString([]byte(keyText)),
		" " + base64.RawURLEncoding.EncodeToString([]byte(keyText)) + "\n",
	} {
		k, err := OpenKeyring(KeySource{Dir: t.TempDir(), Getenv: env("DEPUTY_MASTER_KEY", text)})
		if err != nil || k.ID() != want.ID() {
			t.Errorf("%q: %v, %v", text, k, err)
		}
	}
}

func TestKeyRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"x", "not base64 at all, nor hex", hex.EncodeToString([]byte(keyText[1:])), base64.StdEncoding.EncodeToString([]byte(keyText + "x"))} {
		_, err := OpenKeyring(KeySource{Dir: t.TempDir(), Getenv: env("DEPUTY_MASTER_KEY", text)})
		wantFault(t, err, "not 32 octets", "openssl rand -base64 32")
		if strings.Contains(err.Error(), text) && len(text) > 1 {
			t.Errorf("the error shows the key: %v", err)
		}
	}
}

func TestKeyMadeForNewState(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	first, err := OpenKeyring(KeySource{Dir: dir, Create: true})
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, KeyFile))
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("its mode is %v", info.Mode())
	}
	for _, create := range []bool{true, false} {
		again, err := OpenKeyring(KeySource{Dir: dir, Create: create})
		if err != nil || again.ID() != first.ID() {
			t.Errorf("with Create %v: %v, %v, want key %s", create, again, err, first.ID())
		}
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("the directory holds %v, %v", left, err)
	}
}

// Processes that start at once agree on one key, and none of them reads half of it.
func TestKeyMadeOnce(t *testing.T) {
	t.Parallel()
	for range 20 {
		dir, start := t.TempDir(), make(chan struct{})
		ids := make([]string, 8)
		var all sync.WaitGroup
		for i := range ids {
			all.Go(func() {
				<-start
				k, err := OpenKeyring(KeySource{Dir: dir, Create: true})
				if err != nil {
					t.Error(err)
					return
				}
				ids[i] = k.ID()
			})
		}
		close(start)
		all.Wait()
		for _, id := range ids {
			if id != ids[0] {
				t.Fatalf("several keys: %v", ids)
			}
		}
	}
}

func TestKeyMissing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := OpenKeyring(KeySource{Dir: dir})
	wantFault(t, err, "no such file", "restore")
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the cause of %v is lost", err)
	}
	if _, err := os.Stat(filepath.Join(dir, KeyFile)); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a key was made for a state that is not new")
	}
}

func TestKeyFileModes(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	good := hex.EncodeToString([]byte(keyText))
	for _, test := range []struct {
		mode      fs.FileMode
		own, told bool // master.key is refused; a file named in the environment is
	}{{0o600, false, false}, {0o400, false, false}, {0o640, true, false}, {0o440, true, false}, {0o604, true, true}, {0o644, true, true}, {0o660, true, false}} {
		dir := t.TempDir()
		path := filepath.Join(dir, KeyFile)
		writeKey(t, path, good, test.mode)
		_, err := OpenKeyring(KeySource{Dir: dir, Create: true})
		if (err != nil) != test.own {
			t.Errorf("master.key with mode %04o: %v", test.mode, err)
		}
		if test.own {
			wantFault(t, err, "mode is 0", "chmod 600 "+path)
		}
		_, err = OpenKeyring(KeySource{Dir: t.TempDir(), Getenv: env("DEPUTY_MASTER_KEY_FILE", path)})
		if (err != nil) != test.told {
			t.Errorf("a named file with mode %04o: %v", test.mode, err)
		}
	}
}

func TestKeySources(t *testing.T) {
	t.Parallel()
	dir, credentials, elsewhere := t.TempDir(), t.TempDir(), filepath.Join(t.TempDir(), "key")
	keys := map[string]string{}
	for name, fill := range map[string]string{"own": "a", "systemd": "b", "file": "c", "environment": "d"} {
		keys[name] = hex.EncodeToString([]byte(strings.Repeat(fill, keySize)))
	}
	writeKey(t, filepath.Join(dir, KeyFile), keys["own"], 0o600)
	writeKey(t, filepath.Join(credentials, CredentialName), keys["systemd"], 0o440)
	writeKey(t, elsewhere, keys["file"], 0o600)
	tests := []struct {
		want string
		env  func(string) string
	}{
		{"own", nil},
		{"own", env("CREDENTIALS_DIRECTORY", t.TempDir())}, // a unit with other credentials
		{"systemd", env("CREDENTIALS_DIRECTORY", credentials)},
		{"file", env("CREDENTIALS_DIRECTORY", credentials, "DEPUTY_MASTER_KEY_FILE", elsewhere)},
		{"environment", env("CREDENTIALS_DIRECTORY", credentials, "DEPUTY_MASTER_KEY_FILE", elsewhere, "DEPUTY_MASTER_KEY", keys["environment"])},
	}
	for _, test := range tests {
		want, err := parseKey(keys[test.want], "test")
		if err != nil {
			t.Fatal(err)
		}
		if k, err := OpenKeyring(KeySource{Dir: dir, Getenv: test.env}); err != nil || k.ID() != want.ID() {
			t.Errorf("%s: got %v, %v", test.want, k, err)
		}
	}
}

// A key that was named and is not there is an error; no other key is made or taken in its place.
func TestNamedKeyMissing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := OpenKeyring(KeySource{Dir: dir, Create: true, Getenv: env("DEPUTY_MASTER_KEY_FILE", filepath.Join(dir, "gone"))})
	wantFault(t, err, "no such file", "restore")
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("the directory holds %v", left)
	}
}

func TestKeyFileIsNoKey(t *testing.T) {
	t.Parallel()
	for name, lay := range map[string]func(path string) error{
		"a regular file": func(path string) error { return os.Mkdir(path, 0o700) },
		"too long":       func(path string) error { return os.WriteFile(path, make([]byte, 1<<20), 0o600) },
		"not 32 octets":  func(path string) error { return os.WriteFile(path, nil, 0o600) },
	} {
		dir := t.TempDir()
		if err := lay(filepath.Join(dir, KeyFile)); err != nil {
			t.Fatal(err)
		}
		_, err := OpenKeyring(KeySource{Dir: dir, Create: true})
		wantFault(t, err, name, "")
	}
}

// Property: parseKey never panics, never shows what it was given, and reads the same key from a text with white space
// around it.
func FuzzParseKey(f *testing.F) {
	f.Add(hex.EncodeToString([]byte(keyText)))
	f.Add(base64.StdEncoding.EncodeToString([]byte(keyText)))
	f.Add(base64.RawURLEncoding.EncodeToString([]byte(keyText)))
	f.Add("a longer text that is no key")
	f.Fuzz(func(t *testing.T, text string) {
		k, err := parseKey(text, "test")
		if err != nil {
			if len(text) > 40 && strings.Contains(err.Error(), text) {
				t.Errorf("%v shows the text", err)
			}
			return
		}
		again, err := parseKey("\n "+text+"\t", "test")
		if err != nil || again.ID() != k.ID() {
			t.Errorf("%q with white space: %v, %v", text, again, err)
		}
	})
}
