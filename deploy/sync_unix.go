//go:build unix

package deploy

import (
	"errors"
	"os"
)

// syncFolder writes a folder's entries to the disk: without it a file can be gone after a power failure although its
// content was synced (fsync(2)).
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
