package desec

import (
	"net/http"
	"slices"
	"strings"
)

// resource is one of the four kinds of things that the API has below /domains/.
type resource int

const (
	domainList resource = iota
	domainDetail
	rrsetList
	rrsetDetail
)

// route is what a path means.
type route struct {
	resource resource
	domain   string
	subname  string // "" is the apex
	rrtype   string
}

// parseRoute reads a path with its final slash. The apex is "@" or "..." in a path, and either may follow any subname
// (https://desec.readthedocs.io/en/latest/dns/rrsets.html#accessing-the-zone-apex).
func parseRoute(path string) (route, bool) {
	rest, ok := strings.CutPrefix(path, prefix)
	if !ok || !strings.HasSuffix(rest, "/") {
		return route{}, false
	}
	parts := strings.Split(strings.TrimSuffix(rest, "/"), "/")
	if parts[0] != "domains" || slices.Contains(parts, "") {
		return route{}, false
	}
	switch {
	case len(parts) == 1:
		return route{resource: domainList}, true
	case len(parts) == 2:
		return route{resource: domainDetail, domain: parts[1]}, true
	case parts[2] != "rrsets":
		return route{}, false
	case len(parts) == 3:
		return route{resource: rrsetList, domain: parts[1]}, true
	case len(parts) == 5:
		return route{rrsetDetail, parts[1], subnameOf(parts[3]), parts[4]}, true
	}
	return route{}, false
}

func subnameOf(part string) string {
	if s, ok := strings.CutSuffix(part, "..."); ok {
		return s
	}
	return strings.TrimSuffix(part, "@")
}

// allowed lists the methods of the route, in the order of the Allow header.
func (r route) allowed() []string {
	switch r.resource {
	case domainList:
		return []string{"GET", "POST", "HEAD", "OPTIONS"}
	case domainDetail:
		return []string{"GET", "DELETE", "HEAD", "OPTIONS"}
	case rrsetList:
		return []string{"GET", "POST", "PUT", "PATCH", "HEAD", "OPTIONS"}
	}
	return []string{"GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}
}

// safe says that a method only reads.
func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}
