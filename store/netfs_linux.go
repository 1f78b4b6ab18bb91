package store

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// checkLocal refuses directories on file systems that lie on another machine: SQLite's write-ahead log needs memory
// shared by all that have the file open, and locks over a network lose data silently (SQLite, Write-Ahead Logging, §1).
func checkLocal(dir string) error {
	var info unix.Statfs_t
	if err := unix.Statfs(dir, &info); err != nil {
		return fileFault(dir, err.Error(), "make the state directory readable for the user deputy runs as", err)
	}
	if kind := networkFileSystem(int64(info.Type)); kind != "" {
		return fileFault(dir, fmt.Sprintf("it lies on a network file system (%s), where a database is not safe", kind),
			"give a state directory on a local disk with --state", nil)
	}
	return nil
}

// networkFileSystem names the network file system of a magic number (statfs(2)); "" for all others. FUSE is among
// the others, since local and remote ones can't be told apart.
func networkFileSystem(magic int64) string {
	switch uint32(magic) {
	case unix.NFS_SUPER_MAGIC:
		return "NFS"
	case unix.SMB_SUPER_MAGIC, unix.CIFS_SUPER_MAGIC, unix.SMB2_SUPER_MAGIC:
		return "SMB"
	case unix.AFS_SUPER_MAGIC, unix.AFS_FS_MAGIC:
		return "AFS"
	case unix.CODA_SUPER_MAGIC:
		return "Coda"
	case unix.CEPH_SUPER_MAGIC:
		return "Ceph"
	case unix.NCP_SUPER_MAGIC:
		return "NCP"
	case unix.V9FS_MAGIC:
		return "9P"
	}
	return ""
}
