package deploy

import (
	"context"
	"os/exec"
	"strconv"
	"syscall"
)

// shell makes the command for a hook, which is killed with its children when ctx ends. The command line is handed on as
// it is, since cmd.exe does not read Go's quoting.
func shell(ctx context.Context, hook string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "cmd")
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd /S /C "` + hook + `"`}
	cmd.Cancel = func() error {
		return exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(cmd.Process.Pid)).Run()
	}
	return cmd
}
