package provider

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"deputy/store"
)

// powerdns is Debian's PowerDNS with one zone, on loopback.
type powerdns struct {
	api string // http://127.0.0.1:PORT/api/v1
	dns string // 127.0.0.1:PORT
	key string
}

// pdnsSchema is where Debian's package pdns-backend-sqlite3 has the tables.
const pdnsSchema = "/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql"

func startPowerDNS(t *testing.T) *powerdns {
	t.Helper()
	server, err := exec.LookPath("/usr/sbin/pdns_server")
	if err != nil {
		t.Skip("pdns_server is missing: apt-get install pdns-server pdns-backend-sqlite3")
	}
	schema, err := os.ReadFile(pdnsSchema)
	if err != nil {
		t.Skipf("the tables of pdns-backend-sqlite3 are missing: %v", err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "zones.db")
	db, err := sql.Open("sqlite", file)
	if err == nil {
		_, err = db.Exec(string(schema))
	}
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	p := &powerdns{key: "pdns-k3y/with+signs"}
	dnsPort, apiPort := freePort(t), freePort(t)
	p.dns, p.api = "127.0.0.1:"+dnsPort, "http://127.0.0.1:"+apiPort+"/api/v1"
	command := exec.CommandContext(t.Context(), server,
		"--config-dir="+dir, "--socket-dir="+dir, "--launch=gsqlite3", "--gsqlite3-database="+file, "--daemon=no", "--guardian=no",
		"--local-address=127.0.0.1", "--local-port="+dnsPort, "--api=yes", "--api-key="+p.key, "--webserver=yes",
		"--webserver-address=127.0.0.1", "--webserver-port="+apiPort, "--cache-ttl=0", "--query-cache-ttl=0", "--negquery-cache-ttl=0", "--security-poll-suffix=")
	var log bytes.Buffer
	command.Stdout, command.Stderr = &log, &log
	command.WaitDelay = 5 * time.Second
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Cancel()
		command.Wait()
		if t.Failed() {
			t.Log(log.String())
		}
	})
	p.await(t)
	return p
}

// freePort is one that nobody has at this moment, for both TCP and UDP.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// await waits until the API answers.
func (p *powerdns) await(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		if status, _ := p.ask(t, "GET", "/servers/localhost", ""); status == http.StatusOK {
			return
		}
		select {
		case <-t.Context().Done():
		case <-time.After(50 * time.Millisecond):
		}
	}
	t.Fatal("PowerDNS does not answer")
}

// ask speaks to the API past deputy.
func (p *powerdns) ask(t *testing.T, method, path, body string) (status int, answer string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, p.api+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("X-API-Key", p.key)
	r.Header.Set("Content-Type", "application/json")
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer got.Body.Close()
	text, _ := io.ReadAll(got.Body)
	return got.StatusCode, string(text)
}

// texts are the TXT values that PowerDNS answers over DNS, sorted.
func (p *powerdns) texts(t *testing.T, owner string) []string {
	t.Helper()
	r := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, p.dns)
	}}
	texts, err := r.LookupTXT(t.Context(), owner+".")
	if dnsErr, ok := err.(*net.DNSError); err != nil && (!ok || !dnsErr.IsNotFound) {
		t.Fatal(err)
	}
	slices.Sort(texts)
	return texts
}

func (p *powerdns) zone(t *testing.T, zone string) {
	t.Helper()
	status, answer := p.ask(t, "POST", "/servers/localhost/zones", fmt.Sprintf(`{"name":%q,"kind":"Native","nameservers":["ns1.example.net."]}`, zone+"."))
	if status != http.StatusCreated {
		t.Fatalf("the zone %s: %d %s", zone, status, answer)
	}
}

// TestPowerDNS runs the library's document against Debian's PowerDNS: values come and go one by one, and what others have
// put at the name stays, a disabled record too.
func TestPowerDNS(t *testing.T) {
	t.Parallel()
	p, i := startPowerDNS(t), newInstallation(t)
	p.zone(t, "example.net")
	const owner = "_acme-challenge.www.example.net"
	foreign := fmt.Sprintf(`{"rrsets":[{"name":%q,"type":"TXT","ttl":300,"changetype":"REPLACE","records":[{"content":"\"theirs \\\"quoted\\\"\"","disabled":false},{"content":"\"asleep\"","disabled":true}]}]}`, owner+".")
	if status, answer := p.ask(t, "PATCH", "/servers/localhost/zones/example.net.", foreign); status != http.StatusNoContent {
		t.Fatalf("%d %s", status, answer)
	}
	i.provider(t, "name: pdns\nconfiguration: powerdns\nzones: [example.net]\napi_base: "+p.api+"\nallow: {plain_http: true, addresses: [127.0.0.0/8]}\naccount: {token: \""+p.key+"\"}\n")
	target := targetIn("example.net", owner)
	target.Provider = "pdns"
	const theirs = `theirs "quoted"`
	both := publications(target, "first", "second")
	for _, step := range []struct {
		add, remove []store.Publication
		want        []string
	}{
		{both[:1], nil, []string{"first", theirs}},
		{both[1:], nil, []string{"first", "second", theirs}},
		{both[1:], nil, []string{"first", "second", theirs}},
		{nil, both[:1], []string{"second", theirs}},
		{nil, both[1:], []string{theirs}},
	} {
		if _, err := i.Change(t.Context(), step.add, step.remove); err != nil {
			t.Fatal(err)
		}
		if got := p.texts(t, owner); !slices.Equal(got, step.want) {
			t.Errorf("PowerDNS answers %q, want %q", got, step.want)
		}
	}
	if _, zone := p.ask(t, "GET", "/servers/localhost/zones/example.net.", ""); !strings.Contains(zone, `"\"asleep\"", "disabled": true`) {
		t.Errorf("the record that was disabled: %s", zone)
	}
	i.silent(t)
}
