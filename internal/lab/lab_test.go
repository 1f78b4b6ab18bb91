package lab

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

// goroutines gives the stacks of goroutines that run code of the lab's or its servers', pebble's one idle validator left
// out, which has no way to end (see the package's doc).
func goroutines() []string {
	buffer := make([]byte, 1<<20)
	all := strings.Split(string(buffer[:runtime.Stack(buffer, true)]), "\n\n")
	return slices.DeleteFunc(all, func(stack string) bool {
		ours := strings.Contains(stack, "deputy/internal/lab.(") || strings.Contains(stack, "miekg/dns") ||
			strings.Contains(stack, "net/http") || strings.Contains(stack, "letsencrypt/pebble")
		return !ours || strings.Contains(stack, "VAImpl.processTasks") && strings.Contains(stack, "[chan receive")
	})
}

// TestCloseLeavesNothing is not parallel: other tests' labs would be counted.
func TestCloseLeavesNothing(t *testing.T) {
	before := len(goroutines())
	l, err := Start(t.Context(), Options{})
	must(t, err)
	c := newCustomer(t, l)
	c.order(t, "demohub.martdj.nl")
	ask(t, l.DNS("resolver"), "tcp", "demohub.martdj.nl.", dns.TypeA)
	if during := len(goroutines()); during <= before {
		t.Errorf("%d goroutines while the lab runs, %d before: the count sees nothing", during, before)
	}
	c.HTTPClient.CloseIdleConnections()
	must(t, l.Close())
	must(t, l.Close())
	left := goroutines()
	for deadline := time.Now().Add(testTime); len(left) > before && time.Now().Before(deadline); left = goroutines() {
		runtime.Gosched() // the client's own connections end a moment later
	}
	if len(left) > before {
		t.Errorf("%d goroutines left, %d before:\n%s", len(left), before, strings.Join(left, "\n\n"))
	}
	if _, err := os.Stat(l.Dir()); !os.IsNotExist(err) {
		t.Errorf("the temporary folder is still there: %v", err)
	}
	if _, err := http.Get(l.Control()); err == nil {
		t.Error("the control API still answers")
	}
	s, err := listenAt(l.Root())
	if err != nil {
		t.Errorf("the root's port is not free: %v", err)
	}
	s.close()
}

func TestEndOfContextTakesItDown(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	l, err := Start(ctx, Options{})
	must(t, err)
	cancel()
	must(t, l.Close())
	if _, err := http.Get(l.Control()); err == nil {
		t.Error("the control API still answers")
	}
}

// TestCloseWithRequestHeld: a request that a test holds back does not hold Close for ever.
func TestCloseWithRequestHeld(t *testing.T) {
	t.Parallel()
	l, err := Start(t.Context(), Options{})
	must(t, err)
	held, release := make(chan struct{}), make(chan struct{})
	l.SetTXT().Intercept(func(*http.Request) Intervention {
		return Intervention{Before: func() { close(held); <-release }}
	})
	ended := make(chan error, 1)
	go func() { _, _, err := set(t, l, "x"); ended <- err }()
	<-held
	must(t, l.Close())
	if err := <-ended; err == nil {
		t.Error("the held request was answered after Close")
	}
	close(release)
}

func TestStartFails(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	for name, o := range map[string]Options{
		"a folder that is a file": {Dir: file},
		"too many bad nonces":     {NonceReject: 101},
		"a negative share":        {AuthzReuse: -1},
		"an EAB key that is none": {EAB: map[string]string{"kid": "not base64url!"}},
	} {
		if l, err := Start(t.Context(), o); err == nil {
			l.Close()
			t.Errorf("%s: the lab starts", name)
		}
	}
}

func TestFilesAndEnvironment(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "made")
	l := startLab(t, Options{Dir: dir})
	env := map[string]string{}
	for _, pair := range l.Environment() {
		key, value, ok := strings.Cut(pair, "=")
		if !ok || value == "" || !strings.HasPrefix(key, "DEPUTY_") && !strings.HasPrefix(key, "LAB_") {
			t.Errorf("environment has %q", pair)
		}
		env[key] = value
	}
	roots, err := l.RootsFile()
	must(t, err)
	for key, want := range map[string]string{
		"DEPUTY_ROOT": l.Root(), "DEPUTY_SERVER": l.Directory(), "DEPUTY_CA_FILE": filepath.Join(dir, "https-root.pem"),
		"LAB_ROOTS": roots, "LAB_CONTROL": l.Control(), "LAB_DESEC_TOKEN": l.DeSEC().Token(),
	} {
		if env[key] != want {
			t.Errorf("%s=%s, want %s", key, env[key], want)
		}
	}
	for _, file := range []string{l.CAFile(), roots} {
		text, err := os.ReadFile(file)
		must(t, err)
		if all, err := parsePEM(text); err != nil || len(all) != 1 || !all[0].IsCA {
			t.Errorf("%s: %v, %v", file, all, err)
		}
	}
	if !strings.HasPrefix(l.Root(), "127.53.0.1:") || !strings.HasPrefix(l.Resolver(), "udp://127.53.0.9:") || !strings.HasPrefix(l.Directory(), "https://") {
		t.Errorf("root %s, resolver %s, directory %s", l.Root(), l.Resolver(), l.Directory())
	}
	must(t, l.Close())
	if _, err := os.Stat(l.CAFile()); err != nil {
		t.Errorf("files in a folder of the caller's are gone: %v", err)
	}
}

func TestStrictPebbleKnobs(t *testing.T) {
	t.Parallel()
	if _, was := os.LookupEnv("PEBBLE_VA_ALWAYS_VALID"); was {
		t.Skip("the environment of this process has pebble's knobs set")
	}
	l := startLab(t, Options{EAB: map[string]string{"kid-1": "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"}})
	pebbleEnvironment.Lock()
	for _, key := range []string{"PEBBLE_VA_NOSLEEP", "PEBBLE_WFE_NONCEREJECT", "PEBBLE_AUTHZREUSE"} {
		if value, was := os.LookupEnv(key); was {
			t.Errorf("%s=%s is left in the environment", key, value)
		}
	}
	pebbleEnvironment.Unlock()
	client := &http.Client{Transport: trusting(t, l)}
	resp, err := client.Get(l.Directory())
	must(t, err)
	defer resp.Body.Close()
	var directory struct {
		NewOrder    string
		RenewalInfo string
		Meta        struct {
			ExternalAccountRequired bool
			Profiles                map[string]string
		}
	}
	must(t, decodeJSON(resp.Body, &directory))
	if !directory.Meta.ExternalAccountRequired || directory.RenewalInfo == "" || len(directory.Meta.Profiles) != 2 || !strings.HasPrefix(directory.NewOrder, "https://") {
		t.Errorf("directory %+v", directory)
	}
	if got := l.History().All(); len(got) != 1 || got[0].Resource != "directory" || got[0].Status != 200 || got[0].What != "GET /dir" {
		t.Errorf("history %+v", got)
	}
}
