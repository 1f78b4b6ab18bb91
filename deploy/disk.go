package deploy

import (
	"errors"
	"os"
	"path/filepath"
)

// disk is what has to happen on the disk for a version to be whole or not there. Tests make it fail.
type disk interface {
	// Write makes a new file with that content and mode, and returns when it is on the disk.
	Write(path string, content []byte, mode os.FileMode) error
	// Sync returns when a folder's entries are on the disk.
	Sync(folder string) error
	// Swap makes link lead to target in one step, whether it was there or not.
	Swap(target, link string) error
}

// system is the operating system's disk.
type system struct{}

// Write refuses a file that is there: a version folder is new, and what is in it was not there before.
func (system) Write(path string, content []byte, mode os.FileMode) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err == nil {
		err = file.Chmod(mode) // the umask may have taken too much
	}
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

func (system) Sync(folder string) error { return syncFolder(folder) }

// Swap renames a new link over the old one: rename(2) replaces in one step, while a link can't be changed in place.
// The new link lies among the versions, from where a later Write would remove it if this process died here.
func (system) Swap(target, link string) error {
	if info, err := os.Lstat(link); err == nil && info.Mode()&os.ModeSymlink == 0 {
		return errNotOurs
	}
	next := filepath.Join(filepath.Dir(link), filepath.Dir(target), ".next")
	if err := os.Remove(next); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.Symlink(target, next); err != nil {
		return errors.Join(errNoLink, err)
	}
	if err := os.Rename(next, link); err != nil {
		return errors.Join(err, os.Remove(next))
	}
	return nil
}
