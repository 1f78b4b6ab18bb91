package main

import (
	"syscall"
	"testing"

	"deputy/internal/lab"
)

// TestMemory: a whole issue of the program as it is shipped stays under 40 MiB.
func TestMemory(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1})
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
	w.delegate("demohub", "validation.martdj.dedyn.io")
	run := w.process(nil, "issue", "demohub.martdj.nl")
	run.Path = built(t, ".")
	must(t, run.Run())
	usage, ok := run.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		t.Fatal("the process's memory was not told")
	}
	t.Logf("peak memory %d KiB", usage.Maxrss)
	if usage.Maxrss > 40<<10 {
		t.Errorf("peak memory %d KiB, over 40 MiB", usage.Maxrss)
	}
}
