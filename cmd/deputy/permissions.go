package main

import (
	"fmt"
	"io/fs"
	"runtime"

	"deputy/fault"
)

// othersCanRead says whether a file's mode lets anybody but its owner and its group read it. Windows has other means.
func othersCanRead(info fs.FileInfo) bool {
	return runtime.GOOS != "windows" && info.Mode().IsRegular() && info.Mode().Perm()&0o004 != 0
}

func secretOpen(path string, mode fs.FileMode) *fault.Fault {
	return &fault.Fault{
		Code: fault.SecretOpen, Tried: "read the secret in " + path,
		Seen: fmt.Sprintf("everybody on this machine can read it (mode %#o)", mode.Perm()),
		Do:   "chmod 600 " + path + ", and take a new secret if this one may have been seen", Who: fault.Admin,
	}
}
