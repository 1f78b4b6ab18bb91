package egress

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"

	"deputy/fault"
)

func TestForbiddenAddresses(t *testing.T) {
	t.Parallel()
	forbidden := []string{
		"0.0.0.0", "0.1.2.3", "10.1.2.3", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.255.254", "169.254.169.254",
		"172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.168.1.1", "198.18.0.1", "198.51.100.1", "203.0.113.1",
		"224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
		"::", "::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "100::1", "2001:db8::1", "2001::1", "3fff::1",
		"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
		"64:ff9b::127.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b::10.0.0.1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::1",
	}
	for _, text := range forbidden {
		err := Policy{}.admitAddress(netip.MustParseAddr(text))
		if err == nil {
			t.Errorf("%s is allowed", text)
			continue
		}
		wantFault(t, err, fault.Egress)
		if err := (Policy{AnyAddress: true}).admitAddress(netip.MustParseAddr(text)); err != nil {
			t.Errorf("%s with AnyAddress: %v", text, err)
		}
	}
	for _, text := range []string{
		"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.1", "169.253.0.1", "172.15.0.1",
		"172.32.0.1", "192.167.0.1", "192.169.0.1", "223.255.255.255", "2606:4700::1111", "2a01:4f8::1", "64:ff9b::1.1.1.1", "::ffff:8.8.8.8", "2002:101:101::1",
	} {
		if err := (Policy{}).admitAddress(netip.MustParseAddr(text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestAddressExceptions(t *testing.T) {
	t.Parallel()
	p := Policy{Addresses: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("fe80::/10"), netip.MustParsePrefix("64:ff9b::a00:0/104")}}
	for text, allowed := range map[string]bool{
		"127.0.0.1": true, "::ffff:127.0.0.1": true, "::1": false, "10.0.0.1": false, "169.254.169.254": false,
		"fe80::1%eth0":         true,
		"64:ff9b::127.0.0.1":   false, // a translator's loopback is not this machine's
		"64:ff9b::10.0.0.1":    true,
		"64:ff9b::192.168.0.1": false,
	} {
		if err := p.admitAddress(netip.MustParseAddr(text)); (err == nil) != allowed {
			t.Errorf("%s: allowed %v, want %v", text, err == nil, allowed)
		}
	}
}

// answering is a resolver over an in-memory DNS server that gives the addresses in turn, one to each question for an A
// record, and the last for ever.
func answering(addresses ...string) *net.Resolver {
	var asked atomic.Int32
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() {
			defer theirs.Close()
			for answerOne(theirs, func() string {
				return addresses[min(int(asked.Add(1)), len(addresses))-1]
			}) == nil {
			}
		}()
		return ours, nil
	}}
}

// answerOne reads one query with the two octets of length that a stream has (RFC 1035 §4.2.2), and answers it.
func answerOne(conn net.Conn, next func() string) error {
	var size [2]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return err
	}
	packet := make([]byte, int(size[0])<<8|int(size[1]))
	if _, err := io.ReadFull(conn, packet); err != nil {
		return err
	}
	var m dnsmessage.Message
	if err := m.Unpack(packet); err != nil {
		return err
	}
	m.Response, m.Additionals = true, nil
	if q := m.Questions[0]; q.Type == dnsmessage.TypeA {
		m.Answers = []dnsmessage.Resource{{
			Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class},
			Body:   &dnsmessage.AResource{A: netip.MustParseAddr(next()).As4()},
		}}
	}
	packed, err := m.Pack()
	if err != nil {
		return err
	}
	_, err = conn.Write(append([]byte{byte(len(packed) >> 8), byte(len(packed))}, packed...))
	return err
}

func TestNameThatResolvesToAForbiddenAddress(t *testing.T) {
	t.Parallel()
	var reached atomic.Int32
	base, roots := serve(t, func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	_, port, _ := net.SplitHostPort(hostOf(base))
	c := client(t, Policy{Hosts: []string{"inner.test:" + port}, Roots: roots})
	c.resolver = answering("127.0.0.1")
	_, err := c.Do(t.Context(), Request{Method: "PUT", URL: "https://inner.test:" + port + "/"})
	f := wantFault(t, err, fault.Egress)
	if !strings.Contains(f.Tried, "127.0.0.1") || reached.Load() != 0 {
		t.Errorf("fault %v, server reached %d times", f, reached.Load())
	}
	if errors.As(err, new(*Unanswered)) {
		t.Error("a refused address is no doubt: nothing was sent")
	}
}

func TestRebinding(t *testing.T) {
	t.Parallel()
	var reached atomic.Int32
	base, _ := serve(t, func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	_, port, _ := net.SplitHostPort(hostOf(base))
	// The first address is allowed, the second is not. Both answers come after the host list was satisfied, so only
	// the check of the address that is really dialled can tell them apart.
	c := client(t, Policy{Hosts: []string{"rebind.test:" + port}, Addresses: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	c.resolver = answering("127.0.0.1", "127.0.0.2")
	_, err := c.Do(t.Context(), Request{Method: "GET", URL: "https://rebind.test:" + port + "/"})
	wantFault(t, err, fault.HostFailed) // it got as far as TLS, where the test server is not trusted
	_, err = c.Do(t.Context(), Request{Method: "GET", URL: "https://rebind.test:" + port + "/"})
	wantFault(t, err, fault.Egress)
	if reached.Load() != 0 {
		t.Errorf("the server was reached %d times", reached.Load())
	}
}

func TestLiteralAddressesOfOddForms(t *testing.T) {
	t.Parallel()
	c := client(t, Policy{AnyHost: true, PlainHTTP: true})
	c.resolver = answering("127.0.0.1")
	for host, code := range map[string]fault.Code{
		"127.0.0.1": fault.Egress, "[::1]": fault.Egress, "[::ffff:127.0.0.1]": fault.Egress, "[::ffff:7f00:1]": fault.Egress,
		"[64:ff9b::7f00:1]": fault.Egress, "169.254.169.254": fault.Egress, "localhost.test": fault.Egress,
		"0x7f000001": fault.Egress,                                                                // a name to Go; C libraries take it for an address, and then it is checked all the same
		"127.0.0.1.": fault.HostFailed, "127.1": fault.HostFailed, "2130706433": fault.HostFailed, // neither a name nor an address to Go
	} {
		_, err := c.Do(t.Context(), Request{Method: "GET", URL: "http://" + host + "/latest/meta-data/"})
		if f, ok := fault.From(err); !ok || f.Code != code {
			t.Errorf("%s: %v, want %s", host, err, code)
		}
	}
}
