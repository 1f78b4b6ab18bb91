package resolver

import "net/netip"

// Begin makes walks of c begin at addr where Config names no root, and puts the system's resolvers at its port too:
// tests stay on loopback and can't have port 53.
func (c *Client) Begin(addr netip.AddrPort) {
	c.hints, c.port = []Server{{Addr: addr}}, addr.Port()
}
