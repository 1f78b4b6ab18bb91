package lab

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/miekg/dns"
)

// SetTXT is pebble-challtestsrv's management API (set-txt, clear-txt), serving the zone "pebble.lab". A value is added
// to those that are there, with TTL 0; the answer is 200 with an empty body whatever the method, and 400 for what is no
// JSON or lacks host or value. As with the real one a host is taken that nobody will ever ask it for: outside
// pebble.lab that is.
type SetTXT struct {
	door *door
	web  *web
	zone *Zone
}

// URL is where values are set: http://127.0.0.1:PORT/set-txt.
func (s *SetTXT) URL() string { return s.web.url + "/set-txt" }

// Intercept decides on each request before it is handled; nil takes the interception away.
func (s *SetTXT) Intercept(f func(*http.Request) Intervention) { s.door.set(f) }

func newSetTXT(h *History, zone *Zone) (*SetTXT, error) {
	s := &SetTXT{zone: zone}
	mux := http.NewServeMux()
	mux.HandleFunc("/set-txt", s.setTXT)
	mux.HandleFunc("/clear-txt", s.clearTXT)
	s.door = &door{history: h, inside: mux, entry: hostEntry("set-txt")}
	var err error
	s.web, err = serveHTTP(s.door, nil)
	return s, err
}

func (s *SetTXT) setTXT(w http.ResponseWriter, r *http.Request) {
	var request struct{ Host, Value string }
	if err := decode(r, &request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if request.Host == "" || request.Value == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	owner := dns.CanonicalName(request.Host)
	if dns.IsSubDomain(s.zone.origin, owner) {
		s.zone.append("set-txt", textRecord(owner, request.Value))
	}
	w.WriteHeader(http.StatusOK)
}

func (s *SetTXT) clearTXT(w http.ResponseWriter, r *http.Request) {
	var request struct{ Host string }
	if err := decode(r, &request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if request.Host == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	owner := dns.CanonicalName(request.Host)
	if dns.IsSubDomain(s.zone.origin, owner) {
		s.zone.set("set-txt", owner, dns.TypeTXT, nil)
	}
	w.WriteHeader(http.StatusOK)
}

// decode reads a JSON body as challtestsrv does: keys in any case, unknown ones ignored.
func decode(r *http.Request, into any) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if len(body) == 0 {
		return errors.New("expected JSON POST body, was empty")
	}
	return json.Unmarshal(body, into)
}
