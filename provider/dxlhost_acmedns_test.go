package provider

import (
	"encoding/json"
	"net/http"
	"regexp"
	"testing"
)

// The account at the stand-in: the subdomain is its name, the key has 40 characters.
const (
	acmeDNSName = "8e5700ea-a4bf-41c7-8a77-e990661dcc6a"
	acmeDNSKey  = ourToken + "0123456789012345678901"
)

// acmeDNS is a stand-in of acme-dns, after https://github.com/acme-dns/acme-dns#update-endpoint and its source: the user is a
// UUID and the key has 40 characters, else 401; one account writes at one subdomain; a value has the 43 characters of a
// challenge; the newest two are kept; nothing is removed.
func acmeDNS(*testing.T) (http.Handler, func(string) string) {
	owner := acmeDNSName + ".auth.example.net"
	h := &host{}
	h.put(owner, foreign)
	challenge := regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)
	h.calls = []call{{"POST", "/update", func(r *http.Request, _ []string, body []byte) (int, any) {
		var want struct{ Subdomain, TXT string }
		known := r.Header.Get("X-Api-User") == "36e4f0c0-6b4c-4f1e-9d0e-1f5a4a3b2c1d" && r.Header.Get("X-Api-Key") == acmeDNSKey
		if err := json.Unmarshal(body, &want); err != nil || !known || want.Subdomain != acmeDNSName {
			return 401, map[string]any{"error": "forbidden"}
		}
		if !challenge.MatchString(want.TXT) {
			return 400, map[string]any{"error": "bad_txt"}
		}
		h.put(owner, want.TXT)
		h.records = h.records[max(0, len(h.records)-2):]
		return 200, map[string]any{"txt": want.TXT}
	}}}
	return h, h.at
}
