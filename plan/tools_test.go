package plan

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dop251/goja"
	hashicorp "github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclparse"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// tool finds a program of Debian's, or skips the test.
func tool(t *testing.T, program, pkg string) string {
	t.Helper()
	for _, dir := range []string{"", "/usr/sbin/"} {
		if path, err := exec.LookPath(dir + program); err == nil {
			return path
		}
	}
	t.Skipf("needs %s: apt-get install --no-install-recommends %s", program, pkg)
	return ""
}

// BIND's own reader takes the zone file lines of every request, beside the records that a zone has.
func TestZoneFilesAreReadByBIND(t *testing.T) {
	t.Parallel()
	check := tool(t, "named-checkzone", "bind9-utils")
	for title, r := range requests() {
		for _, format := range []string{"bind", "zone"} {
			parts, err := Parts(format, r)
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range parts {
				if part.Zone.IsZero() {
					continue // every record is there
				}
				file := filepath.Join(t.TempDir(), "zone")
				text := "$TTL 3600\n@ IN SOA ns1.example.net. admin.example.net. 1 3600 600 604800 60\n@ IN NS ns1.example.net.\n" + part.Text
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				if out, err := exec.CommandContext(t.Context(), check, "-k", "ignore", part.Zone.String(), file).CombinedOutput(); err != nil {
					t.Errorf("%s as %s: %v\n%s\n%s", title, format, err, out, text)
				}
			}
		}
	}
}

// A real name server takes the script of nsupdate, once: where something stands at the name it changes nothing.
func TestUpdatesAreTakenByBIND(t *testing.T) {
	t.Parallel()
	nsupdate := tool(t, "nsupdate", "bind9-dnsutils")
	port := startBIND(t, tool(t, "named", "bind9"), "martdj.nl", "example.org")
	text := requests()["zones"].written(t, "nsupdate")
	run := func() (string, error) {
		c := exec.CommandContext(t.Context(), nsupdate)
		c.Stdin = strings.NewReader(fmt.Sprintf("server 127.0.0.1 %s\n", port) + text)
		out, err := c.CombinedOutput()
		return string(out), err
	}
	if out, err := run(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, text)
	}
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, "127.0.0.1:"+port)
	}}
	for _, l := range requests()["zones"].Lines {
		got, err := resolver.LookupCNAME(t.Context(), l.Owner.FQDN())
		if err != nil && got == "" {
			got = err.Error() // the target is in no zone of this server
		}
		if !strings.Contains(got, l.Target.FQDN()) && !strings.Contains(raw(t, port, l.Owner.FQDN()), strings.Split(l.Target.String(), ".")[0]) {
			t.Errorf("%s: %s", l.Owner, got)
		}
	}
	if out, err := run(); err == nil || !strings.Contains(out, "YX") {
		t.Errorf("a second time: %v\n%s", err, out)
	}
}

// raw asks for the CNAME at owner and gives the octets of the answer.
func raw(t *testing.T, port, owner string) string {
	t.Helper()
	conn, err := net.Dial("udp", "127.0.0.1:"+port)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	question := []byte{0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}
	for _, label := range strings.Split(strings.TrimSuffix(owner, "."), ".") {
		question = append(append(question, byte(len(label))), label...)
	}
	question = append(question, 0, 0, 5, 0, 1)
	if _, err := conn.Write(question); err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	answer := make([]byte, 1500)
	n, err := conn.Read(answer)
	if err != nil {
		t.Fatal(err)
	}
	return string(answer[:n])
}

// startBIND serves empty zones that anybody may change, until the test ends.
func startBIND(t *testing.T, named string, zones ...string) string {
	t.Helper()
	dir := t.TempDir()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	_ = listener.Close()
	config := fmt.Sprintf("options { directory %q; listen-on port %s { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; pid-file none; session-keyfile none; dnssec-validation no; };\ncontrols { };\n", dir, port)
	for _, zone := range zones {
		text := "$TTL 60\n@ IN SOA ns1.example.net. admin.example.net. 1 3600 600 604800 60\n@ IN NS ns1.example.net.\n"
		if err := os.WriteFile(filepath.Join(dir, zone), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		config += fmt.Sprintf("zone %q { type master; file %q; allow-update { any; }; };\n", zone, zone)
	}
	file := filepath.Join(dir, "named.conf")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	server := exec.Command(named, "-g", "-c", file, "-n", "1")
	server.Stdout, server.Stderr = &said, &said
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for ticker := time.NewTicker(50 * time.Millisecond); ; {
		if conn, err := new(net.Dialer).DialContext(ctx, "tcp", "127.0.0.1:"+port); err == nil {
			_ = conn.Close()
			ticker.Stop()
			return port
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			t.Fatalf("named did not start:\n%s", said.String())
		}
	}
}

// Terraform's own language reads what is written for it, and the records in it are those that were asked for.
func TestTerraformIsHCL(t *testing.T) {
	t.Parallel()
	for title, r := range requests() {
		text := r.written(t, "terraform")
		file, problems := hclparse.NewParser().ParseHCL([]byte(text), "deputy.tf")
		if problems.HasErrors() {
			t.Errorf("%s: %v\n%s", title, problems, text)
			continue
		}
		found := map[string]string{}
		for _, block := range file.Body.(*hclsyntax.Body).Blocks {
			if block.Type != "locals" {
				continue
			}
			for _, attribute := range block.Body.Attributes {
				value, problems := attribute.Expr.Value(&hashicorp.EvalContext{})
				if problems.HasErrors() {
					t.Errorf("%s: %v\n%s", title, problems, text)
					continue
				}
				for at := value.ElementIterator(); at.Next(); {
					key, record := at.Element()
					found[key.AsString()] = record.GetAttr("value").AsString()
				}
			}
		}
		for _, l := range r.Lines {
			if got := found[l.Owner.String()]; !l.Done && got != l.Target.FQDN() {
				t.Errorf("%s: %s leads to %q, want %s\n%s", title, l.Owner, got, l.Target.FQDN(), text)
			}
		}
	}
}

// What is written for DNSControl runs as JavaScript, and asks for the records that were asked for.
func TestDNSControlRuns(t *testing.T) {
	t.Parallel()
	for title, r := range requests() {
		found := map[string]string{}
		vm := goja.New()
		record := func(call goja.FunctionCall) goja.Value {
			return vm.ToValue([]string{call.Argument(0).String(), call.Argument(1).String()})
		}
		for name, f := range map[string]func(goja.FunctionCall) goja.Value{
			"CNAME": record, "CAA": record, "TTL": func(goja.FunctionCall) goja.Value { return goja.Undefined() },
			"CAA_CRITICAL": record,
			"D_EXTEND": func(call goja.FunctionCall) goja.Value {
				for _, one := range call.Arguments[1:] {
					var parts []string
					if err := vm.ExportTo(one, &parts); err == nil && len(parts) == 2 {
						found[parts[0]+"."+call.Argument(0).String()] = parts[1]
					}
				}
				return goja.Undefined()
			},
		} {
			if err := vm.Set(name, f); err != nil {
				t.Fatal(err)
			}
		}
		text := r.written(t, "dnscontrol")
		if _, err := vm.RunString(text); err != nil {
			t.Errorf("%s: %v\n%s", title, err, text)
		}
		for _, l := range r.Lines {
			if got := found[l.Owner.String()]; !l.Done && got != l.Target.FQDN() {
				t.Errorf("%s: %s leads to %q, want %s\n%s", title, l.Owner, got, l.Target.FQDN(), text)
			}
		}
	}
}
