package egress

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"syscall"

	"deputy/fault"
)

// refused is a kind of address that documents may not reach, and why. The blocks are those that IANA's
// special-purpose registries (RFC 6890 §2.2) call not globally reachable, and those that carry an IPv4 address in an
// IPv6 one.
type refused struct {
	prefix netip.Prefix
	kind   string
}

// forbidden lists the blocks; a function, so that nothing can change them.
func forbidden() []refused {
	return []refused{
		{netip.MustParsePrefix("0.0.0.0/8"), "unspecified (RFC 1122 §3.2.1.3)"},
		{netip.MustParsePrefix("10.0.0.0/8"), "private (RFC 1918)"},
		{netip.MustParsePrefix("100.64.0.0/10"), "shared by a carrier's customers (RFC 6598)"},
		{netip.MustParsePrefix("127.0.0.0/8"), "loopback (RFC 1122 §3.2.1.3)"},
		{netip.MustParsePrefix("169.254.0.0/16"), "link-local (RFC 3927), where clouds keep their metadata service"},
		{netip.MustParsePrefix("172.16.0.0/12"), "private (RFC 1918)"},
		{netip.MustParsePrefix("192.0.0.0/24"), "for protocol assignments (RFC 6890)"},
		{netip.MustParsePrefix("192.0.2.0/24"), "for documentation (RFC 5737)"},
		{netip.MustParsePrefix("192.168.0.0/16"), "private (RFC 1918)"},
		{netip.MustParsePrefix("198.18.0.0/15"), "for benchmarks (RFC 2544)"},
		{netip.MustParsePrefix("198.51.100.0/24"), "for documentation (RFC 5737)"},
		{netip.MustParsePrefix("203.0.113.0/24"), "for documentation (RFC 5737)"},
		{netip.MustParsePrefix("224.0.0.0/4"), "multicast (RFC 5771)"},
		{netip.MustParsePrefix("240.0.0.0/4"), "reserved or broadcast (RFC 1112, RFC 919)"},
		{netip.MustParsePrefix("::/128"), "unspecified (RFC 4291 §2.5.2)"},
		{netip.MustParsePrefix("::1/128"), "loopback (RFC 4291 §2.5.3)"},
		{netip.MustParsePrefix("::/96"), "an IPv4 address in the abandoned compatible form (RFC 4291 §2.5.5.1)"},
		{netip.MustParsePrefix("64:ff9b:1::/48"), "for local translation (RFC 8215)"},
		{netip.MustParsePrefix("100::/64"), "for discarding (RFC 6666)"},
		{netip.MustParsePrefix("2001::/23"), "for protocol assignments, Teredo among them (RFC 2928, RFC 4380)"},
		{netip.MustParsePrefix("2001:db8::/32"), "for documentation (RFC 3849)"},
		{netip.MustParsePrefix("3fff::/20"), "for documentation (RFC 9637)"},
		{netip.MustParsePrefix("fc00::/7"), "unique local (RFC 4193)"},
		{netip.MustParsePrefix("fe80::/10"), "link-local (RFC 4291 §2.5.6)"},
		{netip.MustParsePrefix("fec0::/10"), "site-local (RFC 3879)"},
		{netip.MustParsePrefix("ff00::/8"), "multicast (RFC 4291 §2.7)"},
	}
}

// admitAddress says no to an address that the policy forbids. An IPv4-mapped address is the IPv4 address itself; one
// that carries an IPv4 address for a translator (NAT64, 6to4) is as forbidden as what it carries, and only an
// exception for the outer form allows it.
func (p Policy) admitAddress(addr netip.Addr) error {
	addr = addr.WithZone("").Unmap()
	if p.AnyAddress {
		return nil
	}
	for _, exception := range p.Addresses {
		if exception.Contains(addr) {
			return nil
		}
	}
	kind, bad := kindOf(addr)
	if inner, ok := carried(addr); !bad && ok {
		kind, bad = kindOf(inner)
	}
	if !bad {
		return nil
	}
	return &fault.Fault{
		Code:  fault.Egress,
		Tried: "connect to " + addr.String(),
		Seen:  fmt.Sprintf("the address is %s, which is forbidden by default", kind),
		Do:    fmt.Sprintf("if it is meant, add %s to allow.addresses of the DNS Provider", netip.PrefixFrom(addr, addr.BitLen())),
		Who:   fault.Admin,
	}
}

func kindOf(addr netip.Addr) (kind string, bad bool) {
	for _, r := range forbidden() {
		if r.prefix.Contains(addr) {
			return r.kind, true
		}
	}
	return "", false
}

// carried gives the IPv4 address within a NAT64 (RFC 6052 §2.1) or 6to4 (RFC 3056 §2) address.
func carried(addr netip.Addr) (inner netip.Addr, ok bool) {
	if !addr.Is6() {
		return netip.Addr{}, false
	}
	octets := addr.As16()
	switch {
	case netip.MustParsePrefix("64:ff9b::/96").Contains(addr):
		return netip.AddrFrom4([4]byte(octets[12:16])), true
	case netip.MustParsePrefix("2002::/16").Contains(addr):
		return netip.AddrFrom4([4]byte(octets[2:6])), true
	}
	return netip.Addr{}, false
}

// dial connects, and checks each address after resolution and before the connection: a name that resolves to
// something else the second time (DNS rebinding) gains nothing. Behind a proxy the only address dialled is the proxy's,
// which the administrator chose.
func (c *Client) dial(ctx context.Context, network, address string) (net.Conn, error) {
	// net/http lets a dial go on after its request has ended, so it needs an end of its own.
	d := net.Dialer{Resolver: c.resolver, Timeout: c.policy.Timeout}
	if c.policy.Proxy == nil {
		d.ControlContext = c.control
	}
	return d.DialContext(ctx, network, address)
}

func (c *Client) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	resolved, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("dial %s: %w", address, err)
	}
	return c.policy.admitAddress(resolved.Addr())
}
