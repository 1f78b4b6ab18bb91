package provider

import (
	"net/http"
	"strings"
	"testing"
)

// ionosCloud is a stand-in of IONOS Cloud DNS, after https://api.ionos.com/docs/dns/v1/.
func ionosCloud(*testing.T) (http.Handler, func(string) string) {
	const zone = "a363f30c-4c0c-4552-9a07-298d87f219bf"
	h := &host{}
	h.put("validation.martdj.dedyn.io", foreign)
	no := func(status int, message string) (int, any) {
		return status, map[string]any{"httpStatus": status, "messages": []any{map[string]any{"errorCode": "err-" + strings.ToLower(http.StatusText(status)), "message": message}}}
	}
	authorized := func(answer func(*http.Request, []string, []byte) (int, any)) func(*http.Request, []string, []byte) (int, any) {
		return func(r *http.Request, parts []string, body []byte) (int, any) {
			switch {
			case r.Header.Get("Authorization") != "Bearer "+ourToken:
				return no(401, "Unauthorized")
			case len(parts) > 0 && parts[0] != zone:
				return no(404, "The zone does not exist")
			}
			return answer(r, parts, body)
		}
	}
	// "Retrieve zones": filter.zoneName gives those that contain it.
	zones := func(r *http.Request, _ []string, _ []byte) (int, any) {
		items := []any{}
		if strings.Contains("martdj.dedyn.io", r.URL.Query().Get("filter.zoneName")) {
			items = append(items, map[string]any{"id": zone, "type": "zone", "properties": map[string]any{"zoneName": "martdj.dedyn.io", "enabled": true}})
		}
		return 200, map[string]any{"id": "zones", "type": "collection", "items": items}
	}
	// "Create a record": name, type and content are needed, the TTL is from 60 to 86400; the record is made later: 202.
	create := func(r *http.Request, _ []string, body []byte) (int, any) {
		var want struct {
			Properties struct {
				Name, Type, Content string
				TTL                 int
				Enabled             bool
			}
		}
		if err := strict(r, body, &want); err != nil {
			return no(400, err.Error())
		}
		p := want.Properties
		content := p.Content
		if value, quoted := quotedTXT(content); quoted {
			content = value
		}
		switch {
		case p.Type != "TXT" || p.Name == "" || content == "" || strings.HasSuffix(p.Name, "."):
			return no(422, "invalid name, type or content")
		case p.TTL < 60 || p.TTL > 86400:
			return no(422, "ttl must be between 60 and 86400")
		}
		id := h.put(p.Name+".martdj.dedyn.io", content)
		return 202, map[string]any{"id": id, "type": "record", "metadata": map[string]any{"state": "PROVISIONING", "fqdn": p.Name + ".martdj.dedyn.io", "zoneId": zone}, "properties": p}
	}
	remove := func(_ *http.Request, parts []string, _ []byte) (int, any) {
		if h.drop(func(r record) bool { return r.id == parts[1] }) == 0 {
			return no(404, "The record does not exist")
		}
		return 202, nil
	}
	h.calls = []call{
		{"GET", "/zones", authorized(zones)},
		{"POST", "/zones/:zone/records", authorized(create)},
		{"DELETE", "/zones/:zone/records/:record", authorized(remove)},
	}
	return h, h.at
}
