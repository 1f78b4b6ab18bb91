package provider

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// cloudflareZone is the id of the zone martdj.dedyn.io there.
const cloudflareZone = "023e105f4ecef8ad9ca31a8372d0c353"

// cloudflare is a stand-in of Cloudflare's API, after https://developers.cloudflare.com/api/resources/dns/subresources/records/
// and https://developers.cloudflare.com/api/resources/zones/methods/list/.
func cloudflare(*testing.T) (http.Handler, func(string) string) {
	h := &host{}
	h.put("validation.martdj.dedyn.io", foreign)
	ok := func(result any) (int, any) {
		return 200, map[string]any{"success": true, "errors": []any{}, "messages": []any{}, "result": result}
	}
	// Each answer is an envelope; a refusal has success false, no result, and errors of code and message.
	no := func(status, code int, message string) (int, any) {
		return status, map[string]any{"success": false, "errors": []any{map[string]any{"code": code, "message": message}}, "messages": []any{}, "result": nil}
	}
	// https://developers.cloudflare.com/fundamentals/api/how-to/make-api-calls/: a token as Bearer, or the older e-mail and key.
	authorized := func(answer func(*http.Request, []string, []byte) (int, any)) func(*http.Request, []string, []byte) (int, any) {
		return func(r *http.Request, parts []string, body []byte) (int, any) {
			bearer, mail, key := r.Header.Get("Authorization"), r.Header.Get("X-Auth-Email"), r.Header.Get("X-Auth-Key")
			switch {
			case bearer == "" && (mail == "" || key == ""):
				return no(400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers")
			case bearer != "" && bearer != "Bearer "+ourToken:
				return no(403, 9109, "Invalid access token")
			case bearer == "" && (mail != "me@example.org" || key != ourToken):
				return no(403, 9103, "Unknown X-Auth-Key or X-Auth-Email")
			case len(parts) > 0 && parts[0] != cloudflareZone:
				return no(404, 7003, "Could not route to /zones/"+parts[0]+", perhaps your object identifier is invalid?")
			}
			return answer(r, parts, body)
		}
	}
	create := func(r *http.Request, _ []string, body []byte) (int, any) {
		var want struct {
			Type, Name, Content string
			TTL                 int
		}
		if err := strict(r, body, &want); err != nil {
			return no(400, 9207, "Failed to parse the request body: "+err.Error())
		}
		switch {
		case want.Type != "TXT" || want.Content == "":
			return no(400, 9000, "DNS name, type and content are needed")
		case want.TTL != 1 && (want.TTL < 60 || want.TTL > 86400):
			return no(400, 9021, "Invalid TTL. Must be between 60 and 86,400 seconds, or 1 for Automatic")
		case !strings.HasSuffix(want.Name, ".martdj.dedyn.io"): // the name is complete, with the zone's
			return no(400, 9000, "DNS name is invalid")
		case h.has(want.Name, want.Content):
			return no(400, 81058, "An identical record already exists")
		}
		return ok(map[string]any{"id": h.put(want.Name, want.Content), "type": "TXT", "name": want.Name, "content": want.Content, "ttl": want.TTL})
	}
	list := func(r *http.Request, _ []string, _ []byte) (int, any) {
		if r.URL.Query().Get("name") != "martdj.dedyn.io" {
			return ok([]any{})
		}
		return ok([]any{map[string]any{"id": cloudflareZone, "name": "martdj.dedyn.io"}})
	}
	remove := func(_ *http.Request, parts []string, _ []byte) (int, any) {
		if h.drop(func(r record) bool { return r.id == parts[1] }) == 0 {
			return no(404, 81044, "Record does not exist")
		}
		return ok(map[string]any{"id": parts[1]})
	}
	h.calls = []call{
		{"GET", "/client/v4/zones", authorized(list)},
		{"POST", "/client/v4/zones/:zone/dns_records", authorized(create)},
		{"POST", "/client/v4/zones/:zone/dns_records/", authorized(create)}, // the published configuration has the slash
		{"DELETE", "/client/v4/zones/:zone/dns_records/:record", authorized(remove)},
	}
	return h, h.at
}

// A zone that the token does not see: the list is empty, and nothing is written.
func TestCloudflareWithoutTheZone(t *testing.T) {
	t.Parallel()
	r := publishedRuns()[0]
	r.target, r.zone = "validation.other.example", "other.example"
	i, _, log := r.start(t, r.account)
	_, err := i.Change(t.Context(), publications(r.aim(), valueOne), nil)
	if err == nil || !strings.Contains(err.Error(), "an id that no answer gave, would be empty") || fmt.Sprint(*log) != "[GET]" {
		t.Errorf("%v, after %v", err, *log)
	}
}
