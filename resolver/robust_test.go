package resolver_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/miekg/dns"

	"deputy/resolver"
)

// dialled keeps the addresses that a client opens connections to, and closes some ways.
type dialled struct {
	mu     sync.Mutex
	to     []string
	closed func(network string, to netip.AddrPort) error
}

func (d *dialled) dial(ctx context.Context, network, address string) (net.Conn, error) {
	d.mu.Lock()
	d.to = append(d.to, network+" "+address)
	d.mu.Unlock()
	if d.closed != nil {
		if err := d.closed(network, netip.MustParseAddrPort(address)); err != nil {
			return nil, &net.OpError{Op: "dial", Net: network, Err: err}
		}
	}
	return new(net.Dialer).DialContext(ctx, network, address)
}

// A private root is the only one that is asked, whatever is wrong with it; the Failure says who it is and why.
func TestAPrivateRootNeverFallsBack(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		start func(t *testing.T, n *network) netip.AddrPort
		want  string // of the message, after the root's address
	}{
		{"answers for nothing", func(_ *testing.T, n *network) netip.AddrPort { return n.start().Addr }, "REFUSED"},
		{"knows nothing", func(_ *testing.T, n *network) netip.AddrPort { return n.start().tell("lame").Addr }, "lame"},
		{"a resolver", func(_ *testing.T, n *network) netip.AddrPort { return n.start().zone(".").tell("recursor").Addr }, "lame"},
		{"silent", func(_ *testing.T, n *network) netip.AddrPort { return n.start().tell("silent").Addr }, "no answer in 3 tries"},
		{"a web server", webServer, "it speaks HTTP: a web server, not a DNS server"},
		{"nobody", func(*testing.T, *network) netip.AddrPort { return netip.MustParseAddrPort("127.0.0.1:1") }, "nothing listens there"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			root := tt.start(t, newNetwork(t))
			d := &dialled{}
			c, err := resolver.New(resolver.Config{Root: []netip.AddrPort{root}, Timeout: 400 * time.Millisecond, Dial: d.dial})
			if err != nil {
				t.Fatal(err)
			}
			_, err = c.Poll(t.Context(), owner(challengeName), resolver.TXT, func(resolver.Answer) { t.Error("there is an answer") })
			want := root.String() + " says nothing usable about " + challengeName + ": " + tt.want
			var failure *resolver.Failure
			if !errors.As(err, &failure) || err.Error() != want {
				t.Errorf("%v, want %s", err, want)
			}
			if _, err := c.Views(t.Context(), owner(challengeName), resolver.TXT); !errors.As(err, &failure) {
				t.Errorf("the public resolvers: %v, want a Failure, since none is asked", err)
			}
			for _, to := range d.to {
				if !strings.HasSuffix(to, " "+root.String()) {
					t.Errorf("asked %s, which is not the root", to)
				}
			}
			if c.View() != "from the root "+root.String() {
				t.Errorf("view %q", c.View())
			}
		})
	}
}

// webServer answers anything as a web server does that is sent garbage.
func webServer(t *testing.T, _ *network) netip.AddrPort {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"))
			_, _ = conn.Read(make([]byte, 512))
			_ = conn.Close()
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		running.Wait()
	})
	return netip.MustParseAddrPort(listener.Addr().String())
}

// An address of a family without a route is told, and takes nothing from the others.
func TestPollWithoutARoute(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	d := &dialled{closed: func(_ string, to netip.AddrPort) error {
		if to.Addr().Is6() {
			return syscall.ENETUNREACH
		}
		return nil
	}}
	routeless := func(c *resolver.Config) { c.Dial, c.Timeout = d.dial, time.Second }
	both := []string{"martdj.nl. 3600 IN NS ns1.martdj.nl.", "ns1.martdj.nl. 3600 IN AAAA 2001:db8::1", "ns1.martdj.nl. 3600 IN A $A", challengeName + ". 60 IN TXT here"}
	w.martdj.zone("martdj.nl.", both...)
	w.nl.zone("nl.", both[0], both[1], "ns1.martdj.nl. 3600 IN A "+w.martdj.Addr.Addr().String())
	p := poll(t, w.client(t, routeless), owner(challengeName))
	if got := told(p); !slices.Equal(got, []string{"ns1.martdj.nl: TXT here", "ns1.martdj.nl: no route"}) {
		t.Errorf("%q", got)
	}
	w.nl.zone("nl.", both[0], both[1])
	_, err := w.client(t, routeless).Poll(t.Context(), owner(challengeName), resolver.TXT, func(resolver.Answer) {})
	want := "ns1.martdj.nl ([2001:db8::1]:53) says nothing usable about " + challengeName + ": no route"
	if err == nil || w.anonymous(err.Error()) != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// A server without UDP, be it dropped or closed, is had over TCP; one behind a port that is dropped is silent.
func TestPollWithWaysThatAreClosed(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		closed func(network string, to netip.AddrPort) error
		want   string
	}{
		{"UDP closed", func(network string, _ netip.AddrPort) error {
			if network == "udp" {
				return syscall.ECONNREFUSED
			}
			return nil
		}, ""},
		{"TCP closed", func(network string, _ netip.AddrPort) error {
			if network == "tcp" {
				return syscall.ECONNREFUSED
			}
			return nil
		}, ""},
		{"port 53 dropped", func(string, netip.AddrPort) error { return context.DeadlineExceeded }, "no answer in 3 tries"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			d := &dialled{closed: tt.closed}
			c := w.client(t, hasty, func(c *resolver.Config) { c.Dial = d.dial })
			p, err := c.Poll(t.Context(), owner(challengeName), resolver.TXT, func(resolver.Answer) {})
			switch {
			case tt.want == "" && (err != nil || len(told(p)) != 2 || p.Replies[0].Failure != nil || p.Replies[1].Failure != nil):
				t.Errorf("%q, %v", told(p), err)
			case tt.want != "" && (err == nil || !strings.HasSuffix(err.Error(), tt.want)):
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
}

// A slow server is still heard, and what it says late is not taken for silence.
func TestPollHearsSlowServers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.second.play(func(_, honest *dns.Msg, _ bool) []byte {
		<-time.After(40 * time.Millisecond)
		return pack(honest)
	})
	p := poll(t, w.client(t, func(c *resolver.Config) { c.Timeout = 5 * time.Second }), owner(challengeName))
	if len(p.Replies) != 2 || p.Replies[1].Failure != nil {
		t.Errorf("%q", told(p))
	}
}

// Where the system's resolver is asked for, it is the way, and there has to be one.
func TestTheSystemsResolverByName(t *testing.T) {
	t.Parallel()
	_, err := resolver.New(resolver.Config{Recursive: "system", System: "testdata/none"})
	if err == nil || !strings.Contains(err.Error(), "use the system's resolver") {
		t.Errorf("%v, want a fault", err)
	}
}
