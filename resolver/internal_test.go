package resolver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"syscall"
	"testing"

	"pgregory.net/rapid"

	"deputy/name"
)

func TestReasonOf(t *testing.T) {
	t.Parallel()
	connect := func(errno syscall.Errno) error {
		return &net.OpError{Op: "dial", Net: "udp", Err: os.NewSyscallError("connect", errno)}
	}
	for _, tt := range []struct {
		err  error
		want string
	}{
		{connect(syscall.ENETUNREACH), NoRoute},
		{connect(syscall.EHOSTUNREACH), NoRoute},
		{connect(syscall.EADDRNOTAVAIL), NoRoute},
		{connect(10051), NoRoute},
		{connect(10065), NoRoute},
		{connect(syscall.ECONNREFUSED), Refused},
		{connect(syscall.ECONNRESET), Closed},
		{fmt.Errorf("read: %w", os.ErrDeadlineExceeded), NoReply},
		{context.DeadlineExceeded, NoReply},
		{io.ErrUnexpectedEOF, Closed},
		{&truncated{connect(syscall.ECONNREFUSED)}, Truncated},
		{errors.New("something else"), "something else"},
	} {
		if got := reasonOf(tt.err); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.err, got, tt.want)
		}
	}
}

// A failure names first the server that said most, then the others, and counts silence.
func TestFailureSumsUp(t *testing.T) {
	t.Parallel()
	one, two := Server{Host: name.MustParseOwner("ns1.nl")}, Server{Host: name.MustParseOwner("ns2.nl")}
	zone := name.MustParseOwner("nl")
	for _, tt := range []struct {
		refusals []refusal
		server   Server
		reason   string
		silent   bool
	}{
		{nil, Server{}, "no name server of nl has an address that can be found", false},
		{[]refusal{{server: one, reason: NoReply}}, one, "no answer", true},
		{[]refusal{{server: one, reason: NoReply}, {server: one, reason: Closed}, {server: one, reason: NoReply}}, one, "no answer in 3 tries", true},
		{[]refusal{{server: one, reason: NoRoute}, {server: one, reason: NoRoute}}, one, "no route", true},
		{[]refusal{{server: one, reason: NoReply}, {server: two, reason: "SERVFAIL"}, {server: one, reason: NoReply}}, two,
			"SERVFAIL; " + one.String() + ": no answer in 2 tries", false},
		{[]refusal{{server: one, reason: NoReply}, {server: one, reason: Lame}}, one, "lame", false},
		{[]refusal{{server: one, reason: NoRoute}, {server: two, reason: Refused}}, one, "no route; " + two.String() + ": nothing listens there", true},
	} {
		f := question{zone, NS}.failure(zone, tt.refusals)
		if f.Server != tt.server || f.Reason != tt.reason || f.Silent() != tt.silent || f.Zone != zone {
			t.Errorf("%+v: %+v, want %s: %s", tt.refusals, f, tt.server, tt.reason)
		}
	}
}

// A question whose time is over was not answered; that is not "nobody to ask".
func TestRaceWithoutTimeIsNoAnswer(t *testing.T) {
	t.Parallel()
	c, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	server := Server{Host: name.MustParseOwner("ns1.nl")}
	r, refusals := c.race(ctx, []attempt{{server, overUDP}, {server, overTCP}}, func(context.Context, attempt) (*reply, *refusal) {
		t.Error("asked without time")
		return nil, nil
	})
	if r != nil || len(refusals) != 1 || refusals[0].reason != NoReply || refusals[0].server != server {
		t.Errorf("%+v, %+v", r, refusals)
	}
}

// octets undoes what the library's presentation form does to a string.
func TestOctetsProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		want := rapid.SliceOf(rapid.Byte()).Draw(r, "octets")
		escaped := ""
		for _, b := range want {
			switch {
			case b == '"' || b == '\\':
				escaped += `\` + string(rune(b))
			case b < ' ' || b > '~':
				escaped += `\` + fmt.Sprintf("%03s", strconv.Itoa(int(b)))
			default:
				escaped += string(rune(b))
			}
		}
		if got := octets(escaped); got != string(want) {
			r.Errorf("%q became %q, want %q", escaped, got, want)
		}
	})
}

func TestOctetsOfBrokenEscapes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{`a\`: `a\`, `\25`: "25", `\999`: "999", `\1`: "1"} {
		if got := octets(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// A full cache makes room, and what has expired is not given.
func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	c := newCache()
	for i := range 2*maxCached + 1 {
		zone := name.MustParseOwner(fmt.Sprintf("z%d.nl", i))
		c.keepCut(cut{zone: zone}, uint32(i%2)*3600)
	}
	if len(c.cuts) > maxCached {
		t.Errorf("%d cuts, over %d", len(c.cuts), maxCached)
	}
	last := name.MustParseOwner(fmt.Sprintf("www.z%d.nl", 2*maxCached-1))
	if found, ok := c.deepest(last); !ok || !last.In(found.zone) {
		t.Errorf("%+v, %v: the newest cut with a TTL is lost", found, ok)
	}
	if _, ok := c.deepest(name.MustParseOwner(fmt.Sprintf("z%d.nl", 2*maxCached))); ok {
		t.Error("a cut with TTL 0 is given")
	}
}
