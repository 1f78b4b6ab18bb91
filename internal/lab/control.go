package lab

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The control API's bodies. It is for this machine's own shells: who reaches the port may edit the lab's zones.
type (
	zoneAdd    struct{ Lines []string }
	zoneRemove struct{ Owner, Type string }
	behave     struct{ Server, Name, How string }
	late       struct{ Server, Lag string }
	far        struct{ Server, Delay string }
	filtered   struct{ Dropped bool }
	removed    struct{ Removed int }
)

// controlHandler is the control API, see Remote.
func (l *Lab) controlHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /zone", asJSON(l.controlShow))
	mux.HandleFunc("POST /zone/add", asJSON(l.controlAdd))
	mux.HandleFunc("POST /zone/remove", asJSON(l.controlRemove))
	mux.HandleFunc("GET /zone/texts", asJSON(l.controlTexts))
	mux.HandleFunc("GET /history", asJSON(l.controlHistory))
	mux.HandleFunc("POST /behave", asJSON(l.controlBehave))
	mux.HandleFunc("POST /lag", asJSON(l.controlLag))
	mux.HandleFunc("POST /delay", asJSON(l.controlDelay))
	mux.HandleFunc("POST /port53", asJSON(l.controlPort53))
	return mux
}

// asJSON answers with what f gives as JSON, or 400 and its error as text.
func asJSON(f func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		value, err := f(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(value) // a client that has gone away is no matter
	}
}

func (l *Lab) controlShow(r *http.Request) (any, error) {
	z, err := l.findZone(r.URL.Query().Get("zone"))
	if err != nil {
		return nil, err
	}
	return z.String(), nil
}

func (l *Lab) controlAdd(r *http.Request) (any, error) {
	var body zoneAdd
	z, err := l.zoneAndBody(r, &body)
	if err != nil {
		return nil, err
	}
	return nil, z.Add(body.Lines...)
}

func (l *Lab) controlRemove(r *http.Request) (any, error) {
	var body zoneRemove
	z, err := l.zoneAndBody(r, &body)
	if err != nil {
		return nil, err
	}
	n, err := z.remove(body.Owner, body.Type)
	return removed{n}, err
}

func (l *Lab) controlTexts(r *http.Request) (any, error) {
	z, err := l.findZone(r.URL.Query().Get("zone"))
	if err != nil {
		return nil, err
	}
	return append([]string{}, z.Texts(r.FormValue("owner"))...), nil
}

func (l *Lab) controlHistory(r *http.Request) (any, error) {
	since := 0
	if text := r.FormValue("since"); text != "" {
		var err error
		if since, err = strconv.Atoi(text); err != nil {
			return nil, fmt.Errorf("since is a number, not %q", text)
		}
	}
	kind, server := r.FormValue("kind"), r.FormValue("server")
	found := l.history.Find(func(e Entry) bool {
		return e.Seq > since && (kind == "" || e.Kind == kind) && (server == "" || e.Server == server)
	})
	return append([]Entry{}, found...), nil
}

func (l *Lab) controlBehave(r *http.Request) (any, error) {
	var body behave
	if err := decode(r, &body); err != nil {
		return nil, err
	}
	n, err := l.findServer(body.Server)
	if err != nil {
		return nil, err
	}
	if err := checkBehaviour(body.How); err != nil {
		return nil, err
	}
	if body.Name != "" {
		n.BehaveAt(body.Name, body.How)
		return nil, nil
	}
	n.Behave(body.How)
	return nil, nil
}

func (l *Lab) controlLag(r *http.Request) (any, error) {
	var body late
	if err := decode(r, &body); err != nil {
		return nil, err
	}
	n, lag, err := l.serverAndDuration(body.Server, body.Lag)
	if err == nil {
		n.SetLag(lag)
	}
	return nil, err
}

func (l *Lab) controlDelay(r *http.Request) (any, error) {
	var body far
	if err := decode(r, &body); err != nil {
		return nil, err
	}
	n, delay, err := l.serverAndDuration(body.Server, body.Delay)
	if err == nil {
		n.SetDelay(delay)
	}
	return nil, err
}

func (l *Lab) controlPort53(r *http.Request) (any, error) {
	var body filtered
	err := decode(r, &body)
	if err == nil {
		l.DropPort53(body.Dropped)
	}
	return nil, err
}

func (l *Lab) serverAndDuration(server, duration string) (*Nameserver, time.Duration, error) {
	n, err := l.findServer(server)
	if err != nil {
		return nil, 0, err
	}
	d, err := time.ParseDuration(duration)
	if err != nil {
		return nil, 0, fmt.Errorf("%q is no duration; write 3s or 500ms", duration)
	}
	return n, d, nil
}

func (l *Lab) zoneAndBody(r *http.Request, body any) (*Zone, error) {
	z, err := l.findZone(r.URL.Query().Get("zone"))
	if err != nil {
		return nil, err
	}
	return z, decode(r, body)
}

// list names what a map has, for people.
func list[V any](m map[string]V) string {
	return strings.Join(slices.Sorted(maps.Keys(m)), ", ")
}
