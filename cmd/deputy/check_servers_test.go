package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// held are the zones of some servers of b, each with its file.
func (b *bind) held(servers ...int) [][]string {
	var text strings.Builder
	for _, server := range servers {
		text.WriteString(b.views[server])
	}
	return regexp.MustCompile(`zone "([^"]+)" \{ type primary; file "([^"]+)"`).FindAllStringSubmatch(text.String(), -1)
}

// powerDNS has Debian's PowerDNS hold zones at the address of a server, beside b's; "" where it is not there.
func (b *bind) powerDNS(server int, zones [][]string) string {
	b.t.Helper()
	if backend, _ := filepath.Glob("/usr/lib/*/pdns/libbindbackend.so"); len(backend) == 0 {
		b.t.Log("what PowerDNS would serve is not checked: apt-get install --no-install-recommends pdns-server pdns-backend-bind")
		return ""
	}
	dir := b.t.TempDir()
	var config strings.Builder
	for _, z := range zones {
		fmt.Fprintf(&config, "zone %q { type master; file %q; };\n", z[1], z[2])
	}
	file := filepath.Join(dir, "zones.conf")
	must(b.t, os.WriteFile(file, []byte(config.String()), 0o644))
	return b.another(server, "/usr/sbin/pdns_server", "--config-dir="+dir, "--socket-dir="+dir, "--launch=bind", "--bind-config="+file,
		"--local-address="+b.at(server), "--local-port="+b.port, "--daemon=no", "--guardian=no", "--disable-syslog=yes", "--dname-processing=yes", "--cache-ttl=0")
}

// unbound has Debian's unbound hold zones at the address of a server, as their authority; "" where it is not there.
func (b *bind) unbound(server int, zones [][]string) string {
	b.t.Helper()
	dir := b.t.TempDir()
	var config strings.Builder
	fmt.Fprintf(&config, "server:\n interface: %s@%s\n port: %s\n access-control: 127.0.0.0/8 allow\n username: \"\"\n chroot: \"\"\n directory: %q\n pidfile: \"\"\n use-syslog: no\n do-ip6: no\n module-config: \"iterator\"\n num-threads: 1\n local-zone: \"test.\" nodefault\nremote-control:\n control-enable: no\n",
		b.at(server), b.port, b.port, dir)
	for _, z := range zones {
		fmt.Fprintf(&config, "auth-zone:\n name: %q\n zonefile: %q\n for-downstream: yes\n for-upstream: no\n fallback-enabled: no\n", z[1], z[2])
	}
	file := filepath.Join(dir, "unbound.conf")
	must(b.t, os.WriteFile(file, []byte(config.String()), 0o644))
	return b.another(server, "/usr/sbin/unbound", "-d", "-c", file)
}

// another runs a server until the test ends, and gives its address when it answers.
func (b *bind) another(server int, program string, arguments ...string) string {
	b.t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		b.t.Logf("%s is not there: what it would serve is not checked", program)
		return ""
	}
	said := &output{}
	run := exec.Command(program, arguments...)
	run.Stdout, run.Stderr = said, said
	must(b.t, run.Start())
	b.t.Cleanup(func() {
		_ = run.Process.Kill()
		_ = run.Wait()
		if b.t.Failed() {
			b.t.Log(program, said.String())
		}
	})
	address := net.JoinHostPort(b.at(server), b.port)
	b.await(address)
	return address
}
