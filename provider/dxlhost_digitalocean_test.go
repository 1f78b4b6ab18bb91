package provider

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// digitalOcean is a stand-in of DigitalOcean's API, after https://docs.digitalocean.com/reference/api/reference/domain-records/.
func digitalOcean(*testing.T) (http.Handler, func(string) string) {
	h := &host{}
	h.put("validation.martdj.dedyn.io", foreign)
	no := func(status int, id, message string) (int, any) {
		return status, map[string]any{"id": id, "message": message}
	}
	authorized := func(answer func(*http.Request, []string, []byte) (int, any)) func(*http.Request, []string, []byte) (int, any) {
		return func(r *http.Request, parts []string, body []byte) (int, any) {
			switch {
			case r.Header.Get("Authorization") != "Bearer "+ourToken:
				return no(401, "unauthorized", "Unable to authenticate you")
			case parts[0] != "martdj.dedyn.io": // a domain is its name
				return no(404, "not_found", "The resource you were accessing could not be found.")
			}
			return answer(r, parts, body)
		}
	}
	// type, name and data are needed for a TXT record; a name with a final dot is absolute, others are below the domain; the
	// TTL is at least 30. The id is a number.
	create := func(r *http.Request, _ []string, body []byte) (int, any) {
		var want struct {
			Type, Name, Data string
			TTL              int
		}
		if err := strict(r, body, &want); err != nil {
			return no(400, "bad_request", err.Error())
		}
		owner, absolute := strings.CutSuffix(want.Name, ".")
		if !absolute {
			owner += ".martdj.dedyn.io"
		}
		switch {
		case want.Type != "TXT" || want.Name == "" || want.Data == "":
			return no(422, "unprocessable_entity", "Type, name and data can't be blank")
		case !strings.HasSuffix(owner, ".martdj.dedyn.io"):
			return no(422, "unprocessable_entity", "Name needs to be within the domain")
		case want.TTL < 30:
			return no(422, "unprocessable_entity", "TTL must be greater than or equal to 30")
		}
		id, _ := strconv.Atoi(strings.TrimPrefix(h.put(owner, want.Data), "rec-"))
		return 201, map[string]any{"domain_record": map[string]any{"id": id, "type": "TXT", "name": strings.TrimSuffix(owner, ".martdj.dedyn.io"), "data": want.Data, "ttl": want.TTL}}
	}
	remove := func(_ *http.Request, parts []string, _ []byte) (int, any) {
		id, err := strconv.Atoi(parts[1])
		if err != nil || h.drop(func(r record) bool { n, _ := strconv.Atoi(strings.TrimPrefix(r.id, "rec-")); return n == id }) == 0 {
			return no(404, "not_found", "The resource you were accessing could not be found.")
		}
		return 204, nil
	}
	h.calls = []call{
		{"POST", "/v2/domains/:domain/records", authorized(create)},
		{"DELETE", "/v2/domains/:domain/records/:record", authorized(remove)},
	}
	h.next = 28448400 // ids have so many digits
	return h, h.at
}
