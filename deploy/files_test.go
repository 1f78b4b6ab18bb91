package deploy

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"deputy/fault"
	"deputy/name"
	"deputy/secret"
	"deputy/store"
)

// certificate makes a version of www.example.org with a key of its own and an "intermediate" behind it.
func certificate(t *testing.T, version int64) store.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(version), Subject: pkix.Name{CommonName: "www.example.org"}, DNSNames: []string{"www.example.org"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return store.Certificate{
		Name: "www.example.org", Names: []name.Name{name.MustParseOwner("www.example.org"), name.MustParseOwner("*.example.org")},
		Version: version, Chain: slices.Concat(block, block),
		Key: secret.New(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}))),
	}
}

func write(t *testing.T, f Files, c store.Certificate) string {
	t.Helper()
	path, err := f.Write(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWrite(t *testing.T) {
	t.Parallel()
	f := Files{Dir: t.TempDir()}
	c := certificate(t, 7)
	path := write(t, f, c)
	if path != filepath.Join(f.Dir, "certificates", "www.example.org") {
		t.Errorf("path = %s", path)
	}
	half := c.Chain[:len(c.Chain)/2]
	for _, want := range []struct {
		file    string
		content []byte
		mode    os.FileMode
	}{
		{"cert.pem", half, 0o644},
		{"chain.pem", half, 0o644},
		{"fullchain.pem", c.Chain, 0o644},
		{"privkey.pem", []byte(c.Key.Reveal()), 0o600},
	} {
		content, err := os.ReadFile(filepath.Join(path, want.file))
		if err != nil || !bytes.Equal(content, want.content) {
			t.Errorf("%s holds %q, %v", want.file, content, err)
		}
		info, err := os.Stat(filepath.Join(path, want.file))
		if err != nil || info.Mode().Perm() != want.mode {
			t.Errorf("%s has mode %v, %v", want.file, info.Mode(), err)
		}
	}
	target, err := os.Readlink(path)
	if err != nil || !strings.HasPrefix(target, filepath.Join(".versions", "www.example.org", "7-")) {
		t.Errorf("the link leads to %q, %v", target, err)
	}
}

// A state directory that was moved, as a restored backup is, still works: links are relative.
func TestWriteMoves(t *testing.T) {
	t.Parallel()
	f := Files{Dir: filepath.Join(t.TempDir(), "before")}
	write(t, f, certificate(t, 1))
	moved := Files{Dir: filepath.Join(filepath.Dir(f.Dir), "after")}
	if err := os.Rename(f.Dir, moved.Dir); err != nil {
		t.Fatal(err)
	}
	readPair(t, filepath.Join(moved.Dir, "certificates", "www.example.org"))
	write(t, moved, certificate(t, 2))
}

// The version before stays, for who is reading it; older ones, and what a crash left, go.
func TestWriteRemovesOldVersions(t *testing.T) {
	t.Parallel()
	f := Files{Dir: t.TempDir()}
	versions := filepath.Join(f.Dir, "certificates", ".versions", "www.example.org")
	if err := os.MkdirAll(filepath.Join(versions, "1-crashed"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("nowhere", filepath.Join(versions, ".next")); err != nil {
		t.Fatal(err)
	}
	for version := range int64(5) {
		write(t, f, certificate(t, version+1))
	}
	if got := kept(t, f); !slices.Equal(got, []string{"4", "5"}) {
		t.Errorf("kept versions: %v, want 4 and 5", got)
	}
}

// kept lists the numbers of the version folders, and anything else that lies beside them.
func kept(t *testing.T, f Files) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(f.Dir, "certificates", ".versions", "www.example.org"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	var numbers []string
	for _, e := range entries {
		number, _, _ := strings.Cut(e.Name(), "-")
		numbers = append(numbers, number)
	}
	return numbers
}

// readPair loads certificate and key as a server does that opens the folder once; ok is false when the folder was
// replaced twice since it was opened.
func readPair(t *testing.T, path string) (serial int64, ok bool) {
	folder, err := os.OpenRoot(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, false
	}
	if err != nil {
		t.Error(err)
		return 0, false
	}
	defer folder.Close()
	chain, err := folder.ReadFile("fullchain.pem")
	key, keyErr := folder.ReadFile("privkey.pem")
	if err := errors.Join(err, keyErr); err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
		return 0, false
	}
	pair, err := tls.X509KeyPair(chain, key)
	if err != nil {
		t.Errorf("the pair does not fit: %v", err)
		return 0, false
	}
	return pair.Leaf.SerialNumber.Int64(), true
}

// Whoever reads while versions are swapped finds a pair that fits, and never an older one than before.
func TestReaderFindsPairs(t *testing.T) {
	t.Parallel()
	const swaps = 200
	f := Files{Dir: t.TempDir(), disk: unsynced{}}
	path := write(t, f, certificate(t, 1))
	done := make(chan struct{})
	stopped := make(chan int)
	go func() {
		reads, last := 0, int64(0)
		for {
			if serial, ok := readPair(t, path); ok {
				if serial < last {
					t.Errorf("version %d was read after version %d", serial, last)
				}
				last = serial
				reads++
			}
			select {
			case <-done:
				stopped <- reads
				return
			default:
			}
		}
	}()
	for version := int64(2); version <= swaps; version++ {
		write(t, f, certificate(t, version))
	}
	close(done)
	if reads := <-stopped; reads == 0 {
		t.Error("no pair was read at all")
	}
	if serial, ok := readPair(t, path); !ok || serial != swaps {
		t.Errorf("the last version is %d, want %d", serial, swaps)
	}
}

// unsynced is the system's disk without its slow half.
type unsynced struct{ system }

func (unsynced) Write(path string, content []byte, mode os.FileMode) error {
	return os.WriteFile(path, content, mode)
}

func (unsynced) Sync(string) error { return nil }

// failing is a disk whose step number fail fails; a failing Write has written half.
type failing struct {
	steps *int
	fail  int
	err   error
}

func (d failing) step() error {
	*d.steps++
	if *d.steps == d.fail {
		return d.err
	}
	return nil
}

func (d failing) Write(path string, content []byte, mode os.FileMode) error {
	if err := d.step(); err != nil {
		return errors.Join(err, os.WriteFile(path, content[:len(content)/2], mode))
	}
	return system{}.Write(path, content, mode)
}

func (d failing) Sync(folder string) error { return errors.Join(d.step(), system{}.Sync(folder)) }

func (d failing) Swap(target, link string) error {
	if err := d.step(); err != nil {
		return err
	}
	return system{}.Swap(target, link)
}

// Whichever step fails, the old version is in use and nothing else is left; the last step, which comes after the
// swap, leaves the new one.
func TestWriteFails(t *testing.T) {
	t.Parallel()
	steps := 0
	write(t, Files{Dir: t.TempDir(), disk: failing{steps: &steps}}, certificate(t, 1))
	if steps != 11 {
		t.Fatalf("a version takes %d steps, want 11: four files, five folders, swap, folder", steps)
	}
	for fail := 1; fail <= steps; fail++ {
		f := Files{Dir: t.TempDir()}
		path := write(t, f, certificate(t, 1))
		count := 0
		f.disk = failing{steps: &count, fail: fail, err: syscall.ENOSPC}
		_, err := f.Write(t.Context(), certificate(t, 2))
		wantFault(t, err, fault.StateFailed, "the disk is full")
		want := []string{"1"}
		if fail == steps {
			want = []string{"1", "2"}
		}
		if got := kept(t, f); !slices.Equal(got, want) {
			t.Errorf("step %d failed, and %v are left, want %v", fail, got, want)
		}
		if serial, ok := readPair(t, path); !ok || serial != int64(len(want)) {
			t.Errorf("step %d failed, and version %d is in use", fail, serial)
		}
	}
}

// The first version fails: there is no certificate afterwards, rather than half of one.
func TestFirstWriteFails(t *testing.T) {
	t.Parallel()
	for fail := 1; fail <= 10; fail++ {
		count := 0
		f := Files{Dir: t.TempDir(), disk: failing{steps: &count, fail: fail, err: syscall.EIO}}
		_, err := f.Write(t.Context(), certificate(t, 1))
		wantFault(t, err, fault.StateFailed, syscall.EIO.Error())
		if got := kept(t, f); len(got) > 0 {
			t.Errorf("step %d failed, and %v are left", fail, got)
		}
		if _, err := os.Lstat(filepath.Join(f.Dir, "certificates", "www.example.org")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("step %d failed, and there is a link: %v", fail, err)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	t.Parallel()
	f := Files{Dir: t.TempDir()}
	for _, bad := range []string{"", ".", "..", "../x", "a/b", `a\b`, ".versions", "C:x", "/etc"} {
		c := certificate(t, 1)
		c.Name = bad
		_, err := f.Write(t.Context(), c)
		wantFault(t, err, fault.BadSettings, "can't be the name of a folder")
		wantFault(t, f.Remove(t.Context(), bad), fault.BadSettings, "can't be the name of a folder")
	}
	if _, err := f.Write(t.Context(), store.Certificate{Name: "www.example.org"}); err == nil {
		t.Error("a certificate that is not there was written")
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := f.Write(ended, certificate(t, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end of ctx: %v", err)
	}
	if entries, err := os.ReadDir(f.Dir); err != nil || len(entries) > 0 {
		t.Errorf("what was refused left %v, %v", entries, err)
	}
}

// What somebody else put in the link's place is not ours to replace, nor to remove.
func TestForeignFolder(t *testing.T) {
	t.Parallel()
	f := Files{Dir: t.TempDir()}
	path := filepath.Join(f.Dir, "certificates", "www.example.org")
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := f.Write(t.Context(), certificate(t, 1))
	wantFault(t, err, fault.StateFailed, "which deputy did not make")
	wantFault(t, f.Remove(t.Context(), "www.example.org"), fault.StateFailed, "which deputy did not make")
	if info, err := os.Lstat(path); err != nil || !info.IsDir() {
		t.Errorf("the folder: %v, %v", info, err)
	}
	if got := kept(t, f); len(got) > 0 {
		t.Errorf("left: %v", got)
	}
}

// A system that makes no symbolic links, as Windows may be.
func TestNoLinks(t *testing.T) {
	t.Parallel()
	count := 0
	f := Files{Dir: t.TempDir(), disk: failing{steps: &count, fail: 10, err: errors.Join(errNoLink, errors.New("privilege not held"))}}
	_, err := f.Write(t.Context(), certificate(t, 1))
	wantFault(t, err, fault.StateFailed, "privilege not held")
	if found, _ := fault.From(err); !strings.Contains(found.Do, "symbolic links") {
		t.Errorf("do: %s", found.Do)
	}
}

func TestRemove(t *testing.T) {
	t.Parallel()
	f := Files{Dir: t.TempDir()}
	write(t, f, certificate(t, 1))
	other := certificate(t, 1)
	other.Name = "_wildcard.example.org"
	otherPath := write(t, f, other)
	for range 2 { // the second time there is nothing
		if err := f.Remove(t.Context(), "www.example.org"); err != nil {
			t.Fatal(err)
		}
	}
	if got := kept(t, f); len(got) > 0 {
		t.Errorf("left: %v", got)
	}
	if _, err := os.Lstat(filepath.Join(f.Dir, "certificates", "www.example.org")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the link: %v", err)
	}
	if _, ok := readPair(t, otherPath); !ok {
		t.Error("another certificate went with it")
	}
}

func wantFault(t *testing.T, err error, code fault.Code, seen string) {
	t.Helper()
	f, ok := fault.From(err)
	if !ok || f.Code != code || !strings.Contains(f.Seen, seen) {
		t.Fatalf("got %v, want %s with %q", err, code, seen)
	}
	if f.Tried == "" || f.Do == "" || f.Who == "" {
		t.Errorf("the fault says too little: %+v", f)
	}
}
