package provider

import (
	"encoding/json"
	"net/http"
	"testing"
)

// kapper is a stand-in of kapper.net's API 1.2. Its documentation (https://dnspanel.kapper.net/) is for customers, so the rules
// are those that the published configuration shows: everything is a GET; the credential stands in the query; an addition names
// the zone as its subject and the record as JSON; a removal names the record, and takes all at that name; a refusal is OK
// false in an answer of status 200. The published formulas put the credential there as it is, so it can't hold a + or &.
func kapper(*testing.T) (http.Handler, func(string) string) {
	h := &host{}
	h.put("validation.martdj.dedyn.io", foreign)
	no := func(why string) (int, any) { return 200, map[string]any{"OK": false, "error": why} }
	yes := map[string]any{"OK": true}
	h.calls = []call{{"GET", "/API/1.2/", func(r *http.Request, _ []string, _ []byte) (int, any) {
		q := r.URL.Query()
		if q.Get("APIKey") != "key-of-ours" || q.Get("APISecret") != "plain-secret-of-ours" {
			return no("wrong APIKey or APISecret")
		}
		switch q.Get("action") {
		case "del":
			h.drop(func(r record) bool { return r.owner == q.Get("subject") })
			return 200, yes
		case "new":
		default:
			return no("unknown action")
		}
		var want struct{ Name, Type, Content, TTL, Prio string } // all texts
		if err := json.Unmarshal([]byte(q.Get("data")), &want); err != nil || q.Get("subject") != "martdj.dedyn.io" {
			return no("unknown subject or data")
		}
		if want.Type != "TXT" || want.Content == "" || want.TTL == "" {
			return no("incomplete record")
		}
		h.put(want.Name, want.Content)
		return 200, yes
	}}}
	return h, h.at
}
