package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"deputy/internal/lab"
	"deputy/secret"
	"deputy/store"
)

// TestMain lets the test binary play deputy, so that scripts and crash tests run the real program in a process of its
// own. DEPUTY_TEST_KILL names the event at which that process kills itself, as kill -9 does.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"deputy": func() { os.Exit(playDeputy()) }})
}

func playDeputy() int {
	p := &program{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv}
	if at := os.Getenv("DEPUTY_TEST_KILL"); at != "" {
		p.watch = func(_ context.Context, e store.Event) {
			if e.Kind == at {
				self, _ := os.FindProcess(os.Getpid())
				_ = self.Kill()
				select {}
			}
		}
	}
	return p.run(context.Background(), os.Args[1:])
}

// atOnce bounds the labs that run side by side: pebble was seen to lock up under many parallel workers.
var atOnce = make(chan struct{}, 4)

// world is a lab with one installation of deputy beside it.
type world struct {
	t     *testing.T
	lab   *lab.Lab
	state string
	env   map[string]string
	out   *output // everything deputy printed, for the scan for secrets
}

// output is a buffer that several processes may write to at once. The buffer is not embedded: its ReadFrom would go past
// the lock.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// newWorld starts a lab. At the test's end state, output and traces are scanned for the secrets that were used.
func newWorld(t *testing.T, o lab.Options) *world {
	t.Helper()
	if testing.Short() {
		t.Skip("needs the lab; go test without -short")
	}
	atOnce <- struct{}{}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	l, err := lab.Start(ctx, o)
	if err != nil {
		cancel()
		<-atOnce
		t.Fatal(err)
	}
	w := &world{t: t, lab: l, state: filepath.Join(t.TempDir(), "state"), env: map[string]string{}, out: &output{}}
	for _, line := range l.Environment() {
		key, value, _ := strings.Cut(line, "=")
		w.env[key] = value
	}
	w.env["DEPUTY_STATE"], w.env["HOME"] = w.state, t.TempDir()
	t.Cleanup(func() {
		w.scan()
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		cancel()
		<-atOnce
	})
	return w
}

// beside is another installation in the same lab.
func (w *world) beside() *world {
	other := *w
	other.env = map[string]string{}
	for key, value := range w.env {
		other.env[key] = value
	}
	other.state = filepath.Join(w.t.TempDir(), "state")
	other.env["DEPUTY_STATE"] = other.state
	return &other
}

// result is how a run of deputy ended.
type result struct {
	code           int
	stdout, stderr string
}

// deputy runs the program in this process.
func (w *world) deputy(args ...string) result {
	w.t.Helper()
	return w.watched(nil, args...)
}

// watched runs the program in this process; watch sees its events.
func (w *world) watched(watch store.Sink, args ...string) result {
	w.t.Helper()
	var stdout, stderr bytes.Buffer
	p := &program{stdin: strings.NewReader(""), stdout: &stdout, stderr: &stderr, getenv: func(key string) string { return w.env[key] }, watch: watch}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	code := p.run(ctx, args)
	fmt.Fprintf(w.out, "%s\n%s\n", stdout.String(), stderr.String())
	return result{code, stdout.String(), stderr.String()}
}

// ok runs the program and wants exit 0.
func (w *world) ok(args ...string) result {
	w.t.Helper()
	return w.exits(0, args...)
}

// exits runs the program and wants that exit code.
func (w *world) exits(code int, args ...string) result {
	w.t.Helper()
	r := w.deputy(args...)
	if r.code != code {
		w.t.Fatalf("deputy %s: exit %d, want %d\n%s%s", strings.Join(args, " "), r.code, code, r.stdout, r.stderr)
	}
	return r
}

// process prepares deputy as a process of its own, with more environment.
func (w *world) process(more []string, args ...string) *exec.Cmd {
	command := exec.Command("deputy", args...)
	command.Env = append([]string{"PATH=" + os.Getenv("PATH")}, more...)
	for key, value := range w.env {
		command.Env = append(command.Env, key+"="+value)
	}
	command.Stdout, command.Stderr = w.out, w.out
	return command
}

// setUp makes the account, and the DNS Providers of documents.
func (w *world) setUp(documents ...string) {
	w.t.Helper()
	w.ok("init", "--agree-tos", "--email", "hostmaster@example.org")
	for _, d := range documents {
		w.addProvider(d)
	}
}

func (w *world) addProvider(document string) {
	w.t.Helper()
	w.ok("provider", "add", "-f", w.file("provider.yaml", document))
}

// file writes a file of mode 0600 and gives its path.
func (w *world) file(name, text string) string {
	w.t.Helper()
	path := filepath.Join(w.t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// desec is a DNS Provider document for the lab's deSEC, with more lines at its end.
func (w *world) desec(zone, token string, more ...string) string {
	return w.document("desec-"+zone, "desec", zone, "{token: {env: "+token+"}}", w.lab.DeSEC().URL(), more...)
}

// domino is one for an imported DXL that speaks to the lab's deSEC.
func (w *world) domino(configuration, zone string, more ...string) string {
	return w.document("domino", `"`+configuration+`"`, zone, "{cfg_AuthToken: {env: LAB_DESEC_TOKEN}}", w.lab.DeSEC().URL(),
		append(more, "wait: {floor: 0s, turn: 0s}")...)
}

func (w *world) document(name, configuration, zone, account, base string, more ...string) string {
	return fmt.Sprintf(`deputy: dns-provider/1
name: %s
configuration: %s
zones: [%s]
account: %s
api_base: %s
allow: {plain_http: true, addresses: [127.0.0.0/8]}
%s
`, name, configuration, zone, account, base, strings.Join(more, "\n"))
}

// published is the path of one of the published DXL files; the test is skipped where they are not.
func (w *world) published(file string) string {
	w.t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "..", "shared", "dxl", file))
	if err == nil {
		_, err = os.Stat(path)
	}
	if err != nil {
		w.t.Skipf("the published DNS Configurations are not here: %v", err)
	}
	return path
}

// delegate acts as the DNS department of martdj.nl: a CNAME at _acme-challenge of host (relative; "" for the domain).
func (w *world) delegate(host, target string) {
	w.t.Helper()
	owner := strings.TrimSuffix("_acme-challenge."+host, ".")
	if err := w.lab.Zone("martdj.nl").Remove(owner, "CNAME"); err != nil {
		w.t.Fatal(err)
	}
	if err := w.lab.Zone("martdj.nl").Add(owner + " 60 IN CNAME " + target + "."); err != nil {
		w.t.Fatal(err)
	}
}

// writes are the requests that change something at a DNS host, since mark.
func (w *world) writes(mark int) []lab.Entry {
	return w.lab.History().Find(func(e lab.Entry) bool {
		return e.Seq > mark && e.Kind == "http" && !strings.HasPrefix(e.What, "GET ")
	})
}

// acme are the requests to the CA for resource, since mark.
func (w *world) acme(mark int, resource string) []lab.Entry {
	return w.lab.History().Find(func(e lab.Entry) bool {
		return e.Seq > mark && e.Kind == "acme" && e.Resource == resource
	})
}

// nothingLeft fails when a TXT value is at one of the owners in zone.
func (w *world) nothingLeft(zone string, owners ...string) {
	w.t.Helper()
	for _, owner := range owners {
		if left := w.lab.Zone(zone).Texts(owner); len(left) > 0 {
			w.t.Errorf("left at %s.%s: %q", owner, zone, left)
		}
	}
}

// verify checks the files of a certificate against the CA's roots.
func (w *world) verify(certName string, names ...string) {
	w.t.Helper()
	roots, err := w.lab.RootsFile()
	if err != nil {
		w.t.Fatal(err)
	}
	rootText, err := os.ReadFile(roots)
	if err != nil {
		w.t.Fatal(err)
	}
	folder := filepath.Join(w.state, "certificates", certName)
	chain, err := os.ReadFile(filepath.Join(folder, "fullchain.pem"))
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := lab.Verify(rootText, chain, names...); err != nil {
		w.t.Errorf("%s: %v", certName, err)
	}
	info, err := os.Stat(filepath.Join(folder, "privkey.pem"))
	if err != nil || info.Mode().Perm() != 0o600 {
		w.t.Errorf("privkey.pem: %v, mode %v", err, info.Mode())
	}
}

// scan looks for the secrets of this world in the state directory and in all that was printed. Key files of
// certificates are the stated exception.
func (w *world) scan() {
	secrets := []secret.Value{secret.New(w.env["LAB_DESEC_TOKEN"]), secret.New(w.env["LAB_DESEC_TXT_TOKEN"]), secret.New(w.env["LAB_DESEC_OTHER_TOKEN"])}
	if _, err := os.Stat(filepath.Join(w.state, "deputy.db")); err == nil {
		secrets = append(secrets, w.keys()...)
	}
	finder := secret.NewRedactor(secrets...)
	if found := finder.Redact(w.out.String()); found != w.out.String() {
		w.t.Error("a secret was printed")
	}
	err := filepath.WalkDir(filepath.Dir(w.state), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !entry.Type().IsRegular() || entry.Name() == "privkey.pem" {
			return err
		}
		text, err := os.ReadFile(path)
		if err == nil && finder.Redact(string(text)) != string(text) {
			w.t.Errorf("a secret stands in %s", path)
		}
		return err
	})
	if err != nil {
		w.t.Error(err)
	}
}

// keys are the private keys in the store: of accounts and certificates.
func (w *world) keys() (keys []secret.Value) {
	w.inside(func(i *installation) {
		must(w.t, i.store.View(context.Background(), func(t *store.Tx) error {
			accounts, err := t.Accounts()
			if err != nil {
				return err
			}
			for _, a := range accounts {
				keys = append(keys, a.Key)
			}
			certificates, err := t.Certificates()
			for _, c := range certificates {
				if !c.Key.IsZero() {
					keys = append(keys, c.Key)
				}
			}
			return err
		}))
	})
	return keys
}
