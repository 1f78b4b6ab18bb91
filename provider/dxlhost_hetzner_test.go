package provider

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"deputy/fault"
	"deputy/store"
)

// hetznerLegacy is a stand-in of the DNS console's API, after https://dns.hetzner.com/api-docs.
func hetznerLegacy(*testing.T) (http.Handler, func(string) string) {
	const zone = "zQ6RZ1YHhQ7vYQ9wF5pN3b"
	h := &host{}
	h.put("validation.martdj.dedyn.io", foreign)
	no := func(status int, message string) (int, any) {
		return status, map[string]any{"error": map[string]any{"message": message, "code": status}}
	}
	// Every request carries the token as Auth-API-Token; 401 otherwise.
	authorized := func(answer func(*http.Request, []string, []byte) (int, any)) func(*http.Request, []string, []byte) (int, any) {
		return func(r *http.Request, parts []string, body []byte) (int, any) {
			if r.Header.Get("Auth-API-Token") != ourToken {
				return 401, map[string]any{"message": "Invalid authentication credentials"}
			}
			return answer(r, parts, body)
		}
	}
	// "Get Zones": filtered by the full name; 404 where none has it.
	zones := func(r *http.Request, _ []string, _ []byte) (int, any) {
		if r.URL.Query().Get("name") != "martdj.dedyn.io" {
			return no(404, "zone not found")
		}
		return 200, map[string]any{"zones": []any{map[string]any{"id": zone, "name": "martdj.dedyn.io", "ttl": 86400}}, "meta": map[string]any{}}
	}
	// "Create Record": name, type, value and zone_id are needed, the name relative to the zone; 422 for what is there already.
	create := func(r *http.Request, _ []string, body []byte) (int, any) {
		var want struct {
			Type, Name, Value string
			TTL               int
			ZoneID            string `json:"zone_id"`
		}
		if err := strict(r, body, &want); err != nil {
			return no(400, "invalid request body: "+err.Error())
		}
		owner := want.Name + ".martdj.dedyn.io"
		switch {
		case want.ZoneID != zone:
			return no(404, "zone not found")
		case want.Type != "TXT" || want.Name == "" || want.Value == "" || strings.HasSuffix(want.Name, "."):
			return no(422, "invalid record")
		case want.TTL < 60:
			return no(422, "invalid TTL")
		case h.has(owner, want.Value):
			return no(422, "taken record")
		}
		id := h.put(owner, want.Value)
		return 200, map[string]any{"record": map[string]any{"id": id, "type": "TXT", "name": want.Name, "value": want.Value, "zone_id": zone, "ttl": want.TTL}}
	}
	// "Delete Record": 200 with an empty object; 404 for an unknown id.
	remove := func(_ *http.Request, parts []string, _ []byte) (int, any) {
		if h.drop(func(r record) bool { return r.id == parts[0] }) == 0 {
			return no(404, "record not found")
		}
		return 200, map[string]any{}
	}
	h.calls = []call{
		{"GET", "/api/v1/zones", authorized(zones)},
		{"POST", "/api/v1/records", authorized(create)},
		{"DELETE", "/api/v1/records/:record", authorized(remove)},
	}
	return h, h.at
}

// A query that the host refuses ends nothing by itself; but people read of it when the request that waits for its answer can't be
// made, and a refused credential is what is wrong then.
func TestRefusedQueryIsTheReason(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		what, zone, account string
		code                fault.Code
		seen                string
	}{
		{"no such zone", "other.example", `cfg_AuthToken: "` + ourToken + `"`, fault.BadDocument,
			`it may write and does not name the zone other.example, neither itself nor by an id; before that, an answer was missed: status 404, it says: {"error":{"code":404,"message":"zone not found"}}`},
		{"another's token", "martdj.dedyn.io", "cfg_AuthToken: nobodys", fault.HostRefused,
			`status 401, it says: {"message":"Invalid authentication credentials"}; without that answer it may write and does not name the zone martdj.dedyn.io, neither itself nor by an id`},
	} {
		r := publishedRun{file: "hcl_certstore_hetzner.dxl", host: hetznerLegacy, base: "/api/v1", zone: c.zone, target: "validation." + c.zone}
		i, _, log := r.start(t, c.account)
		_, err := i.Change(t.Context(), publications(r.aim(), valueOne), nil)
		f, ok := fault.From(err)
		if !ok || f.Code != c.code || f.Seen != c.seen {
			t.Errorf("%s: %v", c.what, err)
		}
		if !errors.Is(err, store.ErrNothingSent) || strings.Join(*log, " ") != "GET" {
			t.Errorf("%s: it asked %v: %v", c.what, *log, err)
		}
	}
}
