package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// bind is Debian's named with a private internet: a view for each server. named listens at addresses that the machine
// has, so doors at addresses of their own in 127/8, on one port, lead to it, each to its view.
type bind struct {
	t      *testing.T
	dir    string
	behind string         // where named listens
	base   string         // "127.20.30."
	port   string         // of all doors
	views  map[int]string // by the last octet of the door's address
}

// newBind prepares one. Servers have the numbers 1, the root, to 9.
func newBind(t *testing.T) *bind {
	t.Helper()
	b := &bind{t: t, dir: t.TempDir(), base: fmt.Sprintf("127.%d.%d.", rand.IntN(200)+1, rand.IntN(250)+1), views: map[int]string{}}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	b.behind = listener.Addr().String()
	must(t, listener.Close())
	return b
}

// at is the address of a server.
func (b *bind) at(server int) string { return fmt.Sprint(b.base, server) }

// zone gives servers a zone. Each gets the apex records, and what lines holds; "$N" there is server N's address.
func (b *bind) zone(origin, lines string, servers ...int) {
	b.t.Helper()
	dot := strings.TrimPrefix("."+origin, ".")
	text := fmt.Sprintf("$TTL 60\n$ORIGIN %s.\n@ SOA ns admin 1 3600 600 604800 60\n", dot)
	for n, server := range servers {
		text += fmt.Sprintf("@ NS ns%d\nns%d A %s\n", n+1, n+1, b.at(server))
	}
	b.zoneFile(origin, text+lines, servers...)
}

// zoneFile gives servers a zone as it is written.
func (b *bind) zoneFile(origin, text string, servers ...int) {
	b.t.Helper()
	for server := range 10 {
		text = strings.ReplaceAll(text, fmt.Sprintf("$%d", server), b.at(server))
	}
	for _, server := range servers {
		file := filepath.Join(b.dir, fmt.Sprintf("%d-%s", server, or(origin, "root")))
		must(b.t, os.WriteFile(file, []byte(strings.ReplaceAll(text, "$ORIGIN ..", "$ORIGIN .")), 0o644))
		b.views[server] += fmt.Sprintf("zone %q { type primary; file %q; check-names ignore; };\n", or(origin, "."), file)
	}
}

// delegation is the records in a parent for a zone and its servers.
func (b *bind) delegation(zone string, servers ...int) string {
	var text strings.Builder
	for n, server := range servers {
		fmt.Fprintf(&text, "%s. NS ns%d.%s.\nns%d.%s. A $%d\n", zone, n+1, zone, n+1, zone, server)
	}
	return text.String()
}

// start runs named and opens the doors; it gives the root's address.
func (b *bind) start() string {
	b.t.Helper()
	program, err := exec.LookPath("/usr/sbin/named")
	if err != nil {
		b.t.Skip("needs named: apt-get install --no-install-recommends bind9")
	}
	_, port, _ := net.SplitHostPort(b.behind)
	config := fmt.Sprintf("options { directory %q; listen-on port %s { 127.0.0.1; }; listen-on-v6 { none; }; pid-file none; session-keyfile none; recursion no; allow-query { any; }; dnssec-validation no; notify no; empty-zones-enable no; };\ncontrols { };\n", b.dir, port)
	for server, zones := range b.views {
		config += fmt.Sprintf("view v%d { match-clients { %s; };\n%s};\n", server, b.at(server), zones)
	}
	file := filepath.Join(b.dir, "named.conf")
	must(b.t, os.WriteFile(file, []byte(config), 0o644))
	var said bytes.Buffer
	server := exec.Command(program, "-g", "-n", "1", "-c", file)
	server.Stdout, server.Stderr = &said, &said
	must(b.t, server.Start())
	b.t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
		if b.t.Failed() {
			b.t.Log(said.String())
		}
	})
	for server := range b.views {
		b.door(server)
	}
	b.await(b.behind)
	return net.JoinHostPort(b.at(1), b.port)
}

// await returns when a server answers.
func (b *bind) await(address string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), 30*time.Second)
	defer cancel()
	for ticker := time.NewTicker(50 * time.Millisecond); ; {
		if conn, err := new(net.Dialer).DialContext(ctx, "tcp", address); err == nil {
			_ = conn.Close()
			ticker.Stop()
			return
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			b.t.Fatalf("the server at %s did not start", address)
		}
	}
}

// door opens the address of a server, and hands what comes to named as from there.
func (b *bind) door(server int) {
	b.t.Helper()
	address := net.JoinHostPort(b.at(server), or(b.port, "0"))
	listener, err := net.Listen("tcp", address)
	must(b.t, err)
	_, b.port, _ = net.SplitHostPort(listener.Addr().String())
	packets, err := net.ListenPacket("udp", listener.Addr().String())
	must(b.t, err)
	b.t.Cleanup(func() { _, _ = listener.Close(), packets.Close() })
	from := net.ParseIP(b.at(server))
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go b.carryStream(conn, from)
		}
	}()
	go func() {
		for {
			packet := make([]byte, 4096)
			size, back, err := packets.ReadFrom(packet)
			if err != nil {
				return
			}
			go b.carryPacket(packet[:size], from, func(answer []byte) { _, _ = packets.WriteTo(answer, back) })
		}
	}()
}

func (b *bind) carryStream(conn net.Conn, from net.IP) {
	defer conn.Close()
	to, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: from}}).Dial("tcp", b.behind)
	if err != nil {
		return
	}
	go func() {
		_, _ = io.Copy(to, conn)
		_ = to.Close()
	}()
	_, _ = io.Copy(conn, to)
}

func (b *bind) carryPacket(packet []byte, from net.IP, answer func([]byte)) {
	to, err := (&net.Dialer{LocalAddr: &net.UDPAddr{IP: from}}).Dial("udp", b.behind)
	if err != nil {
		return
	}
	defer to.Close()
	_ = to.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := to.Write(packet); err != nil {
		return
	}
	reply := make([]byte, 65535)
	if size, err := to.Read(reply); err == nil {
		answer(reply[:size])
	}
}

// customerZone has a fault, or none, at each name.
const customerZone = `
good A 192.0.2.1
_acme-challenge.good CNAME good.val.test.
_acme-challenge.two CNAME hop
hop CNAME two.val.test.
_acme-challenge.loop CNAME loop2
loop2 CNAME _acme-challenge.loop
_acme-challenge.self CNAME _acme-challenge.self
_acme-challenge.long CNAME h1
h1 CNAME h2
h2 CNAME h3
h3 CNAME h4
h4 CNAME h5
h5 CNAME h6
h6 CNAME h7
h7 CNAME h8
h8 CNAME h9
h9 CNAME h10
h10 CNAME h11
h11 CNAME h12
h12 CNAME h13
h13 CNAME good.val.test.
_acme-challenge.eight CNAME h7
athost CNAME athost.val.test.
cdn CNAME web.val.test.
_acme-challenge.*.starred CNAME good.val.test.
_acme-challenge.twice.cust.test CNAME good.val.test.
none A 192.0.2.1
_acme-challenge.txt TXT "left"
_acme-challenge.dot CNAME good.val.test.cust.test.
_acme-challenge.vendor CNAME vendor.cust.test.0123456789abcdef.dcv.cloudflare.com.
_acme-challenge.dangling CNAME x.nobody.test.
_acme-challenge.dangling2 CNAME x.nobody.nosuch.
_acme-challenge.refused CNAME x.refused.test.
_acme-challenge.big CNAME big.val.test.
_acme-challenge.stale CNAME stale.val.test.
_acme-challenge.other CNAME other.val.test.
_acme-challenge.caa CNAME good.val.test.
caa CAA 0 issue "ca.example"
_acme-challenge.below.caa CNAME good.val.test.
_acme-challenge.wildcaa CNAME good.val.test.
wildcaa CAA 0 issue "letsencrypt.org"
wildcaa CAA 0 issuewild ";"
_acme-challenge.method CNAME good.val.test.
method CAA 0 issue "letsencrypt.org; validationmethods=http-01"
_acme-challenge.critical CNAME good.val.test.
critical CAA 128 tbs "x"
_acme-challenge.caaalias CNAME good.val.test.
caaalias CNAME caa
_acme-challenge.caaunknown CNAME good.val.test.
caaunknown CNAME x.refused.test.
alias DNAME dn.val.test.
`

// brokenInternet is a root, a domain under it, a customer at two servers, and a validation zone.
func brokenInternet(b *bind) {
	b.zone("", b.delegation("test", 2)+b.delegation("com", 2), 1)
	b.zone("com", b.delegation("cloudflare.com", 5), 2)
	b.zone("cloudflare.com", "", 5)
	under := b.delegation("cust.test", 3, 4) + b.delegation("val.test", 5) + b.delegation("star.test", 3) + b.delegation("wild.test", 3) +
		b.delegation("refused.test", 6) + b.delegation("half.test", 3, 6) + "direct.test. A 192.0.2.9\n" +
		"noaddress.test. NS ns.nowhere.test.\nonlysix.test. NS ns.onlysix.test.\nns.onlysix.test. AAAA 100::1\n"
	b.zone("test", under, 2)
	differ := "_acme-challenge.differ CNAME good.val.test.\n_acme-challenge.other2 CNAME good.val.test.\n"
	b.zoneFile("cust.test", "$TTL 60\n@ SOA ns1 admin 1 3600 600 604800 60\n@ NS ns1\n@ NS ns2\nns1 A $3\nns2 A $4\n"+differ+customerZone, 3)
	b.zoneFile("cust.test", "$TTL 60\n@ SOA ns1 admin 2 3600 600 604800 60\n@ NS ns1\n@ NS ns2\nns1 A $3\nns2 A $4\n_acme-challenge.other2 CNAME aaa.val.test.\n"+customerZone, 4)
	b.zone("star.test", "* A 192.0.2.9\n_acme-challenge.good CNAME good.val.test.\n_acme-challenge.dot CNAME good.val.test.star.test.\n", 3)
	b.zone("wild.test", "* CNAME web.val.test.\n_acme-challenge.real CNAME good.val.test.\n", 3)
	b.zoneFile("half.test", "$TTL 60\n@ SOA ns1 admin 1 3600 600 604800 60\n@ NS ns1\n@ NS ns2\nns1 A $3\nns2 A $6\n_acme-challenge CNAME good.val.test.\n", 3)
	b.zone("unrelated.test", "", 6)
	values := "web A 192.0.2.3\nstale TXT \"" + strings.Repeat("0", 43) + "\"\n"
	for n := range 80 {
		values += fmt.Sprintf("big TXT \"%03d%s\"\n", n, strings.Repeat("x", 40))
	}
	b.zone("val.test", values, 5)
}

// TestCheckOfZonesAtServers has check find each fault in zones that named, PowerDNS and unbound serve, and none in healthy
// ones, for many names at once as for one: from a server for each zone, and from one that holds all, of each make. Where
// the zones of the latter name other servers, these are named's.
func TestCheckOfZonesAtServers(t *testing.T) {
	t.Parallel()
	b := newBind(t)
	brokenInternet(b)
	b.views[7] = b.views[1] + b.views[2] + b.views[3] + b.views[5] // one server that holds all, and gives no referral
	root := b.start()
	want := map[string]string{ // by name: the code, and a note behind a blank
		"good.cust.test": "", "*.good.cust.test": "", "two.cust.test": " more-hops", "eight.cust.test": " more-hops", "stale.cust.test": " txt-stale",
		"_.alias.cust.test": "bad-name", "x.alias.cust.test": "", "other.cust.test": "", "good.star.test": "", "real.wild.test": "",
		"half.test":      " dead-server",
		"loop.cust.test": "loop", "self.cust.test": "loop", "long.cust.test": "too-long", "differ.cust.test": "servers-differ", "other2.cust.test": "servers-differ",
		"athost.cust.test": "cname-at-host", "starred.cust.test": "star-label", "*.starred.cust.test": "star-label", "twice.cust.test": "zone-doubled",
		"cdn.cust.test": "no-delegation", "none.cust.test": "no-delegation", "gone.cust.test": "no-delegation", "txt.cust.test": "no-delegation",
		"nobody.test": "no-delegation", "direct.test": "no-delegation", "new.star.test": "no-delegation",
		"dot.cust.test": "missing-dot", "dot.star.test": "missing-dot", "new.wild.test": "wildcard-caught", "vendor.cust.test": "other-vendor",
		"dangling.cust.test": "dangling-target", "dangling2.cust.test": "dangling-target", "big.cust.test": "txt-too-large",
		"caa.cust.test": "caa-forbids", "below.caa.cust.test": "caa-forbids", "wildcaa.cust.test": "", "*.wildcaa.cust.test": "caa-forbids",
		"method.cust.test": "caa-forbids", "critical.cust.test": "caa-forbids", "caaalias.cust.test": "caa-forbids",
		"caaunknown.cust.test": "caa-unknown", "refused.cust.test": "no-answer", "refused.test": "no-answer", "noaddress.test": "no-answer", "onlysix.test": "no-answer",
	}
	w := &world{t: t, env: map[string]string{"DEPUTY_STATE": filepath.Join(t.TempDir(), "state")}, out: &output{}}
	var names []string
	for n := range want {
		names = append(names, n)
	}
	file := filepath.Join(t.TempDir(), "names")
	must(t, os.WriteFile(file, []byte(strings.Join(names, "\n")), 0o600))
	all := b.held(1, 2, 3, 5)
	for _, from := range []string{root, net.JoinHostPort(b.at(7), b.port), b.powerDNS(8, all), b.unbound(9, all)} {
		if from == "" {
			continue
		}
		r := w.exits(exitDNS, "check", "--json", "--root", from, "--names", file)
		found := objects(t, r.stdout)
		if len(found) != len(want) {
			t.Fatalf("%d names of %d:\n%s", len(found), len(want), r.stdout)
		}
		for _, o := range found {
			if got, wanted := wordsOf(o), want[o["name"].(string)]; got != wanted {
				t.Errorf("%s from %s: %q, want %q\n%v", o["name"], from, got, wanted, o["faults"])
			}
		}
	}
	for n, wanted := range map[string]string{"other.cust.test": "wrong-target", "good.cust.test": "", "athost.cust.test": "no-delegation", "dot.star.test": "missing-dot"} {
		if got := wordsOf(objects(t, w.deputy("check", "--json", "--root", root, "--target", "good.val.test", n).stdout)[0]); got != wanted {
			t.Errorf("%s, with a target: %q, want %q", n, got, wanted)
		}
	}
}

// wordsOf is the code of an object that check printed, and behind a blank the notes that not every name has.
func wordsOf(o map[string]any) string {
	words := o["code"].(string)
	for _, note := range o["notes"].([]any) {
		code := note.(map[string]any)["code"].(string)
		if code != "dnssec" && code != "caa-unpinned" && code != "shared-target" && words == "" {
			words += " " + code
		}
	}
	return words
}
