package egress

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"deputy/fault"
)

// endpoint is a host as URLs name it, lower case, without a final dot or brackets; port "" means the scheme's own.
type endpoint struct {
	host, port string
}

// hostList is the hosts that a policy allows.
type hostList []endpoint

// parseHosts reads "host" or "host:port" entries; IPv6 addresses stand in brackets when a port follows.
func parseHosts(entries []string) (hostList, error) {
	list := make(hostList, 0, len(entries))
	for _, entry := range entries {
		e, err := parseEndpoint(entry)
		if err != nil {
			return nil, fmt.Errorf("%q is no host: %w", entry, err)
		}
		list = append(list, e)
	}
	return list, nil
}

func parseEndpoint(entry string) (endpoint, error) {
	host, port := strings.Trim(entry, "[]"), ""
	if _, err := netip.ParseAddr(host); err != nil && strings.Contains(entry, ":") {
		var err error
		if host, port, err = net.SplitHostPort(entry); err != nil {
			return endpoint{}, err
		}
		if number, err := strconv.ParseUint(port, 10, 16); err != nil || number == 0 {
			return endpoint{}, fmt.Errorf("%q is no port", port)
		}
	}
	host = canonicalHost(host)
	if err := plainHost(host); err != nil {
		return endpoint{}, err
	}
	return endpoint{host: host, port: port}, nil
}

func canonicalHost(host string) string {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.String()
	}
	return strings.TrimSuffix(strings.ToLower(host), ".")
}

// plainHost admits addresses and names in A-labels. Everything else, above all what Unicode mapping would turn into
// another host on the way to the dialler, is refused.
func plainHost(host string) error {
	if _, err := netip.ParseAddr(host); err == nil {
		return nil
	}
	if host == "" {
		return fmt.Errorf("the host is empty")
	}
	for _, c := range host {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (c < '0' || c > '9') && !strings.ContainsRune("-._", c) {
			return fmt.Errorf("%q can't stand in a host; write international names as A-labels (xn--…)", c)
		}
	}
	return nil
}

// allows says whether the list holds u's host and port.
func (l hostList) allows(u *url.URL, plainHTTP bool) bool {
	host, port := canonicalHost(u.Hostname()), effectivePort(u)
	for _, e := range l {
		if e.host != host {
			continue
		}
		if e.port == port {
			return true
		}
		if e.port == "" && (port == "443" || plainHTTP && port == "80") {
			return true
		}
	}
	return false
}

// effectivePort is the port that will be dialled.
func effectivePort(u *url.URL) string {
	if port := u.Port(); port != "" {
		return port
	}
	if u.Scheme == "http" {
		return "80"
	}
	return "443"
}

// admitURL checks a URL before anything is resolved: scheme, host list, and what has no place in an address.
func (c *Client) admitURL(u *url.URL) error {
	refuse := func(seen, do string) error {
		return &fault.Fault{Code: fault.Egress, Tried: "send a request to " + show(u), Seen: seen, Do: do, Who: fault.Admin}
	}
	switch {
	case u.User != nil:
		return refuse("the URL holds a user name or password", "take it out of the URL and send it in a header")
	case u.Opaque != "" || plainHost(u.Hostname()) != nil:
		return refuse("the URL names no host that can be asked", "write it as https://host/path, international names as A-labels (xn--…)")
	case u.Scheme == "http" && !c.policy.PlainHTTP:
		return refuse("the URL is not https", "use https://, or set allow.plain_http: true in the DNS Provider if the way there is safe")
	case u.Scheme != "http" && u.Scheme != "https":
		return refuse(fmt.Sprintf("the URL's scheme is %q", u.Scheme), "use https://")
	case !c.policy.AnyHost && !c.hosts.allows(u, c.policy.PlainHTTP):
		host := net.JoinHostPort(u.Hostname(), effectivePort(u))
		return refuse(host+" is not among the hosts that may be asked", "if it is meant, add "+host+" to allow.hosts of the DNS Provider")
	}
	// A literal address needs no resolution, so it is checked here too: behind a proxy nobody else would.
	if addr, err := netip.ParseAddr(u.Hostname()); err == nil {
		return c.policy.admitAddress(addr)
	}
	return nil
}

// show writes u for people: without user, password, query and fragment, where secrets may be.
func show(u *url.URL) string {
	clean := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	if u.Opaque != "" {
		return u.Scheme + ":…"
	}
	return clean.String()
}
