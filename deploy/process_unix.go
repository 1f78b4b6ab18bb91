//go:build unix

package deploy

import (
	"context"
	"os/exec"
	"syscall"
)

// shell makes the command for a hook, in a process group of its own that is killed as a whole when ctx ends.
func shell(ctx context.Context, hook string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "sh", "-c", hook)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd
}
