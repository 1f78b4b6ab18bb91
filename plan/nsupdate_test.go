package plan

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"deputy/name"
)

// named starts BIND with zones that anybody on loopback may update, and gives its port. It is stopped when the test ends.
func named(t *testing.T, zones ...name.Name) string {
	t.Helper()
	server := program(t, "named", "bind9")
	dir := t.TempDir()
	probe, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(probe.LocalAddr().String())
	probe.Close()
	configuration := fmt.Sprintf(`options { directory %q; listen-on port %s { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; pid-file none;
	session-keyfile %q; dnssec-validation no; }; controls { };`, dir, port, filepath.Join(dir, "session.key"))
	for _, zone := range zones {
		file := filepath.Join(dir, zone.String())
		text := "$TTL 60\n@ IN SOA ns.example. root.example. 1 60 60 60 60\n@ IN NS ns.example.\n"
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		configuration += fmt.Sprintf("zone %q { type primary; file %q; allow-update { 127.0.0.1; }; };\n", zone, file)
	}
	file := filepath.Join(dir, "named.conf")
	if err := os.WriteFile(file, []byte(configuration), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(server, "-g", "-c", file)
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		command.Process.Kill()
		command.Wait()
		log.Close()
	})
	for began := time.Now(); time.Since(began) < 20*time.Second; {
		if answer := asked(port, zones[len(zones)-1].FQDN(), dns.TypeSOA); len(answer) > 0 {
			return port
		}
		<-time.After(20 * time.Millisecond)
	}
	text, _ := os.ReadFile(log.Name())
	t.Fatalf("named does not answer:\n%s", text)
	return ""
}

func asked(port, owner string, kind uint16) []dns.RR {
	question := new(dns.Msg)
	question.SetQuestion(owner, kind)
	answer, _, err := (&dns.Client{Timeout: time.Second}).Exchange(question, "127.0.0.1:"+port)
	if err != nil {
		return nil
	}
	return answer.Answer
}

// Every record is there after the script, and where something stood at a name it still stands, and the others are added
// all the same.
func TestNsupdateIsAccepted(t *testing.T) {
	t.Parallel()
	update := program(t, "nsupdate", "bind9-dnsutils")
	for title, r := range requests() {
		if title == "all" {
			continue // nothing to add
		}
		parts, err := Parts("nsupdate", r)
		if err != nil {
			t.Fatal(err)
		}
		var zones []name.Name
		for _, p := range parts {
			zones = append(zones, p.Zone)
		}
		port := named(t, zones...)
		script := "server 127.0.0.1 " + port + "\n" + r.written(t, "nsupdate")
		run := func() (string, error) {
			command := exec.Command(update)
			command.Stdin = strings.NewReader(script)
			out, err := command.CombinedOutput()
			return string(out), err
		}
		if out, err := run(); err != nil {
			t.Errorf("%s: %v: %s\n%s", title, err, out, script)
		}
		for _, zone := range zones {
			for _, want := range r.wanted(t, zone) {
				f := strings.SplitN(want, " ", 3)
				answer := asked(port, f[0], dns.StringToType[f[1]])
				held := slices.ContainsFunc(answer, func(rr dns.RR) bool { return strings.Contains(unescaped(rr.String()), f[2]) })
				if !held {
					t.Errorf("%s: %q is not there: %v", title, want, answer)
				}
			}
		}
		if out, err := run(); err == nil || !strings.Contains(out, "YX") {
			t.Errorf("%s: what stands at a name already is written again: %v: %s", title, err, out)
		}
	}
}
