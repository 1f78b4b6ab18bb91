package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"deputy/internal/lab"
)

// TestMemory: a whole issue of the program as it is shipped stays under 40 MiB. Its deploy hook reads the kernel's mark of
// the most memory that its parent ever had (proc(5), VmHWM): what wait4 tells of a process counts the test's own memory
// too, from before the exec.
func TestMemory(t *testing.T) {
	t.Parallel()
	w := newWorld(t, lab.Options{SecondaryLag: -1})
	w.setUp(w.desec("martdj.dedyn.io", "LAB_DESEC_TOKEN"))
	w.delegate("demohub", "validation.martdj.dedyn.io")
	mark := filepath.Join(t.TempDir(), "mark")
	run := w.process(nil, "issue", "demohub.martdj.nl", "--deploy-hook", "grep VmHWM /proc/$PPID/status >"+mark)
	run.Path = built(t, ".")
	must(t, run.Run())
	text, err := os.ReadFile(mark)
	must(t, err)
	var peak int
	if _, err := fmt.Sscanf(string(text), "VmHWM: %d kB", &peak); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	t.Logf("peak memory %d KiB", peak)
	if peak > 40<<10 {
		t.Errorf("peak memory %d KiB, over 40 MiB", peak)
	}
}
