// Package deploy writes a certificate to where it is used: the folder of its files, swapped as a whole, and hooks.
//
// It chooses nothing and fetches nothing; what it is given has been verified.
package deploy

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"

	"deputy/store"
)

// The files of a certificate, by the names that certbot gave them and servers' manuals know.
const (
	certFile      = "cert.pem"      // the certificate alone
	chainFile     = "chain.pem"     // what signed it; empty for a certificate without intermediates
	fullchainFile = "fullchain.pem" // both, leaf first
	keyFile       = "privkey.pem"   // PKCS #8
)

// versionsFolder lies in certificates/ and holds NAME/VERSION-RANDOM. Its name begins with a dot, so that it is no
// certificate's.
const versionsFolder = ".versions"

// Files is the folder that holds certificates/.
type Files struct {
	Dir string

	disk disk // nil: the operating system's
}

// Write puts cert.pem, chain.pem, fullchain.pem and privkey.pem (0600) of c's current version into a new version
// folder, syncs it, and swaps certificates/NAME to it in one rename. It returns the absolute path of certificates/NAME.
//
// Who opens certificates/NAME once, as a folder, and reads both files there, always has a pair that fits; who opens
// two files by their paths can meet the swap in between and has to read again. So the version before stays, and all
// that are older, or were left by a crash, are removed. On error the old version stays in use and no other is left; only
// when tidying up fails is the new one in use already. One process at a time may write a NAME: issuance claims it.
func (f Files) Write(ctx context.Context, c store.Certificate) (string, error) {
	p, err := f.place(c.Name)
	if err != nil {
		return "", err
	}
	contents, err := contentsOf(c)
	if err != nil {
		return "", err
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	version, err := f.writeVersion(p, c.Version, contents)
	if err != nil {
		return "", p.unwritten(err)
	}
	before := p.current()
	if err := f.on().Swap(p.target(version), p.link); err != nil {
		return "", p.unwritten(errors.Join(err, os.RemoveAll(version)))
	}
	if err := errors.Join(f.on().Sync(p.certificates), p.removeBut(version, before)); err != nil {
		return "", p.failed("tidy up after writing", err)
	}
	return p.link, nil
}

// Remove takes NAME and its versions away. It is no error if they are gone already.
func (f Files) Remove(ctx context.Context, name string) error {
	p, err := f.place(name)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if info, err := os.Lstat(p.link); err == nil && info.Mode()&os.ModeSymlink == 0 {
		return p.failed("remove", errNotOurs)
	}
	if err := os.Remove(p.link); err != nil && !errors.Is(err, os.ErrNotExist) {
		return p.failed("remove", err)
	}
	if err := os.RemoveAll(p.versions); err != nil {
		return p.failed("remove", err)
	}
	return nil
}

func (f Files) on() disk {
	if f.disk == nil {
		return system{}
	}
	return f.disk
}

// place is where the files of one certificate are.
type place struct {
	name         string
	certificates string // DIR/certificates
	versions     string // DIR/certificates/.versions/NAME
	link         string // DIR/certificates/NAME
}

// CheckName says whether a certificate may have that name: it is the name of a folder on every system, so it is made of
// letters, digits, dots, dashes and underscores, at most 255 of them, and begins with none but a letter, digit or
// underscore. Anything else is a fault (BadSettings).
func CheckName(name string) error {
	if !certificateName.MatchString(name) {
		return badName(name)
	}
	return nil
}

var certificateName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,254}$`)

func (f Files) place(name string) (place, error) {
	dir, err := filepath.Abs(f.Dir)
	if err != nil {
		return place{}, fmt.Errorf("find the state directory %s: %w", f.Dir, err)
	}
	if err := CheckName(name); err != nil {
		return place{}, err
	}
	certificates := filepath.Join(dir, "certificates")
	return place{
		name:         name,
		certificates: certificates,
		versions:     filepath.Join(certificates, versionsFolder, name),
		link:         filepath.Join(certificates, name),
	}, nil
}

// target is what the link says: relative, so that the state directory can be moved or restored elsewhere.
func (p place) target(version string) string {
	return filepath.Join(versionsFolder, p.name, filepath.Base(version))
}

// current is the version folder that the link leads to; "" if there is none.
func (p place) current() string {
	target, err := os.Readlink(p.link)
	if err != nil {
		return ""
	}
	return filepath.Join(p.versions, filepath.Base(target))
}

// removeBut removes every version but those two, and links that a crash left half-way.
func (p place) removeBut(now, before string) error {
	entries, err := os.ReadDir(p.versions)
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := filepath.Join(p.versions, e.Name())
		if path != now && path != before {
			err = errors.Join(err, os.RemoveAll(path))
		}
	}
	return err
}

// writeVersion makes a new version folder with everything in it, safe on disk. On error there is none.
func (f Files) writeVersion(p place, number int64, contents map[string][]byte) (string, error) {
	// Certificates are public, and servers read them under users of their own; the key's file is closed by its own mode.
	if err := os.MkdirAll(p.versions, 0o755); err != nil {
		return "", err
	}
	version, err := os.MkdirTemp(p.versions, fmt.Sprintf("%d-", number))
	if err != nil {
		return "", err
	}
	if err := f.fill(p, version, contents); err != nil {
		return "", errors.Join(err, os.RemoveAll(version))
	}
	return version, nil
}

// fill writes the files and then the folders that lead to them, from below.
func (f Files) fill(p place, version string, contents map[string][]byte) error {
	for _, file := range []string{certFile, chainFile, fullchainFile, keyFile} {
		mode := os.FileMode(0o644)
		if file == keyFile {
			mode = 0o600
		}
		if err := f.on().Write(filepath.Join(version, file), contents[file], mode); err != nil {
			return err
		}
	}
	if err := os.Chmod(version, 0o755); err != nil {
		return err
	}
	for _, folder := range []string{version, p.versions, filepath.Dir(p.versions), p.certificates, filepath.Dir(p.certificates)} {
		if err := f.on().Sync(folder); err != nil {
			return err
		}
	}
	return nil
}

// contentsOf splits a certificate into its files. A Version 0 has none yet.
func contentsOf(c store.Certificate) (map[string][]byte, error) {
	leaf, rest := pem.Decode(c.Chain)
	if leaf == nil || c.Key.IsZero() {
		return nil, fmt.Errorf("write the files of %s: it has no certificate or no key yet", c.Name)
	}
	return map[string][]byte{
		certFile:      pem.EncodeToMemory(leaf),
		chainFile:     bytes.TrimLeft(rest, "\r\n"),
		fullchainFile: c.Chain,
		keyFile:       []byte(c.Key.Reveal()),
	}, nil
}
