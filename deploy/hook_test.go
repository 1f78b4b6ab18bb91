//go:build unix

package deploy

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"deputy/fault"
)

// hooked is a certificate with a hook, whose $OUT is a fresh file.
func runHook(t *testing.T, hook string) (said string, err error) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	c := certificate(t, 1)
	c.DeployHook = "OUT=" + out + "; " + hook
	err = Hook(t.Context(), c, "/state/certificates/www.example.org")
	text, readErr := os.ReadFile(out)
	if readErr != nil && !os.IsNotExist(readErr) {
		t.Fatal(readErr)
	}
	return string(text), err
}

// A hook learns what certbot's learn, and inherits no secret. Not parallel: it sets deputy's environment.
func TestHookEnvironment(t *testing.T) {
	t.Setenv("DEPUTY_MASTER_KEY", "sealed-no-more")
	t.Setenv("DESEC_TOKEN", "a-token")
	t.Setenv("LANG", "nl_NL.UTF-8")
	said, err := runHook(t, `env > $OUT`)
	if err != nil {
		t.Fatal(err)
	}
	folder := "/state/certificates/www.example.org"
	for _, want := range []string{
		"DEPUTY_NAME=www.example.org",
		"DEPUTY_NAMES=www.example.org *.example.org",
		"DEPUTY_CERT=" + folder + "/cert.pem",
		"DEPUTY_CHAIN=" + folder + "/chain.pem",
		"DEPUTY_FULLCHAIN=" + folder + "/fullchain.pem",
		"DEPUTY_PRIVKEY=" + folder + "/privkey.pem",
		"RENEWED_DOMAINS=www.example.org *.example.org",
		"RENEWED_LINEAGE=" + folder,
		"LANG=nl_NL.UTF-8",
		"PATH=" + os.Getenv("PATH"),
	} {
		if !strings.Contains("\n"+said, "\n"+want+"\n") {
			t.Errorf("%s is missing in\n%s", want, said)
		}
	}
	for _, secret := range []string{"sealed-no-more", "a-token"} {
		if strings.Contains(said, secret) {
			t.Errorf("%s was inherited", secret)
		}
	}
}

func TestNoHook(t *testing.T) {
	t.Parallel()
	if err := Hook(t.Context(), certificate(t, 1), "/nowhere"); err != nil {
		t.Error(err)
	}
}

// A hook that fails is a fault with its status and what it said on both outputs.
func TestHookFails(t *testing.T) {
	t.Parallel()
	_, err := runHook(t, `echo reloading; echo no such unit >&2; exit 3`)
	wantFault(t, err, fault.HookFailed, "exit status 3 and said: reloading\nno such unit")
	if strings.Contains(err.Error(), "OUT=") {
		t.Errorf("the hook itself, which may hold a password, is in the fault: %v", err)
	}
}

// What a hook says is cut to its end, and the key is cut out of it.
func TestHookOutputIsBounded(t *testing.T) {
	t.Parallel()
	_, err := runHook(t, `i=0; while [ $i -lt 20000 ]; do echo "line $i"; i=$((i+1)); done; exit 1`)
	wantFault(t, err, fault.HookFailed, "line 19999")
	if f, _ := fault.From(err); len(f.Seen) > shownOutput+100 || strings.Contains(f.Seen, "line 1000\n") {
		t.Errorf("%d octets are shown", len(f.Seen))
	}
}

func TestHookTellsNoKey(t *testing.T) {
	t.Parallel()
	f := Files{Dir: t.TempDir()}
	c := certificate(t, 1)
	c.DeployHook = `cat $DEPUTY_PRIVKEY; sed -n 2p $DEPUTY_PRIVKEY; echo end; exit 1`
	err := Hook(t.Context(), c, write(t, f, c))
	wantFault(t, err, fault.HookFailed, "said: [secret][secret]\nend")
	for line := range strings.Lines(c.Key.Reveal()) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "-----") && strings.Contains(err.Error(), line) {
			t.Errorf("the fault holds the key's line %q", line)
		}
	}
}

// When its time is up, a hook is killed with all that it started: each of them holds the pipe open, and it ends.
func TestHookIsKilled(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		c := certificate(t, 1)
		c.DeployHook = "exec 3>" + pipe + "; echo ready >&3; sleep 600 & sleep 600"
		ended <- Hook(ctx, c, "/nowhere")
	}()
	held, err := os.Open(pipe)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	ready := make([]byte, 6)
	if _, err := io.ReadFull(held, ready); err != nil {
		t.Fatal(err)
	}
	cancel()
	wantFault(t, <-ended, fault.HookFailed, "it was stopped: context canceled")
	if rest, err := io.ReadAll(held); err != nil || len(rest) > 0 { // returns only when nobody holds the other end
		t.Errorf("%q, %v", rest, err)
	}
}

// A hook that leaves a daemon behind, which holds its output, has ended well all the same.
func TestHookLeavesDaemon(t *testing.T) {
	t.Parallel()
	said, err := runHook(t, `sleep 600 & echo $! > $OUT`)
	pid, parseErr := strconv.Atoi(strings.TrimSpace(said))
	if parseErr != nil {
		t.Fatal(parseErr)
	}
	if killErr := syscall.Kill(pid, syscall.SIGKILL); killErr != nil {
		t.Errorf("the daemon is gone: %v", killErr)
	}
	if err != nil {
		t.Error(err)
	}
}
