// Package desec behaves as deSEC's API does (https://desec.readthedocs.io), measured on deSEC's own server: routes,
// checks and their order, messages, headers, throttles, and how it fails. It is an http.Handler for paths below
// /api/v1/ and keeps its zones in memory; Config.Publish hands each committed change to whoever serves DNS.
//
// It does not serve DNS, log in people, manage tokens, page long lists (over 500 objects) or sign zones.
package desec

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// prefix is where the API lives (https://desec.readthedocs.io/en/latest/endpoint-reference.html).
const prefix = "/api/v1/"

// maxBody bounds a request's body, octets; Django's DATA_UPLOAD_MAX_MEMORY_SIZE.
const maxBody = 2_621_440

// Config says who has which zones. The zero value is a host without accounts: every request is answered with 401.
type Config struct {
	Accounts   []Account
	NoThrottle bool             // no rate limits
	Clock      func() time.Time // time.Now if nil; runs throttles and time stamps
	// Publish gets each RRset that a committed request changed, in the request's order, before the request is answered;
	// it must not call the Host. An error is "nsmaster down": the answer is 500, the change stays committed. May be nil.
	Publish func(zone string, set RRset) error
}

// RRset is one RRset as it is to be served. Empty Records: it is gone.
type RRset struct {
	Name    string // with its final dot
	Type    string
	TTL     int      // seconds
	Records []string // presentation form, without owner, TTL, class and type
}

// Host is the API. Requests are handled one after another, as writes of one zone are by deSEC's database.
type Host struct {
	noThrottle bool
	clock      func() time.Time
	publish    func(zone string, set RRset) error

	mu           sync.Mutex // guards what follows
	tokens       map[string]*login
	domains      map[string]*domain
	limiter      limiter
	powerDNSDown bool
}

// New makes a host with the zones of c, all empty.
func New(c Config) *Host {
	h := &Host{
		noThrottle: c.NoThrottle,
		clock:      c.Clock,
		publish:    c.Publish,
		tokens:     map[string]*login{},
		domains:    map[string]*domain{},
		limiter:    limiter{},
	}
	if h.clock == nil {
		h.clock = time.Now
	}
	if h.publish == nil {
		h.publish = func(string, RRset) error { return nil }
	}
	for i, a := range c.Accounts {
		h.open(i, a)
	}
	return h
}

// SetPowerDNSDown plays deSEC's signing server being away: while down, a write that would change something is answered
// with 500 and an HTML page, and nothing is changed.
func (h *Host) SetPowerDNSDown(down bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.powerDNSDown = down
}

// ServeHTTP answers one request.
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		http.Error(w, "request body: "+err.Error(), http.StatusBadRequest)
		return
	}
	h.mu.Lock()
	a := h.answer(r, body)
	h.mu.Unlock()
	a.send(w)
}

// answer routes as Django does: an address without its final slash that would be right with one is redirected, whatever
// the method and before anybody has logged in (Django's APPEND_SLASH).
func (h *Host) answer(r *http.Request, body []byte) answer {
	to, ok := parseRoute(r.URL.Path)
	if !ok {
		if _, ok := parseRoute(r.URL.Path + "/"); !ok || strings.HasSuffix(r.URL.Path, "/") {
			return page(http.StatusNotFound, "Not Found", "The requested resource was not found on this server.")
		}
		location := r.URL.EscapedPath() + "/"
		if r.URL.RawQuery != "" {
			location += "?" + r.URL.RawQuery
		}
		return answer{status: http.StatusMovedPermanently, html: true}.with("Location", location)
	}
	c := &call{
		host: h, route: to, method: r.Method, query: r.URL.Query(), now: h.clock(),
		authorization: r.Header.Get("Authorization"), contentType: r.Header.Get("Content-Type"), body: body,
	}
	a, err := c.run()
	if err != nil {
		a = refusalOf(err)
	}
	return a.with("Allow", strings.Join(to.allowed(), ", ")).with("Vary", "Accept")
}
