//go:build !unix

package provider

import "os/exec"

// together leaves a program as it is: there are no process groups, so only the program itself is stopped at its time.
func together(*exec.Cmd) {}

// endTogether has nothing to end.
func endTogether(*exec.Cmd) {}
