//go:build unix

package provider

import (
	"os/exec"
	"syscall"
)

// together puts a program into a process group of its own, which is killed as a whole when its time is over.
func together(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}

// endTogether kills what a program that has ended left running in its group. That none is left is the rule, and no error.
func endTogether(cmd *exec.Cmd) {
	if cmd.Process != nil {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
}
