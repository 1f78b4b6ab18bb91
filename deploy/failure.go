package deploy

import (
	"errors"
	"io/fs"
	"strings"
	"syscall"

	"deputy/fault"
)

// What stands in the way of a swap.
var (
	errNotOurs = errors.New("there is a file or folder of that name which deputy did not make")
	errNoLink  = errors.New("no symbolic link could be made")
)

// unwritten is failed for a version that did not come to be.
func (p place) unwritten(err error) error {
	f := p.failed("write", err)
	f.Do += "; the version in use was left alone"
	return f
}

// failed makes a fault of an error of the disk.
func (p place) failed(tried string, err error) *fault.Fault {
	f := &fault.Fault{
		Code: fault.StateFailed, Tried: tried + " the files of " + p.name + " in " + p.certificates, Who: fault.Admin, Err: err,
		Seen: strings.ReplaceAll(err.Error(), "\n", "; "),
		Do:   "mend that and run deputy renew " + p.name,
	}
	switch {
	case errors.Is(err, errNotOurs):
		f.Seen = errNotOurs.Error()
		f.Do = "move " + p.link + " away and run deputy renew " + p.name
	case errors.Is(err, errNoLink):
		f.Do = "allow deputy to make symbolic links there: another file system, or on Windows developer mode or the right to " +
			"create symbolic links; then run deputy renew " + p.name
	case errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT):
		f.Seen = "the disk is full, or the quota is used up"
		f.Do = "make room for " + p.certificates + " and run deputy renew " + p.name
	case errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS):
		f.Do = "make " + p.certificates + " writable for the user that deputy runs as, then run deputy renew " + p.name
	}
	return f
}

// badName is about a certificate's name that can't be a folder's.
func badName(name string) error {
	return &fault.Fault{
		Code: fault.BadSettings, Tried: "find the folder of the certificate " + name,
		Seen: "that name can't be the name of a folder",
		Do:   "give the certificate a --cert-name of letters, digits, dots, dashes and underscores, which does not begin with a dot or dash", Who: fault.Admin,
	}
}
