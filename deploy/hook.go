package deploy

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"deputy/fault"
	"deputy/store"
)

const (
	hookLimit   = 10 * time.Minute // how long a hook may run
	hookOutlive = time.Second      // how long its output is waited for once it has ended: a daemon that it started may hold it
)

// Hook runs c's deploy hook in a shell with DEPUTY_* and certbot's RENEWED_DOMAINS and RENEWED_LINEAGE, for at most
// ten minutes; then it and what it started are killed. path is what Write returned. Nothing of deputy's own environment
// is inherited but where programs, the home folder and temporary files are, and the language. The end of its output
// comes back in the fault (HookFailed), without the key. A certificate without a hook is fine.
func Hook(ctx context.Context, c store.Certificate, path string) error {
	if c.DeployHook == "" {
		return nil
	}
	limited, cancel := context.WithTimeoutCause(ctx, hookLimit, fmt.Errorf("it took longer than %s", hookLimit))
	defer cancel()
	cmd := shell(limited, c.DeployHook)
	cmd.Env = append(inherited(), told(c, path)...)
	cmd.WaitDelay = hookOutlive
	said := &tail{}
	cmd.Stdout, cmd.Stderr = said, said
	err := cmd.Run()
	if err == nil || errors.Is(err, exec.ErrWaitDelay) {
		return nil // the hook itself has ended well, whatever still holds its output
	}
	if limited.Err() != nil {
		err = fmt.Errorf("it was stopped: %w", context.Cause(limited))
	}
	return hookFailed(c, err, said.String())
}

func hookFailed(c store.Certificate, err error, said string) error {
	seen := err.Error()
	if said = redact(c, said); said != "" {
		seen += " and said: " + said
	}
	return &fault.Fault{
		Code: fault.HookFailed, Tried: "run the deploy hook of " + c.Name, Seen: seen,
		Do:  "mend the hook and run deputy renew " + c.Name + "; the new files are in place already",
		Who: fault.Admin, Err: err,
	}
}

// told is what a hook learns. RENEWED_* are certbot's (https://eff-certbot.readthedocs.io/en/stable/using.html#renewing-certificates).
func told(c store.Certificate, path string) []string {
	names := make([]string, len(c.Names))
	for i, n := range c.Names {
		names[i] = n.String()
	}
	domains := strings.Join(names, " ")
	return []string{
		"DEPUTY_NAME=" + c.Name,
		"DEPUTY_NAMES=" + domains,
		"DEPUTY_CERT=" + filepath.Join(path, certFile),
		"DEPUTY_CHAIN=" + filepath.Join(path, chainFile),
		"DEPUTY_FULLCHAIN=" + filepath.Join(path, fullchainFile),
		"DEPUTY_PRIVKEY=" + filepath.Join(path, keyFile),
		"RENEWED_DOMAINS=" + domains,
		"RENEWED_LINEAGE=" + path,
	}
}

// inherited is the part of deputy's environment that hooks need. The rest may hold secrets: DEPUTY_*, tokens.
func inherited() []string {
	var kept []string
	for _, name := range []string{
		"PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TZ", "TMPDIR",
		"SystemRoot", "ComSpec", "PATHEXT", "TEMP", "TMP", "USERPROFILE", "ProgramData", "ProgramFiles",
	} {
		if value, ok := os.LookupEnv(name); ok {
			kept = append(kept, name+"="+value)
		}
	}
	return kept
}
